"""Patients of a simulated practice, with correctly billed care."""

from __future__ import annotations

from fractions import Fraction

from numpy.random import Generator

from genorx.datasets.claims_practice.drugs import GERMLINE, PANEL, PGX_DRUGS, TUMOUR
from genorx.datasets.claims_practice.ledger import Ledger, Patient, drug_lines, iso_day

#: Regimen of each cancer: code, mg (per kg, or in total for flat doses), days between doses.
_REGIMENS = {
    "breast": (("J9355", 6, True, 21), ("J9306", 420, False, 21)),
    "lung": (("J9271", 200, False, 21),),
    "colon": (("J9035", 5, True, 14), ("J9263", 85, None, 14)),
}
_NEEDED = {"breast": ("ERBB2", "amplified"), "colon": ("RAS", "wild type")}
_LAST_DAY = 300
_HEAVIER = 35  # kg


def npi_of(digits: str) -> str:
    """Return a provider number: nine digits and Luhn's check digit over 80840 and the digits.

    >>> npi_of("123456789")
    '1234567893'
    """
    total = 24
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{digits}{-total % 10}"


def make_providers(number: int, rng: Generator) -> list[str]:
    """Return distinct provider numbers, which are fictitious."""
    found: dict[str, None] = {}
    while len(found) < number:
        found.setdefault(npi_of(f"1{rng.integers(10**8):08d}"))
    return list(found)


def make_patients(number: int, providers: list[str], heavy: set[str], rng: Generator) -> list[Patient]:
    """Return patients; those of ``heavy`` providers weigh more, and one in fifty with breast cancer is a man."""
    made = []
    for place in range(number):
        cancer = str(rng.choice(("breast", "lung", "colon")))
        man = rng.random() < (0.02 if cancer == "breast" else 0.5)
        npi = providers[place % len(providers)]
        weight = int(rng.normal(72, 12)) + (_HEAVIER if npi in heavy else 0)
        birth = iso_day(-int(rng.integers(40, 80)) * 365)
        made.append(
            Patient(
                patient_id=f"P{place:04d}",
                sex="male" if man else "female",
                birth=birth,
                weight=max(weight, 40),
                cancer=cancer,
                npi=npi,
            )
        )
    return made


def dose_of(amount: int, patient: Patient, by_weight: bool | None) -> Fraction:
    """Return a dose in mg: by weight, flat, or by body surface (taken from the weight alone)."""
    if by_weight is None:
        return Fraction(round(amount * (0.9 + patient.weight / 80)))
    return Fraction(amount * patient.weight if by_weight else amount)


def treat(ledger: Ledger, patient: Patient, rng: Generator) -> None:
    """Give and bill a patient's regimen, after a tumour panel with a recorded or missing result, or without a panel."""
    needed = _NEEDED.get(patient.cancer)
    looked = rng.random()
    if needed is not None and looked < 0.9:  # otherwise the biomarker was not tested
        ledger.report(patient, -20, TUMOUR, needed[0], needed[1] if looked < 0.8 else "")
        ledger.spare(ledger.bill(patient, -20, [(TUMOUR, 1, "")]), "first tumour panel")
    stop = int(rng.integers(60, _LAST_DAY))
    first = int(rng.integers(0, 20))
    for code, amount, by_weight, every in _REGIMENS[patient.cancer]:
        if code == "J9306" and rng.random() < 0.4:
            continue
        dose = dose_of(amount, patient, by_weight)
        for day in range(first, stop, every):
            ledger.give(patient, day, code, dose)
            ledger.bill(patient, day, drug_lines(code, dose))


def test_for_a_reason(ledger: Ledger, patient: Patient, rng: Generator) -> None:
    """Bill a pharmacogene panel to a patient with an order of a drug that it informs, with its result."""
    day = int(rng.integers(20, 200))
    ledger.order(patient, day + int(rng.integers(-90, 90)), str(rng.choice(PGX_DRUGS)))
    ledger.report(patient, day, PANEL, "panel", "reported")
    ledger.spare(ledger.bill(patient, day, [(PANEL, 1, "")]), "panel with an order")


def test_family(ledger: Ledger, patient: Patient, day: int) -> None:
    """Bill a germline test with its result."""
    ledger.report(patient, day, GERMLINE, "BRCA1/2", "no pathogenic variant")
    ledger.bill(patient, day, [(GERMLINE, 1, "")])
