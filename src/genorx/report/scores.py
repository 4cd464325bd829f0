"""Page section on an evaluation: scores in words, and a calibration figure of each outcome and horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from genorx._core.page import by_severity
from genorx._core.svg import drawn
from genorx.report import figures, wording

if TYPE_CHECKING:
    from genorx.errors import Finding
    from genorx.outcomes import Evaluation

_MEASURES = {
    "harrell_c": "Discrimination: Harrell's C, mean over folds (0.5 is chance)",
    "uno_c": "Discrimination: Uno's C, mean over folds",
    "wolbers_c": "Discrimination: cause-specific concordance (0.5 is chance)",
    "auc": "Discrimination: AUC (0.5 is chance)",
    "brier": "Brier score (lower is better)",
    "brier_km": "Brier score of one Kaplan-Meier curve for all",
    "brier_aj": "Brier score of one Aalen-Johansen curve for all",
    "brier_prevalence": "Brier score of one probability for all",
    "brier_integrated": "Integrated Brier score (lower is better)",
    "brier_integrated_km": "Integrated Brier score of one Kaplan-Meier curve for all",
    "brier_integrated_aj": "Integrated Brier score of one Aalen-Johansen curve for all",
    "brier_skill": "Scaled Brier score (index of prediction accuracy, IPA; 0 is no better than the average)",
    "ranked_probability": "Ranked probability score of all grades (lower is better)",
    "ranked_probability_average": "Ranked probability score of the shares of grades for all",
    "ranked_probability_skill": "Ranked probability skill score (0 is no better than the average)",
    "log_score": "Log score of the grade (lower is better)",
    "ordinal_c": "Discrimination of grades: ordinal C (0.5 is chance)",
    "mae": "Mean absolute error",
    "mae_median": "Mean absolute error of one median for all",
    "mae_skill": "Reduction of the mean absolute error (0 is no better than the median)",
    "rmse": "Root mean squared error",
    "r2": "Share of the variance explained (R²)",
    "within_20": "Share of patients predicted within 20 %",
    "poisson_deviance": "Poisson deviance (lower is better)",
    "coverage_95": "Share of patients within their 95 % limits (0.95 is right)",
    "interval_width": "Mean width of the 95 % limits",
    "calibration_slope": "Calibration slope (1 is right)",
    "calibration_intercept": "Calibration intercept (0 is right)",
}


@dataclass(frozen=True, kw_only=True)
class ScoresView:
    """Rows of (outcome, measure, estimate), figures as (caption, svg), and findings as (class, word, sentence)."""

    rows: tuple[tuple[str, str, str], ...]
    figures: tuple[tuple[str, str], ...]
    findings: tuple[tuple[str, str, str], ...]


def scores_view(evaluation: Evaluation, units: Mapping[str, str]) -> ScoresView:
    """Return the section; ``units`` are the time units of survival outcomes, by name."""
    rows = tuple(
        (
            _where(str(row["outcome"]), row["horizon"], units),
            _MEASURES.get(str(row["measure"]), str(row["measure"])),
            _estimate(row["estimate"], row["lower"], row["upper"]),
        )
        for row in evaluation.scores.to_dict("records")
        if not str(row["measure"]).endswith("_pooled")  # beside the mean over folds it tells a reader nothing new
    )
    found = tuple(
        (each.severity, wording.severity_word(each.severity), _said(each, units))
        for each in by_severity(evaluation.findings)
    )
    return ScoresView(rows=rows, figures=tuple(_curves(evaluation.calibration, units)), findings=found)


def _curves(calibration: pd.DataFrame, units: Mapping[str, str]) -> list[tuple[str, str]]:
    groups = calibration.groupby(["outcome", "horizon"], dropna=False, sort=False)
    curves = []
    for number, (key, curve) in enumerate(groups, start=1):
        where = _where(str(key[0]), key[1], units)
        label = f"Calibration of {where}: observed against predicted"
        svg = drawn(figures.plot_calibration, curve, size=(2.7, 2.7), prefix=f"c{number}-", label=label)
        curves.append((where, svg))
    return curves


def _said(finding: Finding, units: Mapping[str, str]) -> str:
    """Return the message of a finding, with its outcome and the unit of its horizon."""
    outcome, at, _ = (finding.place or "").partition(" at ")
    place = wording.outcome_text(finding.place or "")
    where = f"{place} {_unit(outcome, units)}".rstrip() if at else place
    message = wording.true_minus(finding.message)
    return f"{where}: {message}" if where else message


def _unit(outcome: str, units: Mapping[str, str]) -> str:
    """Return the unit of the times of an outcome; a cause or a state has that of its outcome."""
    return units.get(outcome) or units.get(outcome.partition(":")[0], "")


def _where(outcome: str, horizon: object, units: Mapping[str, str]) -> str:
    name = wording.outcome_text(outcome)
    if not isinstance(horizon, int | float) or pd.isna(horizon):
        return name
    return f"{name} at {wording.time_text(float(horizon))} {_unit(outcome, units)}".rstrip()


def _estimate(value: float | None, lower: float | None, upper: float | None) -> str:
    text = wording.number(_known(value), 3)
    if _known(lower) is None or _known(upper) is None:
        return text
    return f"{text} ({wording.number(lower, 3)} to {wording.number(upper, 3)})"


def _known(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
