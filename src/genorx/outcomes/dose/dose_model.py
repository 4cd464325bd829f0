"""Dose of a drug that is titrated to effect: estimate, prediction interval, and a published formula.

Without a cohort the dose is that of a published formula, only on request (``use_formula``).
Scoring doses against formulas and a standard dose is ``outcomes.dose.dose_evaluation``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.cohort.outliers import far_doses
from genorx.errors import Finding, InputError, SupportError, UsageError, shown
from genorx.outcomes.continuous.chosen_value_model import ChosenValueModel
from genorx.outcomes.continuous.value_base import checked_values
from genorx.outcomes.frames import as_features

Floats = NDArray[np.float64]
#: From features of patients to the dose of each, missing if the formula gives none.
DoseFormula = Callable[[pd.DataFrame], "pd.Series[float]"]

_FEW = 30  # patients of a group below which its interval rests mostly on all patients
_FEWEST = 50  # fewest patients for a model of doses


class DoseModel(ChosenValueModel):
    """Predict the maintenance dose of a patient from genotypes and records.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Specification of the features; inferred by default.
    unit : str
        Unit of the doses; shown in tables and figures.
    level : float
        Probability of the prediction intervals.
    standard : float, optional
        Common starting dose as a comparator, in ``unit`` (warfarin: 35 mg/week).
    formula : callable, optional
        Function from features to doses by a published formula, for ``use_formula`` and as a comparator.
    by : sequence of str
        Features whose values define a patient's group in the intervals (genotypes).
    candidates, shared, folds, seed
        As in ``ChosenValueModel``.

    Attributes
    ----------
    source_ : {"cohort", "formula"}
        Source of the doses.
    outliers_ : tuple of str
        Patients whose dose was excluded from the fit, more than 8 robust standard deviations off on the square root
        scale; empty for a loaded model, whose file holds no patients.
    model_, chosen_, choice_, out_of_fold_, scale_, findings_
        As in ``ChosenValueModel``.
    """

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        unit: str = "mg/week",
        level: float = 0.9,
        standard: float | None = None,
        formula: DoseFormula | None = None,
        by: Sequence[str] = (),
        candidates: Mapping[str, Any] | None = None,
        shared: float = 50.0,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        super().__init__(specs, candidates=candidates, by=by, shared=shared, folds=folds, seed=seed)
        self.unit = unit
        self.level = level
        self.standard = standard
        self.formula = formula

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.Series[float], *, groups: Iterable[object] | None = None) -> Self:
        """Fit to doses ``y``, index as ``X``; outlying doses are excluded and reported.

        Parameters
        ----------
        X : DataFrame
            Features.
        y : Series of float
            Doses in ``unit``, same index.
        groups : sequence, optional
            Site of each patient: intervals are then those of a new site.

        Raises
        ------
        InputError
            If a dose is 0 or negative (``dose-not-positive``).
        UsageError
            If the patients differ, or a dose is missing.
        SupportError
            If there are fewer than 50 patients, or all have the same dose.
        """
        frame = as_features(self, X, reset=True)
        dose = pd.Series(checked_doses(frame, y), index=frame.index)
        kept = ~dose_outliers(dose)
        if kept.sum() < _FEWEST:
            raise SupportError(
                f"{int(kept.sum())} patients are too few to learn a dose from",
                hint=f"{_FEWEST} are needed; use_formula() uses a published formula instead",
                code="too-few-patients",
            )
        where = None if groups is None else np.asarray(list(groups), dtype=object)[kept.to_numpy()]
        super().fit(frame[kept], dose[kept], groups=where)
        self.source_ = "cohort"
        self.outliers_ = tuple(map(str, dose.index[~kept]))
        self.findings_ = (
            *(_outlier(patient, dose[patient], self.unit) for patient in dose.index[~kept]),
            *self.findings_,
        )
        return self

    def use_formula(self) -> Self:
        """Use the published formula instead of a cohort; doses then have no interval.

        Raises
        ------
        UsageError
            If no formula was given.
        """
        if self.formula is None:
            raise UsageError("no formula was given", hint="DoseModel(formula=...)", code="no-model")
        message = "doses are those of a published formula: no cohort was fitted, and they have no interval"
        self.source_, self.outliers_ = "formula", ()
        self.findings_ = (Finding(code="dose-by-formula", severity="warning", message=message),)
        return self

    def predict_value(self, X: pd.DataFrame) -> Floats:
        """Dose of each patient, shape (n_patients,), in ``unit``; missing if a formula gives none."""
        check_is_fitted(self, "source_")
        if self.source_ == "cohort":
            return super().predict_value(X)
        return by_formula(self.formula, X)

    def predict_interval(self, X: pd.DataFrame, *, level: float | None = None) -> Floats:
        """Prediction interval of each patient's own dose, shape (n_patients, 2), at ``level`` (the model's by default).

        Missing if the dose is that of a formula.
        """
        check_is_fitted(self, "source_")
        if self.source_ == "formula":
            return np.full((len(X), 2), np.nan)
        return super().predict_interval(X, level=self.level if level is None else level)

    def predict_table(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the predicted dose of each patient with its interval.

        Returns
        -------
        DataFrame
            Index as ``X``: ``dose``, ``lower``, ``upper``, ``unit``, ``group``, ``group_patients`` (of the cohort),
            ``source``.  ``attrs["findings"]``: tuple of ``Finding`` on sites filled from linked ones, and on groups
            with few patients.
        """
        ends = self.predict_interval(X)
        table = pd.DataFrame({"dose": self.predict_value(X), "lower": ends[:, 0], "upper": ends[:, 1]}, index=X.index)
        table = table.assign(unit=self.unit, group="", group_patients=0, source=self.source_)
        if self.source_ == "formula":
            table.attrs["findings"] = self.findings_
            return table
        table["group"] = self.groups_.labels(X)
        codes = self.groups_.codes(X)
        sizes = [self.conformal_.of_group(int(code)) for code in codes] if self.fold_models_ else [0] * len(X)
        table["group_patients"] = sizes
        few = [
            _few(str(patient), group, size)
            for patient, group, size in zip(X.index, table["group"], sizes, strict=True)
            if self.by and size < _FEW
        ]
        links = getattr(self.model_, "columns_", None)
        filled = links.links.findings(X) if links is not None else ()
        table.attrs["findings"] = (*filled, *few)
        return table

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model, without its formula.

        Raises
        ------
        UsageError
            If the dose is that of a formula, or the chosen model is not one of genorx's own.
        """
        check_is_fitted(self, "source_")
        if self.source_ == "formula":
            raise UsageError("a formula cannot be stored in a model file", code="model-class")
        values, arrays = super().state()
        own = {"unit": self.unit, "level": self.level, "standard": self.standard}
        return values | {"params": values["params"] | own}, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model = super().from_state(values, arrays)
        model.source_, model.outliers_ = "cohort", ()
        return model


def checked_doses(X: pd.DataFrame, y: Any) -> Floats:
    """Return doses, validated.

    Raises
    ------
    InputError
        If a dose is 0 or negative (``dose-not-positive``).
    UsageError
        If the patients differ, or a dose is missing.
    """
    dose = checked_values(X, y)
    wrong = np.flatnonzero(dose <= 0)
    if wrong.size:
        raise InputError(
            f"{wrong.size} patients have a dose of 0 or less, the first {dose[wrong[0]]:g}",
            place=f"patient {shown(X.index[wrong[0]])}",
            hint="Leave out patients who do not take the drug",
            code="dose-not-positive",
        )
    return dose


def dose_outliers(dose: pd.Series[float]) -> pd.Series[bool]:
    """Return True for doses that are outliers by ``cohort.outliers``."""
    far: pd.Series[bool] = pd.Series(far_doses(np.asarray(dose, dtype=np.float64)), index=dose.index, dtype=bool)
    return far


def by_formula(formula: Any, X: pd.DataFrame) -> Floats:
    """Return doses by a formula in the order of ``X``, missing if it gives none."""
    doses = formula(X)
    return np.asarray(pd.Series(doses).reindex(X.index).to_numpy(dtype=float, na_value=np.nan))


def _outlier(patient: object, dose: float, unit: str) -> Finding:
    message = f"a dose of {dose:g} {unit} lies far beyond all others and is excluded"
    return Finding(code="dose-outlier", severity="serious", message=message, patient_id=str(patient))


def _few(patient: str, group: str, size: int) -> Finding:
    message = f"{size} patients of the cohort are in the group {shown(group)}: the interval borrows from all patients"
    return Finding(code="few-like-this", severity="warning", message=message, patient_id=patient)
