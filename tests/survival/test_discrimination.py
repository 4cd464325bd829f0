"""C-indices and areas against scikit-survival, and what the bootstrap means."""

import numpy as np
import pytest

from genorx.errors import SupportError
from genorx.survival import harrell_c, time_dependent_auc, uno_c
from genorx.survival.resampling import bootstrap_counts


def _tied(n=500, seed=1):
    rng = np.random.default_rng(seed)
    time, censor = np.ceil(rng.exponential(5, n) * 4) / 4, np.ceil(rng.exponential(8, n) * 4) / 4
    risk = np.round(-np.log(time) + rng.normal(size=n), 1)
    return np.minimum(time, censor), time <= censor, risk


def test_scores_are_those_of_scikit_survival_with_ties_in_times_and_risks():
    """Independent library: sksurv.metrics on quarter-rounded times and tenth-rounded risks."""
    from sksurv import metrics
    from sksurv.util import Surv

    time, event, risk = _tied()
    y = Surv.from_arrays(event, time)
    assert harrell_c(time, event, risk).estimate == pytest.approx(
        metrics.concordance_index_censored(event, time, risk)[0]
    )
    assert uno_c(time, event, risk, horizon=8.0).estimate == pytest.approx(
        metrics.concordance_index_ipcw(y, y, risk, tau=8.0)[0]
    )
    assert time_dependent_auc(time, event, risk, horizon=6.0).estimate == pytest.approx(
        metrics.cumulative_dynamic_auc(y, y, risk, [6.0])[0][0]
    )


def test_a_bootstrap_count_means_repeating_the_patient():
    """Each bootstrap value of Harrell's C is that of the sample in which patients stand as often as counted."""
    time, event, risk = _tied(60)
    time, risk = time + np.arange(60) * 1e-6, risk + np.arange(60) * 1e-3  # no ties: copies of one patient are no pair
    counts = bootstrap_counts(60, 3, seed=4)
    result = harrell_c(time, event, risk, counts=counts)
    for drawn, value in zip(counts[1:].astype(int), result.draws, strict=True):
        rows = np.repeat(np.arange(60), drawn)
        assert value == pytest.approx(harrell_c(time[rows], event[rows], risk[rows]).estimate)


def test_interval_holds_the_estimate_and_narrows_with_patients():
    """Property of a bootstrap interval: width falls about as one over root n (here 4 times the patients)."""
    small = harrell_c(*_tied(150), n_boot=200)
    large = harrell_c(*_tied(600), n_boot=200)
    assert small.lower < small.estimate < small.upper
    assert 0.35 < (large.upper - large.lower) / (small.upper - small.lower) < 0.7


def test_risk_turned_round_gives_one_minus_the_score():
    """Symmetry of pair counting."""
    time, event, risk = _tied(200)
    assert harrell_c(time, event, -risk).estimate == pytest.approx(1 - harrell_c(time, event, risk).estimate)


def test_patients_without_events_cannot_be_compared():
    """No comparable pair: refused, exit status 4."""
    with pytest.raises(SupportError) as caught:
        harrell_c([1, 2, 3], [0, 0, 0], [1, 2, 3])
    assert caught.value.code == "no-pairs"
    with pytest.raises(SupportError):
        time_dependent_auc([1, 2, 3], [0, 0, 1], [1, 2, 3], horizon=1.5)
