"""Figures show what was computed: axes returned, numbers drawn as estimated, options refused that are not there."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from genorx.effects import figures
from genorx.errors import UsageError


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_the_forest_draws_the_estimates_in_order(fitted, made):
    X = made.X.iloc[:12]
    ax = figures.plot_forest(fitted, X)
    effect = fitted.effect(X)["b"].dropna().sort_values(ascending=False)
    np.testing.assert_allclose(np.asarray(ax.lines[0].get_xdata(), dtype=float), effect.to_numpy(float))
    assert [text.get_text() for text in ax.get_yticklabels()] == list(effect.index)


def test_the_waterfall_has_a_bar_for_each_patient_with_an_estimate(fitted, made):
    X = made.X.iloc[:80]
    ax = figures.plot_waterfall(fitted, X)
    assert len(ax.patches) == fitted.effect(X)["b"].notna().sum()
    assert "against a" in ax.get_ylabel()
    ax = figures.plot_waterfall(fitted, X, unit="months")
    assert ax.get_ylabel() == f"Time gained up to {fitted.horizon_:g} months\nwith b against a"


def test_survival_is_drawn_for_each_option_and_starts_at_one(fitted, made):
    ax = figures.plot_survival(fitted, made.X.iloc[[3]])
    curves = [line for line in ax.lines if len(line.get_xdata()) > 2]
    assert len(curves) == 2
    assert all(line.get_ydata()[0] == 1 for line in curves)
    np.testing.assert_allclose(curves[0].get_ydata(), fitted.sample(made.X.iloc[[3]]).point[0, 0])


def test_drivers_and_overlap_draw_all_patients(fitted, made):
    X = made.X.iloc[:60]
    ax = figures.plot_drivers(fitted, X)
    assert sum(len(dots.get_offsets()) for dots in ax.collections) == fitted.effect(X)["b"].notna().sum()
    top = fitted.summary()["feature"].iloc[0]
    assert ax.get_xlabel() == top
    own = plt.subplots()[1]
    assert figures.plot_overlap(fitted, X, made.treatment, ax=own) is own
    assert own.get_xlabel() == "Probability of b"


def test_an_option_that_is_not_there_is_refused(fitted, made):
    with pytest.raises(UsageError) as caught:
        figures.plot_forest(fitted, made.X.iloc[:3], option="z")
    assert caught.value.code == "no-such-option"
