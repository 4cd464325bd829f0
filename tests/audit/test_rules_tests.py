"""C06, C08, C09: laboratory tests, at the boundary of each rule."""

import pytest

DAY = "2024-03-01"


def _result(collected, test, patient="P1", result="x"):
    return {"patient_id": patient, "collected": collected, "reported": collected, "test": test, "gene": "G"} | {
        "result": result
    }


def _codes(case, rule):
    return [(flag[0], flag[1]) for flag in case.flags if flag[2] == rule]


def test_a_germline_test_again_is_flagged_and_a_tumour_panel_again_is_right(audited, rows):
    lines = [
        rows.line("B", 1, "2024-03-01", "LOC-B", 1),
        rows.line("A", 1, "2024-04-01", "LOC-B", 1),
        rows.line("C", 1, "2024-05-01", "LOC-B", 1, patient_id="P2"),
        rows.line("D", 1, "2024-03-01", "LOC-T", 1),
        rows.line("E", 1, "2024-04-01", "LOC-T", 1),
    ]
    assert _codes(audited(lines), "C06") == [("A", 1)]


def test_the_first_of_two_tests_of_a_day_is_the_first_by_claim_and_line(audited, rows):
    lines = [rows.line("B", 1, DAY, "LOC-B", 1), rows.line("A", 2, DAY, "LOC-B", 1), rows.line("A", 1, DAY, "LOC-B", 1)]
    assert _codes(audited(lines), "C06") == [("A", 2), ("B", 1)]


@pytest.mark.parametrize(
    ("collected", "flagged"),
    [("2024-02-16", False), ("2024-02-15", True), ("2024-03-15", False), ("2024-03-16", True), ("", True)],
)
def test_a_result_within_fourteen_days_is_one_whatever_it_says(audited, rows, collected, flagged):
    results = [
        _result(collected, "Tumour Panel ", result=""),
        _result(DAY, "other"),
        _result(DAY, "tumour panel", "P2"),
    ]
    case = audited([rows.line("A", 1, DAY, "LOC-T", 1)], {"results": results})
    assert _codes(case, "C08") == [("A", 1)] * flagged


@pytest.mark.parametrize(
    ("table", "day", "flagged"),
    [
        ("orders", "2023-09-03", False),  # 180 days before
        ("orders", "2023-09-02", True),
        ("orders", "2024-08-28", False),  # 180 days after
        ("orders", "2024-08-29", True),
        ("administrations", "2024-03-10", False),
    ],
)
def test_a_panel_needs_a_drug_that_it_informs_within_180_days(audited, rows, table, day, flagged):
    records = {
        "orders": [{"patient_id": "P2", "date": DAY, "drug": "codeine"}],
        "results": [_result(DAY, "pharmacogene panel")],
    }
    drug = {"patient_id": "P1", "date": day, "drug": "Codeine"}
    records[table] = [drug if table == "orders" else rows.given(day, "codeine", 30)]
    case = audited([rows.line("A", 1, DAY, "LOC-P", 1)], records, {"pgx_drugs": [{"drug": "codeine"}]})
    assert _codes(case, "C09") == [("A", 1)] * flagged


def test_without_orders_nobody_can_say_that_none_was_made(audited, rows):
    records = {"results": [_result(DAY, "pharmacogene panel")]}
    case = audited([rows.line("A", 1, DAY, "LOC-P", 1)], records, {"pgx_drugs": [{"drug": "codeine"}]})
    assert _codes(case, "C09") == []
    assert case.found.attrs["not_assessed"]["C09"] == {"lines": 1, "why": "there is no table orders"}
