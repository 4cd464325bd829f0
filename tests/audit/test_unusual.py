"""The list of unusual lines: off by default, at most twenty, without those that a rule flags."""

from genorx.audit.unusual import COLUMNS, HEADING, unusual_lines

DAY = "2024-03-01"


def test_lines_far_from_those_of_their_code_are_listed_and_flagged_ones_are_not(audited, rows):
    """Twenty lines each of 10 and 11 units, with the others a median of 11; one far off by units, one by price."""
    lines = [rows.line(f"A{n:02d}", 1, DAY, "X1", 10 + n % 2) for n in range(40)]
    lines += [rows.line("B", 1, DAY, "X1", 100), rows.line("C", 1, DAY, "X1", 10, charge=5000)]
    lines += [rows.line("D", 1, DAY, "X1", 100, npi="1"), rows.line("E", 1, DAY, "X2", 1000)]
    case = audited(lines)
    table = unusual_lines(case.auditor.case_, case.auditor.judgement_)
    assert tuple(table) == COLUMNS
    assert table["claim_id"].tolist() == ["C", "B"]
    assert table[HEADING].tolist() == ["charge per unit 500, median of the code 10", "units 100, median of the code 11"]


def test_at_most_twenty_are_listed(audited, rows):
    lines = [rows.line(f"A{n:03d}", 1, DAY, "X1", 10 + n % 2) for n in range(200)]
    lines += [rows.line(f"B{n:02d}", 1, DAY, "X1", 1000 + n) for n in range(30)]
    case = audited(lines)
    table = unusual_lines(case.auditor.case_, case.auditor.judgement_)
    assert table["claim_id"].tolist() == [f"B{n}" for n in range(29, 9, -1)]


def test_codes_with_few_lines_have_no_usual(audited, rows):
    case = audited([rows.line(f"A{n}", 1, DAY, "X1", 10**n) for n in range(4)])
    assert len(unusual_lines(case.auditor.case_, case.auditor.judgement_)) == 0
