"""Error codes of visits, requests, questions and cards, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    # rankings and pharmacogenes that are read
    "patient-needed": "There are several patients, and none is named.",
    "pgx-schema": "A file or object is no report of pharmacogenes.",
    "ranking-schema": "A file or object is no ranking.",
}
