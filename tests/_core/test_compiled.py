"""Kernels: what is compiled, kept and loaded, and that all that goes wrong with it leaves the other path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from genorx._core import compiled
from genorx._core.compiled import SWITCH, kernel

needs_numba = pytest.mark.skipif(compiled._installed("numba") is None, reason="needs the extra fast")
TAB = 9
COUNTED = """
import sys
import numpy as np
from genorx._core import compiled
compiled.LOADED_AFTER = -1
compiled.COMPILED_AFTER = int(sys.argv[1])
@compiled.kernel("uint8*", "int64")
def count_tabs(data, size):
    found = 0
    for place in range(size):
        found += data[place] == 9
    return found
call = count_tabs.after(1)
text = np.frombuffer(b"a\\tb\\tc", dtype=np.uint8)
print(None if call is None else call(text, 5), "numba" in sys.modules)
"""


def _is_tab(byte):
    return byte == TAB


def _make():
    @kernel("uint8*", "int64", "int64*")
    def find_tabs(data, size, places):
        found = 0
        for place in range(size):
            if _is_tab(data[place]):
                places[found] = place
                found += 1
        return found

    return find_tabs


@pytest.fixture
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(SWITCH, raising=False)
    return tmp_path / "cache" / "genorx" / "kernels"


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(compiled, "LOADED_AFTER", -1)
    monkeypatch.setattr(compiled, "COMPILED_AFTER", -1)


def _places(call, text):
    data, places = np.frombuffer(text, dtype=np.uint8), np.zeros(len(text), dtype=np.int64)
    return places[: call(data, len(data), places)].tolist()


@needs_numba
def test_compiled_function_gives_what_the_plain_one_gives(cache_folder, at_once):
    made = _make()
    text = b"\ta\t\tbc\n\t" * 1000
    expected = [place for place, byte in enumerate(text) if byte == TAB]
    assert _places(made.after(1), text) == _places(made.function, text) == expected


@needs_numba
def test_little_work_waits_for_no_compiler(cache_folder, monkeypatch):
    monkeypatch.setattr(compiled, "_PROCESS", compiled._Process())
    monkeypatch.setattr(compiled, "LOADED_AFTER", 100)
    monkeypatch.setattr(compiled, "COMPILED_AFTER", 1_000)
    made = _make()
    assert [made.after(size) is None for size in (100, 500, 400, 1, 0)] == [True, True, True, False, False]
    assert _make().after(0) is not None  # once one was loaded the others cost nothing
    monkeypatch.setattr(compiled, "_PROCESS", compiled._Process())
    again = _make()
    assert [again.after(size) is None for size in (100, 1)] == [True, False]  # kept by the first


@needs_numba
def test_kept_code_is_loaded_without_numba(cache_folder):
    def run(compiled_after):
        command = [sys.executable, "-c", COUNTED, str(compiled_after)]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout.split()

    assert run(10) == ["None", "False"]
    assert run(-1) == ["2", "True"]
    assert run(10) == ["2", "False"]


@needs_numba
def test_what_was_kept_is_loaded_before_there_is_work(cache_folder):
    """As in the process from which workers are forked; nothing is compiled there."""
    text = COUNTED.replace("compiled.LOADED_AFTER = -1", "").replace("call =", "compiled.load_kept()\ncall =")

    def run(code, **more):
        command = [sys.executable, "-c", code, str(1 << 30)]
        return subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **more}).stdout

    assert run(text) == "None False\n"
    subprocess.run([sys.executable, "-c", COUNTED, "-1"], check=True, capture_output=True)
    assert run(text) == "2 False\n"
    assert run(text, **{SWITCH: "0"}) == "None False\n"


@needs_numba
def test_damaged_code_is_compiled_anew(cache_folder, at_once):
    _make().after(1)
    (kept,) = cache_folder.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-100])
    assert _places(_make().after(1), b"\t") == [0]
    assert len(kept.read_bytes()) == len(whole)


@needs_numba
def test_code_of_another_user_is_not_run(cache_folder, at_once, monkeypatch):
    _make().after(1)
    (kept,) = cache_folder.iterdir()
    assert compiled._kept(kept)
    monkeypatch.setattr("os.getuid", lambda: kept.stat().st_uid + 1)
    assert not compiled._kept(kept)


@needs_numba
def test_without_a_home_nothing_is_kept(tmp_path, at_once, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.chdir(tmp_path)
    assert _places(_make().after(1), b"a\t") == [1]
    assert not list(tmp_path.iterdir())


@needs_numba
def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, at_once, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert _places(_make().after(1), b"a\t") == [1]


@needs_numba
def test_processes_that_start_at_once_compile_the_same(cache_folder):
    command = [sys.executable, "-c", COUNTED, "-1"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0].split() for process in running] == [["2", "True"]] * 3
    assert len(list(cache_folder.iterdir())) == 1  # and no half-written file is left


@needs_numba
def test_what_a_kernel_uses_decides_which_code_is_its_own(cache_folder, at_once, monkeypatch):
    _make().after(1)
    monkeypatch.setitem(globals(), "TAB", 10)
    assert _places(_make().after(1), b"\t\n") == [1]
    assert len(list(cache_folder.iterdir())) == 2


@needs_numba
def test_what_numba_does_not_compile_or_needs_python_for_is_done_without(cache_folder, at_once):
    @kernel("int64")
    def unknown(number):
        return no_such_function(number)  # noqa: F821

    @kernel("int64")
    def raising(number):
        if number:
            raise ValueError
        return number

    assert unknown.after(1) is None
    assert raising.after(1) is None


@needs_numba
def test_another_kind_of_array_is_refused(cache_folder, at_once):
    call = _make().after(1)
    places = np.zeros(10, dtype=np.int64)
    with pytest.raises(TypeError, match="contiguous arrays of uint8"):
        call(np.zeros(10, dtype=np.int8), 10, places)
    with pytest.raises(TypeError, match="contiguous"):
        call(np.zeros(20, dtype=np.uint8)[::2], 10, places)


def test_a_variable_switches_kernels_off(cache_folder, at_once, monkeypatch):
    monkeypatch.setenv(SWITCH, "0")
    assert _make().after(1) is None
    assert not Path(cache_folder).exists()


def test_without_numba_there_are_no_kernels(cache_folder, at_once, monkeypatch):
    monkeypatch.setattr(compiled, "_installed", lambda name: None)
    assert _make().after(1) is None
