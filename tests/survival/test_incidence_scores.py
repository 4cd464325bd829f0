"""Scores of cumulative incidence: against the scores of survival with one cause, and by hand."""

import numpy as np
import pytest

from genorx.errors import HorizonError, SupportError, UsageError
from genorx.survival import brier_terms, cause_specific_c, incidence_brier_terms, uno_c


@pytest.fixture
def made():
    """120 patients with tied times, two causes and censoring."""
    rng = np.random.default_rng(0)
    return np.ceil(rng.exponential(5, 120) * 2) / 2, rng.integers(0, 3, 120), rng.random((120, 2))


def test_with_one_cause_the_brier_score_is_that_of_survival(made):
    time, cause, predicted = made
    event = (cause > 0).astype(int)
    found = incidence_brier_terms(time, event, predicted, [2, 4])
    np.testing.assert_allclose(found, brier_terms(time, event, 1 - predicted, [2, 4]), atol=1e-14)


def test_brier_score_without_censoring_is_the_mean_squared_error():
    """By hand: at 2.5 the first had the cause, the second another one, the third nothing yet."""
    terms = incidence_brier_terms([1, 2, 3], [1, 2, 1], [[0.6], [0.3], [0.2]], [2.5])
    np.testing.assert_allclose(terms[:, 0], [0.16, 0.09, 0.04])


def test_with_one_cause_the_concordance_is_unos_c(made):
    time, cause, predicted = made
    event = (cause > 0).astype(int)
    found = cause_specific_c(time, event, predicted[:, 0], horizon=4, n_boot=20, seed=1)
    theirs = uno_c(time, event, predicted[:, 0], horizon=4, n_boot=20, seed=1)
    numbers = (theirs.estimate, theirs.lower, theirs.upper)
    assert (found.estimate, found.lower, found.upper) == pytest.approx(numbers, abs=1e-12)


def test_who_had_another_cause_before_stays_comparable():
    """By hand, no censoring: the event of A at 3 is compared with B (other cause at 1) and C (later): 1 of 2."""
    found = cause_specific_c([3, 1, 4], [1, 2, 2], [0.5, 0.7, 0.2])
    assert found.estimate == pytest.approx(0.5)


def test_concordance_is_the_weighted_share_of_pairs(made):
    """All pairs one by one, with weights of Wolbers 2014 from a censoring curve made by hand."""
    time, cause, predicted = made
    risk, censored = predicted[:, 0], cause == 0

    def uncensored(at):
        alive = 1.0
        for moment in np.unique(time[censored]):
            if moment <= at:
                there = np.sum(time >= moment) - np.sum((time == moment) & ~censored)
                alive *= 1 - np.sum((time == moment) & censored) / there
        return alive

    weight = np.array([uncensored(at) for at in time])
    right = whole = 0.0
    for i in np.flatnonzero((cause == 1) & (weight > 0)):
        for j in range(len(time)):
            if time[j] > time[i] or (time[j] == time[i] and cause[j] == 0):
                pair = 1 / weight[i] ** 2
            elif cause[j] == 2:
                pair = 1 / (weight[i] * weight[j])
            else:
                continue
            whole += pair
            right += pair * ((risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j]))
    assert cause_specific_c(time, cause, risk).estimate == pytest.approx(right / whole, abs=1e-12)


def test_wrong_requests_are_refused(made):
    time, cause, predicted = made
    with pytest.raises(HorizonError):
        incidence_brier_terms(time, cause, predicted, [2, 999])
    with pytest.raises(UsageError, match="shape"):
        incidence_brier_terms(time, cause, predicted[:, :1], [2, 4])
    with pytest.raises(SupportError) as caught:
        cause_specific_c(time, np.zeros(120), predicted[:, 0])
    assert caught.value.code == "no-pairs"
