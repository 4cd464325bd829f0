"""Intervals of a patient's own amount or count under options."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from genorx.cohort.outcome import Outcome
from genorx.effects.protocol import EffectDraws
from genorx.ranking import TreatmentRanker
from genorx.ranking.answer.prediction_intervals import OwnValues, under_own_option


def test_limits_are_order_statistics_of_what_was_off():
    """By hand: 39 residuals -19 to 19; at 95 % (39 + 1) x 0.025 = 1: the smallest and the largest."""
    own = OwnValues.of(np.arange(-19.0, 20.0), np.zeros(39), count=False)
    low, high = own.limits(np.array([10.0]), level=0.95)
    assert (low.tolist(), high.tolist()) == ([-9.0], [29.0])
    low, high = own.limits(np.array([10.0]), level=0.9)
    assert (low.tolist(), high.tolist()) == ([-8.0], [28.0])


def test_amounts_that_are_never_negative_have_no_negative_end():
    """By hand: values 0 to 38 around 19 are off by up to 19; at an estimate of 5 the lower end would be -14."""
    own = OwnValues.of(np.arange(39.0), np.full(39, 19.0), count=False)
    low, high = own.limits(np.array([5.0, -1.0]), level=0.95)
    assert (low.tolist(), high.tolist()) == ([0.0, -1.0], [24.0, 18.0])


def test_too_few_patients_give_no_end():
    """By hand: of 38 residuals none is the 0.975th of 39; those without expectation do not count."""
    expected = np.append(np.zeros(38), np.nan)
    low, high = OwnValues.of(np.full(39, -1.0), expected, count=False).limits(np.array([1.0]), level=0.95)
    assert (low[0], high[0]) == (-np.inf, np.inf)


def test_a_count_is_whole_and_not_below_none():
    """By hand: residuals of +-2 roots of the mean; at a mean of 9 that is 3 to 15, at 1 it is -1 to 3, so 0 to 3."""
    own = OwnValues.of(np.array([8.0, 0.0] * 50), np.full(100, 4.0), count=True)
    low, high = own.limits(np.array([9.0, 1.0, 2.0]), level=0.95)
    assert low.tolist() == [3.0, 0.0, 0.0]
    assert high.tolist() == [15.0, 3.0, 4.0]  # 2 + 2 sqrt(2) is 4.8


def test_the_expectation_is_that_under_the_option_a_patient_had():
    point = np.array([[[1.0], [2.0]], [[3.0], [4.0]], [[5.0], [6.0]]])
    sampled = EffectDraws(options=("a", "b"), times=np.zeros(0), point=point, draws=point[None])
    np.testing.assert_equal(under_own_option(sampled, ["b", "a", "c"]), [2.0, 3.0, np.nan])


@pytest.mark.parametrize("kind", ["continuous", "count"])
def test_limits_hold_a_new_patients_own_value(made_cohort, kind):
    """Known truth: 95 % of new values; 3 kg more or twice the count under ``new``, noise of 2 kg or Poisson's."""
    cohort, rng = made_cohort(700, seed=5), np.random.default_rng(6)
    new = (cohort.design.treatment == "new").to_numpy()
    mean = np.where(new, 4.0, 2.0)
    value = mean + rng.normal(0, 2, 700) if kind == "continuous" else rng.poisson(mean).astype(float)
    index = cohort.features.index
    known = pd.DataFrame({"value": value[:400]}, index=index[:400])
    outcome = Outcome(name="v", kind=kind, frame=known, unit="kg", better="lower")
    whole = dataclasses.replace(cohort, outcomes={"v": outcome}, primary="v", horizon=None)
    made = TreatmentRanker(n_draws=50).fit(whole)
    found = made.predict(whole.only(index[400:].tolist())).set_index(["patient_id", "option"])
    own = found.loc[list(zip(index[400:], cohort.design.treatment[400:].astype(str), strict=True))]
    inside = (own["lower"].to_numpy(float) <= value[400:]) & (value[400:] <= own["upper"].to_numpy(float))
    assert 0.91 <= inside[own["estimate"].notna().to_numpy()].mean() <= 0.99
