"""Error codes of visits, requests, questions and cards, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    # prior authorisation
    "created": "The moment of a request has no time zone, or is none.",
    "entered-in-error": "A Claim or ClaimResponse says of itself that it was entered in error.",
    "no-author": "A request names no person as its author.",
    "no-claim": "A file holds no Claim, or no ClaimResponse where an answer is read.",
    "no-coverage": "A request names no insurance.",
    "no-insurer": "A request names no payer.",
    "no-order": "A request asks for nothing.",
    "no-provider": "A request names no organisation that asks.",
    "not-a-request": "A request is neither a file nor a mapping.",
    "not-preauthorization": "A Claim or ClaimResponse is of another use than preauthorisation.",
    "other-request": "A payer's answer is to another request than the one beside it.",
    "pas-version": "A release of Da Vinci PAS is not one that is written.",
    "report-file": "A report to attach cannot be read.",
    "report-large": "A report to attach has more than 10 MB.",
    "report-type": "The name of a report to attach does not say what it is.",
    "request-file": "A request file cannot be read.",
    "request-incomplete": "A request lacks mandatory elements, and only a complete one was asked for.",
    # rankings and pharmacogenes that are read
    "patient-needed": "There are several patients, and none is named.",
    "pgx-schema": "A file or object is no report of pharmacogenes.",
    "ranking-schema": "A file or object is no ranking.",
}
