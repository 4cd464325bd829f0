"""Commands with ``--cluster``: the bytes of ``--workers 1``, also when one of three workers is killed."""

import random
import signal
import threading
import time

import numpy as np
import pysam
import pytest

import genorx as gx
from genorx.cli.app import run
from genorx.knowledge import default_pack

from ..vcf_files import vcf_text
from .farm import Farm, free_port

pytest.importorskip("distributed")

_STUDY = """
[study]
name = "small"
patient_id = "id"
[[tables]]
path = "clinical.csv"
role = "clinical"
[treatment]
table = "clinical.csv"
column = "arm"
randomised = true
reference = "a"
[outcomes.os]
table = "outcomes.csv"
kind = "survival"
time = "days"
event = "died"
unit = "days"
horizons = [365]
better = "longer"
[ranking]
primary = "os"
horizon = 365
"""
_SPEC = (
    '{"id": "id", "treatment": "arm", "time": "days", "event": "died", "covariates": ["age_years", "crp_mg_l"],'
    ' "horizon": 365, "randomised": true, "reference": "a"}'
)
PATIENTS = 1_200


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A trial with a fitted model, a cohort of variants with an index, and samples with pharmacogenes."""
    home = tmp_path_factory.mktemp("home")
    rng = np.random.default_rng(1)
    days, died = rng.exponential(300, PATIENTS).round(1) + 1, rng.random(PATIENTS) < 0.7
    people = [f"P{i},{40 + i % 40},{rng.gamma(2, 5):.2f},{'ab'[i % 2]}" for i in range(PATIENTS)]
    ends = [f"P{i},{days[i]:g},{int(died[i])}" for i in range(PATIENTS)]
    both = [f"{one},{other.partition(',')[2]}" for one, other in zip(people, ends, strict=True)]
    for name, head, rows in (
        ("clinical.csv", "id,age_years,crp_mg_l,arm", people),
        ("outcomes.csv", "id,days,died", ends),
        ("trial.csv", "id,age_years,crp_mg_l,arm,days,died", both),
    ):
        (home / name).write_text("\n".join([head, *rows]) + "\n")
    (home / "study.toml").write_text(_STUDY)
    (home / "spec.json").write_text(_SPEC)
    assert run(["fit", str(home / "study.toml"), "--out", str(home / "study.model"), "-q"]) == 0
    _variants(home)
    return home


def _variants(home):
    chance = random.Random(1)
    names = [f"S{number}" for number in range(120)]
    rows = []
    for number in range(600):
        cells = " ".join(chance.choice(["0/0", "0/1", "1/1", "./."]) for _ in names)
        rows.append(
            f"chr1 {1_000 + 20_000 * number} . A C . PASS CSQ=C|missense_variant|M|G{number // 9}|E|1 GT {cells}"
        )
    with pysam.BGZFile(str(home / "cohort.vcf.gz"), "wb") as out:
        out.write(vcf_text(rows, names).encode())
    pysam.tabix_index(str(home / "cohort.vcf.gz"), preset="vcf")
    rows = []
    for gene in ("TPMT", "DPYD"):
        for p in default_pack().genes[gene].positions:
            cells = " ".join(chance.choice(["0/0"] * 30 + ["0/1"]) for _ in names)
            rows.append(f"{p.chrom} {p.pos} . {p.ref} {','.join(p.alts)} . PASS . GT {cells}")
    head = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=248956422>"]
    rows.sort(key=lambda row: (row.split()[0], int(row.split()[1])))
    (home / "pgx.vcf").write_text(vcf_text(rows, names, head))


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
    done = []

    def kill():
        from distributed import Client

        with Client(farm.address, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=60)
            while not done:
                busy = {address for address, tasks in client.processing().items() if tasks}
                by_address = {value["pid"]: address for address, value in pids(client).items()}
                victim = next((p for p in farm.workers if by_address.get(p.pid) in busy), None)
                if victim is not None:
                    victim.send_signal(signal.SIGKILL)
                    done.append(victim.pid)
                time.sleep(0.05)

    def pids(client):
        return {address: {"pid": pid} for address, pid in client.run(process_id).items()}

    killer = threading.Thread(target=kill)
    try:
        killer.start()
        assert written(home, name, tmp_path / "many", "--cluster", farm.address) == expected
        killer.join(30)
        assert len(done) == 1
    finally:
        done.append(0)
        farm.end()


def process_id():
    import os

    return os.getpid()


def test_a_scheduler_that_is_not_there_is_one_line_and_no_output(home, tmp_path, capfd):
    words, out = line(home, "predict", tmp_path, "--cluster", f"tcp://127.0.0.1:{free_port()}")
    begin = time.monotonic()
    assert run(words) == 3
    assert time.monotonic() - begin < 10
    said = capfd.readouterr().err
    assert said.startswith("error[cluster-absent] tcp://127.0.0.1:")
    assert said.count("\n") == 1
    assert not out.exists()


@pytest.mark.slow
def test_features_of_a_cluster_are_those_of_python(home, farm):
    with gx.distributed.cluster(farm.address):
        found = gx.variant_features(home / "cohort.vcf.gz")
    assert found.equals(gx.variant_features(home / "cohort.vcf.gz"))
