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
    "no-order": "A request has no items.",
    "no-provider": "A request names no organisation that asks.",
    "not-a-request": "A request is neither a file nor a mapping.",
    "not-preauthorization": "A Claim or ClaimResponse is of another use than preauthorisation.",
    "other-request": "A payer's answer is to another request than the one beside it.",
    "pas-version": "A release of Da Vinci PAS is not one that is written.",
    "report-file": "A report to attach cannot be read.",
    "report-large": "A report to attach has more than 10 MB.",
    "report-type": "The name of a report to attach does not say what it is.",
    "request-file": "A request file cannot be read.",
    "request-incomplete": "A request lacks mandatory elements, and only a complete one was requested.",
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
