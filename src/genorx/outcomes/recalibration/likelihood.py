"""Likelihood of outcomes given a frozen model's predictions: events given a hazard, or binary given a probability.

A kind defines the offset of a regression, its expected value, the effect of a correction on the model's prediction, and
which predictions are impossible.
Sources: Crowson CS 2016, Stat Methods Med Res 25:1692 (Poisson with offset); McCullagh P, Nelder JA 1989, chapter 4.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from genorx.outcomes.recalibration.steps import cumulative_hazards, log_at_the_end

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_EDGE = 1e-6  # least distance of a probability from 0 and 1 for log odds


class Likelihood(ABC):
    """The likelihood of outcomes, given a frozen model's predictions.

    Attributes
    ----------
    timed : bool
        Whether follow-up can be cut: then expected numbers increase with time.
    rule : str
        Description of an impossible expected number, as in "H is negative".
    expectation : str
        Name of the expected numbers.
    """

    timed: ClassVar[bool]
    rule: ClassVar[str]
    expectation: ClassVar[str]

    @abstractmethod
    def offset(self, expected: Floats) -> Floats:
        """Return the model's expectation on the scale of its linear predictor."""

    @abstractmethod
    def mean(self, eta: Floats) -> Floats:
        """Return the expected value at a linear predictor."""

    @abstractmethod
    def variance(self, mean: Floats) -> Floats:
        """Return the variance of an outcome with this mean."""

    @abstractmethod
    def cumulant(self, eta: Floats) -> Floats:
        """Return the cumulant, which is subtracted from ``outcome x eta`` in the log likelihood."""

    @abstractmethod
    def counted(self, expected: Floats) -> Bools:
        """Return which patients are informative."""

    @abstractmethod
    def impossible(self, expected: Floats) -> Bools:
        """Return which expected values are impossible for any model, not counting missing ones."""

    @abstractmethod
    def index_of(self, answer: Floats) -> Floats:
        """Return the linear predictor of a model's prediction, shape (..., n_times), at its last time."""

    @abstractmethod
    def changed(self, answer: Floats, added: Floats) -> Floats:
        """Return the model's prediction after ``added`` on its linear predictor."""


class HazardLikelihood(Likelihood):
    """Events given the cumulative hazard up to the end of follow-up (Poisson); the prediction is the survival."""

    timed = True
    rule = "is negative"
    expectation = "the frozen model's cumulative hazard at the end of follow-up"

    def offset(self, expected: Floats) -> Floats:
        """Return the log cumulative hazard; a hazard of 0 is replaced by 1, and not counted."""
        made: Floats = np.log(np.where(expected > 0, expected, 1.0))
        return made

    def mean(self, eta: Floats) -> Floats:
        """Return the cumulative hazard."""
        made: Floats = np.exp(eta)
        return made

    def variance(self, mean: Floats) -> Floats:
        """Return the mean, as for a Poisson count."""
        return mean

    def cumulant(self, eta: Floats) -> Floats:
        """Return the cumulative hazard."""
        return self.mean(eta)

    def counted(self, expected: Floats) -> Bools:
        """Return which patients have a positive hazard; the others are uninformative."""
        return expected > 0

    def impossible(self, expected: Floats) -> Bools:
        """Return which hazards are negative."""
        return expected < 0

    def index_of(self, answer: Floats) -> Floats:
        """Return the log cumulative hazard of a survival curve at its end."""
        made: Floats = log_at_the_end(cumulative_hazards(answer, None))[..., 0]
        return made

    def changed(self, answer: Floats, added: Floats) -> Floats:
        """Return survival after ``added`` on the log hazard."""
        with np.errstate(divide="ignore"):
            made: Floats = np.exp(np.exp(added) * np.log(answer))
        return made


class ProbabilityLikelihood(Likelihood):
    """A binary outcome given its probability (Bernoulli); the prediction is the probability."""

    timed = False
    rule = "is not a probability between 0 and 1"
    expectation = "the frozen model's probability of a yes"

    def offset(self, expected: Floats) -> Floats:
        """Return the log odds."""
        made: Floats = np.log(expected) - np.log1p(-expected)
        return made

    def mean(self, eta: Floats) -> Floats:
        """Return the probability."""
        made: Floats = expit(eta)
        return made

    def variance(self, mean: Floats) -> Floats:
        """Return the variance of a Bernoulli variable."""
        return mean * (1.0 - mean)

    def cumulant(self, eta: Floats) -> Floats:
        """Return the log of one plus the odds."""
        made: Floats = np.logaddexp(0.0, eta)
        return made

    def counted(self, expected: Floats) -> Bools:
        """Return all patients."""
        return np.ones(len(expected), dtype=bool)

    def impossible(self, expected: Floats) -> Bools:
        """Return which are not strictly between 0 and 1: certainty has no finite odds."""
        return (expected <= 0) | (expected >= 1)

    def index_of(self, answer: Floats) -> Floats:
        """Return the log odds, made finite by ``within_edges``."""
        inside = within_edges(answer[..., -1])
        made: Floats = np.log(inside) - np.log1p(-inside)
        return made

    def changed(self, answer: Floats, added: Floats) -> Floats:
        """Return a probability after ``added`` on the log odds."""
        odds = answer / np.clip(1.0 - answer, 1e-12, None) * np.exp(added)
        made: Floats = odds / (1.0 + odds)
        return made


HAZARD, PROBABILITY = HazardLikelihood(), ProbabilityLikelihood()
#: By the kind of the monitored outcome.
LIKELIHOODS: dict[str, Likelihood] = {"survival": HAZARD, "binary": PROBABILITY}


def likelihood_of(*, timed: bool) -> Likelihood:
    """Return the likelihood of a time to an event, or of a binary outcome."""
    return HAZARD if timed else PROBABILITY


def within_edges(probability: Floats) -> Floats:
    """Return a probability truncated to finite log odds."""
    return np.clip(probability, _EDGE, 1 - _EDGE)
