"""Errors gathered and raised together."""

import pytest

from genorx.cohort.faults import Faults
from genorx.errors import StudyError, SupportError, TableError


def test_one_error_is_raised_as_it_is():
    faults = Faults()
    error = TableError("bad", file="a.csv", place="row 2")
    faults.add(error)
    with pytest.raises(TableError) as caught:
        faults.raise_if_any()
    assert caught.value is error


def test_several_errors_are_told_by_the_first():
    faults = Faults()
    with faults.catch():
        raise TableError("bad", file="a.csv", place="row 2", hint="mend it", code="csv")
    with faults.catch():
        raise SupportError("too few")
    faults.add(StudyError("bad key", file="s.toml", place=3))
    faults.add(StudyError("bad key", file="s.toml", place=3))  # the same again is one fault
    with pytest.raises(TableError) as caught:
        faults.raise_if_any()
    assert (caught.value.code, caught.value.place, caught.value.hint) == ("csv", "row 2", "mend it")
    assert caught.value.reason == "bad [and 2 more: too few; s.toml:3: bad key]"


def test_no_error_is_no_error_and_a_defect_is_not_caught():
    faults = Faults()
    faults.raise_if_any()
    with pytest.raises(ZeroDivisionError), faults.catch():
        _ = 1 / 0
