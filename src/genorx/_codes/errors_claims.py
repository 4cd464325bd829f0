"""Error codes of claims against records, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    "vials-too-fine": "Sizes of vials have so small a common divisor that their totals cannot be listed.",
}
