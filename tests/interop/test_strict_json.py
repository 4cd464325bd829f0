"""JSON that two programs could read in two ways, or that costs a program its stack, is refused with its place."""

import time

import pytest

from genorx._core.strict_json import Number, parse_json
from genorx.errors import InputError


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('{"a": {"b": 1, "b": 1}}', "json-key-twice", "line 1: a.b"),
        ('{"a": [1, NaN]}', "json-number", "line 1: a[1]"),
        ('{"a":\n -Infinity}', "json-number", "line 2: a"),
        ('{"a": 1' + "0" * 100 + "}", "json-number", "line 1: a"),
        ('{"a": [' * 60 + "]}" * 60, "json-depth", None),
        ('{"a": [1, 2', "json", "line 1: a[1]"),
        ("{'a': 1}", "json", None),
        ("<Bundle/>", "not-json", None),
    ],
)
def test_each_fault_has_its_code_and_its_place(text, code, place):
    with pytest.raises(InputError) as caught:
        parse_json(text.encode(), "f.json")
    assert caught.value.code == code
    assert place is None or caught.value.place == place


def test_text_that_is_no_utf8_is_refused():
    with pytest.raises(InputError) as caught:
        parse_json(b'{"a": "\xff"}', "f.json")
    assert caught.value.code == "json"


def test_numbers_keep_their_digits_and_are_no_text():
    found = parse_json(b'{"a": 1.10, "b": "1.10"}', "f.json")
    assert found["a"] == "1.10"
    assert isinstance(found["a"], Number)
    assert not isinstance(found["b"], Number)


def test_a_long_number_inside_a_text_is_text():
    assert parse_json(('{"a": "' + "1" * 200 + '"}').encode(), "f.json") == {"a": "1" * 200}


def test_brackets_inside_a_text_are_no_depth():
    assert parse_json(('{"a": "' + "[" * 500 + '"}').encode(), "f.json")["a"] == "[" * 500


def test_a_million_brackets_are_refused_at_once():
    start = time.monotonic()
    with pytest.raises(InputError) as caught:
        parse_json(b"[" * 1_000_000, "f.json")
    assert caught.value.code == "json-depth"
    assert time.monotonic() - start < 5
