"""Claim lines against the records of the same patients: which discrepancies there are, and what could explain them."""

from __future__ import annotations

__all__: list[str] = []
