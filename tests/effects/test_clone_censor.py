"""Clones with censoring weights: known truth, immortal time, refusals."""

import numpy as np
import pandas as pd
import pytest

from genorx.effects import clone_censor_difference
from genorx.errors import HorizonError, InputError, SupportError, UsageError
from genorx.survival import kaplan_meier


def _made(n=3000, *, effect=0.0, until=np.inf, pace=0.15, seed=0):
    """Exponential survival (0.05 exp(0.7 x)); treatment begins at a rate of pace exp(0.7 x), hazard ratio after it."""
    rng = np.random.default_rng(seed)
    index = pd.Index([f"P{i:05d}" for i in range(n)])
    x = rng.normal(size=n)
    begun = rng.exponential(1 / (pace * np.exp(0.7 * x)))
    begun = np.where(begun < until, begun, 1e9)
    draw, rate = rng.exponential(size=n), 0.05 * np.exp(0.7 * x)
    death = np.where(draw / rate < begun, draw / rate, begun + (draw - rate * begun) / (rate * np.exp(effect)))
    end = rng.uniform(20, 40, n)
    y = pd.DataFrame({"time": np.minimum(death, end), "event": death <= end}, index=index)
    start = pd.Series(np.where(begun < y["time"], begun, np.nan), index=index)
    return pd.DataFrame({"x": x}, index=index), y, start, rate


def test_without_an_effect_no_difference_is_found_where_naive_groups_differ():
    """Truth 0.  The sick are treated, and the treated had to live: both are undone."""
    X, y, start, _ = _made()
    found = clone_censor_difference(X, y, start, grace=6, horizon=18, n_boot=20)
    assert abs(found.estimate) < 2.5 * found.std_error
    assert found.std_error < 0.8


def test_a_true_effect_is_found():
    """Truth by integration over x; nobody begins after the grace period, so that the untreated never do."""
    X, y, start, rate = _made(4000, effect=-1.0, until=6.0, seed=1)
    found = clone_censor_difference(X, y, start, grace=6, horizon=18, n_boot=20)
    grid = np.linspace(0, 18, 181)
    never = np.trapezoid(np.exp(-rate[:, None] * grid), grid, axis=1).mean()
    assert found.untreated == pytest.approx(never, abs=0.35)
    at_once = np.trapezoid(np.exp(-np.exp(-1) * rate[:, None] * grid), grid, axis=1).mean()
    assert found.untreated + 1 < found.treated < at_once
    assert found.lower > 0
    assert any("given: x" in text for text in found.assumptions)


def test_with_waits_as_observed_the_treated_begin_as_early_as_those_who_did():
    """Truth: everybody survives at the own rate until a wait drawn from those that were drawn, then at exp(-1) of it.

    By integration for each patient and 200 waits; "latest" begins later, so that an effect helps less.
    """
    X, y, start, rate = _made(4000, effect=-1.0, until=6.0, seed=1)
    stated = {"grace": 6, "horizon": 18, "n_boot": 0}
    found = clone_censor_difference(X, y, start, waits="observed", **stated)
    share = 1 - kaplan_meier(np.minimum(start.fillna(99), np.minimum(y["time"], 6)), start < 6).at(
        np.linspace(0, 6, 61)
    )
    waits = np.interp((np.arange(200) + 0.5) / 200, share / share[-1], np.linspace(0, 6, 61))
    alone = np.exp(-rate[:, None] * waits)
    after = alone * -np.expm1(-np.exp(-1) * rate[:, None] * (18 - waits)) / (np.exp(-1) * rate[:, None])
    truth = ((1 - alone) / rate[:, None] + after).mean()
    assert found.treated == pytest.approx(truth, abs=0.15)
    latest = clone_censor_difference(X, y, start, **stated)
    assert found.untreated == latest.untreated
    assert latest.treated < truth - 0.25


def test_waits_as_observed_rest_on_more_patients_than_those_of_the_last_interval():
    """Truth 0.  Few begin in the last twelfth, and each would stand for all who had not begun by then."""
    X, y, start, _ = _made(600, until=6.0, pace=0.04, seed=3)
    stated = {"grace": 6, "horizon": 18, "n_boot": 30}
    observed, latest = (clone_censor_difference(X, y, start, waits=name, **stated) for name in ("observed", "latest"))
    assert abs(observed.estimate) < 2.5 * observed.std_error
    assert observed.std_error < latest.std_error
    assert observed.largest_weight < latest.largest_weight


@pytest.mark.parametrize("waits", ["latest", "observed"])
def test_a_treatment_that_begins_after_the_state_was_left_is_not_of_the_strategy(waits):
    """A patient who left the state untreated adheres to both strategies, so that a later start changes nothing."""
    X, y, start, _ = _made(600)
    left = pd.Series(np.random.default_rng(4).exponential(8.0, len(X)), index=X.index)
    inside = start.where(start <= left)
    assert (start.notna() & inside.isna()).sum() > 50
    stated = {"grace": 6, "horizon": 18, "n_boot": 0, "left": left, "waits": waits}
    with_later, without = (clone_censor_difference(X, y, each, **stated) for each in (start, inside))
    for name in ("estimate", "treated", "untreated", "began", "censored", "largest_weight"):
        assert getattr(with_later, name) == getattr(without, name)


def test_the_same_seed_gives_the_same_numbers_in_any_order():
    X, y, start, _ = _made(400)
    one = clone_censor_difference(X, y, start, grace=6, horizon=18, n_boot=5, seed=3)
    other = clone_censor_difference(
        X.iloc[::-1], y, start.sample(frac=1, random_state=0), grace=6, horizon=18, n_boot=5, seed=3
    )
    assert one == other


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"grace": 30}, UsageError, "grace"),
        ({"waits": "early"}, UsageError, "usage"),
        ({"horizon": 400}, HorizonError, "horizon"),
        ({"start": pd.Series(dtype=float)}, SupportError, "too-few-events"),
        ({"time": -1.0}, InputError, "time-negative"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_code(change, error, code):
    X, y, start, _ = _made(200)
    y = y.assign(time=change["time"]) if "time" in change else y
    with pytest.raises(error) as caught:
        clone_censor_difference(
            X,
            y,
            change.get("start", start),
            waits=change.get("waits", "latest"),
            grace=change.get("grace", 6),
            horizon=change.get("horizon", 18),
            n_boot=2,
        )
    assert caught.value.code == code


def test_who_left_the_state_untreated_keeps_to_both_strategies():
    """By hand: nobody's outcome depends on treatment, and half leave the state early and live long.

    Dropped from the treated clones at the end of the grace period (as who refused), the others would stand for all and
    the difference be far below 0; followed on, it is about 0.
    """
    rng = np.random.default_rng(4)
    n = 1500
    healthy = rng.random(n) < 0.5
    X = pd.DataFrame(
        {"x": rng.normal(size=n), "healthy": healthy.astype(float)}, index=[f"P{number:04d}" for number in range(n)]
    )
    time = np.where(healthy, 200.0 + rng.uniform(0, 100, n), 12.0 + rng.exponential(60, n))
    y = pd.DataFrame({"time": time, "event": ~healthy}, index=X.index)
    left = pd.Series(np.where(healthy, rng.uniform(0, 6, n), np.nan), index=X.index)
    begun = rng.exponential(10, n)
    start = pd.Series(np.where(begun < np.fmin(left, time), begun, np.nan), index=X.index)
    stated = {"grace": 12.0, "horizon": 150.0, "n_boot": 20}
    followed = clone_censor_difference(X, y, start, left=left, **stated)
    assert abs(followed.estimate) < 3 * followed.std_error + 3
    dropped = clone_censor_difference(X, y, start, **stated)
    assert abs(dropped.estimate) > 3 * abs(followed.estimate) + 5


def test_who_leaves_the_state_within_an_interval_stands_for_no_more_than_before():
    """Truth 0: treatment changes nothing, and who leaves the state can begin no more and soon dies.

    Weighed by whole intervals, those who left stood for too many of the untreated: the mean difference of these four
    cohorts was 0.6.
    """
    found = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        index = pd.Index([f"P{number:04d}" for number in range(3000)])
        X = pd.DataFrame({"x": rng.normal(size=3000)}, index=index)
        gone = rng.exponential(8.0, 3000)
        death = np.minimum(rng.exponential(100.0, 3000), gone + rng.exponential(2.0, 3000))
        begun = rng.exponential(6.0, 3000)
        y = pd.DataFrame({"time": np.minimum(death, 40.0), "event": death <= 40.0}, index=index)
        left = pd.Series(np.where(gone < y["time"], gone, np.nan), index=index)
        start = pd.Series(np.where(begun < np.minimum(gone, death), begun, np.nan), index=index)
        found += [
            clone_censor_difference(X, y, start, grace=12, horizon=36, left=left, waits=waits, n_boot=0).estimate
            for waits in ("observed", "latest")
        ]
    assert abs(np.mean(found)) < 0.25
