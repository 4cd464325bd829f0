"""Numbers of files: what Python's own functions take or choke on, and a file must not mean."""

import pytest

from genorx._core.numerals import decimal_number, whole_number


@pytest.mark.parametrize("text", ["²", "٣", "-1", "+1", " 1", "1 ", "", "1.0", "1_000", "9" * 19, "9" * 5000])
def test_what_is_no_whole_number_is_none(text):
    """``"²".isdigit()`` is true and ``int("²")`` fails; ``int`` refuses more than 4,300 digits, and takes ``1_000``."""
    assert whole_number(text) is None


def test_whole_numbers_are_read_up_to_the_digits_asked_for():
    assert [whole_number(text) for text in ("0", "00", "042", "9" * 18)] == [0, 0, 42, 10**18 - 1]
    assert whole_number("2147483648", 10) == 2**31
    assert whole_number("12345678901", 10) is None


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1_0", "1e999", "٣.5", "", ".", "1e", "--1", "1" * 100])
def test_what_is_no_finite_decimal_is_none(text):
    assert decimal_number(text) is None


def test_decimals_are_read_with_sign_and_exponent():
    assert [decimal_number(text) for text in ("1", "-1.5e2", ".5", "5.", "+2E-3")] == [1.0, -150.0, 0.5, 5.0, 0.002]
