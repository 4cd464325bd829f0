"""Finding codes of visits, requests, questions and cards, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    # prior authorisation
    "answer-without-item": "a payer's answer decides on an item that the request does not have",
    "claim-not-first": "the first entry of a prior authorisation file is not its Claim or ClaimResponse",
    "focal-faulty": "not exactly one insurance of a Claim is focal",
    "item-without-answer": "a payer's answer says nothing of an item of the request",
    "not-r4": "an element of a Claim or ClaimResponse is none of FHIR R4; it is not read",
    "reference-nowhere": "a reference of a prior authorisation file leads to nothing in it",
    "relative-url": "the fullUrl of an entry is no absolute address",
    "request-not-advised": "the ranking does not advise the option for which a prior authorisation is asked",
    "review-code-unknown": "a review code of a payer's answer is none of the eight that are known; it is kept",
    "review-without-item": "a payer's answer has a review as a whole and none of an item",
    "sequence-faulty": "a sequence of a prior authorisation file is not positive, stands twice or points nowhere",
    "text-long": "a text of a prior authorisation file has more than 100 kB",
}
