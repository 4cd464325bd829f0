"""Error codes of visits, requests, questions and cards, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    # prior authorisation
    "entered-in-error": "A Claim or ClaimResponse says of itself that it was entered in error.",
    "no-claim": "A file holds no Claim, or no ClaimResponse where an answer is read.",
    "not-preauthorization": "A Claim or ClaimResponse is of another use than preauthorisation.",
    "other-request": "A payer's answer is to another request than the one beside it.",
    # rankings and pharmacogenes that are read
    "patient-needed": "There are several patients, and none is named.",
    "pgx-schema": "A file or object is no report of pharmacogenes.",
    "ranking-schema": "A file or object is no ranking.",
}
