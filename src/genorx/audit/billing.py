"""Billing of a dose: units, waste of single-dose vials, and the modifier that reports it.

The arithmetic is in ``vials``; the comparison of billed units with the record in ``rules.doses``.
Source: Medicare Claims Processing Manual, chapter 17, section 40 (discarded drugs, modifiers JW and JZ).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.short_repr import short
from genorx.audit.days import day_of
from genorx.audit.exact import thousandths
from genorx.audit.facts import Facts
from genorx.audit.vials import discarded_units, fewest_vials, least_totals, units_of
from genorx.errors import InputError, UsageError, shown


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """Billing of a dose drawn from the vials with the least waste.

    Attributes
    ----------
    units : int
        Billing units of the dose, rounded up.
    discarded : int or None
        Whole units left in the vials and discarded; None if the sizes of single-dose vials are not known.
    modifier : str or None
        ``JW`` if units are discarded, ``JZ`` if none are; None for multiple-dose vials, and if not known.
    vials : tuple of (float, int)
        Size in mg and number of the vials opened, smallest size first; of several choices with the same total, that
        with the fewest vials.
    waste_mg : float or None
        Milligrams left over and discarded; None if not known.
    """

    units: int
    discarded: int | None
    modifier: str | None
    vials: tuple[tuple[float, int], ...]
    waste_mg: float | None


def units(code: str, mg: float, facts: Facts, on: str | date | None = None) -> Billing:
    """Return the billing units, waste and modifier of a dose of a drug.

    Parameters
    ----------
    code : str
        Code of the drug in the table of facts ``drug_codes``.
    mg : float
        Dose in milligrams, exact to 0.001 mg.
    facts : Facts
        Facts with ``drug_codes``.
    on : str or date, optional
        Day of the service; by default the most recent facts are used.

    Raises
    ------
    InputError
        ``dose-invalid`` for a dose that is missing or below 0.001 mg; ``code-unknown`` for a code without facts, on
        that day or at all.
    """
    if not np.isfinite(mg) or (dose := int(thousandths([mg])[0])) <= 0:
        raise InputError(f"a dose of {mg:g} mg cannot be billed", hint="a dose is above 0", code="dose-invalid")
    drug = _drug(code, facts, on)
    unit, sizes = int(drug["mg_per_unit"]), drug["vials_mg"]
    billed = int(units_of(dose, unit))
    if not sizes:
        known = None if drug["single_dose"] else 0
        return Billing(units=billed, discarded=known, modifier=None, vials=(), waste_mg=known)
    total = int(least_totals([dose], sizes)[0])
    vials = tuple((_milligrams(size), number) for size, number in fewest_vials(total, sizes))
    if not drug["single_dose"]:
        return Billing(units=billed, discarded=0, modifier=None, vials=vials, waste_mg=0)
    left = int(discarded_units(dose, total, unit))
    modifier = "JW" if left else "JZ"
    return Billing(units=billed, discarded=left, modifier=modifier, vials=vials, waste_mg=_milligrams(total - dose))


def _drug(code: str, facts: Facts, on: str | date | None) -> dict[Any, Any]:
    table = facts.table("drug_codes")
    rows = pd.DataFrame() if table is None else table[(table["code"] == code).to_numpy(bool)]
    if on is not None and len(rows):
        day = day_of(str(on))
        if day is None:
            raise UsageError(f"on {shown(on)!r} is not a date", hint="write it as 2026-06-30")
        rows = rows[(rows["valid_from"] <= day) & (day <= rows["valid_to"])]
    if rows.empty:
        when = "" if on is None else f" on {shown(on)}"
        hint = "drug_codes has code, drug, mg_per_unit, vials_mg, single_dose"
        raise InputError(f"there are no facts on the code {shown(code)}{when}", hint=hint, code="code-unknown")
    return rows.sort_values("valid_from").iloc[-1].to_dict()


def _milligrams(thousandth: int) -> float:
    """Convert whole 0.001 mg to milligrams, an integer where exact."""
    whole, rest = divmod(thousandth, 1000)
    return thousandth / 1000 if rest else whole
