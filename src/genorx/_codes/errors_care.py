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
    # cards and hooks
    "cards-faulty": "A message of cards breaks a rule of CDS Hooks and may not be sent.",
    "hook-message": "A message is no call of a CDS Hooks service, or no feedback on cards.",
    "hook-unknown": "There are no cards for a hook.",
    # plans and schedules
    "calendar": "A calendar, or a file of closed days, cannot be used.",
    "no-open-day": "A calendar has no open weekday.",
    "no-such-regimen": "A regimen that was named is not there, or none means the option.",
    "no-time-zone": "A calendar has no time zone where instants are needed.",
    "other-patient": "A former schedule is that of another patient.",
    "plan-schema": "A file is no plan.",
    "regimen": "A regimen breaks a rule of packs.",
    "regimen-needed": "Several regimens mean an option, and none is named; or there is none to plan by.",
    "schedule-schema": "A file or object is no schedule.",
    "time-zone": "A time zone is none of the IANA names.",
    # rankings and pharmacogenes that are read
    "patient-needed": "There are several patients, and none is named.",
    "pgx-schema": "A file or object is no report of pharmacogenes.",
    "ranking-schema": "A file or object is no ranking.",
}
