"""Workers of this machine: replaced when they are killed, quiet when they are interrupted, the bytes of one process.

Expected values are those of one process, and what ``docs/guide/cluster.md`` and ``docs/guide/files.md`` say.
"""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

import genorx as gx
from genorx._core.workers import map_in_order, sharing

from .farm import ROOT

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

_UNGUARDED = """
import genorx as gx
from genorx._core.workers import map_in_order
with gx.distributed.cluster("local"):
    print(list(map_in_order(abs, [-1, -2])))
"""


@pytest.fixture(autouse=True)
def workers_find_this_module(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


def tell(folder, number):
    """Say which process does it, and take a while."""
    (folder / f"{number}.{os.getpid()}").touch()
    time.sleep(0.1)
    return number


def settings(_number):
    import dask

    found = [dask.config.get(f"distributed.{name}") for name in ("worker.profile.enabled", "admin.tick.interval")]
    return (*found, signal.getsignal(signal.SIGINT) == signal.SIG_IGN, os.environ.get("GENORX_TEST"))


def test_workers_are_set_to_work_alone_in_the_callers_environment(monkeypatch):
    with sharing(2), gx.distributed.cluster("local"):
        list(map_in_order(abs, [1, 2]))
    monkeypatch.setenv("GENORX_TEST", "later")  # than the server from which workers are forked
    with sharing(2), gx.distributed.cluster("local") as client:
        assert list(map_in_order(settings, [1, 2])) == [(False, "1s", True, "later")] * 2
        assert len(client.nthreads()) == 2


def test_all_workers_that_are_killed_are_replaced(tmp_path):
    with sharing(2), gx.distributed.cluster("local") as client:
        made = map_in_order(partial(tell, tmp_path), list(range(40)))
        found = [next(made) for _ in range(5)]
        killed = {each.pid for each in client.cluster.workers.values() if each.pid}  # one may still be starting
        for process in killed:
            os.kill(process, signal.SIGKILL)
        found += list(made)
    assert found == list(range(40))
    answered = {int(each.suffix[1:]) for each in tmp_path.iterdir()}
    assert answered & killed
    assert answered - killed


def test_results_that_nobody_asks_for_are_given_up_in_silence_after_the_cluster_has_ended():
    """As where an error ends the block: the generator is closed later, and what it says then is lost to everybody."""
    with sharing(2), gx.distributed.cluster("local"):
        made = map_in_order(abs, list(range(40)))
        assert next(made) == 0
    made.close()


def test_a_script_that_starts_itself_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(_UNGUARDED)
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("error[script-unguarded]") >= 1
    last = ended.stderr.strip().splitlines()[-1]
    assert "error[worker-lost] worker processes ended before they started" in last
    assert "__main__" in last


@pytest.mark.skipif(sys.platform == "win32", reason="no groups of processes that a signal reaches")
def test_an_interruption_that_all_processes_hear_is_one_line(home, tmp_path):
    """As Ctrl-C in a terminal, in the middle of the table."""
    out = tmp_path / "out" / "r.csv"
    out.parent.mkdir()
    words = ["rank", str(home / "study.model"), str(home / "study.toml"), "--batch", "5", "-q", "--out", str(out)]
    code = "from genorx.cli import main; main()"
    command = subprocess.Popen(
        [sys.executable, "-c", code, *words, "--workers", "2", "--cluster", "local"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while command.poll() is None and not any(each.stat().st_size for each in out.parent.iterdir()):
        time.sleep(0.01)
    assert command.poll() is None
    os.killpg(command.pid, signal.SIGINT)
    said = command.communicate(timeout=120)[1]
    assert command.returncode == 130
    assert said.startswith("error[interrupted]")
    assert said.count("\n") == 1
    assert not list(out.parent.iterdir())
