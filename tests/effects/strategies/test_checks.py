"""Clones and landmark beside the model, on a made cohort."""

from dataclasses import replace

import numpy as np
import pytest

from genorx.cohort.course import Strategy
from genorx.datasets.course import make_course_cohort
from genorx.effects import StrategyEffect, check_strategy
from genorx.errors import UsageError


@pytest.fixture(scope="module")
def fitted():
    made = make_course_cohort(700, seed=9)
    later = Strategy(name="as_seen", state="relapse", treatment="transplant", within=120.0, share="observed")
    made = replace(made, design=replace(made.design, strategies=(*made.design.strategies, later)))
    model = StrategyEffect(horizon=1096.0, specs=made.specs, n_draws=40)
    return made, model.fit(made.features, made.course, made.design)


def test_three_methods_stand_side_by_side(fitted):
    made, model = fitted
    table = check_strategy(
        model, made.features, made.course, made.design, "first_remission", specs=made.specs, n_boot=10
    )
    assert list(table["method"]) == ["model", "model", "model", "clones", "landmark"]
    assert set(table.loc[table["method"] == "model", "against"]) == {"never", "after_relapse", "as_seen"}
    rows = table.set_index("method")
    assert (table["lower"] < table["estimate"]).all()
    assert (table["estimate"] < table["upper"]).all()
    model_row = table[(table["method"] == "model") & (table["against"] == "as_seen")].iloc[0]
    errors = [(row["upper"] - row["lower"]) / 3.92 for row in (model_row, rows.loc["clones"])]
    assert abs(model_row["estimate"] - rows.loc["clones", "estimate"]) < 3 * np.hypot(*errors)


def test_a_strategy_of_some_is_checked_as_if_all_were_treated(fitted):
    """Clones and landmark treat all; the model's difference of a share is that share of treating all."""
    made, model = fitted
    asked = {"specs": made.specs, "methods": ["model"]}
    known = (model, made.features, made.course, made.design)
    some, whole = (check_strategy(*known, name, **asked).set_index("against") for name in ("as_seen", "after_relapse"))
    for column in ("estimate", "lower", "upper"):
        assert some.loc["never", column] == pytest.approx(whole.loc["never", column], rel=1e-9)
    assert 0 < model.waits_["as_seen"].observed < 0.9
    assert some.loc["after_relapse", "estimate"] == pytest.approx(0.0, abs=1e-6)


def test_a_strategy_of_another_name_is_refused(fitted):
    made, model = fitted
    other = Strategy(name="sooner", state="remission", treatment="transplant", within=90.0)
    with pytest.raises(UsageError, match="sooner"):
        model.sample(made.features.iloc[:2], strategies=[other])


def test_a_strategy_without_a_time_has_no_check(fitted):
    made, model = fitted
    with pytest.raises(UsageError):
        check_strategy(model, made.features, made.course, made.design, "never")


def test_a_check_that_cannot_be_made_says_why(fitted):
    made, model = fitted
    old = made.features.index[:60]
    table = check_strategy(
        model, made.features.loc[old], made.course, made.design, "after_relapse", specs=made.specs, n_boot=3
    )
    told = table[table["method"] != "model"]
    assert (told["estimate"].notna() | (told["reason"].str.len() > 0)).all()
    assert told["estimate"].isna().any()
