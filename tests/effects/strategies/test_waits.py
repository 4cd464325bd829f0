"""Waits from entry to the beginning of a treatment: by hand and against the Kaplan-Meier curve."""

import numpy as np
import pytest

from genorx.effects.strategies.waits import Waits
from genorx.outcomes.multistate.state_rows import Spells


def _spells(entry, exit_) -> Spells:
    n = len(entry)
    return Spells(
        state="s",
        targets=("t",),
        patient=np.arange(n),
        entry=np.asarray(entry, float),
        exit=np.asarray(exit_, float),
        cause=np.ones(n, dtype=np.int64),
    )


def test_who_leaves_before_is_no_refusal():
    """True hazards 0.02 a day to begin, 0.03 to leave: 0.632 would have begun by day 50, had none left."""
    rng = np.random.default_rng(0)
    begin, leave = rng.exponential(50, 6000), rng.exponential(33, 6000)
    entry = rng.uniform(0, 100, 6000)
    begun = np.where(begin < leave, entry + begin, np.nan)
    waits = Waits.fit(_spells(entry, entry + leave), begun, 50.0)
    assert waits.observed == pytest.approx(1 - np.exp(-1), abs=0.03)
    assert waits.last == pytest.approx(50, abs=1)
    assert np.interp(25.0, waits.times, waits.shares) == pytest.approx((1 - np.exp(-0.5)) / (1 - np.exp(-1)), abs=0.03)
    assert waits.quantiles().mean() == pytest.approx(np.trapezoid(1 - waits.shares, waits.times), rel=0.02)


def test_everybody_to_be_treated_has_begun_at_the_end():
    waits = Waits(times=np.array([0.0, 10.0, 20.0]), shares=np.array([0.0, 0.5, 1.0]), observed=0.4)
    hazard = waits.cumulative_hazard([0.0, 10.0, 15.0, 20.0, 30.0])
    np.testing.assert_allclose(hazard[:3], [0.0, np.log(2), np.log(4)])
    assert np.exp(-hazard[3]) < 1e-15
    assert Waits.from_values(waits.values()).last == 20.0


def test_nobody_began():
    assert Waits.fit(_spells([0.0, 0.0], [5.0, 6.0]), np.array([np.nan, np.nan]), None) is None
    assert Waits.fit(_spells([0.0, 0.0], [50.0, 60.0]), np.array([30.0, np.nan]), 10.0) is None
