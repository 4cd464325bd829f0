"""Priors of the hazards out of a state: what is shrunk, and what hardly is."""

import numpy as np
import pytest

from genorx.datasets.course import make_course_cohort
from genorx.effects import StrategyEffect


@pytest.fixture(scope="module")
def models():
    made = make_course_cohort(400, states=5, seed=3)
    model = StrategyEffect(horizon=1096.0, specs=made.specs, n_draws=5).fit(made.features, made.course, made.design)
    return {each.state: each.columns for each in model.models_}


def test_treatments_and_history_have_a_normal_prior_of_1_or_more_and_features_a_floor(models):
    """The floor is of the summed effect of a group: its root of size makes a column's standard deviation 1 or more."""
    columns = models["relapse"]
    kept, prior = columns.prior_of_few(50, rare=True)
    group, floor = np.asarray(prior["group"]), prior["floor"]
    assert kept.size == group.size
    history, treated = int(group[-1]), int(group[-1 - columns.n_history])
    assert set(prior["normal_groups"]) == {history, treated}
    for one in (history, treated):
        assert floor[one] >= np.count_nonzero(group == one) ** 0.5
    assert all(floor[one] == 0.5 for one in set(group.tolist()) & set(columns.options.main_group.tolist()))


def test_a_state_that_nobody_enters_late_or_treated_has_no_history(models):
    prior = models["induction"].prior(80)
    assert models["induction"].n_history == 0
    assert "normal_groups" not in prior


@pytest.mark.slow
def test_what_an_earlier_treatment_does_to_a_rare_transition_is_not_pulled_to_0():
    """Five states, 12 cohorts of 600: the log hazard ratio of dying in relapse is -0.5 whenever the treatment began.

    Mean within 0.25 (three standard errors of about 0.08); with heavy tails it was -0.19.
    """
    found = []
    for seed in range(7000, 7012):
        made = make_course_cohort(600, states=5, seed=seed)
        model = StrategyEffect(horizon=1096.0, specs=made.specs, n_draws=5).fit(made.features, made.course, made.design)
        table = model.coefficients().set_index(["from", "to", "column"])["log_hazard_ratio"]
        found.append(table["relapse", "dead", "transplant earlier"])
    assert np.mean(found) == pytest.approx(-0.5, abs=0.25)
