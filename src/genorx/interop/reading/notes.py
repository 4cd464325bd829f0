"""Findings of a reader: each reports an issue once, with its number and first place."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genorx.errors import Finding, Severity


@dataclass(slots=True)
class _Count:
    severity: Severity
    place: str | None
    resources: array[int] = field(default_factory=lambda: array("q"))


class Notes:
    """Issues found by a reader, by code and text; numbers are counted when reading ends."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], _Count] = {}

    def add(self, code: str, severity: Severity, text: str, *, place: str | None = None, resource: int = 0) -> None:
        """Record an issue.

        Parameters
        ----------
        text : str
            Message with ``{n}`` as placeholder of the number, without patients.
        resource : int
            Number of the resource concerned, so that a duplicate is counted once; 0 by default.
        """
        found = self._counts.get((code, text))
        if found is None:
            found = self._counts[code, text] = _Count(severity, place)
        found.resources.append(resource)

    def findings(self, drop: NDArray[np.int64] | None = None) -> list[Finding]:
        """Return one finding per code and text; issues of dropped resources do not count."""
        made = []
        for (code, text), each in self._counts.items():
            of = np.frombuffer(each.resources, dtype=np.int64)
            number = of.size if drop is None or not drop.size else int((~np.isin(of, drop)).sum())
            if number:
                message = text.replace("{n}", f"{number:,}")
                made.append(Finding(code=code, severity=each.severity, message=message, place=each.place))
        return made
