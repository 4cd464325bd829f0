"""Finding codes of claims against records, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    "charge-missing": "A live line has no charge, or names no patient: the cost of a patient is not known.",
    "claim-date-missing": "Lines have no date of service; they are kept, and rules that need a day leave them.",
    "claim-total": "The charges of a claim's lines do not add up to its total.",
    "claim-without-lines": "A claim has no lines.",
    "code-suspect": "A code has a letter O, I or l where its system has digits.",
    "column-left-out": "A file of claims has columns that are not read.",
    "date-in-future": "Lines have a service date after the day of the audit.",
    "facts-not-valid": "Facts of a code are of other days only; its lines are not assessed.",
    "label-evidence": "Which drugs of the facts are held against label rows of the evidence that was named.",
    "original-unknown": "A replacement or void names a claim that is not in the input.",
    "patient-unknown": "Lines are of patients without a record; rules that need one leave them.",
    "resource-not-claim": "Resources of a FHIR file are no claims, and were not read.",
    "rows-left-out": "Rows of a public file are no facts of the table that is made of it.",
    "segment-count": "An X12 transaction set has not the number of segments, or control number, that its end says.",
    "units-fractional": "Lines of a drug have units that are no whole number; they are not held against doses.",
}
