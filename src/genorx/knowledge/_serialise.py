"""JSON form of a pack: short keys, positions by index, classes of alleles instead of all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genorx.knowledge.definition import GeneDefinition, NamedAllele, Position, Priority
from genorx.knowledge.guidance import GuidanceRow, Guideline
from genorx.knowledge.phenotype import AlleleFunction, Meaning, PhenotypeTable

if TYPE_CHECKING:
    from genorx.knowledge.pack import Pack

_FLAGS = ("dosing", "alternatives", "other", "conditional")


def body_of(pack: Pack) -> dict[str, Any]:
    """Convert a pack to JSON values."""
    return {
        "name": pack.name,
        "release": pack.release,
        "guidance_release": pack.guidance_release,
        "licences": list(pack.licences),
        "attribution": list(pack.attribution),
        "sources": dict(sorted(pack.sources.items())),
        "genes": {name: _gene(gene) for name, gene in sorted(pack.genes.items())},
        "phenotypes": {name: _table(table) for name, table in sorted(pack.phenotypes.items())},
        "guidelines": [_guideline(guideline) for guideline in pack.guidelines],
    }


def pack_of(body: dict[str, Any]) -> Pack:
    """Build a pack from JSON values."""
    from genorx.knowledge.pack import Pack

    return Pack(
        name=body["name"],
        release=body["release"],
        guidance_release=body["guidance_release"],
        licences=tuple(body["licences"]),
        attribution=tuple(body["attribution"]),
        sources=body["sources"],
        genes={name: _gene_of(name, value) for name, value in body["genes"].items()},
        phenotypes={name: _table_of(name, value) for name, value in body["phenotypes"].items()},
        guidelines=tuple(_guideline_of(value) for value in body["guidelines"]),
    )


def _gene(gene: GeneDefinition) -> dict[str, Any]:
    return {
        "chrom": gene.chrom,
        "version": gene.version,
        "positions": [_position(p) for p in gene.positions],
        "alleles": [[a.name, a.id, a.reference, {str(i): b for i, b in sorted(a.bases.items())}] for a in gene.alleles],
        "suballeles": gene.suballeles,
        "required": sorted(gene.required),
        "extra": [_position(p) for p in gene.extra],
        "priorities": [[list(p.diplotypes), p.pick] for p in gene.priorities],
        "tier1": list(gene.tier1),
    }


def _gene_of(name: str, value: dict[str, Any]) -> GeneDefinition:
    chrom = value["chrom"]
    return GeneDefinition(
        gene=name,
        chrom=chrom,
        version=value["version"],
        positions=tuple(_position_of(chrom, p) for p in value["positions"]),
        alleles=tuple(
            NamedAllele(name=n, id=i, reference=r, bases={int(k): b for k, b in bases.items()})
            for n, i, r, bases in value["alleles"]
        ),
        suballeles=value["suballeles"],
        required=frozenset(value["required"]),
        extra=tuple(_position_of(chrom, p) for p in value["extra"]),
        priorities=tuple(Priority(diplotypes=tuple(d), pick=pick) for d, pick in value["priorities"]),
        tier1=tuple(value["tier1"]),
    )


def _position(p: Position) -> list[Any]:
    return [p.pos, p.ref, list(p.alts), p.rsid, list(p.hgvs), p.pos37, p.ref37]


def _position_of(chrom: str, value: list[Any]) -> Position:
    pos, ref, alts, rsid, hgvs, pos37, ref37 = value
    return Position(
        chrom=chrom, pos=pos, ref=ref, alts=tuple(alts), rsid=rsid, hgvs=tuple(hgvs), pos37=pos37, ref37=ref37
    )


def _meaning(meaning: Meaning | None) -> list[str | None] | None:
    return None if meaning is None else [meaning.phenotype, meaning.score, meaning.key]


def _meaning_of(value: list[str] | None) -> Meaning | None:
    return None if value is None else Meaning(phenotype=value[0], score=value[1], key=value[2])


def _table(table: PhenotypeTable) -> dict[str, Any]:
    return {
        "version": table.version,
        "alleles": {n: [a.function, a.activity, table.classes.get(n)] for n, a in sorted(table.alleles.items())},
        "pairs": [[list(k), _meaning(m)] for k, m in sorted(table.pairs.items())],
        "exceptions": [[list(k), _meaning(m)] for k, m in sorted(table.exceptions.items())],
    }


def _table_of(name: str, value: dict[str, Any]) -> PhenotypeTable:
    pairs = {tuple(k): _meaning_of(m) for k, m in value["pairs"]}
    return PhenotypeTable(
        gene=name,
        version=value["version"],
        alleles={n: AlleleFunction(function=v[0], activity=v[1]) for n, v in value["alleles"].items()},
        classes={n: v[2] for n, v in value["alleles"].items() if v[2] is not None},
        pairs={k: m for k, m in pairs.items() if m is not None},
        exceptions={tuple(k): _meaning_of(m) for k, m in value["exceptions"]},
    )


def _guideline(guideline: Guideline) -> dict[str, Any]:
    return {
        "id": guideline.id,
        "source": guideline.source,
        "genes": list(guideline.genes),
        "drugs": list(guideline.drugs),
        "date": guideline.date,
        "pmids": list(guideline.pmids),
        "url": guideline.url,
        "rows": [_row(row, guideline.drugs) for row in guideline.rows],
    }


def _row(row: GuidanceRow, drugs: tuple[str, ...]) -> list[Any]:
    flags = "".join("1" if getattr(row, name) else "0" for name in _FLAGS)
    named = None if row.drugs == drugs else list(row.drugs)
    facts = [row.id, named, row.population, row.classification, list(row.keys), row.action, row.dose_change_pct, flags]
    return facts if row.text is None else [*facts, row.text, list(row.implications)]


def _guideline_of(value: dict[str, Any]) -> Guideline:
    drugs = tuple(value["drugs"])
    return Guideline(
        id=value["id"],
        source=value["source"],
        genes=tuple(value["genes"]),
        drugs=drugs,
        date=value["date"],
        pmids=tuple(value["pmids"]),
        url=value["url"],
        rows=tuple(_row_of(row, drugs) for row in value["rows"]),
    )


def _row_of(value: list[Any], drugs: tuple[str, ...]) -> GuidanceRow:
    row_id, named, population, classification, keys, action, change, flags, *stated = value
    return GuidanceRow(
        id=row_id,
        drugs=drugs if named is None else tuple(named),
        population=population,
        classification=classification,
        keys=tuple(keys),
        action=action,
        dose_change_pct=change,
        text=stated[0] if stated else None,
        implications=tuple(stated[1]) if len(stated) > 1 else (),
        **{name: flag == "1" for name, flag in zip(_FLAGS, flags.ljust(len(_FLAGS), "0"), strict=True)},
    )
