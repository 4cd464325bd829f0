"""The headline: words follow what the model can say.  Expected words by hand."""

import dataclasses

import pandas as pd
import pytest

from genorx.effects.intervals import Interval
from genorx.ranking.answer.answer import AdviceBasis, OptionAnswer
from genorx.ranking.course_summary import CourseSummary
from genorx.report import ranking_html, report_html
from genorx.report.headline import headline

AVERAGE = {"targeted": Interval(estimate=2.0, lower=0.5, upper=3.5)}


def _basis(**more):
    given = {"rests_on": "own", "choosing": "not_shown", "text": "Why.", "averages": AVERAGE}
    return AdviceBasis(**(given | {"best_single": "targeted", "measure": "rmst", "unit": "months"} | more))


def _advised(answer, *words, basis=None, ranks=None):
    ranks = ranks or [1] * len(words)
    options = [
        dataclasses.replace(option, advice=word, rank=rank)
        for option, word, rank in zip(answer.options, words, ranks, strict=False)
    ]
    return dataclasses.replace(answer, options=(*options, *answer.options[len(words) :]), advice_basis=basis)


def test_equipoise_is_that_the_data_do_not_show_which_is_better(make_answer):
    said = headline(_advised(make_answer(), "equipoise", "equipoise"))
    assert "The data do not show which of targeted and chemotherapy is better." in said
    assert "no difference" not in said.lower()


def test_the_average_leads_where_choosing_by_patient_was_not_shown_to_help(make_answer):
    said = headline(_advised(make_answer(), "recommend", "not_advised", basis=_basis()))
    assert said.startswith("On average targeted comes first: +2.0 (+0.5 to +3.5) months against chemotherapy.")
    assert "For this patient targeted is shown to be better" in said  # the average may name another option
    assert "whether choosing by patient helps could not be shown" in said
    assert "On average" not in headline(
        _advised(make_answer(), "recommend", "not_advised", basis=_basis(choosing="shown"))
    )


def test_an_average_that_is_not_shown_is_not_called_so_and_a_best_reference_is_named(make_answer):
    doubt = {"targeted": Interval(estimate=2.0, lower=-0.5, upper=4.5)}
    said = headline(_advised(make_answer(), "equipoise", "equipoise", basis=_basis(averages=doubt)))
    assert "months against chemotherapy, with an interval that includes 0." in said
    worse = {"targeted": Interval(estimate=-2.0, lower=-3.0, upper=-1.0)}
    said = headline(
        _advised(make_answer(), "equipoise", "equipoise", basis=_basis(averages=worse, best_single="chemotherapy"))
    )
    assert said.startswith("On average chemotherapy comes first; against it targeted −2.0 (−3.0 to −1.0) months.")


def test_the_first_difference_says_of_what_it_is_and_by_when(make_answer, make_ranking):
    """ "+2.0 months" had its outcome and horizon in a caption below."""
    answer = _advised(make_answer(), "equipoise", "equipoise", basis=_basis())
    said = headline(answer, "os, mean time alive up to 36 months")
    assert "(+0.5 to +3.5) months against chemotherapy (os, mean time alive up to 36 months)." in said
    assert said.count("36 months") == 1
    page = report_html(make_ranking(answer))
    caption = page.partition("difference against chemotherapy in ")[2].partition(", in ")[0]
    assert "36" in caption
    assert f"months against chemotherapy ({caption})." in page


def test_a_recommendation_that_is_withheld_is_named(make_answer):
    basis = _basis(rests_on="shrunk", withheld="chemotherapy")
    said = headline(_advised(make_answer(), "equipoise", "equipoise", basis=basis))
    assert "By this patient's own difference chemotherapy would be recommended; shrunk, it is not." in said


def test_shown_to_be_worse_is_said_of_options_that_are_not_advised_alone(make_answer):
    """Chips and sentence agree: equipoise is never followed by "shown to be worse"."""
    third = dataclasses.replace(make_answer().options[0], option="third", rank=3, advice="not_advised")
    answer = _advised(make_answer(), "reasonable", "reasonable")
    answer = dataclasses.replace(answer, options=(*answer.options[:2], third))
    assert headline(answer) == (
        "The data do not show which of targeted and chemotherapy is better; third is shown to be worse than another "
        "option."
    )
    for words in (("equipoise", "equipoise"), ("reasonable", "equipoise")):
        assert "worse" not in headline(_advised(make_answer(), *words, ranks=[1, 2]))


def test_published_estimates_show_nothing_but_their_difference_stands(make_answer):
    """45 % against 18 % alive: the difference, and the threshold that is missing; nothing is "shown"."""
    basis = _basis(rests_on="estimates", choosing="not_evaluated", averages={}, best_single=None, text="No threshold.")
    answer = _advised(make_answer(), "reasonable", "reasonable", basis=basis, ranks=[1, 2])
    said = headline(answer)
    assert said.startswith("Best published estimate: targeted; +4.2 (+1.3 to +7.0) months against chemotherapy.")
    assert "No threshold." in said
    assert "shown to be worse" not in said
    assert "not shown to be better than" not in said


def test_guidance_that_changes_a_drug_is_marked_in_headline_and_summary(make_answer, make_ranking):
    row = {"gene": "CYP2D6", "phenotype": "Poor Metabolizer", "drug": "tamoxifen", "action": "alternative"}
    row |= {"strength": "Strong", "source": "CPIC PA166176068"}
    answer = make_answer()
    marked = dataclasses.replace(answer.options[0], safety=(row,), safety_marks=(row,))
    answer = dataclasses.replace(answer, options=(marked, *answer.options[1:]))
    assert "Guidance on targeted changes a drug (tamoxifen: alternative (strong), CPIC)." in headline(answer)
    page = report_html(make_ranking(answer))
    summary = page[page.index('<h2 id="summary">') : page.index('class="patient"')]
    assert "tamoxifen: alternative (strong)" in summary
    assert marked.advice == "recommend"


@pytest.mark.parametrize("write", [report_html, ranking_html])
def test_what_the_advice_rests_on_stands_beside_it(make_answer, make_ranking, write):
    gain = Interval(estimate=0.3, lower=0.2, upper=0.4)
    basis = _basis(text="Slope and gain stand here.", choosing="shown", gain=gain)
    answer = dataclasses.replace(make_answer(), advice_basis=basis)
    page = write(make_ranking(answer))
    place = page.index("Slope and gain stand here.")
    assert place < page.index("Chance to be better")
    assert "Difference on average" in page
    assert "+2.0 (+0.5 to +3.5)" in page


def test_options_of_evidence_alone_do_not_change_what_is_compared(make_answer):
    extra = OptionAnswer(option="drug", rank=None, advice="no_estimate", listed_by="evidence")
    answer = dataclasses.replace(make_answer(), options=(*make_answer().options, extra))
    assert "drug" not in headline(answer)


def test_declared_numbers_recommend_and_show_nothing(make_answer):
    """What a user declared of effect and weights: no word of draws, the rule as the basis says it."""
    basis = _basis(rests_on="declared", choosing="not_evaluated", averages={}, best_single=None, text="By weights.")
    said = headline(_advised(make_answer(), "recommend", "not_advised", basis=basis))
    assert said.startswith("targeted is recommended: ")
    assert "By weights." in said
    assert "shown" not in said
    neither = headline(_advised(make_answer(), "equipoise", "equipoise", basis=basis))
    assert neither.startswith("Neither of targeted and chemotherapy is recommended")


def test_the_best_on_average_of_the_options_left_is_not_called_the_best_of_all(make_answer):
    """The table beside it shows an average of the option without estimate, which may be larger."""
    answer = make_answer()
    without = next(option.option for option in answer.options if option.rank is None)
    averages = AVERAGE | {without: Interval(estimate=6.8, lower=0.8, upper=12.8)}
    said = headline(_advised(answer, "recommend", "not_advised", basis=_basis(averages=averages)))
    assert said.startswith("Of the options with an estimate for this patient, targeted comes first on average: +2.0")


def test_the_legend_says_which_patients_a_strategy_counts(make_ranking):
    """Totals of two patients under one strategy differed, and no word said that they are of different decisions."""
    ranking = make_ranking()
    said = "counted are those at the decision where fewest patients like this one decided so"
    nothing = pd.DataFrame()
    course = CourseSummary(states=("well", "dead"), alive=("well",), start="well", transitions=nothing, movers=nothing)
    assert said in report_html(dataclasses.replace(ranking, course=course), short=True)
    assert said not in report_html(ranking, short=True)
