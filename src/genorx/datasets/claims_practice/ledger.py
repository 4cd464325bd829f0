"""Builder of a simulated practice: administrations, claims, and the true state of each line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

import pandas as pd

from genorx.datasets.claims_practice.drugs import DRUGS, SERVICES, TESTS, discarded_units, units_of

YEAR = date(2024, 1, 1)
_CLAIM_COLUMNS = (
    *("claim_id", "line", "patient_id", "npi", "service_date", "code", "units", "modifiers", "diagnosis"),
    *("frequency", "original_claim", "charge"),
)


@dataclass(slots=True, kw_only=True)
class Patient:
    """A patient of the practice; ``death`` is empty if alive."""

    patient_id: str
    sex: str
    birth: str
    weight: int
    cancer: str
    npi: str
    death: str = ""


def anybody(_: Patient) -> bool:
    """Accept any patient."""
    return True


def with_lung_cancer(patient: Patient) -> bool:
    """Return whether a patient has lung cancer, whose regimen needs no result."""
    return patient.cancer == "lung"


@dataclass(slots=True)
class Ledger:
    """Rows of each table, and the truth.

    Attributes
    ----------
    claims, administrations, results, stays, orders : list of dict
    truth : list of dict
        ``claim_id, line, rule, amount`` (cents) of each line that a rule must flag.
    look_alikes : list of dict
        ``claim_id, line, kind`` of lines that look wrong but are correct.
    """

    claims: list[dict[str, object]] = field(default_factory=list)
    administrations: list[dict[str, object]] = field(default_factory=list)
    results: list[dict[str, object]] = field(default_factory=list)
    stays: list[dict[str, object]] = field(default_factory=list)
    orders: list[dict[str, object]] = field(default_factory=list)
    truth: list[dict[str, object]] = field(default_factory=list)
    look_alikes: list[dict[str, object]] = field(default_factory=list)
    _last: int = 0

    def give(self, patient: Patient, day: int, code: str, dose_mg: Fraction) -> None:
        """Record an administration."""
        row = {"patient_id": patient.patient_id, "date": iso_day(day), "drug": DRUGS[code].name}
        self.administrations.append({**row, "dose_mg": float(dose_mg), "npi": patient.npi})

    def report(self, patient: Patient, day: int, test: str, gene: str, result: str, *, wait: int = 7) -> None:
        """Record a result, collected on a day and reported later; an empty one was not recorded."""
        name, origin, _, _ = TESTS[test]
        days = {"collected": iso_day(day), "reported": iso_day(day + wait)}
        row = {"patient_id": patient.patient_id, **days, "test": name, "origin": origin}
        self.results.append({**row, "gene": gene, "result": result})

    def order(self, patient: Patient, day: int, drug: str) -> None:
        """Record an order of a drug."""
        self.orders.append({"patient_id": patient.patient_id, "date": iso_day(day), "drug": drug})

    def admit(self, patient: Patient, first: int, last: int) -> None:
        """Record a stay."""
        stay = {"patient_id": patient.patient_id, "admitted": iso_day(first), "discharged": iso_day(last)}
        self.stays.append({**stay, "npi": patient.npi})

    def bill(
        self,
        patient: Patient,
        day: int,
        lines: list[tuple[str, int, str]],
        *,
        npi: str = "",
        frequency: str = "1",
        original: str = "",
    ) -> str:
        """Bill a claim of lines (code, units, modifiers) and return its number."""
        self._last += 1
        claim = f"K{self._last:06d}"
        for number, (code, units, modifiers) in enumerate(lines, start=1):
            row = (claim, number, patient.patient_id, npi or patient.npi, iso_day(day), code, units, modifiers)
            more = (_DIAGNOSES[patient.cancer], frequency, original, units * price_of(code) / 100)
            self.claims.append(dict(zip(_CLAIM_COLUMNS, (*row, *more), strict=True)))
        return claim

    def flag(self, claim: str, line: int, rule: str, units: int | None = None) -> None:
        """Mark a line that a rule must flag: with its whole charge, or the charge of some units."""
        row = next(row for row in reversed(self.claims) if row["claim_id"] == claim and row["line"] == line)
        price = price_of(str(row["code"]))
        amount = price * (int(str(row["units"])) if units is None else units)
        self.truth.append({"claim_id": claim, "line": line, "rule": rule, "amount": amount / 100})

    def flag_all(self, claim: str, *rules: str) -> None:
        """Mark every line of a claim as one that the rules must flag."""
        numbers = [int(str(row["line"])) for row in self.claims[-9:] if row["claim_id"] == claim]
        for rule in rules:
            for number in numbers:
                self.flag(claim, number, rule)

    def spare(self, claim: str, kind: str) -> None:
        """Mark the lines of a claim as correct despite appearance."""
        rows = [row for row in self.claims[-9:] if row["claim_id"] == claim]
        self.look_alikes += [{"claim_id": claim, "line": row["line"], "kind": kind} for row in rows]

    def frame(self, table: str) -> pd.DataFrame:
        """Return the rows of a table."""
        return pd.DataFrame(getattr(self, table))


_DIAGNOSES = {"breast": "C50919", "lung": "C3490", "colon": "C189"}


def drug_lines(code: str, dose_mg: Fraction) -> list[tuple[str, int, str]]:
    """Return the lines of a dose: its units, with the least waste of vials as JW, or JZ without waste."""
    drug = DRUGS[code]
    units, left = units_of(drug, dose_mg), discarded_units(drug, dose_mg)
    return [(code, units, ""), (code, left, "JW")] if left else [(code, units, "JZ")]


def price_of(code: str) -> int:
    """Return the price per unit in cents."""
    if code in DRUGS:
        return DRUGS[code].price
    return TESTS[code][3] if code in TESTS else SERVICES[code]


def iso_day(day: int) -> str:
    """Return a day of the year, counted from 0, as ISO text."""
    return (YEAR + timedelta(days=day)).isoformat()
