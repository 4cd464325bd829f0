"""Numbers of survival curves without the curves: those that the curves have."""

import numpy as np
import pytest

from genorx.datasets import make_trial
from genorx.effects import SurvivalEffect
from genorx.effects.curve_numbers import CurveRequest, area_under, medians

TIMES = np.linspace(0, 36, 73)


@pytest.fixture(scope="module")
def fitted():
    trial = make_trial(200, genes=2, missing=0.1, seed=5)
    model = SurvivalEffect(horizon=36, reference="standard", randomised=True, n_draws=20)
    return model.fit(trial.features, trial.outcomes[["time", "event"]], treatment=trial.treatment), trial.features


def test_numbers_are_those_of_the_curves(fitted):
    """The area is numpy's, to 14 digits: how it sums hangs on the shape of what it is given."""
    model, X = fitted
    X = X.iloc[:12]
    curves = model.sample(X, TIMES, n_draws=20, seed=3)
    whole = np.concatenate([curves.point[None], curves.draws])
    found = model.sample_numbers(X, CurveRequest.of(TIMES, (12.0, 36.0), 24.0), n_draws=20, seed=3)
    assert found.options == curves.options
    for each, place in zip(found.at, (24, 72), strict=True):
        assert np.array_equal(np.moveaxis(each, -1, 0), whole[..., place])
    area = np.trapezoid(whole[..., :49], TIMES[:49], axis=-1)
    np.testing.assert_allclose(np.moveaxis(found.area, -1, 0), area, rtol=1e-14)
    assert np.array_equal(np.moveaxis(found.median, -1, 0), medians(whole, TIMES))


def test_a_patient_has_the_same_numbers_alone_and_among_others(fitted):
    model, X = fitted
    asked = CurveRequest.of(TIMES, (12.0,), 36.0)
    among = model.sample_numbers(X.iloc[:31], asked, n_draws=20, seed=0)
    for row in (0, 7, 30):
        alone = model.sample_numbers(X.iloc[[row]], asked, n_draws=20, seed=0)
        assert np.array_equal(alone.area[0], among.area[row])
        assert np.array_equal(alone.median[0], among.median[row])


def test_survival_at_a_few_times_is_that_of_the_whole_curve(fitted):
    """To the bit, of all patients together as of each by itself; 10 % of the laboratory values are missing."""
    model, X = fitted
    whole, few = (model.sample(X.iloc[:40], times, n_draws=20, seed=3) for times in (TIMES, TIMES[[24, 72]]))
    assert np.array_equal(few.point, whole.point[..., [24, 72]])
    assert np.array_equal(few.draws, whole.draws[..., [24, 72]])


def test_restricted_means_are_the_areas_of_the_curves(fitted):
    """numpy's trapezoidal rule on the curves of the same draws."""
    model, X = fitted
    times = np.linspace(0, model.horizon_, 81)
    curves = model.sample(X.iloc[:40], times)
    found = model.restricted(X.iloc[:40])
    np.testing.assert_allclose(found.means[0], np.trapezoid(curves.point, times, axis=-1), rtol=1e-13)
    np.testing.assert_allclose(found.means[1:], np.trapezoid(curves.draws, times, axis=-1), rtol=1e-13)
    assert np.array_equal(found.survival, curves.point[..., -1])


def test_areas_and_medians_by_hand():
    """Survival 1, .6, .2 at 0, 10, 20: area 8 + 4, one half passed a quarter of the way from 10 to 20."""
    times = np.array([0.0, 10.0, 20.0])
    curves = np.array([[1.0, 0.6, 0.2], [1.0, 0.9, 0.8], [1.0, 0.5, 0.5]])
    assert area_under(curves, times) == pytest.approx([12.0, 18.0, 12.5])
    assert medians(curves, times) == pytest.approx([12.5, np.inf, 10.0])
    assert medians(curves[:1], times) == pytest.approx([12.5])
    assert np.isinf(medians(curves[1:2], times)).all()


def test_areas_do_not_depend_on_how_curves_lie_in_memory():
    """Against ``numpy.trapezoid``; curves with their times side by side, and with their times far apart."""
    curves = np.sort(np.random.default_rng(0).random((7, 3, TIMES.size)), axis=-1)
    far = np.ascontiguousarray(np.moveaxis(curves, -1, 0))
    expected = np.trapezoid(curves, TIMES, axis=-1)
    np.testing.assert_allclose(area_under(curves, TIMES), expected, rtol=1e-13)
    np.testing.assert_allclose(area_under(np.moveaxis(far, 0, -1), TIMES), expected, rtol=1e-13)
