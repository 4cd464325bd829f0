"""Opening and reading what a user names: only regular files, within limits, and errors of one kind."""

import gzip
import json
import os

import pytest

import genorx as gx
from genorx._core.files import MOST_LEVELS, FileKind
from genorx.errors import InputError, LimitError, PackError
from genorx.features.panel import Panel
from genorx.interop.reading.map_file import read_map
from genorx.monitor.policy import Policy

KIND = FileKind(
    name="pack", error=PackError, code="unreadable", absent="absent", folder="file-folder", damaged="damaged-file",
    absent_hint="make one", folder_hint="name a file",
)  # fmt: skip


def refused(call, *arguments):
    with pytest.raises(PackError) as caught:
        call(*arguments)
    return caught.value


def test_what_is_not_there_has_a_code_and_a_hint(tmp_path):
    error = refused(KIND.open, tmp_path / "none")
    assert (error.code, error.hint) == ("absent", "make one")
    (tmp_path / "file").write_text("x")
    assert refused(KIND.open, tmp_path / "file" / "below").code == "absent"


def test_a_file_whose_name_is_near_is_asked_for(tmp_path):
    """One letter is missing; a name that shares nothing is none."""
    (tmp_path / "clinical.csv").write_text("x")
    assert refused(KIND.open, tmp_path / "clincal.csv").hint == 'did you mean "clinical.csv"? make one'
    assert refused(KIND.open, tmp_path / "mutations.maf").hint == "make one"


def test_a_folder_and_packed_data_that_are_cut_come_with_a_cure(tmp_path):
    plain = FileKind(name="table", error=PackError, code="table")
    assert refused(plain.open, tmp_path).hint == "name a file in it"
    packed = gzip.compress(b"a,b\n" * 100)
    (tmp_path / "t.csv.gz").write_bytes(packed[: len(packed) // 2])
    assert refused(plain.read_bytes, tmp_path / "t.csv.gz").hint == "copy or compress it again"


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_letters_that_no_name_can_have_are_no_file(name):
    error = refused(KIND.open, name)
    assert error.code == "absent"
    assert str(error).isprintable()


def test_a_path_of_5000_letters_is_refused_in_a_short_line():
    """A file system holds names of 255 bytes: the system says "file name too long"."""
    error = refused(KIND.open, "a" * 5000)
    assert (error.code, error.reason) == ("unreadable", "it cannot be read: file name too long")
    assert len(str(error)) < 200


def test_a_folder_is_no_file(tmp_path):
    error = refused(KIND.open, tmp_path)
    assert (error.code, error.reason, error.hint) == ("file-folder", "it is a folder, not a pack", "name a file")


def test_a_pipe_is_refused_before_it_is_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refused(KIND.open, tmp_path / "pipe").code == "unreadable"


def test_a_device_is_refused():
    assert refused(KIND.open, "/dev/zero").reason == "it is a pipe or a device, not a regular file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_named(tmp_path):
    (tmp_path / "f").touch(mode=0)
    assert refused(KIND.open, tmp_path / "f").reason == "it cannot be read: permission denied"


def test_links_to_files_are_followed_and_rings_refused(tmp_path):
    (tmp_path / "f").write_text("abc")
    (tmp_path / "link").symlink_to("f")
    assert KIND.read_bytes(tmp_path / "link") == b"abc"
    (tmp_path / "ring").symlink_to("ring")
    assert refused(KIND.open, tmp_path / "ring").code == "unreadable"


def test_text_is_read_packed_or_not_with_or_without_a_mark(tmp_path):
    for data in ("ä\n".encode(), "ä\n".encode("utf-8-sig"), gzip.compress("ä\n".encode())):
        (tmp_path / "f").write_bytes(data)
        assert KIND.read_text(tmp_path / "f") == "ä\n"


def test_text_that_is_no_utf8_has_the_line(tmp_path):
    (tmp_path / "f").write_bytes(b"a\nb\n\xff\n")
    error = refused(KIND.read_text, tmp_path / "f")
    assert (error.code, error.place) == ("damaged-file", "3")


@pytest.mark.parametrize("keep", [3, 12, -4])
def test_packed_data_that_are_cut_are_damaged(tmp_path, keep):
    (tmp_path / "f").write_bytes(gzip.compress(b"some text of a pack")[:keep])
    assert refused(KIND.read_bytes, tmp_path / "f").code == "damaged-file"


@pytest.mark.parametrize(
    ("text", "place"), [("", "1"), ("{\n", "2"), ("[" * 100_000, None), ("[" + "9" * 4301 + "]", None)]
)
def test_what_is_no_json_is_damaged(tmp_path, text, place):
    """Python refuses whole numbers of more than 4,300 digits (CVE-2020-10735), and lists that stand too deep."""
    (tmp_path / "f").write_text(text)
    error = refused(KIND.read_json, tmp_path / "f")
    assert (error.code, error.reason, error.place) == ("damaged-file", "the file is not JSON", place)


def test_levels_are_bounded_far_below_what_python_can_follow(tmp_path):
    for levels, name in ((MOST_LEVELS, "good"), (MOST_LEVELS + 1, "bad")):
        middle = "[]" if levels % 2 else "1"
        (tmp_path / name).write_text('[{"a": ' * (levels // 2) + middle + "}]" * (levels // 2))
    assert isinstance(KIND.read_json(tmp_path / "good"), list)
    assert "more than 100 deep" in refused(KIND.read_json, tmp_path / "bad").reason


def test_a_json_text_over_the_limit_is_not_parsed(tmp_path):
    (tmp_path / "f").write_text(json.dumps(list(range(100))))
    with gx.limits(json_bytes=100), pytest.raises(LimitError, match="--max-json-bytes"):
        KIND.read_json(tmp_path / "f")


@pytest.mark.parametrize("text", ["a = ", "a = " + "[" * 20_000, "a = " + "9" * 5000])
@pytest.mark.parametrize(
    ("read", "code"),
    [
        (gx.imaging.read_settings, "settings"),
        (gx.published.ScreeningOptions.read, "options-toml"),
        (Policy.read, "policy-toml"),
        (read_map, "map"),
        (Panel.read, "panel-toml"),
    ],
    ids=["settings", "options", "policy", "map", "panel"],
)
def test_what_is_no_toml_has_a_code_whoever_reads_it(tmp_path, read, code, text):
    """Lists nested deeper than Python follows are a RecursionError of its parser, long numbers a plain ValueError."""
    path = tmp_path / "f.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read(path)
    assert (caught.value.code, caught.value.exit_code) == (code, 3)
