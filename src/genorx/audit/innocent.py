"""Innocent explanations of a flagged line: what was checked, and the result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from genorx.audit.claim_table import REPLACEMENT, VOID, place_of_line
from genorx.audit.days import NO_DAY, iso
from genorx.audit.exact import decimal_text
from genorx.audit.line_view import LineView
from genorx.audit.rules.limits import APART
from genorx.audit.versions import STATES
from genorx.audit.vials import discarded_units, fewest_vials, least_totals, units_of

#: Lines or records that an answer names; the others are counted.
_NAMED = 5


def checked(line: LineView) -> list[dict[str, str]]:
    """Return ``what`` was checked for a line, and what was ``found``."""
    return [{"what": what, "found": look(line)} for what, look in _LOOKS.items()]


def _replacement(line: LineView) -> str:
    versions, row = line.case.versions, line.row
    if versions.by[line.at] and STATES[versions.state[line.at]] == "replaced":
        return f"{place_of_line(str(versions.by[line.at]))} replaces this one, which is no longer live"
    if row["frequency"] == REPLACEMENT:
        return f"the claim replaces {place_of_line(str(row['original_claim']))}, which is no longer live"
    return "the claim replaces no other, and no claim in the input replaces it"


def _void(line: LineView) -> str:
    versions = line.case.versions
    state = STATES[versions.state[line.at]]
    if state == "voided":
        return f"{place_of_line(str(versions.by[line.at]))} voids this one, which is no longer live"
    if line.row["frequency"] == VOID:
        return "the claim is itself a void, not a service"
    return "the claim is cancelled or in error" if state == "cancelled" else "no claim in the input voids it"


def _duplicate(line: LineView) -> str:
    first = int(line.case.repeats[line.at])
    if first >= 0:
        row = line.case.claims.iloc[first]
        return f"the line is the same service as {place_of_line(row['claim_id'], row['line'])}, and is set aside"
    later = np.flatnonzero(line.case.repeats == line.at)
    if later.size:
        return f"the line is the first of {later.size + 1} lines of the same service; the later ones are set aside"
    return "no other live line is the same service"


def _modifier(line: LineView) -> str:
    if not line.modifiers:
        return "the line has no modifier"
    apart = sorted(APART.intersection(line.modifiers))
    has = f"the line has {' '.join(line.modifiers)}"
    return f"{has}; {' '.join(apart)} marks a separate service" if apart else has


def _rounding(line: LineView) -> str:
    drug, dose = line.fact("drug_codes"), line.dose()
    if drug is None:
        return "the facts have no drug with this code"
    if dose is None:
        return "the record has no dose to round"
    unit = int(drug["mg_per_unit"])
    exact = f"{decimal_text(dose)} mg are {dose / unit:.10g} units of {decimal_text(unit)} mg"
    return f"{exact}, rounded up to {int(units_of(dose, unit))}" if dose % unit else f"{exact}, without a remainder"


def _vials(line: LineView) -> str:
    drug, dose = line.fact("drug_codes"), line.dose()
    if drug is None or not dose:
        return "the record has no dose of a drug to draw from vials"
    if not drug["single_dose"]:
        return "the drug is in multiple-dose vials: nothing is discarded"
    if not drug["vials_mg"]:
        return "the sizes of the drug's vials are not known"
    total, unit = int(least_totals([dose], drug["vials_mg"])[0]), int(drug["mg_per_unit"])
    chosen = fewest_vials(total, drug["vials_mg"])
    vials = " + ".join(f"{number} \N{MULTIPLICATION SIGN} {decimal_text(size)} mg" for size, number in chosen)
    left = int(discarded_units(dose, total, unit))
    return f"least waste: {vials} = {decimal_text(total)} mg, which leave {decimal_text(total - dose)} mg, {left} units"


def _same_day(line: LineView) -> str:
    """List the other live lines of the patient, day and code: a dose may be split over several."""
    table = line.case.table
    same = (table["patient"].to_numpy() == line.patient) & (table["day"].to_numpy() == line.day)
    lines = line.case.claims.iloc[table["at"].to_numpy()[same]]
    others = lines[(lines["code"] == line.row["code"]).to_numpy(bool) & (lines.index != line.at)]
    if others.empty or line.day == NO_DAY:
        return "there is no other line of that patient, day and code"
    named = [
        f"{place_of_line(row.claim_id, row.line)} ({row.units:g} units{f' {row.modifiers}' if row.modifiers else ''})"
        for row in others.head(_NAMED).itertuples()
    ]
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return f"other lines of that patient, day and code: {', '.join(named)}{more}"


def _late_record(line: LineView) -> str:
    """Report the nearest record of the drug or test: it may have been filed under another day."""
    test = line.fact("test_codes")
    if test is not None:
        rows = line.records("results")
        rows = rows[rows["test"] == test["test"]] if len(rows) else rows
        return _nearest(rows, "collected", f"result of the {test['test']} collected", line.day)
    drug = line.fact("drug_codes")
    if drug is None:
        return "the facts have neither a drug nor a test with this code"
    return _nearest(line.given(), "date", f"administration of {drug['drug']}", line.day)


def _nearest(rows: pd.DataFrame, column: str, what: str, day: int) -> str:
    days = rows.loc[rows[column] != NO_DAY, column].to_numpy() if len(rows) else np.zeros(0, dtype=np.int32)
    if not days.size or day == NO_DAY:
        return f"no {what} on any day"
    away = np.abs(days - day)
    nearest = int(days[np.argmin(away)])
    if nearest == day:
        return f"{what} on that day"
    side = "before" if nearest < day else "after"
    return f"none on that day; the nearest {what} is on {iso(nearest)}, {int(away.min())} days {side}"


_LOOKS: dict[str, Callable[[LineView], str]] = {
    "replacement": _replacement,
    "void": _void,
    "duplicate": _duplicate,
    "modifier": _modifier,
    "rounding": _rounding,
    "vials": _vials,
    "same-day lines": _same_day,
    "late record": _late_record,
}
