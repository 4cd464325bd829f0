"""Error codes of claims against records, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    "claim-chain": "A void voids a void.",
    "claim-charge": "A charge of a claim is below 0, or no number.",
    "claim-circle": "Claims replace or void each other in a circle.",
    "claim-date": "A date of a claim is none.",
    "claim-line-twice": "A line of a claim is there twice.",
    "claim-units": "Units of a claim are below 0, or no number.",
    "claims-format": "A file is no file of claims that is read, or its parts cannot be distinguished.",
    "claims-truncated": "A file of claims is cut: an end that its beginning announces is not there.",
    "code-unknown": "There are no facts of a code, or none of that day.",
    "dose-invalid": "A dose is no number above 0.",
    "dose-unit": "A dose has a unit that is no unit of mass.",
    "facts-overlap": "Two rows of facts on the same thing hold on the same day.",
    "line-unknown": "The claims that were checked have no such line.",
    "not-fitted": "Something is used before it was made: call fit, or check, first.",
    "rule-answer": "A rule of the user's own answered with what is no table of lines that it was given.",
    "rule-twice": "A rule has the code of another one.",
    "rule-unknown": "There is no such rule, or what was given as a rule is none.",
    "table-missing": "A table that is needed is not in its folder.",
    "vials-too-fine": "Sizes of vials have so small a common divisor that their totals cannot be listed.",
}
