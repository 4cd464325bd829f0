"""What tests of clusters share."""

import random
import sys

import numpy as np
import pysam
import pytest

import genorx as gx
from genorx.cli.app import run
from genorx.knowledge import default_pack

from ..vcf_files import vcf_text

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


@pytest.fixture(scope="package")
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


@pytest.fixture
def hasty(monkeypatch):
    """A second, given as the time in which a scheduler must answer; for users it is less than ten."""
    module = sys.modules[gx.distributed.cluster.__module__]
    assert module._TIMEOUT < 10
    monkeypatch.setattr(module, "_TIMEOUT", 1)
    return 1
