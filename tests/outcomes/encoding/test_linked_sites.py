"""Dosages expected from linked sites."""

import numpy as np
import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx.outcomes import LinkedSites


@pytest.fixture(scope="module")
def sites():
    """400 patients: b equals a, c is 2 - a in nine of ten chromosomes, d is of its own; a missing in 60."""
    rng = np.random.default_rng(1)
    one = rng.integers(0, 2, (400, 2))
    c = np.where(rng.random((400, 2)) < 0.9, 1 - one, rng.integers(0, 2, (400, 2)))
    X = pd.DataFrame(
        {"rs1": one.sum(1), "rs2": one.sum(1), "rs3": c.sum(1), "rs4": rng.integers(0, 3, 400), "age": 60.0},
        index=[f"P{i}" for i in range(400)],
    ).astype(dict.fromkeys(("rs1", "rs2", "rs3", "rs4"), "Int8"))
    truth = X.copy()
    X.iloc[:60, 0] = pd.NA
    X.iloc[40:60, 1] = pd.NA
    X.iloc[50:60, 2] = pd.NA
    return X, truth


def test_a_gap_is_filled_from_the_sites_that_tell_of_it(sites):
    """By construction: rs2 equals rs1; rs3 tells most of it; rs4 nothing; without either the gap stays."""
    X, truth = sites
    links = LinkedSites().fit(X)
    filled = links.transform(X)
    assert links.links_["rs1"][0] == "rs2"
    assert "rs4" not in links.links_
    np.testing.assert_allclose(filled["rs1"].iloc[:40].astype(float), truth["rs1"].iloc[:40].astype(float), atol=0.1)
    off = (filled["rs1"].iloc[40:50].astype(float) - truth["rs1"].iloc[40:50].astype(float)).abs()
    assert off.mean() < 0.5
    assert filled["rs1"].iloc[50:60].isna().all()
    assert filled["rs1"].iloc[60:].astype(int).equals(truth["rs1"].iloc[60:].astype(int))
    assert filled[["rs4", "age"]].equals(X[["rs4", "age"]])


def test_it_is_said(sites):
    """Never silently: a count for the cohort, a finding for each patient."""
    X, _ = sites
    links = LinkedSites().fit(X)
    counts = links.filled_.set_index("site").loc["rs1"]
    assert (counts["missing"], counts["filled"]) == (60, 50)
    assert {finding.code for finding in links.findings_} == {"linked-site"}
    stated = links.findings(X.iloc[[0, 55, 100]])
    assert [(finding.patient_id, finding.code) for finding in stated] == [("P0", "linked-site")]
    assert "rs2" in stated[0].message


def test_a_patient_alone_and_state_give_the_same_numbers(sites):
    """To the bit."""
    X, _ = sites
    links = LinkedSites().fit(X)
    again = LinkedSites.from_state(links.state())
    assert again.transform(X).equals(links.transform(X))
    assert links.transform(X.iloc[[45]])["rs1"].iloc[0] == links.transform(X)["rs1"].iloc[45]


def test_nothing_of_the_rows_to_fill_is_learnt(sites):
    """Learnt inside the fold: other rows of the data to fill change nothing."""
    X, _ = sites
    links = LinkedSites().fit(X.iloc[100:])
    other = X.copy()
    other.iloc[50:, :4] = 0
    assert links.transform(other)["rs1"].iloc[:40].equals(links.transform(X)["rs1"].iloc[:40])


def test_sites_are_those_of_the_specs(sites):
    X, _ = sites
    specs = [FeatureSpec(name=name, kind="integer", group="site") for name in ("rs1", "rs3")]
    assert LinkedSites(specs).fit(X).links_ == {"rs1": ("rs3",), "rs3": ("rs1",)}


def test_too_many_sites_are_left_alone_and_said():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.integers(0, 3, (60, 501)), columns=[f"rs{i}" for i in range(501)])
    links = LinkedSites().fit(X)
    assert links.links_ == {}
    assert [finding.code for finding in links.findings_] == ["too-many-sites"]
    assert links.transform(X) is X
