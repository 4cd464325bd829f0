"""Finding codes of visits, requests, questions and cards, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    # prior authorisation
    "answer-without-item": "a payer's answer decides on an item that the request does not have",
    "claim-not-first": "the first entry of a prior authorisation file is not its Claim or ClaimResponse",
    "focal-faulty": "not exactly one insurance of a Claim is focal",
    "item-without-answer": "a payer's answer does not mention an item of the request",
    "reference-nowhere": "a reference of a prior authorisation file leads to nothing in it",
    "relative-url": "the fullUrl of an entry is no absolute address",
    "request-not-advised": "the ranking does not advise the option for which a prior authorisation is asked",
    "review-code-unknown": "a review code of a payer's answer is none of the eight that are known; it is kept",
    "review-without-item": "a payer's answer has a review as a whole and none of an item",
    "sequence-faulty": "a sequence of a prior authorisation file is not positive, occurs twice or refers to nothing",
    "text-long": "a text of a prior authorisation file has more than 100 kB",
    # questionnaires, answers and open questions
    "answer-converted": "an answer was given in another unit than its item's, and converted",
    "answer-formula": "a free text begins as a formula does; a spreadsheet may run it",
    "no-questions": "no question is put to a patient: no option has an estimate while an input has an unknown level",
    # plans and schedules
    "local-time-missing": "A local time does not exist, as clocks go forward; it is read with the offset before.",
    "local-time-twice": "A local time comes twice, as clocks go back; the first is meant.",
    "no-lab-slot": "None of the three days before a treatment is open for its laboratory visit.",
    "no-slot": "A visit has no open day within its window, and is not in the schedule.",
    "plan-no-estimate": "A plan is for an option of which there is no estimate for the patient.",
    "plan-not-advised": "A plan is for an option that the ranking does not advise.",
    "regimen-replaced": "A regimen of a file replaces one that comes with genorx.",
    "start-in-past": "A schedule starts before today.",
    # cards and hooks
    "card-fault": "A message of cards breaks a rule of CDS Hooks and may not be sent.",
    "hook-incomplete": "A call of a CDS Hooks service lacks a part that it needs.",
    "hook-no-orders": "Cards of draft orders were requested without a call that has orders.",
    "hook-other": "A call is of another hook than that for which cards are made.",
    "hook-patient": "A call has another patient id than the ranking; the caller states that both are one person.",
    "order-no-guidance": "No guidance was found for a drug of a draft order, which does not mean safe.",
}
