"""Comparison of a fact with an atom: the rule of each atom type, with strength, exactness and notes.

An exact atom never means "the same residue".  Strengths are ordinal: exact allele 6, exact protein 5, codon, exon, copy
number or both partners 4, functional class or one partner 3, any mutation of the gene 2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from genorx.oncology.alteration import Alteration
from genorx.oncology.criteria import Atom, plain
from genorx.oncology.gene_facts import ITD_RESIDUES, ITD_SHORTEST, PROMOTER_CDNA, REGION_RESIDUES
from genorx.oncology.protein import ProteinChange, read_protein_change, same_protein_change

ALLELE, PROTEIN, PLACE, CLASS, GENE = 6, 5, 4, 3, 2


@dataclass(frozen=True, slots=True)
class Met:
    """A match of an atom: its strength, whether it is exact, and notes."""

    strength: int
    exact: bool = True
    note: str = ""
    other_transcript: bool = False


def keys_of(atom: Atom) -> tuple[str, ...]:
    """Return the index keys of an atom: its genes in capitals, or the name of a tumour-wide marker."""
    if atom.type == "fusion":
        return tuple(dict.fromkeys(name.upper() for name in (atom.five, atom.three) if name))
    if atom.gene:
        return (atom.gene.upper(),)
    if atom.type == "signature":
        return (f"#{plain(atom.name or '')}",)
    return (f"#{plain(atom.name or atom.text or '')}",)


def compare(atom: Atom, fact: Alteration, *, hotspot: bool = False) -> Met | None:
    """Return the match of a fact with an atom (ignoring negation), or None.

    Parameters
    ----------
    hotspot : bool
        Whether evidence names the residue of the fact; a missense change there counts as oncogenic, but not as an
        exact match.  The default is False.
    """
    reader = _COMPARE.get(atom.type)
    if atom.type == "gene_class":
        return _gene_class(atom, fact, hotspot)
    return reader(atom, fact) if reader else _by_name(atom, fact)


def _protein(atom: Atom, fact: Alteration) -> Met | None:
    if fact.atom.type != "protein":
        return None
    expected = read_protein_change(atom.change)
    if expected is None:
        return None
    gene = (atom.gene or "").upper()
    if fact.change is not None and same_protein_change(expected, fact.change):
        known = (gene, expected.text) in fact.known_alleles
        return Met(ALLELE if known else PROTEIN, note="exact genomic allele" if known else "")
    for text in fact.other_changes:
        other = read_protein_change(text)
        if other is not None and same_protein_change(expected, other):
            known = (gene, expected.text) in fact.known_alleles
            return Met(PROTEIN, exact=known, note=f"other transcript: {text}", other_transcript=not known)
    if (gene, expected.text) in fact.known_alleles:
        return Met(ALLELE, note=f"exact genomic allele; {fact.atom.change} on the transcript read")
    return None


def _codon(atom: Atom, fact: Alteration) -> Met | None:
    if fact.atom.type == "codon":
        same = fact.atom.position == atom.position and (fact.atom.residue or atom.residue) == (
            atom.residue or fact.atom.residue
        )
        return Met(PLACE) if same else None
    for change in _confirmed_changes(fact):
        substituted = change.kind == "substitution" and change.start == atom.position and "*" not in change.new
        if substituted and atom.residue in (None, change.first):
            return Met(PLACE)
    return None


def _confirmed_changes(fact: Alteration) -> list[ProteinChange]:
    """Return a fact's change, and those on other transcripts that the exact genomic allele confirms."""
    gene = (fact.atom.gene or "").upper()
    texts = [text for text in fact.other_changes if (gene, text) in fact.known_alleles]
    found = [fact.change, *(read_protein_change(text) for text in texts)]
    return [change for change in found if change is not None]


def _exon(atom: Atom, fact: Alteration) -> Met | None:
    expected, have = set(atom.exons), fact.all_exons
    if not expected & have or not (fact.non_silent or fact.atom.type == "exon"):
        return None
    kind = atom.kind or "any"
    if fact.atom.type == "exon":
        given = fact.atom.kind or "any"
        if kind not in ("any", given):
            return None
        whole = expected == set(fact.atom.exons) if kind == "deletion" and len(expected) > 1 else True
        return Met(PLACE) if whole else None
    if kind == "deletion" and len(expected) > 1:
        return None  # loss of whole exons is not a small deletion in one of them
    if kind == "skipping":
        return _skipping(fact)
    if kind not in ("any", _change_kind(fact.change)):
        return None
    return Met(PLACE, exact=not atom.text, note=f"{atom.text} changes only: check" if atom.text else "")


def _skipping(fact: Alteration) -> Met | None:
    if "splice" not in fact.all_classes and (fact.atom.gene, fact.atom.change) not in {
        ("MET", "D1010N"),
        ("MET", "D1010H"),
    }:
        return None
    return Met(PLACE, exact=False, note="splice site of the exon: skipping is likely, confirm it on RNA")


def _change_kind(change: ProteinChange | None) -> str:
    if change is None:
        return ""
    if change.kind == "delins":
        return "deletion" if len(change.new) < change.end - change.start + 1 else "insertion"
    return {"duplication": "insertion"}.get(change.kind, change.kind)


_LOSS_CALLS = frozenset({"deletion", "loss"})


def _gene_class(atom: Atom, fact: Alteration, hotspot: bool) -> Met | None:
    expected = atom.cls or "mutation"
    classes = fact.all_classes
    if expected == "mutation":
        if not fact.non_silent:
            return None
        exact = not atom.text or atom.text == fact.atom.text
        return Met(GENE, exact=exact, note="any mutation of the gene" + (f" ({atom.text})" if atom.text else ""))
    if expected == "loss":
        return _loss(fact)
    if expected in classes:
        return Met(CLASS)
    if expected in ("loss_of_function", "pathogenic") and (fact.loss_of_function or "loss" in classes):
        return Met(CLASS, exact=False, note="loss of function by the class of the change")
    if expected == "biallelic" and fact.atom.type == "copy_number" and fact.atom.call == "deletion":
        return Met(CLASS, note="homozygous deletion")
    if expected in ("oncogenic", "gain_of_function") and hotspot and not fact.loss_of_function and fact.non_silent:
        return Met(CLASS, exact=False, note="a residue that evidence names; not classified by itself")
    return None


def _loss(fact: Alteration) -> Met | None:
    if fact.atom.type == "copy_number" and fact.atom.call in _LOSS_CALLS:
        return Met(CLASS, note=f"copy-number {fact.atom.call}")
    if "loss" in fact.all_classes:
        return Met(CLASS)
    if fact.loss_of_function:
        return Met(CLASS, exact=False, note="truncating or splice change: loss of the protein is likely, not shown")
    return None


def _copy_number(atom: Atom, fact: Alteration) -> Met | None:
    if fact.atom.type != "copy_number":
        return None
    if atom.call == "any":
        return Met(PLACE) if fact.atom.call not in (None, "neutral") else None
    return Met(PLACE) if fact.atom.call == atom.call else None


def _fusion(atom: Atom, fact: Alteration) -> Met | None:
    if fact.atom.type != "fusion":
        return None
    expected = [name.upper() if name else None for name in (atom.five, atom.three)]
    have = [name.upper() if name else None for name in (fact.atom.five, fact.atom.three)]
    if None in expected:
        name = expected[0] or expected[1]
        if name is None or name not in have:
            return None
        side = "" if atom.either or have[expected.index(name)] == name else f"{name} is on the other side"
        return Met(CLASS, note=side)
    if have == expected:
        swapped = False
    elif have == expected[::-1]:
        swapped = True
    else:
        return None
    exons = fact.atom.exons[::-1] if swapped else fact.atom.exons
    if atom.exons and exons != atom.exons:
        return None
    return Met(PLACE, note="partners are in the other order" if swapped else "")


def _signature(atom: Atom, fact: Alteration) -> Met | None:
    if fact.atom.type != "signature":
        return None
    name = plain(atom.name or "")
    if name != plain(fact.atom.name or ""):
        return None
    return Met(PLACE) if _state(name, atom.value) == _state(name, fact.atom.value) else None


_HIGH = frozenset({"high", "h", "msih", "msihigh", "dmmr", "unstable", "instable", "tmbh", "tmbhigh", "positive",
"deficient",
                   "deficientmismatchrepair", "mmrd"})  # fmt: skip
_LOW = frozenset({"low", "l", "msil", "mss", "pmmr", "stable", "negative", "tmbl", "tmblow", "proficient", "msilow"})


def _state(name: str, value: str | None) -> str:
    """Return a marker's state as one word; a burden is high from 10 mutations/Mb on, as on the label."""
    text = (value or "").strip()
    word = plain(text)
    burden = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:(?:mut\w*)?\s*(?:/|per)\s*mb)?", text, re.IGNORECASE)
    if name == "tmb" and burden:
        return "high" if float(burden[1]) >= 10 else "low"
    if name in ("tmb", "msi", "hrd"):
        return "high" if word in _HIGH else "low" if word in _LOW else word
    return word


def _itd(atom: Atom, fact: Alteration) -> Met | None:
    if fact.atom.type == "itd":
        return Met(PLACE)
    span = ITD_RESIDUES.get((atom.gene or "").upper())
    change = fact.change
    if span is None or change is None or change.kind not in ("duplication", "insertion", "delins"):
        return None
    added = len(change.new) if change.kind != "duplication" else change.end - change.start + 1
    if change.kind == "delins":
        added -= change.end - change.start + 1
    if added >= ITD_SHORTEST and span[0] <= change.start <= span[1]:
        return Met(PLACE, note="in-frame duplication in the juxtamembrane region")
    return None


def _region(atom: Atom, fact: Alteration) -> Met | None:
    name, gene = atom.key, (atom.gene or "").upper()
    if fact.atom.type == "region":
        return Met(PLACE) if fact.atom.key == name else None
    if name == "promoter":
        return Met(PLACE) if fact.cdna & PROMOTER_CDNA.get(gene, frozenset()) or _promoter_cdna(fact, gene) else None
    change = fact.change
    if change is None or not fact.non_silent or change.start < 1:
        return None
    outside = name.startswith("non")
    span = _residues(gene, name.removeprefix("non") if outside else name)
    if span is None:
        return None
    inside = change.start <= span[1] and max(change.end, change.start) >= span[0]
    if inside == outside:
        return None
    return Met(GENE, note="any mutation outside the region") if outside else Met(PLACE)


def _promoter_cdna(fact: Alteration, gene: str) -> bool:
    return fact.atom.type == "cdna" and (fact.atom.change or "") in PROMOTER_CDNA.get(gene, frozenset())


def _residues(gene: str, name: str) -> tuple[int, int] | None:
    known = REGION_RESIDUES.get(gene, {}).get(name)
    if known:
        return known
    codon = re.fullmatch(r"[a-z](\d+)", name)
    if codon:
        return int(codon[1]), int(codon[1])
    span = re.fullmatch(r"residues(\d+?)to(\d+)", name)
    return (int(span[1]), int(span[2])) if span else None


def _cdna_key(text: str) -> str:
    core = text.rpartition(":")[2].strip().removeprefix("c.").casefold()
    return re.sub(r"(del|dup)[acgt]+$", r"\1", core)


def _cdna(atom: Atom, fact: Alteration) -> Met | None:
    expected = _cdna_key(atom.change or "")
    have = {_cdna_key(text) for text in fact.cdna}
    if fact.atom.type == "cdna":
        have.add(_cdna_key(fact.atom.change or ""))
    return (
        Met(PROTEIN, note="by the coding change; depends on the transcript") if expected and expected in have else None
    )


def _dbsnp(atom: Atom, fact: Alteration) -> Met | None:
    names = fact.rsids | ({(fact.atom.name or "").lower()} if fact.atom.type == "dbsnp" else frozenset())
    return _zygosity(atom, fact) if (atom.name or "").lower() in names else None


def _star(atom: Atom, fact: Alteration) -> Met | None:
    if fact.atom.type != "star_allele" or fact.atom.key != atom.key:
        return None
    return _zygosity(atom, fact)


def _zygosity(atom: Atom, fact: Alteration) -> Met | None:
    """Return the match, except for a row on homozygotes when the fact is not known to be homozygous."""
    if atom.kind == "homozygous" and "homozygous" not in (fact.atom.kind, fact.zygosity):
        return None
    return Met(PROTEIN)


def _wildtype(atom: Atom, fact: Alteration) -> Met | None:  # noqa: ARG001  (all comparisons have one shape)
    return Met(CLASS) if fact.atom.type == "wildtype" else None


def _loh(_atom: Atom, fact: Alteration) -> Met | None:
    return Met(PLACE) if fact.atom.type == "loh" else None  # of the same gene, which is the key of the facts


def _by_name(atom: Atom, fact: Alteration) -> Met | None:
    return Met(PLACE) if fact.atom.type == atom.type and fact.atom.key == atom.key else None


_COMPARE: Mapping[str, Callable[[Atom, Alteration], Met | None]] = {
    "protein": _protein,
    "codon": _codon,
    "exon": _exon,
    "copy_number": _copy_number,
    "fusion": _fusion,
    "signature": _signature,
    "itd": _itd,
    "region": _region,
    "cdna": _cdna,
    "dbsnp": _dbsnp,
    "star_allele": _star,
    "wildtype": _wildtype,
    "loh": _loh,
}
