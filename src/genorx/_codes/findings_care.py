"""Finding codes of visits, requests, questions and cards, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    # prior authorisation
    "answer-without-item": "a payer's answer decides on an item that the request does not have",
    "claim-not-first": "the first entry of a prior authorisation file is not its Claim or ClaimResponse",
    "focal-faulty": "not exactly one insurance of a Claim is focal",
    "item-without-answer": "a payer's answer does not mention an item of the request",
    "reference-nowhere": "a reference in a prior authorisation file does not resolve",
    "relative-url": "the fullUrl of an entry is no absolute address",
    "request-not-advised": "prior authorisation is requested for an option that the ranking advises against",
    "review-code-unknown": "a review code in a payer's answer is not one of the eight known ones; it is kept",
    "review-without-item": "a payer's answer has a review as a whole and none of an item",
    "sequence-faulty": "a sequence of a prior authorisation file is not positive, occurs twice or refers to nothing",
    "text-long": "a text of a prior authorisation file has more than 100 kB",
    # questionnaires, answers and open questions
    "answer-converted": "an answer was given in another unit than its item's, and converted",
    "answer-formula": "a free text begins like a formula; a spreadsheet may run it",
    "no-questions": "no question is asked for a patient: no option has an estimate while an input has an unknown level",
    # plans and schedules
    "local-time-missing": "A local time does not exist, as clocks go forward; it is read with the earlier offset.",
    "local-time-twice": "A local time occurs twice, as clocks go back; the first is used.",
    "no-lab-slot": "None of the three days before a treatment is open for its laboratory visit.",
    "no-slot": "A visit has no open day within its window, and is not in the schedule.",
    "plan-no-estimate": "A plan is for an option without an estimate for the patient.",
    "plan-not-advised": "A plan is for an option that the ranking advises against.",
    "regimen-other-option": "A plan has a regimen that belongs to another option, by its options and its drugs.",
    "regimen-replaced": "A regimen of a file replaces one that comes with genorx.",
    "start-in-past": "A schedule starts before today.",
    # cards and hooks
    "card-fault": "A message of cards breaks a rule of CDS Hooks and may not be sent.",
    "hook-incomplete": "A request to a CDS Hooks service lacks a required part.",
    "hook-no-orders": "Cards for draft orders were requested, but the request to the service has no orders.",
    "hook-other": "A request is for another hook than the one for which cards are made.",
    "hook-patient": (
        "A request has another patient id than the ranking; the caller states that both are the same person."
    ),
    "order-no-guidance": "No guidance was found for a drug of a draft order, which does not mean safe.",
}
