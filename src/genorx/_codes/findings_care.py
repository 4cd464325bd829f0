"""Finding codes of visits, requests, questions and cards, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    # questionnaires, answers and open questions
    "answer-converted": "an answer was given in another unit than its item's, and converted",
    "answer-formula": "a free text begins as a formula does; a spreadsheet may run it",
    "no-questions": "no question is put to a patient: no option has an estimate while an input has an unknown level",
}
