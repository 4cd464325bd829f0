"""What ``import genorx`` may cost and load."""

import json
import subprocess
import sys

import pytest

import genorx

HEAVY = ("sksurv", "lifelines", "matplotlib", "sklearn", "pandera")


def _run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_import_loads_no_heavy_library():
    """The project's floor: neither scikit-survival, lifelines nor matplotlib."""
    loaded = json.loads(_run("import json, sys, genorx; print(json.dumps(sorted(sys.modules)))"))
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)


def _cpu_of_import(name):
    """CPU seconds of importing a module in a fresh interpreter, the best of three."""
    code = f"import time; t = time.process_time(); import {name}; print(time.process_time() - t)"
    return min(float(_run(code)) for _ in range(3))


def test_import_costs_a_fraction_of_that_of_pandas():
    """The project's floor is half a second, about that of pandas on a slow machine; a ratio holds on any."""
    assert _cpu_of_import("genorx") < 0.5 * _cpu_of_import("pandas")


def test_pharmacogenes_start_without_pandas():
    """The project's floor for ``genorx.pgx`` is half a second: pandas alone would use up two thirds of it."""
    assert _run("import sys, genorx.pgx; print('pandas' in sys.modules)").strip() == "False"
    assert _cpu_of_import("genorx.pgx") < 1.5 * _cpu_of_import("pandas")


def test_a_worker_that_reads_a_part_of_a_file_starts_without_pandas():
    """Workers begin with the import of what they run: half of their start was pandas, a fifth oncology."""
    loaded = set(json.loads(_run("import json, sys, genorx.features.files; print(json.dumps(sorted(sys.modules)))")))
    assert not loaded & {"pandas", "pysam", "genorx.oncology"}


@pytest.mark.parametrize("room", ["variants", "features", "imaging"])
def test_variants_and_features_know_no_statistics(room):
    """ARCHITECTURE.md: these rooms never load a survival library, so they can be used without its licence."""
    loaded = json.loads(_run(f"import json, sys, genorx.{room}; print(json.dumps(sorted(sys.modules)))"))
    assert not {name.partition(".")[0] for name in loaded} & {"sksurv", "lifelines", "sklearn", "matplotlib"}


@pytest.mark.parametrize("name", genorx.__all__)
def test_every_exported_name_exists(name):
    assert getattr(genorx, name) is not None
    assert name in dir(genorx)


def test_exported_names_are_sorted_and_unique():
    assert genorx.__all__ == sorted(set(genorx.__all__))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = genorx.nothing
