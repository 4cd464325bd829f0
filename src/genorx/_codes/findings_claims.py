"""Finding codes of claims against records, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {}
