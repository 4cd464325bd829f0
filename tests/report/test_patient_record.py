"""The record on a patient's first page: a made cohort whose values are written below."""

import numpy as np
import pandas as pd
import pytest

from genorx import Cohort
from genorx._core.feature_spec import FeatureSpec
from genorx.ranking import TreatmentRanker
from genorx.report import report_html
from genorx.report.patient_record import record_view, value_in_words


@pytest.fixture(scope="module")
def ranking():
    rng = np.random.default_rng(0)
    n = 160
    features = pd.DataFrame(
        {
            "patient_id": [f"P{i}" for i in range(n)],
            "crp_mg_l": rng.gamma(2, 5, n).round(1),
            "age_years": rng.integers(40, 80, n).astype(float),
            "arm": np.where(np.arange(n) % 2, "new", "old"),
            "days": rng.exponential(300, n) + 1,
            "died": rng.integers(0, 2, n),
        }
    )
    os = {"kind": "survival", "time": "days", "event": "died", "unit": "days", "horizons": [365], "better": "longer"}
    cohort = Cohort.from_frames(
        features, outcomes={"os": os}, treatment="arm", design={"reference": "old", "randomised": True}
    )
    patients = features.iloc[:2][["patient_id", "crp_mg_l", "age_years"]].assign(
        crp_mg_l=[12.5, np.nan], age_years=[61.0, 50.0]
    )
    return TreatmentRanker(n_draws=50).fit(cohort).rank(patients)


def test_the_record_names_age_first_and_what_is_not_known(ranking):
    view = record_view(ranking, "P0")
    assert view.values == (("age_years", "61 years"), ("crp_mg_l", "12.5 mg/L"))
    assert view.unknown == ()
    assert record_view(ranking, "P1").unknown == ("crp_mg_l",)


def test_the_page_shows_it_and_a_ranking_without_patients_features_shows_none(ranking, make_ranking):
    page = report_html(ranking)
    assert "age_years: 61 years; crp_mg_l: 12.5 mg/L" in " ".join(page.split())
    assert "<strong>Not known:</strong> crp_mg_l" in page
    assert record_view(make_ranking(), "P0001") is None
    assert "Record." not in report_html(make_ranking())


def test_a_short_page_has_the_first_pages_and_no_appendix(ranking):
    short, whole = report_html(ranking, short=True), report_html(ranking)
    for text in ("Options, best first", "What is not known", "Data and versions"):
        assert text in short
        assert text in whole
    for text in ("Appendix", "What moved the estimate", "<svg"):
        assert text not in short
        assert text in whole


@pytest.mark.parametrize(
    ("kind", "group", "text", "words"),
    [
        ("boolean", "gene", "1", "found"),
        ("boolean", "gene", "0", "not found"),
        ("integer", "site", "2", "two copies"),
        ("boolean", "clinical", "1", "yes"),
        ("integer", "clinical", "1", "1"),
        ("boolean", "gene", "missing", "missing"),
    ],
)
def test_a_code_of_a_variant_or_of_an_answer_is_said_in_words(kind, group, text, words):
    assert value_in_words(text, FeatureSpec(name="x", kind=kind, group=group)) == words
