"""Error codes of visits, requests, questions and cards, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    # questionnaires, answers and open questions
    "answer-level": "An answer is none of the levels of its item.",
    "answer-twice": "An item of a questionnaire is answered twice.",
    "answer-type": "An answer is of another type than its item asks for.",
    "answer-unit": "An answer has a unit that cannot be converted to that of its item, or none.",
    "answer-unknown": "An answer is to an item that the questionnaire does not have.",
    "no-subject": "A response names no patient.",
    "other-cohort": "A cohort lacks inputs of the model that is asked with it.",
    "other-questionnaire": "A response is to another questionnaire than that of the study and its tables.",
    "response-status": "A response says of itself that it was entered in error.",
    # rankings and pharmacogenes that are read
    "patient-needed": "There are several patients, and none is named.",
    "pgx-schema": "A file or object is no report of pharmacogenes.",
    "ranking-schema": "A file or object is no ranking.",
}
