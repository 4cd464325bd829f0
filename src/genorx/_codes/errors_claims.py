"""Error codes of claims against records, with their meanings."""

from __future__ import annotations

CODES: dict[str, str] = {
    "claim-chain": "A void voids a void.",
    "claim-charge": "A charge of a claim is below 0, or not a number.",
    "claim-circle": "Claims replace or void each other in a circle.",
    "claim-date": "A date of a claim is invalid.",
    "claim-line-twice": "A line of a claim occurs twice.",
    "claim-units": "Units of a claim are below 0, or not a number.",
    "claims-format": "A file is not a claims file of a known format, or its parts cannot be separated.",
    "claims-truncated": "A file of claims is truncated: an end announced at its beginning is absent.",
    "code-unknown": "There are no facts of a code, or none of that day.",
    "dose-invalid": "A dose is not a number above 0.",
    "dose-unit": "The unit of a dose is not a unit of mass.",
    "facts-overlap": "Two rows of facts on the same thing hold on the same day.",
    "line-unknown": "The claims that were checked have no such line.",
    "not-fitted": "A result is used before it was computed: call fit, or check, first.",
    "rule-answer": "A user-defined rule did not return a table of the lines that it was given.",
    "rule-twice": "A rule has the code of another rule.",
    "rule-unknown": "There is no such rule, or the object given is not a rule.",
    "table-missing": "A required table is not in its folder.",
    "vials-too-fine": "Sizes of vials have so small a common divisor that their totals cannot be listed.",
}
