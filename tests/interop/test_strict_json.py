"""JSON that two programs could read in two ways, or that costs a program its stack, is refused with its place."""

import subprocess
import sys
import time

import pytest

from genorx._core.strict_json import Number, parse_json, typed
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
    start = time.process_time()  # not the clock: the machine may be busy
    with pytest.raises(InputError) as caught:
        parse_json(b"[" * 1_000_000, "f.json")
    assert caught.value.code == "json-depth"
    assert time.process_time() - start < 5


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are those of Linux")
def test_a_small_file_takes_little_memory(tmp_path):
    """It failed before: one call asked for a gigabyte of memory, however small the file was."""
    (tmp_path / "a.json").write_text('{\n"a": 1}')
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom genorx.interop.reading.json_files import documents\n"
        "pages = int(Path('/proc/self/statm').read_text().split()[0])\n"
        "most = pages * resource.getpagesize() + (256 << 20)\n"
        "resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))\n"
        "print([each.value for each in documents(Path(sys.argv[1]))])\n"
    )
    line = [sys.executable, "-c", code, str(tmp_path / "a.json")]
    done = subprocess.run(line, check=False, capture_output=True, text=True)
    assert done.stdout.strip() == "[{'a': '1'}]", done.stderr


def test_a_number_that_no_float_holds_is_refused_when_it_is_typed():
    assert typed(parse_json(b'[1, -2, 1.50, "1e999"]', "f")) == [1, -2, 1.5, "1e999"]
    with pytest.raises(InputError) as error:
        typed(parse_json(b'{"a": 1e999}', "f"), "f")
    assert (error.value.code, error.value.file) == ("json-number", "f")
