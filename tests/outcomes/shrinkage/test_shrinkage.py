"""The fitter against lifelines and scikit-survival, and against simulated truth."""

import numpy as np
import pandas as pd
import pytest

from genorx._core.disclosure import round_step
from genorx.errors import SupportError, UsageError
from genorx.outcomes import fit_cox, fit_logistic
from genorx.outcomes.shrinkage.baseline import coarse_times, span_arrays, spans_from, spread_out
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood

BETA = np.array([0.5, -0.3, 0.0, 0.2])


def _survival(n=400, seed=0, beta=BETA, ties=True):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n, beta.size))
    time, censor = rng.exponential(np.exp(-Z @ beta)), rng.exponential(2, n)
    end = np.minimum(time, censor)
    return Z, (np.ceil(end * 10) / 10 if ties else end), time <= censor


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_unpenalised_and_ridge_fits_are_those_of_scikit_survival(ties):
    """Independent library: CoxPHSurvivalAnalysis with alpha 0 and 50, tied times."""
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.util import Surv

    Z, time, event = _survival()
    y = Surv.from_arrays(event, time)
    free = fit_cox(Z, time, event, group=[-1] * 4, ties=ties)
    ridge = fit_cox(Z, time, event, group=[0] * 4, penalty={0: 50.0}, group_means=False, ties=ties)
    assert free.beta == pytest.approx(CoxPHSurvivalAnalysis(ties=ties).fit(Z, y).coef_, abs=1e-5)
    assert ridge.beta == pytest.approx(CoxPHSurvivalAnalysis(ties=ties, alpha=50).fit(Z, y).coef_, abs=1e-6)


@pytest.mark.parametrize("option", ["entry", "strata", "weights"])
def test_late_entry_strata_and_weights_are_those_of_lifelines(option):
    """Independent library: CoxPHFitter (Efron), coefficients and standard errors."""
    from lifelines import CoxPHFitter

    Z, time, event = _survival()
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(Z, columns=list("abcd")).assign(T=time, E=event)
    if option == "entry":
        frame["entry"] = np.round(np.minimum(time - 0.05, rng.exponential(0.1, 400)), 2).clip(0)
        theirs = CoxPHFitter().fit(frame, "T", "E", entry_col="entry")
        ours = fit_cox(Z, time, event, group=[-1] * 4, entry=frame["entry"])
    elif option == "strata":
        frame["s"] = rng.integers(0, 3, 400)
        theirs = CoxPHFitter().fit(frame, "T", "E", strata="s")
        ours = fit_cox(Z, time, event, group=[-1] * 4, stratum=frame["s"])
    else:
        frame["w"] = rng.integers(1, 4, 400)
        theirs = CoxPHFitter().fit(frame, "T", "E", weights_col="w")
        ours = fit_cox(Z, time, event, group=[-1] * 4, weights=frame["w"])
    assert ours.beta == pytest.approx(theirs.params_.to_numpy(), abs=1e-5)
    if option != "weights":  # lifelines' weighted errors are robust ones
        assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(theirs.standard_errors_.to_numpy(), rel=1e-4)


def test_rows_cut_in_two_give_the_same_fit():
    """Start-stop rows of one patient are the patient: coefficients and baseline do not change."""
    Z, time, event = _survival(200)
    cut = 0.6 * time
    whole = fit_cox(Z, time, event, group=[0] * 4)
    parts = fit_cox(
        np.vstack([Z, Z]),
        np.concatenate([cut, time]),
        np.concatenate([np.zeros(200), event]),
        group=[0] * 4,
        entry=np.concatenate([np.zeros(200), cut]),
    )
    assert parts.beta == pytest.approx(whole.beta, abs=1e-5)
    assert parts.cumulative_hazard([0.5]) == pytest.approx(whole.cumulative_hazard([0.5]), rel=1e-4)


def test_event_at_the_start_of_a_row_stays_in_its_own_risk_set():
    """Time = entry = 0 with an event; alone at risk gives likelihood 0, not infinity."""
    value, _, _ = PartialLikelihood(np.ones((1, 1)), np.zeros(1), np.ones(1, bool), entry=np.zeros(1))(np.zeros(1))
    assert value == 0.0


def test_gradient_and_information_are_the_derivatives():
    """Numerical derivatives of the value, with entry, strata, weights and ties at once."""
    Z, time, event = _survival(150)
    rng = np.random.default_rng(2)
    likelihood = PartialLikelihood(
        Z, time, event, entry=time * rng.random(150), stratum=rng.integers(0, 2, 150), weights=rng.uniform(0.5, 2, 150)
    )
    _, gradient, information = likelihood(BETA)
    step = 1e-5
    sides = [(likelihood(BETA + step * unit), likelihood(BETA - step * unit)) for unit in np.eye(4)]
    assert gradient == pytest.approx([(up[0] - down[0]) / (2 * step) for up, down in sides], abs=1e-5)
    assert information == pytest.approx(np.array([(down[1] - up[1]) / (2 * step) for up, down in sides]), abs=1e-5)


def test_columns_that_are_the_same_or_zero_within_a_stratum_change_nothing():
    """By hand: with a stratum an option and products, each stratum is a likelihood of its own in main + own product."""
    Z, time, event = _survival(150)
    option = np.random.default_rng(3).integers(0, 2, 150)
    wide = np.column_stack([Z, Z * (option == 1)[:, None]])
    beta = np.concatenate([BETA, 0.3 * BETA[::-1]])
    value, gradient, information = PartialLikelihood(wide, time, event, stratum=option)(beta)
    one, two = (PartialLikelihood(Z[option == k], time[option == k], event[option == k]) for k in (0, 1))
    first, second = one(beta[:4]), two(beta[:4] + beta[4:])
    assert value == pytest.approx(first[0] + second[0])
    assert gradient == pytest.approx(np.concatenate([first[1] + second[1], second[1]]))
    assert information == pytest.approx(np.block([[first[2] + second[2], second[2]], [second[2], second[2]]]))


def test_group_variances_and_means_are_recovered():
    """Known truth, 8 samples: sd 0.3 and 0.1 (mean 0.1) and 0: estimates near, and in order."""
    group = np.repeat([0, 1, 2], [20, 40, 40])
    found = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        beta = np.concatenate([rng.normal(0, 0.3, 20), rng.normal(0.1, 0.1, 40), np.zeros(40)])
        fit = fit_cox(*_survival(1000, seed + 50, beta, ties=False), group=group)
        found.append([*(fit.penalty[g] ** -0.5 for g in range(3)), fit.group_mean[1]])
    large, small, none, mean = np.mean(found, axis=0)
    assert large == pytest.approx(0.3, abs=0.06)
    assert small == pytest.approx(0.1, abs=0.04)
    assert none < 0.03
    assert mean == pytest.approx(0.1, abs=0.02)


def test_draws_of_survival_cover_the_truth():
    """Known truth, 40 samples: 95 % intervals of survival at 0.5 hold it in 90 to 99 % of patients."""
    inside = []
    for seed in range(40):
        rng = np.random.default_rng(1000 + seed)
        beta = rng.normal(0, 0.25, 15)
        Z, time, event = _survival(300, seed, beta, ties=False)
        fit = fit_cox(Z, time, event, group=[0] * 15, group_means=False)
        new = rng.normal(size=(20, 15))
        drawn = fit.sample_survival(new, [0.5], fit.draw(300, rng))[:, :, 0]
        truth = np.exp(-0.5 * np.exp(new @ beta))
        lower, upper = np.percentile(drawn, [2.5, 97.5], axis=0)
        inside.append(np.mean((lower <= truth) & (truth <= upper)))
    assert 0.90 <= np.mean(inside) <= 0.99


def test_one_strong_column_among_many_survives_under_heavy_tails():
    """1 marker among 100; the heavy-tailed mode keeps more of it than the normal prior."""
    beta = np.zeros(100)
    beta[7] = 0.8
    Z, time, event = _survival(400, 3, beta)
    normal = fit_cox(Z, time, event, group=[0] * 100)
    heavy = fit_cox(Z, time, event, group=[0] * 100, heavy_tails=True)
    assert abs(heavy.beta[7] - 0.8) < abs(normal.beta[7] - 0.8)
    assert np.abs(np.delete(heavy.beta, 7)).mean() < np.abs(np.delete(normal.beta, 7)).mean()


def test_a_group_named_as_normal_has_no_heavy_tails():
    """Alone in its group with a prior standard deviation of 1, an effect of 0.5 keeps what the normal prior leaves."""
    Z, time, event = _survival(150, 5)
    stated = {"group": [0, 0, 0, 1], "penalty": {0: 1.0, 1: 1.0}}
    normal = fit_cox(Z, time, event, **stated)
    heavy = fit_cox(Z, time, event, heavy_tails=True, **stated)
    mixed = fit_cox(Z[:, [3]], time, event, group=[1], penalty={1: 1.0}, heavy_tails=True, normal_groups=[1])
    alone = fit_cox(Z[:, [3]], time, event, group=[1], penalty={1: 1.0})
    assert abs(heavy.beta[3]) < abs(normal.beta[3])
    np.testing.assert_allclose(mixed.beta, alone.beta, rtol=1e-9)
    np.testing.assert_allclose(mixed.std_error, alone.std_error, rtol=1e-9)


def test_risk_sets_that_rounding_left_nothing_of_are_no_likelihood():
    """A late row of a huge hazard is taken out of earlier risk sets: the value is the direct sum's, or missing.

    Events of one time are none here, so each term is log(hazard of who dies) - log(sum over who is at risk).
    """
    rng = np.random.default_rng(2)
    time = np.sort(rng.uniform(1.0, 5.0, 60))
    entry = np.zeros(60)
    time[-1], entry[-1] = 6.0, 5.5
    z, event = rng.normal(0.0, 0.1, 60), rng.random(60) < 0.6
    z[-1], event[-1] = 1.0, True
    likelihood = PartialLikelihood(z[:, None], time, event, entry=entry)
    for beta in (0.5, 5.0, 15.0, 30.0, 40.0, 60.0):
        value, *_ = likelihood(np.array([beta]))
        direct = sum(
            beta * z[row] - np.logaddexp.reduce(beta * z[(entry < time[row]) & (time >= time[row])])
            for row in np.flatnonzero(event)
        )
        assert np.isnan(value) or value == pytest.approx(direct, abs=1e-4)
    assert np.isfinite(likelihood(np.array([15.0]))[0])


def test_effective_numbers_lie_between_none_and_all_even_when_rounds_run_out():
    """0 <= edf <= size, since the posterior is no wider than the prior; also after 3 rounds only."""
    Z, time, event = _survival(300, beta=np.zeros(30))
    for rounds in (3, 60):
        fit = fit_cox(Z, time, event, group=np.repeat([0, 1], [10, 20]), max_rounds=rounds)
        assert 0 <= fit.edf[0] <= 10
        assert 0 <= fit.edf[1] <= 20


def test_floor_keeps_the_prior_of_the_summed_effect_wide():
    """Definition: sqrt(size / lambda) is at least the floor."""
    Z, time, event = _survival(200, beta=np.zeros(10))
    fit = fit_cox(Z, time, event, group=[0] * 10, floor={0: 0.5})
    assert np.sqrt(10 / fit.penalty[0]) >= 0.5 - 1e-9


def test_logistic_fit_is_that_of_scikit_learn():
    """Independent library: LogisticRegression with C = 1 / lambda."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    Z = rng.normal(size=(300, 4))
    value = (rng.random(300) < 1 / (1 + np.exp(-Z @ BETA - 0.3))).astype(float)
    ours = fit_logistic(Z, value, group=[0] * 4, penalty={0: 20.0}, group_means=False)
    theirs = LogisticRegression(C=1 / 20, tol=1e-10).fit(Z, value)
    assert ours.beta == pytest.approx(theirs.coef_[0], abs=1e-4)
    assert ours.intercept == pytest.approx(theirs.intercept_[0], abs=1e-4)


def test_separated_column_stays_finite():
    """A free column that tells all: a weak prior holds it, no error."""
    Z = np.repeat([[0.0], [1.0]], 50, axis=0)
    fit = fit_logistic(Z, Z[:, 0], group=[-1])
    assert np.isfinite(fit.beta).all()
    assert fit.beta[0] > 5


def test_linear_predictors_do_not_depend_on_the_other_patients():
    """To the bit: a patient alone has the answer that it has among others."""
    rng = np.random.default_rng(0)
    Z, betas = rng.normal(size=(50, 111)), rng.normal(size=(7, 111))
    whole = linear_predictors(Z, betas)
    assert all(np.array_equal(linear_predictors(Z[[row]], betas)[:, 0], whole[:, row]) for row in range(50))


def test_twenty_leave_and_three_have_the_event_between_the_times_of_a_baseline():
    """By counting; times are round, as are spans and the typical risk (0.1) of a step, and no event is lost.

    Times are 1 in 200 of follow-up or coarser, spans a 20th of that in steps as narrow as it.
    """
    Z, time, event = _survival(300, ties=False)
    base = fit_cox(Z, time, event, group=[0] * 4).baseline[0]
    ends = np.concatenate([[0.0], coarse_times(time, event)])
    assert ends.size > 6
    assert np.histogram(time, ends)[0].min() >= 20
    assert np.histogram(time[event], ends)[0].min() >= 3
    assert base.deaths.sum() == event.sum()
    spans, risks = base.spans[:, :2], base.spans[:, 2]
    assert not np.isin(spans, time).any()
    assert np.allclose(ends / round_step(ends[-1]), np.round(ends / round_step(ends[-1])))
    assert np.allclose(spans / round_step(ends[-1]) * 20, np.round(spans / round_step(ends[-1]) * 20))
    assert np.allclose(risks * 10, np.round(risks * 10))


def test_coarse_steps_meet_breslows_estimate_at_their_ends():
    """But for the last one, which takes what comes after it; areas under survival within steps nearly stay."""
    Z, time, event = _survival(300, ties=False)
    fit = fit_cox(Z, time, event, group=[0] * 4)
    exact = PartialLikelihood(Z, time, event).event_steps(fit.beta)[0]
    ends = coarse_times(time, event)
    np.testing.assert_allclose(fit.cumulative_hazard(ends)[:-1], exact.cumulative(ends)[:-1], rtol=1e-12)
    assert fit.cumulative_hazard([1e9])[0] == pytest.approx(exact.increments.sum())
    for end in ends[:-1]:
        at = np.linspace(0, end, 20001)
        area = np.trapezoid(np.exp(-exact.cumulative(at)), at)
        assert np.trapezoid(np.exp(-fit.cumulative_hazard(at)), at) == pytest.approx(area, abs=0.002 * ends[-1])


def test_early_survival_is_as_near_the_truth_as_exact_steps_are():
    """Known truth: hazards that differ a hundredfold, at times at which 1 to 10 % of all have had the event.

    The first steps are as narrow as the round times, and patients of high risk have their events early in them.
    """
    rng = np.random.default_rng(1)
    Z, new = rng.normal(size=(400, 3)), rng.normal(size=(1000, 3))
    effects = np.array([1.8, 0.6, 0.6])
    end, censored = rng.exponential(np.exp(-Z @ effects)), rng.exponential(6, 400)
    time, event = np.minimum(end, censored), end <= censored
    fit = fit_cox(Z, time, event, group=[0] * 3)
    exact = PartialLikelihood(Z, time, event).event_steps(fit.beta)[0]
    at = np.quantile(rng.exponential(np.exp(-new @ effects)), [0.01, 0.02, 0.05, 0.1])
    truth, relative = np.exp(-np.outer(np.exp(new @ effects), at)), np.exp(new @ fit.beta)

    def error(hazard):
        return np.sqrt(np.mean((np.exp(-np.outer(relative, hazard)) - truth) ** 2))

    assert error(fit.cumulative_hazard(at)) < 1.2 * error(exact.cumulative(at))


def test_survival_is_linear_within_a_span_at_its_relative_hazard():
    """By hand: hazards of 0.2 and 0.3 in spans of 1 to 3 and 4 to 5, relative hazards 2 and 1."""
    spans, values = np.array([[1, 3, np.log(2)], [4, 5, 0]]), np.array([0.2, 0.5])
    found = spread_out(spans, values, np.array([0.5, 2, 3.5, 4.5, 9]))
    middle = -np.log((1 + np.exp(-2 * 0.2)) / 2) / 2
    last = 0.2 - np.log((1 + np.exp(-0.3)) / 2)
    assert found == pytest.approx([0, middle, 0.2, last, 0.5])


def test_spans_of_earlier_files_have_a_relative_hazard_of_one():
    """By hand: half of those alive at the begin of a span who go within it have gone at its middle."""
    kept = span_arrays(np.array([[1, 3, np.log(2)]]))
    assert np.array_equal(spans_from(kept), [[1, 3, np.log(2)]])
    del kept["span_risks"]
    found = spread_out(spans_from(kept), np.array([0.2]), np.array([2.0]))
    assert found == pytest.approx([-np.log((1 + np.exp(-0.2)) / 2)])


def test_causes_choose_among_the_same_times():
    """But for the last time, at which no mean is kept: two grids a patient apart would give that patient back."""
    _, time, _ = _survival(400, ties=False)
    cause = np.random.default_rng(4).choice(3, 400, p=[0.4, 0.5, 0.1])
    everybody = coarse_times(time, np.ones(400, dtype=bool))
    for code in (1, 2):
        own = coarse_times(time, cause == code)
        assert own.size > 3
        assert np.isin(own[:-1], everybody).all()


def test_no_mean_of_fewer_than_twenty_at_risk_is_kept():
    """A stratum of one patient has the mean of all patients, not the patient's row."""
    Z, time, event = _survival(100, ties=False)
    stratum = (np.arange(100) == 7).astype(int)
    fit = fit_cox(Z, time, event | (stratum == 1), group=[0] * 4, stratum=stratum)
    np.testing.assert_allclose(fit.baseline[1].risk_means, [Z.mean(axis=0)], atol=1e-12)


def test_input_that_cannot_be_fitted_is_refused():
    """Each with its class and code."""
    Z, time, event = _survival(50)
    with pytest.raises(SupportError) as caught:
        fit_cox(Z, time, np.zeros(50), group=[0] * 4)
    assert caught.value.code == "no-events"
    with pytest.raises(UsageError) as caught:
        fit_cox(Z, time, event, group=[0] * 4, entry=time + 1)
    assert caught.value.code == "entry-after-time"
    with pytest.raises(UsageError, match="one group per column"):
        fit_cox(Z, time, event, group=[0] * 3)
    with pytest.raises(UsageError, match="missing or infinite"):
        fit_cox(np.where(Z > 2, np.nan, Z), time, event, group=[0] * 4)
    with pytest.raises(UsageError, match=r"\[1\].*\[0\]"):
        fit_cox(Z, time, event, group=[0] * 4, penalty={1: 1.0})
    with pytest.raises(UsageError) as caught:
        fit_logistic(Z, time, group=[0] * 4)
    assert caught.value.code == "not-binary"
    with pytest.raises(SupportError) as caught:
        fit_logistic(Z, np.ones(50), group=[0] * 4)
    assert caught.value.code == "no-events"
