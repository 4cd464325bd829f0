"""Cross-fitted doubly robust scores of the outcome under each option: for averages, never for one patient.

The score of patient i under option a is ``mu_a(x) + 1[A = a] / e_a(x) * D / G(Y | x, a) * (Y - mu_a(x))``, with Y the
time up to the horizon (or the value), D whether it was fully observed, e the propensity and G the probability of not
being censored.  Its mean is consistent if the outcome model, or both weights, are correct.
Sources: Robins JM, Rotnitzky A, Zhao LP 1994, JASA 89:846; Rubin D, van der Laan MJ 2007, Int J Biostat 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from genorx.effects.adjusted.adjusted import Encoded, EncodedPatients
from genorx.effects.adjusted.alignment import Aligned
from genorx.effects.adjusted.response_effect import ResponseEffect
from genorx.effects.adjusted.survival_effect import SurvivalEffect
from genorx.effects.curve_numbers import CurveRequest
from genorx.effects.intervals import spread
from genorx.effects.overlap.horizon import cut_at, within_follow_up
from genorx.effects.overlap.overlap import SMALLEST_PROPENSITY
from genorx.errors import SupportError, shown
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.shrinkage.cox_fit import fit_cox
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Model = SurvivalEffect | ResponseEffect
_CUT_PROPENSITY, _CUT_UNCENSORED = 0.04, 0.02
_STEPS, _BLOCK = 80, 50  # time steps for the integration of curves; patients at a time


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Out-of-fold quantities of the patients compared.

    Attributes
    ----------
    patients : Index
    options : tuple of str
        The reference first.
    option : array of int
        Index of each patient's option.
    scores : array of shape (n_patients, n_options)
        Doubly robust scores, in units of the outcome.
    predicted : array of shape (n_patients, n_options)
        Restricted means, probabilities or amounts, predicted out of fold.
    gap_error : array of shape (n_patients, n_options)
        Spread of the draws of the predicted difference against the reference; 0 for the reference itself.
    propensity : array of shape (n_patients, n_options)
        Propensity in the weights, before capping.
    chance : array of shape (n_patients, n_options)
        Probability in the rule of overlap: the smaller of the propensity and that of the forest, which also decides on
        abstention for single patients.
    observed : array of shape (n_patients,)
        Outcome under the option received, weighted for censoring only: the value of current practice.
    cut : array of bool, shape (n_patients,)
        Patients whose weight was capped.
    """

    patients: pd.Index[Any]
    options: tuple[str, ...]
    option: Ints
    scores: Floats
    predicted: Floats
    gap_error: Floats
    propensity: Floats
    chance: Floats
    observed: Floats
    cut: Mask

    @property
    def clipped(self) -> float:
        """Share of patients whose weight was capped."""
        return float(self.cut.mean())

    @property
    def weight(self) -> Floats:
        """Inverse probability of the option received, capped."""
        own = self.propensity[np.arange(len(self.option)), self.option]
        return np.asarray(1 / np.maximum(own, _CUT_PROPENSITY))

    def differences(self, code: int) -> Floats:
        """Return each patient's score of an option minus that of the reference."""
        return np.asarray(self.scores[:, code] - self.scores[:, 0])

    def predicted_difference(self, code: int) -> Floats:
        """Return each patient's prediction under an option minus that under the reference."""
        return np.asarray(self.predicted[:, code] - self.predicted[:, 0])

    def overlap(self, code: int, smallest: float = SMALLEST_PROPENSITY) -> Mask:
        """Return a mask of patients for whom both an option and the reference have at least this probability."""
        return np.asarray(np.minimum(self.chance[:, code], self.chance[:, 0]) >= smallest)


def values_of(model: Model, X: pd.DataFrame, horizon: float | None = None, encoded: Encoded | None = None) -> Floats:
    """Return the compared value by option, shape (1 + n_draws, n_patients, n_options): best estimate, then draws.

    The restricted mean up to ``horizon``, by default the model's own; a probability or amount has no horizon.
    ``encoded`` is the model's encoding of ``X``, if already computed.
    """
    if not isinstance(model, SurvivalEffect) or horizon is None or horizon == model.horizon_:
        return model._values(model._sets(model._frame(X)) if encoded is None else encoded)
    times = np.linspace(0.0, horizon, _STEPS + 1)
    if not model.causes_told_:
        request = CurveRequest.means(times)
        found = model.sample_numbers(X if encoded is None else EncodedPatients(frame=X, encoded=encoded), request)
        return np.ascontiguousarray(np.moveaxis(found.area, -1, 0))
    parts = []
    for start in range(0, len(X), _BLOCK):
        drawn = model.sample(X.iloc[start : start + _BLOCK], times)
        parts.append(np.trapezoid(np.concatenate([drawn.point[None], drawn.draws]), times, axis=-1))
    return np.concatenate(parts, axis=1)


def doubly_robust_scores(
    model: Model,
    given: Aligned,
    *,
    folds: int = 5,
    seed: int = 0,
    horizon: float | None = None,
    outside: Mapping[int, Any] | None = None,
) -> Scores:
    """Return scores of the patients under the options of the fitted ``model``; each fold refits a clone of it.

    ``horizon`` is that of the restricted mean; at most, and by default, the model's own.  ``outside`` are models
    already fitted to the patients outside a fold; one with other options is refitted.

    Raises
    ------
    SupportError
        If an option has no event outside a fold (``too-few-events``).
    """
    keep = given.treatment.astype(str).isin(model.options_)
    rows = given.X.index.intersection(given.treatment.index[keep], sort=False)
    rows = rows.intersection(given.y.index, sort=False).sort_values()
    end = model.horizon_ if horizon is None and isinstance(model, SurvivalEffect) else horizon
    seen = _seen(model, given.y.loc[rows], end)
    option = np.array([model.options_.index(name) for name in given.treatment.loc[rows].astype(str)], dtype=np.int64)
    strata = _indicators(given, rows)
    fold = hash_folds(rows, folds, seed=seed)
    shape = (len(rows), len(model.options_))
    predicted, error, propensity, chance = (np.empty(shape) for _ in range(4))
    uncensored = np.ones(len(rows))
    for held in np.unique(fold):
        inside, test = fold != held, fold == held
        made: Any = (outside or {}).get(int(held))
        known = made is not None and made.options_ == model.options_
        refit: Model = made if known else _refit(model, given, rows[inside])
        values = values_of(refit, given.X.loc[rows[test]], end)
        predicted[test], error[test] = values[0], spread(values - values[:, :, :1])
        encoded = refit._encode(given.X.loc[rows])
        chance[test] = refit.support_.overlap.propensity(encoded[test])
        Z = np.column_stack([encoded, strata])
        propensity[test] = _propensity(Z, strata, option, inside, model.randomised)[test]
        if isinstance(model, SurvivalEffect):
            uncensored[test] = _uncensored(Z, seen, option, inside)[test]
    own = np.arange(len(rows)), option
    left = seen.whole / np.maximum(uncensored, _CUT_UNCENSORED) * (seen.value - predicted[own])
    scores = predicted.copy()
    scores[own] += left / np.maximum(propensity[own], _CUT_PROPENSITY)
    return Scores(
        patients=rows,
        options=model.options_,
        option=option,
        scores=scores,
        predicted=predicted,
        gap_error=error,
        propensity=propensity,
        chance=np.minimum(chance, propensity),
        observed=predicted[own] + left,
        cut=(propensity[own] < _CUT_PROPENSITY) | (uncensored < _CUT_UNCENSORED),
    )


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """Observed data of each patient: the outcome, whether it is complete, and censoring before the horizon."""

    value: Floats
    whole: Mask
    lost: Mask


def _seen(model: Model, y: pd.DataFrame, horizon: float | None) -> _Seen:
    if isinstance(model, ResponseEffect):
        known = np.ones(len(y), dtype=bool)
        return _Seen(value=model.kind_.compared(y["value"].to_numpy(float)), whole=known, lost=~known)
    end = model.horizon_ if horizon is None else horizon
    cut = cut_at(y, end)
    time, event = cut["time"].to_numpy(float), cut["event"].to_numpy(bool)
    whole = event | (time >= end)
    return _Seen(value=time, whole=whole, lost=~whole)


def _indicators(given: Aligned, rows: pd.Index[Any]) -> Floats:
    """Return an indicator column for each stratum; the weights must condition on strata."""
    own = pd.Series("", index=rows) if given.strata is None else given.strata.loc[rows].astype(str)
    levels = sorted(set(own))
    if len(levels) < 2:
        return np.zeros((len(rows), 0))
    return np.column_stack([(own == level).to_numpy(float) for level in levels])


def _refit(model: Model, given: Aligned, rows: pd.Index[Any]) -> Model:
    stated = {"reference": model.options_[0], "min_events": 1}
    if isinstance(model, SurvivalEffect):
        stated["horizon"] = within_follow_up(model.horizon_, given.y.loc[rows], given.treatment)
    made: Model = (
        clone(model)
        .set_params(**stated)
        .fit(
            given.X.loc[rows],
            given.y.loc[rows],
            treatment=given.treatment.loc[rows],
            strata=None if given.strata is None else given.strata.loc[rows],
        )
    )
    if made.options_ != model.options_:
        gone = ", ".join(shown(name) for name in model.options_ if name not in made.options_)
        raise SupportError(f"the patients outside one fold have no event under {gone}", code="too-few-events")
    return made


def _propensity(Z: Floats, strata: Floats, option: Ints, inside: Mask, randomised: bool) -> Floats:
    """Return the probability of each option, fitted on the training rows: a ridge multinomial logit, or the shares."""
    n_options = int(option.max()) + 1
    if randomised or not Z.shape[1]:
        return _shares(strata, option, inside, n_options)
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=0.1, max_iter=2000).fit(Z[inside], option[inside])
    found = np.zeros((len(Z), n_options))
    found[:, fit.classes_] = fit.predict_proba(Z)
    return found


def _shares(strata: Floats, option: Ints, inside: Mask, n_options: int) -> Floats:
    """Return the share of each option in the training rows, by stratum; overall for a stratum without training rows."""
    overall = np.bincount(option[inside], minlength=n_options) / inside.sum()
    shares = np.tile(overall, (len(option), 1))
    for column in strata.T.astype(bool):
        there = column & inside
        if there.any():
            shares[column] = np.bincount(option[there], minlength=n_options) / there.sum()
    return shares


def _uncensored(Z: Floats, seen: _Seen, option: Ints, inside: Mask) -> Floats:
    """Return the probability of being uncensored just before each patient's time, by a Cox model of censoring."""
    time, lost = seen.value, seen.lost
    if not lost[inside].any():
        return np.ones(len(Z))
    group = np.zeros(Z.shape[1], dtype=np.int64)
    rows = (Z[inside], time[inside], lost[inside])
    fit = fit_cox(*rows, group=group, stratum=option[inside], group_means=False)
    # by the day: many patients are censored on the last day, and none before it
    steps = PartialLikelihood(*rows, stratum=option[inside]).event_steps(fit.beta)
    just_before = np.nextafter(time, 0.0)
    hazard = np.array([steps[code].cumulative(np.array([at]))[0] for code, at in zip(option, just_before, strict=True)])
    return np.asarray(np.exp(-hazard * np.exp(Z @ fit.beta)))
