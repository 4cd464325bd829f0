"""Models fitted to every outcome of a cohort: effects of options if there is a design, otherwise a prognosis.

A secondary outcome that cannot be fitted to these data is left out and reported; for the primary one it is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from genorx._core.disclosure import rounded_up
from genorx._core.progress import track
from genorx._core.workers import map_in_order
from genorx.cohort.cohort import Cohort
from genorx.cohort.design.design import Design
from genorx.cohort.outcome import Outcome
from genorx.effects import EffectEstimator, ResponseEffect, SurvivalEffect
from genorx.effects.overlap.horizon import Floats, last_follow_up, reachable, times_by_option
from genorx.errors import Finding, HorizonError, SupportError, UsageError, shown
from genorx.outcomes.default_models import DEFAULT_MODELS
from genorx.outcomes.engines.left_out import heeded
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.kinds import family_of
from genorx.ranking.answer.prediction_intervals import OwnValues, under_own_option
from genorx.ranking.model.outcome_fit import AS_TREATED, OutcomeFit, outcome_header
from genorx.ranking.model.strategy_fit import fit_strategies
from genorx.ranking.model.templates import Templates
from genorx.ranking.model.through_states import ThroughStates, takes_course

_FEWEST_SITES = 5
_FEWEST_EVENTS = 10  # patients on the rarer side below which a prognosis gets a finding
_FOLDS = 5  # for out-of-fold residuals of patients' own values
_MIN_EVENTS = 20  # events of an option that counts for the length of follow-up


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """Fitted outcomes, the primary first, with findings."""

    fits: tuple[OutcomeFit, ...]
    findings: tuple[Finding, ...] = field(default=())


def fit_outcomes(cohort: Cohort, templates: Templates) -> Fitted:
    """Fit a model to each outcome.

    Raises
    ------
    UsageError
        If the cohort has no outcome, or not the one that its study ranks by (``no-outcome``).
    HorizonError
        If the study's horizon lies beyond the last follow-up under an option.
    SupportError
        If the primary outcome cannot be fitted.
    """
    fits: list[OutcomeFit] = []
    findings: list[Finding] = []
    names = [primary_of(cohort)]
    names += [name for name in cohort.ranked if name != names[0]]
    work = partial(_fit_or_leave_out, cohort, templates, names[0])
    for fit, notes in track(map_in_order(work, names), "fit", len(names)):
        fits += [] if fit is None else [fit]
        findings += [one for one in notes if one not in findings]
    return Fitted(fits=tuple(fits), findings=tuple(findings))


def _fit_or_leave_out(
    cohort: Cohort, templates: Templates, primary: str, name: str
) -> tuple[OutcomeFit | None, list[Finding]]:
    """Return the fit of an outcome with findings; for a secondary one that cannot be fitted, the reason."""
    findings: list[Finding] = []
    horizon = cohort.horizon if name == primary else None
    try:
        return _fit(cohort, cohort.outcomes[name], horizon, templates, findings), findings
    except (SupportError, HorizonError) as error:
        if name == primary:
            raise
        message = f"outcome {shown(name)} is left out: {error.reason}"
        findings.append(Finding(code="outcome-not-estimated", severity="warning", message=message))
        return None, findings


def primary_of(cohort: Cohort) -> str:
    """Return the outcome by which the study ranks: the one it names, otherwise its first."""
    if not cohort.outcomes:
        raise UsageError("the cohort has no outcome", hint="name one in the study file", code="no-outcome")
    name = cohort.primary or next(iter(cohort.ranked), "")
    if name not in cohort.ranked:
        known = ", ".join(map(shown, cohort.ranked)) or "negative controls only"
        raise UsageError(f"no outcome {shown(name)!r}", hint=f"the cohort has {known}", code="no-outcome")
    return name


def outcome_rows(cohort: Cohort, outcome: Outcome) -> tuple[pd.DataFrame, pd.Series[str]]:
    """Return outcome and option of the patients compared (all of them without a design).

    Survival times are counted from the design's origin; times of 0 are left out (the study room counts them).  Grades
    are given as indices of the levels.
    """
    design = cohort.design
    known = outcome.frame.loc[outcome.frame.index.intersection(cohort.features.index, sort=False)]
    y = outcome.data.rows(outcome, known, design)
    if design is None:
        return y, pd.Series(AS_TREATED, index=y.index)
    return y, design.treatment.loc[y.index].astype(str)


def _fit(
    cohort: Cohort, outcome: Outcome, horizon: float | None, templates: Templates, findings: list[Finding]
) -> OutcomeFit:
    y, option = outcome_rows(cohort, outcome)
    horizons: tuple[float, ...] = ()
    restricted = None
    if outcome.timed:
        horizons, restricted = reported_horizons(outcome, horizon, y, option, findings)
    last = None if restricted is None else max(restricted, *horizons)
    if cohort.strategies is not None:
        model = fit_strategies(outcome, cohort, templates, restricted or 0.0)
    else:
        model = fit_model(y, outcome, cohort, templates, last)
    if cohort.design is not None:
        _say_options(model, cohort.design, outcome, findings)
        findings.extend(_rare_causes(model, outcome, last))
    else:
        findings.extend(_few_events(y, outcome))
    findings.extend(one for one in getattr(model, "findings_", ()) if one not in findings)
    own = _own_values(y, option, outcome, cohort, templates) if cohort.design is not None else None
    header = outcome_header(outcome)
    fit = OutcomeFit(**header, horizons=horizons, restricted=restricted, model=model, own_values=own)
    if outcome.causes:
        fit.draw(cohort.features.loc[y.index[:1]], n_draws=1, seed=templates.seed)  # not all causes: report it now
    return fit


def _own_values(
    y: pd.DataFrame, option: pd.Series[str], outcome: Outcome, cohort: Cohort, templates: Templates
) -> OwnValues | None:
    """Return the out-of-fold residuals of amounts or counts; None if no fold can be fitted."""
    if not outcome.is_amount:
        return None
    fold, expected = hash_folds(y.index, _FOLDS, seed=templates.seed, salt="own"), np.full(len(y), np.nan)
    for k in np.unique(fold):
        test = fold == k
        try:
            model = fit_model(y[~test], outcome, cohort, templates, None)
        except SupportError:
            continue  # too few patients of an option outside the fold, whose patients are then skipped
        sampled = model.sample(cohort.features.loc[y.index[test]], None, n_draws=1, seed=templates.seed)
        expected[test] = under_own_option(sampled, list(option[test]))
    own = OwnValues.of(y["value"].to_numpy(float), expected, count=outcome.data.is_count)
    return own if own.away.size else None


def followed(y: pd.DataFrame, option: pd.Series[str]) -> dict[str, Floats]:
    """Return the follow-up times under each option with enough events; if none has enough, with any event."""
    return times_by_option(y, option, _MIN_EVENTS) or times_by_option(y, option, 1)


def reported_horizons(
    outcome: Outcome, requested: float | None, y: pd.DataFrame, option: pd.Series[str], findings: list[Finding]
) -> tuple[tuple[float, ...], float]:
    """Return the horizons within follow-up, and the restriction time.

    Raises
    ------
    HorizonError
        If ``requested`` lies beyond the last follow-up under an option.
    SupportError
        If there is no event.
    """
    times = followed(y, option)
    if not times:
        raise SupportError(f"outcome {shown(outcome.name)} has no event", code="no-events")
    shortest, limit = last_follow_up(times)
    if requested is not None and requested > limit:
        where = "" if shortest == AS_TREATED else f" under {shown(shortest)}"
        raise HorizonError(
            f"horizon {requested:g} lies beyond {limit:g}, the last follow-up of {shown(outcome.name)}{where}",
            hint=f"rank by a horizon of at most {limit:g} {outcome.unit}",
            code="horizon",
        )
    kept = tuple(h for h in outcome.horizons if h <= limit)
    beyond = [h for h in outcome.horizons if h > limit]
    if beyond:
        listed, end = ", ".join(f"{h:g}" for h in beyond), rounded_up(limit)
        message = f"horizons {listed} of {shown(outcome.name)} lie beyond its follow-up, {end:g}, and are not reported"
        findings.append(Finding(code="horizon-beyond-follow-up", severity="warning", message=message))
    restricted = requested or (max(kept) if kept else min(map(reachable, times.values())))
    return kept or (restricted,), restricted


def fit_model(y: pd.DataFrame, outcome: Outcome, cohort: Cohort, templates: Templates, horizon: float | None) -> Any:
    """Return a model of one outcome, fitted to the patients of ``y``; effects on times are cut at ``horizon``."""
    X, design = cohort.features.loc[y.index], cohort.design
    _check_values(y, outcome)
    family = family_of(outcome)
    family.check_rows(y, outcome, horizon=horizon if design is not None else None)
    if design is None:
        family.check_prognosis(y, outcome)
        prognosis = prognosis_model(outcome, cohort, templates)
        sites = {"groups": sites_of(cohort, y.index)}  # as in an evaluation: the evaluated model is the stored one
        fitted = prognosis.fit(X, family.target(y), **heeded(prognosis, sites))
        return fitted.model_ if isinstance(fitted, ThroughStates) else fitted
    stated = _study_params(cohort, templates)
    stated |= {"reference": design.reference, "randomised": design.randomised, "horizon": horizon}
    stated |= {} if outcome.timed else {"kind": outcome.kind, "better": outcome.better} | family.params()
    stated |= {} if design.interactions is None else {"interactions": design.interactions}
    effect = _configured(_effect(outcome, templates), stated)
    if getattr(effect, "kind", None) != outcome.kind:
        y = family.as_yes_no(y)  # the estimator does not accept grades
    if outcome.timed and design.start is not None:
        start = design.starts(unit=outcome.unit or "days")
        return effect.fit(X, y, treatment=design.treatment, start=start, strata=design.strata)
    return effect.fit(X, y, treatment=design.treatment, strata=design.strata)


def sites_of(cohort: Cohort, patients: pd.Index[Any]) -> pd.Series[str] | None:
    """Return the site of each patient, or None if not known or with too few sites to generalise to a new one."""
    if cohort.site is None:
        return None
    site = cohort.site.reindex(patients).astype(object).fillna("(not known)").astype(str)
    return site if site.nunique() >= _FEWEST_SITES else None


def _check_values(y: pd.DataFrame, outcome: Outcome) -> None:
    """Raise an error for a constant outcome, which distinguishes no patients.

    Raises
    ------
    SupportError
        ``no-events``.
    """
    if not outcome.timed and y["value"].nunique() < 2:
        raise SupportError(
            f"outcome {shown(outcome.name)} has only one value in the {len(y)} patients to be fitted",
            hint="a model needs patients who differ in it",
            code="no-events",
        )


def _few_events(y: pd.DataFrame, outcome: Outcome) -> Iterator[Finding]:
    """Yield a finding if a prognosis has very few patients with the event, or without it."""
    rarer = outcome.data.rarer(outcome, y)
    if rarer is not None and rarer < _FEWEST_EVENTS:
        what = outcome.data.rare
        message = f"{shown(outcome.name)} has {rarer} {what} among {len(y)} patients: too few to learn from"
        yield Finding(code="few-events", severity="warning", message=message)


def _effect(outcome: Outcome, templates: Templates) -> Any:
    """Return the unfitted estimator of effects on an outcome; any other model is an error (``model-kind``)."""
    given = templates.effects.get(outcome.kind, SurvivalEffect() if outcome.timed else ResponseEffect())
    if not isinstance(given, EffectEstimator):
        raise UsageError(
            f"{shown(type(given).__name__)} is no estimator of effects on {shown(outcome.name)}",
            hint="an EffectEstimator (genorx.effects) is",
            code="model-kind",
        )
    return clone(given)


def prognosis_model(outcome: Outcome, cohort: Cohort, templates: Templates) -> Any:
    """Return the unfitted prognosis of an outcome, configured from the study.

    Raises
    ------
    UsageError
        If a model was given that cannot predict this kind of outcome (``model-kind``, ``no-grades``).
    """
    model = templates.models.get(outcome.kind)
    family = family_of(outcome)
    chosen = DEFAULT_MODELS[outcome.kind]() if model is None else clone(model)
    family.check_model(chosen, outcome.name)
    configured = _configured(chosen, _study_params(cohort, templates) | family.params())
    return (
        ThroughStates(configured, outcome.course)
        if outcome.course is not None and takes_course(configured)
        else configured
    )


def _study_params(cohort: Cohort, templates: Templates) -> dict[str, Any]:
    return {"specs": cohort.specs, "seed": templates.seed, "random_state": templates.seed}


def _configured(model: Any, known: Mapping[str, Any]) -> Any:
    """Set a model's parameters from the study, as far as it has them."""
    own = model.get_params(deep=False) if hasattr(model, "get_params") else {}
    stated = {name: value for name, value in known.items() if name in own}
    return model.set_params(**stated) if stated else model


def _say_options(model: Any, design: Design, outcome: Outcome, findings: list[Finding]) -> None:
    estimated = getattr(model, "options_", design.options)  # the protocol does not require this attribute
    for name in design.options:
        if name not in estimated:
            message = f"{shown(name)} has too few events of {shown(outcome.name)} for an estimate"
            findings.append(Finding(code="option-not-estimated", severity="warning", message=message))


def _rare_causes(model: Any, outcome: Outcome, horizon: float | None) -> list[Finding]:
    """Return a finding for each cause with too few events for estimates by option and patient."""
    counts: Mapping[int, int] = getattr(model, "rare_causes_", {})  # the protocol does not require this attribute
    by = "" if horizon is None else f" by {horizon:g} {outcome.unit}"
    return [
        Finding(
            code="cause-rare",
            severity="warning",
            message=f"{shown(outcome.causes[cause - 1])} of {shown(outcome.name)} has {n_events} events{by}: an option "
            "is assumed to act alike on all patients, and its effect on the incidence is uncertain",
        )
        for cause, n_events in counts.items()
    ]
