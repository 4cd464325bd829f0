"""Accuracy of doses for unseen patients, compared with published formulas and a standard dose.

Source of the measures: International Warfarin Pharmacogenetics Consortium 2009, N Engl J Med 360:753 (mean absolute
error, share of patients within 20 % of their dose).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from genorx._core import progress
from genorx._core.page import finished
from genorx._core.short_repr import short
from genorx._core.threads import single_threaded
from genorx.errors import Finding, UsageError
from genorx.outcomes.continuous.patient_groups import PatientGroups
from genorx.outcomes.dose.dose_model import DoseFormula, DoseModel, by_formula, checked_doses, dose_outliers
from genorx.outcomes.group_folds import folds_of
from genorx.survival.resampling import bootstrap_counts, scored

Floats = NDArray[np.float64]
_NEAR = 0.2
_ALL = "all"


@short
@dataclass(frozen=True, kw_only=True)
class DoseEvaluation:
    """Out-of-fold doses, and their errors.

    Attributes
    ----------
    table : DataFrame
        ``method``, ``group``, ``patients``, ``mae`` (mean absolute error, in ``unit``), ``within_20`` (share within 20
        % of the dose), ``bias`` (mean of predicted minus actual), the first two with ``_lower``, ``_upper`` (95 %,
        bootstrap over patients).  Methods: ``model``, the formulas, ``standard``.
    intervals : DataFrame
        ``group``, ``patients``, ``coverage``, ``lower``, ``upper`` (95 %), ``width``: of the model's intervals.
    predictions : DataFrame
        Indexed by patient: ``fold``, ``group``, ``dose``, ``predicted``, ``lower``, ``upper``, and one column per
        formula.
    unit : str
        Unit of the doses.
    level : float
        Nominal coverage of the intervals.
    findings : tuple of Finding
        Findings on the evaluation, such as excluded doses.
    by : tuple of str
        Features whose values, in this order, form the name of a group.
    """

    table: pd.DataFrame
    intervals: pd.DataFrame
    predictions: pd.DataFrame = field(repr=False)
    unit: str
    level: float
    findings: tuple[Finding, ...] = ()
    by: tuple[str, ...] = ()

    def value(self, measure: str, *, method: str = "model", group: str = _ALL) -> float:
        """Return one number of the table; KeyError if absent."""
        rows = self.table[(self.table["method"] == method) & (self.table["group"] == group)]
        if len(rows) != 1 or measure not in rows:
            raise KeyError(f"no {measure!r} of method {method!r} and group {group!r}")
        return float(rows[measure].iloc[0])

    def _repr_html_(self) -> str:
        return finished(str(self.table.round(3).to_html(index=False, escape=True, border=0)))


@single_threaded
def evaluate_dose(
    model: DoseModel,
    X: pd.DataFrame,
    y: pd.Series[float],
    *,
    groups: pd.Series[Any] | None = None,
    folds: int | NDArray[Any] = 5,
    against: Mapping[str, DoseFormula] | None = None,
    n_boot: int = 200,
    seed: int = 0,
) -> DoseEvaluation:
    """Cross-validate ``model``: fit a clone to all folds but one, predict that one, and score all doses.

    Parameters
    ----------
    model : DoseModel
        Not changed.
    X, y : DataFrame, Series
        Features and doses, same index.  Outlying doses are excluded, as in a fit, and reported.
    groups : Series, optional
        Site of each patient: folds are whole sites, in the evaluation and within each fit.
    folds : int or array of int, shape (n_patients,)
        Number of folds, or the fold of each patient.
    against : mapping of name to callable, optional
        Functions from features to doses by published formulas; the model's own formula is added as ``formula``.
    n_boot, seed : int
        Bootstrap samples of the intervals of the scores.

    Raises
    ------
    UsageError, InputError, SupportError
        As ``DoseModel.fit``.
    """
    dose = pd.Series(checked_doses(X, y), index=X.index)
    kept = ~dose_outliers(dose).to_numpy()
    findings = _set_aside(dose[~kept], model.unit)
    fold = _folds(X, groups, folds, seed)[kept]
    frame, dose = X[kept], dose[kept]
    site = None if groups is None else groups[kept]
    made = pd.DataFrame({"fold": fold, "dose": dose, "predicted": np.nan, "lower": np.nan, "upper": np.nan})
    for k in progress.track(np.unique(fold).tolist(), "evaluate dose"):
        train, test = fold != k, fold == k
        fitted = clone(model).fit(frame[train], dose[train], groups=None if site is None else site[train])
        made.loc[test, "predicted"] = fitted.predict_value(frame[test])
        made.loc[test, ["lower", "upper"]] = fitted.predict_interval(frame[test])
    made.insert(1, "group", PatientGroups(model.by, model.specs).fit(frame).labels(frame))
    formulas = dict(against or {}) | ({"formula": model.formula} if model.formula is not None else {})
    for name, formula in formulas.items():
        made[name] = by_formula(formula, frame)
    methods = {"model": made["predicted"], **{name: made[name] for name in formulas}}
    if model.standard is not None:
        methods["standard"] = pd.Series(float(model.standard), index=made.index)
    table = pd.DataFrame([row for name, one in methods.items() for row in _scores(name, one, made, n_boot, seed)])
    intervals = pd.DataFrame(_coverage(made, n_boot, seed))
    return DoseEvaluation(
        table=table,
        intervals=intervals,
        predictions=made,
        unit=model.unit,
        level=model.level,
        findings=findings,
        by=tuple(model.by),
    )


def _folds(X: pd.DataFrame, groups: Any, folds: int | NDArray[Any], seed: int) -> NDArray[Any]:
    if isinstance(folds, int):
        return folds_of(X.index, folds, groups=groups, seed=seed)
    given = np.asarray(folds)
    if given.shape != (len(X),):
        raise UsageError(f"{given.size} folds were given for {len(X)} patients")
    return given


def _set_aside(doses: pd.Series[float], unit: str) -> tuple[Finding, ...]:
    text = "lies far beyond all others and is excluded"
    return tuple(
        Finding(
            code="dose-outlier",
            severity="serious",
            message=f"a dose of {dose:g} {unit} {text}",
            patient_id=str(patient),
        )
        for patient, dose in doses.items()
    )


def _parts(made: pd.DataFrame) -> Iterable[tuple[str, NDArray[np.bool_]]]:
    """Yield all patients, then each group if there are several."""
    yield _ALL, np.ones(len(made), dtype=bool)
    if made["group"].nunique() > 1:
        for group in sorted(made["group"].unique()):
            yield str(group), (made["group"] == group).to_numpy()


def _scores(
    method: str, predicted: pd.Series[float], made: pd.DataFrame, n_boot: int, seed: int
) -> list[dict[str, Any]]:
    rows = []
    for group, inside in _parts(made):
        known = inside & predicted.notna().to_numpy()
        if not known.any():
            continue
        dose, guess = made["dose"].to_numpy()[known], predicted.to_numpy(float)[known]
        error = np.abs(guess - dose)
        row: dict[str, Any] = {"method": method, "group": group, "patients": int(known.sum())}
        row |= _named("mae", error, n_boot, seed)
        row |= _named("within_20", (error <= _NEAR * dose).astype(float), n_boot, seed)
        rows.append(row | {"bias": float((guess - dose).mean())})
    return rows


def _coverage(made: pd.DataFrame, n_boot: int, seed: int) -> list[dict[str, Any]]:
    rows = []
    for group, inside in _parts(made):
        part = made[inside]
        held = ((part["dose"] >= part["lower"]) & (part["dose"] <= part["upper"])).to_numpy(float)
        found = scored(_means(held, n_boot, seed))
        row: dict[str, Any] = {"group": group, "patients": len(part), "coverage": found.estimate}
        width = float((part["upper"] - part["lower"]).mean())
        rows.append(row | {"lower": found.lower, "upper": found.upper, "width": width})
    return rows


def _named(name: str, each: Floats, n_boot: int, seed: int) -> dict[str, float]:
    found = scored(_means(each, n_boot, seed))
    return {name: found.estimate, f"{name}_lower": found.lower, f"{name}_upper": found.upper}


def _means(each: NDArray[Any], n_boot: int, seed: int) -> Floats:
    counts = bootstrap_counts(each.size, n_boot, seed)
    return np.asarray(counts @ each / counts.sum(axis=1))
