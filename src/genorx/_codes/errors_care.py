"""Error codes of visits, requests, questions and cards, with their meanings."""

from __future__ import annotations

CODES: dict[str, str] = {
    # prior authorisation
    "created": "The date and time of a request is invalid, or has no time zone.",
    "entered-in-error": "A Claim or ClaimResponse is marked as entered in error.",
    "no-author": "A request names no person as its author.",
    "no-claim": "A file has no Claim, or no ClaimResponse if an answer is read.",
    "no-coverage": "A request names no insurance.",
    "no-insurer": "A request names no payer.",
    "no-order": "A request has no items.",
    "no-provider": "A request names no requesting organisation.",
    "not-a-request": "A request is neither a file nor a mapping.",
    "not-preauthorization": "A Claim or ClaimResponse is not a preauthorisation.",
    "other-request": "A payer's answer belongs to another request than the one given.",
    "pas-version": "genorx does not write this release of Da Vinci PAS.",
    "report-file": "A report to attach cannot be read.",
    "report-large": "A report to attach has more than 10 MB.",
    "report-type": "The type of a report to attach cannot be determined from its name.",
    "request-file": "A request file cannot be read.",
    "request-incomplete": "A request lacks mandatory elements, and only a complete one was requested.",
    # questionnaires, answers and open questions
    "answer-level": "An answer is not one of the levels of its item.",
    "answer-twice": "An item of a questionnaire is answered twice.",
    "answer-type": "The type of an answer differs from that of its item.",
    "answer-unit": "An answer has a unit that cannot be converted to that of its item, or none.",
    "answer-unknown": "An answer is to an item that the questionnaire does not have.",
    "no-subject": "A response names no patient.",
    "other-cohort": "A cohort lacks inputs of the model with which it is used.",
    "other-questionnaire": "A response belongs to another questionnaire than that of the study and its tables.",
    "response-status": "A response is marked as entered in error.",
    # cards and hooks
    "cards-faulty": "A message of cards violates a rule of CDS Hooks and may not be sent.",
    "hook-message": "A message is not a request to a CDS Hooks service, or not feedback on cards.",
    "hook-unknown": "There are no cards for a hook.",
    # plans and schedules
    "calendar": "A calendar, or a file of closed days, cannot be used.",
    "no-open-day": "A calendar has no open weekday.",
    "no-such-regimen": "There is no regimen of that name, or none for the option.",
    "no-time-zone": "A calendar has no time zone, but dates with times are needed.",
    "other-patient": "A previous schedule is of another patient.",
    "plan-schema": "A file is not a plan.",
    "regimen": "A regimen violates a rule of packs.",
    "regimen-needed": "Several regimens belong to an option and none is named, or no regimen is given.",
    "schedule-schema": "A file or object is not a schedule.",
    "time-zone": "A time zone is not an IANA name.",
    # rankings and pharmacogenes that are read
    "patient-needed": "There are several patients, and none is named.",
    "pgx-schema": "A file or object is not a report of pharmacogenes.",
    "ranking-schema": "A file or object is not a ranking.",
}
