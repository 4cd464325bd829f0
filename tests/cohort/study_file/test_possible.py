"""For whom an option is possible: conditions by hand, in the study file and in the design."""

import numpy as np
import pandas as pd
import pytest

from genorx.cohort import Study
from genorx.cohort.study_file.possible import Condition, possibility
from genorx.errors import StudyError, SupportError

AGE = Condition(option="transplant", column="age_years", upper=70.0)
DONOR = Condition(option="transplant", column="donor", values=("1", "sibling"))


def patient(age, donor):
    return pd.Series({"age_years": age, "donor": donor}, dtype=object)


@pytest.mark.parametrize(
    ("age", "donor", "answer", "said"),
    [
        (70, "sibling", True, ""),
        (71, "sibling", False, "not possible: age_years at most 70 is needed, age_years is 71"),
        (pd.NA, "sibling", None, "age_years at most 70 is needed, and age_years is missing"),
        (pd.NA, "none", False, "not possible: donor 1 or sibling is needed, donor is none"),
        (60, 1, True, ""),
        (60, "yes", True, ""),
        (60, pd.NA, None, "donor 1 or sibling is needed, and donor is missing"),
    ],
)
def test_a_condition_that_is_not_met_excludes_and_a_missing_one_leaves_it_open(age, donor, answer, said):
    """A known no stands, whatever else is missing."""
    found = possibility("transplant", patient(age, donor), (AGE, DONOR))
    assert (found.answer, found.reason) == (answer, said)
    assert possibility("chemotherapy", patient(age, donor), (AGE, DONOR)).answer is True


def test_conditions_survive_a_model_file():
    assert [Condition.from_dict(each.to_dict()) for each in (AGE, DONOR)] == [AGE, DONOR]
    assert Condition(option="a", column="x", lower=1.0, upper=2.0).stated() == "x at least 1 and at most 2"


STUDY = """
[study]
name = "s"
patient_id = "pid"
[[tables]]
path = "clinical.csv"
role = "clinical"
[treatment]
table = "treatments.csv"
reference = "rest"
column = "arm"
{more}
[outcomes.os]
table = "outcomes.csv"
kind = "survival"
time = "days"
event = "dead"
unit = "days"
horizons = [365]
"""


@pytest.fixture
def write(tmp_path):
    """A study of 40 patients: ages 41 to 80; age of P0 missing; the older half had ``new``."""
    ids = [f"P{i}" for i in range(40)]
    ages = [""] + [str(41 + i) for i in range(1, 40)]
    clinical = pd.DataFrame({"pid": ids, "age_years": ages, "fit": ["yes", "no"] * 20})
    clinical["stage"] = ["early", "late", "late", "early"] * 10
    clinical.to_csv(tmp_path / "clinical.csv", index=False)
    arms = ["rest" if i < 20 else "new" for i in range(40)]
    pd.DataFrame({"pid": ids, "arm": arms}).to_csv(tmp_path / "treatments.csv", index=False)
    days = np.random.default_rng(0).permutation(np.arange(100, 140))
    pd.DataFrame({"pid": ids, "days": days, "dead": 1}).to_csv(tmp_path / "outcomes.csv", index=False)

    def _write(more):
        path = tmp_path / "study.toml"
        path.write_text(STUDY.format(more=more), encoding="utf-8")
        return Study.read(path)

    return _write


def test_who_had_no_choice_is_not_compared_and_counted(write):
    """By hand: ``new`` up to 70 years; P30 to P39 had it beyond (71 to 80), nobody of the others is older."""
    cohort = write('[[treatment.possible.new]]\ncolumn = "age_years"\nmax = 70').load()
    flow = cohort.design.flow.set_index("step")
    assert flow.loc["had a possible option", "lost"] == 10
    assert flow.loc["had a choice", "lost"] == 0
    said = [finding for finding in cohort.findings if finding.code == "possible-unknown"]
    assert [finding.message for finding in said] == [
        "whether new was possible is not known for 1 patient, who is compared"
    ]
    assert cohort.possible == (Condition(option="new", column="age_years", upper=70.0),)


def test_a_yes_or_no_condition_reads_yes_and_no(write):
    """``fit`` is yes in every other patient: of ``rest`` 10 had no choice, of ``new`` 10 had what was impossible."""
    cohort = write('[[treatment.possible.new]]\ncolumn = "fit"\nin = [true]').load()
    flow = cohort.design.flow.set_index("step")["lost"]
    assert (flow["had a possible option"], flow["had a choice"]) == (10, 10)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ('[[treatment.possible.old]]\ncolumn = "fit"\nin = ["yes"]', "unknown-option"),
        ('[[treatment.possible.new]]\ncolumn = "weight"\nmax = 1', "no-such-column"),
        ('[[treatment.possible.new]]\ncolumn = "fit"', "wrong-value"),
        ('[[treatment.possible.new]]\ncolumn = "stage"\nmax = 2', "wrong-value"),
        ('[[treatment.possible.new]]\ncolumn = "fit"\nin = ["yes"]\nmax = 3', "wrong-value"),
        ('[[treatment.possible.new]]\ncolumn = "age_years"\nmin = 3\nmax = 2', "wrong-value"),
        ('[[treatment.possible.new]]\ncolumn = "age_years"\nmaximum = 2', "unknown-key"),
    ],
)
def test_conditions_that_make_no_sense_are_refused(write, more, code):
    with pytest.raises(StudyError) as caught:
        write(more).load()
    assert caught.value.code == code
    if code == "unknown-key":
        assert caught.value.hint == 'did you mean "max"?'


def test_an_option_that_is_possible_for_nobody_is_refused(write):
    with pytest.raises(SupportError) as caught:
        write('[[treatment.possible.new]]\ncolumn = "age_years"\nmin = 90').load()
    assert caught.value.code == "option-without-patients"
