"""FHIR data types as plain values: concepts, quantities, references; types of other releases are refused.

Source: https://hl7.org/fhir/R4/datatypes.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from genorx._core.strict_json import Number
from genorx._core.units import UnitError, parse_unit
from genorx.interop.reading.dates import day_of

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
Resource = Mapping[str, Any]


class ShapeError(Exception):
    """An element whose type is not that of R4; the reader adds file and place."""

    def __init__(self, path: str, reason: str, code: str = "fhir") -> None:
        super().__init__(path, reason, code)
        self.path, self.reason, self.code = path, reason, code


class Concept(NamedTuple):
    """First coding of a CodeableConcept, and its text; ``others`` are its other codings, ``SYSTEM|CODE`` by line."""

    system: str | None = None
    code: str | None = None
    display: str | None = None
    text: str | None = None
    others: str | None = None

    @property
    def name(self) -> str | None:
        """Text, otherwise display."""
        return self.text or self.display

    @property
    def label(self) -> str | None:
        """Display, otherwise text, otherwise code."""
        return self.display or self.text or self.code

    @property
    def term(self) -> str | None:
        """Display, otherwise code, otherwise text."""
        return self.display or self.code or self.text


class Quantity(NamedTuple):
    """A number with its unit; ``contradicts`` if the unit's text and code cannot be the same unit."""

    value: float | None = None
    unit: str | None = None
    comparator: str | None = None
    contradicts: bool = False


_NOTHING = Concept()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def _is_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _element(of: Resource, name: str, fits: Callable[[object], bool], fault: str) -> Any:
    """Return an element, None if absent; raise an error for a wrong type."""
    found = of.get(name)
    if found is not None and not fits(found):
        raise ShapeError(name, f"{name} is {fault}")
    return found


def part(of: Resource, name: str) -> Resource:
    """Return an object element; empty if absent.

    Raises
    ------
    ShapeError
        If it is something else.
    """
    found = of.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ShapeError(name, f"{name} is not an object, as it is in R4", "not-r4" if _is_text(found) else "fhir")
    return found


def parts(of: Resource, name: str) -> list[Resource]:
    """Return an element that is a list of objects; empty if absent.

    Raises
    ------
    ShapeError
        If it is something else.
    """
    found: list[Resource] | None = _element(of, name, _is_objects, "not a list of objects, as it is in R4")
    return found or []


def text(of: Resource, name: str) -> str | None:
    """Return a text element; None if absent or empty.

    Raises
    ------
    ShapeError
        If it is something else.
    """
    return _element(of, name, _is_text, "not text, as it is in R4") or None


def number(of: Resource, name: str) -> float | None:
    """Return a numeric element.

    Raises
    ------
    ShapeError
        If it is text or something else.
    """
    found = _element(of, name, lambda value: isinstance(value, Number), "not a number, as it is in R4")
    return None if found is None else float(found)


def yes_no(of: Resource, name: str) -> float | None:
    """Return a boolean element as 1 or 0.

    Raises
    ------
    ShapeError
        If it is something else.
    """
    found = _element(of, name, lambda value: isinstance(value, bool), "neither true nor false")
    return None if found is None else float(found)


def concept_of(value: Resource) -> Concept:
    """Return a CodeableConcept."""
    coding = value.get("coding")
    words = value.get("text")
    words = words if isinstance(words, str) and words else None
    if isinstance(coding, list) and coding and isinstance(coding[0], dict):
        first = coding[0].get
        others = None if len(coding) == 1 else _keys(coding[1:])
        return Concept(first("system"), first("code"), first("display"), words, others)
    return Concept(text=words)


def _keys(listed: list[Any]) -> str | None:
    """Return codings as ``SYSTEM|CODE``, one per line; None if none has a code."""
    known = [each for each in listed if isinstance(each, dict) and each.get("code")]
    return "\n".join(f"{each.get('system') or ''}|{each['code']}" for each in known) or None


def concept(of: Resource, name: str) -> Concept:
    """Return an element that is a CodeableConcept.

    Raises
    ------
    ShapeError
        ``not-r4`` if it is bare text, as in older releases.
    """
    found = of.get(name)
    if found is None:
        return _NOTHING
    return concept_of(part(of, name))


def concepts(of: Resource, name: str) -> list[Concept]:
    """Return an element that is a list of CodeableConcepts."""
    return [concept_of(each) for each in parts(of, name)]


def codings(of: Resource, name: str) -> Iterator[tuple[str | None, str | None]]:
    """Yield system and code of every coding of a CodeableConcept."""
    for each in parts(part(of, name), "coding"):
        yield each.get("system"), each.get("code")


def quantity(value: Resource) -> Quantity:
    """Return a Quantity: its unit is the UCUM code if there is one, otherwise the unit's text.

    Raises
    ------
    ShapeError
        If its value is not a number.
    """
    unit = text(value, "unit")
    code = text(value, "code") if value.get("system") == UCUM else None
    contradicts = unit is not None and code is not None and unit != code and _cannot_be_same(unit, code)
    return Quantity(number(value, "value"), code or unit, text(value, "comparator"), contradicts)


def _cannot_be_same(unit: str, code: str) -> bool:
    """Return whether two units differ for any analyte: equivalents may be moles, "IU" may be U."""
    try:
        first, second = parse_unit(unit), parse_unit(code)
    except UnitError:
        return False
    one, other = ({name: power for name, power in each.dims if not name.startswith("{")} for each in (first, second))
    either = {*one, *other}
    if either & {"eq", "iU"}:
        return False
    return one != other or abs(first.factor / second.factor - 1) > 1e-6


def age_years(of: Resource, name: str) -> float | None:
    """Return an Age element in years; None if its unit is not of time."""
    found = quantity(part(of, name))
    if found.value is None or found.unit is None:
        return found.value
    try:
        years = parse_unit(found.unit)
    except UnitError:
        return None
    return found.value * years.factor / parse_unit("a").factor if years.dims == parse_unit("a").dims else None


def day(of: Resource, *names: str) -> str | None:
    """Return the day of the first element present; ``name.start`` for a period."""
    for name in names:
        element, _, inner = name.partition(".")
        found = part(of, element).get(inner) if inner else of.get(element)
        if isinstance(found, str):
            return day_of(found)
    return None


def last_part(reference: str) -> str:
    """Return the last part of a reference: the id.

    >>> last_part("Patient/p1"), last_part("urn:uuid:mrn-1"), last_part("http://x.org/fhir/Patient/p1/_history/2")
    ('p1', 'mrn-1', 'p1')
    """
    bare = reference.partition("/_history/")[0]
    return bare.rpartition("/")[2].rpartition(":")[2].removeprefix("#")
