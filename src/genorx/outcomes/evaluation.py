"""How good predictions are for patients whom the model has not seen: out-of-fold scores with bootstrap intervals.

Every patient is predicted once, by a model that was fitted (encoding, imputation, choice of model and all) to the other
folds.  Drawing figures is ``report``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from genorx._core import progress
from genorx._core.page import finished
from genorx._core.threads import single_threaded
from genorx.errors import Finding, UsageError, shown
from genorx.outcomes.amounts.value_scores import ValueScores
from genorx.outcomes.binary.binary_scores import BinaryScores
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.group_folds import folds_of
from genorx.outcomes.survival.survival_scores import SurvivalScores
from genorx.survival import bootstrap_counts, check_horizon, checked_times

Floats = NDArray[np.float64]
_SKILLS = ("brier_skill", "mae_skill", "ranked_probability_skill")
_COLUMNS = ["outcome", "horizon", "measure", "estimate", "lower", "upper"]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Out-of-fold scores of one or more outcomes.

    Attributes
    ----------
    scores : DataFrame
        ``outcome``, ``horizon`` (missing where a measure has none), ``measure``, ``estimate``, ``lower``, ``upper``
        (95 %, bootstrap over patients).  Survival: ``harrell_c`` (mean over folds), ``harrell_c_pooled``, ``uno_c``,
        ``uno_c_pooled`` (events up to the last horizon), ``brier_integrated`` (trapezoids through 0 and the horizons),
        ``brier_integrated_km`` (of a Kaplan-Meier curve out of fold), ``brier_skill`` (1 - ratio of the two); at each
        horizon ``auc``, ``brier``, ``brier_km``, ``calibration_slope``, ``calibration_intercept``.
        Binary: ``auc``, ``brier``, ``brier_prevalence``, ``brier_skill``, ``calibration_slope``,
        ``calibration_intercept``.
        Grades: ``ranked_probability``, ``ranked_probability_average``, ``ranked_probability_skill``, ``log_score``,
        ``ordinal_c``, and those of a binary outcome of the grades that count (``score_ordinal``).
        Amounts and counts: ``mae``, ``mae_median`` (of the other folds' median for all), ``mae_skill``, ``rmse``,
        ``r2``, ``calibration_slope``, ``calibration_intercept`` (mean of observed minus predicted), ``within_20``
        (share predicted within 20 %, where all are positive) or ``poisson_deviance`` (of counts), and where the model
        says where a patient's own value lies ``coverage_95``, ``interval_width``.
    calibration : DataFrame
        ``outcome``, ``horizon``, ``group``, ``patients``, ``predicted``, ``observed``, ``lower``, ``upper``:
        probabilities (of surviving; of the binary outcome), or amounts, by group of prediction.
    predictions : DataFrame
        ``patient_id``, ``fold``, ``outcome``, ``horizon``, ``predicted``, ``risk``: what was scored.
    counts : DataFrame
        ``outcome``, ``patients``, ``events``, ``folds``.
    findings : tuple of Finding
    """

    scores: pd.DataFrame
    calibration: pd.DataFrame
    predictions: pd.DataFrame = field(repr=False)
    counts: pd.DataFrame
    findings: tuple[Finding, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the scores, one row an outcome, horizon and measure."""
        return self.scores.copy()

    def value(self, measure: str, *, outcome: str | None = None, horizon: float | None = None) -> float:
        """Return one estimate; KeyError where there is none or more than one."""
        rows = self.scores[self.scores["measure"] == measure]
        if outcome is not None:
            rows = rows[rows["outcome"] == outcome]
        if horizon is not None:
            rows = rows[rows["horizon"] == horizon]
        if len(rows) != 1:
            raise KeyError(f"{len(rows)} rows of {measure!r} for outcome {outcome!r} and horizon {horizon!r}")
        return float(rows["estimate"].iloc[0])

    def to_dict(self) -> dict[str, Any]:
        """Return scores, calibration, counts and findings as JSON values (missing numbers are null)."""
        frames = {"counts": self.counts, "scores": self.scores, "calibration": self.calibration}
        tables = {name: _records(frame) for name, frame in frames.items()}
        return tables | {"findings": [finding.to_dict() for finding in self.findings]}

    def _repr_html_(self) -> str:
        shown = self.scores.copy()
        shown["horizon"] = shown["horizon"].map(lambda h: "" if pd.isna(h) else f"{h:g}")
        for name in ("estimate", "lower", "upper"):
            shown[name] = shown[name].map(lambda v: "" if pd.isna(v) else f"{v:.3f}")
        return finished(str(shown.to_html(index=False, escape=True, border=0)))

    @classmethod
    def combine(cls, parts: Sequence[Evaluation]) -> Evaluation:
        """Put evaluations of several outcomes together."""
        if not parts:
            raise UsageError("nothing to put together")
        frames = {
            name: pd.concat([getattr(part, name) for part in parts if len(getattr(part, name))], ignore_index=True)
            for name in ("scores", "calibration", "predictions", "counts")
        }
        return cls(**frames, findings=tuple(finding for part in parts for finding in part.findings))


@single_threaded
def evaluate_survival(
    model: Any,
    X: pd.DataFrame,
    y: pd.DataFrame,
    *,
    horizons: Sequence[float],
    folds: int = 5,
    seed: int = 0,
    strata: pd.Series[Any] | None = None,
    n_boot: int = 200,
    outcome: str = "survival",
) -> Evaluation:
    """Fit a clone of ``model`` to each set of folds but one, predict that one, and score all predictions.

    Parameters
    ----------
    model : SurvivalModel
        Not changed.
    X, y : DataFrame
        Features; ``time`` and ``event``; same index.
    horizons : sequence of float
    folds, seed : int
        The fold of a patient follows from the identifier (``hash_folds``).
    strata : Series, optional
        Given to ``fit``.
    n_boot : int
        Bootstrap samples of the intervals.
    outcome : str
        Name in the result.

    Raises
    ------
    HorizonError
        If a horizon is not below the last follow-up of every training set.
    """
    fold = hash_folds(X.index, folds, seed=seed)
    times = np.array(sorted(horizons), dtype=float)
    survival, risk = np.empty((len(X), times.size)), np.empty(len(X))
    for k in progress.track(np.unique(fold).tolist(), f"evaluate {outcome}", folds):
        train, test = X[fold != k], X[fold == k]
        own = None if strata is None else strata.loc[train.index]
        fitted = clone(model).fit(train, y[fold != k], strata=own)
        survival[fold == k] = fitted.predict_survival(test, times)
        risk[fold == k] = fitted.predict_risk(test)
    return score_survival(y, survival, risk, fold, horizons=times, n_boot=n_boot, seed=seed, outcome=outcome)


def score_survival(
    y: pd.DataFrame,
    survival: ArrayLike,
    risk: ArrayLike,
    fold: ArrayLike,
    *,
    horizons: Sequence[float] | Floats,
    n_boot: int = 200,
    seed: int = 0,
    outcome: str = "survival",
) -> Evaluation:
    """Score predictions made out of fold.

    Parameters
    ----------
    y : DataFrame, index ``patient_id``
        ``time`` and ``event``.
    survival : array-like of shape (n_patients, n_horizons)
    risk : array-like of shape (n_patients,)
        Higher is worse; compared within folds, and pooled.
    fold : array-like of int, shape (n_patients,)
        All 0 for predictions of one model on patients kept aside (then there is no Kaplan-Meier of other folds, and
        the patients' own stands in).
    horizons : sequence of float, ascending

    Raises
    ------
    HorizonError
        If a horizon is not below the last follow-up.
    """
    times, part = np.asarray(horizons, dtype=float), np.asarray(fold, dtype=int)
    predicted, score = np.asarray(survival, dtype=float), np.asarray(risk, dtype=float)
    time, event = checked_times(y["time"], y["event"])
    for horizon in times:
        check_horizon(float(horizon), float(np.nextafter(time.max(), 0)))
    draws = bootstrap_counts(len(y), n_boot, seed)
    measured = SurvivalScores(time, event, predicted, score, fold=part, horizons=times, counts=draws)
    long = pd.DataFrame(
        {
            "patient_id": np.repeat(y.index.to_numpy(), times.size),
            "fold": np.repeat(part, times.size),
            "horizon": np.tile(times, len(y)),
            "predicted": predicted.ravel(),
            "risk": np.repeat(score, times.size),
        }
    )
    return _assemble(outcome, measured.rows(), measured.curves(), long, events=int(event.sum()))


@single_threaded
def evaluate_binary(
    model: Any,
    X: pd.DataFrame,
    y: pd.Series[float],
    *,
    folds: int = 5,
    seed: int = 0,
    n_boot: int = 200,
    outcome: str = "response",
) -> Evaluation:
    """Fit a clone of ``model`` (a BinaryModel) to each set of folds but one, predict that one, and score.

    Parameters as in ``evaluate_survival``; ``y`` of 0.0 and 1.0.
    """
    fold = hash_folds(X.index, folds, seed=seed)
    probability = np.empty(len(X))
    for k in progress.track(np.unique(fold).tolist(), f"evaluate {outcome}", folds):
        fitted = clone(model).fit(X[fold != k], y[fold != k])
        probability[fold == k] = fitted.predict_probability(X[fold == k])
    return score_binary(y, probability, fold, n_boot=n_boot, seed=seed, outcome=outcome)


def score_binary(
    y: pd.Series[float],
    probability: ArrayLike,
    fold: ArrayLike,
    *,
    n_boot: int = 200,
    seed: int = 0,
    outcome: str = "response",
) -> Evaluation:
    """Score probabilities of a yes-or-no outcome made out of fold."""
    part, chance = np.asarray(fold, dtype=int), np.asarray(probability, dtype=float)
    target = np.asarray(y.to_numpy(float), dtype=np.float64)
    measured = BinaryScores(target, chance, fold=part, counts=bootstrap_counts(len(y), n_boot, seed))
    long = pd.DataFrame(
        {
            "patient_id": y.index.to_numpy(),
            "fold": part,
            "horizon": np.nan,
            "predicted": chance,
            "risk": chance,
        }
    )
    return _assemble(outcome, measured.rows(), measured.curves(), long, events=int(target.sum()))


@single_threaded
def evaluate_value(
    model: Any,
    X: pd.DataFrame,
    y: pd.Series[float],
    *,
    folds: int = 5,
    seed: int = 0,
    n_boot: int = 200,
    outcome: str = "value",
    groups: pd.Series[str] | None = None,
) -> Evaluation:
    """Fit a clone of ``model`` (a ValueModel) to each set of folds but one, predict that one, and score.

    Parameters as in ``evaluate_survival``; ``y`` of numbers; with ``groups``, the site of each patient, folds are whole
    sites, and a model whose ``fit`` takes groups is told them.
    """
    fold = folds_of(X.index, folds, groups=groups, seed=seed)
    told = groups is not None and "groups" in signature(model.fit).parameters
    predicted, limits = np.empty(len(X)), np.empty((len(X), 2))
    for k in progress.track(np.unique(fold).tolist(), f"evaluate {outcome}", folds):
        train = fold != k
        own = {"groups": groups[train]} if groups is not None and told else {}
        fitted = clone(model).fit(X[train], y[train], **own)
        predicted[fold == k] = fitted.predict_value(X[fold == k])
        limits[fold == k] = fitted.predict_interval(X[fold == k], level=0.95)
    return score_value(y, predicted, fold, limits=limits, n_boot=n_boot, seed=seed, outcome=outcome)


def score_value(
    y: pd.Series[float],
    predicted: ArrayLike,
    fold: ArrayLike,
    *,
    limits: Floats | None = None,
    n_boot: int = 200,
    seed: int = 0,
    outcome: str = "value",
) -> Evaluation:
    """Score amounts or counts predicted out of fold; ``limits`` are 95 % limits of a patient's own value."""
    part, guess = np.asarray(fold, dtype=int), np.asarray(predicted, dtype=float)
    target = np.asarray(y.to_numpy(float), dtype=np.float64)
    measured = ValueScores(target, guess, limits, fold=part, counts=bootstrap_counts(len(y), n_boot, seed))
    long = pd.DataFrame(
        {
            "patient_id": y.index.to_numpy(),
            "fold": part,
            "horizon": np.nan,
            "predicted": guess,
            "risk": guess,
        }
    )
    return _assemble(outcome, measured.rows(), measured.curves(), long, events=len(target))


def _assemble(
    outcome: str, rows: list[dict[str, Any]], curves: pd.DataFrame, long: pd.DataFrame, *, events: int
) -> Evaluation:
    scores = pd.DataFrame(rows).assign(outcome=outcome)[_COLUMNS]
    counts = {
        "outcome": [outcome],
        "patients": [long["patient_id"].nunique()],
        "events": [events],
        "folds": [long["fold"].nunique()],
    }
    return Evaluation(
        scores=scores,
        calibration=_named(curves, outcome),
        predictions=_named(long, outcome),
        counts=pd.DataFrame(counts),
        findings=tuple(score_findings(scores, outcome)),
    )


def _named(frame: pd.DataFrame, outcome: str) -> pd.DataFrame:
    frame = frame.copy()
    frame.insert(0, "outcome", outcome)
    return frame


def score_findings(scores: pd.DataFrame, outcome: str) -> Iterator[Finding]:
    """Name what a user of the predictions must know."""
    for row in scores.to_dict("records"):
        measure, lower, upper = row["measure"], row["lower"], row["upper"]
        place = shown(outcome) if np.isnan(row["horizon"]) else f"{shown(outcome)} at {row['horizon']:g}"
        span = f"{row['estimate']:.2f} ({lower:.2f} to {upper:.2f})"
        if measure in _SKILLS and lower <= 0:
            message = f"predictions are not shown to be better than the average of all patients: gain {span}"
            yield Finding(code="no-skill", severity="serious", message=message, place=place)
        if measure == "calibration_slope" and (lower > 1 or upper < 1):
            kind = "too extreme" if row["estimate"] < 1 else "not extreme enough"
            message = f"predictions are {kind}: calibration slope {span}, 1 is right"
            yield Finding(code="calibration-slope", severity="warning", message=message, place=place)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
