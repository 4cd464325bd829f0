"""Made people who might be screened: the truth is what the equations say, and what is seen comes from it."""

import numpy as np
import pandas as pd
import pytest

from genorx import published
from genorx.datasets import make_screening_cohort
from genorx.errors import UsageError
from genorx.survival import cumulative_incidence


def test_the_predicted_risk_is_that_of_plcom2012_and_nobody_is_refused():
    made = make_screening_cohort(2000, seed=1)
    table = published.screening_risks(published.load("plcom2012@2013"), made.people).to_frame()
    np.testing.assert_allclose(table["risk"], made.people["risk"], rtol=1e-12)
    assert set(table["reason"]) == {""}


def test_the_truth_is_what_was_asked_for():
    """O/E and the slope of the true log odds are arguments."""
    made = make_screening_cohort(5000, oe=1.4, slope=0.6, seed=2)
    truth = made.truth([0.02])
    assert truth["oe"] == pytest.approx(1.4)
    logit = np.log(made.incidence / (1 - made.incidence))
    risk = made.people["risk"].to_numpy()
    line = np.polyfit(np.log(risk / (1 - risk)), logit, 1)
    assert line == pytest.approx([0.6, made.intercept], abs=1e-8)
    right = make_screening_cohort(500, oe=1.0, slope=1.0, seed=2)
    np.testing.assert_allclose(right.incidence, right.people["risk"], atol=1e-9)
    assert right.truth()["ici"] < 1e-8


def test_true_auc_is_the_mean_over_all_pairs():
    """By hand over 60 people: sum of F_i (1 - F_j) [r_i > r_j] over the sum of F_i (1 - F_j), i and j different."""
    made = make_screening_cohort(60, seed=3)
    risk, true = made.people["risk"].to_numpy(), made.incidence
    pairs = true[:, None] * (1 - true)[None, :]
    np.fill_diagonal(pairs, 0.0)
    wins = (risk[:, None] > risk[None, :]) + 0.5 * (risk[:, None] == risk[None, :])
    assert made.truth()["auc"] == pytest.approx((pairs * wins).sum() / pairs.sum())


def test_what_is_seen_follows_the_truth():
    """60,000 people: the incidence by the horizon is within three standard errors of its truth, death competes."""
    made = make_screening_cohort(60_000, seed=4)
    curve = cumulative_incidence(made.people["time"], made.people["cause"])
    assert abs(float(curve.at(6.0)) - made.incidence.mean()) < 3 * float(curve.std_error_at(6.0))
    shares = made.people["cause"].value_counts(normalize=True)
    assert 0.05 < shares[2] < 0.15
    assert 0.3 < (made.people["time"][made.people["cause"] == 0] < 6).mean() < 0.8


def test_the_same_seed_makes_the_same_people():
    first, again = make_screening_cohort(50, seed=5), make_screening_cohort(50, seed=5)
    pd.testing.assert_frame_equal(first.people, again.people)
    assert not first.people.equals(make_screening_cohort(50, seed=6).people)


@pytest.mark.parametrize("wrong", [{"n": 1}, {"oe": 0}, {"slope": -1}, {"horizon": 0}])
def test_cohorts_that_cannot_be_are_refused(wrong):
    with pytest.raises(UsageError):
        make_screening_cohort(**{"n": 10, **wrong})
