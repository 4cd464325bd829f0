"""Report of an option for a payer, as one HTML page: guidance, evidence, and the model's estimate, marked as such.

It holds no personal data except the patient's id: name, birth date and address are in the bundle only.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from genorx._core.advice import ADVICE
from genorx._core.number_words import difference_text, difference_unit, measure_name
from genorx._core.page import findings_block, html_table, whole_page
from genorx._core.version import __version__
from genorx.care.answer import Difference, EvidenceRow, PatientOptions, RankedOption
from genorx.care.request.request_file import RequestFile
from genorx.errors import Finding
from genorx.knowledge.guidance_words import action_words, phenotype_words, strength_words

_NOTICE = (
    "Assembled by machine from a ranking of treatment options, for the person who is author of this request. "
    "Research use."
)


def not_advised_reason(answer: PatientOptions, option: RankedOption) -> str:
    """Return why an option is not advised: guidance to avoid a drug, or another option shown to be better."""
    avoided = [
        f"{row.source or 'guidance'} advises against {row.drug} ({row.gene}: {phenotype_words(row.phenotype)})"
        for row in option.safety
        if row.action == "avoid"
    ]
    if avoided:
        return "; ".join(dict.fromkeys(avoided))
    if option.difference is not None:
        against = f"against {answer.option_label(answer.reference)} " if answer.reference else ""
        return f"another option is shown to be better; {against}this one has {_difference(option.difference, answer)}"
    if option.option == answer.reference:
        return "another option is shown to be better than this one, the reference"
    return option.no_estimate_reason or "the ranking gives no further reason"


def option_page(answer: PatientOptions, option: RankedOption, request: RequestFile, findings: Iterable[Finding]) -> str:
    """Return the page of an option of a patient."""
    orders = ((each.display or "", each.code, each.system) for each in request.order)
    safety = (
        (
            each.gene,
            phenotype_words(each.phenotype),
            each.drug,
            action_words(each.action),
            strength_words(each.strength),
            each.source,
        )
        for each in option.safety
    )
    evidence = (
        (
            each.therapy or answer.option_label(option.option),
            each.direction,
            each.tier,
            each.level,
            _source(each),
            each.reason,
        )
        for each in option.evidence
    )
    parts = [
        findings_block(findings),
        f"<p>{escape(_NOTICE)}</p>",
        html_table(("", ""), _facts(answer, option), caption="Option and patient"),
        html_table(("Requested", "Code", "System"), orders, caption="Requested items"),
        "<h2>Pharmacogenetic guidance</h2>",
        html_table(("Gene", "Phenotype", "Drug", "Action", "Strength", "Source"), safety) or _none("guidance"),
        "<h2>Public evidence on the tumour</h2>",
        html_table(("Therapy", "Direction", "Tier", "Level", "Source", "Reason"), evidence) or _none("evidence"),
        "<h2>Estimate of the model</h2>",
        f"<p>{escape(_estimate(answer, option))}</p>",
        html_table(("", ""), _sources(answer), caption="Sources"),
    ]
    title = report_title(answer, option)
    return whole_page(title, "\n".join(parts), heading=title)


def _source(row: EvidenceRow) -> str:
    """Return source and id of a row, without repeating the source if the id begins with it."""
    return row.id if row.id.startswith(row.source) else f"{row.source} {row.id}"


def report_title(answer: PatientOptions, option: RankedOption) -> str:
    """Return the title of the report of an option."""
    return f"{answer.option_label(option.option)}: report for a prior authorisation"


def _none(what: str) -> str:
    return f"<p>The ranking holds no {what} on this option. That does not mean that there is none.</p>"


def _facts(answer: PatientOptions, option: RankedOption) -> list[tuple[str, str]]:
    word, meaning = ADVICE[option.advice]
    label = answer.option_label(option.option)
    facts = [("Patient", answer.patient_id), ("Option", label), ("Advice of the model", f"{word}: {meaning}")]
    if option.advice == "not_advised":
        facts.append(("Reason", not_advised_reason(answer, option)))
    return facts


def _estimate(answer: PatientOptions, option: RankedOption) -> str:
    """Describe the model's estimate, and state that no guideline gives it."""
    if option.difference is None:
        own = "this is the reference option" if option.option == answer.reference else "the ranking gives no reason"
        return f"The {answer.model_name} gives no estimate: {option.no_estimate_reason or own}."
    against = f" against {answer.option_label(answer.reference)}" if answer.reference else ""
    return (
        f"The {answer.model_name} estimates{against}: {_difference(option.difference, answer)}. "
        "It is an estimate of a model from data, not a statement of a guideline."
    )


def _difference(found: Difference, answer: PatientOptions) -> str:
    """Describe a difference: of what, how large, and its limits."""
    what = measure_name(found.measure, found.horizon, found.unit, free=answer.free_of(found.outcome))
    span = "" if found.lower is None or found.upper is None else ", with a 95 % interval"
    return f"{answer.outcome_label(found.outcome)}, {what}: {difference_text(found)} {difference_unit(found)}{span}"


def _sources(answer: PatientOptions) -> list[tuple[str, str]]:
    held = answer.provenance
    facts = [("Program", f"genorx {__version__}")]
    facts += [(name.capitalize(), str(held[name])) for name in ("model", "study", "date") if held.get(name)]
    return facts + [(f"Knowledge: {name}", str(release)) for name, release in dict(held.get("knowledge") or {}).items()]
