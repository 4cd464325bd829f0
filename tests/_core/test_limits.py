"""Limits on files: names, defaults, how they are set, and what an error says.

Bombs are made here: runs of one byte, which deflate packs by up to 1,032 to 1 (RFC 1951, longest match 258).
"""

import gzip
import io
import zlib
from dataclasses import fields

import pytest

import genorx as gx
from genorx._core import limits
from genorx.errors import LimitError, UsageError

MIB = 1 << 20


def test_limits_hold_within_the_block_only_and_others_stay():
    before = limits.current()
    with gx.limits(rows=7) as held:
        assert held.rows == limits.current().rows == 7
        with gx.limits(cells=9):
            assert (limits.current().rows, limits.current().cells) == (7, 9)
        assert limits.current().cells == before.cells
    assert limits.current() == before == gx.Limits()


def test_limits_are_put_back_after_an_error():
    with pytest.raises(ValueError, match="any"), gx.limits(rows=7):
        raise ValueError("any")
    assert limits.current() == gx.Limits()


def test_an_unknown_limit_names_those_there_are():
    with pytest.raises(UsageError, match=r"no limit 'row'\. the limits are: header_lines, "), gx.limits(row=1):
        pass


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "9"])
def test_a_limit_is_a_whole_number_of_at_least_one(value):
    with pytest.raises(UsageError, match="the limit rows must be an integer"), gx.limits(rows=value):
        pass


@pytest.mark.parametrize("name", [each.name for each in fields(gx.Limits)])
def test_the_error_names_file_limit_and_both_ways_to_raise_it(name):
    most = getattr(gx.Limits(), name)
    limits.check(name, most, file="f")
    with pytest.raises(LimitError) as caught:
        limits.check(name, most + 1, file="f.gz", place=12)
    error = caught.value
    assert (error.code, error.file, error.place, error.exit_code) == ("limit-exceeded", "f.gz", "12", 3)
    assert f"more than {most:,} {limits.what_is_limited(name)}" in error.reason
    assert f"--max-{name.replace('_', '-')}" in error.hint
    assert f"genorx.limits({name}=...)" in error.hint


def test_text_is_unpacked_from_gzip_of_several_members_and_from_plain_files():
    parts = [b"a,b\n", b"1,2\n" * 100_000]
    packed = b"".join(gzip.compress(part) for part in parts)
    assert limits.read_unpacked(io.BytesIO(packed), file="f") == b"".join(parts)
    assert limits.read_unpacked(io.BytesIO(parts[1]), file="f") == parts[1]
    assert limits.read_unpacked(io.BytesIO(b""), file="f") == b""


def test_a_small_file_that_grows_is_stopped_at_the_floor():
    """600 MiB of one byte are 0.6 MB packed, a thousand to one; reading stops some 32 MiB in."""
    squeeze = zlib.compressobj(9, wbits=31)
    bomb = b"".join(squeeze.compress(b"1" * MIB) for _ in range(600)) + squeeze.flush()
    with pytest.raises(LimitError, match="more than 200 unpacked bytes for each packed byte") as caught:
        limits.read_unpacked(io.BytesIO(bomb), file="bomb.csv.gz")
    assert "--max-unpack-ratio" in caught.value.hint


def test_the_ratio_counts_only_above_the_floor_and_can_be_raised():
    """31 MiB of one byte pass (1,000 to 1), as a wide table of zeros must; 80 MiB pass when it is said."""
    for size, most in ((31, 200), (80, 2000)):
        packed = gzip.compress(b"0" * (size * MIB))
        with gx.limits(unpack_ratio=most):
            assert len(limits.read_unpacked(io.BytesIO(packed), file="f")) == size * MIB


def test_whole_files_are_limited_packed_or_not():
    for data in (b"x" * 3 * MIB, gzip.compress(b"x" * 3 * MIB)):
        with gx.limits(unpacked_bytes=2 * MIB), pytest.raises(LimitError, match="bytes of a file that is read whole"):
            limits.read_unpacked(io.BytesIO(data), file="f")


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:40] + b"\xff" * 9 + data[49:]])
def test_cut_and_damaged_data_raise_what_the_rooms_name(damage):
    data = damage(gzip.compress(bytes(range(256)) * 100))
    with pytest.raises((EOFError, OSError, zlib.error)):
        limits.read_unpacked(io.BytesIO(data), file="f")
