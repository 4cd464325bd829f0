"""Numbers: units, impossible values, codes for missing, mixed units.  Values by hand or simulated with known truth."""

import numpy as np
import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx._core.units import Linear
from genorx.cohort.tables.unit_doubts import factor_description, second_group
from genorx.errors import TableError


def findings_of(table, code):
    return [finding for finding in table.findings if finding.code == code]


def text(values):
    return [f"{value:g}" for value in values]


def test_declared_units_are_converted_to_that_of_the_columns_name(load_columns):
    """`unit` is that of the file.  180.156 mg/dL of glucose are 10 mmol/L."""
    said = {
        "glucose_mmol_per_l": {"unit": "mg/dL"},
        "weight_kg": {"unit": "[lb_av]"},
        "wbc_1e9_per_l": {"unit": "10^9/L"},
    }
    cells = {"glucose_mmol_per_l": ["180.156", "90.078"], "weight_kg": ["150", "200"], "wbc_1e9_per_l": ["5", "6"]}
    table = load_columns(cells, said=said)
    assert table.frame["glucose_mmol_per_l"].tolist() == pytest.approx([10, 5])
    assert table.frame["weight_kg"].tolist() == pytest.approx([68.0388555, 90.718474])
    assert table.frame["wbc_1e9_per_l"].tolist() == [5, 6]
    assert [spec.unit for spec in table.specs] == ["mmol/L", "kg", "10*9/L"]
    assert [(each.code, each.severity) for each in table.findings] == [("unit-converted", "warning")] * 2


def test_a_known_variable_is_converted_to_the_unit_of_its_schema(load_columns):
    """The laboratory schema has haemoglobin in g/dL: 120 g/L are 12 g/dL."""
    table = load_columns({"haemoglobin": ["120", "95"]}, said={"haemoglobin": {"unit": "g/L"}}, role="laboratory")
    assert table.frame["haemoglobin"].tolist() == pytest.approx([12, 9.5])
    assert table.specs[0].unit == "g/dL"


def test_a_unit_of_another_kind_is_refused_by_column(load_columns):
    with pytest.raises(TableError) as caught:
        load_columns({"weight_kg": ["70", "80"]}, said={"weight_kg": {"unit": "cm"}})
    assert (caught.value.code, caught.value.place) == ("unit", 'column "weight_kg"')
    assert "'cm'" in caught.value.reason
    assert "'kg'" in caught.value.reason


def test_a_unit_that_nobody_tells_is_assumed_but_nothing_is_converted(load_columns):
    """Total cholesterol near 200 is mg/dL in every laboratory; NHEFS writes it so."""
    table = load_columns({"cholesterol": ["180", "220", "250"]})
    assert table.frame["cholesterol"].tolist() == [180, 220, 250]
    assert table.specs[0].unit == "mg/dL"
    assert [finding.severity for finding in findings_of(table, "unit-assumed")] == ["info"]


@pytest.mark.parametrize("name", ["EGFR", "egfr", "eGFR"])
def test_0_and_1_under_the_name_of_a_gene_say_whether_it_is_changed(load_columns, name):
    """EGFR is a gene, and eGFR the filtration of the kidney, near 90 mL/min in health and never 0 or 1 in a group."""
    table = load_columns({name: ["0", "1", "0", "1", "1", "0"]})
    assert not findings_of(table, "unit-unclear")
    assert (table.specs[0].kind, table.specs[0].unit) == ("boolean", None)
    kidney = load_columns({name: ["90", "1", "60", "45", "88", "70"]})
    assert kidney.specs[0].unit == "mL/min/{1.73m2}"
    stated = load_columns({f"{name} (mL/min/1.73m2)": ["0", "1", "0", "1", "1", "0"]})
    assert stated.specs[0].kind == "number"


def test_numbers_that_fit_no_unit_of_what_their_name_says_are_named(load_columns):
    """Ages less their mean, as in the public file of trial E1684, and an albumin in three classes."""
    cells = {"age": [-11, -5, 3, 8, 20, 1, -4, -2], "albumin": [1, 2, 3, 1, 1, 2, 1, 1]}
    table = load_columns({name: text(values) for name, values in cells.items()})
    said = findings_of(table, "unit-unclear")
    assert [each.severity for each in said] == ["warning", "warning"]
    assert "fit none of a or mo or d" in said[0].message
    assert table.frame["age"].tolist() == cells["age"]  # taken as they are


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("age_years", ["50", "60", "70"], "210"),
        ("age", ["50", "60", "70"], "-4"),
        ("weight_kg", ["70", "80", "90"], "-70"),
        ("Height (cm)", ["170", "165", "180"], "17"),
        ("hb_g_per_dl", ["9", "10", "12"], "125"),
        ("sodium_mmol_per_l", ["140", "138", "142"], "14"),
        ("ecog", ["0", "1", "2"], "7"),
        ("temperature_celsius", ["36.6", "38", "37"], "98.6"),
        ("bm_blasts_pct", ["20", "90", "0"], "101"),
        ("pack_years", ["20", "0", "10"], "-1"),
    ],
)
def test_an_impossible_value_is_missing_and_named_with_its_patient(load_columns, name, good, bad):
    """Limits are those of cohort.variables; each bad value is outside of what a living patient can have."""
    table = load_columns({name: [*good, bad]})
    assert table.frame[name].isna().tolist() == [False, False, False, True]
    (finding,) = findings_of(table, "impossible-value")
    assert (finding.severity, finding.patient_id) == ("serious", "P4")
    assert finding.place == f't.csv: row 5 column "{name}"'
    assert bad in finding.message


def test_several_impossible_values_of_a_study_are_one_finding_and_of_new_patients_one_each(load_columns):
    """As text in a column of numbers: a study has a finding a column, with count and rows; a patient has their own."""
    cells = {"age": ["50", "-4", "70", "200", "130"]}
    (finding,) = findings_of(load_columns(cells), "impossible-value")
    assert (finding.severity, finding.patient_id, finding.place) == ("serious", None, 't.csv: column "age"')
    outside = "3 values are outside 0 to 125 years, the first -4 years, and were taken as missing"
    assert finding.message == f"{outside}: rows 3, 5, 6"
    known = FeatureSpec(name="age", kind="number", group="clinical", unit="a", lower=40, upper=80)
    each = findings_of(load_columns(cells, schema=[known]), "impossible-value")
    assert [one.patient_id for one in each] == ["P2", "P4", "P5"]


def test_values_at_the_limit_are_kept_in_every_unit(load_columns):
    table = load_columns({"age_years": ["0", "125", "50"], "weight_kg": ["450", "0.3", "70"]})
    assert table.frame.notna().all().all()
    assert findings_of(table, "impossible-value") == []


@pytest.mark.parametrize("code", ["-9", "-99", "999", "9999", "-999"])
def test_an_undeclared_code_outside_of_the_spread_is_missing_and_named(load_columns, code):
    table = load_columns({"marker": ["1.5", "2.5", "3.5", "0", "2", "2.2", code, code]})
    assert table.frame["marker"].isna().tolist() == [False] * 6 + [True] * 2
    (finding,) = findings_of(table, "missing-code-suspect")
    assert finding.severity == "serious"
    assert "rows 8, 9" in finding.message
    assert f"missing = [{float(code):g}]" in finding.message


def test_two_codes_in_one_column_are_both_named(load_columns):
    """The issue's "codes 999 and -9"."""
    table = load_columns({"age_years": ["50", "60", "70", "55", "66", "-9", "999"]})
    assert table.frame["age_years"].isna().sum() == 2
    assert len(findings_of(table, "missing-code-suspect")) == 2


def test_a_declared_code_is_missing_without_a_word(load_columns):
    table = load_columns({"age_years": ["50", "60", "70", "-9", "999"]}, said={"age_years": {"missing": (-9, 999)}})
    assert table.frame["age_years"].isna().tolist() == [False, False, False, True, True]
    assert table.findings == ()


def test_a_yes_or_no_column_with_an_undeclared_nine_is_still_yes_or_no(load_columns):
    table = load_columns({"flag": ["0", "1", "1", "0", "1", "9"]})
    assert table.specs[0].kind == "boolean"
    assert table.frame["flag"].isna().tolist() == [False] * 5 + [True]


def test_a_declared_type_says_that_the_code_is_a_value(load_columns):
    table = load_columns({"dose": ["1", "2", "3", "4", "5", "999"]}, said={"dose": {"type": "number"}})
    assert table.frame["dose"].max() == 999
    assert "kept" in findings_of(table, "missing-code-suspect")[0].message


@pytest.mark.parametrize(
    "values", [[90, 95, 99, 88, 93, 97], [5, 6, 7, 8, 9, 10], [-9, -3, 0, 4, 5, 9], [1, 50, 99, 20, 3, 70]]
)
def test_values_among_others_are_no_codes(load_columns, values):
    table = load_columns({"marker": text(values)})
    assert table.findings == ()
    assert table.frame["marker"].notna().all()


def test_a_column_in_another_unit_than_told_is_suspect_and_kept(load_columns):
    """Fasting glucose in mg/dL under a name that says mmol/L: 90 mmol/L as a median cannot be."""
    table = load_columns({"glucose_mmol_per_l": ["90", "101", "85", "120"]})
    (finding,) = findings_of(table, "unit-suspect")
    assert finding.severity == "serious"
    assert "mg/dL" in finding.message
    assert table.frame["glucose_mmol_per_l"].notna().all()


def test_pounds_under_kilograms_are_suspect(load_columns):
    table = load_columns({"weight_kg": ["154", "180", "200", "165"]})
    assert "[lb_av]" in findings_of(table, "unit-suspect")[0].message


def test_glucose_in_mmol_under_a_name_in_mg_is_suspect(load_columns):
    """4 to 9 is a glucose in mmol/L; 1 mmol/L is 18.016 mg/dL."""
    table = load_columns({"glucose_mg_dl": text(np.linspace(4, 9, 30).round(1))})
    (finding,) = findings_of(table, "unit-suspect")
    assert finding.severity == "serious"
    assert "fits mmol/L (mmol/L times 18.02 is mg/dL)" in finding.message


@pytest.mark.parametrize(
    ("name", "usual", "odd", "said"),
    [
        ("creatinine_mg_dl", [0.7, 0.8, 0.9, 1.0, 1.1] * 6, 81.0, "umol/L divided by 88.4 is mg/dL"),
        ("creatinine_umol_l", [70, 80, 90, 100, 110] * 6, 0.9, "mg/dL times 88.4 is umol/L"),
        ("calcium_mmol_l", [2.2, 2.3, 2.4, 2.5] * 6, 9.4, "mg/dL divided by 4.008 is mmol/L"),
        ("glucose_mmol_l", [4.5, 5.0, 5.5, 6.0, 7.5] * 6, 99.5, "mg/dL divided by 18.02 is mmol/L"),
        ("height_cm", [165, 170, 175, 180] * 6, 1.72, "m times 100 is cm"),
        ("hb_g_dl", [9, 10, 11, 12, 13] * 6, 124, "g/L divided by 10 is g/dL"),
        ("temperature_celsius", [36.5, 37, 38.2] * 8, 98.6, "convert [degF] to Cel"),
        ("age_years", [50, 60, 70] * 8, 744, "months divided by 12 is years"),
        ("wbc_1e9_l", [3, 5, 7, 9, 12] * 6, 6500, "/uL divided by 1000 is 10⁹/L"),
    ],
)
def test_one_value_in_another_unit_is_named_with_its_row_and_the_factor(load_columns, name, usual, odd, said):
    """Factors: AMA Manual of Style, 17.5; the row is the last of the table."""
    table = load_columns({name: text([*usual, odd])})
    (finding,) = findings_of(table, "unit-suspect")
    assert finding.severity == "serious"
    assert finding.message.startswith(f"1 of {len(usual) + 1} values fits ")
    assert said in finding.message
    assert finding.message.endswith(f": row {len(usual) + 2}")


@pytest.mark.parametrize(
    ("name", "usual", "odd"),
    [
        ("creatinine_mg_dl", [0.7, 0.8, 0.9, 1.0, 1.1] * 6, 12.0),  # on dialysis
        ("weight_kg", [60, 65, 70, 75, 80] * 6, 210.0),
        ("height_cm", [165, 170, 175, 180] * 6, 66.0),  # an infant
        ("glucose_mmol_l", [4.5, 5.0, 5.5, 6.0, 7.5] * 6, 40.0),  # hyperosmolar
        ("calcium_mmol_l", [2.2, 2.3, 2.4, 2.5] * 6, 4.1),
        ("wbc_1e9_l", [3, 5, 7, 9, 12] * 6, 350.0),  # leukaemia
    ],
)
def test_one_ill_patient_is_no_other_unit(load_columns, name, usual, odd):
    assert findings_of(load_columns({name: text([*usual, odd])}), "unit-suspect") == []


def test_a_new_patient_is_told_that_the_unit_is_wrong(load_columns):
    """81 mg/dL of creatinine nobody survives; 81 umol/L is 0.92 mg/dL.  It is said of that patient, whoever else is."""
    spec = FeatureSpec(name="creatinine_mg_dl", kind="number", group="laboratory", unit="mg/dL", lower=0.5, upper=3.1)
    for cells in (["81"], ["81", "0.9"]):
        table = load_columns({"creatinine_mg_dl": cells}, schema=(spec,), role="laboratory")
        assert table.frame["creatinine_mg_dl"].isna().tolist() == [True, False][: len(cells)]
        (finding,) = findings_of(table, "unit-suspect")
        assert finding.message == "creatinine_mg_dl 81 fits umol/L and not mg/dL (umol/L divided by 88.4 is mg/dL)"
        assert (finding.patient_id, finding.severity) == ("P1", "serious")


@pytest.mark.parametrize(
    ("name", "median", "spread", "factor"),
    [
        ("weight_kg", 75, 0.18, 2.20462),
        ("height_cm", 170, 0.05, 1 / 2.54),
        ("glucose_mmol_per_l", 5.8, 0.3, 18.016),
        ("creatinine_mg_per_dl", 1.0, 0.4, 88.4),
        ("hb_g_per_dl", 11, 0.2, 10.0),
    ],
)
@pytest.mark.parametrize("share", [0.1, 0.4])
def test_two_units_in_one_column_are_named_with_the_right_rows(load_columns, name, median, spread, factor, share):
    """Simulated, so that the rows in the other unit are known: their count is told, and no other row is taken out."""
    rng = np.random.default_rng(1)
    values = median * np.exp(rng.normal(0, spread, 300))
    other = rng.random(300) < share
    table = load_columns({name: text(np.where(other, values * factor, values))})
    found = findings_of(table, "unit-suspect")
    assert [finding.severity for finding in found] == ["serious"]
    assert int(found[0].message.split()[0]) == pytest.approx(other.sum(), abs=0.05 * other.sum() + 1)
    assert set(np.flatnonzero(table.frame[name].isna())) <= set(np.flatnonzero(other))


@pytest.mark.parametrize("seed", range(20))
def test_one_unit_with_a_long_tail_is_not_taken_for_two(seed):
    """Log-normal values of one unit, as leukocytes (sd 1.4) and LDH (sd 0.7) have; no factor is found."""
    rng = np.random.default_rng(seed)
    for spread, factor in ((1.4, 1000.0), (0.7, 60.0), (0.25, 2.2046), (0.4, 88.4)):
        assert second_group(np.exp(rng.normal(2, spread, 400)), factor) is None


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_pounds_among_real_kilograms_are_named(shared, load_columns, share):
    """Weights of IWPC (5,969 people of all continents), a known share written in pounds; without pounds no doubt."""
    weights = pd.read_csv(shared / "data" / "iwpc" / "iwpc_tidy.csv.gz")["weight_kg"].dropna().to_numpy()
    pounds = np.random.default_rng(0).random(len(weights)) < share
    table = load_columns({"weight_kg": text(np.where(pounds, weights * 2.20462, weights))})
    (finding,) = findings_of(table, "unit-suspect")
    assert int(finding.message.split()[0]) == pytest.approx(pounds.sum(), rel=0.15)
    assert findings_of(load_columns({"weight_kg": text(weights)}), "unit-suspect") == []


def test_aml_laboratory_values_raise_no_doubt_about_units(aml):
    """Real skewed values of 1,068 patients in the units of their names."""
    from genorx.cohort.tables.table import TableSpec, load_table

    table = load_table(TableSpec(path=aml / "clinical.csv", role="clinical", patient_id="pdid"))
    assert {finding.code for finding in table.findings} == {"site-code"}


def test_infinity_is_refused_with_every_row(load_columns):
    with pytest.raises(TableError) as caught:
        load_columns({"x": ["1.5", "inf", "-Infinity", "1e400"]})
    assert caught.value.code == "infinite-value"
    assert caught.value.place == 'row 3 column "x"'
    assert caught.value.failures["row"].tolist() == [3, 4, 5]


def test_prediction_converts_before_it_compares_with_training(load_columns):
    """98.6 degrees Fahrenheit are 37 Celsius, inside 35 to 41."""
    spec = FeatureSpec(name="temperature", kind="number", group="clinical", unit="Cel", lower=35, upper=41)
    table = load_columns({"temperature": ["98.6"]}, said={"temperature": {"unit": "[degF]"}}, schema=(spec,))
    assert table.frame["temperature"].tolist() == pytest.approx([37.0])
    assert table.findings == ()


def test_missing_is_never_zero(load_columns):
    table = load_columns({"x": ["", "0", "1.5", "NA"]})
    assert [pd.isna(value) for value in table.frame["x"]] == [True, False, False, True]
    assert table.columns.loc[0, "missing_share"] == 0.5


def test_doubts_about_ages_are_in_words():
    """UCUM's codes of time are one letter: "age 140 fits mo and not a" stood on pages of patients."""
    assert factor_description(Linear(1 / 12), "mo", "a") == "months divided by 12 is years"
    assert factor_description(Linear(1 / 88.4), "umol/L", "mg/dL") == "umol/L divided by 88.4 is mg/dL"
