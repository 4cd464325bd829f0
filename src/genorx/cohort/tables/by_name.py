"""Tables by the names used in a study: files of its folder, or data frames passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genorx.cohort.tables.frames import frame_digest, raw_of_frame
from genorx.cohort.tables.raw import RawTable, read_raw
from genorx.errors import StudyError, shown


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Tables in files; relative paths start at ``folder``."""

    folder: Path

    def path(self, name: str) -> Path:
        """Return the path of a table; for a frame, its name."""
        return self.folder / name

    def read(self, name: str) -> RawTable:
        """Return the cells of a table.

        Raises
        ------
        TableError
            As ``raw.read_raw``.
        """
        return read_raw(self.path(name))

    def unused(self, names: Iterable[str]) -> tuple[str, ...]:  # noqa: ARG002 (frames need it)
        """Return the given tables that none of the names refers to; files of a folder are never reported."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Frames(Tables):
    """Data frames by name; the name ``clinical.csv`` also finds the frame ``clinical``.

    Each is converted to text when it is first read, and then treated as a file.
    """

    frames: Mapping[str, Any]
    patient_id: str
    _taken: dict[str, RawTable] = field(default_factory=dict, init=False, repr=False)

    def read(self, name: str) -> RawTable:
        """Return the cells of a table.

        Raises
        ------
        StudyError
            If no frame has the name (``file-not-found``).
        TableError
            As ``frames.raw_of_frame``.
        """
        if name not in self._taken:
            frame = self.frames[self._key(name)]
            self._taken[name] = raw_of_frame(frame, self.path(name), patient_id=self.patient_id)
        return self._taken[name]

    def digest(self, name: str) -> str:
        """Return the digest of a table's content."""
        return frame_digest(self.read(name))

    def unused(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return frames that none of the names refers to."""
        referenced = {key for name in names for key in self._keys(name)[:1]}
        return tuple(key for key in self.frames if key not in referenced)

    def _key(self, name: str) -> str:
        keys = self._keys(name)
        if len(keys) == 1:
            return keys[0]
        given = ", ".join(f'"{shown(key)}"' for key in self.frames) or "none"
        reason = "several frames could be meant" if keys else "no frame of this name was given"
        raise StudyError(reason, file=name, hint=f"frames by name: {given}", code="file-not-found")

    def _keys(self, name: str) -> list[str]:
        """Return the keys of frames of that name, otherwise of its name without folder and suffix."""
        if name in self.frames:
            return [name]
        return [key for key in self.frames if _stem(key) == _stem(name)]


def _stem(name: str) -> str:
    return Path(name).name.partition(".")[0]
