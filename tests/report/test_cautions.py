"""What stands before the numbers: the rule is issue text; slopes and gains are made by hand."""

import pytest

from genorx.effects.intervals import Interval
from genorx.errors import Finding
from genorx.ranking.answer.answer import AdviceBasis
from genorx.ranking.evaluation.carried_findings import carried_findings
from genorx.report.cautions import cautions


def _interval(estimate, lower, upper):
    return Interval(estimate=estimate, lower=lower, upper=upper)


def _basis(choosing="not_shown", *, gain=(-0.2, -4.1, 3.7), slope=(-0.13, -1.28, 1.02)):
    return AdviceBasis(
        rests_on="own",
        choosing=choosing,
        text="",
        gain=_interval(*gain),
        slopes={"targeted": _interval(*slope)},
        measure="rmst",
        unit="months",
    )


def test_differences_shown_to_be_exaggerated_are_called_so_and_noise_is_called_not_shown():
    """A slope whose interval lies below 1 is exaggerated (Cox 1958); one that includes 0 is not told from noise."""
    said = cautions(_basis(slope=(0.4, 0.1, 0.8)), ())
    assert "targeted: differences between patients are exaggerated: slope 0.40 (0.10 to 0.80)" in said[1]
    said = cautions(_basis(), ())
    assert "are not shown to be real: slope −0.13 (−1.28 to 1.02)" in said[1]


def test_a_gain_that_is_not_shown_stands_in_the_banner_with_its_interval():
    assert "was not shown to help: gain −0.2 (−4.1 to +3.7) months" in cautions(_basis(), ())[0]
    assert "did worse than one option for all" in cautions(_basis("loses"), ())[0]


def test_a_gain_of_a_policy_over_itself_is_not_shown_as_a_number():
    """Where one option comes first for all, choosing by patient gives everybody what one option for all gives."""
    said = cautions(_basis(gain=(0.0, 0.0, 0.0)), ())[0]
    assert "one option comes first for all" in said
    assert "no gain" in said
    assert "0.0" not in said


@pytest.mark.parametrize("choosing", ["shown", "not_evaluated"])
def test_nothing_is_said_where_the_checks_say_nothing_against_the_answer(choosing):
    assert cautions(_basis(choosing, slope=(0.9, 0.5, 1.3)), ()) == ()
    assert cautions(None, ()) == ()


def test_an_outcome_that_is_predicted_no_better_than_its_average_is_named():
    rows = [
        {"outcome": "os", "measure": "brier_skill", "horizon": None, "estimate": 0.2, "lower": 0.1, "upper": 0.3},
        {"outcome": "tox", "measure": "brier_skill", "horizon": None, "estimate": 0.01, "lower": -0.1, "upper": 0.1},
    ]
    found = carried_findings({"scores": rows}, "months")
    assert [(each.code, each.place) for each in found] == [("no-skill", "tox")]
    (said,) = cautions(None, found)
    assert said.startswith("tox: predictions are not shown to be better than the average of all patients")
    other = Finding(code="no-calls", severity="info", message="3 no-calls")
    assert cautions(None, [other]) == ()
