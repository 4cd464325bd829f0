"""Stable identifiers of plans, visits and cards: version 5 UUIDs of their content."""

from __future__ import annotations

import json
import uuid

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:genorx:care")


def identity(*parts: object) -> str:
    """Return the UUID of identifying values (RFC 9562, version 5).

    >>> identity("plan", "P1") == identity("plan", "P1") != identity("plan", "P2")
    True
    """
    return str(uuid.uuid5(_NAMESPACE, json.dumps(parts, ensure_ascii=False, default=str)))
