"""One card: summary, detail, indicator, source, and suggested actions; no patient is in it.

Source: CDS Hooks 2.0, "Card Attributes" (https://cds-hooks.hl7.org/2.0/#card-attributes).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from genorx._core.version import __version__
from genorx.care.answer import Difference, EvidenceRow, PatientOptions, RankedOption, SafetyRow
from genorx.care.cards.check import INDICATORS, check_cards
from genorx.care.cards.hook_request import DraftOrder
from genorx.care.cards.text import markdown, plain, summary
from genorx.care.ids import identity

Card = dict[str, Any]
OVERRIDE: Final = "urn:genorx:override"
_OVERRIDES = (
    ("benefit-outweighs", "The expected benefit outweighs the risk"),
    ("already-adjusted", "Dose or monitoring is already adjusted"),
    ("tolerated-before", "The patient has tolerated the drug before"),
    ("not-applicable", "The guidance does not apply to this patient or use"),
    ("patient-preference", "The patient decided otherwise after counselling"),
)
#: Indicator of each action of guidance, and its text.
_ACTIONS = {
    "avoid": ("critical", "avoid"),
    "alternative": ("warning", "another drug is advised"),
    "reduce": ("warning", "a lower dose is advised"),
    "increase": ("warning", "a higher dose is advised"),
    "monitor": ("info", "closer monitoring is advised"),
}
_END = "For research and decision support: a person decides."
_RESISTANCE = "R-"


def provenance_of(answer: PatientOptions) -> Card:
    """Return model, knowledge and version, as shown in each card."""
    return {
        "org.genorx.provenance": {
            "model": answer.provenance.get("model"),
            "knowledge": answer.provenance.get("knowledge"),
            "version": __version__,
        }
    }


def guidance_card(patient_id: str, rows: Sequence[SafetyRow], orders: Sequence[DraftOrder], provenance: Card) -> Card:
    """Return the card for guidance on a drug by a gene; ``rows`` are of one drug, gene and action."""
    first = rows[0]
    indicator, asked = _ACTIONS[first.action]
    phenotypes = ", ".join(dict.fromkeys(row.phenotype for row in rows))
    sources = [row.source for row in rows if row.source]
    strengths = ", ".join(dict.fromkeys(row.strength for row in rows if row.strength)) or "not graded"
    detail = [
        f"**{markdown(first.drug)}**, {markdown(first.gene)}: {markdown(phenotypes)}.",
        f"Guidance: {asked}. Strength: {markdown(strengths)}.",
        *(f"Source: {markdown(source)}." for source in dict.fromkeys(sources)),
        _END,
    ]
    made = {
        "uuid": identity("card", patient_id, "guidance", first.drug, first.gene, first.action),
        "summary": summary(f"{first.drug}: {asked} ({first.gene} {phenotypes})"),
        "detail": "\n\n".join(detail),
        "indicator": indicator,
        "source": _source(sources[0] if sources else "pharmacogenetic guidance", [row.url for row in rows]),
    }
    if first.action == "avoid":
        made |= _suggestion(patient_id, first.drug, orders)
    return _finished(made, provenance)


def evidence_card(patient_id: str, row: EvidenceRow, provenance: Card) -> Card:
    """Return the card of a row of public evidence."""
    resistance = row.tier.startswith(_RESISTANCE)
    therapy = row.therapy or "therapy not named"
    stated = row.direction or ("resistance" if resistance else "sensitivity")
    level = f", level {markdown(row.level)}" if row.level else ""
    detail = [
        f"**{markdown(therapy)}**: {markdown(stated)}. Tier {markdown(row.tier)}{level}.",
        *([f"Why: {markdown(row.reason)}."] if row.reason else []),
        f"Evidence: {markdown(row.id)}.",
        _END,
    ]
    made = {
        "uuid": identity("card", patient_id, "evidence", row.id),
        "summary": summary(f"{therapy}: evidence {row.tier}, {stated} ({row.id})"),
        "detail": "\n\n".join(detail),
        "indicator": "warning" if resistance else "info",
        "source": _source(row.source or row.id, [row.url]),
    }
    return _finished(made, provenance)


def model_card(answer: PatientOptions, option: RankedOption, provenance: Card) -> Card:
    """Return the card of the option that the model recommends, with its difference."""
    label = answer.option_label(option.option)
    gap = difference_words(option.difference, answer.option_label(answer.reference))
    measured = "" if option.difference is None else _measure(option.difference, answer)
    detail = [
        f"**{markdown(label)}** is recommended by the {markdown(answer.model_name)}.",
        *([f"Difference: {markdown(gap)}, {markdown(measured)}."] if gap else []),
        "An estimate from patients of a study, no guideline.",
        _END,
    ]
    made = {
        "uuid": identity("card", answer.patient_id, "model", option.option),
        "summary": summary(f"{label}: {f'{gap}, ' if gap else ''}recommended by the {answer.model_name}"),
        "detail": "\n\n".join(detail),
        "indicator": "info",
        "source": _source(answer.model_name, []),
    }
    return _finished(made, provenance)


def difference_words(gap: Difference | None, reference: str) -> str:
    """Return a difference with interval and unit as text; empty if there is none."""
    if gap is None:
        return ""
    unit = f" {gap.unit}" if gap.unit else ""
    known = gap.lower is not None and gap.upper is not None
    span = f" (95 % interval {gap.lower:.3g} to {gap.upper:.3g})" if known else " (no interval)"
    return f"{gap.estimate:+.3g}{unit}{span} against {reference or 'the reference'}"


def _measure(gap: Difference, answer: PatientOptions) -> str:
    until = "" if gap.horizon is None else f" up to {gap.horizon:g}{f' {gap.unit}' if gap.unit else ''}"
    return f"{gap.measure} of {answer.outcome_label(gap.outcome)}{until}"


def _source(label: str, urls: Iterable[str]) -> Card:
    """Return the source of a card; an address that no client could open is omitted."""
    made: Card = {"label": plain(label) or "source not named"}
    for url in filter(None, urls):
        probe = {"summary": "s", "indicator": "info", "source": {"label": "s", "url": url}}
        if not check_cards({"cards": [probe]}):
            return made | {"url": url}
    return made


def _suggestion(patient_id: str, drug: str, orders: Sequence[DraftOrder]) -> Card:
    """Return the suggestion to remove a drug's draft orders; nothing if no order has an id."""
    name = plain(drug)
    actions = [
        {"type": "delete", "description": f"Remove the draft order of {name}", "resourceId": reference}
        for reference in dict.fromkeys(each.reference for each in orders)
        if reference
    ]
    if not actions:
        return {}
    uuid = identity("suggestion", patient_id, drug, [each["resourceId"] for each in actions])
    suggestion = {"label": summary(f"Remove {name}"), "uuid": uuid, "actions": actions}
    return {"suggestions": [suggestion], "selectionBehavior": "at-most-one"}


def _finished(made: Card, provenance: Card) -> Card:
    if made["indicator"] != "info":
        reasons = [{"code": code, "system": OVERRIDE, "display": words} for code, words in _OVERRIDES]
        made = made | {"overrideReasons": reasons}
    return made | {"extension": provenance}


def in_order(made: Iterable[tuple[str, str, Card]]) -> list[Card]:
    """Sort cards by indicator (critical, warning, info), then by drug, then by gene."""

    def place(each: tuple[str, str, Card]) -> tuple[int, str, str]:
        drug, gene, card = each
        return -INDICATORS.index(card["indicator"]), drug.casefold(), gene.casefold()

    return [card for _, _, card in sorted(made, key=place)]
