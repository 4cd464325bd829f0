"""Work shared by processes: the same results in the same order, errors as they are, nobody left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from genorx import limits
from genorx._core.limits import current
from genorx._core.workers import map_in_order, sensible_number, sharing
from genorx.errors import GenorxError, TableError, UsageError


@pytest.fixture(autouse=True)
def workers_find_this_module(monkeypatch):
    """Let a worker process import the functions of this module by the name that pytest gave it."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[__name__.count(".")]))


def slower_first(number):
    """Finish in another order than begun."""
    time.sleep(0.3 if number == 0 else 0)
    return number * number, os.getpid()


def refuse(number):
    if number == 1:
        raise TableError("cells cannot be separated", file="t.csv", place=3, code="csv")
    return number


def held(_task):
    return current().rows


def kill_itself(number):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def wait(_task):
    time.sleep(600)


def add(one, other):
    return one + other


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_come_in_the_order_of_the_tasks_whatever_the_number_of_workers(workers):
    with sharing(workers):
        made = list(map_in_order(slower_first, [0, 1, 2, 3]))
    assert [value for value, _ in made] == [0, 1, 4, 9]
    assert (os.getpid() in {process for _, process in made}) is (workers == 1)


def test_a_task_alone_and_no_task_need_no_process():
    with sharing(4):
        assert [process for _, process in map_in_order(slower_first, [1])] == [os.getpid()]
        assert list(map_in_order(slower_first, [])) == []


def test_a_function_with_arguments_is_shared_and_the_number_ends_with_the_block():
    with sharing(2):
        assert list(map_in_order(partial(add, 10), [1, 2])) == [11, 12]
    assert list(map_in_order(lambda task: task, [1, 2])) == [1, 2]  # a lambda cannot go to another process


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_is_raised_as_it_is(workers):
    with sharing(workers), pytest.raises(TableError) as error:
        list(map_in_order(refuse, [0, 1, 2]))
    assert (error.value.code, error.value.file, error.value.place) == ("csv", "t.csv", "3")


def test_workers_read_within_the_callers_limits():
    with limits(rows=7), sharing(2):
        assert list(map_in_order(held, [0, 1])) == [7, 7]


def test_a_killed_worker_is_an_error_with_a_cure():
    with sharing(2), pytest.raises(GenorxError) as error:
        list(map_in_order(kill_itself, [0, 1, 2]))
    assert (error.value.code, error.value.exit_code) == ("worker-lost", 3)


def test_work_that_nobody_wants_any_more_is_ended_and_not_waited_for():
    begin = time.monotonic()
    with sharing(2):
        made = map_in_order(refuse, [0, 1])
        next(made)
        made.close()
        with pytest.raises(KeyboardInterrupt):
            for _ in interrupted(map_in_order(wait, [0, 1])):
                pass
    assert time.monotonic() - begin < 300  # half of what the work would take: a busy machine starts processes slowly
    assert not multiprocessing.active_children()


def interrupted(results):
    """Interrupt this process while it waits."""

    def ring(_number, _frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 3)
    try:
        yield from results
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_processes_are_kept_for_the_next_work_of_the_block_and_end_with_it():
    with sharing(2):
        first = {process for _, process in map_in_order(slower_first, [0, 1, 2])}
        with sharing(2):  # as a function that takes workers= opens it
            second = {process for _, process in map_in_order(slower_first, [0, 1, 2])}
        assert second == first
        assert len(first) == 2
    assert not multiprocessing.active_children()
    with sharing(2):
        assert not first & {process for _, process in map_in_order(slower_first, [0, 1, 2])}


def test_kept_processes_do_each_work_within_its_own_limits_and_environment(monkeypatch):
    with sharing(2):
        assert list(map_in_order(held, [0, 1])) == [current().rows] * 2
        with limits(rows=7):
            assert list(map_in_order(held, [0, 1])) == [7, 7]
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
        assert list(map_in_order(os.getenv, ["SOURCE_DATE_EPOCH", "NO_SUCH"])) == ["86400", None]
        monkeypatch.delenv("SOURCE_DATE_EPOCH")
        assert list(map_in_order(os.getenv, ["SOURCE_DATE_EPOCH"] * 2)) == [None, None]


def test_after_an_error_or_a_lost_process_the_block_goes_on_with_others():
    with sharing(2):
        for work, error in [(refuse, TableError), (kill_itself, GenorxError)]:
            with pytest.raises(error):
                list(map_in_order(work, [0, 1, 2]))
            assert [value for value, _ in map_in_order(slower_first, [0, 1, 2])] == [0, 1, 4]


def test_two_pieces_of_work_may_run_at_once():
    with sharing(2):
        pairs = zip(map_in_order(partial(add, 1), range(9)), map_in_order(partial(add, 2), range(9)), strict=True)
        assert list(pairs) == [(n + 1, n + 2) for n in range(9)]


class Unsendable(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def raise_unsendable(_task):
    raise Unsendable(1, 2)


def test_an_error_says_where_in_the_process_it_was_raised_also_one_that_cannot_be_sent():
    with sharing(2), pytest.raises(TableError) as error:
        list(map_in_order(refuse, [0, 1]))
    assert "in refuse" in str(error.value.__cause__)
    with sharing(2), pytest.raises(RuntimeError, match="Unsendable: 1 and 2"):
        list(map_in_order(raise_unsendable, [0, 1]))


def test_a_process_does_not_see_the_present_folder_before_the_packages(tmp_path, monkeypatch):
    """A file of the user's that is called like a module is not run."""
    for name in ("numpy", "random", "queue"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(7)")
    script = tmp_path / "other" / "script.py"
    script.parent.mkdir()
    head, _, body = UNGUARDED.partition("with sharing")
    script.write_text(f'{head}if __name__ == "__main__":\n  with sharing{body}')
    monkeypatch.chdir(tmp_path)
    assert subprocess.run([sys.executable, script], timeout=300, check=False).returncode == 0


KILLED = """
import multiprocessing, os, signal, time
from genorx._core.workers import map_in_order, sensible_number, sharing
if __name__ == "__main__":
    with sharing(2):
        list(map_in_order(time.sleep, [0, 0, 0, 0]))
        print(*(each.pid for each in multiprocessing.active_children()), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_processes_end_when_their_caller_is_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(KILLED)
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == -signal.SIGKILL
    found = [int(each) for each in ended.stdout.split()]
    assert len(found) == 2
    end = time.monotonic() + 120
    while any(is_running(process) for process in found):
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(process):
    """Return whether there is such a process, other than one that nobody has asked for its status."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def parent(_task):
    return os.getppid()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="signals are looked up in /proc")
def test_the_server_of_processes_does_not_hear_an_interruption_while_it_imports():
    """It is heard by this process, which ends the others; the server said where it was interrupted in an import."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with sharing(2):
        server = set(map_in_order(parent, [1, 2]))
    assert len(server) == 1
    assert os.getpid() not in server
    told = dict(line.split(":", 1) for line in Path(f"/proc/{server.pop()}/status").read_text().splitlines())
    assert int(told["SigBlk"], 16) & 1 << signal.SIGINT - 1
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_fewer_than_one_worker_is_wrong_usage():
    with pytest.raises(UsageError) as error, sharing(0):
        pass
    assert error.value.code == "workers"


def test_where_nobody_says_each_process_has_enough_to_read_and_a_core(monkeypatch):
    """Expected by the documented rule: 32 MiB each."""
    monkeypatch.setattr("genorx._core.workers.cores", lambda: 8)
    mebibyte = 1 << 20
    assert [sensible_number(size * mebibyte) for size in (0, 10, 63, 64, 100, 5000)] == [1, 1, 1, 2, 3, 8]


def test_tasks_that_are_made_one_by_one_are_asked_for_as_they_are_needed():
    """Two for each process: a table of any length passes through, and is never held."""
    made = []

    def tasks():
        for number in range(12):
            made.append(number)
            yield number

    with sharing(2):
        found = map_in_order(partial(add, 1), tasks())
        assert next(found) == 1
        assert len(made) == 4
        assert list(found) == list(range(2, 13))


UNGUARDED = """
import operator
from functools import partial
from pathlib import Path
from genorx._core.workers import map_in_order, sensible_number, sharing
Path(__file__).with_suffix(".log").open("a").write("run\\n")
with sharing(2):
    list(map_in_order(partial(operator.contains, bytes(1_000_000)), [1, 2, 3]))
"""


def test_a_script_without_a_guard_ends_at_once_and_is_told_the_cure(tmp_path):
    """Each worker imports the script that started it; what it was sent, and did not read, held its caller for ever."""
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300, check=False)
    last = ended.stderr.splitlines()[-1]
    assert ended.returncode == 1
    assert "error[script-unguarded]" in last
    assert 'if __name__ == "__main__":' in last
    assert len((tmp_path / "script.log").read_text().splitlines()) <= 3  # this process, and two workers
    assert "bootstrapping" not in ended.stderr


def test_the_same_script_with_a_guard_runs(tmp_path):
    script = tmp_path / "script.py"
    head, _, body = UNGUARDED.partition("with sharing")
    script.write_text(f'{head}if __name__ == "__main__":\n  with sharing{body}')
    assert subprocess.run([sys.executable, script], timeout=300, check=False).returncode == 0
