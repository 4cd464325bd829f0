"""Work shared by a real scheduler of Dask and its workers: the bytes of one process, whatever happens to a worker.

Expected values are those of ``--workers 1``.
"""

import errno
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

import genorx as gx
from genorx import limits
from genorx._core.limits import current
from genorx._core.workers import map_in_order
from genorx.distributed.versions import refuse_others, versions_here
from genorx.errors import GenorxError, InputError, OutputError, TableError, UsageError

from .farm import ROOT, Farm, free_port

pytest.importorskip("distributed")


@pytest.fixture(autouse=True)
def workers_find_this_module(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    """Three workers; a test that kills one starts another."""
    made = Farm(tmp_path_factory.mktemp("farm"))
    yield made
    made.end()


@pytest.fixture
def connected(farm):
    with gx.distributed.cluster(farm.address) as client:
        client.wait_for_workers(3, timeout=300)
        yield client


def square(number):
    time.sleep(0.2 if number == 0 else 0)
    return number * number, os.getpid()


def refuse(number):
    if number == 1:
        raise TableError("cells cannot be separated", file="t.csv", place=3, code="csv")
    return number


def held(_task):
    return current().rows


def full(number):
    if number == 1:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return number


def slow(folder, number):
    """Say which process does it, and take a while."""
    (folder / f"{number}.{os.getpid()}").touch()
    time.sleep(0.3)
    return number


@pytest.mark.slow
def test_results_come_in_order_from_several_processes(connected):
    made = list(map_in_order(square, list(range(12))))
    assert [value for value, _ in made] == [number**2 for number in range(12)]
    assert len({process for _, process in made}) > 1
    assert os.getpid() not in {process for _, process in made}
    assert next(iter(map_in_order(square, iter([3]))))[0] == 9
    assert list(map_in_order(square, [3])) == [(9, os.getpid())]  # one task alone is done here


@pytest.mark.slow
def test_an_error_is_raised_as_it_is_and_limits_hold(connected):
    with pytest.raises(TableError) as error:
        list(map_in_order(refuse, [0, 1, 2]))
    assert (error.value.code, error.value.file, error.value.place) == ("csv", "t.csv", "3")
    with limits(rows=7):
        assert list(map_in_order(held, [0, 1])) == [7, 7]


@pytest.mark.slow
def test_a_function_is_sent_once_by_its_digest(connected, monkeypatch):
    sent = []
    submit = type(connected).submit
    monkeypatch.setattr(type(connected), "submit", lambda self, *a, **k: sent.append(k["key"]) or submit(self, *a, **k))
    work = partial(pow, 2)
    for _ in range(2):
        assert list(map_in_order(work, [1, 2, 3])) == [2, 4, 8]
    keys = [key for key in sent if not key.startswith("genorx-task")]
    assert len(sent) == 7
    assert len(keys) == 1


@pytest.mark.slow
def test_a_full_disk_on_one_worker_is_named(connected):
    with pytest.raises(OutputError, match="its disk is full") as error:
        list(map_in_order(full, [0, 1, 2]))
    assert error.value.code == "disk-full"
    assert error.value.file.startswith("worker tcp://")


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_changes_nothing(tmp_path):
    """One of three processes, while it works."""
    farm = Farm(tmp_path)
    try:
        with gx.distributed.cluster(farm.address) as client:
            client.wait_for_workers(3, timeout=300)
            made = map_in_order(partial(slow, tmp_path), list(range(30)))
            found = [next(made) for _ in range(5)]
            busy = next(each for each in farm.workers if list(tmp_path.glob(f"*.{each.pid}")))  # it has a part in it
            busy.send_signal(signal.SIGKILL)
            found += list(made)
        assert found == list(range(30))
    finally:
        farm.end()


@pytest.mark.slow
def test_workers_that_come_later_are_given_work(tmp_path):
    """As jobs of a queue do: two tasks for each of three workers, where four are in flight for none."""
    farm, asked, most = Farm(tmp_path, workers=0), [], 0
    tasks = (asked.append(number) or number for number in range(60))
    try:
        with gx.distributed.cluster(farm.address) as client:
            made = map_in_order(partial(slow, tmp_path), tasks)
            for _ in range(3):
                farm.add()
            for done, number in enumerate(made):
                assert number == done
                most = max(most, len(asked) - done)
                if done == 3:
                    client.wait_for_workers(3, timeout=300)
                    time.sleep(2.5)
        assert most == 6
    finally:
        farm.end()


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_named(tmp_path):
    farm = Farm(tmp_path, workers=1)
    try:
        with gx.distributed.cluster(farm.address) as client:
            client.wait_for_workers(1, timeout=300)
            made = map_in_order(partial(slow, tmp_path), list(range(30)))
            next(made)
            farm.processes[0].kill()
            with pytest.raises(GenorxError) as error:
                list(made)
        assert error.value.code == "cluster-lost"
    finally:
        farm.end()


def test_a_scheduler_that_is_not_there_is_named_in_the_time_that_it_has(hasty):
    """In one second of the eight that it has else, since a test needs no more."""
    begin = time.monotonic()
    with (
        pytest.raises(InputError, match="no Dask scheduler") as error,
        gx.distributed.cluster(f"tcp://127.0.0.1:{free_port()}"),
    ):
        pass
    assert error.value.code == "cluster-absent"
    assert hasty <= time.monotonic() - begin < 10


@pytest.mark.parametrize(("address", "code"), [("nothing://here", "cluster-address"), ("none.json", "cluster-absent")])
def test_what_is_no_address_is_named(address, code):
    with pytest.raises((UsageError, InputError)) as error, gx.distributed.cluster(address):
        pass
    assert error.value.code == code


def test_other_versions_are_refused():
    here = versions_here()
    assert {"genorx", "python", "numpy", "code of genorx", "knowledge pack"} <= set(here)
    refuse_others(dict(here), here, "tcp://a:1")
    for name in ("genorx", "knowledge pack", "scipy"):
        with pytest.raises(InputError, match=f"its {name} is other") as error:
            refuse_others(here | {name: "other"}, here, "tcp://a:1")
        assert error.value.code == "cluster-version"
        assert "tcp://a:1" in error.value.file


@pytest.mark.slow
def test_a_worker_of_another_version_is_refused_before_and_during_the_run(tmp_path):
    """The worker has a copy of genorx with one more comment."""
    import shutil

    other = tmp_path / "other"
    shutil.copytree(Path(gx.__file__).parent, other / "genorx", ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "genorx" / "errors.py").open("a") as out:
        out.write("# changed\n")
    farm = Farm(tmp_path, workers=0)
    try:
        paths = os.pathsep.join([str(other), str(ROOT), *sys.path])
        with gx.distributed.cluster(farm.address) as client:
            farm.add(PYTHONPATH=paths)
            client.wait_for_workers(1, timeout=300)
            with pytest.raises(InputError) as error:
                list(map_in_order(partial(pow, 2), [1, 2]))
        assert error.value.code == "cluster-version"
        with pytest.raises(InputError, match="code of genorx") as error, gx.distributed.cluster(farm.address):
            pass
        assert error.value.code == "cluster-version"
    finally:
        farm.end()


@pytest.mark.slow
def test_a_local_cluster_and_the_client_that_is_there():
    from distributed import Client, LocalCluster

    with gx.distributed.cluster("local"):
        assert [value for value, _ in map_in_order(square, [1, 2, 3])] == [1, 4, 9]
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as local, Client(local) as mine:
        with gx.distributed.cluster() as client:
            assert client is mine
            assert [value for value, _ in map_in_order(square, [1, 2])] == [1, 4]
        assert mine.status == "running"
