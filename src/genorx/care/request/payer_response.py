"""A payer's answer to a prior authorisation request: the decision on each item, and on the request as a whole.

Decisions are distinguished by the eight review codes of Da Vinci PAS; any other code is kept and reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx._core.short_repr import short
from genorx.care.request.payer_faults import faults
from genorx.care.request.payer_file import Entry, PayerFile, identifiers, read_payer_file
from genorx.care.request.payer_request import PayerRequest, codes_of, read_request, whole
from genorx.errors import Finding, InputError, Severity, shown
from genorx.interop.fhir_in.elements import Resource, part, parts, text

if TYPE_CHECKING:
    import pandas as pd

#: Decision of each review code of an item.
DECISIONS: dict[str, str] = {
    "A1": "approved", "A2": "partial", "A3": "denied", "A4": "pended", "A6": "modified", "C": "cancelled",
    "CT": "contact_payer", "NA": "no_action",
}  # fmt: skip
_NONE, _UNKNOWN = "none", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseItem:
    """The payer's decision on one item.

    Attributes
    ----------
    sequence : int or None
        Sequence of the request's item; for an added item, of the first item to which it belongs.
    review, reasons : tuple of str
        Codes of the review, and of its reasons.
    decision : str
        ``approved``, ``partial``, ``denied``, ``pended``, ``modified``, ``cancelled``, ``contact_payer``,
        ``no_action``, ``unknown`` or ``none``.
    number : str or None
        Number of the authorisation.
    issued : str or None
    period : tuple of str or None
        First and last day of the authorisation.
    added : bool
        Whether the payer added the item.
    """

    sequence: int | None
    review: tuple[str, ...]
    decision: str
    reasons: tuple[str, ...]
    number: str | None
    issued: str | None
    period: tuple[str | None, str | None] | None
    added: bool

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "sequence": self.sequence,
            "review": list(self.review),
            "decision": self.decision,
            "reasons": list(self.reasons),
            "number": self.number,
            "issued": self.issued,
            "period": None if self.period is None else list(self.period),
            "added": self.added,
        }


@short
@dataclass(frozen=True, kw_only=True)
class PayerResponse:
    """A payer's answer to a prior authorisation request.

    Attributes
    ----------
    use, outcome, created : str or None
        Elements of the ClaimResponse.
    decision : str
        Decision over the requested items: theirs if all agree; ``pended`` if one is pended; otherwise ``partial``;
        ``error`` for a request that was not processed; ``none`` without items and errors.
    preauth : str or None
        The payer's number of the authorisation.
    trace : tuple of str
        Values of the answer's identifiers.
    resources : tuple of str
        Types of all entries, sorted.
    items : DataFrame
        ``sequence``, ``review``, ``decision``, ``reasons``, ``number``, ``issued``, ``period``, ``added``.
    errors : tuple of tuple of str
        Codes of each error.
    notes : tuple of str
        Notes of the payer.
    asks : int
        Number of requests for more information.
    findings : list of Finding
        Faults of the file, and differences from the request.
    request : PayerRequest or None
        Request, if given.
    """

    use: str | None
    outcome: str | None
    decision: str
    preauth: str | None
    trace: tuple[str, ...]
    created: str | None
    resources: tuple[str, ...]
    rows: tuple[ResponseItem, ...]
    errors: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    asks: int
    findings: list[Finding]
    request: PayerRequest | None = None
    file: PayerFile = field(repr=False, compare=False)

    @property
    def items(self) -> pd.DataFrame:
        """One row per item; added items come last."""
        import pandas as pd

        columns = ["sequence", "review", "decision", "reasons", "number", "issued", "period", "added"]
        return pd.DataFrame([each.to_dict() for each in self.rows], columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values, as described in ``data_schemas/payer_response.schema.json``."""
        return {
            "kind": "ClaimResponse",
            "use": self.use,
            "outcome": self.outcome,
            "decision": self.decision,
            "preauth": self.preauth,
            "trace": list(self.trace),
            "created": self.created,
            "resources": list(self.resources),
            "items": [each.to_dict() for each in self.rows],
            "errors": [list(each) for each in self.errors],
            "notes": list(self.notes),
            "asks": self.asks,
            "findings": [each.to_dict() for each in self.findings],
        }

    def section_html(self) -> str:
        """Return the answer as a section of a report (``Ranking.report(path, sections=[...])``)."""
        from genorx.care.request.payer_page import response_section

        return response_section(self)

    def _repr_html_(self) -> str:
        from genorx.care.request.payer_page import response_html

        return response_html(self)


def read_response(
    path: str | Path | Mapping[str, Any], request: str | Path | Mapping[str, Any] | PayerRequest | None = None
) -> PayerResponse:
    """Read a payer's answer: a Bundle of Da Vinci PAS with a ClaimResponse in it.

    Parameters
    ----------
    path : path, or the Bundle as a mapping
        The answer.
    request : path, mapping or PayerRequest, optional
        Request that it answers, for comparison.

    Raises
    ------
    InputError
        ``no-claim``, ``entered-in-error``, ``not-preauthorization``; ``other-request`` if the answer is not to
        ``request``; as ``read_fhir`` if it is not FHIR.
    """
    file = read_payer_file(path, "ClaimResponse")
    asked = read_request(request) if request is not None and not isinstance(request, PayerRequest) else request
    with file.shapes():
        if asked is not None:
            _check_same(file, asked)
        return _response(file, asked)


def _response(file: PayerFile, asked: PayerRequest | None) -> PayerResponse:
    answer = file.claim
    found = [_item(each, added=False) for each in parts(answer, "item")]
    rows = (*found, *(_item(each, added=True) for each in parts(answer, "addItem")))
    errors = tuple(codes_of(each, "code") for each in parts(answer, "error"))
    outcome = text(answer, "outcome")
    own = [] if asked is None else _beside(found, asked)
    return PayerResponse(
        use=text(answer, "use"),
        outcome=outcome,
        decision=_whole_decision([each.decision for each in found], outcome, errors),
        preauth=text(answer, "preAuthRef"),
        trace=tuple(value for each in parts(answer, "identifier") if (value := text(each, "value"))),
        created=text(answer, "created"),
        resources=tuple(file.resources),
        rows=rows,
        errors=errors,
        notes=tuple(note for each in parts(answer, "processNote") if (note := text(each, "text"))),
        asks=len(parts(answer, "communicationRequest")),
        findings=[*faults(file), *_unknown_codes(rows), *_whole_review(answer, rows), *own],
        request=asked,
        file=file,
    )


def _named(extensions: Iterable[Resource], name: str) -> list[Resource]:
    """Return extensions by the last part of their url, with or without ``extension-``."""
    found = ((each, str(each.get("url", "")).rpartition("/")[2].removeprefix("extension-")) for each in extensions)
    return [each for each, last in found if last == name]


def _reviews(adjudications: Iterable[Resource]) -> list[Resource]:
    return [one for each in adjudications for one in _named(parts(each, "extension"), "reviewAction")]


def _inner(reviews: Iterable[Resource], name: str) -> list[Resource]:
    return [one for each in reviews for one in _named(parts(each, "extension"), name)]


def _codes(reviews: list[Resource], name: str) -> tuple[str, ...]:
    return tuple(code for each in _inner(reviews, name) for code in codes_of(each, "valueCodeableConcept"))


def _item(of: Resource, *, added: bool) -> ResponseItem:
    reviews = _reviews(parts(of, "adjudication"))
    review = _codes(reviews, "reviewActionCode")
    numbers = [value for each in _inner(reviews, "number") if (value := text(each, "valueString"))]
    extensions = parts(of, "extension")
    issued = [text(each, "valueDate") for each in _named(extensions, "itemPreAuthIssueDate")]
    periods = [part(each, "valuePeriod") for each in _named(extensions, "itemPreAuthPeriod")]
    of_items = of.get("itemSequence")
    first = of_items[0] if isinstance(of_items, list) and of_items else of_items
    return ResponseItem(
        sequence=whole(first),
        review=review,
        decision=_decision(review),
        reasons=_codes(reviews, "reasonCode"),
        number=numbers[0] if numbers else None,
        issued=issued[0] if issued else None,
        period=(text(periods[0], "start"), text(periods[0], "end")) if periods else None,
        added=added,
    )


def _decision(review: tuple[str, ...]) -> str:
    """Return the decision of an item's codes; unknown if they disagree."""
    decisions = {DECISIONS.get(code, _UNKNOWN) for code in review}
    if not decisions:
        return _NONE
    return decisions.pop() if len(decisions) == 1 else _UNKNOWN


def _whole_decision(decisions: list[str], outcome: str | None, errors: tuple[tuple[str, ...], ...]) -> str:
    if outcome == "error" or (errors and not decisions):
        return "error"
    if not decisions:
        return _NONE
    if len(set(decisions)) == 1:
        return decisions[0]
    return "pended" if "pended" in decisions else "partial"


def _finding(code: str, message: str, place: str, severity: Severity = "warning") -> Finding:
    return Finding(code=code, severity=severity, message=message, place=place)


def _unknown_codes(rows: Iterable[ResponseItem]) -> list[Finding]:
    return [
        _finding(
            "review-code-unknown", f"the review code {shown(code)!r} is none of {', '.join(DECISIONS)}", _place(row)
        )
        for row in rows
        for code in row.review
        if code not in DECISIONS
    ]


def _whole_review(answer: Resource, rows: Iterable[ResponseItem]) -> list[Finding]:
    """Report a review of the whole answer if no item has one."""
    codes = _codes(_reviews(parts(answer, "adjudication")), "reviewActionCode")
    if not codes or any(row.review for row in rows):
        return []
    text = f"the answer as a whole has the review code {', '.join(map(shown, codes))}; no item has one"
    return [_finding("review-without-item", text, "adjudication")]


def _place(row: ResponseItem) -> str:
    return f"{'added ' if row.added else ''}item {row.sequence}"


def _beside(rows: list[ResponseItem], asked: PayerRequest) -> list[Finding]:
    """Report items of the request without an answer, and answers to unknown items."""
    answered = [row.sequence for row in rows]
    known = [item.sequence for item in asked.rows]
    without = [each for each in known if each not in answered]
    strange = [each for each in answered if each not in known]
    text, other = "the payer does not mention this item", "the request has no such item"
    return [
        *(_finding("item-without-answer", text, f"item {each}") for each in without),
        *(_finding("answer-without-item", other, f"item {each}") for each in strange),
    ]


def _check_same(file: PayerFile, asked: PayerRequest) -> None:
    """Raise an error if the answer belongs to another request or patient."""
    answer, claim = file.claim, asked.file.claim
    theirs, ours = _patient_identifiers(file), _patient_identifiers(asked.file)
    fits = (
        _is_reference_to(text(part(answer, "request"), "reference"), asked.file.subject)
        or bool(identifiers(part(answer, "request")) & identifiers(claim))
        or bool(identifiers(answer) & identifiers(claim))
        or bool(theirs & ours)
    )
    shared = {system for system, _ in theirs} & {system for system, _ in ours} - {None}
    if fits and not (shared and not theirs & ours):
        return
    hint = "neither its request, its identifier nor its patient is that of the request"
    if fits:
        hint = "its patient has another identifier of the same system"
    where = file.subject.document.file
    raise InputError("this is the answer to another request", file=where, hint=hint, code="other-request")


def _is_reference_to(reference: str | None, entry: Entry) -> bool:
    bare = (reference or "").partition("/_history/")[0]
    name = entry.resource.get("id")
    return bool(bare) and bare in (entry.url, f"{entry.kind}/{name}" if name else None)


def _patient_identifiers(file: PayerFile) -> set[tuple[str | None, str]]:
    """Return the identifiers of a Claim's patient, from its reference and the Patient resource."""
    patient = part(file.claim, "patient")
    reference = text(patient, "reference")
    entry = file.leads_to(reference) if reference else None
    return identifiers(patient) | (identifiers(entry.resource) if entry is not None else set())
