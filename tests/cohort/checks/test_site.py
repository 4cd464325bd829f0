"""Missing values by site."""

import numpy as np
import pandas as pd
import pytest

from genorx.cohort.checks.site import missing_by_site, site_findings, site_rank

INDEX = pd.Index([f"P{i}" for i in range(60)], name="patient_id")
SITE = pd.Series(["A", "B", "C"] * 20, index=INDEX)


def table_of(known) -> pd.DataFrame:
    column = pd.Series(np.where(known, 1.0, np.nan), index=INDEX).astype("Float64")
    return missing_by_site(pd.DataFrame({"x": column, "full": 1}, index=INDEX), SITE)


def test_missing_values_are_counted_by_site_for_columns_that_have_some():
    """By hand: x is known at A and B, not at C; "full" has nothing missing."""
    table = table_of(SITE != "C")
    assert table["column"].unique().tolist() == ["x"]
    assert table["missing"].tolist() == [0, 0, 20]
    assert table["missing_share"].tolist() == [0.0, 0.0, 1.0]


def test_a_column_wholly_missing_at_a_site_is_named():
    assert [finding.code for finding in site_findings(table_of(SITE != "C"), "centre")] == ["missing-by-site"]


def test_missing_at_random_is_not_named():
    """Half missing everywhere, by simulation."""
    assert site_findings(table_of(np.random.default_rng(5).random(60) < 0.5), "centre") == ()


def test_nothing_missing_gives_an_empty_table_and_no_finding():
    table = table_of(np.ones(60, dtype=bool))
    assert table.empty
    assert site_findings(table, "centre") == ()


@pytest.mark.parametrize("name", ["centre", "Center", "site", "site_id", "hospital", "centre_code", "study"])
def test_names_of_sites_are_known(name):
    assert site_rank(name) is not None


@pytest.mark.parametrize("name", ["tumour_site", "sites", "clinical", "opposite", "study_day"])
def test_other_names_are_not_sites(name):
    assert site_rank(name) is None


def test_smoking_that_was_not_asked_for_at_a_site_is_named_by_itself():
    """By hand: known in all 40 patients of A and B, in none of the 20 of C; "x" beside it has no finding of its own."""
    column = pd.Series(np.where(SITE != "C", 1.0, np.nan), index=INDEX).astype("Float64")
    table = missing_by_site(pd.DataFrame({"current_smoker": column, "x": column}, index=INDEX), SITE)
    _, own = site_findings(table, "centre")
    assert own.place == 'column "current_smoker"'
    assert '33% of patients, in all at 1 of 3 levels of "centre"' in own.message


def test_smoking_in_iwpc_tells_the_site(shared):
    """The data's README: missing for 40 % (2,480 of 6,256), at 7 of 22 sites in all patients."""
    patients = pd.read_csv(shared / "data" / "iwpc" / "iwpc_tidy.csv.gz", index_col="subject")
    table = missing_by_site(patients[["current_smoker"]], patients["site"].astype(str))
    _, own = site_findings(table, "site")
    assert '40% of patients, in all at 7 of 22 levels of "site"' in own.message
