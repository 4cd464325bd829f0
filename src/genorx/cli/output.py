"""Output of a command: checked before the work, written atomically."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from genorx._core.whole_files import atomic_paths, streamed_path
from genorx.errors import UsageError, shown

Write = Callable[[Path], object]


#: Suffixes of formats that no command writes.
_NOT_WRITTEN = frozenset(
    {".doc", ".docx", ".jpeg", ".jpg", ".odt", ".ods", ".pdf", ".png", ".ppt", ".pptx", ".rtf", ".svg", ".xls", ".xlsx"}
)


def check_out(out: Path, inputs: Iterable[Path] = (), *, formatted: bool = False) -> None:
    """Refuse an ``--out`` that cannot be written or is one of the inputs, before any work is done.

    Parameters
    ----------
    out : Path
        The output.
    inputs : iterable of Path
        Files that the command reads.
    formatted : bool
        Whether ``--format`` determines the format, so that the suffix of the file is free.

    Raises
    ------
    UsageError
        ``out-folder``, ``out-is-input`` or ``out-not-writable``; ``out-format`` for the suffix of a format that no
        command writes.
    """
    if str(out) == "-":
        return
    if not formatted and out.suffix.lower() in _NOT_WRITTEN:
        hint = "end the name in .html for a page, which a browser prints to PDF, or in .json or .csv"
        raise UsageError(
            f"{out.suffix.lower()} is not a format that can be written", file=out, hint=hint, code="out-format"
        )
    found = _status(out)
    if found is not None and stat.S_ISDIR(found.st_mode):
        raise UsageError("--out is a folder", file=out, hint="name a file in it", code="out-folder")
    if found is not None and not os.access(out, os.W_OK):
        raise UsageError("--out is not writable", file=out, code="out-not-writable")
    if found is not None and not stat.S_ISREG(found.st_mode):
        return  # a device or a pipe takes a stream
    check_parent(Path(os.path.realpath(out)), out)
    check_no_input(out, inputs)


def check_parent(target: Path, out: Path) -> None:
    """Raise an error for an ``--out`` whose folder is absent or not writable.

    Raises
    ------
    UsageError
        ``out-folder`` or ``out-not-writable``.
    """
    around = _status(target.parent)
    if around is None or not stat.S_ISDIR(around.st_mode):
        raise UsageError("the folder of --out does not exist", file=out, hint="create it first", code="out-folder")
    if not os.access(target.parent, os.W_OK):
        raise UsageError("the folder of --out is not writable", file=out, code="out-not-writable")


def check_outs(outs: Iterable[Path], inputs: Iterable[Path] = ()) -> None:
    """Raise an error if an output cannot be written, is an input, or is named twice.

    Raises
    ------
    UsageError
        See ``check_out``; also ``out-twice``.
    """
    named, read = list(outs), list(inputs)
    for out in named:
        check_out(out, read)
    if len({os.path.realpath(out) for out in named}) < len(named):
        raise UsageError("two outputs have the same name", file=named[0], code="out-twice")


def check_no_input(out: Path, inputs: Iterable[Path]) -> None:
    """Raise an error for an ``--out`` that is one of the input files.

    Raises
    ------
    UsageError
        ``out-is-input``.
    """
    found = None if str(out) == "-" else _status(out)
    if found is None or not stat.S_ISREG(found.st_mode):
        return
    for path in inputs:
        read = _status(path, named=False)
        if read is not None and os.path.samestat(found, read):
            raise UsageError("--out would overwrite an input", file=out, hint="name another", code="out-is-input")


def _status(path: Path, *, named: bool = True) -> os.stat_result | None:
    """Return the system's status of a path; None if nothing is there, or it is an input that cannot be opened."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        if not named:
            return None
        reason = getattr(error, "strerror", None) or "not a valid file name"
        raise UsageError(f"--out is invalid: {reason.lower()}", file=shown(path), code="out-not-writable") from error


def deliver(out: Path, write: Write) -> None:
    """Call ``write`` with a path to fill, then put the file in place, or on standard output for ``-``.

    Raises
    ------
    OutputError
        If the system refuses it.
    """
    deliver_all({out: write})


def deliver_all(writers: Mapping[Path, Write]) -> None:
    """Write several files, which replace their targets together once all are complete; then standard output.

    Standard output (``-``) is written last, once the files are in place.

    Raises
    ------
    OutputError
        If the system refuses one.
    """
    files = {out: write for out, write in writers.items() if str(out) != "-"}
    if files:
        with atomic_paths(*files) as parts:
            for part, write in zip(parts, files.values(), strict=True):
                write(part)
    for out, write in writers.items():
        if out not in files:
            with streamed_path() as path:
                write(path)
