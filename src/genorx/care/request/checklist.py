"""Checklist of a request: missing elements, given elements with their source, and the evidence; no values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from genorx._core.page import findings_block, html_table, notebook_part, whole_page
from genorx.knowledge.guidance_words import action_words

if TYPE_CHECKING:
    from genorx.care.request.authorization import Authorization
    from genorx.care.request.missing import PathState
    from genorx.interop.fhir_out.resources import Json

_LEVELS = {"mandatory": "mandatory", "must_support": "expected"}
_TITLE = "Prior authorisation request"


def checklist_page(made: Authorization) -> str:
    """Return the checklist as a page of its own."""
    return whole_page(_TITLE, _body(made), heading=_TITLE)


def checklist_section(made: Authorization) -> str:
    """Return the checklist as a section of a report."""
    return f"<section><h2>{_TITLE}</h2>{_body(made)}</section>"


def checklist_part(made: Authorization) -> str:
    """Return the checklist as a part of a notebook."""
    return notebook_part(_body(made))


def _body(made: Authorization) -> str:
    absent = _by_rule(each for each in made.states if not each.given)
    present = _by_rule(each for each in made.states if each.given)
    mandatory = sum(rows[0].level == "mandatory" for rows in absent)
    summary = (
        f"<p>Da Vinci PAS {made.version}. Missing: {mandatory} mandatory elements, {len(absent) - mandatory} that the "
        "profiles expect where they are known. A person reads, completes and sends it; nothing was sent.</p>"
    )
    complete = "<p>No element that the profiles require is missing.</p>"
    return "\n".join(
        (
            findings_block(made.findings),
            summary,
            html_table(
                ("Missing", "Needed", "Items", "What to ask for"), map(_missing, absent), caption="Missing elements"
            )
            or complete,
            html_table(("Given", "Needed", "Items", "Source"), map(_present, present), caption="Given elements"),
            html_table(("Evidence", "Content", "Source"), _evidence(made.bundle), caption="Attached evidence"),
        )
    )


def _by_rule(states: Iterable[PathState]) -> list[list[PathState]]:
    """Group the states of one path over several items, in their order."""
    found: dict[tuple[str, str], list[PathState]] = {}
    for each in states:
        found.setdefault((each.rule.resource, each.rule.path), []).append(each)
    return list(found.values())


def _missing(states: list[PathState]) -> tuple[str, ...]:
    return (*_named(states), states[0].rule.words)


def _present(states: list[PathState]) -> tuple[str, ...]:
    section, _, key = states[0].rule.keys[0].partition(".*.")
    where = f"[[{section}]] {key}" if key else section
    return (*_named(states), f"request file, {where}")


def _named(states: list[PathState]) -> tuple[str, str, str]:
    rule = states[0].rule
    items = ", ".join(str(each.item) for each in states if each.item is not None)
    return (f"{rule.resource} {rule.path}", _LEVELS[states[0].level], items)


def _evidence(bundle: Json) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each Observation and document: kind, content, source."""
    for each in bundle["entry"]:
        resource = each["resource"]
        if resource["resourceType"] == "DocumentReference":
            attachment = resource["content"][0]["attachment"]
            yield ("Report", attachment["title"], f"{attachment['contentType']}, {attachment['size']:,} bytes")
        elif resource["resourceType"] == "Observation":
            yield _observation(resource)


def _observation(resource: Json) -> tuple[str, str, str]:
    values = [_value(part) for part in resource.get("component", ())]
    own = resource.get("valueCodeableConcept", {}).get("text")
    identifier = resource.get("identifier", [{}])[0]
    system, value = (str(identifier.get(name, "")) for name in ("system", "value"))
    source = value if value.startswith(system) else f"{system} {value}".strip()
    words = "; ".join(value for value in (own, *values) if value)
    return (resource["code"]["coding"][0]["display"], words, source)


def _value(part: Json) -> str:
    """Return a component's value: text, otherwise the display of its code."""
    concept = part.get("valueCodeableConcept", {})
    coding = (concept.get("coding") or [{}])[0]
    return action_words(concept.get("text") or coding.get("display") or part.get("valueString") or "")
