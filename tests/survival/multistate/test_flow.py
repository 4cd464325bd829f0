"""Flow with hazards that depend on entry: against closed forms, fine matrix products and simulated paths."""

import numpy as np
import pytest
from scipy.linalg import expm

from genorx.errors import UsageError
from genorx.survival import simulate_paths
from genorx.survival.multistate.flow import Move, flow

RATES = {(0, 1): 0.02, (0, 2): 0.005, (1, 2): 0.015}


def _by_time(rate: float, n_steps: int, width: float) -> np.ndarray:
    return np.full((n_steps, 1), rate * width)


def test_constant_hazards_are_the_matrix_exponential():
    """Independent: expm(Qt) by scipy; the error falls with the square of the step."""
    generator = np.zeros((3, 3))
    for (origin, target), rate in RATES.items():
        generator[origin, target] += rate
        generator[origin, origin] -= rate
    expected = expm(generator * 100.0)[0]
    errors = []
    for n_steps in (20, 40):
        moves = [Move(source=o, target=t, by_time=_by_time(r, n_steps, 100 / n_steps)) for (o, t), r in RATES.items()]
        found = flow(moves, n_states=3, n_rows=1, n_steps=n_steps)[..., 0]
        np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-12)
        errors.append(np.abs(found[-1] - expected).max())
    assert errors[1] < 2e-4
    assert errors[1] < errors[0] / 3


def test_constant_hazards_by_age_are_the_same():
    """A constant hazard does not know which clock it runs by."""
    n_steps, width = 40, 2.5
    by_time = [Move(source=o, target=t, by_time=_by_time(r, n_steps, width)) for (o, t), r in RATES.items()]
    ages = np.arange(2 * n_steps + 1) * width / 2
    by_age = [Move(source=o, target=t, by_age=(r * ages)[:, None]) for (o, t), r in RATES.items()]
    stated = {"n_states": 3, "n_rows": 1, "n_steps": n_steps}
    np.testing.assert_allclose(flow(by_age, **stated), flow(by_time, **stated), atol=2e-4)


def test_reset_clock_agrees_with_simulated_paths():
    """Weibull hazards by time since entry: 40,000 simulated paths, standard error below 0.0025."""
    n_steps, width = 60, 2.0
    ages = np.arange(2 * n_steps + 1) * width / 2
    shapes = {(0, 1): (60.0, 1.6), (0, 2): (150.0, 0.7), (1, 2): (40.0, 0.6)}
    levels = {pair: (ages / scale) ** shape for pair, (scale, shape) in shapes.items()}
    moves = [Move(source=o, target=t, by_age=level[:, None]) for (o, t), level in levels.items()]
    found = flow(moves, n_states=3, n_rows=1, n_steps=n_steps)[..., 0].T
    fine = np.linspace(0, 120, 2401)
    exact = np.stack([(fine / scale) ** shape for scale, shape in shapes.values()])[None]
    paths = simulate_paths(exact, fine, transitions=list(shapes), n_states=3, n_paths=40_000, seed=1)
    np.testing.assert_allclose(found[:, [15, 30, 60]], paths.occupation([30, 60, 120])[0], atol=0.008)


def test_entry_time_as_covariate_agrees_with_an_integral():
    """P(dead) is the integral over the entry time of the density times 1 - exp(-hazard of the rest); by trapezoids."""
    n_steps, width = 100, 1.0
    middles = np.concatenate([[0.0], np.arange(n_steps) + 0.5]) * width
    factor = np.exp(-0.03 * middles)[:, None]
    moves = [
        Move(source=0, target=1, by_time=_by_time(0.02, n_steps, width)),
        Move(source=1, target=2, by_time=_by_time(0.05, n_steps, width), by_entry=factor),
    ]
    found = flow(moves, n_states=3, n_rows=1, n_steps=n_steps)[-1, 2, 0]
    entry = np.linspace(0, 100, 20001)
    dead = 0.02 * np.exp(-0.02 * entry) * -np.expm1(-0.05 * np.exp(-0.03 * entry) * (100 - entry))
    assert found == pytest.approx(np.trapezoid(dead, entry), abs=1e-4)


def test_everybody_begins_by_the_end_of_a_window():
    """A hazard that jumps at an age empties the state; with a window told, nothing changes."""
    n_steps, width = 50, 2.0
    ages = np.arange(2 * n_steps + 1) * width / 2
    start = np.where(ages >= 20.0, 50.0, 0.01 * ages)[:, None]
    moves = [
        Move(source=0, target=1, by_time=_by_time(0.03, n_steps, width)),
        Move(source=1, target=2, by_age=start),
        Move(source=1, target=3, by_time=_by_time(0.01, n_steps, width)),
        Move(source=2, target=3, by_time=_by_time(0.002, n_steps, width)),
    ]
    stated = {"n_states": 4, "n_rows": 1, "n_steps": n_steps}
    plain = flow(moves, **stated)
    np.testing.assert_allclose(flow(moves, **stated, windows={1: 11}), plain, atol=1e-12)
    waiting = plain[-1, 1, 0]
    assert waiting < 0.03 * 22  # nobody who entered more than 20 ago, at 0.03 a day
    np.testing.assert_allclose(plain.sum(axis=1), 1.0, atol=1e-12)


def test_paths_share_random_numbers():
    """With one seed and hazards that are the same in a state, paths leave it at the same times."""
    ages = np.linspace(0, 50, 51)
    pairs = [(0, 1), (1, 2)]
    one = np.stack([0.05 * ages, 0.1 * ages])[None]
    other = np.stack([0.05 * ages, 0.2 * ages])[None]
    first, second = (simulate_paths(each, ages, transitions=pairs, n_states=3, seed=4) for each in (one, other))
    np.testing.assert_array_equal(first.entered[..., 1], second.entered[..., 1])
    known = np.isfinite(first.left[..., 1]) & np.isfinite(second.left[..., 1])
    stay = [(paths.left[..., 1][known] - paths.entered[..., 1][known]) for paths in (first, second)]
    assert known.sum() > 500
    np.testing.assert_allclose(stay[0], 2 * stay[1])


def test_rings_and_wrong_shapes_are_refused():
    with pytest.raises(UsageError):
        flow([Move(source=1, target=0, by_time=np.zeros((2, 1)))], n_states=2, n_rows=1, n_steps=2)
    with pytest.raises(UsageError):
        flow([Move(source=0, target=1)], n_states=2, n_rows=1, n_steps=2)
    with pytest.raises(UsageError):
        simulate_paths(np.zeros((1, 1, 2)), [0.0, 1.0], transitions=[(1, 0)], n_states=2)
    with pytest.raises(UsageError):
        simulate_paths(np.zeros((1, 1, 3)), [0.0, 1.0], transitions=[(0, 1)], n_states=2)
    with pytest.raises(UsageError):
        simulate_paths(np.zeros((1, 1, 2)), [1.0, 2.0], transitions=[(0, 1)], n_states=2)
