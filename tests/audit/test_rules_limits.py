"""C01, C12 to C15: repeated services, providers' numbers, limits and pairs, at the boundary of each rule."""

import pytest

from genorx.audit.rules.provider import is_provider_number

DAY = "2024-03-01"


def _flags(case, rule):
    return [(flag[0], flag[1], flag[3]) for flag in case.flags if flag[2] == rule]


def test_the_same_service_twice_is_flagged_once_and_set_aside(audited, rows):
    """Set aside, the second line adds no units to C03: 40 of 40 are right."""
    lines = [rows.line(each, 1, DAY, "J9035", 40, modifiers=mark) for each, mark in
             (("A", "JZ RT"), ("B", "RT JZ"), ("C", "JZ RT 76"))]  # fmt: skip
    case = audited(lines, {"administrations": [rows.given(DAY, "bevacizumab", 800)]})
    assert case.flags == [("B", 1, "C01", 400.0)]
    assert case.auditor.info()["duplicates"] == 1


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("1234567893", True),  # the example of the standard
        ("1234567890", False),
        ("123456789", False),
        ("12345678930", False),
        ("123456789X", False),
        ("１２３４５６７８９３", False),  # digits of another script
    ],
)
def test_a_provider_number_has_ten_digits_and_a_check_digit(number, valid):
    """1234567893 is the worked example of the check digit (CMS, National Provider Identifier standard)."""
    assert is_provider_number(number) == valid


def test_an_invalid_number_is_flagged_and_a_missing_one_is_not_known(audited, rows):
    lines = [rows.line("A", 1, DAY, "X1", 1, npi="123456789"), rows.line("B", 1, DAY, "X1", 1, npi="")]
    case = audited(lines)
    assert case.flags == [("A", 1, "C12", 10.0)]
    assert case.found.attrs["not_assessed"]["C12"] == {"lines": 1, "why": "the line names no provider"}


def test_lines_without_patient_or_provider_are_not_taken_for_those_of_one(audited, rows):
    """Two panels, three units and a pair of nobody in particular: nothing can be said of them."""
    lines = [rows.line("A", 1, DAY, "LOC-B", 1, patient_id=""), rows.line("B", 1, DAY, "LOC-B", 1, patient_id="")]
    lines += [rows.line("C", n, DAY, "Q1", 1, npi="") for n in (1, 2)] + [rows.line("D", 1, DAY, "Q2", 1, npi="")]
    facts = {
        "limits": [{"code": "Q1", "max_units": 1}],
        "pairs": [{"column1": "Q1", "column2": "Q2", "modifier_allowed": 0}],
    }
    case = audited(lines, facts=facts)
    assert case.flags == []
    gaps = case.found.attrs["not_assessed"]
    assert gaps["C06"] == {"lines": 2, "why": "the line names no patient"}
    assert [gaps[rule]["lines"] for rule in ("C14", "C15")] == [2, 1]


@pytest.mark.parametrize(
    ("day", "reinstated", "flagged"),
    [
        ("2024-02-29", "", False),
        (DAY, "", True),
        ("2024-05-31", "2024-06-01", True),
        ("2024-06-01", "2024-06-01", False),
    ],
)
def test_a_provider_is_excluded_from_the_day_until_it_is_reinstated(audited, rows, day, reinstated, flagged):
    facts = {"exclusions": [{"npi": rows.npi, "excluded_from": DAY, "reinstated": reinstated}]}
    case = audited([rows.line("A", 1, day, "X1", 1), rows.line("B", 1, day, "X1", 1, npi=rows.other)], facts=facts)
    assert case.flags == ([("A", 1, "C13", 10.0)] if flagged else [])
    assert case.found["severity"].tolist() == ["serious"] * flagged


def test_a_limit_of_a_day_runs_over_lines_and_one_of_a_line_does_not(audited, rows):
    """At most 3 a day: 2 + 2 is 1 beyond, on the second line; at most 3 a line: only the line of 4."""
    lines = [rows.line("A", 1, DAY, "Q1", 2), rows.line("A", 2, DAY, "Q1", 2), rows.line("B", 1, DAY, "Q2", 2)]
    lines += [rows.line("B", 2, DAY, "Q2", 2), rows.line("C", 1, DAY, "Q2", 4)]
    facts = {"limits": [{"code": "Q1", "max_units": 3, "per": ""}, {"code": "Q2", "max_units": 3, "per": "line"}]}
    assert audited(lines, facts=facts).flags == [("A", 2, "C14", 10.0), ("C", 1, "C14", 10.0)]


def test_a_limit_is_of_one_provider_and_patient(audited, rows):
    lines = [rows.line("A", 1, DAY, "Q1", 1), rows.line("B", 1, DAY, "Q1", 1, npi=rows.other)]
    lines += [rows.line("C", 1, DAY, "Q1", 1, patient_id="P2"), rows.line("D", 1, "2024-03-02", "Q1", 1)]
    assert audited(lines, facts={"limits": [{"code": "Q1", "max_units": 1}]}).flags == []


@pytest.mark.parametrize(
    ("allowed", "first", "second", "flagged"),
    [(1, "", "", True), (1, "59", "", False), (1, "", "XE", False), (1, "25", "", True), (0, "59", "", True)],
)
def test_a_pair_is_flagged_unless_a_modifier_says_that_services_are_apart(
    audited, rows, allowed, first, second, flagged
):
    facts = {"pairs": [{"column1": "Q4", "column2": "Q3", "modifier_allowed": allowed}]}
    lines = [rows.line("A", 1, DAY, "Q4", 1, modifiers=first), rows.line("B", 1, DAY, "Q3", 2, modifiers=second)]
    assert audited(lines, facts=facts).flags == ([("B", 1, "C15", 20.0)] if flagged else [])


def test_a_pair_is_of_one_provider_patient_and_day(audited, rows):
    facts = {"pairs": [{"column1": "Q4", "column2": "Q3", "modifier_allowed": 0}]}
    lines = [rows.line("A", 1, DAY, "Q4", 1), rows.line("B", 1, "2024-03-02", "Q3", 1)]
    lines += [rows.line("C", 1, DAY, "Q3", 1, npi=rows.other), rows.line("D", 1, DAY, "Q3", 1, patient_id="P2")]
    assert audited(lines, facts=facts).flags == []


def test_facts_of_other_days_leave_a_line_not_assessed(audited, rows):
    """The limit ends on 31 January: a line of March has no limit that is known, and none is made up."""
    old = {"valid_from": "2023-01-01", "valid_to": "2024-01-31"}
    facts = {
        "limits": [{"code": "Q1", "max_units": 1} | old],
        "pairs": [{"column1": "Q1", "column2": "Q2", "modifier_allowed": 0} | old],
        "sex_codes": [{"code": "Q1", "sex": "male"} | old],
        "exclusions": [{"npi": rows.npi, "excluded_from": "2023-01-01", "reinstated": ""} | old],
    }
    lines = [rows.line(c, 1, d, q, 2) for c, d, q in (("A", DAY, "Q1"), ("B", DAY, "Q2"), ("C", "2024-01-31", "Q1"))]
    case = audited(lines, facts=facts)
    assert case.flags == [("C", 1, "C11", 20.0), ("C", 1, "C13", 20.0), ("C", 1, "C14", 10.0)]
    gaps = {rule: gap["lines"] for rule, gap in case.found.attrs["not_assessed"].items()}
    assert (gaps["C11"], gaps["C13"], gaps["C14"], gaps["C15"]) == (1, 2, 1, 1)
    assert "facts-not-valid" in case.codes
