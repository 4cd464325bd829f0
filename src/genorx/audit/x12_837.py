"""Lines of X12 837 claims, professional and institutional (005010X222A1, 005010X223A2), from their segments.

Names, addresses, birth dates and notes are in segments that are not read; data of other payers on a claim (loops 2320,
2330, 2430) are ignored.
Source: ASC X12N implementation guides 005010X222A1 and 005010X223A2, loops 2000A to 2430.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pandas as pd

from genorx._core.numerals import decimal_number, whole_number
from genorx.audit.claim_lines import ClaimLines, quantity
from genorx.audit.claim_table import place_of_line
from genorx.audit.days import day_of, iso
from genorx.audit.x12 import Segment, Transaction, text_of, transactions
from genorx.errors import TableError, shown
from genorx.interop.reading.notes import Notes

_DIAGNOSES = frozenset({"ABK", "ABF", "BK", "BF"})
_DENTAL = "dental lines (SV3) are not read"


@dataclass(slots=True)
class _Line:
    """State of loop 2400; empty means not known."""

    number: int
    format: str = ""
    code: str = ""
    modifiers: str = ""
    charge: float = math.nan
    unit_type: str = ""
    units: float = math.nan
    place: str = ""
    pointers: tuple[str, ...] = ()
    revenue: str = ""
    days: tuple[str, str] = ("", "")
    ndc: str = ""
    npi: str = ""


@dataclass(slots=True)
class _Claim:
    """State of loop 2300."""

    claim_id: str
    total: float
    place: str
    frequency: str
    original: str = ""
    npi: str = ""
    diagnoses: list[str] = field(default_factory=list)
    days: tuple[str, str] = ("", "")
    statement: tuple[str, str] = ("", "")
    lines: list[_Line] = field(default_factory=list)


def read_837(data: bytes, path: Path) -> pd.DataFrame:
    """Return the lines of a file of 837 interchanges as a table of claims.

    Raises
    ------
    TableError
        ``claims-format``, ``claims-truncated``, ``claim-units``, ``claim-charge``.
    """
    reader = _Reader(path)
    text = text_of(data)
    del data
    for transaction in transactions(text, path):
        reader.read(transaction)
    table = reader.lines.table()
    table.attrs["findings"] = tuple(reader.notes.findings())
    table.attrs["segments_unread"] = dict(reader.unread)
    return table


class _Reader:
    """Reader state: the current loop of a transaction set, and the lines so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = ClaimLines(path)
        self.notes = Notes()
        self.unread: Counter[str] = Counter()
        self._take: dict[str, Callable[[Segment], None]] = {
            "HL": self._level,
            "NM1": self._name,
            "SBR": self._payer,
            "CLM": self._claim_begins,
            "REF": self._reference,
            "HI": self._health_codes,
            "DTP": self._dates,
            "LX": self._line_begins,
            "SV1": self._professional,
            "SV2": self._institutional,
            "LIN": self._drug,
        }
        self._begin("")

    def _begin(self, component: str) -> None:
        self.component = component
        self.billing = self.subscriber = self.patient = ""
        self.level = ""
        self.dependents = 0
        self.claim: _Claim | None = None
        self.line: _Line | None = None
        self.other_payer = False

    def read(self, transaction: Transaction) -> None:
        """Read the claims of a transaction set."""
        if transaction.kind != "837":
            reason = f"the transaction is {shown(transaction.kind)!r}, not 837"
            place = f"transaction {shown(transaction.number)}"
            raise TableError(reason, file=self.path, place=place, code="claims-format")
        self._begin(transaction.component)
        for segment in transaction.segments:
            take = self._take.get(segment[0])
            if take is None:
                self.unread[segment[0]] += 1
            else:
                take(segment)
        self._claim_ends()
        if not transaction.count_fits:
            text = "{n} transaction sets differ from their SE in the number of segments or the control number"
            place = f"{self.path.name}: transaction {shown(transaction.number)}"
            self.notes.add("segment-count", "warning", text, place=place)

    def _level(self, segment: Segment) -> None:
        self._claim_ends()
        self.level = _at(segment, 3)
        if self.level == "20":
            self.billing = self.subscriber = self.patient = ""
        elif self.level == "22":
            self.subscriber = self.patient = ""
            self.dependents = 0
        elif self.level == "23":
            self.dependents += 1
            self.patient = f"{self.subscriber}#{self.dependents}" if self.subscriber else ""

    def _name(self, segment: Segment) -> None:
        who, number = _at(segment, 1), _at(segment, 9)
        if self.claim is not None:
            if who == "82" and not self.other_payer and _at(segment, 8) == "XX":
                (self.claim if self.line is None else self.line).npi = number
        elif who == "85" and _at(segment, 8) == "XX":
            self.billing = number
        elif who == "IL":
            self.subscriber = self.patient = number
        elif who == "QC" and number and self.level == "23":
            self.patient = number

    def _payer(self, _: Segment) -> None:
        self.other_payer = self.claim is not None

    def _claim_begins(self, segment: Segment) -> None:
        self._claim_ends()
        claim = _at(segment, 1)
        if not claim:
            raise TableError("a claim has no number (CLM01)", file=self.path, code="claims-format")
        service = (*_at(segment, 5).split(self.component), "", "", "")[:3]
        self.claim = _Claim(claim, math.nan, service[0], service[2])
        self.claim.total = self._amount(_at(segment, 2), "claim-charge")

    def _reference(self, segment: Segment) -> None:
        if self.claim is not None and self.line is None and not self.other_payer and _at(segment, 1) == "F8":
            self.claim.original = _at(segment, 2)

    def _health_codes(self, segment: Segment) -> None:
        if self.claim is None or self.line is not None or self.other_payer:
            return
        for element in segment[1:]:
            qualifier, _, rest = element.partition(self.component)
            code = rest.partition(self.component)[0].strip()
            if qualifier in _DIAGNOSES and code:
                self.claim.diagnoses.append(code.replace(".", "").upper())

    def _dates(self, segment: Segment) -> None:
        if self.claim is None or self.other_payer:
            return
        what = _at(segment, 1)
        if what == "472":
            (self.claim if self.line is None else self.line).days = _days(_at(segment, 3))
        elif what == "434" and self.line is None:
            self.claim.statement = _days(_at(segment, 3))

    def _line_begins(self, segment: Segment) -> None:
        if self.claim is None:
            raise TableError("a line (LX) is outside a claim", file=self.path, code="claims-format")
        number = whole_number(_at(segment, 1), 9)
        if number is None:
            place = place_of_line(self.claim.claim_id)
            raise TableError("a line (LX01) has no number", file=self.path, place=place, code="claims-format")
        self.other_payer = False
        self.line = _Line(number)
        self.claim.lines.append(self.line)

    def _professional(self, segment: Segment) -> None:
        line = self._service(segment, "837P", at=1)
        line.place = _at(segment, 5)
        line.pointers = tuple(_at(segment, 7).split(self.component))

    def _institutional(self, segment: Segment) -> None:
        self._service(segment, "837I", at=2).revenue = _at(segment, 1)

    def _service(self, segment: Segment, kind: str, *, at: int) -> _Line:
        """Read the common part of SV1 and SV2: composite, charge, kind of units and units, from element ``at`` on."""
        if self.claim is None or self.line is None:
            raise TableError(f"{segment[0]} is outside a line", file=self.path, code="claims-format")
        line = self.line
        parts = [part.strip() for part in _at(segment, at).split(self.component)]
        line.format = kind
        line.code = parts[1] if len(parts) > 1 else ""
        line.modifiers = " ".join(part.upper() for part in parts[2:6] if part)
        line.charge = self._amount(_at(segment, at + 1), "claim-charge")
        line.unit_type = _at(segment, at + 2)
        line.units = self._amount(_at(segment, at + 3), "claim-units")
        return line

    def _amount(self, text: str, code: str) -> float:
        return quantity(_number(text), self.path, self._here, code=code) if text else math.nan

    def _here(self) -> str:
        claim = "" if self.claim is None else self.claim.claim_id
        return place_of_line(claim, None if self.line is None else self.line.number)

    def _drug(self, segment: Segment) -> None:
        if self.line is not None and _at(segment, 2) == "N4":
            self.line.ndc = _at(segment, 3)

    def _claim_ends(self) -> None:
        claim, self.claim, self.line, self.other_payer = self.claim, None, None, False
        if claim is None:
            return
        for line in claim.lines:
            self._keep(claim, line)
        if not claim.lines:
            text = "{n} claims have no lines"
            self.notes.add("claim-without-lines", "warning", text, place=self._place(claim))
        elif not _adds_up(claim):
            text = "the charges of the lines of {n} claims do not add up to the claim's total"
            self.notes.add("claim-total", "warning", text, place=self._place(claim))

    def _keep(self, claim: _Claim, line: _Line) -> None:
        if not line.format:
            place = place_of_line(claim.claim_id, line.number)
            reason = "the line has no service (SV1, SV2)"
            raise TableError(reason, file=self.path, place=place, hint=_DENTAL, code="claims-format")
        first, last = next((days for days in (line.days, claim.days, claim.statement) if days[0]), ("", ""))
        self.lines.add(
            format=line.format,
            claim_id=claim.claim_id,
            line=line.number,
            patient_id=self.patient,
            npi=line.npi or claim.npi or self.billing,
            billing_npi=self.billing,
            service_date=first,
            service_end=last,
            code=line.code,
            units=line.units,
            unit_type=line.unit_type,
            modifiers=line.modifiers,
            diagnosis=_pointed(line.pointers, claim.diagnoses),
            frequency=claim.frequency,
            original_claim=claim.original,
            charge=line.charge,
            revenue=line.revenue,
            ndc=line.ndc,
            place=line.place or claim.place,
            status="active",
        )

    def _place(self, claim: _Claim) -> str:
        return f"{self.path.name}: {place_of_line(claim.claim_id)}"


def _at(segment: Segment, place: int) -> str:
    """Return an element of a segment; empty if the segment is shorter."""
    return segment[place].strip() if place < len(segment) else ""


def _adds_up(claim: _Claim) -> bool:
    """Return whether the charges of the lines add up to the claim's total to the cent, as far as all are known."""
    amounts = [claim.total, *(line.charge for line in claim.lines)]
    if any(math.isnan(amount) for amount in amounts):
        return True
    total, *parts = (round(100 * amount) for amount in amounts)
    return total == sum(parts)


_number = lru_cache(maxsize=1 << 14)(decimal_number)


@lru_cache(maxsize=1 << 14)
def _days(text: str) -> tuple[str, str]:
    """Return first and last day of D8 (``20240105``) or RD8 (``20240105-20240107``); empty if a day is invalid."""
    first, _, last = text.partition("-")
    start, stop = day_of(first[:8]), day_of(last[:8] or first[:8])
    if start is None:
        return "", ""
    return iso(start), iso(start if stop is None else stop)


def _pointed(pointers: Iterable[str], diagnoses: list[str]) -> str:
    """Return the diagnoses that a line points to, otherwise all of the claim."""
    numbers = (whole_number(pointer.strip(), 2) for pointer in pointers)
    found = [diagnoses[number - 1] for number in numbers if number and number <= len(diagnoses)]
    return " ".join(found or diagnoses)
