"""Quitting smoking, from the study file to the published numbers."""

import numpy as np
import pandas as pd
import pytest

from genorx.cohort import Study
from genorx.datasets import NHEFS_COVARIATES, load_nhefs, write_nhefs_study
from genorx.effects import cohort_average_effects
from genorx.errors import SupportError, UsageError


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("nhefs")


@pytest.fixture(scope="module")
def cohort(home):
    return Study.read(write_nhefs_study(home, primary="weight_gain")).load()


def test_the_tables_are_those_of_the_book(cohort):
    """Hernan and Robins, table 12.1: means of 403 quitters and 1,163 others; codes in words say so."""
    people = cohort.features.assign(quit=(cohort.design.treatment == "quit"))
    shares = {
        "age_years": (42.8, 46.2),
        "weight_kg": (70.3, 72.4),
        "cigarettes_per_day": (21.2, 18.6),
        "years_smoked": (24.1, 26.0),
    }
    for name, expected in shares.items():
        assert people.groupby("quit")[name].mean().tolist() == pytest.approx(expected, abs=0.06)
    levels = {
        ("sex", "male"): (46.6, 54.6),
        ("race", "white"): (85.4, 91.1),
        ("education", "college or more"): (9.9, 15.4),
        ("exercise", "little or none"): (37.9, 40.7),
        ("activity", "inactive"): (8.9, 11.2),
    }
    for (name, level), expected in levels.items():
        found = 100 * (people[name] == level).groupby(people["quit"]).mean()
        assert found.tolist() == pytest.approx(expected, abs=0.06)


def test_who_is_lost_is_counted(cohort):
    assert cohort.flow["lost"].tolist() == [0, 63]
    assert cohort.design.treatment.value_counts().to_dict() == {"continue": 1163, "quit": 403}
    assert cohort.design.factors == {"qsmk": {"1": "quit", "0": "continue"}}


@pytest.mark.parametrize(
    ("method", "kilograms"), [("unadjusted", 2.54), ("weighted", 3.44), ("standardised", 3.52), ("doubly_robust", 3.46)]
)
def test_quitting_adds_the_published_weight(cohort, method, kilograms):
    """Hernan and Robins, chapters 12 and 13, to two decimals, from the study file on.

    The last is the double of both by hand (numpy, least squares and Newton): 3.457.
    """
    found = cohort_average_effects(cohort, covariates=NHEFS_COVARIATES, products=["cigarettes_per_day"])
    row = found.frame.set_index("method").loc[method]
    assert round(row["estimate"], 2) == kilograms
    assert row["patients"] == 1566


def test_the_whole_cohort_gives_the_same_and_counts_who_has_no_weight(home):
    """By default death decides who is in: 1,629 people, of whom 63 have no weight in 1982."""
    whole = Study.read(write_nhefs_study(home / "whole")).load()
    found = cohort_average_effects(whole, "weight_gain", covariates=NHEFS_COVARIATES, products=["cigarettes_per_day"])
    assert found.frame["estimate"].round(2).tolist() == [2.54, 3.44, 3.52, 3.46]
    assert found.left_out == 63


def test_quitting_does_not_move_death_once_confounding_is_taken_away(home):
    """Chapter 17, 1,629 people: 24 % of quitters died by 1992 and 18 % of others; weighted survival 80.7 and 80.5 %."""
    whole = Study.read(write_nhefs_study(home / "death", primary="death")).load()
    found = cohort_average_effects(whole, covariates=NHEFS_COVARIATES)
    assert found.weights.set_index("option")["mean"].to_dict() == pytest.approx(
        {"quit": 102 / 428, "continue": 216 / 1201}
    )
    row = found.frame.set_index("method").loc["weighted"]
    assert row["estimate"] == pytest.approx(-0.002, abs=0.005)
    assert row["lower"] < 0 < row["upper"]


@pytest.mark.usefixtures("cohort")  # which writes the tables
def test_months_to_death_give_the_published_hazard_ratio(home):
    """Chapter 17: 1.39 (1.09 to 1.77) for quitters, unadjusted; lifelines on the table that was written."""
    lifelines = pytest.importorskip("lifelines")
    table = pd.read_csv(home / "outcomes.csv").merge(pd.read_csv(home / "quitting.csv"))
    columns = table[["months_from_1983", "death_by_1992", "qsmk"]]
    fit = lifelines.CoxPHFitter().fit(columns, "months_from_1983", "death_by_1992")
    found = np.exp([fit.params_["qsmk"], *fit.confidence_intervals_.loc["qsmk"]])
    assert found.tolist() == pytest.approx([1.39, 1.09, 1.77], abs=0.015)


def test_unknown_is_not_no(cohort):
    """5 people did not say how often they drink: they have no grams; who never drinks has 0 whatever else is empty."""
    raw = load_nhefs().set_index("seqn")
    raw.index = raw.index.astype(str)
    grams = cohort.features["alcohol_g_per_day"]
    often = raw.loc[grams.index, "alcoholfreq"]
    assert grams[(often == 5).to_numpy()].isna().all()
    assert (grams[(often == 4).to_numpy()] == 0).all()


def test_covariates_products_and_outcomes_must_be_there(cohort):
    for asked in ({"covariates": ["age"]}, {"products": ["age"]}, {"outcome": "gain"}):
        with pytest.raises(UsageError):
            cohort_average_effects(cohort, **asked)


def test_survival_has_averages_elsewhere(cohort):
    with pytest.raises(UsageError, match="no column value"):
        cohort_average_effects(cohort, "survival")


def test_a_study_without_treatment_has_nothing_to_compare(cohort):
    import dataclasses

    with pytest.raises(SupportError) as caught:
        cohort_average_effects(dataclasses.replace(cohort, design=None))
    assert caught.value.code == "no-design"
    later = dataclasses.replace(cohort.design, start=cohort.design.origin)
    with pytest.raises(SupportError) as caught:
        cohort_average_effects(dataclasses.replace(cohort, design=later))
    assert caught.value.code == "start-stop"
