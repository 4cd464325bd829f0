"""Summary of the training cohort in a model: patients compared, exclusions, assumptions. No patient is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from genorx._core.disclosure import rounded_out
from genorx._core.feature_spec import FeatureSpec
from genorx._core.frame_records import rounded_records
from genorx.cohort.cohort import Cohort
from genorx.cohort.study_file.utility import Utility
from genorx.errors import Finding, shown
from genorx.ranking.model.outcome_fit import OutcomeFit
from genorx.ranking.model.strategy_fit import strategy_notes, strategy_summary


def training_summary(cohort: Cohort, fits: Sequence[OutcomeFit]) -> dict[str, Any]:
    """Return counts of the cohort and its design, and mean effects by outcome, as JSON values."""
    design = cohort.design
    summary: dict[str, Any] = {
        "patients": len(cohort.features),
        "flow": rounded_records(cohort.flow),
        "design": None,
        "population": {},
        "releases": dict(cohort.releases),
        "left_out": [name for name in cohort.ranked if name not in {fit.name for fit in fits}],
    }
    if cohort.strategies is not None:
        summary["design"] = strategy_summary(cohort.strategies, cohort.outcomes[fits[0].name])
    if design is not None:
        summary["design"] = {
            "kind": design.kind,
            "landmark": design.landmark,
            "randomised": design.randomised,
            "interactions": None if design.interactions is None else list(design.interactions),
            "factors": {factor: dict(levels) for factor, levels in design.factors.items()},
            "assumptions": list(design.assumptions),
            "patients": len(design.treatment),
            "flow": rounded_records(design.flow),
            "positivity": rounded_records(design.positivity),
        }
    for fit in fits:
        if hasattr(fit.model, "population_effect"):
            summary["population"][fit.name] = rounded_records(fit.model.population_effect())
    return summary


def comparison_notes(cohort: Cohort, fits: Sequence[OutcomeFit]) -> tuple[str, ...]:
    """Describe, in sentences, who is compared from which day, the mean effect, and the assumptions."""
    design = cohort.design
    if cohort.strategies is not None:
        alike = _alike(cohort, fits)
        return (*alike, *strategy_notes(cohort.strategies, cohort.outcomes[fits[0].name]))
    if design is None:
        return ("Prognosis of the patients as they were treated; no options are compared.",)
    counts = design.treatment.value_counts()
    groups = ", ".join(f"{shown(name)} {int(counts.get(name, 0))}" for name in design.options)
    day = "time zero" if design.kind != "landmark" else f"day {design.landmark:g} after time zero"
    n_strata = design.strata.nunique()
    within = f", within {n_strata} strata" if n_strata > 1 else ""
    notes = [f"Compared from {day} on{within}: {groups}.", *_alike(cohort, fits)]
    notes += [f"{shown(each.option)} is possible only with {each.stated()}." for each in cohort.possible]
    graded = [fit for fit in fits if fit.at_least is not None]
    notes += [f"The probability of {shown(fit.name)} is that of grade {shown(fit.at_least)} or more." for fit in graded]
    return (*notes, *_effects(fits), *design.assumptions)


def _alike(cohort: Cohort, fits: Sequence[OutcomeFit]) -> list[str]:
    """Return the smallest relevant difference between options, if the study states one."""
    if not cohort.smallest_difference:
        return []
    utility = cohort.utility is not None and cohort.utility.orders
    unit = "of utility" if utility else fits[0].unit or "in the primary outcome"
    return [f"Options that differ by less than {cohort.smallest_difference:g} {unit} count as alike."]


def ordering_notes(utility: Utility | None, primary: str) -> tuple[str, ...]:
    """Describe how options are ordered, if not by the primary outcome."""
    if utility is None or not utility.orders:
        return ()
    return (f"Rank, advice and chance to be best are by utility; the difference beside them is of {shown(primary)}.",)


def _effects(fits: Sequence[OutcomeFit]) -> list[str]:
    sentences = []
    for fit in fits:
        if not hasattr(fit.model, "population_effect"):
            continue
        frame: pd.DataFrame = fit.model.population_effect()
        named = {f"hazard_ratio_cause_{code}": f":{cause}" for code, cause in enumerate(fit.causes, start=1)}
        stated = ["hazard_ratio", "odds_ratio", "common_odds_ratio", "rate_ratio", "mean_difference", *named]
        for row in frame[frame["measure"].isin(stated)].itertuples(index=False):
            of = fit.name + named.get(str(row.measure), "")
            name = "hazard ratio" if row.measure in named else str(row.measure).replace("_", " ")
            unit = f" {shown(fit.unit)}" if row.measure == "mean_difference" and fit.unit else ""
            sentences.append(
                f"Mean effect on {shown(of)}, {shown(row.option)} against {shown(row.reference)}: "
                f"{name} {row.estimate:.2f} ({row.lower:.2f} to {row.upper:.2f}){unit}."
            )
    return sentences


def choice_scores(fits: Sequence[OutcomeFit]) -> dict[str, Any]:
    """Return, by outcome, the out-of-fold scores of the candidate prognosis models."""
    tables = {fit.name: getattr(fit.model, "choice_", None) for fit in fits}
    return {
        "choice": {
            name: table.astype(object).where(table.notna(), None).to_dict("records")
            for name, table in tables.items()
            if table is not None
        }
    }


def unnamed(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield findings in the form stored in a model: those on single patients are counted, none is named."""
    of_patients: dict[tuple[str, Any], int] = {}
    for each in findings:
        if each.patient_id is None:
            yield each
        else:
            of_patients[each.code, each.severity] = of_patients.get((each.code, each.severity), 0) + 1
    for (code, severity), number in of_patients.items():
        message = f"{number} patients of the cohort have this finding; the fit names them, the model does not"
        yield Finding(code=code, severity=severity, message=message)


def coarse_specs(specs: Sequence[FeatureSpec]) -> tuple[FeatureSpec, ...]:
    """Return features with ranges widened to round numbers: the exact ends are two patients' values."""
    return tuple(_widened(spec) for spec in specs)


def _widened(spec: FeatureSpec) -> FeatureSpec:
    if spec.lower is None or spec.upper is None:
        return spec
    lower, upper = rounded_out(spec.lower, spec.upper)
    return replace(spec, lower=lower, upper=upper)
