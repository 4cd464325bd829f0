"""From a ranking to visits, requests, questions and cards that a person reads, changes and sends."""

from __future__ import annotations

__all__: list[str] = []
