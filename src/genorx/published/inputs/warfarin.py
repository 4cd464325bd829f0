"""Inputs of the warfarin formulas from a cohort's own columns, imputed as in the paper, with counts.

If VKORC1 was not called, it is imputed from linked sites by the rules of the paper; unknown height and weight are the
median of the sex; a drug that is not listed counts as not used, as in the paper.
Source: International Warfarin Pharmacogenetics Consortium 2009, N Engl J Med 360:753, supplementary appendix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import Finding, TableError, UsageError, shown
from genorx.published.estimates import SharedFindings
from genorx.published.registry import load

Floats = NDArray[np.float64]
#: Linked sites in the order of the paper, and whether they are informative on VKORC1 in Black patients too.
_LINKED = (("rs2359612", False), ("rs9934438", True), ("rs8050894", False))
_INDUCERS = ("carbamazepine", "phenytoin", "rifampin")
_RACES = {"white": "white", "asian": "asian", "black or african american": "black", "black": "black"}
_STARS = {(0, 0): "*1/*1", (1, 0): "*1/*2", (0, 1): "*1/*3", (2, 0): "*2/*2", (1, 1): "*2/*3", (0, 2): "*3/*3"}
_NEEDED = ("age_decade", "height_cm", "weight_kg", "sex")


def warfarin_inputs(patients: pd.DataFrame) -> pd.DataFrame:
    """Return the inputs of ``iwpc@2009`` and ``gage@2008`` derived from a cohort's own columns.

    Parameters
    ----------
    patients : DataFrame
        Columns ``age_decade`` (1 to 9, or a range such as ``60 - 69``), ``height_cm``, ``weight_kg``, ``sex``; optional
        are ``race`` (or ``race_omb``), ``amiodarone``, ``carbamazepine``, ``phenytoin``, ``rifampin`` (0/1), and the
        sites of ``warfarin_sites`` (number of low-dose alleles).

    Returns
    -------
    DataFrame
        Columns ``age_decade``, ``height_cm``, ``weight_kg``, ``race``, ``inducer``, ``amiodarone``, ``vkorc1`` and
        ``cyp2c9``, with the index of ``patients``.  ``attrs["findings"]`` names what was imputed, and for how many
        patients.

    Raises
    ------
    TableError
        If a column is absent (``published-input``), or more than two variant alleles of CYP2C9 are counted
        (``contradiction``).

    Notes
    -----
    The rules of the paper for rs2359612 and rs8050894 exclude patients of unknown race too; here they exclude only
    Black patients, in whom these sites are less linked to rs9923231.  CYP2C9 is determined from ``*2`` and ``*3``
    alone.
    """
    for name in _NEEDED:
        if name not in patients.columns:
            raise TableError(f"column {name} is absent", code="published-input", hint="the formulas require it")
    notes: list[Finding] = []
    made = pd.DataFrame(index=patients.index)
    made["age_decade"] = _decades(patients["age_decade"])
    for name in ("height_cm", "weight_kg"):
        made[name] = _by_sex(patients[name], patients["sex"], notes)
    made["race"] = _races(patients)
    made["inducer"] = _any_of(patients, _INDUCERS, notes)
    made["amiodarone"] = _any_of(patients, ("amiodarone",), notes)
    made["vkorc1"] = _vkorc1(patients, made["race"], notes)
    made["cyp2c9"] = _cyp2c9(patients)
    made.attrs["findings"] = SharedFindings(note.to_dict() for note in notes)
    return made


def warfarin_formula(
    name: str = "iwpc@2009", *, variant: str = "pharmacogenetic"
) -> Callable[[pd.DataFrame], pd.Series[float]]:
    """Return a function that computes weekly doses from a cohort's own columns by a published formula.

    For ``outcomes.DoseModel(formula=...)`` and ``evaluate_dose(against=...)``.  The columns are those of
    ``warfarin_inputs``.

    Parameters
    ----------
    name : {"iwpc@2009"}
        Name and version of the formula.  Gage's formula needs more than these columns.
    variant : {"pharmacogenetic", "clinical"}
        Variant of the formula; ``"pharmacogenetic"`` by default.
    """
    if name != "iwpc@2009":
        raise UsageError(
            f"{shown(name)} cannot be filled from these columns", hint="iwpc@2009", code="published-variant"
        )
    model = load(name, variant=variant)

    def doses(patients: pd.DataFrame) -> pd.Series[float]:
        inputs = warfarin_inputs(patients)
        columns = [each.name for each in model.card.inputs if each.name in inputs.columns]
        return model.evaluate(inputs[columns])["dose"].astype(float)

    return doses


def _decades(column: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype("Float64")
    first = column.astype("string").str.extract(r"^(\d+)", expand=False)
    return (pd.to_numeric(first) // 10).astype("Float64")


def _by_sex(column: pd.Series[Any], sex: pd.Series[Any], notes: list[Finding]) -> pd.Series[Any]:
    numbers = column.astype("Float64")
    medians = numbers.groupby(sex.astype("string"), observed=True).transform("median")
    filled = numbers.fillna(medians).fillna(numbers.median())
    _note(notes, f"{column.name} is not known, and set to the median of the sex", numbers.isna() & filled.notna())
    return filled


def _races(patients: pd.DataFrame) -> pd.Series[Any]:
    name = next((each for each in ("race", "race_omb") if each in patients.columns), None)
    if name is None:
        return pd.Series("missing_or_mixed", index=patients.index, dtype=object)
    texts = patients[name].astype("string").str.lower()
    return texts.map(lambda text: _RACES.get(text, "missing_or_mixed"), na_action="ignore").fillna("missing_or_mixed")


def _any_of(patients: pd.DataFrame, names: tuple[str, ...], notes: list[Finding]) -> pd.Series[float]:
    known = [patients[name].astype("Float64") for name in names if name in patients.columns]
    if not known:
        _note(notes, f"{', '.join(names)}: not stated, counted as not used", pd.Series(True, index=patients.index))
        return pd.Series(0.0, index=patients.index)
    table = pd.concat(known, axis=1)
    _note(
        notes,
        f"{', '.join(names)}: not known, counted as not used",
        table.isna().any(axis=1) & ~(table > 0).any(axis=1),
    )
    return (table.fillna(0.0) > 0).any(axis=1).astype(float)


def _vkorc1(patients: pd.DataFrame, race: pd.Series[Any], notes: list[Finding]) -> pd.Series[Any]:
    count = _site(patients, "rs9923231")
    for site, everybody in _LINKED:
        other = _site(patients, site).where(everybody | (race != "black").to_numpy())
        filled = count.isna() & other.notna()
        count = count.fillna(other)
        _note(notes, f"VKORC1 rs9923231 was not called, and imputed from {site}", filled)
    return count.map({0.0: "GG", 1.0: "AG", 2.0: "AA"}).astype(object)


def _site(patients: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name in patients.columns:
        return patients[name].astype("Float64")
    return pd.Series(pd.NA, index=patients.index, dtype="Float64")


def _cyp2c9(patients: pd.DataFrame) -> pd.Series[Any]:
    second, third = _site(patients, "rs1799853"), _site(patients, "rs1057910")
    wrong = ((second + third) > 2).fillna(False)
    if wrong.any():
        raise TableError(
            f"{int(wrong.sum())} patients have more than two variant alleles of CYP2C9",
            place=f"patient {shown(patients.index[wrong.to_numpy(bool)][0])}",
            code="contradiction",
        )
    pairs = zip(second, third, strict=True)
    called = [None if pd.isna(a) or pd.isna(b) else _STARS.get((int(a), int(b))) for a, b in pairs]
    return pd.Series(called, index=patients.index, dtype=object)


def _note(notes: list[Finding], what: str, where: pd.Series[Any]) -> None:
    times = int(where.fillna(False).sum())
    if times:
        notes.append(Finding(code="warfarin-filled", severity="warning", message=f"{times} patients: {what}"))
