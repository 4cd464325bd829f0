"""Out-of-fold scores on the page: numbers of the evaluation, in words, with a figure a horizon."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from genorx.errors import Finding
from genorx.outcomes import Evaluation, score_binary, score_survival
from genorx.ranking.evaluation.carried_findings import carried_findings
from genorx.report import report_html
from genorx.report.scores import scores_view


@pytest.fixture(scope="module")
def evaluation():
    rng = np.random.default_rng(0)
    ids = pd.Index([f"P{number}" for number in range(300)], name="patient_id")
    risk = rng.normal(size=300)
    time = rng.exponential(30.0 * np.exp(-risk))
    y = pd.DataFrame({"time": np.minimum(time, 60.0), "event": time < 60.0}, index=ids)
    predicted = np.exp(-24.0 / 30.0 * np.exp(risk))[:, None]
    survival = score_survival(y, predicted, risk, np.arange(300) % 3, horizons=[24.0], n_boot=20, outcome="os")
    probability = pd.Series(1.0 / (1.0 + np.exp(-risk)), index=ids)
    value = pd.Series((rng.random(300) < probability).astype(float), index=ids)
    return Evaluation.combine(
        [survival, score_binary(value, probability, np.arange(300) % 3, n_boot=20, outcome="tox<b>")]
    )


def test_rows_are_the_scores_of_the_evaluation(evaluation):
    """Values by ``Evaluation.value``; pooled ones are left out of the page."""
    table = scores_view(evaluation, {"os": "months"}).tables[0]
    rows = dict(table.rows)
    whole, at_24 = rows["Discrimination: Harrell's C, mean over folds (0.5 is chance)"]
    assert whole[0] == f"{evaluation.value('harrell_c', outcome='os'):.3f}"
    assert at_24 == ("–", "")
    assert not [measure for measure in rows if "pooled" in measure]
    stated = [cell for cells in rows.values() for cell in cells if cell[0] != "–"]
    assert all(interval.startswith("(") and " to " in interval for _, interval in stated)


def test_horizons_are_columns_and_an_outcome_without_has_one(evaluation):
    """One list of fifty rows repeated outcome and horizon in each; each number of the evaluation stands once."""
    os, tox = scores_view(evaluation, {"os": "months"}).tables
    assert (os.outcome, os.heads) == ("os", ("Over all times", "24 months"))
    assert tox.heads == ("Estimate",)
    brier = [cell[0] for cell in dict(os.rows)["Brier score (lower is better)"]]
    expected = (evaluation.value("brier_integrated", outcome="os"), evaluation.value("brier", outcome="os"))
    assert brier == [f"{each:.3f}" for each in expected]
    stated = sum(cell[0] != "–" for table in (os, tox) for _, cells in table.rows for cell in cells)
    assert stated == sum(~evaluation.scores["measure"].str.endswith("_pooled"))


def test_a_page_says_what_a_brier_score_over_all_times_is(evaluation, ranking):
    whole = "Over all times, the Brier score is integrated."
    assert whole in report_html(ranking, evaluation=evaluation)
    assert not scores_view(_without_times(evaluation), {}).has_integrated


def _without_times(evaluation):
    return dataclasses.replace(evaluation, scores=evaluation.scores[evaluation.scores["outcome"] != "os"])


def test_each_outcome_and_horizon_has_a_calibration_figure_on_the_page(evaluation, ranking):
    """One survival horizon and one binary outcome; their names are escaped."""
    page = report_html(ranking, evaluation=evaluation)
    assert page.count('aria-label="Calibration of') == 2
    assert "How good the predictions are" in page
    assert "tox&lt;b&gt;" in page
    assert "tox<b>" not in page


def test_a_page_that_shows_an_evaluation_does_not_say_that_there_is_none(evaluation, make_ranking):
    """What was evaluated has one source, the model; an evaluation that is given beside it is said to be apart."""
    bare = make_ranking(findings=carried_findings({}, "months"))
    assert "fitted without an evaluation" in report_html(bare)
    page = report_html(bare, evaluation=evaluation)
    assert "fitted without an evaluation" not in page
    assert "the model that made the answers does not carry it, and the advice does not know it" in page
    assert not bare.evaluated
    carried = make_ranking(findings=carried_findings({"scores": [{}]}, "months"))
    assert carried.evaluated
    assert "does not carry it" not in report_html(carried, evaluation=evaluation)


def test_a_finding_below_a_ranking_names_its_column_and_is_listed_once(make_ranking):
    """ "The column is not one of the model's features" stood three times, and no column was named."""
    left = [
        Finding(code="column-not-in-model", severity="info", message="the column was left out", place=place)
        for place in ('a.csv column "x"', 'a.csv column "y"', 'a.csv column "y"')
    ]
    page = report_html(make_ranking(findings=tuple(left)))
    assert page.count("column &#34;x&#34;: the column was left out [column-not-in-model]") == 1
    assert page.count("column &#34;y&#34;: the column was left out [column-not-in-model]") == 1


def test_serious_findings_of_the_model_stand_in_the_summary(make_ranking):
    found = Finding(code="negative-control-fails", severity="serious", message="confounding is left")
    page = report_html(make_ranking(findings=(found,)))
    assert page.index("confounding is left") < page.index('class="patient"')


def test_a_horizon_of_a_cause_has_the_unit_of_its_outcome():
    """It stood as "relapse at 365"."""
    row = {"outcome": "os:relapse", "horizon": 365.0, "measure": "brier", "estimate": 0.2, "lower": 0.1, "upper": 0.3}
    curve = pd.DataFrame(columns=["outcome", "horizon", "predicted", "observed"])
    found = [
        Finding(code="calibration-slope", severity="warning", message="slope -0.5", place="os:relapse at 365"),
        Finding(code="no-skill", severity="serious", message="none", place="os"),
    ]
    none = pd.DataFrame()
    made = Evaluation(
        scores=pd.DataFrame([row]), calibration=curve, predictions=none, counts=none, findings=tuple(found)
    )
    view = scores_view(made, {"os": "days"})
    assert (view.tables[0].outcome, view.tables[0].heads) == ("os, relapse", ("365 days",))
    assert view.findings[0][0] == "serious"  # what weighs most comes first
    assert view.findings[1][2] == "os, relapse at 365 days: slope −0.5"
