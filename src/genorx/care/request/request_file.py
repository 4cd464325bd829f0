"""The request file: administrative data of a prior authorisation, as TOML, with all faults reported at once.

It holds personal data, which are written to the bundle only: no error repeats a value of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, model_validator

from genorx._core.files import FileKind
from genorx.cohort.faults import Faults
from genorx.cohort.study_file.toml_sections import CLOSED, TomlSections, parse_toml
from genorx.errors import InputError, UsageError
from genorx.interop.reading.dates import is_moment

#: Largest number of characters of a text: longer ones are documents, which are attached (``report``).
_LONGEST = 20_000
_FILE = FileKind(name="request file", error=InputError, code="request-file", absent="file-not-found", damaged="toml")


def _day(value: Any) -> Any:
    """Accept a TOML date, or its ISO text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == 10 and is_moment(value):
        return date.fromisoformat(value)
    raise ValueError("not a calendar date (YYYY-MM-DD, without a time)")


def _listed(value: Any) -> Any:
    """Accept one text as a list of one."""
    return [value] if isinstance(value, str) else value


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST)]
_Uri = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s]+$", max_length=1000)]
_Code = Annotated[str, StringConstraints(pattern=r"^[^\s]+( [^\s]+)*$", max_length=200)]
_Day = Annotated[date, BeforeValidator(_day)]
_Texts = Annotated[list[_Text], BeforeValidator(_listed), Field(min_length=1)]
_Amount = Annotated[int | float, Field(gt=0, allow_inf_nan=False)]
_Price = Annotated[int | float, Field(ge=0, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = CLOSED


class Identifier(_Section):
    """An identifier of a person or thing in a system."""

    system: _Uri
    value: _Text


class Code(_Section):
    """A code of a system, passed through unchanged."""

    system: _Uri
    code: _Code
    display: _Text | None = None


class Address(_Section):
    """A postal address."""

    line: _Texts | None = None
    city: _Text | None = None
    district: _Text | None = None
    state: _Text | None = None
    postal_code: _Text | None = None
    country: _Text | None = None


class Named(_Section):
    """A value with its name."""

    value: _Text
    name: _Text | None = None


class Period(_Section):
    """First and last day."""

    start: _Day | None = None
    end: _Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError("end is before start")
        return self


class RequestSection(_Section):
    """``[request]``: the request itself, and the person who is its author."""

    identifier: Identifier | None = None
    author: _Text | None = None
    type: Literal["professional", "institutional", "pharmacy", "oral", "vision"] = "professional"
    priority: Literal["stat", "normal", "deferred"] = "normal"
    message: _Text | None = None
    request_type: Code | None = None
    certification: Code | None = None
    report_type: Code | None = None
    level_of_service: Code | None = None


class PersonSection(_Section):
    """``[patient]``, ``[subscriber]``: a person."""

    identifier: Identifier | None = None
    family: _Text | None = None
    given: _Texts | None = None
    prefix: _Texts | None = None
    birth_date: _Day | None = None
    gender: Literal["male", "female", "other", "unknown"] | None = None
    phone: _Text | None = None
    language: _Code | None = None
    address: Address | None = None


class ContactSection(_Section):
    """Contact person of an organisation."""

    family: _Text | None = None
    given: _Texts | None = None
    phone: _Text | None = None


class OrganizationSection(_Section):
    """``[provider]``, ``[insurer]``: an organisation."""

    name: _Text | None = None
    npi: _Code | None = None
    tin: _Code | None = None
    type: Code | None = None
    phone: _Text | None = None
    address: Address | None = None
    contact: ContactSection | None = None


class PractitionerSection(_Section):
    """``[practitioner]``: the ordering practitioner."""

    family: _Text | None = None
    given: _Texts | None = None
    npi: _Code | None = None
    phone: _Text | None = None
    address: Address | None = None
    role: Code | None = None
    qualification: Code | None = None


class CoverageSection(Period):
    """``[coverage]``: the insurance."""

    identifier: Identifier | None = None
    subscriber_id: _Text | None = None
    relationship: Literal["self", "spouse", "child", "parent", "common", "other", "injured"] | None = None
    relationship_code: Code | None = None
    plan: Named | None = None
    group: Named | None = None


class DiagnosisSection(Code):
    """``[[diagnosis]]``: a diagnosis."""

    recorded: _Day | None = None
    type: Code | None = None


class QuantitySection(_Section):
    """A quantity."""

    value: _Amount
    unit: _Text | None = None


class PriceSection(_Section):
    """A price."""

    value: _Price
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class OrderSection(Code, Period):
    """``[[order]]``: an ordered item."""

    kind: Literal["medication", "service"]
    category: Code | None = None
    place: Code | None = None
    dose_text: _Text | None = None
    quantity: QuantitySection | None = None
    unit_price: PriceSection | None = None


class RequestFile(_Section):
    """A request file."""

    request: RequestSection = RequestSection()
    patient: PersonSection = PersonSection()
    subscriber: PersonSection | None = None
    provider: OrganizationSection | None = None
    insurer: OrganizationSection | None = None
    practitioner: PractitionerSection | None = None
    coverage: CoverageSection | None = None
    diagnosis: list[DiagnosisSection] = []
    order: list[OrderSection] = []


_SECTIONS: dict[tuple[str, ...], type[BaseModel]] = {
    ("request",): RequestSection,
    ("patient",): PersonSection,
    ("subscriber",): PersonSection,
    ("provider",): OrganizationSection,
    ("insurer",): OrganizationSection,
    ("practitioner",): PractitionerSection,
    ("coverage",): CoverageSection,
    ("diagnosis", "*"): DiagnosisSection,
    ("order", "*"): OrderSection,
    ("*", "identifier"): Identifier,
    ("*", "address"): Address,
    ("*", "contact"): ContactSection,
    ("order", "*", "quantity"): QuantitySection,
    ("order", "*", "unit_price"): PriceSection,
    ("*", "*"): Code,
    ("*", "*", "*"): Code,
}
_REQUEST = TomlSections(whole=RequestFile, sections=_SECTIONS, tell_values=False)
#: Required parts of a request: error code, reason, remedy.
_NEEDED = {
    "author": ("no-author", "a request needs a person as its author", "author = NAME in [request]"),
    "order": ("no-order", "the request has no order", "an [[order]] with kind, system and code"),
    "coverage": ("no-coverage", "the request has no coverage", "[coverage], such as subscriber_id"),
    "insurer": ("no-insurer", "the request has no insurer", "[insurer] with the payer's name"),
    "provider": ("no-provider", "the request has no provider", "[provider] with the organisation's name and NPI"),
}


def read_request_file(source: str | Path | Mapping[str, Any]) -> RequestFile:
    """Read and check a request file.

    Parameters
    ----------
    source : path of the TOML file, or its content as a mapping

    Raises
    ------
    InputError
        ``unknown-key``, ``missing-key``, ``wrong-value``; ``no-author``, ``no-order``, ``no-coverage``,
        ``no-insurer``, ``no-provider``.  All faults of a kind are reported at once; none repeats a value.
    UsageError
        ``not-a-request`` for anything else than a path or mapping.
    """
    text, path, values = "", None, source
    if isinstance(source, str | Path):
        path = Path(source)
        text = _FILE.read_text(path)
        values = parse_toml(text, path)
    if not isinstance(values, Mapping):
        hint = "the path of the TOML file, or its content as a mapping"
        raise UsageError(f"a request is needed, not a {type(values).__name__}", hint=hint, code="not-a-request")
    found = _REQUEST.validated(dict(values), text, path)
    _check_needed(found, path)
    return found


def _check_needed(found: RequestFile, path: Path | None) -> None:
    faults = Faults()
    held = {name: getattr(found, name) for name in ("order", "coverage", "insurer", "provider")}
    for name, value in ({"author": found.request.author} | held).items():
        if not value:
            code, reason, hint = _NEEDED[name]
            faults.add(InputError(reason, file=path, hint=f"give {hint}", code=code))
    faults.raise_if_any()
