"""Evaluation of the differences between options: averages and checks of every outcome of a cohort, out of fold.

A difference that these data cannot identify has a reason and no number.  The tables are those of ``effects.assess``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import pandas as pd

from genorx._core.progress import track
from genorx._core.workers import map_in_order
from genorx.cohort.cohort import Cohort
from genorx.cohort.design.design import Design
from genorx.cohort.outcome import Outcome
from genorx.effects import EffectReport, ResponseEffect, SurvivalEffect, assess
from genorx.effects.assessment.assessment import mean_differences
from genorx.errors import Finding, HorizonError, SupportError, shown
from genorx.ranking.answer.answer import Measure
from genorx.ranking.evaluation.evaluation import FoldModels
from genorx.ranking.evaluation.outcome_effect import OutcomeEffect
from genorx.ranking.model.fitting import fit_model, outcome_rows, primary_of, reported_horizons
from genorx.ranking.model.templates import Templates

_PERMUTATIONS = 1  # refits for the claims expected by chance
_COLUMNS = ("landmark", "option", "identified", "reason", "estimate", "lower", "upper", "model", "patients")


def evaluate_effects(
    cohort: Cohort,
    templates: Templates,
    *,
    folds: int,
    models: FoldModels | None = None,
    fitted: Mapping[str, Any] | None = None,
) -> tuple[OutcomeEffect, ...]:
    """Return the evaluation of the differences in each ranking or secondary outcome; none without design.

    Other landmark days, and claims expected by chance, are evaluated for the primary outcome, which determines the
    advice.  ``models`` are those kept by ``evaluate_outcomes``; ``fitted`` are models of the whole cohort by outcome,
    if they were fitted with these templates already.
    """
    if cohort.design is None:
        return ()
    primary = primary_of(cohort)
    names = [primary, *(name for name in cohort.ranked if name != primary)]
    outside = [{fold: model for (outcome, fold), model in (models or {}).items() if outcome == name} for name in names]
    whole = [(fitted or {}).get(name) for name in names]
    work = partial(_evaluate_outcome, cohort, cohort.design, templates, folds)
    tasks = list(zip(names, outside, whole, strict=True))
    return tuple(track(map_in_order(work, tasks), "check effects", len(names)))


def _evaluate_outcome(
    cohort: Cohort, design: Design, templates: Templates, folds: int, task: tuple[str, dict[int, Any], Any]
) -> OutcomeEffect:
    """Return the evaluation of one outcome: its name, the models of its folds, that of all."""
    name, outside, whole = task
    compared = Comparison(cohort, cohort.outcomes[name], templates, folds, outside=outside, whole=whole)
    return _evaluate(compared, design)


def effect_findings(effects: tuple[OutcomeEffect, ...]) -> Iterator[Finding]:
    """Yield a finding for each difference that is not identified."""
    for effect in effects:
        if effect.report is None:
            yield _not_identified(effect.outcome, effect.reason)
            continue
        for row in effect.report.options.to_dict(orient="records"):
            if not row["identified"]:
                against = f"{shown(row['option'])} against {shown(row['reference'])}"
                yield _not_identified(effect.outcome, f"{against}: {row['reason']}")


def _not_identified(outcome: str, reason: str) -> Finding:
    message = f"mean difference in {shown(outcome)} not identified: {reason}"
    return Finding(code="effect-not-identified", severity="warning", message=message)


def _evaluate(task: Comparison, design: Design) -> OutcomeEffect:
    outcome = task.outcome
    reason, found = "", None
    try:
        found = task.assess()
    except (SupportError, HorizonError) as error:
        reason = error.reason if error.hint is None else f"{error.reason}; {error.hint}"
    landmarks = pd.DataFrame(columns=list(_COLUMNS))
    if found is not None and task.primary and task.cohort.other_landmarks:
        landmarks = _landmarks(task, design, found)
    return OutcomeEffect(
        outcome=outcome.name,
        role=outcome.role,
        measure=_measure(outcome),
        unit=outcome.unit if outcome.timed or outcome.is_amount else "",
        horizon=task.horizon,
        better=_better(outcome),
        reference=design.reference,
        landmark=design.landmark if design.kind == "landmark" else None,
        report=found,
        reason=reason,
        landmarks=landmarks,
    )


def _measure(outcome: Outcome) -> Measure:
    if outcome.timed:
        return "rmst"
    return "value" if outcome.is_amount else "probability"


def _better(outcome: Outcome) -> Literal["higher", "lower"]:
    return "higher" if outcome.better in ("longer", "higher") else "lower"


@dataclass
class Comparison:
    """One outcome of a cohort, fitted as for ranking, with its evaluation by ``effects``.

    ``outside`` are models of the patients outside each fold, ``whole`` is that of all patients, if already fitted.
    """

    cohort: Cohort
    outcome: Outcome
    templates: Templates
    folds: int
    outside: Mapping[int, Any] = field(default_factory=dict)
    whole: Any = None
    horizon: float | None = None

    @property
    def primary(self) -> bool:
        """Whether this outcome determines the advice."""
        return self.outcome.name == primary_of(self.cohort)

    def assess(self) -> EffectReport:
        """Return averages and checks."""
        model, given = self.fitted()
        return assess(
            model,
            **given,
            folds=self.folds,
            horizon=self.horizon,
            permutations=_PERMUTATIONS if self.primary else 0,
            higher_is_better=_better(self.outcome) == "higher",
            seed=self.templates.seed,
            outside=self.outside,
        )

    def means(self) -> pd.DataFrame:
        """Return only the mean differences."""
        model, given = self.fitted()
        return mean_differences(model, **given, folds=self.folds, horizon=self.horizon)

    def fitted(self) -> tuple[SurvivalEffect | ResponseEffect, dict[str, Any]]:
        """Return the model of the cohort, and its training data: ``X``, ``y``, ``treatment``, ``strata``.

        Raises
        ------
        SupportError
            ``no-averages``: averages of such a model are not known.
        """
        y, option = outcome_rows(self.cohort, self.outcome)
        last = None
        if self.outcome.timed:
            horizon = self.cohort.horizon if self.primary else None
            horizons, self.horizon = reported_horizons(self.outcome, horizon, y, option, [])
            last = max(self.horizon, *horizons)
        model = self.whole
        if model is None:
            model = fit_model(y, self.outcome, self.cohort, self.templates, last)
        if not isinstance(model, SurvivalEffect | ResponseEffect):
            raise SupportError(
                f"averages of {type(model).__name__} are not known",
                hint="averages are known for SurvivalEffect and ResponseEffect",
                code="no-averages",
            )
        design = self.cohort.design
        strata = None if design is None else design.strata
        treatment = option if design is None else design.treatment
        return model, {"X": self.cohort.features.loc[y.index], "y": y, "treatment": treatment, "strata": strata}


def _landmarks(task: Comparison, design: Design, found: EffectReport) -> pd.DataFrame:
    """Return the mean difference from each landmark day; that of the study is in the report already."""
    own = found.options[["option", "identified", "reason"]].merge(found.averages, how="left", on="option")
    tables = [own.assign(landmark=design.landmark)]
    for other in task.cohort.other_landmarks:
        elsewhere = Comparison(replace(task.cohort, design=other), task.outcome, task.templates, task.folds)
        try:
            table = elsewhere.means()
        except (SupportError, HorizonError) as error:
            names = [name for name in other.options if name != other.reference]
            table = pd.DataFrame({"option": names, "identified": False, "reason": error.reason})
        tables.append(table.assign(landmark=other.landmark))
    rows = [row for table in tables for row in table.to_dict(orient="records")]
    rows.sort(key=lambda row: (row["option"], row["landmark"]))
    return pd.DataFrame(rows).reindex(columns=list(_COLUMNS))
