"""Outputs that are whole or not at all: errors, full disks, kills, devices, links, permissions."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genorx._core import whole_files
from genorx._core.output import write_text
from genorx._core.whole_files import atomic_folder, atomic_path, atomic_paths
from genorx.errors import OutputError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def refused(target, text="x"):
    with pytest.raises(OutputError) as caught:
        write_text(text, target)
    return caught.value


def fail(number):
    def raise_it(*_arguments, **_named):
        raise OSError(number, os.strerror(number))

    return raise_it


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("step", ["write_text", "replace", "chmod", "fsync", "mkstemp"])
def test_a_full_disk_is_named_at_every_step_and_nothing_is_left(tmp_path, monkeypatch, step, number):
    """Writing, closing (delayed allocation, quota: seen by fsync), permissions, rename; the old file stays."""
    target = tmp_path / "out.json"
    target.write_text("old")
    owner = {"fsync": whole_files.os, "mkstemp": whole_files.tempfile}.get(step, Path)
    monkeypatch.setattr(owner, step, fail(number))
    error = refused(target)
    monkeypatch.undo()
    assert (error.code, error.exit_code, error.file) == ("disk-full", 3, str(target))
    assert "nothing was written" in error.hint
    assert names(tmp_path) == ["out.json"]
    assert target.read_text() == "old"


def test_a_device_without_space_is_a_full_disk():
    assert refused("/dev/full").code == "disk-full"


def test_a_refused_part_is_named_by_what_it_was_to_become(tmp_path, monkeypatch):
    """A page is written to the hidden file of its output; the user named the output."""
    target = tmp_path / "report.html"
    monkeypatch.setattr(Path, "write_text", fail(errno.ENOSPC))
    with pytest.raises(OutputError) as caught, atomic_path(target) as part:
        write_text("page", part)
    assert (caught.value.code, caught.value.file) == ("disk-full", str(target))
    assert names(tmp_path) == []


def test_a_device_takes_a_stream_and_stays_a_device():
    """As root, a rename would put a file in the place of /dev/null."""
    write_text("text", "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_pipe_takes_the_whole_text(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "got").open("wb") as got:
        reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=got)
        write_text("text\n" * 50_000, tmp_path / "pipe")
        reader.wait()
    assert (tmp_path / "got").read_text() == "text\n" * 50_000
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert names(tmp_path) == ["got", "pipe"]


def test_a_link_is_followed_and_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(Path("real") / "out")
    for text in ("new", "newer"):  # first it hangs, then it holds
        write_text(text, tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real" / "out").read_text() == text
    assert names(tmp_path / "real") == ["out"]


def test_permissions_of_a_replaced_file_stay_and_a_new_one_follows_the_mask(tmp_path):
    (tmp_path / "old").touch(mode=0o600)
    write_text("x", tmp_path / "old")
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o600
    before = os.umask(0o027)
    try:
        write_text("x", tmp_path / "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["none/out", "a\0b", "x" * 5000, "file/below", "folder"])
def test_a_place_that_cannot_be_written_is_refused_with_the_reason(tmp_path, name):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    error = refused(f"{tmp_path}/{name}")
    assert error.code == "out-not-written"
    assert len(str(error)) < 400
    assert names(tmp_path) == ["file", "folder"]


def test_several_files_take_their_places_together(tmp_path, monkeypatch):
    """A disk that is full at the third leaves none of the three, not even for a moment."""
    targets = [tmp_path / name for name in "abc"]

    def write_two():
        with atomic_paths(*targets) as parts:
            for part in parts[:2]:
                part.write_text("x")
            assert not any(target.exists() for target in targets)
            raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OutputError):
        write_two()
    assert names(tmp_path) == []
    with atomic_paths(*targets) as parts:
        for part in parts:
            part.write_text("x")
    assert names(tmp_path) == ["a", "b", "c"]


def test_a_rename_that_fails_takes_back_those_before_it(tmp_path):
    (tmp_path / "b").mkdir()
    with pytest.raises(OutputError), atomic_paths(tmp_path / "a", tmp_path / "b"):
        pass
    assert names(tmp_path) == ["b"]


def test_what_writes_whole_files_may_be_given_a_part(tmp_path):
    """A command hands the part to ``save``, which would make a part of the part and lose the lock."""
    with atomic_path(tmp_path / "out") as part:
        write_text("x", part)
        assert names(tmp_path) == [part.name]
    assert (tmp_path / "out").read_text() == "x"


def test_other_errors_pass_as_they_are(tmp_path):
    with pytest.raises(KeyError), atomic_path(tmp_path / "out"):
        raise KeyError("k")
    assert names(tmp_path) == []


_HALF = """
import sys, time
from genorx._core.whole_files import atomic_path, atomic_folder
make = atomic_folder if sys.argv[2] == "folder" else atomic_path
with make(sys.argv[1]) as part:
    (part / "one" if sys.argv[2] == "folder" else part).write_text("half of a patient")
    print("ready", flush=True)
    time.sleep(60)
"""


def _half_written(target, kind):
    """A process that has written half of an output."""
    run = subprocess.Popen([sys.executable, "-c", _HALF, str(target), kind], stdout=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "ready\n"
    return run


def _write(target, kind):
    if kind == "folder":
        with atomic_folder(target) as made:
            (made / "two").write_text("whole")
    else:
        write_text("whole", target)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_the_next_run_takes_away_what_a_killed_one_left_and_nothing_of_a_living_one(tmp_path, kind):
    target = tmp_path / "out[1].json"  # letters that mean something in a pattern
    (tmp_path / ".out[1].json.draft.part").write_text("somebody's own")
    dead, living = _half_written(target, kind), _half_written(target, kind)
    other = _half_written(tmp_path / "other", "file")
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    assert len(names(tmp_path)) == 4
    _write(target, kind)
    left = names(tmp_path)
    for run in (living, other, dead):
        run.kill()
        run.communicate()
    assert [name for name in left if not name.startswith(".o")] == ["out[1].json"]
    assert ".out[1].json.draft.part" in left
    assert len(left) == 4  # the living one's, the other target's, the draft, and the output
    _write(target, kind)
    assert len(names(tmp_path)) == 3


def test_two_runs_that_write_one_file_do_not_mix(tmp_path):
    """The last rename holds, whole."""
    target = tmp_path / "out"
    with atomic_path(target) as one, atomic_path(target) as two:
        one.write_text("1" * 1000)
        two.write_text("2" * 500)
    assert target.read_text() in ("1" * 1000, "2" * 500)
    assert names(tmp_path) == ["out"]


def test_a_folder_is_put_in_place_by_one_rename_and_keeps_what_others_put_there(tmp_path):
    home = tmp_path / "demo"
    home.mkdir()
    (home / "old").write_text("old")
    (home / "notes").mkdir()
    (home / "notes" / "mine.txt").write_text("mine")
    with atomic_folder(home) as made:
        (made / "old").write_text("new")
        assert (home / "old").read_text() == "old"
    assert (home / "old").read_text() == "new"
    assert (home / "notes" / "mine.txt").read_text() == "mine"
    assert names(tmp_path) == ["demo"]


def test_a_folder_that_fails_leaves_the_old_one(tmp_path):
    home = tmp_path / "demo"
    home.mkdir()
    (home / "old").write_text("old")

    def write_half():
        with atomic_folder(home) as made:
            (made / "old").write_text("new")
            raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OutputError):
        write_half()
    assert (home / "old").read_text() == "old"
    assert names(tmp_path) == ["demo"]


@pytest.mark.slow
def test_a_folder_is_whole_at_whatever_moment_the_run_is_killed(tmp_path):
    """Twenty kills, 0 to 40 ms into a loop that replaces a folder of 20 files: never a mixture, nothing piles up."""
    code = """
import itertools, sys
from genorx._core.whole_files import atomic_folder
print("ready", flush=True)
for turn in itertools.count():
    with atomic_folder(sys.argv[1]) as made:
        for number in range(20):
            (made / str(number)).write_text(str(turn))
"""
    home = tmp_path / "demo"
    for turn in range(20):
        with subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True) as run:
            run.stdout.readline()
            time.sleep(0.1 + turn * 0.002)
            run.kill()
        if home.exists():
            assert len(names(home)) == 20
            assert len({path.read_text() for path in home.iterdir()}) == 1
        assert len(names(tmp_path)) <= 3  # the folder, and at most the new and the old one of the killed run
    with atomic_folder(home):
        pass
    assert names(tmp_path) == ["demo"]
