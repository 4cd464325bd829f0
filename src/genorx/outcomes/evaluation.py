"""Out-of-fold scores with bootstrap intervals: accuracy of predictions for unseen patients.

Predicting out of fold is ``outcomes.evaluate``; drawing figures is ``report``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.frame_records import to_records
from genorx._core.number_words import number
from genorx._core.page import finished
from genorx._core.short_repr import short
from genorx.errors import Finding, UsageError, shown

Floats = NDArray[np.float64]
_SKILLS = ("brier_skill", "mae_skill", "ranked_probability_skill")
_COLUMNS = ["outcome", "horizon", "measure", "estimate", "lower", "upper"]


class Measured(Protocol):
    """The scores of one outcome, such as ``survival_scores.SurvivalScores``."""

    def rows(self) -> list[dict[str, Any]]:
        """One row per measure and horizon."""

    def curves(self) -> pd.DataFrame:
        """Predicted and observed values by group of prediction."""


@short
@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Out-of-fold scores of one or more outcomes.

    Attributes
    ----------
    scores : DataFrame
        ``outcome``, ``horizon`` (missing where a measure has none), ``measure``, ``estimate``, ``lower``, ``upper``
        (95 %, bootstrap over patients).  Survival: ``harrell_c`` (mean over folds), ``harrell_c_pooled``, ``uno_c``,
        ``uno_c_pooled`` (events up to the last horizon), ``brier_integrated`` (trapezoids through 0 and the horizons),
        ``brier_integrated_km`` (of an out-of-fold Kaplan-Meier curve), ``brier_skill`` (1 - ratio of the two); at each
        horizon ``auc``, ``brier``, ``brier_km``, ``calibration_slope``, ``calibration_intercept``.
        Binary: ``auc``, ``brier``, ``brier_prevalence``, ``brier_skill``, ``calibration_slope``,
        ``calibration_intercept``.
        Grades: ``ranked_probability``, ``ranked_probability_average``, ``ranked_probability_skill``, ``log_score``,
        ``ordinal_c``, and those of a binary outcome for reaching the threshold grade (``score_ordinal``).
        Amounts and counts: ``mae``, ``mae_median`` (of the other folds' median for all), ``mae_skill``, ``rmse``,
        ``r2``, ``calibration_slope``, ``calibration_intercept`` (mean of observed minus predicted), ``within_20``
        (share predicted within 20 %, if all are positive) or ``poisson_deviance`` (of counts), and for a model with
        prediction intervals ``coverage_95``, ``interval_width``.
    calibration : DataFrame
        ``outcome``, ``horizon``, ``group``, ``patients``, ``predicted``, ``observed``, ``lower``, ``upper``:
        probabilities (of surviving; of the binary outcome), or amounts, by group of prediction.
    predictions : DataFrame
        ``patient_id``, ``fold``, ``outcome``, ``horizon``, ``predicted``, ``risk``: the scored predictions.
    counts : DataFrame
        ``outcome``, ``patients``, ``events``, ``folds``.
    findings : tuple of Finding
        Findings on the evaluation.
    """

    scores: pd.DataFrame
    calibration: pd.DataFrame
    predictions: pd.DataFrame = field(repr=False)
    counts: pd.DataFrame
    findings: tuple[Finding, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the scores, one row per outcome, horizon and measure."""
        return self.scores.copy()

    def value(self, measure: str, *, outcome: str | None = None, horizon: float | None = None) -> float:
        """Return one estimate; KeyError if there is none or more than one."""
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
        tables = {name: to_records(frame) for name, frame in frames.items()}
        return tables | {"findings": [finding.to_dict() for finding in self.findings]}

    def _repr_html_(self) -> str:
        shown = self.scores.copy()
        shown["horizon"] = shown["horizon"].map(lambda h: "" if pd.isna(h) else f"{h:g}")
        for name in ("estimate", "lower", "upper"):
            shown[name] = shown[name].map(lambda v: "" if pd.isna(v) else f"{v:.3f}")
        return finished(str(shown.to_html(index=False, escape=True, border=0)))

    @classmethod
    def combine(cls, parts: Sequence[Evaluation]) -> Evaluation:
        """Combine evaluations of several outcomes."""
        if not parts:
            raise UsageError("no evaluations to combine")
        frames = {
            name: pd.concat([getattr(part, name) for part in parts if len(getattr(part, name))], ignore_index=True)
            for name in ("scores", "calibration", "predictions", "counts")
        }
        return cls(**frames, findings=tuple(finding for part in parts for finding in part.findings))


def assembled(
    measured: Measured,
    patients: pd.Index[Any],
    fold: NDArray[Any],
    predicted: Floats,
    risk: Floats,
    *,
    horizons: Floats | None = None,
    outcome: str,
    events: int,
) -> Evaluation:
    """Return the evaluation of one outcome, with predictions of shape (n_patients,) or (.., n_horizons)."""
    times = np.array([np.nan]) if horizons is None else horizons
    scores = pd.DataFrame(measured.rows()).assign(outcome=outcome)[_COLUMNS]
    long = pd.DataFrame(
        {
            "patient_id": np.repeat(patients.to_numpy(), times.size),
            "fold": np.repeat(fold, times.size),
            "horizon": np.tile(times, len(patients)),
            "predicted": predicted.ravel(),
            "risk": risk.ravel() if risk.shape == predicted.shape else np.repeat(risk, times.size),
        }
    )
    counts = {
        "outcome": [outcome],
        "patients": [long["patient_id"].nunique()],
        "events": [events],
        "folds": [long["fold"].nunique()],
    }
    return Evaluation(
        scores=scores,
        calibration=_named(measured.curves(), outcome),
        predictions=_named(long, outcome),
        counts=pd.DataFrame(counts),
        findings=tuple(score_findings(scores, outcome)),
    )


def _named(frame: pd.DataFrame, outcome: str) -> pd.DataFrame:
    frame = frame.copy()
    frame.insert(0, "outcome", outcome)
    return frame


def score_findings(scores: pd.DataFrame, outcome: str) -> Iterator[Finding]:
    """Return findings for users of the predictions."""
    for row in scores.to_dict("records"):
        measure, lower, upper = row["measure"], row["lower"], row["upper"]
        place = shown(outcome) if pd.isna(row["horizon"]) else f"{shown(outcome)} at {row['horizon']:g}"
        span = f"{number(row['estimate'], 2)} ({number(lower, 2)} to {number(upper, 2)})"
        if measure in _SKILLS and lower <= 0:
            message = f"predictions are not shown to be better than the average of all patients: gain {span}"
            yield Finding(code="no-skill", severity="serious", message=message, place=place)
        if measure == "calibration_slope" and (lower > 1 or upper < 1):
            kind = "too extreme" if row["estimate"] < 1 else "not extreme enough"
            message = f"predictions are {kind}: calibration slope {span}, 1 is calibrated"
            yield Finding(code="calibration-slope", severity="warning", message=message, place=place)
