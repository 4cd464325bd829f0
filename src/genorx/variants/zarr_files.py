"""Names of the files of a VCF Zarr store, in a folder or an archive: metadata of arrays, and chunks.

Source: Zarr storage specifications 2 and 3 (https://zarr-specs.readthedocs.io).
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

_CHUNK = re.compile(r"(?:c/)?([0-9]+)(?:[./][0-9]+)*")


def files_by_array(path: Path) -> dict[str, set[str]]:
    """Return the names of the files of each array.

    Raises
    ------
    OSError, zipfile.BadZipFile
        If the folder or the archive cannot be listed.
    """
    if path.is_dir():
        names = list(_below(path))
    else:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    found: dict[str, set[str]] = {}
    for array, slash, file in (name.partition("/") for name in names):
        if slash:
            found.setdefault(array, set()).add(file)
    return found


def is_chunk(file: str) -> bool:
    """Return whether a file of an array is a chunk of it.

    >>> is_chunk("0.12"), is_chunk("c/0/12"), is_chunk(".zarray")
    (True, True, False)
    """
    return _CHUNK.fullmatch(file) is not None


def by_first_axis(files: Iterable[str]) -> dict[int, list[str]]:
    """Return the chunk files of an array by their index on the first axis."""
    found: dict[int, list[str]] = {}
    for file in files:
        if match := _CHUNK.fullmatch(file):
            found.setdefault(int(match[1]), []).append(file)
    return found


def _below(folder: str | Path, before: str = "") -> Iterator[str]:
    """Yield the names of the files in a folder and its subfolders, and of the folders, with a slash."""
    with os.scandir(folder) as found:
        for each in found:
            name = f"{before}{each.name}"
            if each.is_file():
                yield name
            elif each.is_dir():
                yield f"{name}/"
                if not each.is_symlink():
                    yield from _below(each.path, f"{name}/")
