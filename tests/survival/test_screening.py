"""Measures of a screening rule: by hand, against one sample's curves and an independent library, and known truth."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx.datasets import make_screening_cohort
from genorx.errors import HorizonError, InputError, SupportError, UsageError
from genorx.survival import (
    censoring_weights,
    cumulative_incidence,
    evaluate_screening,
    kaplan_meier,
    plot_net_benefit,
    plot_risk_calibration,
)
from genorx.survival.resampled_curves import FollowUp, weighted_auc
from genorx.survival.weighted_logistic import fit_logistic, natural_spline, sandwich_errors

THRESHOLDS = (0.01, 0.0151, 0.02, 0.05)


@pytest.fixture
def people():
    """400 people with tied times, two causes and censoring; risks with ties."""
    rng = np.random.default_rng(3)
    time = np.ceil(rng.exponential(5, 400) * 2) / 2
    return rng.integers(1, 60, 400) / 100, time, rng.choice(3, 400, p=[0.4, 0.25, 0.35])


@pytest.fixture(scope="module")
def cohort():
    return make_screening_cohort(20_000, seed=1000)


@pytest.fixture(scope="module")
def found(cohort):
    people = cohort.people
    columns = (people[name] for name in ("risk", "time", "cause"))
    return evaluate_screening(*columns, horizon=6, thresholds=THRESHOLDS, n_boot=60)


def test_incidence_of_every_sample_is_that_of_aalen_johansen(people):
    """Each sample written out person by person, with ``cumulative_incidence``, which R's survival agrees with."""
    _, time, cause = people
    follow_up = FollowUp.sort(time, cause, 6.0)
    counts = np.random.default_rng(0).multinomial(400, np.full(400, 1 / 400), size=5).astype(float)
    made = follow_up.incidence(counts, of=1)
    for sample, each in zip(counts, made, strict=True):
        drawn = np.repeat(np.arange(400), sample.astype(int))
        curve = cumulative_incidence(follow_up.time[drawn], follow_up.cause[drawn])
        assert each == pytest.approx(float(curve.at(6.0)), abs=1e-12)


def test_incidence_of_a_group_is_that_of_its_members_alone(people):
    _, time, cause = people
    follow_up = FollowUp.sort(time, cause, 6.0)
    members = np.arange(400) % 3 == 0
    alone = cumulative_incidence(follow_up.time[members], follow_up.cause[members])
    found = follow_up.incidence(np.ones((1, 400)), members=members)
    assert found[0] == pytest.approx(float(alone.at(6.0)), abs=1e-12)
    assert np.isnan(follow_up.incidence(np.ones((1, 400)), members=np.zeros(400, bool)))[0]


def test_weights_are_those_of_one_sample_written_out(people):
    """``censoring_weights`` of the drawn people, which has no floor to reach here; they add up to the number of people.

    At a horizon at which nobody is censored the weights of all who are known add up to all people.
    """
    _, time, cause = people
    follow_up = FollowUp.sort(time, cause, 4.2)
    counts = np.random.default_rng(1).multinomial(400, np.full(400, 1 / 400), size=3).astype(float)
    made = follow_up.weights(counts)
    for sample, row in zip(counts, made, strict=True):
        drawn = np.repeat(np.arange(400), sample.astype(int))
        theirs = censoring_weights(follow_up.time[drawn], (follow_up.cause[drawn] > 0).astype(float), horizon=4.2)
        mine = np.zeros(400)
        mine[follow_up.known] = row
        np.testing.assert_allclose(mine, np.bincount(drawn, weights=theirs, minlength=400), atol=1e-12)
        assert row.sum() == pytest.approx(400)


def test_who_is_censored_at_the_very_horizon_was_followed_up_to_it():
    """By hand: administrative end at 2; without drop-out before, everybody's state is known and weighs 1."""
    follow_up = FollowUp.sort(np.array([1.0, 2.0, 2.0, 2.0]), np.array([1, 0, 0, 0]), 2.0)
    assert follow_up.weights(np.ones((1, 4))).tolist() == [[1.0, 1.0, 1.0, 1.0]]


def test_auc_counts_pairs_ties_half():
    """By hand: cases at risks 3 (weight 2) and 1, others at 1 (weight 3) and 2: (2 x 4 + 1 x 3 / 2) / (3 x 4)."""
    risk, case = np.array([3.0, 1.0, 1.0, 2.0]), np.array([True, True, False, False])
    weight = np.array([[2.0, 1.0, 3.0, 1.0]])
    assert weighted_auc(risk, case, weight)[0] == pytest.approx((2 * 4 + 1.5) / 12)


def test_a_death_of_another_cause_is_a_control():
    """Without censoring the AUC is Mann-Whitney's of the cancer against everybody else."""
    rng = np.random.default_rng(0)
    risk, cause = rng.random(300).round(2), rng.choice([1, 2], 300, p=[0.3, 0.7])
    cause = np.where(rng.random(300) < 0.4, 0, cause)
    time = np.where(cause > 0, rng.uniform(0, 5, 300), 8.0)
    from scipy.stats import mannwhitneyu

    case = cause == 1
    pairs = mannwhitneyu(risk[case], risk[~case]).statistic / (case.sum() * (~case).sum())
    assert evaluate_screening(risk, time, cause, horizon=6, n_boot=0).auc.estimate == pytest.approx(pairs)


def test_logistic_regression_is_that_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(500, 2)), rng.gamma(2, 1, (3, 500))
    y = (rng.random(500) < 1 / (1 + np.exp(1 - x[:, 0]))).astype(float)
    design = np.column_stack([np.ones(500), x])
    found = fit_logistic(design, y, weight, np.zeros(3))
    for row, each in zip(weight, found, strict=True):
        theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x, y, sample_weight=row)
        assert each == pytest.approx([*theirs.intercept_, *theirs.coef_[0]], abs=1e-5)


def test_separated_outcomes_and_repeated_columns_have_no_solution():
    x = np.linspace(-1, 1, 40)
    design = np.column_stack([np.ones(40), x])
    assert np.isnan(fit_logistic(design[:, [0, 0]], (x > 0.3).astype(float), np.ones((1, 40)), np.zeros(2))).all()
    assert np.isnan(fit_logistic(design, (x > 0).astype(float), np.ones((1, 40)), np.zeros(2))).all()


def test_sandwich_error_of_a_share_is_its_binomial_error():
    """By hand: of a log odds with equal weights, 1 / sqrt(n p (1 - p))."""
    y = np.array([1.0] * 30 + [0.0] * 70)
    found = np.array([np.log(30 / 70)])
    error = sandwich_errors(np.ones((100, 1)), y, np.ones(100), found)
    assert error[0] == pytest.approx(1 / np.sqrt(100 * 0.3 * 0.7))


def test_a_natural_spline_is_a_line_beyond_its_knots_and_smooth_between():
    knots = np.array([-2.0, -0.5, 0.5, 2.0])
    grid = np.linspace(-6, 6, 4801)
    basis = natural_spline(grid, knots)
    assert basis.shape == (4801, 4)
    bend = np.diff(basis, 2, axis=0) / (grid[1] - grid[0]) ** 2
    outside = (np.abs(grid[1:-1]) > 2.01)[:, None]
    np.testing.assert_allclose(np.where(outside, bend, 0.0), 0.0, atol=1e-6)
    assert np.abs(np.diff(bend, axis=0)).max() < 0.02  # the second derivative does not jump
    assert natural_spline(grid, knots[:2]).shape == (4801, 2)


def test_every_measure_is_near_the_truth_of_a_made_cohort(cohort, found):
    """Limits for cohorts of 20,000: O/E 0.12 here, AUC 0.03, slope 0.15, ICI 0.004, net benefit 0.004, shares exact."""
    truth = cohort.truth(THRESHOLDS)
    assert abs(found.oe.estimate - truth["oe"]) < 0.12
    assert found.oe.upper - found.oe.lower < 0.28
    for name, limit in (("auc", 0.03), ("slope", 0.15), ("ici", 0.004)):
        assert abs(getattr(found, name).estimate - truth[name]) < limit
    for each in found.thresholds:
        true = truth["thresholds"][each.threshold]
        assert each.screened == true["screened"]
        assert abs(each.net_benefit.estimate - true["net_benefit"]) < 0.004
        assert abs(each.sensitivity.estimate - true["sensitivity"]) < 0.06


def test_the_usual_ways_of_counting_are_further_off(cohort, found):
    """Events over all people are too few, one minus Kaplan-Meier with deaths censored too many."""
    people, true = cohort.people, cohort.truth()["observed"]
    events = float(((people["cause"] == 1) & (people["time"] <= 6)).mean())
    censored = 1 - float(kaplan_meier(people["time"], people["cause"] == 1).at(6.0))
    assert events < true - 0.003
    assert censored > true
    assert abs(found.observed - true) < true - events


def test_measures_agree_with_each_other(found):
    """Definitions: missed = F1 - share x ppv, sensitivity = share x ppv / F1, net benefit at the exchange rate."""
    for each in found.thresholds:
        caught = each.screened * each.ppv.estimate
        odds = each.threshold / (1 - each.threshold)
        assert each.missed.estimate == pytest.approx(found.observed - caught)
        assert each.sensitivity.estimate == pytest.approx(caught / found.observed)
        assert each.net_benefit.estimate == pytest.approx(caught - (each.screened - caught) * odds)
        assert each.net_benefit_all == pytest.approx(found.observed - (1 - found.observed) * odds)
        assert each.number_needed_to_screen == pytest.approx(1 / each.ppv.estimate)
        assert each.net_benefit.lower <= each.net_benefit.estimate <= each.net_benefit.upper


def test_the_interval_of_observed_over_expected_is_on_the_log_scale(people):
    """By hand: exp(+- 1.96 se / F1) of the Aalen-Johansen curve."""
    risk, time, cause = people
    curve = cumulative_incidence(time, cause)
    observed, error = float(curve.at(6.0)), float(curve.std_error_at(6.0))
    oe = evaluate_screening(risk, time, cause, horizon=6, n_boot=0).oe
    assert oe.estimate == pytest.approx(observed / risk.mean())
    assert oe.lower == pytest.approx(oe.estimate * np.exp(-1.959964 * error / observed), rel=1e-6)
    assert oe.upper == pytest.approx(oe.estimate * np.exp(1.959964 * error / observed), rel=1e-6)


def test_the_shared_cohort_is_met_within_the_same_limits(shared):
    """early_detection/truth.json: made with another program."""
    home = shared / "data" / "early_detection"
    table, truth = pd.read_csv(home / "cohort.csv"), json.loads((home / "truth.json").read_text())
    cuts = [float(each) for each in truth["thresholds"]]
    found = evaluate_screening(table["risk"], table["time"], table["cause"], horizon=6, thresholds=cuts, n_boot=50)
    assert found.oe.lower < truth["oe"] < found.oe.upper
    assert abs(found.auc.estimate - truth["auc"]) < 0.03
    assert abs(found.slope.estimate - 0.8) < 0.15
    for each in found.thresholds:
        true = truth["thresholds"][f"{each.threshold:g}"]
        assert each.screened == true["screened"]
        assert abs(each.net_benefit.estimate - true["net_benefit"]) < 0.004


def test_the_same_seed_gives_the_same_numbers_and_order_does_not_matter(people):
    risk, time, cause = people
    first = evaluate_screening(risk, time, cause, horizon=6, thresholds=[0.2], n_boot=20, seed=4)
    assert evaluate_screening(risk, time, cause, horizon=6, thresholds=[0.2], n_boot=20, seed=4) == first
    other = evaluate_screening(risk[::-1], time[::-1], cause[::-1], horizon=6, thresholds=[0.2], n_boot=0)
    assert other.auc.estimate == pytest.approx(first.auc.estimate, abs=1e-12)
    assert other.ici.estimate == pytest.approx(first.ici.estimate, abs=1e-8)


def test_another_cause_can_be_asked_for(people):
    risk, time, cause = people
    swapped = np.where(cause == 1, 2, np.where(cause == 2, 1, 0))
    one = evaluate_screening(risk, time, swapped, horizon=6, n_boot=0)
    other = evaluate_screening(risk, time, cause, horizon=6, of=2, n_boot=0)
    assert repr(other) == repr(one)  # limits are not a number, which equals nothing
    np.testing.assert_array_equal(other.curve, one.curve)


def test_a_threshold_that_screens_nobody_or_everybody_is_said(people):
    risk, time, cause = people
    found = evaluate_screening(risk, time, cause, horizon=6, thresholds=[0.9, 0.005], n_boot=5)
    assert [each.code for each in found.findings] == ["screening-no-choice"] * 2
    nobody, everybody = found.thresholds
    assert (nobody.screened, nobody.net_benefit.estimate, nobody.sensitivity.estimate) == (0.0, 0.0, 0.0)
    assert nobody.specificity.estimate == 1.0
    assert nobody.number_needed_to_screen is None
    assert everybody.net_benefit.estimate == pytest.approx(everybody.net_benefit_all)
    assert everybody.missed.estimate == pytest.approx(0.0, abs=1e-12)
    json.dumps(found.to_dict(), allow_nan=False)


def test_risks_of_0_and_1_are_taken_and_said(people):
    risk, time, cause = people
    found = evaluate_screening(np.where(np.arange(400) < 2, [0.0, 1.0] * 200, risk), time, cause, horizon=6, n_boot=2)
    assert "screening-risk-at-end" in {each.code for each in found.findings}
    assert np.isfinite(found.slope.estimate)


def test_one_risk_for_all_has_no_slope_and_the_samples_are_counted(people):
    _, time, cause = people
    found = evaluate_screening(np.full(400, 0.2), time, cause, horizon=6, n_boot=10)
    assert np.isnan(found.slope.estimate)
    assert found.to_dict()["slope"] == {"estimate": None, "lower": None, "upper": None}
    assert found.auc.estimate == pytest.approx(0.5)
    assert np.isfinite(found.ici.estimate)
    codes = {each.code: each.message for each in found.findings}
    assert codes["screening-samples-left-out"].startswith("10 of 10")
    assert "screening-no-curve" in codes


@pytest.mark.parametrize(
    ("change", "code", "error", "status"),
    [
        ({"risk": lambda r: np.where(np.arange(400) == 7, np.nan, r)}, "risk-missing", InputError, 3),
        ({"risk": lambda r: 100 * r}, "risk-not-fraction", InputError, 3),
        ({"risk": lambda r: r - 0.1}, "risk-not-fraction", InputError, 3),
        ({"cause": lambda c: c - 1}, "event-type", InputError, 3),
        ({"cause": lambda c: c + 0.5}, "event-type", InputError, 3),
        ({"cause": lambda c: np.where(c == 1, np.nan, c)}, "event-type", InputError, 3),
        ({"risk": lambda r: r[:-1]}, "usage", UsageError, 2),
        ({"time": lambda t: -t}, "usage", UsageError, 2),
        ({"thresholds": [0.0]}, "threshold", UsageError, 2),
        ({"thresholds": [1.51]}, "threshold", UsageError, 2),
        ({"thresholds": [float("nan")]}, "threshold", UsageError, 2),
        ({"horizon": 1000.0}, "horizon", HorizonError, 4),
        ({"horizon": 0.0}, "horizon", HorizonError, 4),
        ({"cause": lambda c: np.where(c == 1, 2, c)}, "too-few-events", SupportError, 4),
    ],
)
def test_what_cannot_be_measured_is_refused(people, change, code, error, status):
    """Codes and exit statuses."""
    risk, time, cause = people
    arrays = {"risk": risk, "time": time, "cause": cause, "horizon": 6.0, "thresholds": [0.2]}
    for name, value in change.items():
        arrays[name] = value(arrays[name]) if callable(value) else value
    with pytest.raises(error) as caught:
        evaluate_screening(**arrays, n_boot=2)
    assert (caught.value.code, caught.value.exit_code) == (code, status)


def test_figures_take_axes_and_give_them_back(found):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2)
    assert plot_risk_calibration(found, ax=axes[0]) is axes[0]
    assert plot_net_benefit(found, ax=axes[1]) is axes[1]
    assert axes[0].get_xlabel() == "Predicted risk by time 6 (%)"
    assert plot_risk_calibration(found, unit="years", ax=axes[0]).get_xlabel() == "Predicted risk by 6 years (%)"
    marked = [line for line in axes[1].get_lines() if line.get_marker() == "o"]
    assert sorted(100 * each.threshold for each in found.thresholds) == sorted(each.get_xdata()[0] for each in marked)
    plt.close(figure)
    own = plot_net_benefit(found)
    assert own.figure is not figure
    plt.close(own.figure)
