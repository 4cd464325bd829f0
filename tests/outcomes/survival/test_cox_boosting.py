"""Boosted trees of the Cox partial likelihood: the same as scikit-survival's, from residuals summed in one pass."""

import numpy as np
import pytest

from genorx.outcomes.survival.cox_boosting import MartingaleResiduals, boosted_cox_trees

GROWN = {"max_depth": 2, "max_features": "sqrt", "min_samples_leaf": 5}


def _patients(size, seed, *, tied=False):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(size, 6))
    time = rng.exponential(np.exp(-Z[:, 0] - np.abs(Z[:, 1])))
    return Z, np.ceil(5 * time) if tied else time, rng.random(size) < 0.6


@pytest.mark.parametrize("tied", [False, True])
def test_the_trees_are_those_of_scikit_survival(tied):
    """Independent library: the same splits and thresholds, and leaves to 1e-10, from the same seed."""
    from sksurv.ensemble import GradientBoostingSurvivalAnalysis
    from sksurv.util import Surv

    Z, time, event = _patients(300, 1, tied=tied)
    shared = {"learning_rate": 0.1, "subsample": 0.5}
    ours = boosted_cox_trees(Z, time, event, n_trees=40, seed=3, **shared, **GROWN)
    peer = GradientBoostingSurvivalAnalysis(n_estimators=40, random_state=3, **shared, **GROWN)
    theirs = [each.tree_ for each in peer.fit(Z, Surv.from_arrays(event, time)).estimators_[:, 0]]
    assert len(ours) == len(theirs) == 40
    for own, other in zip(ours, theirs, strict=True):
        assert np.array_equal(own.feature, other.feature)
        assert np.array_equal(own.threshold, other.threshold)
        assert np.allclose(own.value, other.value, atol=1e-10)


def test_residuals_are_events_less_what_the_hazard_expects():
    """Hand calculation: four patients with hazards 1, 2, 1, 1, dying at 1, 2, 2 and censored at 2.

    Expected are 1/5 for the first, and 1/5 + 2/4 a unit of hazard for those who lived to 2.
    """
    risk = np.log([1.0, 2.0, 1.0, 1.0])
    found = MartingaleResiduals(np.array([1.0, 2, 2, 2]), np.array([True, True, True, False]))(risk)
    assert np.allclose(found, [1 - 0.2, 1 - 2 * 0.7, 1 - 0.7, -0.7])


def test_residuals_sum_to_nothing_in_any_order():
    """Property of the score at any risk; and a patient's residual does not hang on the order of the rows."""
    Z, time, event = _patients(200, 2, tied=True)
    order = np.random.default_rng(5).permutation(200)
    found = MartingaleResiduals(time, event)(Z[:, 0])
    assert abs(found.sum()) < 1e-10
    assert np.allclose(MartingaleResiduals(time[order], event[order])(Z[order, 0]), found[order])
