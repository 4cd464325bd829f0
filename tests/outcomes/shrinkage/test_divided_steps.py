"""Draws of a baseline in few steps hold how uncertain it is when the events of a step happen."""

import numpy as np
import pytest

from genorx.outcomes import fit_cox
from genorx.outcomes.shrinkage.baseline import divided
from genorx.survival import restricted_mean

SPANS = np.array([[0.0, 10.0, 0.5], [10.0, 10.0, 0.0], [12.0, 30.0, -0.2]])
DEATHS = np.array([6.0, 3.0, 9.0])


def drawn_steps(n_draws=500):
    return np.random.default_rng(1).gamma(DEATHS, 0.05, size=(n_draws, 3))


def test_a_divided_step_keeps_its_whole_and_its_ends():
    """By construction; a step without width, and one of hazard 0, are divided without a number that is not finite."""
    steps = drawn_steps()
    steps[0] = 0.0
    spans, parts = divided(SPANS, steps, DEATHS, np.random.default_rng(2))
    assert np.isfinite(parts).all()
    assert (parts >= 0).all()
    np.testing.assert_allclose(parts.reshape(500, 3, -1).sum(axis=2), steps, rtol=1e-12)
    per_step = spans.reshape(3, -1, 3)
    np.testing.assert_array_equal(per_step[:, 0, 0], SPANS[:, 0])
    np.testing.assert_array_equal(per_step[:, -1, 1], SPANS[:, 1])
    assert (per_step[:, 1:, 0] == per_step[:, :-1, 1]).all()


def test_many_steps_are_taken_as_they_are():
    edges = np.arange(11.0)
    spans = np.column_stack([edges[:-1], edges[1:], np.zeros(10)])
    steps = np.full((3, 10), 0.1)
    found = divided(spans, steps, np.full(10, 5.0), np.random.default_rng(0))
    assert found[0] is spans
    assert found[1] is steps


@pytest.mark.parametrize(("n_patients", "nearness"), [(40, 0.35), (60, 0.12), (120, 0.08)])
def test_areas_under_drawn_curves_spread_as_greenwood_has_it(n_patients, nearness):
    """Greenwood's standard error of the restricted mean; undivided, the draws had 0.3, 0.9 and 0.97 of it."""
    ratios = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        time, censored = rng.exponential(24, n_patients), rng.uniform(12, 60, n_patients)
        event, seen = time <= censored, np.minimum(time, censored)
        fit = fit_cox(rng.normal(size=(n_patients, 1)), seen, event, group=np.zeros(1, dtype=int))
        grid = np.linspace(0, 24, 97)
        alive = np.exp(-fit.draw(1000, np.random.default_rng(seed)).cumulative(grid))
        areas = ((alive[:, 1:] + alive[:, :-1]) / 2 * grid[1]).sum(axis=1)
        ratios.append(areas.std() / restricted_mean(seen, event, horizon=24).std_error)
    assert np.mean(ratios) == pytest.approx(1, abs=nearness)
