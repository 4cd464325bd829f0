"""C03, C04, C05 by hand: bevacizumab is billed in units of 10 mg, from vials of 100 and 400 mg."""

import pytest

DAY = "2024-03-01"


def test_units_up_to_the_dose_rounded_up_are_right(audited, rows):
    """421 mg are 42.1 units, 43 rounded up; the vials are 400 + 100, of which floor(50) - 43 = 7 are left."""
    lines = [rows.line("A", 1, DAY, "J9035", 43), rows.line("A", 2, DAY, "J9035", 7, modifiers="JW")]
    assert audited(lines, {"administrations": [rows.given(DAY, "bevacizumab", 421)]}).flags == []


def test_units_above_the_dose_are_flagged_with_the_amount_of_the_excess(audited, rows):
    """54 units billed for 540.00, 43 allowed: 11 of 54, 11 x 10.00 = 110.00."""
    case = audited([rows.line("A", 1, DAY, "J9035", 54)], {"administrations": [rows.given(DAY, "bevacizumab", 421)]})
    assert case.flags == [("A", 1, "C03", 110.0)]
    assert case.found["reason"].tolist() == ["54 units billed, 421 mg recorded: 43 units of 10 mg"]


def test_an_amount_is_rounded_once_to_the_nearest_cent(audited, rows):
    """100.00 for 3 units, 1 too many: 33.33; 0.05 for 2, 1 too many: 0.025, halves up 0.03."""
    lines = [
        rows.line("A", 1, DAY, "J9035", 3, charge="100.00"),
        rows.line("B", 1, DAY, "J9355", 2, charge="0.05", patient_id="P2"),
    ]
    doses = [rows.given(DAY, "bevacizumab", 20), rows.given(DAY, "trastuzumab", 10, "P2")]
    assert audited(lines, {"administrations": doses}).flags == [("A", 1, "C03", 33.33), ("B", 1, "C03", 0.03)]


def test_a_dose_split_over_two_lines_is_right_and_the_line_beyond_it_is_flagged(audited, rows):
    """43 units are allowed: 20 + 23 are right; of 20 + 20 + 8 the last has 5 beyond, 5 x 10.00."""
    dose = {"administrations": [rows.given(DAY, "bevacizumab", 421)]}
    split = [rows.line("A", 1, DAY, "J9035", 20), rows.line("B", 1, DAY, "J9035", 23, modifiers="76")]
    assert audited(split, dose).flags == []
    beyond = [rows.line(each, 1, DAY, "J9035", units, modifiers=mark) for each, units, mark in
              (("A", 20, ""), ("B", 20, "76"), ("C", 8, "77"))]  # fmt: skip
    case = audited(beyond, dose)
    assert case.flags == [("C", 1, "C03", 50.0)]
    assert case.found["reason"].iloc[0].startswith("48 units billed on lines of that day up to this one, 421 mg")


def test_doses_of_a_day_are_added(audited, rows):
    """200 + 221 mg: 43 units; 221.5 mg more would be 44."""
    doses = [rows.given(DAY, "bevacizumab", 200), rows.given(DAY, "Bevacizumab ", 221)]
    assert audited([rows.line("A", 1, DAY, "J9035", 43)], {"administrations": doses}).flags == []


def test_tenths_of_a_milligram_do_not_make_a_unit(audited, rows):
    """0.1 + 0.2 mg of a drug of 0.1 mg a unit are 3 units; as binary numbers the sum would need a fourth."""
    facts = {"drug_codes": [{"code": "J1", "drug": "d", "mg_per_unit": 0.1, "vials_mg": "1", "single_dose": True}]}
    doses = {"administrations": [rows.given(DAY, "d", 0.1), rows.given(DAY, "d", 0.2)]}
    case = audited([rows.line("A", 1, DAY, "J1", 4)], doses, facts)
    assert case.flags == [("A", 1, "C03", 10.0)]


def test_wastage_beyond_the_least_wasteful_vials_is_flagged(audited, rows):
    """305 mg: least total 400, floor(40) - 31 = 9 units; 13 discarded are 4 beyond, 4 x 10.00 = 40.00."""
    lines = [rows.line("A", 1, DAY, "J9035", 31), rows.line("A", 2, DAY, "J9035", 13, modifiers="JW")]
    case = audited(lines, {"administrations": [rows.given(DAY, "bevacizumab", 305)]})
    assert case.flags == [("A", 2, "C04", 40.0)]


def test_nothing_is_discarded_of_vials_that_serve_several_doses(audited, rows):
    lines = [rows.line("A", 1, DAY, "J1111", 30), rows.line("A", 2, DAY, "J1111", 5, modifiers="JW")]
    assert audited(lines, {"administrations": [rows.given(DAY, "insulin", 30)]}).flags == [("A", 2, "C04", 50.0)]


def test_vials_without_sizes_leave_the_wastage_not_assessed(audited, rows):
    facts = {"drug_codes": [{"code": "J1", "drug": "d", "mg_per_unit": 1, "vials_mg": "", "single_dose": True}]}
    lines = [rows.line("A", 1, DAY, "J1", 9, modifiers="JW")]
    case = audited(lines, {"administrations": [rows.given(DAY, "d", 5)]}, facts)
    assert case.flags == []
    assert case.found.attrs["not_assessed"]["C04"] == {"lines": 1, "why": "the sizes of the drug's vials are not known"}


def test_a_drug_without_an_administration_is_c05_alone(audited, rows):
    """No record is no contrary record: C03 and C04 do not speak of it."""
    lines = [rows.line("A", 1, DAY, "J9035", 40), rows.line("A", 2, DAY, "J9035", 4, modifiers="JW")]
    others = [rows.given("2024-03-02", "bevacizumab", 400), rows.given(DAY, "trastuzumab", 400)]
    assert audited(lines, {"administrations": others}).flags == [("A", 1, "C05", 400.0), ("A", 2, "C05", 40.0)]


@pytest.mark.parametrize(
    ("fact", "given", "flagged"),
    [
        ("irinotecan", "Irinotecan hydrochloride", False),  # the salt, as RxNorm names what a hospital gives
        ("Gemcitabine hydrochloride", "gemcitabine", False),
        ("pemetrexed", "pemetrexed disodium", False),
        ("irinotecan", "irinotecan liposomal", True),  # another product, with a code of its own
        ("paclitaxel", "paclitaxel protein-bound", True),
        ("trastuzumab", "ado-trastuzumab emtansine", True),
        ("irinotecan", "irinotecan", False),
    ],
)
def test_an_administration_under_the_name_of_a_salt_is_one_of_the_drug(audited, rows, fact, given, flagged):
    """Nobody is accused over a line that the record supports."""
    facts = {"drug_codes": [{"code": "J1", "drug": fact, "mg_per_unit": 10, "vials_mg": "100", "single_dose": True}]}
    case = audited([rows.line("A", 1, DAY, "J1", 10)], {"administrations": [rows.given(DAY, given, 100)]}, facts)
    assert [flag[2] for flag in case.flags] == ["C05"] * flagged


def test_a_name_that_may_be_two_drugs_of_the_facts_stays_as_it_is(audited, rows):
    both = [
        {"code": "J1", "drug": "x hydrochloride", "mg_per_unit": 10, "vials_mg": "100", "single_dose": True},
        {"code": "J2", "drug": "x citrate", "mg_per_unit": 10, "vials_mg": "100", "single_dose": True},
    ]
    given = {"administrations": [rows.given(DAY, "x", 100)]}
    case = audited([rows.line("A", 1, DAY, "J1", 10)], given, {"drug_codes": both})
    assert [flag[2] for flag in case.flags] == ["C05"]


def test_a_tolerance_takes_the_nearest_administration_without_lines_of_its_own_day(audited, rows):
    """Line of 1 March, given on 2 March; with a line of 2 March, that one alone is supported by it."""
    given = {"administrations": [rows.given("2024-03-02", "bevacizumab", 400)]}
    first = rows.line("A", 1, DAY, "J9035", 40)
    assert audited([first], given).codes.count("C05") == 0
    assert [flag[2] for flag in audited([first], given).flags] == ["C05"]
    assert audited([first], given, tolerance_days=1).flags == []
    own = rows.line("B", 1, "2024-03-02", "J9035", 40)
    assert audited([first, own], given, tolerance_days=1).flags == [("A", 1, "C05", 400.0)]


def test_of_two_administrations_as_near_the_earlier_one_counts(audited, rows):
    """Given 400 mg the day before and 200 mg the day after: 40 units are right, held against the day before."""
    doses = [rows.given("2024-02-29", "bevacizumab", 400), rows.given("2024-03-02", "bevacizumab", 200)]
    case = audited([rows.line("A", 1, DAY, "J9035", 40)], {"administrations": doses}, tolerance_days=1)
    assert case.flags == []


def test_two_days_that_share_an_administration_by_tolerance_share_its_dose(audited, rows):
    """Lines of 1 and 3 March, 400 mg on 2 March: 40 units for both, so that the second is beyond by 40."""
    lines = [rows.line("A", 1, DAY, "J9035", 40), rows.line("B", 1, "2024-03-03", "J9035", 40)]
    given = {"administrations": [rows.given("2024-03-02", "bevacizumab", 400)]}
    case = audited(lines, given, tolerance_days=1)
    assert case.flags == [("B", 1, "C03", 400.0)]
    assert "on 2024-03-02" in case.found["reason"].iloc[0]


def test_units_that_are_no_whole_number_are_not_assessed(audited, rows):
    case = audited([rows.line("A", 1, DAY, "J9035", 60.5)], {"administrations": [rows.given(DAY, "bevacizumab", 421)]})
    assert case.flags == []
    assert case.found.attrs["not_assessed"]["C03"] == {"lines": 1, "why": "the units are not a whole number"}
    assert "units-fractional" in case.codes


def test_a_dose_that_was_not_recorded_is_not_assessed(audited, rows):
    case = audited([rows.line("A", 1, DAY, "J9035", 60)], {"administrations": [rows.given(DAY, "bevacizumab", "")]})
    assert case.flags == []
    assert case.found.attrs["not_assessed"]["C03"]["why"] == "an administration of that day has no dose"


@pytest.mark.parametrize("dose", [0.421, 421_000])
def test_doses_a_hundred_times_off_the_billed_amount_are_suspect(audited, rows, dose):
    """421 mg written as grams, or as micrograms: 430 mg billed, 1000 times off."""
    lines = [rows.line("A", 1, DAY, "J9035", 43), rows.line("A", 2, DAY, "J9035", 7, modifiers="JW")]
    case = audited(lines, {"administrations": [rows.given(DAY, "bevacizumab", dose)]})
    assert case.flags == []
    assert [case.found.attrs["not_assessed"][rule]["lines"] for rule in ("C03", "C04")] == [1, 1]
    assert "unit-suspect" in case.codes


def test_a_dose_far_below_a_unit_is_not_suspect(audited, rows):
    """0.5 mg of a drug of 100 mg a unit is billed as one unit, 200 times as much: units round up."""
    facts = {"drug_codes": [{"code": "J1", "drug": "d", "mg_per_unit": 100, "vials_mg": "100", "single_dose": True}]}
    case = audited([rows.line("A", 1, DAY, "J1", 1)], {"administrations": [rows.given(DAY, "d", 0.5)]}, facts)
    assert (case.flags, "unit-suspect" in case.codes) == ([], False)
