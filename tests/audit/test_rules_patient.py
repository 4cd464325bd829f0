"""C02, C07, C10, C11: a line beside what the record says of the patient, at the boundary of each rule."""

import pytest

DAY = "2024-03-01"


def _patient(**more):
    return {"patients": [{"patient_id": "P1", "sex": "female", "birth": "", "death": ""} | more]}


@pytest.mark.parametrize(("death", "flagged"), [("2024-02-29", True), (DAY, False), ("2024-03-02", False), ("", False)])
def test_a_service_after_the_day_of_death_is_flagged_and_on_it_is_right(audited, rows, death, flagged):
    case = audited([rows.line("A", 1, DAY, "X1", 2)], _patient(death=death))
    assert case.flags == ([("A", 1, "C02", 20.0)] if flagged else [])
    assert case.found["severity"].tolist() == ["serious"] * flagged


def _result(reported, result, **more):
    given = {"patient_id": "P1", "collected": "2024-01-01", "reported": reported, "test": "tumour panel"}
    return {**given, "origin": "somatic", "gene": "ERBB2", "result": result} | more


@pytest.mark.parametrize(
    ("results", "flagged"),
    [
        ([("2024-02-01", "not amplified")], True),
        ([(DAY, "not amplified")], True),  # reported on the day is known on it
        ([("2024-03-02", "not amplified")], False),  # reported the day after: nobody knew
        ([("2024-02-01", "not amplified"), ("2024-02-02", "Amplified ")], False),  # the last counts
        ([("2024-02-01", "amplified"), ("2024-02-02", "not amplified")], True),
        ([("2024-02-01", "not amplified"), ("2024-02-02", "")], True),  # an empty result says nothing
        ([("2024-02-01", "")], False),
        ([], False),  # nobody looked
    ],
)
def test_the_last_result_reported_by_the_day_decides(audited, rows, results, flagged):
    records = {
        "results": [_result(*each) for each in results] or [_result("2024-02-01", "x", gene="KRAS")],
        "administrations": [rows.given(DAY, "trastuzumab", 20)],
    }
    case = audited([rows.line("A", 1, DAY, "J9355", 2)], records)
    assert case.flags == ([("A", 1, "C07", 20.0)] if flagged else [])


def test_two_different_results_of_one_day_are_not_assessed(audited, rows):
    both = [_result("2024-02-01", "amplified"), _result("2024-02-01", "not amplified")]
    records = {"results": both, "administrations": [rows.given(DAY, "trastuzumab", 20)]}
    case = audited([rows.line("A", 1, DAY, "J9355", 2)], records)
    assert case.flags == []
    why = "two different results of the gene were reported on one day"
    assert case.found.attrs["not_assessed"]["C07"] == {"lines": 1, "why": why}


@pytest.mark.parametrize(
    ("day", "flagged"), [("2024-02-29", False), (DAY, True), ("2024-03-05", True), ("2024-03-06", False)]
)
def test_a_drug_on_the_first_and_last_day_of_a_stay_is_within_it(audited, rows, day, flagged):
    records = {
        "stays": [{"patient_id": "P1", "admitted": DAY, "discharged": "2024-03-05", "npi": rows.npi}],
        "administrations": [rows.given(day, "bevacizumab", 20)],
    }
    case = audited([rows.line("A", 1, day, "J9035", 2), rows.line("B", 1, day, "X1", 1)], records)
    assert case.flags == ([("A", 1, "C10", 20.0)] if flagged else [])


def test_days_after_the_admission_of_a_stay_without_an_end_are_not_assessed(audited, rows):
    stay = {"patient_id": "P1", "admitted": DAY, "discharged": "", "npi": rows.npi}
    days = (DAY, "2024-03-02")
    records = {"stays": [stay], "administrations": [rows.given(day, "bevacizumab", 20) for day in days]}
    case = audited([rows.line(each, 1, day, "J9035", 2) for each, day in zip("AB", days, strict=True)], records)
    assert case.flags == [("A", 1, "C10", 20.0)]
    assert case.found.attrs["not_assessed"]["C10"] == {"lines": 1, "why": "a stay of the patient has no last day"}


@pytest.mark.parametrize(
    ("sex", "flagged", "assessed"),
    [
        ("female", False, True),
        ("male", True, True),
        ("unknown", False, False),
        ("other", False, False),
        ("", False, False),
    ],
)
def test_a_code_of_one_sex_is_held_against_the_recorded_one(audited, rows, sex, flagged, assessed):
    facts = {"sex_codes": [{"code": "Q0091", "sex": "female"}]}
    case = audited([rows.line("A", 1, DAY, "Q0091", 1)], _patient(sex=sex), facts)
    assert case.flags == ([("A", 1, "C11", 10.0)] if flagged else [])
    assert ("C11" not in case.found.attrs["not_assessed"]) == assessed


def test_patients_without_a_record_are_not_assessed_and_counted(audited, rows):
    """Absent record is not contrary record: C05 would else flag every line."""
    lines = [rows.line("A", 1, DAY, "J9035", 2, patient_id="P9")]
    lines += [rows.line("A", 2, DAY, "J9035", 1, modifiers="JW", patient_id="P9")]
    case = audited(lines, {"administrations": [rows.given(DAY, "x", 1)]})
    assert case.flags == []
    gaps = case.found.attrs["not_assessed"]
    unknown = {rule: gap["lines"] for rule, gap in gaps.items() if "the patient has no record" in gap["why"]}
    assert unknown == {"C02": 2, "C03": 1, "C04": 1, "C05": 2}
    assert "patient-unknown" in case.codes
