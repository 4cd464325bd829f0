"""Reasons why an evidence row is or is not a hit: for every alteration, and every biomarker gene."""

from __future__ import annotations

from dataclasses import dataclass

from genorx._core.short_repr import Results, short
from genorx.oncology.alteration import Alteration
from genorx.oncology.comparison import keys_of
from genorx.oncology.criteria import Atom
from genorx.oncology.evidence_index import EvidenceIndex, evidence_index
from genorx.oncology.hit import Hits
from genorx.oncology.predicate import Findings


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why a gene or an alteration has no hit.

    Attributes
    ----------
    gene : str
        Symbol of the gene, or name of a tumour-wide marker.
    alteration : str or None
        The tumour's alteration in that gene; None without one.
    reason : str
        Reason in words, never empty.
    needs : tuple of str
        Requirements of the nearest rows, up to five.
    rows : int
        Number of evidence rows that name the gene.
    """

    gene: str
    alteration: str | None
    reason: str
    needs: tuple[str, ...]
    rows: int


def explain(hits: Hits, evidence_id: str) -> str:
    """Return the reason why an evidence row is or is not among the hits.

    Raises
    ------
    KeyError
        If the evidence has no such row.
    """
    for hit in hits:
        if hit.evidence_id == evidence_id:
            return hit.reason
    record = hits.evidence[evidence_id]
    if evidence_id in hits.left_out:
        return f"not a hit: {hits.left_out[evidence_id]}"
    held = Findings(facts=hits.alterations, assessed=hits.assessed, hotspots=evidence_index(hits.evidence).hotspots)
    ways = [_unmet(alternative, held) for alternative in record.predicate]
    return f"not a hit: {record.profile_label} is not met; " + "; or ".join(dict.fromkeys(ways))


def _unmet(atoms: tuple[Atom, ...], held: Findings) -> str:
    met = [atom for atom in atoms if held.match_atom(atom) is not None]
    missing = [f"{atom.label} ({_why(atom, held)})" for atom in atoms if held.match_atom(atom) is None]
    also = f"{', '.join(atom.label for atom in met)} alone does not suffice, " if met else ""
    return f"{also}it needs {', '.join(missing)}" if missing else f"{also}it needs more than was found"


def _why(atom: Atom, held: Findings) -> str:
    """Return why one atom is not matched."""
    keys = keys_of(atom)
    facts = [fact for key in keys for fact in held.by_key.get(key, ())]
    if atom.type in ("expression", "loh", "transcript_variant", "opaque", "nested") and not facts:
        return "not assessed"
    others = dict.fromkeys(fact.label for fact in facts if fact.label != atom.label)
    if facts:
        return f"found instead: {', '.join(others)}" if others else "found, but not in the form that the row requires"
    if not set(keys) & held.assessed:
        return (
            "the gene was not stated to be assessed"
            if atom.negated or atom.type == "wildtype"
            else "not among the alterations"
        )
    return "assessed and not found"


def why_not(hits: Hits, *, genes: bool = True) -> list[WhyNot]:
    """Return the reason for each alteration, and each biomarker gene, without a hit.

    Parameters
    ----------
    genes : bool
        Whether to list the genes of the evidence in which the tumour has no alteration too.  The default is True.
    """
    index = evidence_index(hits.evidence)
    held = Findings(facts=hits.alterations, assessed=hits.assessed, hotspots=index.hotspots)
    used = {id(fact) for hit in hits for fact in hit.alterations}
    found = [_why_alteration(fact, index, held) for fact in hits.alterations if id(fact) not in used]
    if genes:
        hit_keys = {key for hit in hits for match in hit.matches for key in keys_of(match.atom)}
        mine = {key for fact in hits.alterations for key in keys_of(fact.atom)}
        found += [_why_gene(key, index, hits) for key in sorted(set(index.by_key) - hit_keys - mine)]
    return Results(found)


def _rows_of(index: EvidenceIndex, keys: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    numbers = index.candidates(keys)
    labels = dict.fromkeys(index.groups[number][1][0].profile_label for number in numbers)
    return sum(len(index.groups[number][1]) for number in numbers), tuple(list(labels)[:5])


def _why_alteration(fact: Alteration, index: EvidenceIndex, held: Findings) -> WhyNot:
    keys = keys_of(fact.atom)
    rows, needs = _rows_of(index, keys)
    if not fact.accepted:
        reason = "a filter of the file marks it: kept, not matched"
    elif fact.atom.negated:
        reason = "stated to be absent"
    elif fact.atom.type == "protein" and fact.change is None:
        reason = "the protein change is empty or cannot be read: it matches nothing"
    elif not rows:
        reason = "no evidence row names the gene" if fact.genes else "no evidence row names the marker"
    elif fact.atom.type == "protein" and not fact.non_silent:
        reason = "a silent, start or unknown change: it matches nothing"
    else:
        near = next((number for number in index.candidates(keys)), None)
        named = f"{rows} {'row names' if rows == 1 else 'rows name'} {', '.join(keys)}, none is met by {fact.label}"
        nearest = "" if near is None else index.groups[near][1][0].profile_label
        detail = "" if near is None else f"; the nearest, {nearest}: {_unmet(index.groups[near][0][0], held)}"
        reason = f"{named}{detail}"
    return WhyNot(gene=", ".join(keys) or "?", alteration=fact.label, reason=reason, needs=needs, rows=rows)


def _why_gene(key: str, index: EvidenceIndex, hits: Hits) -> WhyNot:
    rows, needs = _rows_of(index, (key,))
    if key.startswith("#"):
        reason = "the marker was not given"
    elif key in hits.assessed:
        reason = "assessed, no alteration found"
    else:
        reason = "no alteration given; whether the gene was assessed is not stated"
    return WhyNot(gene=key.removeprefix("#"), alteration=None, reason=reason, needs=needs, rows=rows)
