"""Complete evaluation of a ranker's models on a cohort: predictions, differences, negative controls, strategies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pandas as pd

from genorx.cohort.cohort import Cohort
from genorx.ranking.evaluation.effect_evaluation import effect_findings, evaluate_effects
from genorx.ranking.evaluation.evaluation import FoldModels, evaluate_outcomes
from genorx.ranking.evaluation.negative_controls import check_negative_controls
from genorx.ranking.evaluation.strategy_evaluation import evaluate_strategies, strategy_findings
from genorx.ranking.evaluation.treatment_evaluation import TreatmentEvaluation
from genorx.ranking.model.fitting import primary_of
from genorx.ranking.model.templates import Templates


def evaluate_cohort(
    cohort: Cohort, templates: Templates, *, folds: int, n_boot: int, fitted: Mapping[str, Any]
) -> tuple[TreatmentEvaluation, FoldModels]:
    """Return the evaluation, and the cross-validation models of each outcome.

    Parameters
    ----------
    cohort : Cohort
    templates : Templates
    folds, n_boot : int
        Folds, and bootstrap samples behind the intervals of scores.
    fitted : mapping of outcome to model
        Models already fitted to this cohort, so that none is fitted twice.
    """
    models: FoldModels = {}
    scored = evaluate_outcomes(cohort, templates, folds=folds, n_boot=n_boot, models=models)
    effects = evaluate_effects(cohort, templates, folds=folds, models=models, fitted=dict(fitted))
    controls, failed = check_negative_controls(cohort, templates)
    strategies = evaluate_strategies(cohort, templates, folds=folds, fitted=fitted.get(primary_of(cohort)))
    unit = cohort.outcomes[primary_of(cohort)].unit
    found = TreatmentEvaluation(
        **{each.name: getattr(scored, each.name) for each in fields(scored) if each.name != "findings"},
        effects=effects,
        negative_controls=pd.DataFrame(controls),
        strategies=strategies,
        labels=cohort.labels,
        units={name: outcome.unit for name, outcome in cohort.outcomes.items() if outcome.horizons},
        findings=(*scored.findings, *effect_findings(effects), *failed, *strategy_findings(strategies, unit)),
    )
    return found, models
