"""Doubly robust scores of the restricted mean under each option, cross-fitted: for averages, never for one patient.

The score of patient i under option a is ``mu_a(x) + 1[A = a] / e_a(x) * D / G(Y | x, a) * (Y - mu_a(x))``, with Y the
time up to the horizon, D whether it was seen whole, e the propensity and G the chance of not being censored.  Its mean
is right where the outcome model, or both weights, are right.
Sources: Robins JM, Rotnitzky A, Zhao LP 1994, JASA 89:846; Rubin D, van der Laan MJ 2007, Int J Biostat 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from genorx.effects.alignment import Aligned
from genorx.effects.horizon import cut_at
from genorx.effects.survival_effect import SurvivalEffect
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.shrinkage import fit_cox

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SMALLEST_PROPENSITY, _SMALLEST_UNCENSORED = 0.04, 0.02


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Out-of-fold quantities of the patients compared.

    Attributes
    ----------
    patients : Index
    options : tuple of str
        The reference first.
    option : array of int
        Option that each had.
    scores : array of shape (n_patients, n_options)
        Doubly robust scores, in units of time.
    predicted : array of shape (n_patients, n_options)
        Restricted means by models that have not seen the patient.
    propensity : array of shape (n_patients, n_options)
        Not clipped.
    clipped : float
        Share of patients with a weight that was cut.
    """

    patients: pd.Index[Any]
    options: tuple[str, ...]
    option: Ints
    scores: Floats
    predicted: Floats
    propensity: Floats
    clipped: float

    def differences(self, code: int) -> Floats:
        """Return each patient's score of an option minus that of the reference."""
        return np.asarray(self.scores[:, code] - self.scores[:, 0])


def doubly_robust_scores(model: SurvivalEffect, given: Aligned, *, folds: int = 5) -> Scores:
    """Return scores of the patients under options of ``model``, which is fitted; each fold refits a clone of it."""
    keep = given.treatment.astype(str).isin(model.options_)
    rows = given.X.index.intersection(given.treatment.index[keep], sort=False).sort_values()
    cut = cut_at(given.y.loc[rows], model.horizon_)
    option = np.array([model.options_.index(name) for name in given.treatment.loc[rows].astype(str)], dtype=np.int64)
    fold = hash_folds(rows, folds)
    shape = (len(rows), len(model.options_))
    predicted, propensity, uncensored = np.empty(shape), np.empty(shape), np.empty(len(rows))
    for held in range(folds):
        inside, outside = fold != held, fold == held
        refit = _refit(model, given, rows[inside])
        predicted[outside] = refit.restricted(given.X.loc[rows[outside]]).means[0]
        Z = refit._encode(given.X.loc[rows])
        propensity[outside] = _propensity(Z, option, inside, model.randomised)[outside]
        uncensored[outside] = _uncensored(Z, cut, option, inside, model.horizon_)[outside]
    time = cut["time"].to_numpy(float)
    whole = cut["event"].to_numpy(bool) | (time >= model.horizon_)
    own = propensity[np.arange(len(rows)), option]
    weight = whole / np.maximum(uncensored, _SMALLEST_UNCENSORED) / np.maximum(own, _SMALLEST_PROPENSITY)
    scores = predicted.copy()
    scores[np.arange(len(rows)), option] += weight * (time - predicted[np.arange(len(rows)), option])
    clipped = (own < _SMALLEST_PROPENSITY) | (uncensored < _SMALLEST_UNCENSORED)
    return Scores(
        patients=rows,
        options=model.options_,
        option=option,
        scores=scores,
        predicted=predicted,
        propensity=propensity,
        clipped=float(clipped.mean()),
    )


def _refit(model: SurvivalEffect, given: Aligned, rows: pd.Index[Any]) -> SurvivalEffect:
    made: SurvivalEffect = clone(model).set_params(horizon=model.horizon_, reference=model.options_[0], min_events=1)
    return made.fit(
        given.X.loc[rows],
        given.y.loc[rows],
        treatment=given.treatment.loc[rows],
        strata=None if given.strata is None else given.strata.loc[rows],
    )


def _propensity(Z: Floats, option: Ints, inside: NDArray[np.bool_], randomised: bool) -> Floats:
    """Return the probability of each option, learnt from the rows inside: a ridge multinomial logit, or the shares."""
    n_options = int(option.max()) + 1
    if randomised or not Z.shape[1]:
        shares = np.bincount(option[inside], minlength=n_options) / inside.sum()
        return np.tile(shares, (len(Z), 1))
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=0.1, max_iter=2000).fit(Z[inside], option[inside])
    found = np.zeros((len(Z), n_options))
    found[:, fit.classes_] = fit.predict_proba(Z)
    return found


def _uncensored(Z: Floats, cut: pd.DataFrame, option: Ints, inside: NDArray[np.bool_], horizon: float) -> Floats:
    """Return the chance of not being censored just before each patient's time: a Cox model of censoring by option."""
    time = cut["time"].to_numpy(float)
    lost = ~cut["event"].to_numpy(bool) & (time < horizon)
    if not lost[inside].any():
        return np.ones(len(Z))
    group = np.zeros(Z.shape[1], dtype=np.int64)
    fit = fit_cox(Z[inside], time[inside], lost[inside], group=group, stratum=option[inside], group_means=False)
    just_before = np.nextafter(time, 0.0)
    hazard = np.array(
        [fit.baseline[code].cumulative(np.array([at]))[0] for code, at in zip(option, just_before, strict=True)]
    )
    return np.asarray(np.exp(-hazard * np.exp(Z @ fit.beta)))
