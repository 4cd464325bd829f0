"""Correct lines of a simulated practice that look wrong, one small function each, on a patient of its own."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from genorx.datasets.claims_practice.discrepancies import FREE_DAY
from genorx.datasets.claims_practice.drugs import INFUSION, PELVIC, PUSH, TUMOUR
from genorx.datasets.claims_practice.ledger import Ledger, Patient, anybody, drug_lines, iso_day, with_lung_cancer


def _treated(ledger: Ledger, patient: Patient, code: str, dose: int, day: int = FREE_DAY) -> str:
    ledger.give(patient, day, code, Fraction(dose))
    return ledger.bill(patient, day, drug_lines(code, Fraction(dose)))


def replaced(ledger: Ledger, patient: Patient) -> None:
    """A claim with too many units, and the one that replaces it."""
    ledger.give(patient, FREE_DAY, "J9271", Fraction(200))
    wrong = ledger.bill(patient, FREE_DAY, [("J9271", 260, "JZ")])
    right = ledger.bill(patient, FREE_DAY, [("J9271", 200, "JZ")], frequency="7", original=wrong)
    ledger.spare(wrong, "replaced")
    ledger.spare(right, "replacement")


def voided(ledger: Ledger, patient: Patient) -> None:
    """A claim for a service that was not given, and the claim that voids it."""
    lines = [("J9035", 40, "JZ")]
    wrong = ledger.bill(patient, FREE_DAY, lines)
    ledger.spare(wrong, "voided")
    ledger.spare(ledger.bill(patient, FREE_DAY, lines, frequency="8", original=wrong), "void")


def on_day_of_death(ledger: Ledger, patient: Patient) -> None:
    """A drug on the day on which the patient died."""
    patient.death = iso_day(FREE_DAY)
    ledger.spare(_treated(ledger, patient, "J9271", 200), "on the day of death")


def tumour_twice(ledger: Ledger, patient: Patient) -> None:
    """A second tumour panel, months after the first, both with a result."""
    for day in (FREE_DAY - 200, FREE_DAY):
        ledger.report(patient, day, TUMOUR, "panel", "reported")
        ledger.spare(ledger.bill(patient, day, [(TUMOUR, 1, "")]), "tumour panel twice")


def split(ledger: Ledger, patient: Patient) -> None:
    """A dose on two lines, the second with modifier 76."""
    ledger.give(patient, FREE_DAY, "J9271", Fraction(200))
    ledger.spare(ledger.bill(patient, FREE_DAY, [("J9271", 120, ""), ("J9271", 80, "76")]), "dose split over two lines")


def pair_with_modifier(ledger: Ledger, patient: Patient) -> None:
    """Two services of a pair, one with modifier 59."""
    ledger.spare(ledger.bill(patient, FREE_DAY, [(INFUSION, 1, ""), (PUSH, 1, "59")]), "pair with modifier 59")


def result_reported_later(ledger: Ledger, patient: Patient) -> None:
    """A drug given before a contradicting result was reported."""
    ledger.report(patient, FREE_DAY - 5, TUMOUR, "ERBB2", "not amplified", wait=9)
    ledger.spare(_treated(ledger, patient, "J9355", 430), "result reported later")


def result_empty(ledger: Ledger, patient: Patient) -> None:
    """A drug where the latest result was not recorded."""
    ledger.report(patient, FREE_DAY - 90, TUMOUR, "ERBB2", "amplified")
    ledger.report(patient, FREE_DAY - 30, TUMOUR, "ERBB2", "")
    ledger.spare(_treated(ledger, patient, "J9355", 430), "result empty")


def results_contradict(ledger: Ledger, patient: Patient) -> None:
    """A drug for which two results of one day contradict each other, so that neither decides."""
    for result in ("amplified", "not amplified"):
        ledger.report(patient, FREE_DAY - 60, TUMOUR, "ERBB2", result)
    ledger.spare(_treated(ledger, patient, "J9355", 430), "results contradict each other")


def day_after_stay(ledger: Ledger, patient: Patient) -> None:
    """A drug on the day after a stay."""
    ledger.admit(patient, FREE_DAY - 5, FREE_DAY - 1)
    ledger.spare(_treated(ledger, patient, "J9035", 290), "day after a stay")


def sex_unknown(ledger: Ledger, patient: Patient) -> None:
    """A service for women, billed for a patient without recorded sex."""
    patient.sex = "unknown"
    ledger.spare(ledger.bill(patient, FREE_DAY, [(PELVIC, 1, "")]), "sex not recorded")


def best_vials(ledger: Ledger, patient: Patient) -> None:
    """Waste of the best vials: 305 mg of bevacizumab from one of 400 mg are 31 units and 9 left."""
    ledger.spare(_treated(ledger, patient, "J9035", 305), "wastage of the best vials")


def _without_breast_cancer(patient: Patient) -> bool:
    return patient.cancer != "breast"


LOOK_ALIKES: tuple[tuple[Callable[[Ledger, Patient], None], Callable[[Patient], bool]], ...] = (
    (replaced, anybody),
    (voided, anybody),
    (on_day_of_death, anybody),
    (tumour_twice, anybody),
    (split, anybody),
    (pair_with_modifier, anybody),
    (result_reported_later, with_lung_cancer),
    (result_empty, with_lung_cancer),
    (results_contradict, with_lung_cancer),
    (day_after_stay, anybody),
    (sex_unknown, _without_breast_cancer),
    (best_vials, anybody),
)
