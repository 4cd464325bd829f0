"""Models by kind of outcome, and the older keywords that mean the same."""

import pytest
from sklearn.base import clone

from genorx.effects import ResponseEffect, SurvivalEffect
from genorx.errors import UsageError
from genorx.outcomes import ChosenBinaryModel, ChosenValueModel, GroupShrunkCox, GroupShrunkLogistic
from genorx.ranking import TreatmentRanker
from genorx.ranking.model.ranker_state import ranker_state
from genorx.ranking.model.templates import templates_of


def test_older_keywords_stand_for_their_kinds():
    """By hand: a time to one event or to causes is compared by one kind of effect, values by another."""
    cox, binary, times, values = GroupShrunkCox(), GroupShrunkLogistic(), SurvivalEffect(), ResponseEffect()
    made = templates_of(None, None, survival=cox, binary=binary, effect=times, binary_effect=values)
    assert made.models == {"survival": cox, "binary": binary}
    assert made.effects == dict.fromkeys(("survival", "competing"), times) | dict.fromkeys(
        ("binary", "continuous", "count", "ordinal"), values
    )
    assert templates_of({"survival": cox, "binary": None}, {}).models == {"survival": cox}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"models": {"surival": GroupShrunkCox()}}, "unknown-kind"),
        ({"effects": SurvivalEffect()}, "unknown-kind"),
        ({"models": {"survival": GroupShrunkCox()}, "survival": GroupShrunkCox()}, "two-models"),
        ({"effects": {"competing": SurvivalEffect()}, "effect": SurvivalEffect()}, "two-models"),
    ],
)
def test_what_is_no_kind_or_given_twice_is_refused_at_fit(given, code, made_cohort):
    ranker = TreatmentRanker(**given)  # the constructor only stores
    with pytest.raises(UsageError) as caught:
        ranker.fit(made_cohort(60))
    assert caught.value.code == code
    assert caught.value.hint


def test_parameters_are_those_given_and_survive_a_clone():
    """scikit-learn's convention: get_params gives what __init__ was given, clone makes an equal one of its own."""
    models, effects = {"count": ChosenValueModel()}, {"survival": SurvivalEffect(n_draws=7)}
    ranker = TreatmentRanker(models=models, effects=effects, binary=ChosenBinaryModel())
    assert ranker.get_params(deep=False)["models"] is models
    assert ranker.get_params(deep=False)["effects"] is effects
    twin = clone(ranker)
    assert twin.effects is not effects
    assert twin.effects["survival"].get_params() == effects["survival"].get_params()
    assert twin.set_params(effects=None).effects is None
    assert ranker.effects is effects


def test_the_two_ways_give_the_same_model(made_cohort):
    """To the byte, with and without a design."""
    for design in (True, False):
        cohort = made_cohort(200, design=design)
        by_kind = {"effects": {"survival": SurvivalEffect(min_events=5), "binary": ResponseEffect()}} if design else {}
        older = {"effect": SurvivalEffect(min_events=5), "binary_effect": ResponseEffect()} if design else {}
        by_kind |= {"models": {"survival": GroupShrunkCox(), "binary": GroupShrunkLogistic()}}
        older |= {"survival": GroupShrunkCox(), "binary": GroupShrunkLogistic()}
        one, other = (ranker_state(TreatmentRanker(**given).fit(cohort)) for given in (by_kind, older))
        assert one[0] == other[0]
        assert [each.tobytes() for each in one[1].values()] == [each.tobytes() for each in other[1].values()]
