"""Rules that compare drug lines with the recorded doses: C03, C04, C05.

The day whose doses a line is compared with is found by ``administered``; units and vials are in ``vials``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx.audit.administered import vial_totals
from genorx.audit.days import NO_DAY, iso_texts
from genorx.audit.exact import NOT_KNOWN
from genorx.audit.rules.rule import Integers, Rule, Verdict, flagged, part_of
from genorx.audit.rules.running import beyond
from genorx.audit.rules.scopes import discarded_lines, drug_lines, given_lines
from genorx.audit.rules.words import dates, decimals, whole_units
from genorx.audit.vials import discarded_units, units_of

if TYPE_CHECKING:
    from genorx.audit.case import Case

_PERSON_DAY = ["patient", "held", "code"]


def above_dose(case: Case, at: Integers) -> Verdict:
    """C03: the units of a patient, day and code, without JW lines, exceed those of the recorded dose."""
    lines, unassessed = _with_dose(case, at)
    allowed = units_of(lines["dose"], lines["unit"])
    run, over = beyond(lines, _PERSON_DAY, allowed * 1000)
    rows, run, allowed = lines.iloc[over.at], run[over.at], allowed[over.at]
    words = _billed(rows, run) + ", " + decimals(rows["dose"]) + " mg recorded" + _on(rows) + ": "
    words += whole_units(allowed) + " of " + decimals(rows["unit"]) + " mg"
    cents = part_of(rows["cents"].to_numpy(), over.excess, rows["units"].to_numpy())
    return flagged(case, rows.index.to_numpy(), words, cents=cents, unassessed=unassessed)


def wastage(case: Case, at: Integers) -> Verdict:
    """C04: the JW units of a patient, day and code exceed the waste of the least wasteful vials for the dose."""
    lines, unassessed = _with_dose(case, at)
    total = np.where(lines["single"], vial_totals(case, lines), 0)
    unknown = total == NOT_KNOWN
    unassessed["the sizes of the drug's vials are not known"] = lines.index.to_numpy()[unknown]
    lines, total = lines[~unknown], total[~unknown]
    allowed = np.where(lines["single"], discarded_units(lines["dose"], total, lines["unit"]), 0)
    run, over = beyond(lines, _PERSON_DAY, allowed * 1000)
    rows, allowed, total = lines.iloc[over.at], allowed[over.at], total[over.at]
    left = (
        decimals(total) + " mg in the least wasteful vials for " + decimals(rows["dose"]) + " mg recorded" + _on(rows)
    )
    left += ": " + whole_units(allowed) + " of " + decimals(rows["unit"]) + " mg left"
    several = "multiple-dose vials: nothing is discarded"
    words = _billed(rows, run[over.at]) + " as discarded, " + left.where(rows["single"].to_numpy(), several)
    cents = part_of(rows["cents"].to_numpy(), over.excess, rows["units"].to_numpy())
    return flagged(case, rows.index.to_numpy(), words, cents=cents, unassessed=unassessed)


def not_administered(case: Case, at: Integers) -> Verdict:
    """C05: the record has no administration of the drug to that patient on that day."""
    lines = case.drug_days.loc[at]
    rows = lines[lines["held"] == NO_DAY]
    drug = case.fact("drug_codes")["drug"].to_numpy(dtype=object)[rows["fact"]]
    near = f" or within {case.tolerance_days} days" if case.tolerance_days else ""
    words = (
        "no administration of " + pd.Series(drug, dtype=object) + " on " + dates(rows["day"]) + near + " in the record"
    )
    return flagged(case, rows.index.to_numpy(), words)


def _with_dose(case: Case, at: Integers) -> tuple[pd.DataFrame, dict[str, Integers]]:
    """Return the lines whose units can be compared with a dose, and the others by reason.

    Lines without an administration belong to C05: an absent record is not a contradicting one.
    """
    lines = case.drug_days.loc[at]
    units, dose, there = lines["units"].to_numpy(), lines["dose"].to_numpy(), (lines["held"] != NO_DAY).to_numpy()
    reasons = {
        "the units are not known": units == NOT_KNOWN,
        "the units are not a whole number": units % 1000 != 0,
        "an administration of that day has no dose": there & (dose == NOT_KNOWN),
        "the unit of the recorded doses is in doubt": there & np.isin(lines["drug"], case.doubtful_drugs),
    }
    unassessed: dict[str, Integers] = {}
    left = np.ones(len(lines), dtype=bool)
    for reason, which in reasons.items():
        unassessed[reason] = lines.index.to_numpy()[left & which]
        left &= ~which
    return lines[left & there], unassessed


def _billed(rows: pd.DataFrame, run: Integers) -> pd.Series:
    """Describe the units billed, and whether they are the sum of several lines."""
    alone = run == rows["units"].to_numpy()
    several = whole_units(run // 1000) + " billed on lines of that day up to this one"
    return (whole_units(run // 1000) + " billed").where(alone, several)


def _on(rows: pd.DataFrame) -> pd.Series:
    """Describe the day of the administrations where it differs from the line's."""
    day = " on " + pd.Series(iso_texts(rows["held"].to_numpy()), dtype=object)
    return day.where((rows["held"] != rows["day"]).to_numpy(), "")


RULES = (
    Rule(
        number="C03",
        title="units above the documented dose",
        scope=given_lines,
        judge=above_dose,
        records=("patients", "administrations"),
        facts=("drug_codes",),
        fact_key="drug_codes",
        line_needs=("day", "record"),
        clears="a record of a higher dose on that day, or a corrected line",
    ),
    Rule(
        number="C04",
        title="waste that vials do not explain",
        scope=discarded_lines,
        judge=wastage,
        records=("patients", "administrations"),
        facts=("drug_codes",),
        fact_key="drug_codes",
        line_needs=("day", "record"),
        clears="a record of the vials opened and of the amount discarded",
    ),
    Rule(
        number="C05",
        title="administration not in the record",
        scope=drug_lines,
        judge=not_administered,
        records=("patients", "administrations"),
        facts=("drug_codes",),
        fact_key="drug_codes",
        line_needs=("day", "record"),
        clears="the administration record of that day, if it was kept elsewhere or came late",
    ),
)
