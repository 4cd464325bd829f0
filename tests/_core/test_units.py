"""Units: conventional factors are those of the AMA Manual of Style, 11th ed., table 17.5-1, unless said otherwise."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx._core.analytes import ANALYTES, find_analyte
from genorx._core.units import UnitError, conversion, convert, parse_unit, unit_of_name

# analyte, from, to, published factor
AMA_FACTORS = [
    ("glucose", "mg/dL", "mmol/L", 0.0555),
    ("creatinine", "mg/dL", "umol/L", 88.4),
    ("bilirubin", "mg/dL", "umol/L", 17.104),
    ("cholesterol", "mg/dL", "mmol/L", 0.0259),
    ("hdl", "mg/dL", "mmol/L", 0.0259),
    ("triglycerides", "mg/dL", "mmol/L", 0.0113),
    ("haemoglobin", "g/dL", "g/L", 10.0),
    ("haemoglobin", "g/dL", "mmol/L", 0.6206),
    ("calcium", "mg/dL", "mmol/L", 0.25),
    ("calcium", "meq/L", "mmol/L", 0.5),
    ("magnesium", "mg/dL", "mmol/L", 0.4114),
    ("magnesium", "meq/L", "mmol/L", 0.5),
    ("phosphate", "mg/dL", "mmol/L", 0.3229),
    ("iron", "ug/dL", "umol/L", 0.179),
    ("sodium", "meq/L", "mmol/L", 1.0),
    ("potassium", "meq/L", "mmol/L", 1.0),
    ("uric_acid", "mg/dL", "umol/L", 59.485),
    ("bun", "mg/dL", "mmol/L", 0.357),
    ("albumin", "g/dL", "g/L", 10.0),
    ("crp", "mg/dL", "mg/L", 10.0),
    ("crp", "mg/L", "nmol/L", 9.524),
    ("ferritin", "ng/mL", "ug/L", 1.0),
    ("ferritin", "ng/mL", "pmol/L", 2.247),
    ("vitamin_d", "ng/mL", "nmol/L", 2.496),
    ("folate", "ng/mL", "nmol/L", 2.266),
    ("vitamin_b12", "pg/mL", "pmol/L", 0.7378),
    ("t4", "ug/dL", "nmol/L", 12.871),
    ("testosterone", "ng/dL", "nmol/L", 0.0347),
    ("cortisol", "ug/dL", "nmol/L", 27.588),
    ("estradiol", "pg/mL", "pmol/L", 3.671),
    ("progesterone", "ng/mL", "nmol/L", 3.180),
    ("lactate", "mg/dL", "mmol/L", 0.111),
    ("homocysteine", "mg/L", "umol/L", 7.397),
    ("digoxin", "ng/mL", "nmol/L", 1.281),
    ("phenytoin", "ug/mL", "umol/L", 3.964),
    ("carbamazepine", "ug/mL", "umol/L", 4.232),
    ("valproic_acid", "ug/mL", "umol/L", 6.934),
    ("theophylline", "ug/mL", "umol/L", 5.55),
    ("ldh", "U/L", "ukat/L", 0.0167),
    ("alt", "IU/L", "U/L", 1.0),
    ("wbc", "/uL", "10*9/L", 0.001),
    ("platelets", "10*3/uL", "10*9/L", 1.0),
]
# NIST SP 811 (2008), appendix B; one week, one mean Julian year and month of UCUM
PLAIN_FACTORS = [
    ("lb", "kg", 0.45359237),
    ("in", "cm", 2.54),
    ("mmHg", "kPa", 0.133322387415),
    ("wk", "d", 7.0),
    ("a", "d", 365.25),
    ("mo", "d", 30.4375),
    ("years", "months", 12.0),
    ("x10^9/L", "K/uL", 1.0),
    ("1e9/L", "10*9/L", 1.0),
    ("µmol/l", "umol/L", 1.0),
    ("mL/min/1.73 m2", "mL/min/{1.73_m2}", 1.0),
]


@pytest.mark.parametrize(("analyte", "source", "target", "factor"), AMA_FACTORS)
def test_laboratory_factors_are_the_published_ones(analyte, source, target, factor):
    assert convert(1.0, source, target, analyte) == pytest.approx(factor, rel=5e-3)


def test_at_least_thirty_analytes_convert_between_mass_and_amount():
    """The issue asks for 30 common laboratory pairs."""
    assert sum(analyte.molar_mass is not None for analyte in ANALYTES.values()) >= 30


@pytest.mark.parametrize(("source", "target", "factor"), PLAIN_FACTORS)
def test_plain_factors_are_the_published_ones(source, target, factor):
    assert convert(1.0, source, target) == pytest.approx(factor, rel=1e-12)


def test_hba1c_follows_the_ngsp_master_equation():
    """NGSP table of conversions: 6.5 % is 48 mmol/mol, 7.0 % is 53, 8.0 % is 64."""
    assert convert([6.5, 7.0, 8.0], "%", "mmol/mol", "hba1c") == pytest.approx([48, 53, 64], abs=0.5)
    assert convert(53.0, "mmol/mol", "%", "hba1c") == pytest.approx(7.0, abs=0.01)


def test_temperature_has_a_zero_point():
    """98.6 degrees Fahrenheit are 37 Celsius and 310.15 Kelvin."""
    assert convert(98.6, "[degF]", "Cel") == pytest.approx(37.0)
    assert convert(98.6, "°F", "K") == pytest.approx(310.15)


def test_insulin_units_follow_the_reference_preparation():
    """Knopp 2019: 1 uIU/mL is 6.00 pmol/L."""
    assert convert(10.0, "uIU/mL", "pmol/L", "insulin") == pytest.approx(60.0)


def test_drinks_become_grams_by_the_standard_drink():
    """NIAAA: 14 g a US drink; 14 drinks a week are 28 g a day.  UK: 8 g a unit; 14 units are 16 g a day."""
    assert convert(14.0, "{drink}/wk", "g/d", "alcohol") == pytest.approx(28.0)
    assert convert(14.0, "{ukunit}/wk", "g/d", "alcohol") == pytest.approx(16.0)


@pytest.mark.parametrize("unit", ["{drink}/wk", "{drinks}/wk", "drinks/week", "drinks per week"])
def test_a_count_may_be_written_in_the_plural(unit):
    """A drink is 14 g (NIAAA), so 7 a week are 14 g a day."""
    assert convert([7.0], unit, "g/d", "alcohol")[0] == pytest.approx(14.0)


def test_words_for_units_of_mass_are_read():
    assert convert([140.0], "grams/week", "g/d")[0] == pytest.approx(20.0)


def test_missing_stays_missing():
    assert np.isnan(convert([np.nan, 1.0], "g/dL", "g/L")[0])


@pytest.mark.parametrize(
    ("source", "target", "analyte"),
    [
        ("mg/dL", "mmol/L", None),  # the substance is not known
        ("mg/dL", "mmol/L", "crocodile"),
        ("kg", "cm", None),
        ("{drink}/wk", "{cigarette}/d", None),
        ("[iU]/L", "mol/L", "glucose"),  # no international unit of glucose
        ("mL/min", "mL/min/{1.73m2}", "egfr"),  # needs the body surface
    ],
)
def test_units_of_different_things_are_refused_by_name(source, target, analyte):
    with pytest.raises(UnitError) as caught:
        convert(1.0, source, target, analyte)
    assert caught.value.code == "unit"
    assert source in caught.value.reason
    assert target in caught.value.reason


@pytest.mark.parametrize(
    "text", ["foo/L", "", " ", "mg//", "mg/", "wibble", "5 apples", "mg\x00/dL", "10*999", "1.5", "0", "cm99/L"]
)
def test_an_unknown_unit_is_refused(text):
    with pytest.raises(UnitError, match="unit"):
        parse_unit(text)


@pytest.mark.parametrize(
    ("name", "stem", "unit"),
    [
        ("age_years", "age", "a"),
        ("wbc_1e9_per_l", "wbc", "10*9/L"),
        ("hb_g_per_dl", "hb", "g/dL"),
        ("ldh_u_per_l", "ldh", "U/L"),
        ("height_cm", "height", "cm"),
        ("Height (cm)", "Height", "cm"),
        ("Glucose [mg/dL]", "Glucose", "mg/dL"),
        ("bm_blasts_pct", "bm_blasts", "%"),
        ("egfr_ml_min_1_73m2", "egfr", "mL/min/{1.73m2}"),
        ("dose_mg_week", "dose", "mg/wk"),
        ("cigarettes_per_day", "cigarettes", "{cigarette}/d"),
        ("pack_years", "pack_years", "{pack}.a"),
        ("t_8_21", "t_8_21", None),
        ("sex", "sex", None),
        ("Simvastatin (Zocor)", "Simvastatin (Zocor)", None),
        ("days", "days", None),
        ("creatinine_mg_dl", "creatinine", "mg/dL"),
        ("glucose_mmol_l", "glucose", "mmol/L"),
        ("Creatinine mg/dL", "creatinine", "mg/dL"),
        ("wbc_10e9_l", "wbc", "10*9/L"),
        ("PLT 10^9/L", "plt", "10*9/L"),
        ("wbc_k_ul", "wbc", "10*3/uL"),
        ("platelets_per_ul", "platelets", "/uL"),
        ("height_m", "height", "m"),
        ("temp_f", "temp", "[degF]"),
        ("vitamin_c", "vitamin_c", None),
        ("stage_m", "stage_m", None),
        ("gene_g", "gene_g", None),
    ],
)
def test_the_unit_in_a_column_name_is_found(name, stem, unit):
    """Names of the AML knowledge bank, of IWPC, and of our own convention."""
    assert unit_of_name(name) == (stem, unit)


def test_haemoglobin_is_found_by_its_short_names():
    assert {find_analyte(name).name for name in ("hb", "HGB", "Hemoglobin", "haemoglobin")} == {"haemoglobin"}


PAIRS = sorted({(analyte, source, target) for analyte, source, target, _ in AMA_FACTORS})


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(PAIRS), st.floats(1e-3, 1e6))
def test_there_and_back_is_the_same_value(pair, value):
    analyte, source, target = pair
    there = convert(value, source, target, analyte)
    assert convert(there, target, source, analyte) == pytest.approx(value, rel=1e-12)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_a_unit_or_a_unit_error(text):
    factor = 1.0
    with suppress(UnitError):  # and no other error
        factor = parse_unit(text).factor
    assert factor > 0


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30))
def test_any_name_has_a_stem(name):
    stem, unit = unit_of_name(name)
    assert isinstance(stem, str)
    assert unit is None or parse_unit(unit).factor > 0


def test_a_conversion_of_a_unit_to_itself_changes_nothing():
    assert conversion("[degF]", "[degF]").slope == pytest.approx(1.0)
    assert conversion("mg/dL", "mg/dL").slope == 1.0
