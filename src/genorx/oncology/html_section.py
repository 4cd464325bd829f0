"""The evidence of one tumour as a page section: options, therapies not advised, hits, and alterations without match.

The caller writes the page around it, with its style.  Findings are on top; every text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from genorx._core.page import findings_block, finished, html_table
from genorx.oncology.explain import why_not
from genorx.oncology.hit import Hit, Hits
from genorx.oncology.pack import attributions
from genorx.oncology.therapies import TherapyOption, rank_therapies

_CIVIC = re.compile(r"\bcivic:([EA]ID)(\d+)\b")
#: Meaning of a tier (AMP/ASCO/CAP: Li MM et al. 2017, J Mol Diagn 19:4); those without a letter are of PCGR's rule.
_TIERS = {
    "I-A": "approved, or in professional guidelines, for this tumour type",
    "I-B": "well-powered studies with consensus of experts, in this tumour type",
    "II-C": "approved or well studied in another tumour type, or criterion of a trial",
    "II-D": "preclinical work or case reports",
    "III": "of unknown significance",
    "I": "strong clinical significance",
    "II": "potential clinical significance",
    "R-I": "resistance: level A or B, in this tumour type",
    "R-II": "resistance: level C or D in this tumour type, or A or B in another",
    "R-III": "resistance: any other evidence",
}
#: Rows of one tier that are named in a cell; others are counted, and the answer as JSON has them all.
_NAMED = 3


def evidence_section(hits: Hits, options: Iterable[TherapyOption] | None = None) -> str:
    """Return an HTML ``section`` that can be placed in any page."""
    ranked = rank_therapies(hits) if options is None else list(options)
    offered = [option for option in ranked if option.advice == "option"]
    barred = [option for option in ranked if option.advice == "not_advised"]
    disease = hits.disease.query if hits.disease is not None else "not stated"
    sample = hits.reading.sample if hits.reading is not None else None
    whose = f" of {escape(sample)}" if sample else ""
    facts = ", ".join(fact.label for fact in hits.alterations) or "none"
    parts = [
        '<section class="tumour-evidence">',
        f"<h2>Tumour evidence{whose}</h2>",
        findings_block(hits.findings),
        f"<p>Tumour type: {escape(disease)}. Alterations: {escape(facts)}. Evidence is a published "
        "judgement; it is shown beside a model's estimate and never blended with it. Research use.</p>",
        *_read(hits),
        _options(offered),
        _legend(offered),
        "<h3>Evidence that contradicts itself</h3>",
        _table(("Option", "Rows and the rule that decided"), ((o.name, o.conflict) for o in ranked if o.conflict)),
        "<h3>Not advised</h3>",
        _table(("Option", "Reason"), ((each.name, each.reason) for each in barred)),
        "<h3>Alterations without evidence</h3>",
        _table(
            ("Alteration", "Reason"),
            ((each.alteration or each.gene, each.reason) for each in why_not(hits, genes=False)),
        ),
        *(f"<p><small>{escape(line)}</small></p>" for line in attributions(hits.evidence)),
        "</section>",
    ]
    return finished("\n".join(part for part in parts if part) + "\n")


def _read(hits: Hits) -> list[str]:
    """Describe what was read, and how many records gave alterations; the reasons for the others are findings."""
    reading = hits.reading
    if reading is None or reading.kind == "text":
        return []
    return [f"<p>Read: {escape(reading.kind)}; records: {reading.records:,}; alterations: {len(reading):,}.</p>"]


def _options(offered: list[TherapyOption]) -> str:
    """Return the table of options that evidence supports; with a column of a model's estimate only if there is one."""
    modelled = any(each.model is not None for each in offered)
    heads = ("Rank", "Option", "Tier", "Why", "Against", "Drug metabolism", "Model's estimate")
    width = len(heads) if modelled else len(heads) - 1
    return _table(heads[:width], (_offered(each)[:width] for each in offered), caption="Options, best tier first")


def _legend(offered: list[TherapyOption]) -> str:
    """Return the legend of the tiers of support and of resistance on the page."""
    tiers = {each.tier for each in offered if each.tier}
    tiers |= {hit.tier for each in offered for hit in (*each.resistance, *each.related) if hit.tier}
    rows = [f"<dt>{escape(tier)}</dt><dd>{escape(text)}</dd>" for tier, text in _TIERS.items() if tier in tiers]
    return f'<dl aria-label="Tiers">{"".join(rows)}</dl>' if rows else ""


def _offered(option: TherapyOption) -> tuple[str, ...]:
    against = _by_tier(option.resistance)
    against += [f"no benefit found: {_some(hit.evidence_id for hit in option.opposing)}"] if option.opposing else []
    against += _of_one_drug(option)
    against += [f"not assessed: {text}" for text in option.pending]
    model = option.model
    estimate = (
        "no estimate"
        if model is None or model.estimate is None
        else f"{model.estimate:g} ({model.lower:g} to {model.upper:g}) {model.unit}"
    )
    return (
        str(option.rank or ""),
        option.name,
        (option.tier or "none") + (" (gene level)" if option.gene_level else ""),
        option.reason,
        "; ".join(against) or "none known",
        "; ".join(f"{note['drug']}: {note['gene']} {note['finding']}" for note in option.safety) or "–",
        estimate,
    )


def _of_one_drug(option: TherapyOption) -> list[str]:
    """List resistance to one drug of a combination, which does not exclude the combination."""
    found: dict[str, list[Hit]] = {}
    for hit in option.related:
        found.setdefault(option.part_of(hit), []).append(hit)
    return [f"{drug} alone: {', '.join(_by_tier(hits))}" for drug, hits in found.items()]


def _by_tier(hits: Iterable[Hit]) -> list[str]:
    """List the rows of each tier, each once; a row may be met by several alterations or drugs."""
    found: dict[str, list[str]] = {}
    for hit in hits:
        found.setdefault(hit.tier or f"level {hit.level}", []).append(hit.evidence_id)
    return [f"{tier} ({_some(ids)})" for tier, ids in sorted(found.items())]


def _some(ids: Iterable[str]) -> str:
    """Return the first few ids, and how many more there are."""
    known = list(dict.fromkeys(ids))
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return f"{', '.join(known[:_NAMED])}{more}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], *, caption: str = "") -> str:
    """Return an HTML table, with CIViC ids as links."""
    cells = ([_linked(cell) for cell in row] for row in rows)
    return html_table(head, cells, caption=caption) or "<p>None.</p>"


def _linked(text: str) -> Markup:
    """Return escaped text, with the ids of CIViC evidence and assertions as links."""
    return Markup(_CIVIC.sub(_link, str(escape(text))))  # noqa: S704  escaped before


def _link(found: re.Match[str]) -> str:
    kind = "evidence" if found[1] == "EID" else "assertions"
    return f'<a href="https://civicdb.org/{kind}/{found[2]}/summary">{found[0]}</a>'
