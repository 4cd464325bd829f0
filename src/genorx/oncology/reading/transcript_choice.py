"""One alteration per gene from the entries of an allele: the chosen transcript, with notes on the others.

Order: MANE Plus Clinical if evidence names its change, MANE Select, the annotator's pick, canonical, most severe.  The
changes on all other transcripts are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from genorx.oncology.alteration import LATE_TRUNCATION, Alteration, classes_of_terms
from genorx.oncology.criteria import Atom
from genorx.oncology.gene_facts import ITD_SHORTEST, ITD_SPANS, PROMOTER_CDNA
from genorx.oncology.protein import SILENT_KINDS, ProteinChange, read_protein_change
from genorx.oncology.reading.consequence_entry import ConsequenceEntry

#: Part of the coding sequence, from its end, in which a truncation is not counted as loss of function (PCGR's rule).
LOF_TAIL = 0.025
_SEVERITY = ("truncating", "splice", "start_lost", "stop_lost", "inframe", "missense", "protein_altering")
_LOF_CLASSES = frozenset({"loss_of_function"})
Named = Callable[[str, str], bool]


def alterations_of(entries: list[ConsequenceEntry], named: Named) -> list[Alteration]:
    """Return the alterations of one allele, one per gene; silent and non-coding ones give none.

    Parameters
    ----------
    named : callable
        Returns whether evidence names a (gene, protein change); decides on MANE Plus Clinical.
    """
    by_gene: dict[str, list[ConsequenceEntry]] = {}
    for entry in entries:
        if entry.gene:
            by_gene.setdefault(entry.gene, []).append(entry)
    found = (_alteration(gene, group, named) for gene, group in by_gene.items())
    return [alteration for alteration in found if alteration is not None]


def _alteration(gene: str, group: list[ConsequenceEntry], named: Named) -> Alteration | None:
    chosen = min(group, key=lambda entry: _place(gene, entry, named))
    classes = classes_of_terms(chosen.terms)
    change = read_protein_change(chosen.protein)
    others = _other_changes(group, chosen, change)
    atom = _atom(gene, chosen, classes, change)
    if atom is None:
        if not others:
            return None
        atom = Atom(type="protein", gene=gene)  # silent on the chosen transcript: only "other transcript" is left
    classes, notes = _guarded(chosen, classes)
    details: dict[str, Any] = {
        "transcript": chosen.transcript,
        "consequence": chosen.terms,
        "hgvsp": chosen.protein,
        "hgvsc": chosen.cdna,
    }
    if chosen.frequency is not None:
        details["population_frequency"] = chosen.frequency
    if "pathogenic" in chosen.clinical.lower() and "conflicting" not in chosen.clinical.lower():
        classes = classes | {"pathogenic"}
    return Alteration(
        atom=atom,
        classes=classes,
        exons=_exons(chosen.exon),
        cdna=frozenset({chosen.cdna.rpartition(":")[2]} if chosen.cdna else set()),
        rsids=frozenset(name.lower() for name in re.findall(r"rs\d+", chosen.rsids)),
        other_changes=others,
        details={key: value for key, value in details.items() if value not in ("", None)},
        notes=notes,
    )


def _place(gene: str, entry: ConsequenceEntry, named: Named) -> tuple[int, int]:
    change = read_protein_change(entry.protein)
    if entry.mane_plus and change is not None and named(gene, change.text):
        rank = 0
    elif entry.mane_select:
        rank = 1
    elif entry.picked:
        rank = 2
    else:
        rank = 3 if entry.canonical else 4
    return rank, _severity(entry)


def _severity(entry: ConsequenceEntry) -> int:
    classes = classes_of_terms(entry.terms)
    return next((at for at, name in enumerate(_SEVERITY) if name in classes), len(_SEVERITY))


def _atom(gene: str, entry: ConsequenceEntry, classes: frozenset[str], change: ProteinChange | None) -> Atom | None:
    if change is not None and change.kind not in SILENT_KINDS:
        return Atom(type="protein", gene=gene, change=change.text)
    if change is not None and change.kind == "splice":
        return Atom(type="protein", gene=gene, change=change.text)
    cdna = entry.cdna.rpartition(":")[2]
    if cdna in PROMOTER_CDNA.get(gene, frozenset()):
        return Atom(type="region", gene=gene, name="Promoter")
    if change is not None and change.kind == "synonymous":
        return None
    name: str | None = next(
        (word for word in ("frameshift", "truncating", "splice", "missense") if word in classes), None
    )
    if name is None and classes & {"inframe", "start_lost", "stop_lost", "protein_altering"}:
        name = "mutation"
    return Atom(type="gene_class", gene=gene, cls=name) if name else None


def _other_changes(
    group: list[ConsequenceEntry], chosen: ConsequenceEntry, change: ProteinChange | None
) -> tuple[str, ...]:
    mine = change.text if change else ""
    found = [read_protein_change(entry.protein) for entry in group if entry is not chosen]
    texts = (
        other.text for other in found if other is not None and other.kind not in SILENT_KINDS and other.text != mine
    )
    return tuple(dict.fromkeys(texts))


def _exons(text: str) -> frozenset[int]:
    first = re.match(r"([0-9]{1,4})(?:-([0-9]{1,4}))?(?![0-9])", text)
    if not first:
        return frozenset()
    return frozenset(range(int(first[1]), int(first[2] or first[1]) + 1))


def _guarded(entry: ConsequenceEntry, classes: frozenset[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Remove loss of function from a truncation at the very end of the protein; add the annotator's warnings."""
    notes = [f"annotator's warning: {entry.warning}"] if entry.warning else []
    place = re.match(r"([0-9]{1,6})(?:-[0-9]+)?/([0-9]{1,6})(?![0-9])", entry.protein_position)
    if place and classes & _LOF_CLASSES and int(place[1]) > (1 - LOF_TAIL) * int(place[2]):
        classes = classes - _LOF_CLASSES | {LATE_TRUNCATION}
        notes.append(f"truncation in the last {LOF_TAIL:.1%} of the protein: not counted as loss of function")
    return classes, tuple(notes)


def as_tandem_duplication(
    fact: Alteration, *, assembly: str | None, chrom: str, pos: int, ref: str, alt: str
) -> Alteration:
    """Return a fact as internal tandem duplication if its position shows this and no protein change is known.

    Callers of FLT3-ITD write symbolic alleles, for which annotators give "in-frame insertion" and no protein change.
    """
    gene = fact.atom.gene or ""
    contig, first, last = ITD_SPANS.get((gene, assembly or ""), ("", 0, 0))
    longer = alt.startswith(("<DUP", "<INS")) or len(alt) - len(ref) >= 3 * ITD_SHORTEST
    unnamed = fact.atom.type == "gene_class" and "inframe" in fact.classes
    if not (unnamed and longer and chrom == contig and first <= pos <= last):
        return fact
    note = "internal tandem duplication by its place: an in-frame insertion in exons 14 to 15"
    return with_notes(replace(fact, atom=Atom(type="itd", gene=gene, name="ITD")), note)


def with_notes(alteration: Alteration, *notes: str) -> Alteration:
    """Return an alteration with additional notes."""
    return replace(alteration, notes=(*alteration.notes, *(note for note in notes if note)))
