"""Smoking, alcohol, body size: derived by hand calculation; contradictions one patient each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genorx._core.feature_spec import FeatureSpec
from genorx._core.units import unit_of_name
from genorx.cohort.lifestyle.alcohol_frequency import drinks_at_a_time, times_per_day
from genorx.cohort.lifestyle.columns import smoking_status
from genorx.cohort.tables.table import TableSpec, load_table
from genorx.cohort.tables.variables import VARIABLES, find_variable

_TIMES = r"[<>]?=? ?\d{1,3}( ?- ?\d{1,3})? times?/(day|week|month|year)"


def findings_of(table, code):
    return [finding for finding in table.findings if finding.code == code]


def patients(table, code):
    return [finding.patient_id for finding in findings_of(table, code)]


def values(table, name):
    return [
        None if value is None or value != value else float(value)
        for value in table.frame[name].astype(object).where(table.frame[name].notna(), None)
    ]


@pytest.mark.parametrize(
    ("level", "status"),
    [
        ("never", "never"),
        ("Never smoker", "never"),
        ("non-smoker", "never"),
        ("never smoked", "never"),
        ("former", "former"),
        ("Ex-smoker", "former"),
        ("ex", "former"),
        ("previous smoker", "former"),
        ("current", "current"),
        ("Current smoker", "current"),
        ("smoker", "current"),
        ("occasionally", None),
        ("no answer", None),
    ],
)
def test_levels_of_smoking_are_understood(level, status):
    assert smoking_status(level) == status


def test_pack_years_are_packs_a_day_times_years(load_columns):
    """20 cigarettes make a pack: 10 a day for 30 years are 15 pack-years; nobody is given a guess."""
    table = load_columns(
        {"cigarettes_per_day": ["10", "20", "", "40"], "years_smoked": ["30", "10", "5", ""]}, role="lifestyle"
    )
    assert values(table, "pack_years") == [15.0, 10.0, None, None]
    assert table.specs[-1].unit == "{pack}.a"
    assert table.specs[-1].group == "lifestyle"
    assert len(findings_of(table, "derived-feature")) == 1


def test_who_never_smoked_has_no_pack_years_and_who_is_unknown_has_missing_ones(load_columns):
    table = load_columns(
        {
            "smoking_status": ["never", "unknown", "current", "former"],
            "cigarettes_per_day": ["", "", "20", "10"],
            "years_smoked": ["", "", "30", "10"],
        }
    )
    assert values(table, "pack_years") == [0.0, None, 30.0, 5.0]


def test_pack_years_of_the_file_are_not_computed_again(load_columns):
    table = load_columns({"cigarettes_per_day": ["10", "20"], "years_smoked": ["30", "10"], "pack_years": ["1", "2"]})
    assert values(table, "pack_years") == [1.0, 2.0]


@pytest.mark.parametrize("column", ["pack_years", "cigarettes_per_day", "years_smoked"])
def test_a_never_smoker_who_smoked_is_named(load_columns, column):
    cells = {
        "smoking_status": ["never", "Never smoker", "former", "unknown", "never"],
        column: ["5", "0", "10", "3", ""],
    }
    table = load_columns(cells)
    assert patients(table, "smoking-contradiction") == ["P1"]
    assert findings_of(table, "smoking-contradiction")[0].severity == "serious"


def test_ever_smoked_no_is_never(load_columns):
    table = load_columns({"ever_smoker": ["0", "1", "0", ""], "pack_years": ["7", "8", "0", "4"]})
    assert patients(table, "smoking-contradiction") == ["P1"]


def test_status_and_current_smoking_must_agree(load_columns):
    table = load_columns(
        {"smoking": ["never", "current", "former", "current", ""], "current_smoker": ["1", "0", "0", "1", "1"]}
    )
    assert patients(table, "smoking-contradiction") == ["P1", "P2"]


def test_time_since_quitting_needs_a_former_smoker(load_columns):
    table = load_columns(
        {"smoking_status": ["never", "current", "former", "former"], "years_since_quitting": ["3", "2", "5", ""]}
    )
    assert patients(table, "smoking-contradiction") == ["P1", "P2"]


def test_nobody_smokes_longer_than_they_live(load_columns):
    table = load_columns({"age_years": ["40", "60", "50"], "years_smoked": ["41", "40", "10"]})
    assert patients(table, "smoking-contradiction") == ["P1"]


def test_body_mass_index_comes_from_weight_and_height(load_columns):
    """70 kg at 175 cm: 70 / 1.75^2 = 22.857; in pounds and inches the same person."""
    table = load_columns({"weight_kg": ["70", "80", ""], "height_cm": ["175", "180", "170"]})
    assert values(table, "bmi_kg_per_m2") == [pytest.approx(22.857, abs=1e-3), pytest.approx(24.691, abs=1e-3), None]
    imperial = load_columns({"weight_lb": ["154.3236", "176"], "height_inches": ["68.89764", "70"]})
    assert values(imperial, "bmi_kg_per_m2")[0] == pytest.approx(22.857, abs=1e-3)


def test_a_body_mass_index_that_is_off_by_more_than_one_is_named(load_columns):
    """22.86 by weight and height: 23.8 is within 1, 23.9 is not."""
    table = load_columns(
        {"weight_kg": ["70", "70", ""], "height_cm": ["175", "175", "170"], "bmi": ["23.8", "23.9", "50"]}
    )
    assert patients(table, "bmi-contradiction") == ["P2"]
    assert "bmi_kg_per_m2" not in table.frame


def test_drinks_a_week_become_grams_a_day_and_the_size_is_said(load_columns):
    """14 drinks of 14 g a week are 28 g a day; the column of drinks is not kept beside them."""
    table = load_columns({"drinks_per_week": ["14", "0", ""]}, role="lifestyle")
    assert values(table, "alcohol_g_per_day") == [pytest.approx(28.0), 0.0, None]
    assert list(table.frame) == ["alcohol_g_per_day"]
    assert "14 g" in findings_of(table, "alcohol-unit-assumed")[0].message
    assert table.columns.set_index("column").loc["drinks_per_week", "note"] == "given as alcohol_g_per_day"


def test_units_of_alcohol_are_british(load_columns):
    """14 units of 8 g a week are 16 g a day."""
    table = load_columns({"alcohol_units_per_week": ["14", "7"]})
    assert values(table, "alcohol_g_per_day") == [pytest.approx(16.0), pytest.approx(8.0)]
    assert "8 g" in findings_of(table, "alcohol-unit-assumed")[0].message


def test_alcohol_with_a_declared_unit_is_converted_to_grams_a_day(load_columns):
    table = load_columns({"alcohol": ["70", "140"]}, said={"alcohol": {"unit": "g/wk"}})
    assert values(table, "alcohol") == [pytest.approx(10.0), pytest.approx(20.0)]


@pytest.mark.parametrize("status", [["none", "weekly", "unknown"], ["0", "1", ""], ["never", "daily", ""]])
def test_an_abstainer_with_alcohol_is_named(load_columns, status):
    table = load_columns({"alcohol_use": status, "alcohol_g_per_day": ["5", "20", "30"]})
    assert patients(table, "alcohol-contradiction") == ["P1"]


def test_prediction_derives_the_same_features_from_one_patient(load_columns):
    """What training computed from columns, one new patient needs too, though one row shows no type."""
    schema = (
        FeatureSpec(name="weight_kg", kind="number", group="lifestyle", unit="kg", lower=40, upper=120),
        FeatureSpec(name="height_cm", kind="number", group="lifestyle", unit="cm", lower=140, upper=200),
        FeatureSpec(name="bmi_kg_per_m2", kind="number", group="lifestyle", unit="kg/m2", lower=18, upper=35),
        FeatureSpec(name="alcohol_g_per_day", kind="number", group="lifestyle", unit="g/d", lower=0, upper=50),
    )
    cells = {"weight_kg": ["110"], "height_cm": ["170"], "drinks_per_week": ["1"]}
    table = load_columns(cells, role="lifestyle", schema=schema)
    assert table.frame.iloc[0].tolist() == pytest.approx([110, 170, 38.062, 2.0], abs=1e-3)
    assert patients(table, "outside-training-range") == ["P1"]
    assert not findings_of(table, "feature-absent")


def test_nhefs_pack_years_are_those_of_its_columns(shared):
    """smokeintensity x smokeyrs / 20, computed with pandas alone on all 1,629 people."""
    import pandas as pd

    path = shared / "data" / "nhefs" / "nhefs.csv"
    table = load_table(TableSpec(path=path, role="lifestyle", patient_id="seqn"))
    plain = pd.read_csv(path)
    expected = plain["smokeintensity"] * plain["smokeyrs"] / 20
    assert table.frame["pack_years"].to_numpy(dtype=float).tolist() == pytest.approx(expected.tolist())


def test_iwpc_body_mass_index_is_that_of_its_columns(shared):
    """Weight over height squared with pandas alone; who lacks one has none (1,177 of 6,256)."""
    import pandas as pd

    path = shared / "data" / "iwpc" / "iwpc_tidy.csv.gz"
    table = load_table(TableSpec(path=path, role="clinical", patient_id="subject"))
    plain = pd.read_csv(path)
    expected = plain["weight_kg"] / (plain["height_cm"] / 100) ** 2
    given = table.frame["bmi_kg_per_m2"].astype(float).to_numpy(na_value=float("nan"))
    assert given.tolist() == pytest.approx(expected.tolist(), nan_ok=True)
    assert table.frame["bmi_kg_per_m2"].isna().sum() == expected.isna().sum()


def test_alcohol_without_a_unit_is_named_and_not_guessed(load_columns):
    """10 could be grams a day or drinks a month: the numbers stay, nothing is computed, no unit is taken."""
    table = load_columns({"drinks": ["10", "3", "20", "7"]}, role="lifestyle")
    found = findings_of(table, "unit-not-told")
    assert [(each.severity, each.patient_id) for each in found] == [("serious", None)]
    assert table.specs[0].unit is None
    assert list(table.frame) == ["drinks"]


def test_alcohol_of_0_and_1_is_an_answer(load_columns):
    table = load_columns({"alcohol": ["0", "1", "1", ""]}, role="lifestyle")
    assert table.specs[0].kind == "boolean"
    assert not findings_of(table, "unit-not-told")


def test_numbers_of_a_lifestyle_table_need_a_unit(load_columns):
    """Codes 1 to 3 pass for numbers; a score needs no unit, and what the study says is believed."""
    cells = {"exercise": ["1", "2", "3"], "diet_score": ["5", "7", "9"], "sleep": ["7", "8", "6"]}
    table = load_columns(cells, role="lifestyle", said={"sleep": {"unit": "h"}})
    assert [each.place for each in findings_of(table, "unit-not-told")] == ['t.csv: column "exercise"']
    said = {"exercise": {"type": "ordinal", "levels": ("1", "2", "3")}, "sleep": {"unit": "h"}}
    assert not findings_of(load_columns(cells, role="lifestyle", said=said), "unit-not-told")
    assert not findings_of(load_columns(cells, role="clinical"), "unit-not-told")


def test_alcohol_follows_from_how_often_and_how_much(load_columns):
    """2 drinks 2.5 times a week are 2 x 14 x 2.5 / 7 = 10 g/day; never is 0 also where the amount is missing."""
    cells = {
        "alcohol_frequency": ["2-3 times/week", "Almost every day", "never", "", "2-3 times/week", "on holidays"],
        "drinks_per_occasion": ["2", "3", "", "4", "", "1"],
    }
    table = load_columns(cells, role="lifestyle")
    assert values(table, "alcohol_g_per_day") == [pytest.approx(10.0), pytest.approx(36.0), 0.0, None, None, None]
    assert "on holidays" in findings_of(table, "derived-feature")[0].message
    assert "14 g" in findings_of(table, "alcohol-unit-assumed")[0].message


def test_alcohol_follows_from_the_words_of_audit_c(load_columns):
    """1.5 drinks of 14 g on 2.5 of 7 days are 7.5 g/day; 10 and more, of which the end is open, counts as 10."""
    cells = {
        "alcohol_frequency": ["2-3 times/week", "weekly", "never", "weekly"],
        "drinks_per_occasion": ["1 or 2", "10 or more", "", "a few"],
    }
    table = load_columns(cells, role="lifestyle", said={"drinks_per_occasion": {"type": "category"}})
    assert values(table, "alcohol_g_per_day") == [pytest.approx(7.5), pytest.approx(20.0), 0.0, None]
    assert "a few" in findings_of(table, "derived-feature")[0].message


@pytest.mark.parametrize(
    ("words", "drinks"),
    [
        ("1 or 2", 1.5),
        ("3-4", 3.5),
        ("7 to 9", 8.0),
        ("7, 8 or 9", 8.0),
        ("10+", 10.0),
        ("0 drinks", 0.0),
        ("4-3", None),
    ],
)
def test_words_of_questionnaires_become_drinks_at_a_time(words, drinks):
    """Middle of each answer of AUDIT-C, question 2."""
    assert drinks_at_a_time(words) == drinks


def test_who_never_drinks_and_drinks_is_named(load_columns):
    cells = {"alcohol_frequency": ["never", "never", "weekly", ""], "drinks_per_occasion": ["2", "0", "2", "2"]}
    assert patients(load_columns(cells), "alcohol-contradiction") == ["P1"]


@pytest.mark.parametrize(
    ("words", "per_week"),
    [
        ("Almost every day", 6.0),
        ("2-3 times/week", 2.5),
        ("No alcohol last year", 0.0),
        ("4 or more times a week", 5.5),  # AUDIT-C, up to every day
        ("2 to 3 times a week", 2.5),
        ("< 12 times/year", 6 * 7 / 365.25),
        ("Monthly or less", 0.5 * 7 / 30.4375),
        ("daily", 7.0),
        ("5 times a day", None),  # not a number of days
        ("3-2 times a week", None),
        ("sometimes", None),
    ],
)
def test_words_of_questionnaires_become_days_a_week(words, per_week):
    """Middle of the range that each answer of AUDIT-C and NHANES leaves open."""
    found = times_per_day(words)
    assert found is per_week if per_week is None else found * 7 == pytest.approx(per_week)


@pytest.mark.parametrize(("name", "unit"), [("exercise_hours_per_week", "h/wk"), ("exercise_min_per_week", "min/wk")])
def test_hours_of_exercise_have_the_unit_of_their_name(load_columns, name, unit):
    table = load_columns({name: ["2", "5", "0", "7.5"]}, role="lifestyle")
    (spec,) = table.specs
    assert (spec.kind, spec.unit) == ("number", unit)
    assert not findings_of(table, "unit-not-told")


def test_activity_follows_the_ipaq_protocol(load_columns):
    """60 walking, 90 moderate, 30 vigorous minutes: 198 + 360 + 240 = 798; moderate from 600, high from 3000."""
    cells = {
        "walking_min_per_week": ["60", "0", "600", "60"],
        "moderate_activity_min_per_week": ["90", "0", "300", ""],
        "vigorous_activity_min_per_week": ["30", "0", "60", "10"],
    }
    table = load_columns(cells, role="lifestyle")
    assert values(table, "activity_met_min_per_week") == [pytest.approx(798.0), 0.0, pytest.approx(3660.0), None]
    level = table.frame["activity_level"]
    assert level.astype(object).where(level.notna(), None).tolist() == ["moderate", "low", "high", None]
    assert level.cat.ordered


def test_the_edges_of_the_activity_levels(load_columns):
    table = load_columns({"activity_met_min_per_week": ["599.9", "600", "2999", "3000"]})
    assert table.frame["activity_level"].astype(str).tolist() == ["low", "moderate", "moderate", "high"]


def test_a_level_of_activity_that_is_given_is_not_computed_again(load_columns):
    cells = {"activity_met_min_per_week": ["100", "4000"], "activity_level": ["sedentary", "athlete"]}
    assert list(load_columns(cells).frame) == ["activity_met_min_per_week", "activity_level"]


def test_change_of_weight_is_a_year_s(load_columns):
    """80 kg now and 84 kg six months ago: -8 kg a year."""
    table = load_columns({"weight_kg": ["80", "70", "", "70"], "weight_6_months_ago_kg": ["84", "", "60", "69"]})
    assert values(table, "weight_change_kg_per_year") == [pytest.approx(-8.0), None, None, pytest.approx(2.0)]
    pounds = load_columns({"weight_kg": ["80", "70"], "weight_2_years_ago_lb": ["198.416", "154.324"]})
    assert values(pounds, "weight_change_kg_per_year") == [pytest.approx(-5.0, abs=1e-3), pytest.approx(0.0, abs=1e-3)]


def test_years_since_quitting_come_from_two_ages(load_columns):
    """A patient who smokes has none, and one who quit after today is a contradiction."""
    cells = {
        "smoking_status": ["former", "current", "former", "never", "former", "former"],
        "age_years": ["60", "50", "40", "70", "", "55"],
        "quit_age": ["45", "", "41", "", "30", "55"],
    }
    table = load_columns(cells)
    assert values(table, "years_since_quitting") == [15.0, None, None, None, None, 0.0]
    assert patients(table, "smoking-contradiction") == ["P3"]


def test_prediction_types_a_level_as_the_model_has_it(load_columns):
    schema = (
        FeatureSpec(name="activity_met_min_per_week", kind="number", group="lifestyle", unit="[MET].min/wk"),
        FeatureSpec(name="activity_level", kind="ordinal", group="lifestyle", levels=("low", "moderate", "high")),
    )
    table = load_columns({"activity_met_min_per_week": ["700"]}, role="lifestyle", schema=schema)
    assert table.frame["activity_level"].tolist() == ["moderate"]


def test_nhefs_alcohol_is_that_of_its_codes(load_columns, shared):
    """Codes in words, then grams with pandas alone on all 1,629 people; who did not say how often has none."""
    import pandas as pd

    plain = pd.read_csv(shared / "data" / "nhefs" / "nhefs.csv")
    words = ("Almost every day", "2-3 times/week", "1-4 times/month", "< 12 times/year", "No alcohol last year")
    often = plain["alcoholfreq"].map(dict(enumerate((6 / 7, 2.5 / 7, 2.5 / 30.4375, 6 / 365.25, 0.0))))
    expected = (often * plain["alcoholhowmuch"] * 14).mask(often == 0, 0.0)
    columns = {
        "id": plain["seqn"].astype(int).astype(str).tolist(),
        "alcohol_frequency": plain["alcoholfreq"].map(dict(enumerate(words))).fillna("").tolist(),
        "alcoholhowmuch": ["" if pd.isna(each) else f"{each:g}" for each in plain["alcoholhowmuch"]],
    }
    given = load_columns(columns, role="lifestyle").frame["alcohol_g_per_day"].to_numpy(dtype=float, na_value=np.nan)
    assert given.tolist() == pytest.approx(expected.tolist(), nan_ok=True)


@pytest.mark.parametrize(
    ("name", "variable", "unit"),
    [
        ("fruit_vegetables_servings_per_day", "fruit_and_vegetables", "{serving}/d"),
        ("fibre_g_per_day", "fibre", "g/d"),
        ("red_meat_g_per_day", "red_meat", "g/d"),
        ("salt_g_per_day", "salt_intake", "g/d"),
        ("energy_kcal_per_day", "energy_intake", "kcal/d"),
        ("moderate_activity_min_per_week", "moderate_activity", "min/wk"),
        ("activity_met_min_per_week", "activity", "[MET].min/wk"),
    ],
)
def test_diet_and_activity_carry_their_unit_in_the_name(name, variable, unit):
    assert unit_of_name(name)[1] == unit
    assert find_variable(name) is VARIABLES[variable]


@pytest.mark.parametrize("name", ["salt", "energy", "walking", "meat", "fibre"])
def test_a_word_without_a_unit_may_be_an_answer(name):
    """0 and 1 under such a name are no and yes, and energy may be a score."""
    assert find_variable(name) is None


def test_energy_is_converted_from_joules(load_columns):
    """A thermochemical calorie is 4.184 J: 8,368 kJ are 2,000 kcal."""
    table = load_columns({"energy_kcal_per_day": ["8368", "4184"]}, said={"energy_kcal_per_day": {"unit": "kJ/d"}})
    assert values(table, "energy_kcal_per_day") == [pytest.approx(2000.0), pytest.approx(1000.0)]


@given(
    st.text(max_size=40)
    | st.from_regex(r"[<>]?=? ?\d{1,3}( ?- ?\d{1,3})? times?/(day|week|month|year)", fullmatch=True)
)
def test_any_words_give_a_share_of_days_or_nothing(words):
    found = times_per_day(words)
    assert found is None or 0 <= found <= 1
