"""Numbers of samples in little memory; expected values are those of plain lists."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genorx.pgx.reading.outcome_numbers import OutcomeNumbers

NUMBERS = st.lists(st.sampled_from([0, 0, 0, 0, 1, 2, 255, 256, 70_000]), max_size=40)


@given(NUMBERS)
def test_each_sample_has_the_number_that_it_was_given(numbers):
    made = OutcomeNumbers.of(iter(numbers), len(numbers))
    assert len(made) == len(numbers)
    assert [made[sample] for sample in range(len(numbers))] == numbers
    assert made.all().tolist() == numbers
    assert made.counts() == Counter(numbers)
    with pytest.raises(IndexError):
        made[len(numbers)]


@given(NUMBERS, st.integers(0, 40), st.integers(0, 40))
def test_some_samples_are_written_into_an_array(numbers, start, length):
    stop = min(start + length, len(numbers))
    column = np.full(max(0, stop - start), -1)
    OutcomeNumbers.of(iter(numbers), len(numbers)).fill(column, start)
    assert column.tolist() == numbers[start:stop]


@given(NUMBERS)
def test_numbers_change_in_the_order_of_the_samples_that_have_them_first(numbers):
    asked = []

    def change(number):
        asked.append(number)
        return len(asked)

    made = OutcomeNumbers.of(iter(numbers), len(numbers)).renumbered(change)
    assert asked == list(dict.fromkeys(numbers))
    assert made.all().tolist() == [asked.index(number) + 1 for number in numbers]


def test_a_site_where_all_are_alike_takes_no_memory_a_sample():
    alike = OutcomeNumbers.of(iter([3] * 100_000), 100_000)
    assert len(alike._others) == len(alike._numbers) == 0
