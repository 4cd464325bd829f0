"""Coded actions; sentences are made up in the manner of guidelines, the code is what a reader would say."""

import pytest

from genorx.knowledge._action import action_of, dose_change_of, plain


@pytest.mark.parametrize(
    ("text", "flag", "action", "change"),
    [
        ("Avoid use of the drug. If needed, consider a 50% reduction of the dose.", True, "avoid", -50),
        ("Consider a 25% reduction of recommended starting dose.", True, "reduce", -25),
        ("Use 70% of the standard dose and monitor.", True, "reduce", -30),
        ("Use 1.5 times the standard dose.", True, "increase", 50),
        ("Start with reduced doses (30%-80% of normal dose).", True, "reduce", None),
        ("Initiate therapy with recommended starting dose.", False, "standard", None),
        ("NO action is needed for this interaction.", False, "standard", None),
        ("It is not possible to offer advice on dose reduction. Avoid the drug.", False, "avoid", None),
        ("Choose an alternative. Others carry a 10-fold higher risk.", False, "alternative", None),
        ("Use typical initial dose first. For later doses use 25% less than usual.", True, "reduce", -25),
        (
            "If alternative agents are not available, use with increased frequency of monitoring.",
            False,
            "monitor",
            None,
        ),
        ("No reason to avoid.", False, "standard", None),
        ("Avoid strong inhibitors. Initiate therapy with the standard dose.", False, "standard", None),
        ("Lorem ipsum.", False, "no_recommendation", None),
    ],
)
def test_an_action_is_the_first_that_a_text_states(text, flag, action, change):
    assert action_of(text, "Strong", changes_dose=flag) == action
    assert dose_change_of(text) == change


def test_the_classification_no_recommendation_goes_before_the_text():
    assert action_of("Avoid.", "No recommendation", changes_dose=False) == "no_recommendation"


def test_only_the_part_before_the_first_heading_counts():
    assert plain("<p>Use &amp; see.</p>\n<h4 id='x'>Other</h4><p>Avoid.</p>") == "Use & see."
