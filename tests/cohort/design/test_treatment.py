"""Who is compared with whom: designs worked out by hand, and on the AML knowledge bank."""

import numpy as np
import pandas as pd
import pytest

from genorx.cohort.design.landmarks import vary_landmark
from genorx.cohort.design.options import TreatmentRows, treatment_factors
from genorx.cohort.design.treatment import build_design
from genorx.cohort.outcome import Outcome
from genorx.cohort.study_file.sections import TreatmentSection
from genorx.errors import StudyError, SupportError, TableError, UsageError

PATIENTS = pd.Index([f"P{i}" for i in range(1, 9)], name="patient_id")


def rows(cells: dict, start: str | None = None) -> TreatmentRows:
    frame = pd.DataFrame(cells, dtype="string")
    days = None if start is None else pd.to_numeric(frame[start]).astype("Float64")
    return TreatmentRows(file="t.csv", name="t.csv", cells=frame, patient=frame["id"], start=days)


def survival(days: list, event: list, unit: str = "days") -> Outcome:
    frame = pd.DataFrame({"time": np.array(days, float), "event": np.array(event, bool)}, index=PATIENTS[: len(days)])
    return Outcome(name="os", kind="survival", frame=frame, unit=unit)


def section(**said) -> TreatmentSection:
    options = said.pop("options", {"transplant": {"drug": "HSCT"}, "rest": {}})
    return TreatmentSection(table="t.csv", reference=said.pop("reference", "rest"), options=options, **said)


def design_of(
    said: TreatmentSection,
    table: TreatmentRows,
    outcome: Outcome,
    *,
    zero=None,
    strata=None,
    features=None,
    conditions=(),
):
    if strata is None:
        strata = pd.Series("(all)", index=PATIENTS)
    time_zero = None if zero is None else pd.Series(np.array(zero, float), index=PATIENTS)
    return build_design(
        said,
        rows=table,
        features=pd.DataFrame(index=PATIENTS) if features is None else features,
        primary=outcome,
        clock=outcome,
        time_zero=time_zero,
        strata=strata,
        conditions=conditions,
    )


def landmark(**said) -> TreatmentSection:
    return section(design="landmark", landmark=100.0, time_zero="cr_day", start="day", **said)


def test_a_landmark_design_counts_who_is_lost_where():
    """By hand, landmark day 100 after remission.

    P1 never in remission; P2 dies on day 100 of remission; P3 censored before; P4 transplanted before remission;
    P5 transplanted on the very day; P6 transplanted the day after; P7, P8 never.
    """
    table = rows(
        {"id": ["P4", "P5", "P6", "P7", "P8"], "drug": ["HSCT"] * 3 + ["x", "x"], "day": [5, 110, 111, 0, 0]}, "day"
    )
    outcome = survival([50, 110, 90, 500, 500, 500, 500, 500], [1, 1, 0, 0, 1, 1, 0, 1])
    design, findings = design_of(landmark(), table, outcome, zero=[np.nan] + [10] * 7)
    assert design.flow[["patients", "lost"]].to_numpy().tolist() == [
        [8, 0], [7, 1], [7, 0], [6, 1], [5, 1], [5, 0], [4, 1], [4, 0],
    ]  # fmt: skip
    assert design.treatment.astype(str).to_dict() == {"P5": "transplant", "P6": "rest", "P7": "rest", "P8": "rest"}
    assert design.origin.tolist() == [110.0] * 4
    assert [finding.code for finding in findings] == ["switched-after"]
    assert design.options == ("transplant", "rest")


def test_follow_up_starts_at_the_landmark():
    """500 days since diagnosis, landmark 100 after remission on day 10: 390 days."""
    table = rows({"id": ["P1", "P2"], "drug": ["HSCT", "x"], "day": [20, 20]}, "day")
    design, _ = design_of(landmark(), table, survival([500] * 8, [1] * 8), zero=[10] * 8)
    assert design.follow_up(survival([500] * 8, [1] * 8).frame)["time"].tolist() == [390.0] * 8


def test_days_of_the_design_are_converted_to_the_outcomes_unit():
    """A month is 30.4375 days: an origin of 110 days is 3.614 months; 24 months less that are 20.386."""
    table = rows({"id": ["P1", "P2"], "drug": ["HSCT", "x"], "day": [20, 20]}, "day")
    outcome = survival([24, 3, *[24] * 6], [1] * 8, unit="months")
    design, _ = design_of(landmark(), table, outcome, zero=[10] * 8)
    assert "P2" not in design.treatment.index  # died in month 3, before day 110
    assert design.follow_up(outcome.frame, unit="months")["time"].iloc[0] == pytest.approx(20.386, abs=5e-4)
    with pytest.raises(UsageError):
        design.follow_up(outcome.frame, unit="fortnights")


def test_an_unknown_start_makes_the_option_unknown():
    """Unknown is not never: the patient is not compared, and counted."""
    table = rows({"id": ["P1", "P2", "P3"], "drug": ["HSCT", "HSCT", "x"], "day": [20, None, 0]}, "day")
    design, _ = design_of(landmark(), table, survival([500] * 8, [1] * 8), zero=[10] * 8)
    lost = design.flow.set_index("step")["lost"]
    assert lost["start of the treatment known"] == 1
    assert "P2" not in design.treatment.index


def test_without_an_option_for_everybody_else_the_others_are_not_compared():
    """P3 fits neither option."""
    said = landmark(options={"a": {"drug": "A"}, "b": {"drug": "B"}}, reference="a")
    table = rows({"id": ["P1", "P2", "P3"], "drug": ["A", "B", "C"], "day": [0, 20, 20]}, "day")
    design, _ = design_of(said, table, survival([500] * 8, [1] * 8), zero=[0] * 8)
    assert design.treatment.astype(str).to_dict() == {"P1": "a", "P2": "b"}


def test_the_first_option_that_fits_counts():
    """P1 has both drugs by the landmark; option a stands first in the file."""
    said = landmark(options={"a": {"drug": "A"}, "b": {"drug": "B"}}, reference="a")
    table = rows({"id": ["P1", "P1", "P2"], "drug": ["B", "A", "B"], "day": [20, 30, 20]}, "day")
    design, _ = design_of(said, table, survival([500] * 8, [1] * 8), zero=[0] * 8)
    assert design.treatment["P1"] == "a"


def test_ever_against_never_cannot_be_written():
    """Several rows a patient and no start: only who lives to be treated is treated."""
    table = rows({"id": ["P1", "P1", "P2"], "drug": ["x", "HSCT", "x"]})
    with pytest.raises(StudyError) as caught:
        design_of(section(), table, survival([5] * 8, [1] * 8))
    assert caught.value.code == "ever-against-never"


def test_a_baseline_design_with_a_start_sees_only_what_started_by_the_origin():
    """P1 starts on day 0, P2 on day 1."""
    table = rows({"id": ["P1", "P2"], "drug": ["HSCT", "HSCT"], "day": [0, 1]}, "day")
    design, findings = design_of(section(start="day"), table, survival([5] * 8, [1] * 8))
    assert design.treatment.value_counts().to_dict() == {"rest": 7, "transplant": 1}
    assert {finding.code for finding in findings} == {"switched-after", "no-treatment-row"}


def test_a_day_column_that_is_not_used_is_named():
    """One row a patient, treated on day 40, and the study does not say that the column tells it."""
    table = rows({"id": list(PATIENTS), "drug": ["HSCT"] + ["x"] * 7, "day": [40] + [0] * 7})
    _, findings = design_of(section(), table, survival([500] * 8, [1] * 8))
    assert [(finding.code, finding.severity) for finding in findings] == [("late-treatment", "serious")]


def test_levels_of_a_column_are_options_and_a_missing_level_is_not_compared():
    """Two arms, one patient without."""
    table = rows({"id": list(PATIENTS), "arm": ["A", "B"] * 3 + ["A", None]})
    said = TreatmentSection(table="t.csv", reference="B", column="arm", randomised=True)
    design, _ = design_of(said, table, survival([5] * 8, [1] * 8))
    assert design.options == ("A", "B")
    assert design.treatment.value_counts().to_dict() == {"A": 4, "B": 3}
    assert design.flow["lost"].tolist() == [0, 1]
    assert "at random" in design.assumptions[0]


def test_options_that_look_like_one_are_named():
    """Chemo and chemo: two arms for the computer, one for the ward."""
    table = rows({"id": ["P1", "P2", "P3"], "arm": ["Chemo", "chemo", "B"]})
    _, findings = design_of(
        TreatmentSection(table="t.csv", reference="B", column="arm"), table, survival([5] * 8, [1] * 8)
    )
    assert [(finding.code, finding.severity) for finding in findings] == [("near-duplicate-levels", "serious")]


def test_options_of_a_series_are_no_spellings_of_one():
    """DrugA, DrugB and DrugC are three drugs."""
    table = rows({"id": ["P1", "P2", "P3"], "arm": ["DrugA", "DrugB", "DrugC"]})
    said = TreatmentSection(table="t.csv", reference="DrugB", column="arm")
    _, findings = design_of(said, table, survival([5] * 8, [1] * 8))
    assert findings == ()


def test_a_cell_that_misses_a_condition_by_its_spelling_is_named():
    """The patient of "drug-a" would count as the option of everybody else."""
    table = rows({"id": ["P1", "P2", "P3"], "arm": ["Drug A", "drug-a", "Drug B"]})
    said = TreatmentSection(table="t.csv", reference="rest", options={"A": {"arm": "Drug A"}, "rest": {}})
    _, findings = design_of(said, table, survival([5] * 8, [1] * 8))
    (finding,) = [each for each in findings if each.code == "near-duplicate-levels"]
    assert finding.severity == "serious"
    assert finding.message == '1 cell of "arm" are "drug-a", which looks like "Drug A" but differs from it'


def test_names_of_persons_in_the_column_of_options_are_not_repeated():
    """The wrong column was named: each cell is another person."""
    table = rows({"id": ["P1", "P2", "P3"], "arm": ["Max Mustermann", "Erika Muster", "Jane Doe"]})
    said = TreatmentSection(table="t.csv", reference="standard", column="arm")
    with pytest.raises(StudyError) as caught:
        design_of(said, table, survival([5] * 8, [1] * 8))
    assert caught.value.hint == "levels: 3 different texts"


def test_whole_numbers_with_decimals_are_the_levels_that_they_mean():
    """NHEFS has quitting as 0.0 and 1.0; the study says "0"."""
    table = rows({"id": ["P1", "P2", "P3"], "arm": ["0.0", "1.0", "1"]})
    design, _ = design_of(
        TreatmentSection(table="t.csv", reference="0", column="arm"), table, survival([5] * 8, [1] * 8)
    )
    assert design.treatment.astype(str).to_dict() == {"P1": "0", "P2": "1", "P3": "1"}


def test_the_reference_of_a_column_needs_no_start():
    """In a landmark design arm "none" starts on no day; "T" on day 300 is neither at day 100."""
    table = rows({"id": ["P1", "P2", "P3"], "arm": ["none", "T", "T"], "day": [None, 50, 300]}, "day")
    said = TreatmentSection(
        table="t.csv", reference="none", column="arm", design="landmark", landmark=100.0, start="day"
    )
    design, _ = design_of(said, table, survival([500] * 8, [1] * 8))
    assert design.treatment.astype(str).to_dict() == {"P1": "none", "P2": "T"}


@pytest.mark.parametrize(
    ("said", "cells", "error", "code"),
    [
        ({"column": "arm", "reference": "Bb"}, {"arm": ["A", "B"]}, StudyError, "unknown-reference"),
        ({"column": "arm", "reference": "A"}, {"arm": ["A", "A"]}, SupportError, "one-option"),
        ({"column": "arms", "reference": "A"}, {"arm": ["A", "B"]}, StudyError, "no-such-column"),
        ({"column": "arm", "reference": "A"}, {"arm": ["A", "B"], "id": ["P1", "P1"]}, TableError, "duplicate-patient"),
        ({"options": {"a": {"arm": "AA"}, "b": {}}, "reference": "b"}, {"arm": ["A", "B"]},
         StudyError, "option-fits-no-row"),
        ({"options": {"a": {"arm": "A"}, "b": {"arm": "B"}}, "reference": "b"}, {"arm": ["A", "B"], "id": ["P1", "Q9"]},
         SupportError, "option-without-patients"),
    ],
)  # fmt: skip
def test_a_treatment_that_cannot_be_read_is_refused(said, cells, error, code):
    table = rows({"id": ["P1", "P2"]} | cells)
    with pytest.raises(error) as caught:
        design_of(TreatmentSection(table="t.csv", **said), table, survival([5] * 8, [1] * 8))
    assert caught.value.code == code
    assert caught.value.file == "t.csv"


def test_conditions_take_text_numbers_truth_and_lists():
    """Cells "2", "yes" and "B" against 2, true and a list."""
    table = rows({"id": ["P1", "P2", "P3"], "n": ["2.0", "1", None], "t": ["yes", "no", None], "d": ["B", "C", "D"]})
    for condition in ({"n": 2}, {"t": True}, {"d": ["A", "B"]}):
        said = section(options={"a": condition, "rest": {}})
        design, _ = design_of(said, table, survival([5] * 8, [1] * 8))
        assert design.treatment.index[design.treatment == "a"].tolist() == ["P1"]


def test_a_row_that_nearly_makes_an_option_is_named():
    """P2 had HSCT in relapse by the landmark and would pass for "rest" in silence."""
    said = landmark(options={"transplant": {"drug": "HSCT", "phase": "CR1"}, "rest": {}})
    table = rows({"id": ["P1", "P2"], "drug": ["HSCT"] * 2, "phase": ["CR1", "REL"], "day": [20, 20]}, "day")
    _, findings = design_of(said, table, survival([500] * 8, [1] * 8), zero=[10] * 8)
    near = [finding for finding in findings if finding.code == "near-option"]
    assert len(near) == 1
    assert 'phase = "CR1"' in near[0].message


def test_strata_with_one_option_are_named_and_in_the_positivity_table():
    """Stratum s2 has nobody under transplant: 4 patients say nothing."""
    table = rows({"id": list(PATIENTS), "drug": ["HSCT", "HSCT"] + ["x"] * 6})
    strata = pd.Series(["s1"] * 4 + ["s2"] * 4, index=PATIENTS)
    design, findings = design_of(section(), table, survival([1, 2, 3, 4, 5, 6, 7, 8], [1, 0] * 4), strata=strata)
    assert [finding.code for finding in findings] == ["one-option-stratum"]
    table = design.positivity.set_index(["stratum", "option"])
    assert table.loc[("s2", "transplant"), "patients"] == 0
    assert table.loc[("s1", "transplant"), ["patients", "events", "total_follow_up"]].tolist() == [2, 1, 3.0]
    assert table.loc[("(all)", "rest"), "patients"] == 6


def test_transplant_in_aml_gives_the_published_landmark_hazard_ratio(aml, write_aml_study, tmp_path):
    """README of the knowledge bank: 0.84 (0.64-1.10) from a landmark 90 days after remission; read naively 0.75."""
    lifelines = pytest.importorskip("lifelines")
    from genorx.cohort import Study

    cohort = Study.read(write_aml_study(tmp_path, aml, variants=False)).load()
    design = cohort.design
    assert design.treatment.value_counts().to_dict() == {"chemotherapy": 691, "transplant": 137}
    assert design.flow["lost"].tolist() == [0, 199, 0, 39, 2, 0, 0, 0]
    total = design.positivity.query("stratum == '(all)'").set_index("option")
    assert total["events"].to_dict() == {"transplant": 61, "chemotherapy": 354}
    assert total["switched_after"].to_dict() == {"transplant": 0, "chemotherapy": 158}
    frame = design.follow_up(cohort.outcomes["os"].frame)
    frame["transplant"] = (design.treatment == "transplant").astype(float)
    fit = lifelines.CoxPHFitter().fit(frame.astype({"event": float}), "time", "event").summary.loc["transplant"]
    found = fit[["exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%"]].tolist()
    assert found == pytest.approx([0.84, 0.64, 1.10], abs=0.005)


def test_arms_of_actg_320_have_their_published_events(shared, tmp_path):
    """Hammer SM et al. 1997, N Engl J Med 337:725: AIDS or death in 63 of the control and 33 of the indinavir arm."""
    from genorx.cohort import Study

    table = shared / "data" / "trials" / "actg320.csv"
    if not table.is_file():
        pytest.skip("ACTG 320 absent from the development data")
    text = f"""
[study]
name = "ACTG 320"
patient_id = "id"
[[tables]]
path = "{table}"
role = "clinical"
[treatment]
table = "{table}"
column = "tx"
reference = "0"
randomised = true
[outcomes.aids]
table = "{table}"
kind = "survival"
time = "time_days"
event = "event"
unit = "days"
horizons = [300]
"""
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    design = Study.read(tmp_path / "study.toml").load().design
    assert design.positivity[["option", "patients", "events"]].to_numpy().tolist() == [["0", 577, 63], ["1", 574, 33]]


def test_other_landmarks_are_half_and_one_and_a_half_of_the_day_unless_named():
    """By hand: remission on day 10, everybody followed to day 500; P1 transplanted on day 20, P2 on 140, P3 on 170.

    Day 50 (study day 60) has P1 alone, day 100 (110) too, day 150 (160) P1 and P2.
    """
    table = rows({"id": ["P1", "P2", "P3"], "drug": ["HSCT"] * 3, "day": [20, 140, 170]}, "day")
    outcome = survival([500] * 8, [1] * 8)
    inputs = {
        "rows": table,
        "features": pd.DataFrame(index=PATIENTS),
        "primary": outcome,
        "clock": outcome,
        "time_zero": pd.Series(10.0, index=PATIENTS),
        "strata": pd.Series("(all)", index=PATIENTS),
    }
    designs, findings = vary_landmark(landmark(), inputs)
    assert findings == ()
    counts = {each.landmark: int((each.treatment == "transplant").sum()) for each in designs}
    assert counts == {50.0: 1, 150.0: 2}
    named, said = vary_landmark(landmark(sensitivity_landmarks=[100.0, 160.0, 5.0]), inputs)
    assert [each.landmark for each in named] == [160.0]
    assert [finding.code for finding in said] == ["landmark-not-varied"]
    assert "day 5" in said[0].message
    assert vary_landmark(section(), inputs) == ((), ())


@pytest.mark.parametrize(
    ("said", "factors"),
    [
        ({"options": {}, "column": "drug", "reference": "x"}, {"drug": {"HSCT": "HSCT", "x": "x"}}),
        ({"options": {"quit": {"drug": 1}, "rest": {}}}, {"drug": {"1": "quit", "rest": "rest"}}),
        ({"options": {"a": {"drug": ["p", "q"]}, "rest": {"drug": "r"}}}, {"drug": {"p": "a", "q": "a", "r": "rest"}}),
        ({"options": {"a": {"drug": "p", "phase": 2}, "rest": {}}}, {}),
    ],
)
def test_the_column_that_makes_the_options_is_kept(said, factors):
    """By it a what-if knows that a factor is the treatment; two columns together are no factor."""
    assert treatment_factors(section(**said), ("HSCT", "x")) == factors


def test_interactions_of_the_study_are_kept():
    table = rows({"id": ["P1", "P2"], "drug": ["HSCT", "x"], "day": [20, 20]}, "day")
    design, _ = design_of(landmark(interactions=["age"]), table, survival([500] * 8, [1] * 8), zero=[10] * 8)
    assert design.interactions == ("age",)


def test_a_time_varying_design_knows_when_each_option_began_and_skips_rows_of_patients_not_compared():
    """By hand: P2 began 90 days after remission, P3 never; P9 has a row, but is nobody of the study."""
    table = rows({"id": ["P2", "P2", "P9"], "drug": ["HSCT", "x", "HSCT"], "day": [100, 20, 50]}, "day")
    outcome = survival([500, 500, 500, 500], [1, 0, 1, 0])
    said = section(design="time_varying", time_zero="cr_day", start="day")
    design, _ = design_of(said, table, outcome, zero=[10] * 8)
    assert design.treatment.astype(str).to_dict() == {"P1": "rest", "P2": "transplant", "P3": "rest", "P4": "rest"}
    assert design.start.dropna().to_dict() == {"P2": 90.0}
