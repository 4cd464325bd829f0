"""Outside calls: gene, diplotype, phenotype and activity score, for genes that a VCF cannot resolve.

Source of the format: PharmCAT 3.1, "outside calls".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from genorx.errors import OutsideCallError, shown
from genorx.knowledge import Pack
from genorx.pgx.matching.naming import components, join

#: Genes for which one allele is a complete call.
SINGLE = frozenset({"G6PD", "MT-RNR1", "HLA-A", "HLA-B"})
_HLA = frozenset({"HLA-A", "HLA-B"})
UNKNOWN_PAIR = "Unknown/Unknown"
_NO_CALL = frozenset({"", ".", "./.", "/"})
_NO_PHENOTYPE = frozenset({"Indeterminate", "No Result", "n/a"})
_COPIES = re.compile(r"(\*\d+)x(?:≥)?(\d+)")
_LEVELS = ("Ultrarapid", "Rapid", "Normal", "Intermediate", "Poor")
_SHORT = {"PM": "Poor", "IM": "Intermediate", "NM": "Normal", "EM": "Normal", "RM": "Rapid", "UM": "Ultrarapid"}
_FUNCTIONS = ("Increased Function", "Normal Function", "Decreased Function", "Poor Function")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideCall:
    """One outside call of a gene; fields that the table leaves empty are None."""

    gene: str
    alleles: tuple[str, ...] | None = None
    phenotype: str | None = None
    score: str | None = None
    written: tuple[str, ...] | None = None  # the alleles before three or more copies were merged into one name

    @property
    def label(self) -> str:
        """Return the diplotype as written; otherwise the phenotype or the score."""
        alleles = self.written or self.alleles
        return join(alleles) if alleles else self.phenotype or self.score or UNKNOWN_PAIR


def outside_call(cells: Sequence[str], file: Path, number: int) -> OutsideCall:
    """Parse the call of a line: gene, diplotype, phenotype, activity score; absent fields are empty.

    Raises
    ------
    OutsideCallError
        ``outside-empty``, ``outside-alleles``, ``outside-hla``.
    """
    gene, diplotype, phenotype, score = (*cells, "", "", "")[:4]
    if not gene or not (diplotype.strip("/") or phenotype or score):
        reason = f"{shown(gene) or 'a line without gene'} has neither diplotype nor phenotype nor activity score"
        raise OutsideCallError(reason, file=file, place=number, code="outside-empty")
    return OutsideCall(
        gene=gene,
        alleles=_alleles(gene, diplotype, file, number),
        phenotype=normal_phenotype(gene, phenotype) or None,
        score=_score(score),
    )


def _score(text: str) -> str | None:
    """Return a score in the tables' format, with at least one decimal."""
    if not text or text == ".":
        return None
    sign, number = (
        ("≥", text[1:].strip()) if text[0] in "≥" else ("≥", text[2:].strip()) if text[:2] == ">=" else ("", text)
    )
    try:
        return f"{sign}{float(number)}"
    except ValueError:
        return text


def _alleles(gene: str, text: str, file: Path, number: int) -> tuple[str, ...] | None:
    if text in _NO_CALL:
        return None
    parts = [part.strip() for part in _split(text)]
    if len(parts) > 2 or not all(parts):
        reason = f"diplotype {shown(text)} of {shown(gene)} has {len(parts)} alleles or an empty one"
        raise OutsideCallError(reason, file=file, place=number, code="outside-alleles")
    if len(parts) == 1 and gene not in SINGLE:
        reason = f"{shown(gene)} has only the allele {shown(text)}; two are needed, separated by /"
        raise OutsideCallError(reason, file=file, place=number, code="outside-alleles")
    if len(parts) == 2 and gene == "MT-RNR1":
        reason = f"MT-RNR1 has one allele, not {shown(text)}"
        raise OutsideCallError(reason, file=file, place=number, code="outside-alleles")
    return tuple(_allele(gene, part, file, number) for part in parts)


def _split(text: str) -> list[str]:
    """Split at the slashes outside brackets."""
    return re.split(r"/(?![^\[]*\])", text)


def _allele(gene: str, text: str, file: Path, number: int) -> str:
    text = text.removeprefix(gene).strip()
    if gene == "CYP2D6":
        return re.sub(r"(\*\d+)\.\d+", r"\1", text)
    if gene == "MT-RNR1" and re.fullmatch(r"\d+[ACGT]>[ACGT]", text):
        return f"m.{text}"
    if gene in _HLA:
        text = text.removeprefix(gene[-1])
        if not text.startswith("*"):
            hint = f"write *57:01 or {gene[-1]}*57:01"
            reason = f"allele {shown(text)} of {gene} does not start with * or {gene[-1]}"
            raise OutsideCallError(reason, file=file, place=number, hint=hint, code="outside-hla")
        if " " in text:
            hint = "a status such as *57:01 positive belongs in the third column"
            reason = f"{shown(text)!r} is not an allele of {gene}"
            raise OutsideCallError(reason, file=file, place=number, hint=hint, code="outside-hla")
        return ":".join(text.split(":")[:2])
    return text


def normal_phenotype(gene: str, text: str) -> str:
    """Return a phenotype in the tables' wording.

    Examples
    --------
    >>> normal_phenotype("CYP2D6", "CYP2D6 likely  IM"), normal_phenotype("CYP2C19", "Extensive metaboliser")
    ('Likely Intermediate Metabolizer', 'Normal Metabolizer')
    """
    text = re.sub(r"\s+", " ", re.sub(rf"\b{re.escape(gene)}\b", " ", text)).strip()
    if not text:
        return ""
    if "indeterminate" in text.lower():
        return "Indeterminate"
    if gene in _HLA:
        return re.sub(r"\b(positive|negative)\b", lambda m: m.group().lower(), text, flags=re.IGNORECASE)
    text = re.sub(r"metaboli[sz]ers?", "Metabolizer", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(PM|IM|NM|EM|RM|UM)s?\b", lambda m: f"{_SHORT[m.group(1)]} Metabolizer", text)
    text = re.sub(r"\bextensive\b", "Normal", text, flags=re.IGNORECASE)
    text = re.sub(r"\bultra[- ]rapid\b", "Ultrarapid", text, flags=re.IGNORECASE)
    names = [*(f"{level} Metabolizer" for level in _LEVELS), *_FUNCTIONS]
    for name in names:
        match = re.search(rf"(?:\b(likely|possible) )?\b{name}\b", text, re.IGNORECASE)
        if match:
            return f"{match.group(1).capitalize()} {name}" if match.group(1) else name
    return text


def known_gene(gene: str, pack: Pack) -> bool:
    """Return whether definitions, tables or guidance of a pack contain a gene."""
    return (
        gene in pack.genes or gene in pack.phenotypes or any(gene in guideline.genes for guideline in pack.guidelines)
    )


def unknown_phenotype(call: OutsideCall, pack: Pack) -> bool:
    """Return whether neither the tables nor the guidance of a pack contain the phenotype of a call."""
    if call.phenotype is None or call.phenotype in _NO_PHENOTYPE:
        return False
    table = pack.phenotypes.get(call.gene)
    if table is not None and call.phenotype in table.phenotypes:
        return False
    rows = (row for guideline in pack.guidelines if call.gene in guideline.genes for row in guideline.rows)
    return not any(key.get(call.gene) == call.phenotype for row in rows for key in row.keys)


def unknown_score(call: OutsideCall, pack: Pack) -> bool:
    """Return whether the table of a gene with activity scores does not contain the score of a call."""
    table = pack.phenotypes.get(call.gene)
    if call.score in (None, "n/a") or table is None or not table.activity:
        return False
    return not table.phenotypes_of(str(call.score))


def unknown_alleles(call: OutsideCall, pack: Pack) -> list[str]:
    """Return the alleles of a call that no table contains."""
    table = pack.phenotypes.get(call.gene)
    if table is None or call.alleles is None:
        return []
    known = set(table.alleles)
    if call.gene in pack.genes:
        known |= set(pack.genes[call.gene].by_name)
    names = {part for name in call.alleles for part in components(name)}
    return sorted(name for name in names if name not in known and not _COPIES.fullmatch(name))


def folded(call: OutsideCall, pack: Pack) -> OutsideCall:
    """Return a call of CYP2D6 with three or more copies in the tables' form, ``*1x≥3``."""
    table = pack.phenotypes.get(call.gene)
    if call.gene != "CYP2D6" or call.alleles is None or table is None:
        return call
    names = []
    for name in call.alleles:
        match = _COPIES.fullmatch(name)
        many = f"{match.group(1)}x≥3" if match and int(match.group(2)) >= 3 else name
        names.append(many if many in table.alleles else name)
    if tuple(names) == call.alleles:
        return call
    return replace(call, alleles=tuple(names), written=call.alleles)
