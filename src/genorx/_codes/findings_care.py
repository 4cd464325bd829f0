"""Finding codes of visits, requests, questions and cards, with their meanings."""

from __future__ import annotations

CODES: dict[str, str] = {
    # prior authorisation
    "answer-without-item": "A payer's answer decides on an item that is not in the request.",
    "claim-not-first": "The first entry of a prior authorisation file is not its Claim or ClaimResponse.",
    "focal-faulty": "Not exactly one insurance of a Claim is focal.",
    "item-without-answer": "A payer's answer does not mention an item of the request.",
    "reference-nowhere": "A reference in a prior authorisation file does not resolve.",
    "relative-url": "The fullUrl of an entry is not an absolute URL.",
    "request-not-advised": "Prior authorisation is requested for an option that the ranking advises against.",
    "review-code-unknown": "A review code in a payer's answer is not one of the eight known ones; it is kept.",
    "review-without-item": "A payer's answer has a review of the whole request, but none of an item.",
    "sequence-faulty": "A sequence of a prior authorisation file is not positive, occurs twice or refers to nothing.",
    "text-long": "A text of a prior authorisation file has more than 100 kB.",
    # questionnaires, answers and open questions
    "answer-converted": "An answer was given in another unit than its item's, and converted.",
    "answer-formula": "A free text begins like a formula; a spreadsheet may run it.",
    "no-questions": "No question is asked for a patient: no option has an estimate with an unknown level.",
    # plans and schedules
    "local-time-missing": "A local time does not exist, as clocks go forward; it is read with the earlier offset.",
    "local-time-twice": "A local time occurs twice, as clocks go back; the first is used.",
    "no-lab-slot": "None of the three days before a treatment is open for its laboratory visit.",
    "no-slot": "A visit has no open day within its window, and is not in the schedule.",
    "plan-no-estimate": "A plan is for an option without an estimate for the patient.",
    "plan-not-advised": "A plan is for an option that the ranking advises against.",
    "regimen-other-option": "A plan has a regimen that belongs to another option, by its options and its drugs.",
    "regimen-replaced": "A regimen of a file replaces one shipped with genorx.",
    "start-in-past": "A schedule starts before today.",
    # cards and hooks
    "card-fault": "A message of cards violates a rule of CDS Hooks and may not be sent.",
    "hook-incomplete": "A request to a CDS Hooks service lacks a required part.",
    "hook-no-orders": "Cards for draft orders were requested, but the request to the service has no orders.",
    "hook-other": "A request is for another hook than the one for which cards are made.",
    "hook-patient": (
        "A request has another patient id than the ranking; the caller states that both are the same person."
    ),
    "order-no-guidance": "No guidance was found for a drug of a draft order, which does not mean safe.",
}
