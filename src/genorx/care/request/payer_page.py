"""A request and a payer's answer as a part of a notebook: item by item, the answer beside the requested item."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from genorx._core.page import findings_block, html_table, notebook_part
from genorx.errors import shown

if TYPE_CHECKING:
    from genorx.care.request.payer_request import PayerRequest, RequestItem
    from genorx.care.request.payer_response import PayerResponse, ResponseItem

#: Characters of a payer's note on a page; the full text is in ``notes``.
_MOST_CHARACTERS = 500
#: Text of each decision.
WORDS = {
    "approved": "approved", "partial": "approved in part", "denied": "denied", "pended": "pended: not decided yet",
    "modified": "approved with changes", "cancelled": "cancelled", "contact_payer": "the payer asks to be contacted",
    "no_action": "no action needed", "unknown": "not known: see the code", "none": "no decision",
    "error": "not processed: error",
}  # fmt: skip


def request_html(request: PayerRequest) -> str:
    """Render a request for a notebook."""
    facts = [
        ("Created", request.created or "not stated"),
        ("Diagnoses", _several(each for codes in request.diagnoses for each in codes)),
        ("Supporting information", f"{request.supporting}"),
        ("Related claims", f"{request.related}"),
    ]
    rows = [(_number(each.sequence), *_asked(each)) for each in request.rows]
    return notebook_part(
        html_table(("", ""), facts, caption="Prior authorisation request")
        + html_table(("Item", "Service", "Quantity"), rows, caption="Items")
        + findings_block(request.findings)
    )


def response_html(response: PayerResponse) -> str:
    """Render a payer's answer for a notebook, item by item beside the request if known."""
    return notebook_part(_response(response))


def response_section(response: PayerResponse) -> str:
    """Return a payer's answer as a section of a report."""
    return f"<section><h2>Answer to a prior authorisation request</h2>{_response(response)}</section>"


def _response(response: PayerResponse) -> str:
    facts = [
        ("Decision", WORDS.get(response.decision, response.decision)),
        ("Outcome", response.outcome or "not stated"),
        ("Authorisation number", shown(response.preauth or "none")),
        ("Created", response.created or "not stated"),
        ("Errors", _several(code for each in response.errors for code in each)),
        ("Requests for more information", f"{response.asks}"),
    ]
    return (
        html_table(("", ""), facts, caption="Answer to a prior authorisation request")
        + _items_table(response)
        + html_table(("Note",), ((_short(each),) for each in response.notes), caption="Notes of the payer")
        + findings_block(response.findings)
    )


def _items_table(response: PayerResponse) -> str:
    asked = {} if response.request is None else {each.sequence: each for each in response.request.rows}
    rows = [_row(each, None if each.added else asked.get(each.sequence)) for each in response.rows]
    answered = {each.sequence for each in response.rows if not each.added}
    rows += [
        (_number(each.sequence), *_asked(each), "no answer", "", "", "", "")
        for sequence, each in asked.items()
        if sequence not in answered
    ]
    head = ("Item", "Requested", "Quantity", "Decision", "Review code", "Reason", "Number", "Valid")
    return html_table(head, rows, caption="Items: request and decision")


def _row(item: ResponseItem, asked: RequestItem | None) -> tuple[str, ...]:
    period = " to ".join(each or "open" for each in item.period) if item.period else ""
    return (
        f"{_number(item.sequence)}{' (added by the payer)' if item.added else ''}",
        *(("", "") if asked is None else _asked(asked)),
        WORDS[item.decision],
        _several(item.review),
        _several(item.reasons),
        shown(item.number or ""),
        period,
    )


def _asked(item: RequestItem) -> tuple[str, str]:
    return _several(item.services), "" if item.quantity is None else f"{item.quantity:g}"


def _several(codes: Iterable[str]) -> str:
    return ", ".join(shown(each) for each in codes) or "none"


def _number(sequence: int | None) -> str:
    return "?" if sequence is None else str(sequence)


def _short(note: str) -> str:
    left = len(note) - _MOST_CHARACTERS
    return note if left <= 0 else f"{note[:_MOST_CHARACTERS]}… ({left:,} more characters)"
