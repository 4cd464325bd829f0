"""Rendering and billing providers of a FHIR claim line, by national provider number only.

A member of the care team, or a provider, is named by an identifier, or by a reference to a resource in the claim or in
the same document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from genorx._core.strict_json import Number
from genorx.errors import shown
from genorx.interop.fhir_in.elements import Resource, ShapeError, number, part, parts, text

_NPI = "http://hl7.org/fhir/sid/us-npi"
#: Roles of the rendering provider, in order of preference.
_RENDERING = ("performing", "rendering", "primary")


@dataclass(frozen=True, slots=True)
class Providers:
    """Provider numbers of the resources of a document, by the references that can point to them."""

    known: Mapping[str, str]

    @classmethod
    def of(cls, resources: Iterable[tuple[Resource, str | None]]) -> Providers:
        """Return the provider numbers of resources, each given with its full URL, if it has one."""
        known: dict[str, str] = {}
        for resource, url in resources:
            found = _of_identifiers(resource.get("identifier"))
            if found:
                name = text(resource, "id")
                known |= {reference: found for reference in (url, f"{resource['resourceType']}/{name}") if reference}
        return cls(known)

    def billing(self, claim: Resource) -> str:
        """Return the billing provider of a claim: its provider, otherwise its organization; empty without a number."""
        named = (self._number(claim, part(claim, name)) for name in ("provider", "organization"))
        return next((found for found in named if found), "")

    def rendering(self, claim: Resource, item: Resource) -> str:
        """Return the rendering provider: that of the line, otherwise of the team, otherwise the claim's provider."""
        team = parts(claim, "careTeam")
        pointers = numbers(item, "careTeamSequence") or numbers(item, "careTeamLinkId")
        named = [member for member in team if number(member, "sequence") in pointers]
        candidates = [*_by_role(named), *named, *_by_role(team)]
        found = (self._number(claim, part(member, "provider")) for member in candidates)
        return next((each for each in found if each), "") or self._number(claim, part(claim, "provider"))

    def _number(self, claim: Resource, reference: Resource) -> str:
        found = _of_identifiers(reference.get("identifier"))
        target = text(reference, "reference") or ""
        if found or not target:
            return found
        if target.startswith("#"):
            inside = (each for each in parts(claim, "contained") if each.get("id") == target[1:])
            return next((_of_identifiers(each.get("identifier")) for each in inside), "")
        return self.known.get(target.partition("/_history/")[0], "")


def _of_identifiers(value: Any) -> str:
    """Return the first national provider number of an identifier or a list of them; empty if there is none."""
    listed = value if isinstance(value, list) else [value]
    for each in listed:
        if isinstance(each, dict) and each.get("system") == _NPI and isinstance(each.get("value"), str):
            found: str = each["value"].strip()
            return found
    return ""


def _by_role(members: Iterable[Resource]) -> list[Resource]:
    ranked = [(place, member) for member in members for place in _places(member)]
    return [member for _, member in sorted(ranked, key=lambda each: each[0])]


def _places(member: Resource) -> list[int]:
    codes = [each.get("code") for each in parts(part(member, "role"), "coding")]
    return [place for place, role in enumerate(_RENDERING) if role in codes][:1]


def numbers(of: Resource, name: str) -> list[float]:
    """Return an element as a list of numbers; empty if absent.

    Raises
    ------
    ShapeError
        If it is anything else.
    """
    found = of.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, Number) for each in found):
        raise ShapeError(name, f"{shown(name)} is not a list of numbers")
    return [float(each) for each in found]
