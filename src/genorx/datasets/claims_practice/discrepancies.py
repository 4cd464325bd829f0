"""Lines of a simulated practice that no record supports, one small function per rule, each on a patient of its own."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from numpy.random import Generator

from genorx.datasets.claims_practice.care import test_family
from genorx.datasets.claims_practice.drugs import DRUGS, GERMLINE, INFUSION, PANEL, PELVIC, PUSH, TUMOUR
from genorx.datasets.claims_practice.ledger import Ledger, Patient, anybody, drug_lines, iso_day, with_lung_cancer

#: A day without planned treatments: regimens end before it.
FREE_DAY = 330
#: Share of inflated lines of a provider who bills more units than were given, and the excess.
INFLATED_SHARE, INFLATED = 0.35, Fraction(13, 10)


def _given(ledger: Ledger, patient: Patient, code: str, dose: int) -> list[tuple[str, int, str]]:
    ledger.give(patient, FREE_DAY, code, Fraction(dose))
    return drug_lines(code, Fraction(dose))


def billed_twice(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C01: the same claim under another number."""
    lines = _given(ledger, patient, "J9271", 160)
    ledger.bill(patient, FREE_DAY, lines)
    ledger.flag_all(ledger.bill(patient, FREE_DAY, lines), "C01")


def after_death(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C02, and C05 since nothing was given: a drug four days after death."""
    patient.death = iso_day(FREE_DAY)
    ledger.flag_all(ledger.bill(patient, FREE_DAY + 4, [("J9035", 40, "")]), "C02", "C05")


def more_units(ledger: Ledger, patient: Patient, rng: Generator) -> None:
    """C03: units above the dose."""
    more = int(rng.integers(1, 20))
    (code, units, _), *_rest = _given(ledger, patient, "J9271", 150)
    ledger.flag(ledger.bill(patient, FREE_DAY, [(code, units + more, "")]), 1, "C03", more)


def more_waste(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C04: wastage above that of the best vials."""
    first, (code, left, _jw) = _given(ledger, patient, "J9035", 305)
    ledger.flag(ledger.bill(patient, FREE_DAY, [first, (code, left + 8, "JW")]), 2, "C04", 8)


def not_given(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C05: a drug on a day without any administration."""
    ledger.flag_all(ledger.bill(patient, FREE_DAY, [("J9271", 200, "JZ")]), "C05")


def tested_again(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C06: a germline test twice, both with a result."""
    test_family(ledger, patient, 40)
    ledger.report(patient, 140, GERMLINE, "BRCA1/2", "no pathogenic variant")
    ledger.flag_all(ledger.bill(patient, 140, [(GERMLINE, 1, "")]), "C06")


def against_result(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C07: a drug that a reported result contradicts."""
    ledger.report(patient, FREE_DAY - 60, TUMOUR, "ERBB2", "not amplified")
    ledger.flag_all(ledger.bill(patient, FREE_DAY, _given(ledger, patient, "J9355", 430)), "C07")


def without_result(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C08: a test without a result."""
    ledger.flag_all(ledger.bill(patient, FREE_DAY, [(TUMOUR, 1, "")]), "C08")


def without_reason(ledger: Ledger, patient: Patient, rng: Generator) -> None:
    """C09: a pharmacogene panel without a drug that it informs."""
    day = int(rng.integers(20, 300))
    ledger.report(patient, day, PANEL, "panel", "reported")
    ledger.flag_all(ledger.bill(patient, day, [(PANEL, 1, "")]), "C09")


def during_stay(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C10: a drug billed separately on the last day of a stay."""
    ledger.admit(patient, FREE_DAY - 4, FREE_DAY)
    ledger.flag_all(ledger.bill(patient, FREE_DAY, _given(ledger, patient, "J9035", 290)), "C10")


def other_sex(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C11: a service for women, billed for a man."""
    ledger.flag_all(ledger.bill(patient, FREE_DAY, [(PELVIC, 1, "")]), "C11")


def wrong_number(ledger: Ledger, patient: Patient, rng: Generator) -> None:
    """C12: a provider's number with an invalid check digit, or of nine digits."""
    number = patient.npi[:9] + str((int(patient.npi[9]) + 1) % 10) if rng.random() < 0.5 else patient.npi[:9]
    ledger.flag_all(ledger.bill(patient, FREE_DAY, _given(ledger, patient, "J9271", 160), npi=number), "C12")


def above_limit(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C14: four units where one per day is payable."""
    ledger.flag(ledger.bill(patient, FREE_DAY, [(PUSH, 4, "")]), 1, "C14", 3)


def not_together(ledger: Ledger, patient: Patient, _: Generator) -> None:
    """C15: two services of a pair on one day, without a modifier."""
    ledger.flag(ledger.bill(patient, FREE_DAY, [(INFUSION, 1, ""), (PUSH, 1, "")]), 2, "C15")


def by_excluded(ledger: Ledger, patient: Patient, npi: str) -> None:
    """C13: a drug billed by a provider who was excluded by then."""
    lines = _given(ledger, patient, "J9271", 200)
    ledger.flag_all(ledger.bill(patient, FREE_DAY, lines, npi=npi), "C13")


def _is_man(patient: Patient) -> bool:
    return patient.sex == "male"


#: Discrepancies that need only a patient, and the condition on that patient.
PLANTED: tuple[tuple[Callable[[Ledger, Patient, Generator], None], Callable[[Patient], bool]], ...] = (
    (billed_twice, anybody),
    (after_death, anybody),
    (more_units, anybody),
    (more_waste, anybody),
    (not_given, anybody),
    (tested_again, anybody),
    (against_result, with_lung_cancer),
    (without_result, anybody),
    (without_reason, anybody),
    (during_stay, anybody),
    (other_sex, _is_man),
    (wrong_number, anybody),
    (above_limit, anybody),
    (not_together, anybody),
)


def inflate(ledger: Ledger, providers: set[str], rng: Generator) -> None:
    """Bill more units than were given on some lines of these providers (C03, and the outlying provider rates)."""
    for row in ledger.claims:
        code = str(row["code"])
        if row["npi"] not in providers or code not in DRUGS or "JW" in str(row["modifiers"]):
            continue
        if rng.random() < INFLATED_SHARE:
            units = int(str(row["units"]))
            row["units"] = int(units * INFLATED) + 1
            row["charge"] = int(str(row["units"])) * DRUGS[code].price / 100
            more = int(str(row["units"])) - units
            amount = more * DRUGS[code].price / 100
            ledger.truth.append({"claim_id": row["claim_id"], "line": row["line"], "rule": "C03", "amount": amount})
