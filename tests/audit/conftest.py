"""Small cases for the tests of the audit: rows of claims, records and facts; files of claims as others write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from genorx.audit import Auditor, Facts, Records, read_claims

#: Valid numbers (made for documentation by the standard's authors, and the next one with a right check digit).
NPI, OTHER_NPI = "1234567893", "1234567802"
DRUGS = (
    {"code": "J9035", "drug": "Bevacizumab", "mg_per_unit": 10, "vials_mg": "100 400", "single_dose": True},
    {"code": "J9355", "drug": "trastuzumab", "mg_per_unit": 10, "vials_mg": "150", "single_dose": True}
    | {"needs_gene": "ERBB2", "needs_result": "amplified"},
    {"code": "J1111", "drug": "insulin", "mg_per_unit": 1, "vials_mg": "100", "single_dose": False},
)
TESTS = (
    {"code": "LOC-B", "test": "Hereditary panel", "origin": "germline", "once": True},
    {"code": "LOC-P", "test": "pharmacogene panel", "origin": "germline", "once": True},
    {"code": "LOC-T", "test": "tumour panel", "origin": "somatic", "once": False},
)


@dataclass(frozen=True)
class Audited:
    """A checked case: the auditor and what it found."""

    auditor: Auditor
    found: pd.DataFrame

    @property
    def flags(self) -> list[tuple[str, int, str, float]]:
        """Claim, line, rule and amount of each row."""
        return list(zip(*(self.found[name] for name in ("claim_id", "line", "rule", "amount")), strict=True))

    @property
    def codes(self) -> list[str]:
        """Codes of the findings."""
        return [finding.code for finding in self.found.attrs["findings"]]


def line(claim: str, number: int, day: str, code: str, units: float, **more: Any) -> dict[str, Any]:
    """Return a line of patient P1 by ``NPI``, ten a unit."""
    given = {"claim_id": claim, "line": number, "patient_id": "P1", "npi": NPI, "service_date": day, "code": code}
    return {**given, "units": units, "charge": 10 * units, "modifiers": "", "frequency": "1"} | more


def written(folder: Path, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    """Write tables of rows to a folder, a file each."""
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        pd.DataFrame(list(rows)).to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture
def audited(tmp_path: Path) -> Callable[..., Audited]:
    """``audited(lines, records, facts, ...)``: a checked case; patients P1 and P2 and the facts above by default."""

    def check(lines, records=None, facts=None, *, without=(), **auditor) -> Audited:
        patients = [{"patient_id": each, "sex": "female", "birth": "1960-01-01", "death": ""} for each in ("P1", "P2")]
        recs = {"patients": patients, "administrations": [given("2030-01-01", "none", 1)], **(records or {})}
        known = {"drug_codes": DRUGS, "test_codes": TESTS, **(facts or {})}
        written(tmp_path / "records", {name: rows for name, rows in recs.items() if name not in without})
        written(tmp_path / "facts", {name: rows for name, rows in known.items() if name not in without})
        written(tmp_path, {"claims": lines})
        made = Auditor(as_of="2026-01-01", **auditor).fit(Records.load(tmp_path / "records"))
        return Audited(made, made.check(read_claims(tmp_path / "claims.csv"), Facts.load(tmp_path / "facts")))

    return check


def given(day: str, drug: str, dose: float | str, patient: str = "P1") -> dict[str, Any]:
    """Return an administration."""
    return {"patient_id": patient, "date": day, "drug": drug, "dose_mg": dose, "npi": NPI}


@pytest.fixture
def rows() -> Any:
    """The makers of rows: ``rows.line``, ``rows.given``, and the numbers of two providers."""
    from types import SimpleNamespace

    return SimpleNamespace(line=line, given=given, npi=NPI, other=OTHER_NPI, written=written)


ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*^*00501*000000001*0*P*:~"


@pytest.fixture
def interchange(tmp_path):
    """Return a function that writes segments as a file of one interchange, SE counted unless it is there."""

    def write(*segments, name="batch.837", guide="005010X222A1", breaks="\n", encoding="utf-8", kind="837"):
        inner = [segment for each in segments for segment in each.split("\n") if segment]
        counted = [] if any(each.startswith("SE*") for each in inner) else [f"SE*{len(inner) + 2}*0001"]
        start = [f"GS*HC*S*R*20240101*1200*1*X*{guide}", f"ST*{kind}*0001*{guide}"]
        whole = [*start, *inner, *counted, "GE*1*1", "IEA*1*000000001"]
        path = tmp_path / name
        path.write_bytes((ISA + breaks + "".join(f"{each}~{breaks}" for each in whole)).encode(encoding))
        return path

    return write


SUBSCRIBER = """HL*1**20*1
NM1*85*2*CLINIC*****XX*1111111112
HL*2*1*22*0
SBR*P*18*******CI
NM1*IL*1*DOE*JOHN****MI*MEM1"""


@pytest.fixture
def subscriber():
    """Loops 2000A and 2000B: who bills, and the subscriber MEM1."""
    return SUBSCRIBER
