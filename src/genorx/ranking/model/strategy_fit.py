"""Fitting of strategies over time to a cohort, and the summary stored in a model."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.base import clone

from genorx._core.frame_records import rounded_records
from genorx.cohort.cohort import Cohort
from genorx.cohort.course import StrategyDesign
from genorx.cohort.design.strategies import strategy_table
from genorx.cohort.outcome import Outcome
from genorx.effects import StrategyEffect
from genorx.errors import SupportError, UsageError, shown
from genorx.ranking.model.strategy_options import StrategyOptions
from genorx.ranking.model.templates import Templates


def fit_strategies(
    outcome: Outcome, cohort: Cohort, templates: Templates, horizon: float, patients: pd.Index[Any] | None = None
) -> StrategyOptions:
    """Fit the outcomes under each strategy of the cohort.

    Parameters
    ----------
    outcome : Outcome
    cohort : Cohort
    templates : Templates
    horizon : float
        Time up to which restricted means are computed.
    patients : Index, optional
        Patients of the fit; all by default.

    Raises
    ------
    SupportError
        ``outcome-without-states`` for an outcome of another kind; otherwise as ``StrategyEffect.fit``.
    UsageError
        ``model-kind`` for another estimator than ``StrategyEffect``.
    """
    design = cohort.strategies
    if outcome.course is None or design is None:
        raise SupportError(
            f"strategies are compared through states, and {shown(outcome.name)} has none",
            hint='kind = "multistate" names its states',
            code="outcome-without-states",
        )
    given = templates.effects.get(outcome.kind, StrategyEffect())
    if not isinstance(given, StrategyEffect):
        raise UsageError(
            f"{shown(type(given).__name__)} is no estimator of strategies, which {shown(outcome.name)} needs",
            hint="StrategyEffect (genorx.effects) is",
            code="model-kind",
        )
    effect = clone(given).set_params(specs=cohort.specs, horizon=horizon, seed=templates.seed)
    known = outcome.course.patients.intersection(cohort.features.index, sort=False)
    X = cohort.features.loc[known if patients is None else patients]
    return StrategyOptions.fitted(effect, X, outcome.course, design)


def strategy_summary(design: StrategyDesign, outcome: Outcome) -> dict[str, Any]:
    """Return the numbers who followed each strategy, and of each transition, as JSON values."""
    if outcome.course is None:
        raise TypeError(f"{outcome.name} has no states")
    return {
        "kind": "strategy",
        "strategies": [
            {name: getattr(each, name) for name in ("name", "state", "treatment", "within", "share")}
            for each in design.strategies
        ],
        "factors": {},
        "interactions": None,
        "assumptions": list(design.assumptions),
        "patients": len(outcome.course.patients),
        "flow": [],
        "positivity": rounded_records(strategy_table(design, outcome.course)),
        "states": list(outcome.course.states),
        "alive": list(outcome.course.alive),
        "transitions": rounded_records(outcome.course.counts()),
    }


def strategy_notes(design: StrategyDesign, outcome: Outcome) -> tuple[str, ...]:
    """Describe, in sentences, each strategy, how many followed it, and the assumptions."""
    if outcome.course is None:
        raise TypeError(f"{outcome.name} has no states")
    table = strategy_table(design, outcome.course).set_index("option")["patients"]
    notes = []
    for each in design.strategies:
        did = int(table[each.name])
        if each.never:
            notes.append(f"{shown(each.name)}: {' and '.join(map(shown, design.treatments))} never ({did} patients).")
            continue
        window = "" if each.within is None else f" within {each.within:g} {outcome.unit} of entering it"
        who = {"observed": ", in as many as in these data", 1.0: ""}.get(each.share)
        who = f", in {float(each.share):.0%} of them" if who is None else who
        notes.append(
            f"{shown(each.name)}: {shown(each.treatment)} in {shown(each.state)}{window}{who} ({did} patients)."
        )
    return (*notes, *design.assumptions)
