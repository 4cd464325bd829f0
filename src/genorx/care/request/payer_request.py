"""A prior authorisation request as a payer's intake reads it: items, diagnoses, support, and faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx._core.numerals import decimal_number, whole_number
from genorx._core.short_repr import short
from genorx._core.strict_json import Number
from genorx.care.request.payer_faults import faults
from genorx.care.request.payer_file import PayerFile, read_payer_file
from genorx.errors import Finding
from genorx.interop.fhir_in.elements import Resource, codings, part, parts, text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestItem:
    """A requested item: codes of its service, amount, and the numbers that it refers to."""

    sequence: int | None
    services: tuple[str, ...]
    quantity: float | int | None
    diagnosis: tuple[int, ...]
    information: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "sequence": self.sequence,
            "services": list(self.services),
            "quantity": self.quantity,
            "diagnosis": list(self.diagnosis),
            "information": list(self.information),
        }


@short
@dataclass(frozen=True, kw_only=True)
class PayerRequest:
    """The content of a prior authorisation request.

    Attributes
    ----------
    use, status, created : str or None
        Elements of the Claim.
    resources : tuple of str
        Types of all entries, sorted.
    diagnoses : tuple of tuple of str
        Codes of each diagnosis, sorted.
    related, supporting : int
        Number of related claims, and of pieces of supporting information.
    items : DataFrame
        ``sequence``, ``services``, ``quantity``, ``diagnosis``, ``information``; one row per item.
    findings : list of Finding
        Faults of the file, which is read nevertheless.
    """

    use: str | None
    status: str | None
    created: str | None
    resources: tuple[str, ...]
    diagnoses: tuple[tuple[str, ...], ...]
    related: int
    supporting: int
    rows: tuple[RequestItem, ...]
    findings: list[Finding]
    file: PayerFile = field(repr=False, compare=False)

    @property
    def items(self) -> pd.DataFrame:
        """One row per item."""
        import pandas as pd

        columns = ["sequence", "services", "quantity", "diagnosis", "information"]
        return pd.DataFrame([each.to_dict() for each in self.rows], columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values, as described in ``data_schemas/payer_request.schema.json``."""
        return {
            "kind": "Claim",
            "use": self.use,
            "status": self.status,
            "created": self.created,
            "resources": list(self.resources),
            "diagnoses": [list(each) for each in self.diagnoses],
            "related": self.related,
            "supporting": self.supporting,
            "items": [each.to_dict() for each in self.rows],
            "findings": [each.to_dict() for each in self.findings],
        }

    def _repr_html_(self) -> str:
        from genorx.care.request.payer_page import request_html

        return request_html(self)


def read_request(path: str | Path | Mapping[str, Any]) -> PayerRequest:
    """Read a prior authorisation request: a Bundle of Da Vinci PAS with a Claim in it.

    Parameters
    ----------
    path : path, or the Bundle as a mapping
        The request.

    Returns
    -------
    PayerRequest
        Content of the request; faults of the file are among its findings.

    Raises
    ------
    InputError
        ``no-claim``, ``entered-in-error``, ``not-preauthorization``; as ``read_fhir`` if it is not FHIR.
    """
    file = read_payer_file(path, "Claim")
    with file.shapes():
        return _request(file)


def _request(file: PayerFile) -> PayerRequest:
    claim = file.claim
    return PayerRequest(
        use=text(claim, "use"),
        status=text(claim, "status"),
        created=text(claim, "created"),
        resources=tuple(file.resources),
        diagnoses=tuple(_diagnosis(each, file) for each in parts(claim, "diagnosis")),
        related=len(parts(claim, "related")),
        supporting=len(parts(claim, "supportingInfo")),
        rows=tuple(_item(each) for each in parts(claim, "item")),
        findings=faults(file),
        file=file,
    )


def codes_of(of: Resource, name: str) -> tuple[str, ...]:
    """Return the sorted codes of a CodeableConcept."""
    return tuple(sorted(str(code) for _, code in codings(of, name) if code))


def _diagnosis(of: Resource, file: PayerFile) -> tuple[str, ...]:
    """Return the codes of a diagnosis: its own, or those of the Condition to which it refers."""
    reference = text(part(of, "diagnosisReference"), "reference")
    entry = file.leads_to(reference) if reference else None
    return codes_of(of, "diagnosisCodeableConcept") if entry is None else codes_of(entry.resource, "code")


def _item(of: Resource) -> RequestItem:
    return RequestItem(
        sequence=whole(of.get("sequence")),
        services=codes_of(of, "productOrService"),
        quantity=_amount(part(of, "quantity").get("value")),
        diagnosis=wholes(of.get("diagnosisSequence")),
        information=wholes(of.get("informationSequence")),
    )


def whole(value: Any) -> int | None:
    """Return an integer of a file; None for anything else (reported by ``sequence-faulty``)."""
    return whole_number(value) if isinstance(value, Number) else None


def wholes(value: Any) -> tuple[int, ...]:
    """Return the integers of a list."""
    listed = value if isinstance(value, list) else []
    return tuple(number for each in listed if (number := whole(each)) is not None)


def _amount(value: Any) -> float | int | None:
    if not isinstance(value, Number):
        return None
    exact = whole_number(value)
    return decimal_number(value) if exact is None else exact
