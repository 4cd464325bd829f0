"""Finding codes of claims against records, with their meanings."""

from __future__ import annotations

CODES: dict[str, str] = {
    "charge-missing": "A live line has no charge, or names no patient: the cost of a patient is not known.",
    "claim-date-missing": "Lines have no date of service; they are kept, and rules that need a day skip them.",
    "claim-total": "The charges of a claim's lines do not add up to its total.",
    "claim-without-lines": "A claim has no lines.",
    "code-without-facts": "No table of facts names the codes of lines, so that rules on codes skip them.",
    "code-suspect": "A code has a letter O, I or l where its system has digits.",
    "column-left-out": "A file of claims has columns that are not read.",
    "date-in-future": "Lines have a service date after the day of the audit.",
    "facts-not-valid": "Facts about a code are valid on other days only; its lines are not assessed.",
    "label-evidence": "Which drugs are checked against label rows of the named evidence.",
    "original-unknown": "A replacement or void names a claim that is not in the input.",
    "patient-unknown": "Lines belong to patients without a record; rules that need one skip them.",
    "resource-not-claim": "Resources of a FHIR file are not claims, and were not read.",
    "rows-left-out": "Rows of a public file give no facts for the table made from it.",
    "segment-count": "The segment count or control number of an X12 transaction set differs from its trailer.",
    "units-fractional": "Lines of a drug have units that are not whole numbers; they are not compared with doses.",
}
