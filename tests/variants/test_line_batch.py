"""Fields of whole lines: each compared with Python's own split, int and dict."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.variants.line_batch import LineBatch

pytestmark = pytest.mark.usefixtures("both_ways")

FIELD = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40) | st.sampled_from(
    ["", "A" * 300, "AB"]
)


def table_of(rows):
    return LineBatch.of("".join("\t".join(row) + "\n" for row in rows).encode(), len(rows[0]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(FIELD, FIELD, FIELD), min_size=1, max_size=60))
def test_rows_and_distinct_texts_are_those_of_split(rows):
    table = table_of(rows)
    assert [table.row(line) for line in range(len(table))] == [list(row) for row in rows]
    for column in range(3):
        found = table.distinct(table.start(column), table.end(column))
        assert [found.texts[code] for code in found.codes] == [row[column] for row in rows]
        assert len(set(found.texts)) == len(found.texts)


def test_more_texts_than_slots_are_all_told_apart():
    """100,000 texts in 65,536 slots: many meet another, and try again."""
    rows = [(f"gene{number:09d}", f"{number:x}") for number in range(100_000)]
    table = table_of(rows)
    for column in range(2):
        found = table.distinct(table.start(column), table.end(column))
        assert len(found.texts) == 100_000
        assert [found.texts[code] for code in found.codes] == [row[column] for row in rows]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**10 - 1), min_size=1, max_size=40))
def test_numbers_are_those_of_int(numbers):
    table = table_of([("chr1", str(number)) for number in numbers])
    assert table.numbers(1, 10).tolist() == numbers


@pytest.mark.parametrize("text", ["", "x", "-1", "+1", "1.5", " 1", "1_0", "12345678901", "/", ":"])
def test_what_is_no_number_is_none(text):
    assert table_of([("chr1", "5"), ("chr1", text)]).numbers(1, 10) is None


@pytest.mark.parametrize(
    "text", ["a\tb\nc\td", "a\tb\nc\n", "a\tb\tc\nd\n", "a\nb\tc\td\n", "é\tb\n", "a\rb\n", "a\x0bb\n", ""]
)
def test_text_without_the_same_columns_in_each_line_is_no_table(text):
    assert LineBatch.of(text.encode(), 2) is None


def test_places_beyond_the_end_are_given_for_searches_that_run_out():
    table = table_of([("a;b", "c;")])
    found = table.places(";", beyond=2)
    assert [table.text(place - 1, place + 1) for place in found[:2]] == ["a;", "c;"]
    assert (found[2:] >= table.ends[-1, -1]).all()
    assert table.at(np.array([table.start(1)[0]]), "c;").tolist() == [True]
