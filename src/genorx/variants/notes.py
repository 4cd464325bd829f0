"""Findings collected while records are streamed: one finding per code, with its count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genorx.errors import Finding, Severity


@dataclass(slots=True)
class _Note:
    severity: Severity
    message: str
    place: str | None
    times: int = 1


class Notes:
    """Collector of findings; memory does not grow with the number of records."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str | None], _Note] = {}

    def add(
        self,
        code: str,
        severity: Severity,
        message: str,
        *,
        place: str | None = None,
        patient_id: str | None = None,
        times: int = 1,
    ) -> None:
        """Record an issue; the first message and place of a code are kept for all that follow."""
        if times < 1:
            return
        note = self._notes.get((code, patient_id))
        if note is None:
            self._notes[(code, patient_id)] = _Note(severity, message, place, times)
        else:
            note.times += times

    def times(self) -> dict[tuple[str, str | None], int]:
        """Return the count of each code."""
        return {key: note.times for key, note in self._notes.items()}

    def since(self, before: Mapping[tuple[str, str | None], int]) -> list[dict[str, Any]]:
        """Return the issues recorded since ``before``, a result of ``times``, as arguments of ``add``."""
        return [
            {
                "code": code, "severity": note.severity, "message": note.message, "place": note.place,
                "patient_id": patient, "times": more,
            }
            for (code, patient), note in self._notes.items()
            if (more := note.times - before.get((code, patient), 0))
        ]  # fmt: skip

    def findings(self, file: str) -> tuple[Finding, ...]:
        """Return one finding per code, with its count and first place."""
        return tuple(
            Finding(
                code=code,
                severity=note.severity,
                patient_id=patient,
                place=file if note.place is None else f"{file}:{note.place}",
                message=note.message if note.times == 1 else f"{note.message} (first of {note.times})",
            )
            for (code, patient), note in self._notes.items()
        )
