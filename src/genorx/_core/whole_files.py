"""Atomic writing of files and folders: complete or absent, also after an error, a full disk or a kill.

The content is written to a hidden file beside the target, ``.NAME.xxxxxxxx.part``, which is renamed at the end.  Each
run locks its own; the system releases the lock however the run ends, so that the next run that writes the same target
recognises abandoned files and removes them.  A target that is not a regular file (``/dev/null``, a pipe) is written
as a stream, once the content is complete.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from genorx._core.progress import finish
from genorx.errors import OutputError, shown

_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota of the disk is used up", errno.EFBIG: "too large"}
_STREAM = "genorx-stream"
_ATTEMPTS = 20
_writing: dict[Path, Path] = {}  # hidden files of this process, which are written to directly, and what they become


@contextmanager
def output_errors(out: str | Path) -> Iterator[None]:
    """Turn errors of the operating system while writing into an ``OutputError`` with the reason.

    Raises
    ------
    OutputError
        ``disk-full``, or ``out-not-written`` with the system's reason.
    """
    try:
        yield
    except OutputError:
        raise
    except ValueError as error:
        if "embedded null" in str(error):  # a zero byte, or since Python 3.13 a zero character
            raise OutputError("this is not a valid file name", file=shown(out), code="out-not-written") from error
        raise
    except BrokenPipeError:  # the reader of the pipe has closed it
        raise
    except OSError as error:
        if error.errno is None:  # not from the system, but from another library
            raise
        full = _FULL.get(error.errno)
        reason = full or f"it cannot be written: {(error.strerror or 'no reason given').lower()}"
        hint = "nothing was written; free space, or name another location" if full else None
        named = _writing.get(Path(out), out)
        name = shown(named) if len(str(named)) > 1000 else named
        raise OutputError(reason, file=name, hint=hint, code="disk-full" if full else "out-not-written") from error


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path to write to; it replaces ``path`` on success and is removed on failure.

    A link is followed; the new file gets the permissions of the file that it replaces.

    Raises
    ------
    OutputError
        If the system refuses it.
    """
    with atomic_paths(path) as (part,):
        yield part


@contextmanager
def atomic_paths(*paths: str | Path) -> Iterator[tuple[Path, ...]]:
    """Yield temporary paths for several outputs; all replace their targets together, or none does.

    Raises
    ------
    OutputError
        If the system refuses one.
    """
    with ExitStack() as stack:
        parts = []
        for path in paths:
            with output_errors(path):
                part = _Part.of(Path(path))
            stack.callback(part.remove)
            parts.append(part)
        with output_errors(paths[0]):
            yield tuple(part.path for part in parts)
        for part in parts:
            with output_errors(part.requested):
                part.settle()
        _place(parts)


def _place(parts: list[_Part]) -> None:
    with ExitStack() as placed:
        for part in parts:
            with output_errors(part.requested):
                part.place()
            placed.callback(part.take_back)
        placed.pop_all()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """An output being written: its content is at ``path``, which is locked for as long as ``lock`` is open."""

    requested: Path
    target: Path | None  # none for a target that is not a regular file
    path: Path
    lock: int | None

    @classmethod
    def of(cls, requested: Path) -> _Part:
        if requested in _writing:
            return cls(requested=requested, target=requested, path=requested, lock=None)
        if _is_stream(requested):
            folder, name, target = Path(tempfile.gettempdir()), _STREAM, None
        else:
            target = Path(os.path.realpath(requested))
            folder, name = target.parent, target.name
        path, lock = _hidden(folder, name)
        _writing[path] = requested
        return cls(requested=requested, target=target, path=path, lock=lock)

    def settle(self) -> None:
        """Flush the content to disk, so that a disk error is raised here, and not after the rename."""
        if self.lock is None:
            return
        with self.path.open("rb") as handle:
            os.fsync(handle.fileno())
        if self.target is not None:
            with suppress(FileNotFoundError):
                self.path.chmod(stat.S_IMODE(self.target.stat().st_mode))
                return
            self.path.chmod(0o666 & ~_umask())

    def place(self) -> None:
        if self.target is None:
            with self.path.open("rb") as source, self.requested.open("wb") as stream:
                shutil.copyfileobj(source, stream)
        elif self.lock is not None:
            self.path.replace(self.target)

    def take_back(self) -> None:
        if self.target is not None and self.lock is not None:
            self.target.unlink(missing_ok=True)

    def remove(self) -> None:
        if self.lock is None:
            return
        _writing.pop(self.path, None)
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        os.close(self.lock)


def _is_stream(path: Path) -> bool:
    """Return whether a path is a device, a pipe or a socket."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _hidden(folder: Path, name: str, *, is_folder: bool = False) -> tuple[Path, int]:
    """Create a hidden file or folder with a lock that marks it as in use; return both."""
    _remove_dead(folder, name)
    prefix = f".{name[:40]}."
    for _ in range(_ATTEMPTS):
        if is_folder:
            path = tempfile.mkdtemp(prefix=prefix, suffix=".part", dir=folder)
            lock = os.open(path, os.O_RDONLY)
        else:
            lock, path = tempfile.mkstemp(prefix=prefix, suffix=".part", dir=folder)
        with suppress(OSError):  # a file system without locks: no run gets one, and no file counts as abandoned
            fcntl.flock(lock, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):  # another run may have removed it between its creation and its lock
            if os.stat(path).st_ino == os.fstat(lock).st_ino:
                return Path(path), lock
        os.close(lock)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(folder))


def _remove_dead(folder: Path, name: str) -> None:
    """Remove the temporary files that killed runs of the same user left beside an output of this name."""
    pattern = re.compile(re.escape(f".{name[:40]}.") + r"[a-z0-9_]{8}\.part")
    with os.scandir(folder) as entries:
        found = [entry.path for entry in entries if pattern.fullmatch(entry.name)]
    for path in found:
        with suppress(OSError):  # in use, or just removed
            lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(lock).st_uid == os.geteuid():
                    shutil.rmtree(path) if stat.S_ISDIR(os.fstat(lock).st_mode) else os.unlink(path)
            finally:
                os.close(lock)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it replaces ``path`` by one rename on success.

    Files of the replaced folder that are not in the new one are kept.

    Raises
    ------
    OutputError
        If the system refuses it.
    """
    target = Path(os.path.realpath(path))
    with output_errors(path):
        made, lock = _hidden(target.parent, target.name, is_folder=True)
        try:
            yield made
            made.chmod(0o777 & ~_umask())
            _keep_others(target, made)
            _exchange(made, target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
            os.close(lock)


def settle(folder: Path) -> None:
    """Flush the files of a folder to disk, so that errors are raised here and not after the rename."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        with path.open("rb") as handle:
            os.fsync(handle.fileno())


def _keep_others(old: Path, new: Path) -> None:
    """Copy files that exist only in the old folder into the new one."""
    for entry in sorted(old.iterdir()) if old.is_dir() else ():
        copy = new / entry.name
        if not os.path.lexists(copy):
            if entry.is_dir() and not entry.is_symlink():
                shutil.copytree(entry, copy, symlinks=True)
            else:
                shutil.copy2(entry, copy, follow_symlinks=False)


def _exchange(new: Path, target: Path) -> None:
    """Replace one folder by another; a kill between the two renames leaves the target absent, never mixed."""
    for _ in range(_ATTEMPTS):  # another run may put its own there first
        try:
            new.replace(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            return
        aside, lock = _hidden(target.parent, target.name, is_folder=True)
        try:
            with suppress(FileNotFoundError):
                target.replace(aside)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            os.close(lock)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(target))


@contextmanager
def streamed_path() -> Iterator[Path]:
    """Yield a temporary path to write to; its content goes to standard output on success.

    Raises
    ------
    OutputError
        If the system refuses it.
    """
    with output_errors("standard output"):
        path, lock = _hidden(Path(tempfile.gettempdir()), _STREAM)
        _writing[path] = Path("standard output")
        try:
            yield path
            finish()
            with path.open("rb") as source:
                shutil.copyfileobj(source, sys.stdout.buffer)
            sys.stdout.flush()
        finally:
            _writing.pop(path, None)
            path.unlink(missing_ok=True)
            os.close(lock)
