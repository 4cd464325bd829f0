"""Measures of a screening rule in a sample and in all its bootstrap samples at once.

Their definitions and sources are in ``survival.screening``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from genorx._core.progress import track
from genorx.survival.resampled_curves import FollowUp, weighted_auc
from genorx.survival.screening_input import log_odds_of
from genorx.survival.weighted_logistic import fit_logistic, natural_spline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_KNOTS = (0.05, 0.35, 0.65, 0.95)  # quantiles of the log odds
_CELLS = 4_000_000  # of an array of samples x people held at a time
_GRID = 61  # points of the curve


@dataclass(frozen=True, kw_only=True)
class People:
    """Followed-up people sorted by time, with regression columns of their risks.

    Attributes
    ----------
    follow_up : FollowUp
    risk, log_odds : array of shape (n_people,)
    knots : array
        Knots of the spline, on the log odds.
    grid : array of shape (61,)
        Risks at which the curve is drawn.
    """

    follow_up: FollowUp
    risk: Floats
    log_odds: Floats
    knots: Floats
    grid: Floats

    @classmethod
    def of(cls, risk: Floats, time: Floats, cause: Ints, horizon: float) -> People:
        """Sort people by time; ``cause`` is 1 for the cause of interest."""
        follow_up = FollowUp.sort(time, cause, horizon)
        ordered = risk[follow_up.order]
        log_odds = log_odds_of(ordered)
        low, high = np.quantile(ordered, [0.005, 0.995])
        return cls(
            follow_up=follow_up,
            risk=ordered,
            log_odds=log_odds,
            knots=np.unique(np.quantile(log_odds, _KNOTS)),
            grid=np.linspace(low, high, _GRID),
        )

    def spline(self, risk: Floats) -> Floats:
        """Return the columns of the smooth curve at risks; only an intercept if all people have one risk."""
        columns = natural_spline(log_odds_of(risk), self.knots)
        return columns if np.ptp(self.log_odds) > 0 else columns[:, :1]


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Measures of the sample (first) and of its bootstrap samples; thresholds and grid points along the last axis."""

    slope: Floats
    intercept: Floats
    ici: Floats
    auc: Floats
    curve: Floats
    incidence: Floats
    share: Floats
    screened_incidence: Floats

    @property
    def left_out(self) -> int:
        """Number of bootstrap samples without slope or curve, whose regression has no solution."""
        return int(np.sum(~np.isfinite(self.slope + self.ici)[1:]))


def measured(people: People, counts: Floats, thresholds: Sequence[float]) -> Draws:
    """Measure every sample; ``counts`` are of shape (n_samples, n_people), in the order of ``people``."""
    parts = [_block(people, each, thresholds) for each in track(_blocks(counts), "bootstrap")]
    return Draws(**{each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Draws)})


def _blocks(counts: Floats) -> Iterator[Floats]:
    step = max(1, _CELLS // counts.shape[1])
    for start in range(0, len(counts), step):
        yield counts[start : start + step]


def _block(people: People, counts: Floats, thresholds: Sequence[float]) -> Draws:
    follow_up = people.follow_up
    known, case, weight = follow_up.known, follow_up.case, follow_up.weights(counts)
    log_odds = people.log_odds[known]
    line = np.column_stack([np.ones_like(log_odds), log_odds])
    outcome = case.astype(float)
    slope = fit_logistic(line, outcome, weight, np.array([0.0, 1.0]))[:, 1]
    intercept = fit_logistic(line[:, :1], outcome, weight, np.zeros(1), offset=log_odds)[:, 0]
    spline = people.spline(people.risk)
    bent = fit_logistic(spline[known], outcome, weight, np.eye(spline.shape[1])[min(1, spline.shape[1] - 1)])
    away = np.abs(expit(bent @ spline.T) - people.risk)
    above = [people.risk >= each for each in thresholds]
    total = counts.sum(axis=1)
    return Draws(
        slope=slope,
        intercept=intercept,
        ici=(counts * away).sum(axis=1) / total,
        auc=weighted_auc(people.risk[known], case, weight),
        curve=expit(bent @ people.spline(people.grid).T),
        incidence=follow_up.incidence(counts),
        share=_columns([counts[:, each].sum(axis=1) / total for each in above], len(counts)),
        screened_incidence=_columns([follow_up.incidence(counts, members=each) for each in above], len(counts)),
    )


def _columns(found: list[Floats], samples: int) -> Floats:
    return np.column_stack(found) if found else np.zeros((samples, 0))


@dataclass(frozen=True, kw_only=True)
class RuleDraws:
    """Results of screening above a threshold, in each sample: arrays of shape (n_samples,)."""

    net_benefit: Floats
    sensitivity: Floats
    specificity: Floats
    ppv: Floats
    missed: Floats


def rule_draws(share: Floats, among: Floats, incidence: Floats, threshold: float) -> RuleDraws:
    """Return the measures of a rule.

    Parameters
    ----------
    share : array of shape (n_samples,)
        Share of people screened.
    among : array of shape (n_samples,)
        Incidence among the screened; NaN if there are none.
    incidence : array of shape (n_samples,)
        Incidence among all people.  It is estimated separately from that of the screened and may be slightly smaller
        than their part of it; shares are kept within 0 and 1.
    threshold : float
        Lowest risk at which people are screened.
    """
    found = share * np.where(share > 0, np.nan_to_num(among), 0.0)
    in_vain = share - found
    with np.errstate(invalid="ignore", divide="ignore"):
        sensitivity = np.where(incidence > 0, np.minimum(found / incidence, 1.0), np.nan)
        specificity = np.where(incidence < 1, np.clip(1.0 - in_vain / (1.0 - incidence), 0.0, 1.0), np.nan)
    return RuleDraws(
        net_benefit=net_benefit(found, in_vain, threshold),
        sensitivity=sensitivity,
        specificity=specificity,
        ppv=among,
        missed=np.maximum(incidence - found, 0.0),
    )


def net_benefit(found: Floats, in_vain: Floats, threshold: float) -> Floats:
    """Return the net benefit per person: cancers found, minus false positives at the threshold's exchange rate."""
    return found - in_vain * threshold / (1.0 - threshold)
