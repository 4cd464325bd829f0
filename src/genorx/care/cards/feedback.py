"""Feedback on cards: accepted, or overridden with reasons; for the advice log of ``genorx.monitor``.

Source: CDS Hooks 2.0, "Feedback" (https://cds-hooks.hl7.org/2.0/#feedback).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from genorx.errors import InputError
from genorx.interop.fhir_in.elements import Resource, ShapeError, part, parts, text
from genorx.interop.reading.dates import is_moment
from genorx.interop.reading.json_files import documents

COLUMNS = ("card", "outcome", "accepted", "reason_code", "reason_system", "comment", "time")
_OUTCOMES = ("accepted", "overridden")


def read_feedback(path: str | Path) -> pd.DataFrame:
    """Read feedback on cards.

    Parameters
    ----------
    path : path
        JSON file of a CDS Hooks feedback message.

    Returns
    -------
    DataFrame
        One row per card: ``card`` (its uuid), ``outcome`` (accepted, overridden), ``accepted`` (ids of suggestions,
        joined by ``; ``), ``reason_code``, ``reason_system``, ``comment``, ``time``; values not given are missing.

    Raises
    ------
    InputError
        ``hook-message`` for a message that is not feedback, with the place; as ``documents`` for its JSON.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import json
    >>> message = {"feedback": [{"card": "c-1", "outcome": "accepted", "outcomeTimestamp": "2026-03-02T09:00:00Z"}]}
    >>> _ = (folder / "feedback.json").write_text(json.dumps(message))
    >>> read_feedback(folder / "feedback.json")[["card", "outcome"]].values.tolist()
    [['c-1', 'accepted']]
    """
    rows = []
    for document in documents(Path(path)):
        try:
            rows += _rows(document.value)
        except ShapeError as error:
            place = document.place(error.path)
            raise InputError(error.reason, file=path, place=place, code="hook-message") from error
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="object")


def _rows(message: Any) -> list[dict[str, Any]]:
    if not isinstance(message, Mapping) or not isinstance(message.get("feedback"), list):
        raise ShapeError("feedback", "not feedback on cards: a list is needed")
    return [_row(each, f"feedback[{at}]") for at, each in enumerate(parts(message, "feedback"))]


def _row(stated: Resource, place: str) -> dict[str, Any]:
    card, outcome, time = (text(stated, name) for name in ("card", "outcome", "outcomeTimestamp"))
    if card is None:
        raise ShapeError(f"{place}.card", "feedback names its card")
    if outcome not in _OUTCOMES:
        raise ShapeError(f"{place}.outcome", f"an outcome is one of {', '.join(_OUTCOMES)}")
    if time is not None and not is_moment(time):
        raise ShapeError(f"{place}.outcomeTimestamp", "not a time with a zone")
    override = part(stated, "overrideReason")
    reason = part(override, "reason")
    taken = [found for each in parts(stated, "acceptedSuggestions") if (found := text(each, "id"))]
    return {
        "card": card,
        "outcome": outcome,
        "accepted": "; ".join(taken) or None,
        "reason_code": text(reason, "code"),
        "reason_system": text(reason, "system"),
        "comment": text(override, "userComment"),
        "time": time,
    }
