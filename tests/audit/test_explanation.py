"""What is said of a line: records with their rows, the sum, and each innocent explanation with what was found."""

import json

import pytest

from genorx.errors import UsageError

DAY = "2024-03-01"
_NEAREST = "none on that day; the nearest {} is on {}, {}"


@pytest.fixture
def case(audited, rows):
    """421 mg on 1 March: 54 units are billed, and 9 as discarded; a claim that was replaced, one voided, one twice."""
    lines = [
        rows.line("A", 1, DAY, "J9035", 54),
        rows.line("A", 2, DAY, "J9035", 9, modifiers="JW"),
        rows.line("B", 1, DAY, "J9035", 54),
        rows.line("R", 1, DAY, "X1", 1),
        rows.line("S", 1, DAY, "X1", 1, frequency="7", original_claim="R"),
        rows.line("V", 1, DAY, "X1", 1),
        rows.line("W", 1, DAY, "X1", 1, frequency="8", original_claim="V"),
        rows.line("L", 1, "2024-04-01", "J9035", 43),
        rows.line("T", 1, DAY, "LOC-T", 1, modifiers="59"),
    ]
    result = {"patient_id": "P1", "collected": "2024-03-20", "reported": "2024-03-25", "test": "tumour panel"}
    records = {
        "administrations": [rows.given(DAY, "bevacizumab", 421)],
        "results": [result | {"origin": "somatic", "gene": "RAS", "result": "wild type"}],
    }
    return audited(lines, records)


def _looked(case, claim, line, what):
    return next(each["found"] for each in case.auditor.explain(claim, line).checked if each["what"] == what)


def test_the_keys_are_those_that_programs_read(case):
    explained = case.auditor.explain("A", 1).to_dict()
    assert list(explained) == [
        "claim_id", "line", "rules", "reasons", "claim_line", "records", "arithmetic", "checked", "clears", "note",
    ]  # fmt: skip
    assert (explained["claim_id"], explained["line"], explained["rules"], explained["note"]) == ("A", 1, ["C03"], None)
    assert json.loads(json.dumps(explained)) == explained
    looks = [each["what"] for each in explained["checked"]]
    assert looks == [
        "replacement",
        "void",
        "duplicate",
        "modifier",
        "rounding",
        "vials",
        "same-day lines",
        "late record",
    ]


def test_the_sum_is_that_of_the_finding(case):
    """421 / 10 = 42.1, 43 units; 540.00 for 54 units; 11 too many at 10.00 are 110.00."""
    assert case.auditor.explain("A", 1).arithmetic == (
        "421 mg / 10 mg = 42.1, rounded up to 43 units; 54 units billed; the charge is 540.00; "
        "C03: 11 units too many at 10 per unit = 110.00"
    )


def test_records_are_named_with_table_and_row_and_without_a_birth_date(case):
    explained = case.auditor.explain("A", 1).to_dict()
    used = {(each["table"], each["row"]) for each in explained["records"]}
    assert used == {("patients", 2), ("administrations", 2), ("drug_codes", 2)}  # the header is row 1
    assert "1960" not in json.dumps(explained)


@pytest.mark.parametrize(
    ("claim", "line", "what", "found"),
    [
        ("A", 1, "replacement", "the claim replaces no other, and no claim in the input replaces it"),
        ("R", 1, "replacement", "claim S replaces this one, which is no longer live"),
        ("S", 1, "replacement", "the claim replaces claim R, which is no longer live"),
        ("V", 1, "void", "claim W voids this one, which is no longer live"),
        ("W", 1, "void", "the claim is itself a void, not a service"),
        ("A", 1, "void", "no claim in the input voids it"),
        ("B", 1, "duplicate", "the line is the same service as claim A line 1, and is set aside"),
        ("A", 1, "duplicate", "the line is the first of 2 lines of the same service; the later ones are set aside"),
        ("A", 2, "duplicate", "no other live line is the same service"),
        ("A", 1, "modifier", "the line has no modifier"),
        ("T", 1, "modifier", "the line has 59; 59 marks a separate service"),
        ("A", 1, "rounding", "421 mg are 42.1 units of 10 mg, rounded up to 43"),
        ("L", 1, "rounding", "the record has no dose to round"),
        ("A", 2, "vials", "least waste: 1 × 100 mg + 1 × 400 mg = 500 mg, which leave 79 mg, 7 units"),
        ("A", 1, "same-day lines", "other lines of that patient, day and code: claim A line 2 (9 units JW)"),
        ("L", 1, "same-day lines", "there is no other line of that patient, day and code"),
        ("A", 1, "late record", "administration of bevacizumab on that day"),
        ("L", 1, "late record", _NEAREST.format("administration of bevacizumab", "2024-03-01", "31 days before")),
        ("T", 1, "late record", _NEAREST.format("result of the tumour panel collected", "2024-03-20", "19 days after")),
    ],
)  # fmt: skip
def test_each_innocent_explanation_is_looked_at(case, claim, line, what, found):
    assert _looked(case, claim, line, what) == found


def test_a_line_that_no_rule_flags_is_explained_too(case):
    explained = case.auditor.explain("S", 1)
    assert (explained.rules, explained.clears) == ((), "")
    assert "No rule flags this line." in explained._repr_html_()


def test_a_note_travels_with_its_line(case):
    case.auditor.note("A", 1, "  dose raised on the day, <order> attached ")
    explained = case.auditor.explain("A", 1)
    assert explained.note == "dose raised on the day, <order> attached"
    assert "&lt;order&gt; attached" in explained._repr_html_()
    assert case.auditor.explain("A", 2).note is None


def test_lines_that_there_are_not_and_notes_without_a_word_are_refused(case):
    for claim, line in (("A", 3), ("Z", 1)):
        with pytest.raises(UsageError) as caught:
            case.auditor.explain(claim, line)
        assert caught.value.code == "line-unknown"
    with pytest.raises(UsageError, match="the note is empty"):
        case.auditor.note("A", 1, "  ")
