"""Copy-number words and GISTIC numbers (Mermel 2011: 2, 1, 0, -1, -2; cBioPortal: -1.5)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.oncology import parse_copy_number

WORDS = {
    "Amplification": "amplification", "AMP": "amplification", "amplified": "amplification", "2": "amplification",
    2: "amplification", "gain": "gain", "Gain": "gain", "1": "gain", 1: "gain",
    "diploid": "neutral",
    "neutral": "neutral", 0: "neutral", "0": "neutral", "Loss": "loss", "HETLOSS": "loss", "Shallow Deletion": "loss",
    -1: "loss", "-1": "loss", "Deletion": "deletion", "DEL": "deletion", "Deep Deletion": "deletion", "HOMDEL":
    "deletion",
    "homozygous deletion": "deletion", -2: "deletion", "-2": "deletion", -1.5: "deletion", "-1.5": "deletion",
}  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), WORDS.items())
def test_a_word_or_number_gives_its_call(value, expected):
    assert parse_copy_number(value) == expected


@pytest.mark.parametrize("value", ["", "NA", "mutation", 6, 3, "6", None, float("nan"), True, [2], "-0.5"])
def test_what_is_no_call_gives_none(value):
    assert parse_copy_number(value) is None


@given(st.one_of(st.text(max_size=20), st.floats(), st.integers(), st.none()))
@settings(max_examples=200, deadline=None)
def test_any_value_gives_one_of_five_words_or_none(value):
    assert parse_copy_number(value) in {"amplification", "gain", "neutral", "loss", "deletion", None}
