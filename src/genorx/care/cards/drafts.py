"""Drugs of draft orders, under the names that guidance and evidence use."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genorx.care.answer import EvidenceRow, SafetyRow
from genorx.care.cards.hook_request import DraftOrder, HookRequest
from genorx.knowledge.drug_names import drugs_in

if TYPE_CHECKING:
    from genorx.pgx import PgxReport

#: Status of orders that no longer apply.
_GONE = ("entered-in-error", "cancelled", "stopped")
_THEN = re.compile(r"\bthen\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftDrugs:
    """Drugs of draft orders: name (a known one, otherwise as written, in lower case) and their orders.

    ``nameless`` are the places of drug orders that do not name the drug.
    """

    orders: Mapping[str, tuple[DraftOrder, ...]]
    nameless: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The drugs, in the order of the message."""
        return tuple(self.orders)

    def has(self, drug: str) -> bool:
        """Return whether a drug is ordered."""
        return drug.casefold() in self.orders

    def orders_of(self, drug: str) -> tuple[DraftOrder, ...]:
        """Return the orders of a drug."""
        return self.orders.get(drug.casefold(), ())

    def has_therapy(self, therapy: str) -> bool:
        """Return whether a drug of a therapy is ordered."""
        return any(name in self.orders for name in parts_of(therapy))

    def place_of(self, name: str) -> str:
        """Return where a drug is ordered: ``Type/id``."""
        first = self.orders[name][0]
        return first.reference or first.type


def parts_of(therapy: str) -> frozenset[str]:
    """Return the drugs named in an evidence row's therapy, in lower case.

    >>> sorted(parts_of("Encorafenib + Cetuximab then FOLFIRI"))
    ['cetuximab', 'encorafenib', 'fluorouracil', 'irinotecan', 'leucovorin']
    """
    pieces = (piece for piece in _THEN.split(therapy) if piece.strip())
    return frozenset(written.strip().casefold() for piece in pieces for written, _ in drugs_in(piece, ()))


def _drugs_of(order: DraftOrder, known: Collection[str]) -> list[tuple[str, str | None]]:
    """Return the drugs in an order's text, or in the display of its code if the text has no known drug."""
    by_text = drugs_in(order.text or "", known)
    if order.display and not any(name for _, name in by_text):
        by_display = drugs_in(order.display, known)
        if any(name for _, name in by_display):
            return by_display
    return by_text


def draft_drugs(
    call: HookRequest | None,
    hook: str,
    rows: Iterable[SafetyRow],
    evidence: Iterable[EvidenceRow],
    report: PgxReport | None,
) -> DraftDrugs:
    """Return the drugs of a call's draft orders; for ``order-select``, those selected, if any."""
    if call is None:
        return DraftDrugs(orders={})
    known = {row.drug.casefold() for row in rows}
    known |= {name for row in evidence for name in parts_of(row.therapy)}
    known |= set() if report is None else set(report.drug_genes) | set(report.drugs)
    found: dict[str, list[DraftOrder]] = {}
    nameless = []
    for order in call.selected if hook == "order-select" else call.orders:
        if not order.type.startswith("Medication") or order.type == "Medication" or order.status in _GONE:
            continue
        if not order.text:
            nameless.append(order.reference or order.type)
            continue
        for written, name in _drugs_of(order, known):
            found.setdefault(name or " ".join(written.split()).casefold(), []).append(order)
    return DraftDrugs(orders={name: tuple(each) for name, each in found.items()}, nameless=tuple(nameless))
