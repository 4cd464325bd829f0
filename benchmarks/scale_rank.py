"""Speed and memory of ranking many patients: 3 options, 30 features, 400 draws.

Seconds are of the processor, of one process; each is compared with that of an older source tree in the same run, since
absolute figures depend on the machine.  The ranking JSON of both is compared byte for byte.  Long tables are ranked by
``genorx rank --batch 10000``, with peak memory and the time of one and of two processes; a million patients take ten
minutes of a free core.

    python benchmarks/scale_rank.py [--before OLDER_SRC_FOLDER] [--patients 500] [--rows 20000 1000000]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

import genorx
from genorx._core.row_files import parquet_rows
from genorx.datasets import make_trial
from genorx.ranking import TreatmentRanker

OPTIONS = ("standard", "new", "third")
_FEATURES = {"genes": 12, "noise": 2}
_PART = 50_000  # patients made at a time
_STUDY = '[study]\nname = "long"\npatient_id = "patient_id"\n[[tables]]\npath = "{table}"\nrole = "clinical"\n'
_RANK = """
import hashlib, inspect, json, sys, time
from genorx.cohort import Cohort
from genorx.datasets import make_trial
from genorx.ranking import load_model
ranker, n = load_model(sys.argv[1]), int(sys.argv[2])
made = make_trial(n, options=("standard", "new", "third"), genes=12, noise=2, missing=float(sys.argv[3]), seed=2)
specs = ranker.specs_
patients = Cohort(features=made.features, specs=specs, digest="1" * 64)
few = {"curves": False} if "curves" in inspect.signature(ranker.rank).parameters else {}
ranker.rank(Cohort(features=made.features.iloc[:30], specs=specs), **few)
start = time.process_time()
ranking = ranker.rank(patients, **few)
ranked = time.process_time()
text = ranking.to_json()
written = time.process_time()
ranker.predict(patients)
predicted = time.process_time()
records = json.loads(text)
for record in records:
    del record["provenance"]
found = {"rank": n / (ranked - start), "rank_json": n / (written - start), "predict": n / (predicted - written)}
print(json.dumps(found | {"digest": hashlib.sha256(json.dumps(records).encode()).hexdigest()}))
"""


def models(home: Path) -> dict[str, Path]:
    """Fit a model of survival alone, and one of survival and toxicity."""
    cohort = make_trial(1500, options=OPTIONS, seed=1, **_FEATURES).cohort()
    found = {}
    for name, outcomes in (("one", ("os",)), ("two", ("os", "toxicity"))):
        found[name] = home / f"{name}.model"
        chosen = replace(cohort, outcomes={each: cohort.outcomes[each] for each in outcomes})
        TreatmentRanker(n_draws=400).fit(chosen).save(found[name])
    return found


def ranked(source: Path, model: Path, n: int, missing: float) -> dict[str, float | str]:
    """Patients a second of one source tree."""
    command = [sys.executable, "-c", _RANK, str(model), str(n), str(missing)]
    made = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(source)}, capture_output=True, text=True, check=True
    )
    return json.loads(made.stdout)


def write_patients(table: Path, n: int) -> None:
    """Write a Parquet table of n patients, some at a time, each with an id of its own."""
    with parquet_rows(table) as rows:
        for number, start in enumerate(range(0, n, _PART)):
            made = make_trial(min(_PART, n - start), options=OPTIONS, seed=100 + number, **_FEATURES).features
            made.index = pd.Index([f"P{start + row:07d}" for row in range(len(made))], name="patient_id")
            rows.add(made.reset_index())


def long_table(home: Path, model: Path, n: int, workers: int, suffix: str) -> dict[str, float]:
    """Seconds and peak memory of ``genorx rank --batch 10000`` on n patients."""
    table = home / f"{n}.parquet"
    if not table.exists():
        write_patients(table, n)
        (home / f"{n}.toml").write_text(_STUDY.format(table=table.name))
    out = home / f"out.{suffix}"
    command = ["rank", model, home / f"{n}.toml", "--out", out, "--batch", 10000, "--workers", workers, "--quiet"]
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", "from genorx.cli import main; main()", *map(str, command)])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("genorx rank failed")
    unit = 1 if sys.platform == "darwin" else 1024
    used = usage.ru_utime + usage.ru_stime
    found = {
        "seconds": round(time.perf_counter() - start, 1),
        "peak_mib": round(usage.ru_maxrss * unit / 2**20),
        "out_mib": round(out.stat().st_size / 2**20, 1),
    }
    if workers == 1:  # what others used is not told
        found |= {"seconds of the processor": round(used, 1), "a second of the processor": round(n / used)}
    return found


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="src folder of an older version, to compare with")
    parser.add_argument("--patients", type=int, default=500)
    parser.add_argument("--rows", type=int, nargs="*", default=[20_000])
    asked = parser.parse_args()
    here = Path(genorx.__file__).parents[1]
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        found = models(home)
        for name, model in found.items():
            for missing in (0.0, 0.1):
                key = f"outcomes: {name}; {missing:.0%} of laboratory and lifestyle values missing"
                after = ranked(here, model, asked.patients, missing)
                figures[key] = {what: round(each) for what, each in after.items() if what != "digest"}
                if asked.before is not None:
                    before = ranked(asked.before, model, asked.patients, missing)
                    ratios = {what: round(after[what] / before[what], 1) for what in before if what != "digest"}
                    same = after["digest"] == before["digest"]
                    figures[key] |= {"times as fast as before": ratios, "JSON equal": same}
        for n in asked.rows:
            for workers in (1, 2):
                figures[f"{n} rows, {workers} workers"] = long_table(home, found["one"], n, workers, "csv")
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
