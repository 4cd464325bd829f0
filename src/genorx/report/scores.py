"""Page section on an evaluation: a table of scores of each outcome, and a calibration figure of each horizon.

Measures are rows; columns are the horizons, after what a measure is over all of them.
"""

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

_BRIER, _BRIER_KM, _BRIER_AJ = (
    "Brier score (lower is better)",
    "Brier score of one Kaplan-Meier curve for all",
    "Brier score of one Aalen-Johansen curve for all",
)
_MEASURES = {
    "harrell_c": "Discrimination: Harrell's C, mean over folds (0.5 is chance)",
    "uno_c": "Discrimination: Uno's C, mean over folds",
    "wolbers_c": "Discrimination: cause-specific concordance (0.5 is chance)",
    "auc": "Discrimination: AUC (0.5 is chance)",
    "brier": _BRIER,
    "brier_km": _BRIER_KM,
    "brier_aj": _BRIER_AJ,
    "brier_prevalence": "Brier score of one probability for all",
    "brier_integrated": _BRIER,  # the column says that it is integrated
    "brier_integrated_km": _BRIER_KM,
    "brier_integrated_aj": _BRIER_AJ,
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
class ScoreTable:
    """Scores of one outcome: a row for each measure, a cell (estimate, interval) for each column after it."""

    outcome: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, kw_only=True)
class ScoresView:
    """Tables of scores, figures as (caption, svg), and findings as (class, word, sentence).

    ``has_integrated`` where a Brier score over all times is among them.
    """

    tables: tuple[ScoreTable, ...]
    has_integrated: bool
    figures: tuple[tuple[str, str], ...]
    findings: tuple[tuple[str, str, str], ...]


def scores_view(evaluation: Evaluation, units: Mapping[str, str]) -> ScoresView:
    """Return the section; ``units`` are the time units of survival outcomes, by name."""
    scores = evaluation.scores
    scores = scores[~scores["measure"].str.endswith("_pooled")]  # beside the mean over folds they tell nothing new
    found = tuple(
        (each.severity, wording.severity_word(each.severity), _said(each, units))
        for each in by_severity(evaluation.findings)
    )
    return ScoresView(
        tables=tuple(_table(str(name), own, units) for name, own in scores.groupby("outcome", sort=False)),
        has_integrated=bool((scores["measure"] == "brier_integrated").any()),
        figures=tuple(_curves(evaluation.calibration, units)),
        findings=found,
    )


def _table(outcome: str, scores: pd.DataFrame, units: Mapping[str, str]) -> ScoreTable:
    """Return the scores of one outcome; what has no horizon stands in a column of its own, before the horizons."""
    horizons = sorted(scores["horizon"].dropna().astype(float).unique().tolist())
    whole: tuple[float | None, ...] = (None,) if scores["horizon"].isna().any() else ()
    places = (*whole, *horizons)
    cells: dict[str, dict[float | None, tuple[str, str]]] = {}
    for row in scores.to_dict("records"):
        measure = _MEASURES.get(str(row["measure"]), str(row["measure"]))
        place = None if pd.isna(row["horizon"]) else float(row["horizon"])
        cells.setdefault(measure, {})[place] = _estimate(row["estimate"], row["lower"], row["upper"])
    return ScoreTable(
        outcome=wording.outcome_text(outcome),
        heads=tuple(_head(place, units, outcome, alone=not horizons) for place in places),
        rows=tuple((name, tuple(own.get(place, ("–", "")) for place in places)) for name, own in cells.items()),
    )


def _head(horizon: float | None, units: Mapping[str, str], outcome: str, *, alone: bool) -> str:
    if horizon is None:
        return "Estimate" if alone else "Over all times"
    unit = _unit(outcome, units)
    return f"{wording.time_text(horizon)} {unit}" if unit else f"Time {wording.time_text(horizon)}"


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


def _estimate(value: float | None, lower: float | None, upper: float | None) -> tuple[str, str]:
    """Return an estimate, and its interval in brackets; empty text where it has none."""
    text = wording.number(_known(value), 3)
    if _known(lower) is None or _known(upper) is None:
        return text, ""
    return text, f"({wording.number(lower, 3)} to {wording.number(upper, 3)})"


def _known(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
