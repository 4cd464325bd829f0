"""Allele definitions and exemptions from files in PharmCAT's format, current and older.

Source of the format: ``*_translation.json`` and ``exemptions.json`` of PharmCAT 2.x and 3.x.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from genorx.errors import PackError, shown
from genorx.knowledge._checked import PACK_FILE, maybe_text, reading, text
from genorx.knowledge.definition import WOBBLES, GeneDefinition, NamedAllele, Position, Priority

#: Position on GRCh37 and reference base of a site, by chromosome and position on GRCh38.
Places37 = dict[tuple[str, int], tuple[int, str]]


def read_json(path: Path) -> Any:
    """Return the JSON value of a file of a source.

    Raises
    ------
    PackError
        ``pack-unreadable`` if the file cannot be read or is not JSON.
    """
    return PACK_FILE.read_json(path)


def is_definition(value: Any) -> bool:
    """Return whether a JSON value looks like an allele definition."""
    return isinstance(value, dict) and "namedAlleles" in value and "variants" in value


def definition_of(value: dict[str, Any], file: Path, places37: Places37) -> GeneDefinition:
    """Parse the definition in a JSON value.

    Raises
    ------
    PackError
        For a duplicate allele or position, an ALT equal to REF, no or more than one reference allele, a list of bases
        of the wrong length, or a missing key.
    """
    with reading("definition", file, "definition-format"):
        gene = text(value["gene"])
        chrom = text(value.get("chromosome") or value["variants"][0]["chromosome"])
        rows = _rows(value, file, gene)
        positions = tuple(_position(v, chrom, file, places37) for v in _with_bases(value, rows))
        suballeles = {text(k): text(v) for k, v in (value.get("suballelesMap") or {}).items()}
    if any(p.chrom != chrom for p in positions):
        reason = f"positions of {shown(gene)} are on more than one chromosome"
        raise PackError(reason, file=file, code="definition-format")
    _refuse_doubles([row.name for row in rows], "doubled-allele", file, gene)
    _refuse_doubles([p.key for p in positions], "doubled-position", file, gene)
    return GeneDefinition(
        gene=gene,
        chrom=chrom,
        version=str(value.get("version") or ""),
        positions=positions,
        alleles=rows,
        suballeles=suballeles,
    )


def _rows(value: dict[str, Any], file: Path, gene: str) -> tuple[NamedAllele, ...]:
    named = value["namedAlleles"]
    flagged = [a for a in named if a.get("reference")]
    if not flagged and named and all(b is not None for b in named[0]["alleles"]):
        flagged = named[:1]  # older files: the first allele is the reference
    if len(flagged) != 1:
        reason = f"{len(flagged)} alleles of {shown(gene)} are marked as reference; exactly one must be"
        raise PackError(reason, file=file, code="reference-allele-count")
    rows = []
    for allele in named:
        if len(allele["alleles"]) != len(value["variants"]):
            sizes = f"{len(allele['alleles'])} bases for {len(value['variants'])} positions"
            reason = f"allele {shown(allele['name'])} lists {sizes}"
            raise PackError(reason, file=file, code="definition-length")
        bases = {i: text(b) for i, b in enumerate(allele["alleles"]) if b is not None}
        name, known = text(allele["name"]), maybe_text(allele.get("id"))
        rows.append(NamedAllele(name=name, id=known, reference=allele is flagged[0], bases=bases))
    return tuple(rows)


def _with_bases(value: dict[str, Any], rows: tuple[NamedAllele, ...]) -> list[dict[str, Any]]:
    """Return the variants with ``ref`` and ``alts``, derived from the alleles if an older file lacks them."""
    reference = next(row for row in rows if row.reference)
    complete = []
    for index, variant in enumerate(value["variants"]):
        ref = variant.get("ref") or reference.bases[index]
        seen = [row.bases[index] for row in rows if index in row.bases]
        alts = variant.get("alts")
        if alts is None:
            alts = [b for b in dict.fromkeys(seen) if b != ref and b not in WOBBLES]
        complete.append({**variant, "ref": ref, "alts": alts})
    return complete


def _position(variant: dict[str, Any], chrom: str, file: Path, places37: Places37) -> Position:
    chrom = text(variant.get("chromosome") or chrom)
    pos, ref, alts = int(variant["position"]), text(variant["ref"]), tuple(text(a) for a in variant["alts"])
    if ref in alts:
        reason = f"REF and ALT are both {shown(ref)}"
        raise PackError(reason, file=file, place=f"{chrom}:{pos}", code="ref-equals-alt")
    pos37, ref37 = places37.get((chrom, pos), (None, None))
    hgvs = tuple(part.strip() for part in str(variant.get("chromosomeHgvsName") or "").split(";") if part.strip())
    if len(hgvs) > len(alts):
        hgvs = _without_reference(hgvs, variant, ref)
    return Position(
        chrom=chrom,
        pos=pos,
        ref=ref,
        alts=alts,
        rsid=maybe_text(variant.get("rsid")),
        hgvs=hgvs if len(hgvs) == len(alts) else (),
        pos37=pos37,
        ref37=ref37,
    )


def _without_reference(hgvs: tuple[str, ...], variant: dict[str, Any], ref: str) -> tuple[str, ...]:
    """Return names without that of the reference, which repeats list among the others, as ``TA[7]`` for ``TA(7)``."""
    names = [k for k, v in (variant.get("cpicToVcfAlleleMap") or {}).items() if v == ref]
    tags = tuple(name.replace("(", "[").replace(")", "]") for name in names)
    return tuple(name for name in hgvs if not (tags and name.endswith(tags)))


def _refuse_doubles(names: list[str], code: str, file: Path, gene: str) -> None:
    name, count = Counter(names).most_common(1)[0] if names else ("", 0)
    if count > 1:
        reason = f"{code.removeprefix('doubled-')} {shown(name)} of {shown(gene)} is defined {count} times"
        raise PackError(reason, file=file, place=shown(name), code=code)


def exempt(gene: GeneDefinition, rules: dict[str, Any] | None, places37: Places37, file: Path) -> GeneDefinition:
    """Return a definition with the exemptions of one gene in place of its own.

    Raises
    ------
    PackError
        If a rule lacks a part, or a part is of a wrong type.
    """
    rules = rules or {}
    with reading("exemptions", file, "exemptions-format"):
        picks = rules.get("unphasedDiplotypePriorities") or ()
        return replace(
            gene,
            required=frozenset(int(p) for p in rules.get("requiredPositions") or ()),
            extra=tuple(_position(v, gene.chrom, file, places37) for v in rules.get("extraPositions") or ()),
            priorities=tuple(Priority(diplotypes=tuple(map(text, p["list"])), pick=text(p["pick"])) for p in picks),
            tier1=tuple(text(name) for name in rules.get("amp1Alleles") or ()),
        )


def exempt_like(gene: GeneDefinition, other: GeneDefinition | None) -> GeneDefinition:
    """Return a definition with the exemptions of another one, or with none."""
    if other is None:
        return replace(gene, required=frozenset(), extra=(), priorities=(), tier1=())
    names = ("required", "extra", "priorities", "tier1")
    return replace(gene, **{name: getattr(other, name) for name in names})


def read_exemptions(path: Path) -> dict[str, dict[str, Any]]:
    """Return the exemptions of a file by gene; the file is an object by gene or a list of objects.

    Raises
    ------
    PackError
        If the file is neither.
    """
    value = read_json(path)
    if isinstance(value, list) and all(isinstance(item, dict) and isinstance(item.get("gene"), str) for item in value):
        value = {item["gene"]: item for item in value}
    if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
        reason = "exemptions must be an object with genes as keys, or a list of objects that name their gene"
        raise PackError(reason, file=path, code="exemptions-format")
    return {str(gene): rules for gene, rules in value.items()}
