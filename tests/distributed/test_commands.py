"""Commands with ``--cluster``: the bytes of ``--workers 1``, also when one of three workers is killed."""

import signal
import threading
import time

import pytest

import genorx as gx
from genorx.cli.app import run

from .farm import Farm, free_port

pytest.importorskip("distributed")

COMMANDS = {
    "features": (["features", "cohort.vcf.gz", "--panel", "genes"], "f.csv"),
    "pgx": (["pgx", "pgx.vcf"], "p.csv"),
    "predict": (["predict", "study.model", "study.toml"], "p.csv"),
    "rank": (["rank", "study.model", "study.toml"], "r.csv"),
    "rank in batches": (["rank", "study.model", "study.toml", "--batch", "100"], "r.jsonl"),
    "effects": (["effects", "--train", "trial.csv", "--test", "trial.csv", "--spec", "spec.json"], "e.csv"),
    "evaluate": (["evaluate", "study.toml", "--folds", "3"], "e.json"),
}


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    made = Farm(tmp_path_factory.mktemp("farm"))
    yield made
    made.end()


def line(home, name, folder, *more):
    words, out = COMMANDS[name]
    whole = [str(home / word) if (home / word).exists() else word for word in words]
    return [*whole, "--out", str(folder / out), "-q", *more], folder / out


def written(home, name, folder, *more):
    folder.mkdir()
    words, out = line(home, name, folder, *more)
    assert run(words) == 0
    return out.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_cluster_writes_the_bytes_of_one_process(home, farm, tmp_path, name, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    expected = written(home, name, tmp_path / "one")
    assert written(home, name, tmp_path / "many", "--cluster", farm.address) == expected
    if name == "rank":
        assert written(home, name, tmp_path / "file", "--cluster", str(farm.file)) == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rank in batches", "evaluate"])
def test_a_worker_killed_during_a_command_changes_no_byte(home, tmp_path, name, monkeypatch):
    """One of three worker processes of a real scheduler, as soon as it has a piece of the work."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    expected = written(home, name, tmp_path / "one")
    farm = Farm(tmp_path)
    ready, done = threading.Event(), []

    def kill():
        from distributed import Client

        with Client(farm.address, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=300)
            by_address = client.run(process_id)
            ready.set()
            while not done:
                busy = {by_address[address] for address, tasks in client.processing().items() if tasks}
                victim = next((each for each in farm.workers if each.pid in busy), None)
                if victim is not None:
                    victim.send_signal(signal.SIGKILL)
                    done.append(victim.pid)
                time.sleep(0.01)

    killer = threading.Thread(target=kill)
    try:
        killer.start()
        assert ready.wait(300)  # else a busy machine starts the third worker when the first two have done all
        assert written(home, name, tmp_path / "many", "--cluster", farm.address) == expected
        killer.join(120)
        assert len(done) == 1
    finally:
        done.append(0)
        farm.end()


def process_id():
    import os

    return os.getpid()


@pytest.mark.usefixtures("hasty")
def test_a_scheduler_that_is_not_there_is_one_line_and_no_output(tmp_path, capfd):
    out = tmp_path / "p.csv"
    for name in ("study.model", "study.toml"):
        (tmp_path / name).touch()  # neither is read before the cluster is there
    words = ["predict", *map(str, (tmp_path / "study.model", tmp_path / "study.toml")), "--out", str(out)]
    assert run([*words, "-q", "--cluster", f"tcp://127.0.0.1:{free_port()}"]) == 3
    said = capfd.readouterr().err
    assert said.startswith("error[cluster-absent] tcp://127.0.0.1:")
    assert said.count("\n") == 1
    assert not out.exists()


@pytest.mark.slow
def test_features_of_a_cluster_are_those_of_python(home, farm):
    with gx.distributed.cluster(farm.address):
        found = gx.variant_features(home / "cohort.vcf.gz")
    assert found.equals(gx.variant_features(home / "cohort.vcf.gz"))
