"""Coded actions; sentences are made up in the manner of guidelines, the code is what a reader would say."""

import pytest

from genorx.knowledge._action import action_of, dose_change_of, is_conditional, plain, whole


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
        (
            "Start at 50% of the standard dose or avoid. In a study the mean was 64% of the standard dose.",
            True,
            "reduce",
            -50,
        ),
        ("Avoid it. Others are not alternatives. For those, 50 % of the standard dose is usual.", True, "avoid", None),
        ("Determine the activity left and adjust, or avoid the drug.", True, "avoid", None),
        ("LARGE DOSES and/or reduced kidney function: the drug is contra-indicated.", False, "avoid", None),
        (
            "The effect of a dose reduction cannot be predicted with ease. Select an alternative.",
            True,
            "alternative",
            None,
        ),
        ("Use at standard doses with caution.", False, "monitor", None),
        ("Start with the normal dose. If the other gene is unknown, monitor closely.", False, "monitor", None),
        ("Reduce the dose to 25% of normal dose.", True, "reduce", -75),
        ("Reduce daily dose by 10-fold and adjust.", True, "reduce", -90),
        ("Reduce daily dose by 10-fold and dose thrice weekly.", True, "reduce", None),
        ("Raise it if needed; do not exceed 1.5 times the normal dose.", True, "reduce", None),
        ("Select an alternative drug or double the dose.", True, "alternative", 100),
        ("Increasing the dose by 50% or more may be needed.", True, "increase", None),
    ],
)
def test_an_action_is_the_first_that_a_text_states(text, flag, action, change):
    assert action_of(text, "Strong", changes_dose=flag) == action
    assert dose_change_of(text) == change


def test_the_classification_no_recommendation_goes_before_the_text():
    assert action_of("Avoid.", "No recommendation", changes_dose=False) == "no_recommendation"


def test_only_the_part_before_the_first_heading_counts():
    assert plain("<p>Use &amp; see.</p>\n<h4 id='x'>Other</h4><p>Avoid.</p>") == "Use & see."


@pytest.mark.parametrize(
    ("text", "conditional"),
    [
        ("Avoid the drug.", False),
        ("Co-medication with A: contra-indicated. Co-medication with B: not recommended.", True),
        ("PAIN: avoid the drug. COUGH: no action required.", True),
        ("PAIN: avoid the drug. COUGH: avoid the drug.", False),
        ("If the patient is naive, do not use it.", True),
        ("If possible, choose an alternative.", False),
        ("Based on TPMT status, for malignancy, start with reduced doses.", True),
        ("Determine the activity left and adjust, or avoid the drug.", True),
        ("Start with the usual dose. In the event of side effects: reduce the dose.", True),
    ],
)
def test_an_action_for_some_of_the_people_is_conditional(text, conditional):
    assert is_conditional(text, "Strong", changes_dose=True) is conditional


def test_no_recommendation_has_no_condition():
    assert not is_conditional("If needed, avoid.", "No recommendation", changes_dose=False)


def test_the_whole_text_keeps_what_follows_a_heading():
    assert whole("<p>Use it.</p><h4>Other</h4><p>Avoid.</p>") == "Use it. Other Avoid."
