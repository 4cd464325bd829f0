"""The checklist of a request: what is missing in words, what is there and from where, and the evidence; no values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genorx._core.page import findings_block, html_table, notebook_part, whole_page

if TYPE_CHECKING:
    from genorx.care.request.authorization import Authorization
    from genorx.care.request.missing import PathState
    from genorx.interop.fhir_out.resources import Json

_LEVELS = {"mandatory": "mandatory", "must_support": "expected"}
_TITLE = "Prior authorisation request"


def checklist_page(made: Authorization) -> str:
    """Return the checklist as a page of its own."""
    return whole_page(_TITLE, _body(made), heading=_TITLE)


def checklist_part(made: Authorization) -> str:
    """Return the checklist as a part of a notebook."""
    return notebook_part(_body(made))


def _body(made: Authorization) -> str:
    absent = [each for each in made.states if not each.given]
    mandatory = sum(each.level == "mandatory" for each in absent)
    summary = (
        f"<p>Da Vinci PAS {made.version}. Missing: {mandatory} mandatory, {len(absent) - mandatory} expected. "
        "A person reads, completes and sends it; nothing was sent.</p>"
    )
    return "\n".join(
        (
            findings_block(made.findings),
            summary,
            html_table(("Missing", "", "Item", "What to ask for"), map(_missing, absent), caption="What is missing")
            or "<p>Nothing that the profiles ask for is missing.</p>",
            html_table(("There", "Item", "Source"), _present(made), caption="What is there"),
            html_table(("Evidence", "What", "Source"), _evidence(made.bundle), caption="Evidence attached"),
        )
    )


def _missing(state: PathState) -> tuple[str, str, str, str]:
    rule = state.rule
    return (f"{rule.resource} {rule.path}", _LEVELS[state.level], _number(state), rule.words)


def _present(made: Authorization) -> Iterator[tuple[str, str, str]]:
    for state in made.states:
        if state.given:
            yield (f"{state.rule.resource} {state.rule.path}", _number(state), f"request file: {state.rule.keys[0]}")


def _number(state: PathState) -> str:
    return "" if state.item is None else str(state.item)


def _evidence(bundle: Json) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each Observation and document: what it is, what it says, who says so."""
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
    source = " ".join(str(identifier[name]) for name in ("system", "value") if name in identifier)
    words = "; ".join(value for value in (own, *values) if value)
    return (resource["code"]["coding"][0]["display"], words, source)


def _value(part: Json) -> str:
    """Return what a component says: text, else what its code is called."""
    concept = part.get("valueCodeableConcept", {})
    coding = (concept.get("coding") or [{}])[0]
    return concept.get("text") or coding.get("display") or part.get("valueString") or ""
