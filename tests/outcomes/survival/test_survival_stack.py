"""Stacks of survival models: their weights, their place in the choice, and what their intervals hold."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from genorx.errors import UsageError
from genorx.outcomes import (
    ChosenSurvivalModel,
    ElasticNetCox,
    GroupShrunkCox,
    SurvivalBoosting,
    SurvivalForest,
    SurvivalStack,
)
from genorx.outcomes.kinds.survival import SurvivalFamily
from genorx.outcomes.survival.stack_weights import StackedLosses, drawn_back

TIMES = np.array([0.25, 0.5, 1.0, 2.0])


def _risk(Z):
    """A line, and a step that lines miss."""
    return 0.8 * Z[:, 0] + 1.2 * (Z[:, 1] > 0.3) * (Z[:, 2] > 0)


def _patients(size, seed):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(size, 5))
    time, censored = rng.exponential(np.exp(-_risk(Z))), rng.exponential(4.0, size)
    index = [f"P{place}" for place in range(size)]
    X = pd.DataFrame(Z, columns=list("abcde"), index=index)
    return X, pd.DataFrame({"time": np.minimum(time, censored) + 1e-6, "event": time <= censored}, index=index)


@pytest.fixture(scope="module")
def losses():
    """Losses of three models' curves by patient, and the loss itself."""
    X, y = _patients(300, 1)
    models = (GroupShrunkCox(), SurvivalBoosting(n_refits=0, n_trees=30), SurvivalForest(n_bags=5))
    curves = [model.fit(X, y).predict_survival(X, TIMES) for model in models]
    return curves, StackedLosses.of(curves, lambda curve: SurvivalFamily().losses(y, curve, TIMES)), y


def test_the_loss_of_a_weighted_mean_is_told_by_its_parts(losses):
    """Independent: the integrated Brier score of the weighted mean of the curves itself, by patient."""
    curves, made, y = losses
    weights = np.array([0.2, 0.5, 0.3])
    whole = SurvivalFamily().losses(y, np.tensordot(weights, curves, 1), TIMES)
    assert np.allclose(made.at(weights), whole, atol=1e-12)


def test_weights_are_those_of_a_general_optimiser(losses):
    """Independent library: SLSQP of scipy on the same loss; weights are not negative and sum to 1."""
    _, made, _ = losses
    bounds, whole = [(0, 1)] * 3, {"type": "eq", "fun": lambda weights: weights.sum() - 1}
    theirs = minimize(lambda w: 1e3 * made.at(w).mean(), np.full(3, 1 / 3), bounds=bounds, constraints=whole)
    ours = made.weights()
    assert ours.min() >= 0
    assert abs(ours.sum() - 1) < 1e-5
    assert made.at(ours).mean() <= made.at(theirs.x).mean() + 1e-6


def test_equal_curves_share_and_a_useless_one_gets_nothing():
    """By hand: twice the same curve, and one of random numbers."""
    _, y = _patients(300, 2)
    good = np.exp(-np.outer(np.exp(_risk(_patients(300, 2)[0].to_numpy())), TIMES))
    bad = np.random.default_rng(0).random(good.shape)
    weights = StackedLosses.of([good, good, bad], lambda curve: SurvivalFamily().losses(y, curve, TIMES)).weights()
    assert weights[2] == 0
    assert weights[:2].sum() == pytest.approx(1)


def test_weights_are_drawn_back_the_more_the_less_sure_the_gain_is(losses):
    """By hand: z of 2 goes 3/4 of the way, z below 1 none of it; what is left of next to nothing is 0."""
    assert np.allclose(drawn_back(np.array([0.0, 0.5, 0.5]), 0.75), [0.25, 0.375, 0.375])
    assert np.allclose(drawn_back(np.array([0.0, 0.9, 0.1]), 0.3), [0.7 / 0.97, 0.27 / 0.97, 0])
    assert np.array_equal(drawn_back(np.array([0.0, 1.0]), 0.0), [1, 0])
    size = 400
    gain = np.tile([1.0, -1.0], size // 2) + 0.1  # mean 0.1, standard error 1/20: z of 2
    made = StackedLosses(single=np.stack([gain + 5, np.full(size, 5.0)]), apart=np.zeros((2, 2, size)))
    assert made.share(np.arange(size) % 4 // 2) == pytest.approx(0.75)
    assert StackedLosses(single=made.single[::-1], apart=made.apart).share(np.arange(size) % 4 // 2) == 0


def test_losses_out_of_fold_use_weights_of_the_other_folds(losses):
    """By hand: the patients of one fold under the weights that the others give."""
    _, made, y = losses
    fold = np.arange(len(y)) % 3
    found = made.out_of_fold(fold)
    assert np.allclose(found[fold == 1], made.at(drawn_back(made.weights(fold != 1), 1.0))[fold == 1])


def test_a_stack_is_a_candidate_and_is_saved_in_arrays():
    """Known truth: a line and a step, of which a Cox model has one and trees the other; round trip to the bit."""
    X, y = _patients(900, 3)
    model = ChosenSurvivalModel().fit(X, y)
    table = model.choice_.set_index("model")
    assert list(table.index)[-1] == "SurvivalStack"
    assert table.loc["SurvivalStack", "brier_integrated"] < table.loc["GroupShrunkCox", "brier_integrated"]
    assert model.chosen_ == "SurvivalStack"
    assert sum(model.model_.weights_.values()) == pytest.approx(1)
    values, arrays = model.state()
    again = ChosenSurvivalModel.from_state(json.loads(json.dumps(values, allow_nan=False)), arrays)
    assert np.array_equal(again.sample_survival(X[:5], TIMES), model.sample_survival(X[:5], TIMES))
    assert again.chosen_ == "SurvivalStack"


def test_candidates_of_a_user_are_not_stacked():
    """Who names candidates gets one of them."""
    X, y = _patients(200, 4)
    candidates = {"cox": GroupShrunkCox(), "forest": SurvivalForest(n_bags=5)}
    assert list(ChosenSurvivalModel(candidates=candidates).fit(X, y).choice_["model"]) == ["cox", "forest"]


def test_the_draws_have_the_estimate_as_their_mean_and_fall_with_time():
    """Each member is drawn as often as its weight says: 140 and 60 of 200."""
    X, y = _patients(200, 5)
    members = {"cox": GroupShrunkCox(), "boosting": SurvivalBoosting(n_refits=5, n_trees=30)}
    model = SurvivalStack(members=members, weights={"cox": 0.7, "boosting": 0.3}).fit(X, y)
    draws = model.sample_survival(X, TIMES, n_draws=200, seed=1)
    assert np.all(np.diff(draws, axis=2) <= 1e-12)
    parts = [model.members_["cox"].sample_survival(X, TIMES, n_draws=140, seed=1)]
    parts.append(model.members_["boosting"].sample_survival(X, TIMES, n_draws=60, seed=1))
    assert np.allclose(np.sort(draws, axis=0), np.sort(np.concatenate(parts), axis=0))


def test_weights_found_by_the_stack_itself_prefer_what_predicts():
    """Known truth: a line alone: the Cox model gets most of the weight."""
    rng = np.random.default_rng(6)
    X = pd.DataFrame(rng.normal(size=(400, 3)), columns=list("abc"), index=[f"P{k}" for k in range(400)])
    y = pd.DataFrame({"time": rng.exponential(np.exp(-X["a"])), "event": True}, index=X.index)
    members = {"cox": GroupShrunkCox(), "boosting": SurvivalBoosting(n_refits=2, n_trees=30)}
    assert SurvivalStack(members=members).fit(X, y).weights_["cox"] > 0.6


@pytest.mark.parametrize("weights", [{"cox": 0.7}, {"cox": 1.5, "net": -0.5}, {"cox": 0.5, "forest": 0.5}])
def test_weights_that_are_none_are_refused(weights):
    """Sum, sign, and a name that no member has."""
    X, y = _patients(60, 7)
    members = {"cox": GroupShrunkCox(), "net": ElasticNetCox()}
    with pytest.raises(UsageError) as caught:
        SurvivalStack(members=members, weights=weights).fit(X, y)
    assert caught.value.code == "stack-weights"


@pytest.mark.slow
def test_intervals_of_a_stack_hold_what_those_of_its_members_hold():
    """Known truth, four cohorts of 400: coverage of new patients' survival not below that of the default model.

    Weights are drawn back to the default as far as the gain is unsure, here to the Cox model alone, whose straight
    lines miss this truth; a draw is one member's curve, so that coverage lies between those of the members.
    """
    held: dict[str, list[float]] = {"stack": [], "cox": [], "boosting": [], "forest": []}
    for seed in range(4):
        X, y = _patients(400, 20 + seed)
        new, _ = _patients(300, 90 + seed)
        truth = np.exp(-np.outer(np.exp(_risk(new.to_numpy())), TIMES))
        members = {"cox": GroupShrunkCox(), "boosting": SurvivalBoosting(), "forest": SurvivalForest()}
        stack = SurvivalStack(members=members).fit(X, y)
        for name, model in {"stack": stack, **{each: members[each].fit(X, y) for each in members}}.items():
            lower, upper = np.quantile(model.sample_survival(new, TIMES, n_draws=400), [0.025, 0.975], axis=0)
            held[name].append(float(((lower <= truth) & (truth <= upper)).mean()))
    mean = {name: np.mean(values) for name, values in held.items()}
    assert mean["stack"] >= mean["cox"] - 0.02, mean
