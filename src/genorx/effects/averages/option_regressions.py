"""Two maximum-likelihood regressions, with each patient's influence on their coefficients.

The probability of each option given covariates (multinomial logit), and the outcome given option and covariates (least
squares for an amount, logistic for yes or no).  Neither is shrunk: they serve averages, not single patients.
Source of the influences: Stefanski LA, Boos DD 2002, Am Stat 56:29 (M-estimation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from genorx.effects.averages.adjustment_terms import AdjustmentTerms
from genorx.errors import SupportError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_STEPS = 50
_LONGEST = 4.0
_DONE = 1e-10
_CERTAIN = 1e-9  # a probability this near to 0 or 1 means perfect prediction of the option, or the outcome


@dataclass(frozen=True, kw_only=True)
class OptionChances:
    """Multinomial model of the propensity of each option.

    Attributes
    ----------
    chance : array of shape (n_patients, n_options)
        Probability of each option.
    influence : array of shape (n_patients, (n_options - 1) * n_terms)
        Influence of each patient on the coefficients, times the number of patients; options except the first, in turn.
    """

    chance: Floats
    influence: Floats


@dataclass(frozen=True, kw_only=True)
class OutcomeByOption:
    """Model of the expected outcome under each option.

    Attributes
    ----------
    mean, slope : arrays of shape (n_patients, n_options)
        Expected outcome, and its derivative with respect to the linear predictor (1 for an amount).
    columns : array of shape (n_options, n_patients, n_columns)
        Columns of each patient under each option.
    influence : array of shape (n_patients, n_columns)
        Influence of each patient on the coefficients.
    """

    mean: Floats
    slope: Floats
    columns: Floats
    influence: Floats


def fit_chances(terms: AdjustmentTerms, option: Ints, n_options: int) -> OptionChances:
    """Fit the propensity of each option.

    Raises
    ------
    SupportError
        If covariates predict the option perfectly (``no-overlap``).
    """
    W, n_terms = terms.values, terms.values.shape[1]
    taken = np.eye(n_options)[option]
    beta = np.zeros((n_options - 1) * n_terms)
    for _ in range(_STEPS):
        chance = _chances(W, beta, n_options)
        score = _by_option(W, (taken - chance)[:, 1:])
        step = _bounded(_solved(_information(W, chance), score.sum(axis=0)))
        beta = beta + step
        if np.abs(step).max() < _DONE:
            break
    else:
        raise _no_overlap()
    chance = _chances(W, beta, n_options)
    if chance[np.arange(len(option)), option].min() < _CERTAIN or chance.max() > 1 - _CERTAIN:
        raise _no_overlap()
    score = _by_option(W, (taken - chance)[:, 1:])
    return OptionChances(chance=chance, influence=len(W) * _solved(_information(W, chance), score.T).T)


def fit_outcome(
    terms: AdjustmentTerms, option: Ints, n_options: int, value: Floats, *, binary: bool
) -> OutcomeByOption:
    """Fit the outcome; every option has an indicator, and interactions with the requested terms.

    Raises
    ------
    SupportError
        If option and covariates predict a yes-or-no outcome perfectly (``no-overlap``).
    """
    columns = np.stack([_with_option(terms, np.full(len(value), code), n_options) for code in range(n_options)])
    own = columns[option, np.arange(len(value))]
    beta = np.zeros(own.shape[1])
    for _ in range(_STEPS):
        fitted, slope = _linked(own @ beta, binary=binary)
        step = _solved((own * slope[:, None]).T @ own, own.T @ (value - fitted))
        step = _bounded(step) if binary else step
        beta = beta + step
        if not binary or np.abs(step).max() < _DONE:
            break
    else:
        raise _no_overlap()
    fitted, slope = _linked(own @ beta, binary=binary)
    if binary and slope.min() < _CERTAIN:
        raise _no_overlap()
    residual = own * (value - fitted)[:, None]
    influence = len(value) * _solved((own * slope[:, None]).T @ own, residual.T).T
    mean, slopes = _linked(np.einsum("knc,c->nk", columns, beta), binary=binary)
    return OutcomeByOption(mean=mean, slope=slopes, columns=columns, influence=influence)


def _chances(W: Floats, beta: Floats, n_options: int) -> Floats:
    linear = W @ beta.reshape(n_options - 1, -1).T
    return np.asarray(softmax(np.column_stack([np.zeros(len(W)), linear]), axis=1))


def _by_option(W: Floats, weight: Floats) -> Floats:
    """Return each term times the weight of each option except the first, option by option."""
    return np.asarray((weight[:, :, None] * W[:, None, :]).reshape(len(W), -1))


def _information(W: Floats, chance: Floats) -> Floats:
    others = chance[:, 1:]
    n_terms, n_others = W.shape[1], others.shape[1]
    whole = np.empty((n_others, n_terms, n_others, n_terms))
    for one in range(n_others):
        for other in range(n_others):
            weight = others[:, one] * ((one == other) - others[:, other])
            whole[one, :, other, :] = (W * weight[:, None]).T @ W
    return whole.reshape(n_others * n_terms, -1)


def _with_option(terms: AdjustmentTerms, option: Ints, n_options: int) -> Floats:
    taken = np.eye(n_options)[option][:, 1:]
    multiplied = terms.values[:, list(terms.products)]
    products = (taken[:, :, None] * multiplied[:, None, :]).reshape(len(option), -1)
    return np.column_stack([terms.values, taken, products])


def _linked(linear: Floats, *, binary: bool) -> tuple[Floats, Floats]:
    """Return the mean and its derivative with respect to the linear predictor."""
    if not binary:
        return linear, np.ones_like(linear)
    mean = np.asarray(expit(linear))
    return mean, mean * (1 - mean)


def _bounded(step: Floats) -> Floats:
    """Return a Newton step truncated so that log odds change by at most a few units per standard deviation."""
    return step * min(1.0, _LONGEST / max(float(np.abs(step).max()), _DONE))


def _solved(matrix: Floats, right: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError:
        raise _no_overlap() from None


def _no_overlap() -> SupportError:
    return SupportError(
        "covariates predict the option, or the outcome, perfectly: no patients can be compared",
        hint="leave out the covariate that does so, or limit the study to patients who could have had each option",
        code="no-overlap",
    )
