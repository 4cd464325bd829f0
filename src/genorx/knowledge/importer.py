"""Packs built from files of other projects: at present of PharmCAT, any release since 2023.

Nothing is downloaded; the user names a folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genorx._core.provenance import file_digest
from genorx.errors import Finding, PackError, UsageError, shown
from genorx.knowledge._checked import PACK_FILE
from genorx.knowledge._definition_files import (
    Places37,
    definition_of,
    exempt,
    exempt_like,
    is_definition,
    read_exemptions,
    read_json,
)
from genorx.knowledge._guidance_files import guideline_of, guideline_values, unread_rows
from genorx.knowledge._phenotype_files import is_phenotype, phenotype_of
from genorx.knowledge.definition import GeneDefinition
from genorx.knowledge.guidance import Guideline
from genorx.knowledge.pack import Pack, load_pack
from genorx.knowledge.phenotype import PhenotypeTable
from genorx.knowledge.shipped import default_pack

_LICENCES = (
    "Data files of PharmCAT: Mozilla Public License 2.0",
    "CPIC content: CC0 1.0",
    "ClinPGx (PharmGKB) content, among it DPWG annotations: CC BY-SA 4.0, https://creativecommons.org/licenses/by-sa/4.0/",
)
_ATTRIBUTION = (
    "PharmCAT, PharmGKB/PharmCAT, https://pharmcat.clinpgx.org",
    "CPIC, https://cpicpgx.org",
    "ClinPGx, https://www.clinpgx.org; changed: facts only, actions coded, texts left out",
    "PharmVar, https://www.pharmvar.org",
    "Dutch Pharmacogenetics Working Group (KNMP)",
    "GRCh37 positions derived from PyPGx 0.27 (MIT)",
)
#: Folders of tables for guidance of another kind or date; newer tables of the same gene come first.
_ASIDE = ("dpwg",)
_RULES, _PLACES = "exemptions.json", "grch37_positions.tsv"
_MOST_NAMES = 8


def import_pharmcat(folder: str | Path, *, with_text: bool = False) -> Pack:
    """Build a pack from a folder with PharmCAT's data files, in any subfolders.

    Parameters
    ----------
    folder : path
        Searched with all its subfolders for ``*_translation.json``, ``exemptions.json``, phenotype files, guidance (one
        guideline per file, or ``prescribing_guidance.json``), and ``grch37_positions.tsv``; without the latter,
        positions on GRCh37 are those of the shipped pack.  Of two tables or guidelines with one name the newer is used.
    with_text : bool
        Whether to keep the sentences of the source, for a pack that is not distributed.  The default is False.

    Returns
    -------
    Pack
        Pack whose ``notes`` name the files that were not used and the rows that could not be parsed.

    Raises
    ------
    PackError
        If a file violates its format, or no definition or no release is found.

    Examples
    --------
    >>> import genorx as gx
    >>> pack = gx.knowledge.import_pharmcat("pharmcat/src/main/resources")  # doctest: +SKIP
    >>> reports = gx.pgx.call("sample.vcf.gz", pack=pack)  # doctest: +SKIP
    """
    root = Path(folder)
    if not root.is_dir():
        reason = "no such folder" if not root.exists() else "give the folder, not a file"
        raise PackError(reason, file=root, code="pack-unreadable")
    places37 = _read_places37(root) or _known_places37()
    files = sorted(root.rglob("*.json"))
    read = [path for path in files if not any(a in path.parent.name.lower() for a in _ASIDE) and path.name != _RULES]
    values = [(path, read_json(path)) for path in read]
    genes = _definitions(values, root, places37)
    phenotypes = _phenotypes(values)
    guidelines = _guidelines(values, with_text=with_text)
    release = max((gene.version for gene in genes.values()), default="")
    if not genes or not release:
        reason, hint = "no allele definition with a version was found", "name the folder of a release of PharmCAT"
        raise PackError(reason, file=root, hint=hint, code="no-release")
    used = _used(values, phenotypes, guidelines)
    return Pack(
        name="pharmcat",
        release=release,
        guidance_release=max((guideline.date for guideline in guidelines), default=""),
        genes=genes,
        phenotypes=phenotypes,
        guidelines=guidelines,
        licences=_LICENCES,
        attribution=_ATTRIBUTION,
        sources={str(path.relative_to(root)): file_digest(path) for path in sorted({*used, *_beside(root)})},
        notes=(*_not_used({*files} - {*used, *_beside(root)}, root), *_unread(values, root)),
    )


def _used(
    values: list[tuple[Path, Any]], phenotypes: dict[str, PhenotypeTable], guidelines: tuple[Guideline, ...]
) -> list[Path]:
    """Return the files that the pack is built from."""
    tables = {(table.gene, table.version) for table in phenotypes.values()}
    taken = {(guideline.id, guideline.date) for guideline in guidelines}
    used = []
    for path, value in values:
        if is_phenotype(value):
            of_pack = (str(value["gene"]), str(value.get("version") or "")) in tables
        else:
            of_pack = is_definition(value) or any(found in taken for found in _names(value))
        used += [path] if of_pack else []
    return used


def _names(value: Any) -> list[tuple[str, str]]:
    """Return id and date of each guideline in a JSON value."""
    return [(str(item["guideline"].get("id")), _date(item, value)) for item in guideline_values(value)]


def _date(item: dict[str, Any], value: Any) -> str:
    whole = str(value.get("version") or "") if isinstance(value, dict) else ""
    return str(item.get("version") or whole)[:10]


def _beside(root: Path) -> list[Path]:
    """Return the files with exemptions and GRCh37 positions."""
    return [*sorted(root.rglob(_RULES))[:1], *sorted(root.rglob(_PLACES))]


def _not_used(files: set[Path], root: Path) -> list[Finding]:
    if not files:
        return []
    names = sorted(str(path.relative_to(root)) for path in files)
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    text = f"{len(names)} files have no facts for this pack, or older ones: {', '.join(names[:_MOST_NAMES])}{more}"
    return [Finding(code="file-not-used", severity="info", message=text, place=str(root))]


def _unread(values: list[tuple[Path, Any]], root: Path) -> list[Finding]:
    rows = [row for _, value in values for row in unread_rows(value)]
    if not rows:
        return []
    more = f" and {len(rows) - _MOST_NAMES} more" if len(rows) > _MOST_NAMES else ""
    text = (
        f"no action is recognised in {len(rows)} rows, coded no_recommendation: {', '.join(rows[:_MOST_NAMES])}{more}"
    )
    return [Finding(code="action-unread", severity="warning", message=text, place=str(root))]


def _definitions(values: list[tuple[Path, Any]], root: Path, places37: Places37) -> dict[str, GeneDefinition]:
    found = [definition_of(value, path, places37) for path, value in values if is_definition(value)]
    rule_files = sorted(root.rglob(_RULES))
    rules = read_exemptions(rule_files[0]) if rule_files else {}
    place = rule_files[0] if rule_files else root
    return {gene.gene: exempt(gene, rules.get(gene.gene), places37, place) for gene in _once(found, root)}


def _once(found: list[GeneDefinition], file: Path) -> list[GeneDefinition]:
    names = [gene.gene for gene in found]
    for name in names:
        if names.count(name) > 1:
            reason, hint = f"gene {shown(name)} is defined {names.count(name)} times", "name the folder of one release"
            raise PackError(reason, file=file, hint=hint, code="doubled-gene")
    return sorted(found, key=lambda gene: gene.gene)


def _phenotypes(values: list[tuple[Path, Any]]) -> dict[str, PhenotypeTable]:
    tables: dict[str, PhenotypeTable] = {}
    for path, value in values:
        if is_phenotype(value):
            table = phenotype_of(value, path)
            known = tables.get(table.gene)
            if known is None or _is_newer(table.version, known.version):
                tables[table.gene] = table
    return tables


def _is_newer(version: str, other: str) -> bool:
    """Return whether a version is newer; releases named by date are newer than numbered ones."""
    return (version[:1].isdigit(), version) > (other[:1].isdigit(), other)


def _guidelines(values: list[tuple[Path, Any]], *, with_text: bool) -> tuple[Guideline, ...]:
    found: dict[str, Guideline] = {}
    for path, value in values:
        for item in guideline_values(value):
            guideline = guideline_of(item, path, _date(item, value), with_text=with_text)
            known = found.get(guideline.id)
            if known is None or guideline.date > known.date:
                found[guideline.id] = guideline
    return tuple(sorted(found.values(), key=lambda g: (g.source, g.drugs, g.id)))


def _read_places37(root: Path) -> Places37:
    places: Places37 = {}
    for path in sorted(root.rglob(_PLACES)):
        for number, line in enumerate(PACK_FILE.read_text(path).splitlines(), start=1):
            cells = line.split("\t")
            if line.startswith("#") or cells[0] == "gene" or not line:
                continue
            try:
                places[cells[1], int(cells[2])] = (int(cells[4]), cells[5])
            except (IndexError, ValueError) as error:
                reason = "a row is gene, chromosome, position and base on GRCh38, position and base on GRCh37"
                raise PackError(reason, file=path, place=number, code="places-format") from error
    return places


def read_definitions(path: str | Path) -> tuple[str, dict[str, GeneDefinition]]:
    """Return release and definitions of a file or folder in the format of PharmCAT or genorx, without exemptions.

    Positions on GRCh37 are those of the same sites in the shipped pack.

    Raises
    ------
    PackError
        If a file violates its format, or none has a definition.
    """
    where = Path(path)
    files = list(_definition_files(where))
    if len(files) == 1 and not where.is_dir() and _is_pack(where):
        pack = load_pack(where)
        return pack.release, dict(pack.genes)
    places37 = _known_places37()
    values = [(file, read_json(file)) for file in files if file.name != "exemptions.json"]
    found = [definition_of(value, file, places37) for file, value in values if is_definition(value)]
    if not found:
        raise PackError("no allele definition found", file=where, code="definition-format")
    genes = _once(found, where)
    return max(gene.version for gene in genes), {gene.gene: exempt_like(gene, None) for gene in genes}


def _definition_files(where: Path) -> Iterator[Path]:
    if where.is_dir():
        yield from sorted(where.rglob("*.json"))
    elif where.exists():
        yield where
    else:
        raise PackError("no such file or folder", file=where, code="pack-unreadable")


def _is_pack(path: Path) -> bool:
    if path.name.endswith(".gz"):
        return True
    try:
        return "sha256" in PACK_FILE.read_json(path)
    except (PackError, TypeError):
        return False


def _known_places37() -> Places37:
    pack = default_pack()
    sites = [p for gene in pack.genes.values() for p in (*gene.positions, *gene.extra)]
    return {(p.chrom, p.pos): (p.pos37, p.ref37) for p in sites if p.pos37 is not None and p.ref37 is not None}


def with_exemptions(
    genes: dict[str, GeneDefinition], exemptions: str | Path | bool | None
) -> dict[str, GeneDefinition]:
    """Return definitions with the exemptions of the shipped pack (None), none (False), or those of a file.

    Raises
    ------
    UsageError
        For ``True``, which does not name exemptions.
    """
    if exemptions is True:
        raise UsageError("give None for those of the pack, False for none, or a file", code="exemptions")
    if exemptions is None:
        known = default_pack().genes
        return {name: exempt_like(gene, known.get(name)) for name, gene in genes.items()}
    if exemptions is False:
        return {name: exempt_like(gene, None) for name, gene in genes.items()}
    path = Path(exemptions)
    rules, places37 = read_exemptions(path), _known_places37()
    return {name: exempt(gene, rules.get(name), places37, path) for name, gene in genes.items()}
