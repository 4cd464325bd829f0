"""What the page says of differences: the numbers of the report in words, figures, and no number where none is known."""

import dataclasses
import re

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from genorx._core.workers import sharing
from genorx.datasets import make_effect_tables
from genorx.effects import SurvivalEffect, assess
from genorx.errors import Finding, UsageError
from genorx.outcomes import score_binary
from genorx.ranking.evaluation.outcome_effect import OutcomeEffect
from genorx.ranking.evaluation.treatment_evaluation import TreatmentEvaluation
from genorx.report import evaluation_html, plot_mean_differences, report_html
from genorx.report.effect_figures import analyses
from genorx.report.effect_view import control_rows, effect_views


@pytest.fixture(scope="module")
def effect():
    """A confounded table of made patients, a landmark of 90 with another at 45 and one that cannot be made."""
    tables = make_effect_tables("by indication", n=300, n_test=2, seed=21)
    train = tables.train.set_index("patient_id")
    X, y = train[tables.spec["covariates"]], train[["time", "event"]]
    model = SurvivalEffect(horizon=36, reference="standard").fit(X, y, treatment=train["arm"])
    report = assess(model, X, y, treatment=train["arm"], folds=2)
    landmarks = pd.DataFrame(
        {
            "landmark": [45.0, 90.0, 135.0],
            "option": "new",
            "identified": [True, True, False],
            "reason": ["", "", "no option has 20 events"],
            "estimate": [1.5, 2.5, np.nan],
            "lower": [0.5, 1.0, np.nan],
            "upper": [2.5, 4.0, np.nan],
            "patients": [120, 300, np.nan],
        }
    )
    return OutcomeEffect(
        outcome="os<b>",
        role="benefit",
        measure="rmst",
        unit="months",
        horizon=36.0,
        better="higher",
        reference="standard",
        landmark=90.0,
        report=report,
        reason="",
        landmarks=landmarks,
    )


@pytest.fixture(scope="module")
def unknown(effect):
    return dataclasses.replace(effect, outcome="pfs", report=None, reason="too few events", landmarks=pd.DataFrame())


@pytest.fixture(scope="module")
def evaluation(effect, unknown):
    ids = pd.Index([f"P{number}" for number in range(60)], name="patient_id")
    value = pd.Series(np.arange(60) % 2, index=ids, dtype=float)
    scored = score_binary(value, 0.2 + 0.6 * value, np.arange(60) % 3, n_boot=5, outcome="tox")
    controls = pd.DataFrame(
        {
            "outcome": ["fracture", "accident"],
            "option": "new",
            "measure": "probability_difference",
            "estimate": [0.01, 0.3],
            "lower": [-0.05, 0.2],
            "upper": [0.07, 0.4],
            "holds": [True, False],
        }
    )
    names = [each.name for each in dataclasses.fields(scored)]
    return TreatmentEvaluation(
        **{name: getattr(scored, name) for name in names}, effects=(effect, unknown), negative_controls=controls
    )


def test_processes_that_share_the_figures_draw_the_same(effect):
    with sharing(2):
        shared = effect_views([effect, effect])
    assert shared == effect_views([effect, effect])
    drawn = [svg for view in shared for _, svg in (*view.figures, *view.balance)]
    ids = [part for svg in drawn for part in svg.split('id="')[1:]]
    assert ids
    assert len({each.partition('"')[0] for each in ids}) == len(ids)


def test_the_sentences_hold_the_numbers_of_the_report(effect):
    """The mean difference with one decimal or none, as its interval deserves, and the same in every table."""
    view = effect_views([effect])[0]
    row = effect.report.averages.iloc[0]
    said = " ".join(view.sentences)
    assert f"{row['estimate']:+.1f}".replace("-", "−") in said
    assert f"{row['e_value']:.2f}" in said
    assert "adjusted, observational" in said
    assert ("Choosing by patient helps" in said) or ("do not show" in said)
    assert view.title == "os<b>: mean event-free time up to 36 months"
    assert [caption.split(": ")[-1] for caption, _ in view.figures][:4] == [
        "mean difference by each analysis",
        "overlap",
        "calibration of effects",
        "predicted differences of the cohort",
    ]
    assert len(view.figures) == 5
    assert [caption for caption, _ in view.balance] == ["new: balance before and after weighting"]


def _sentences(effect, **frames):
    """Sentences of the effect with numbers put into its tables of averages or policies."""
    tables = {name: getattr(effect.report, name).assign(**values) for name, values in frames.items()}
    return " ".join(
        effect_views([dataclasses.replace(effect, report=dataclasses.replace(effect.report, **tables))])[0].sentences
    )


def test_an_e_value_of_1_says_whose_interval_includes_no_effect(effect):
    """E-values are of the model's ratio: its interval may include no effect where that of the difference does not."""
    clear = {"lower": 0.8, "upper": 12.8, "e_value": 1.67}
    assert "and of 1.31 to move the interval" in _sentences(effect, averages=clear | {"e_value_limit": 1.31})
    assert "though that of this difference does not" in _sentences(effect, averages=clear | {"e_value_limit": 1.0})
    unclear = _sentences(effect, averages=clear | {"lower": -1.6, "e_value_limit": 1.0})
    assert "(E-value); the interval includes no effect as it is." in unclear
    assert "1.00" not in unclear


def test_a_policy_that_is_the_same_for_all_has_no_gain_to_estimate(effect):
    """A paired difference from itself is 0 with an error of 0: the page showed a gain of 0.0 (0.0 to 0.0)."""
    same = effect.report.policy.assign(gain=0.0, lower=0.0, upper=0.0)
    view = effect_views([dataclasses.replace(effect, report=dataclasses.replace(effect.report, policy=same))])[0]
    single = same["option"].iloc[1]
    assert f"Choosing by patient means {single} for all, so there is no gain to estimate." in view.sentences
    table = next(each for each in view.tables if each.heads[0] == "Policy")
    assert table.rows[1][2:] == ("none to estimate", "choosing by patient means this option for all")


def test_paper_leaves_out_figures_of_what_a_table_or_the_first_outcome_has(effect):
    """On a screen they stand: 21 figures of two outcomes had text of 4 points on paper."""
    first, second = effect_views([effect, effect])
    assert first.tabled == {"new: mean difference by each analysis", "new: calibration of effects"}
    assert second.tabled - first.tabled == {"new: overlap", "new: balance before and after weighting"}
    drawn = {caption for caption, _ in (*second.figures, *second.balance)}
    assert second.tabled < drawn


def test_thirds_by_predicted_difference_stand_beside_the_slope_of_their_option(effect):
    """One row for each option; numbers are those of the report."""
    view = effect_views([effect])[0]
    table = next(each for each in view.tables if each.caption.startswith("Are the predicted differences"))
    assert [row[0] for row in table.rows] == effect.report.slopes["option"].tolist()
    assert all(len(row) == len(table.heads) for row in table.rows)
    assert f"{effect.report.slopes['slope'].iloc[0]:.2f}".replace("-", "−") in table.rows[0][1]
    thirds = effect.report.thirds["predicted"].head(3)
    for cell, predicted in zip(table.rows[0][2:5], thirds, strict=True):
        assert float(cell.rpartition(" ")[2].replace("−", "-")) == pytest.approx(predicted, abs=0.06)


def test_numbers_of_an_outcome_have_the_same_decimals(effect):
    """Those that the widest interval of a mean difference deserves: one from 2 to 30 months."""
    wide = effect.report.averages.assign(lower=-10.0, upper=10.0)
    view = effect_views([dataclasses.replace(effect, report=dataclasses.replace(effect.report, averages=wide))])[0]
    cells = [cell for table in view.tables for row in table.rows for cell in row if "slope" not in " ".join(row)]
    numbers = [number for cell in cells for number in re.findall(r"[+−][\d,]+(?:\.\d+)?", cell)]
    assert len(numbers) > 20
    assert {len(number.partition(".")[2]) for number in numbers} <= {1, 2}
    assert sum("." in number and len(number.partition(".")[2]) == 1 for number in numbers) > 0.8 * len(numbers)


def test_an_end_of_an_interval_that_is_not_0_is_not_shown_as_0(effect):
    said = _sentences(effect, policy={"gain": 0.2, "lower": 0.04, "upper": 0.4})
    assert "+0.20 (+0.04 to +0.40)" in said


def test_each_analysis_has_a_line_and_one_that_cannot_be_made_its_reason(effect):
    lines = {line.label: line for line in analyses(effect, "new")}
    assert list(lines) == [
        "doubly robust",
        "the model itself",
        "trimmed to propensities of 0.01 or more",
        "trimmed to propensities of 0.05 or more",
        "trimmed to propensities of 0.1 or more",
        "from day 45",
        "from day 135",
    ]
    assert lines["from day 45"].estimate == 1.5
    assert lines["from day 135"].estimate is None
    assert lines["from day 135"].reason == "no option has 20 events"
    table = next(
        table for table in effect_views([effect])[0].tables if "sensitivity of the mean difference" in table.caption
    )
    assert table.rows[-1] == ("from day 135", "not identified: no option has 20 events", "–")


def test_the_forest_draws_each_analysis_that_has_a_number(effect, unknown):
    ax = plot_mean_differences(effect)
    drawn = [float(line.get_xdata()[0]) for line in ax.lines if len(line.get_xdata()) == 1]
    assert drawn == pytest.approx([line.estimate for line in analyses(effect, "new") if line.estimate is not None])
    assert [text.get_text() for text in ax.texts] == [" not identified"]
    plt.close("all")
    with pytest.raises(UsageError):
        plot_mean_differences(unknown)


def test_what_is_not_identified_has_a_reason_and_no_table(unknown):
    view = effect_views([unknown])[0]
    assert view.sentences == ("Not identified: too few events.",)
    assert (view.tables, view.figures, view.balance) == ((), (), ())


def test_negative_controls_say_whether_they_hold(evaluation):
    assert control_rows(evaluation.negative_controls) == (
        ("fracture", "new", "+1.00 (−5.00 to +7.00) percentage points", "yes"),
        ("accident", "new", "+30.00 (+20.00 to +40.00) percentage points", "no: confounded"),
    )
    assert control_rows(None) == ()


def test_the_pages_have_the_section_and_escape_names(evaluation, ranking):
    """The ranking's page and that of the evaluation alone; ids of figures differ."""
    for page in (report_html(ranking, evaluation=evaluation), evaluation_html(evaluation, name="a <study>")):
        assert "Do we know who benefits?" in page
        assert "os&lt;b&gt;" in page
        assert "os<b>" not in page
        assert "Not identified: too few events." in page
        assert page.count('aria-label="new: ') == 5
    assert "Do we know who benefits?" not in report_html(ranking)


def test_an_evaluation_page_takes_labels_and_units_from_the_evaluation(evaluation):
    """The page made in Python had names of columns where that of the command, which passed the labels, had labels."""
    labels = {"outcomes": {"tox": "Severe toxicity"}, "options": {"new": "The new drug"}}
    own = dataclasses.replace(evaluation, labels=labels)
    page = evaluation_html(own)
    assert "Severe toxicity" in page
    assert "The new drug" in page
    assert page == evaluation_html(evaluation, labels=labels)
    assert "The new drug" not in evaluation_html(own, labels={})
    assert own.to_dict() == evaluation.to_dict()


def test_a_ranking_of_a_model_that_was_evaluated_shows_it(ranking, effect):
    page = report_html(dataclasses.replace(ranking, effects=(effect,)))
    assert "Do we know who benefits?" in page
    assert "How good the predictions are" not in page


def test_an_evaluation_page_has_one_colon_after_the_word_of_a_finding(evaluation):
    """The style adds the colon: with one in the text it said "Warning::"."""
    found = Finding(code="calibration-slope", severity="warning", message="too extreme", place="tox")
    page = evaluation_html(dataclasses.replace(evaluation, findings=(found,)))
    assert "<strong>Warning</strong>" in page
    assert '.finding>strong::after{content:":"}' in page.replace("&#34;", '"')
