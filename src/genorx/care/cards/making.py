"""Cards of a patient's answer for a CDS Hooks client: guidance first, then evidence, then the model.

A card repeats guidance, evidence or the model's estimate, each with its source; no card follows from missing data.  A
drug without any guidance is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx._core.output import to_json
from genorx._core.page import findings_block, html_table, notebook_part
from genorx._core.short_repr import short
from genorx.care.answer import EvidenceRow, PatientOptions, SafetyRow, read_answer
from genorx.care.cards.card import evidence_card, guidance_card, in_order, model_card, provenance_of
from genorx.care.cards.drafts import DraftDrugs, draft_drugs, parts_of
from genorx.care.cards.hook_request import HookRequest, read_hook
from genorx.care.pharmacogenes import pgx_of
from genorx.care.regimen.guidance_checks import asks_something, rows_of_drugs, rows_of_option
from genorx.care.showing import written
from genorx.errors import Finding, UsageError, shown

if TYPE_CHECKING:
    from genorx.care.answer import RankingLike
    from genorx.care.pharmacogenes import PgxLike

HOOKS = ("patient-view", "order-select", "order-sign")
#: Tiers of evidence shown as cards; those of resistance are warnings.
TIERS = ("I-A", "I-B", "R-I")


@short
@dataclass(frozen=True, kw_only=True)
class Cards:
    """A message of CDS Hooks cards, with findings.

    Attributes
    ----------
    message : dict
        ``{"cards": [...]}``, critical ones first.
    findings : tuple of Finding
        ``order-no-guidance`` for a drug of a draft order without guidance, which does not mean that it is safe;
        ``hook-no-orders``, ``hook-patient``, ``hook-other``, ``pgx-no-report``, and those of the call.
    """

    message: dict[str, Any]
    findings: tuple[Finding, ...] = ()

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the message as JSON, and write it if a path is given."""
        return written(to_json(self.message), path)

    def _repr_html_(self) -> str:
        rows = [(each["indicator"], each["summary"], each["source"]["label"]) for each in self.message["cards"]]
        table = html_table(
            ("Indicator", "Summary", "Source"), rows, caption=f"{len(rows)} {'card' if len(rows) == 1 else 'cards'}"
        )
        return notebook_part(
            findings_block(self.findings) + (table or "<p>No card: that does not mean that it is safe.</p>")
        )


def cards(
    ranking: RankingLike,
    *,
    hook: str,
    request: HookRequest | str | Path | bytes | Mapping[str, Any] | None = None,
    patient_id: str | None = None,
    pgx: PgxLike | None = None,
) -> Cards:
    """Return the CDS Hooks cards for a patient's answer.

    Parameters
    ----------
    ranking : Ranking, path, or object of one patient
        Ranking with the patient.
    hook : {"patient-view", "order-select", "order-sign"}
        Hook for which the cards are.
    request : HookRequest, path, bytes or mapping, optional
        The call; for ``order-select`` and ``order-sign`` it holds the draft orders, and cards of guidance and evidence
        are for their drugs only.
    patient_id : str, optional
        Required if the ranking has several patients, since the caller uses another id.
    pgx : reports or path, optional
        Pharmacogene reports with guidance that the ranking lacks: on options named as a drug, and on drugs of draft
        orders.

    Returns
    -------
    Cards

    Raises
    ------
    UsageError
        ``hook-unknown``; ``no-such-patient``, ``patient-needed``.
    InputError
        ``ranking-schema``; as ``read_hook``.

    Examples
    --------
    >>> import genorx as gx
    >>> import pandas as pd
    >>> woman = {"age": 57, "size": 29, "grade": 1, "nodes": 5, "er": 1, "her2": 1, "ki67": 1, "screen": 0}
    >>> woman |= {"generation": 3, "postmenopausal": 1}
    >>> ranking = gx.published.load("predict-breast@2.2").rank(pd.DataFrame([woman], index=["A"]))
    >>> from genorx.care.cards import cards
    >>> found = cards(ranking, hook="patient-view", patient_id="A")
    >>> gx.care.check_cards(found.message)
    []
    """
    if hook not in HOOKS:
        hint = f"one of {', '.join(HOOKS)}"
        raise UsageError(f"there are no cards for the hook {shown(hook)!r}", hint=hint, code="hook-unknown")
    answer = read_answer(ranking, patient_id)
    call = request if isinstance(request, HookRequest) or request is None else read_hook(request, hook)
    report, missing = pgx_of(pgx, answer.patient_id)
    rows = [row for each in answer.options for row in rows_of_option(each, [each.option], report)]
    evidence = [row for each in answer.options for row in each.evidence]
    drafts = None
    if hook != "patient-view":
        drafts = draft_drugs(call, hook, rows, evidence, report)
        if report is not None:
            rows += rows_of_drugs(report, drafts.names)
    made = list(_cards(answer, rows, evidence, drafts))
    stated = (*_of_call(call, hook, answer.patient_id), *missing)
    unknown = () if drafts is None else _without_guidance(drafts, rows, evidence, answer.patient_id)
    return Cards(message={"cards": in_order(made)}, findings=(*stated, *unknown))


def _cards(
    answer: PatientOptions, rows: Iterable[SafetyRow], evidence: Iterable[EvidenceRow], drafts: DraftDrugs | None
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield drug, gene and card for each card."""
    provenance = provenance_of(answer)
    for group in _by_drug_gene_action(rows):
        if drafts is None or drafts.has(group[0].drug):
            orders = () if drafts is None else drafts.orders_of(group[0].drug)
            yield group[0].drug, group[0].gene, guidance_card(answer.patient_id, group, orders, provenance)
    seen: set[str] = set()
    for row in evidence:
        if row.tier in TIERS and row.id not in seen and (drafts is None or drafts.has_therapy(row.therapy)):
            seen.add(row.id)
            yield row.therapy, "", evidence_card(answer.patient_id, row, provenance)
    first = answer.options[0]
    if drafts is None and first.advice == "recommend":
        yield first.option, "", model_card(answer, first, provenance)


def _by_drug_gene_action(rows: Iterable[SafetyRow]) -> list[tuple[SafetyRow, ...]]:
    """Group the rows that require action by drug, gene and action."""
    groups: dict[tuple[str, str, str], list[SafetyRow]] = {}
    for row in rows:
        if asks_something(row):
            groups.setdefault((row.drug.casefold(), row.gene, row.action), []).append(row)
    return [tuple(dict.fromkeys(group)) for group in groups.values()]


def _without_guidance(
    drafts: DraftDrugs, rows: Iterable[SafetyRow], evidence: Iterable[EvidenceRow], patient_id: str
) -> Iterator[Finding]:
    known = {row.drug.casefold() for row in rows}
    known |= {name for row in evidence for name in parts_of(row.therapy)}
    for name in drafts.names:
        if name not in known:
            text = f"no guidance was found for {shown(name)} of a draft order: that does not mean that it is safe"
            yield Finding(code="order-no-guidance", severity="warning", message=text, patient_id=patient_id,
                          place=drafts.place_of(name))  # fmt: skip
    for place in drafts.nameless:
        text = "a draft order does not name its drug: no guidance was looked up, which does not mean that it is safe"
        yield Finding(code="order-no-guidance", severity="warning", message=text, patient_id=patient_id, place=place)


def _of_call(call: HookRequest | None, hook: str, patient_id: str) -> Iterator[Finding]:
    """Yield findings about the call itself."""
    if call is None:
        if hook != "patient-view":
            text = f"no call was given: cards of {hook} are for the drugs of its draft orders only"
            yield Finding(code="hook-no-orders", severity="warning", message=text, patient_id=patient_id)
        return
    yield from call.findings
    if call.hook is not None and call.hook != hook:
        text = f"the call is of hook {shown(call.hook)}, the cards are for {hook}"
        yield Finding(code="hook-other", severity="warning", message=text, patient_id=patient_id, place="hook")
    if call.patient_id is not None and call.patient_id != patient_id:
        text = "the caller's id of the patient is not that of the ranking: the caller states that they are one person"
        yield Finding(code="hook-patient", severity="warning", message=text, patient_id=patient_id,
                      place="context.patientId")  # fmt: skip
