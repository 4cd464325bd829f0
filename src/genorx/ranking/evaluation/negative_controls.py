"""Negative control outcomes, unaffected by any option: a mean difference that excludes 0 shows residual confounding.

Source: Lipsitch M, Tchetgen Tchetgen E, Cohen T 2010, Epidemiology 21:383.
"""

from __future__ import annotations

from typing import Any

from genorx.cohort.cohort import Cohort
from genorx.cohort.outcome import Outcome
from genorx.errors import Finding, HorizonError, SupportError, shown
from genorx.ranking.model.fitting import fit_model, outcome_rows, reported_horizons
from genorx.ranking.model.templates import Templates


def check_negative_controls(cohort: Cohort, templates: Templates) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Return the adjusted mean difference of each option in each negative control, with findings.

    One row per outcome and option: ``outcome``, ``option``, ``measure``, ``estimate``, ``lower``, ``upper``, ``holds``
    (whether the interval includes 0).  A serious finding if it does not; a warning if it cannot be checked.
    """
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for outcome in cohort.outcomes.values():
        if outcome.name in cohort.ranked:
            continue
        try:
            found = _differences(cohort, outcome, templates)
        except (SupportError, HorizonError) as error:
            message = f"negative control {shown(outcome.name)} is not checked: {error.reason}"
            findings.append(Finding(code="negative-control-not-checked", severity="warning", message=message))
            continue
        rows += found
        findings += [_failed(row) for row in found if not row["holds"]]
    return rows, findings


def _differences(cohort: Cohort, outcome: Outcome, templates: Templates) -> list[dict[str, Any]]:
    if cohort.design is None:
        raise SupportError("the study compares no options", code="no-design")
    y, option = outcome_rows(cohort, outcome)
    last = None
    if outcome.timed:
        _, last = reported_horizons(outcome, None, y, option, [])
    model = fit_model(y, outcome, cohort, templates, last)
    if not hasattr(model, "population_effect"):
        raise SupportError(f"{type(model).__name__} has no mean effect", code="no-averages")
    table = model.population_effect()
    return [
        {
            "outcome": outcome.name,
            "option": row["option"],
            "measure": row["measure"],
            **{name: float(row[name]) for name in ("estimate", "lower", "upper")},
            "holds": bool(row["lower"] <= 0 <= row["upper"]),
        }
        for row in table.to_dict(orient="records")
        if "ratio" not in row["measure"]  # a ratio: 1 is no effect
    ]


def _failed(row: dict[str, Any]) -> Finding:
    message = (
        f"{shown(row['option'])} seems to change {shown(row['outcome'])}, on which it can have no effect: difference "
        f"{row['estimate']:.3g} ({row['lower']:.3g} to {row['upper']:.3g}); its other differences may be biased as much"
    )
    return Finding(code="negative-control-fails", severity="serious", message=message)
