"""The search for cycles is off inside and as it was outside; ``gc`` itself says so."""

import gc

import pytest

from genorx._core.garbage import unsearched


def test_the_search_is_off_inside_and_on_after_also_after_an_error():
    assert gc.isenabled()
    with unsearched():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="inside"), unsearched():
        raise ValueError("inside")
    assert gc.isenabled()


def test_who_had_turned_it_off_finds_it_off():
    gc.disable()
    try:
        assert unsearched()(gc.isenabled)() is False
        assert not gc.isenabled()
    finally:
        gc.enable()
