"""Make the data of ``genorx.oncology`` from the raw files: evidence, disease vocabularies, exact alleles.

    python scripts/make_oncology_pack.py RAW_FOLDER [--chain hg19ToHg38.over.chain.gz]

RAW_FOLDER holds civic/, oncotree/ and disease_ontology/ as their projects publish them.  Only facts are taken: ids,
names, edges, levels; no definition, description or evidence statement.  The chain file (UCSC) gives the GRCh38 places
of the GRCh37 alleles; without it an allele takes the distance between the assemblies that the present pack holds for
its neighbours, where those on both sides, or all of its gene, agree.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from genorx.oncology.importers import import_evidence
from genorx.oncology.record import COLUMNS
from genorx.oncology.table import EvidenceTable, KnownAllele, read_table_folder

DATA = Path(__file__).resolve().parent.parent / "src" / "genorx" / "oncology" / "data"
#: NPM1 types A, B and D (Falini B et al. 2005, N Engl J Med 352:254) aligned to the left, as callers write them:
#: c.860_863dup, c.863_864insCATG, c.863_864insCCTG, all W288Cfs*12.  CIViC places type A four bases further right.
BY_HAND = tuple(
    KnownAllele(gene="NPM1", change="W288FS", assembly=assembly, chrom="5", pos=place + step, ref=ref, alt=ref + added)
    for assembly, step in (("GRCh37", 0), ("GRCh38", 572_996))
    for place, ref, added in ((170837543, "C", "TCTG"), (170837545, "C", "TGCA"), (170837544, "T", "CTGC"))
)
TYPES = ("predictive", "prognostic", "diagnostic", "oncogenic", "functional")


def write_table(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Write a TSV, gzip with a fixed time, so that the same rows give the same bytes."""
    text = "\n".join("\t".join(row) for row in [header, *rows]) + "\n"
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def newest(folder: Path, pattern: str) -> Path:
    """Return the last file by name, which carries the release date."""
    return sorted(folder.glob(pattern))[-1]


def oncotree_rows(current: dict, older: dict) -> list[tuple[str, ...]]:
    """Return (code, name, parent, tissue, nci, umls, former codes) of every node."""
    rows: list[tuple[str, ...]] = []

    def walk(node: dict, tissue: str) -> None:
        references = node["externalReferences"]
        former = sorted({*node["history"], *node["precursors"], *node["revocations"]})
        rows.append((
            node["code"], node["name"], node["parent"] or "", tissue, " ".join(references.get("NCI", [])),
            " ".join(references.get("UMLS", [])), " ".join(former),
        ))  # fmt: skip
        for child in node["children"].values():
            walk(child, tissue or child["code"])

    walk(current["TISSUE"], "")
    known = {row[0] for row in rows}
    names: dict[str, str] = {}

    def collect(node: dict) -> None:
        names[node["code"]] = node["name"]
        for child in node["children"].values():
            collect(child)

    collect(older["TISSUE"])
    rows += [(code, name, "", "", "", "", "") for code, name in sorted(names.items()) if code not in known]
    return rows


def obo_terms(text: str) -> Iterator[dict[str, list[str]]]:
    """Yield the terms of an OBO file as tag to values."""
    term: dict[str, list[str]] | None = None
    for line in text.splitlines():
        if line.startswith("["):
            if term:
                yield term
            term = {} if line == "[Term]" else None
        elif term is not None and ": " in line:
            tag, _, value = line.partition(": ")
            term.setdefault(tag, []).append(value)
    if term:
        yield term


def doid_rows(text: str) -> list[tuple[str, ...]]:
    """Return (id, name, parents, alt ids, nci, umls, exact synonyms) of every term that is not obsolete."""
    rows = []
    for term in obo_terms(text):
        if "is_obsolete" in term:
            continue
        references = [value.split()[0] for value in term.get("xref", [])]
        synonyms = [re.match(r'"(.*?)" EXACT', value) for value in term.get("synonym", [])]
        rows.append((
            term["id"][0],
            term["name"][0],
            " ".join(value.split()[0] for value in term.get("is_a", [])),
            " ".join(term.get("alt_id", [])),
            " ".join(value[4:] for value in references if value.startswith("NCI:")),
            " ".join(value[9:] for value in references if value.startswith("UMLS_CUI:")),
            "|".join(found[1] for found in synonyms if found),
        ))  # fmt: skip
    return rows


def read_chain(path: Path) -> dict[str, list[tuple[int, int, int, str]]]:
    """Return (start0, end0, offset, target) of the aligned blocks on the plus strand, by chromosome."""
    blocks: dict[str, list[tuple[int, int, int, str]]] = {}
    with gzip.open(path, "rt") as handle:
        for line in handle:
            parts = line.split()
            if line.startswith("chain"):
                name, target, strand = parts[2].removeprefix("chr"), parts[7].removeprefix("chr"), parts[9]
                old, new = int(parts[5]), int(parts[10])
                use = strand == "+" and name == target
            elif parts and use:
                size = int(parts[0])
                blocks.setdefault(name, []).append((old, old + size, new - old, target))
                if len(parts) == 3:
                    old, new = old + size + int(parts[1]), new + size + int(parts[2])
    return blocks


def lifted(alleles: tuple[KnownAllele, ...], chain: Path) -> Iterator[KnownAllele]:
    """Yield each allele on GRCh38; one whose bases do not lie in one block of the chain is left out."""
    blocks = read_chain(chain)
    for allele in alleles:
        start0, end0 = allele.pos - 1, allele.pos - 1 + len(allele.ref)
        for low, high, offset, _ in blocks.get(allele.chrom, []):
            if low <= start0 and end0 <= high:
                yield replace(allele, assembly="GRCh38", pos=allele.pos + offset)
                break


def pairs(old: list[KnownAllele], new: list[KnownAllele]) -> Iterator[tuple[KnownAllele, KnownAllele]]:
    """Yield each allele with the same one on the other assembly; both lists are in one order, the second has gaps."""
    rest = iter(new)
    two = next(rest, None)
    for one in old:
        if two is not None and replace(two, assembly=one.assembly, pos=one.pos) == one:
            yield one, two
            two = next(rest, None)


def shifted(alleles: tuple[KnownAllele, ...], pack: tuple[KnownAllele, ...]) -> Iterator[KnownAllele]:
    """Yield each allele on GRCh38 by the distances of its neighbours in a pack; where they disagree it is left out."""
    old = [allele for allele in pack if allele.assembly == "GRCh37"]
    new = [allele for allele in pack if allele.assembly == "GRCh38"]
    steps: dict[tuple[str, str], set[int]] = {}
    places: dict[str, list[tuple[int, int]]] = {}
    for one, two in pairs(old, new):
        steps.setdefault((one.chrom, one.gene), set()).add(two.pos - one.pos)
        places.setdefault(one.chrom, []).append((one.pos, two.pos - one.pos))
    for allele in alleles:
        around = sorted(places.get(allele.chrom, []))
        below = [step for place, step in around if place <= allele.pos][-1:]
        above = [step for place, step in around if place >= allele.pos + len(allele.ref)][:1]
        found = steps.get((allele.chrom, allele.gene), set()) | (set(below + above) if below == above else set())
        if len(found) == 1:
            yield replace(allele, assembly="GRCh38", pos=allele.pos + found.pop())


def digest(path: Path) -> str:
    """Return the SHA-256 of the uncompressed bytes."""
    content = path.read_bytes()
    return hashlib.sha256(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).hexdigest()


def make_evidence(raw: Path, chain: Path | None) -> None:
    """Write the evidence pack and the label facts beside it."""
    current = import_evidence("civic-tsv", newest(raw / "civic", "*_summaries_20[2-9][0-9]-*.tsv.gz"))
    older = import_evidence("civic-tsv", sorted((raw / "civic").glob("*.tsv.gz"))[0])
    alleles = tuple(sorted(older.alleles, key=lambda allele: (allele.gene, allele.pos, allele.ref, allele.alt)))
    pack = read_table_folder(DATA / "civic").alleles
    placed = tuple(lifted(alleles, chain) if chain else shifted(alleles, pack))
    both = {(allele.gene, allele.change, allele.ref, allele.alt) for allele in placed}
    kept_old = tuple(each for each in alleles if (each.gene, each.change, each.ref, each.alt) in both)
    left_out = sorted({f"{each.gene} {each.change}" for each in alleles if each not in kept_old})
    alleles = kept_old + placed + BY_HAND  # the same on both assemblies, so that the same tumour gets the same answer
    kept = current.select(evidence_type=TYPES)
    manifest = {
        **current.manifest,
        "evidence_types": list(TYPES),
        "rows_of_other_types": len(current) - len(kept),
        "alleles_without_a_place_on_both_assemblies": left_out,
    }
    EvidenceTable(records=kept.records, rejected=current.rejected, manifest=manifest, alleles=alleles).write(
        DATA / "civic"
    )
    labels = import_evidence("generic-tsv", DATA / "labels.tsv")
    notice = {
        "licence": "public domain (facts of United States drug labels)",
        "attribution": "US Food and Drug Administration, drugs@FDA",
    }
    EvidenceTable(records=labels.records, rejected=labels.rejected, manifest={**labels.manifest, **notice}).write(
        DATA / "label"
    )


def make_vocabularies(raw: Path) -> None:
    """Write the two disease vocabularies and their manifest."""
    trees = [json.loads(gzip.decompress(path.read_bytes())) for path in sorted((raw / "oncotree").glob("*.json.gz"))]
    tree_file, obo_file = newest(raw / "oncotree", "*.json.gz"), newest(raw / "disease_ontology", "*.obo.gz")
    header = ("code", "name", "parent", "tissue", "nci", "umls", "former")
    write_table(DATA / "oncotree.tsv.gz", header, oncotree_rows(trees[-1], trees[0]))
    header = ("id", "name", "parents", "alt_ids", "nci", "umls", "synonyms")
    write_table(DATA / "doid.tsv.gz", header, doid_rows(gzip.decompress(obo_file.read_bytes()).decode()))
    names = ("oncotree.tsv.gz", "doid.tsv.gz", "bridge.tsv")
    manifest = {
        "name": "disease-vocabularies",
        "source": "oncotree, disease ontology, hand-made bridge",
        "release": f"{tree_file.name.split('.')[0]}, {obo_file.name.split('.')[0]}",
        "sha256": {tree_file.name: digest(tree_file), obo_file.name: digest(obo_file)},
        "licence": "CC-BY-4.0 (OncoTree), CC0-1.0 (Disease Ontology)",
        "attribution": "OncoTree, Memorial Sloan Kettering (Kundra R et al. 2021, JCO Clin Cancer Inform 5:221), "
        "CC BY 4.0, names and edges taken; "
        "Human Disease Ontology (Schriml LM et al. 2022, Nucleic Acids Res 50:D1255), cancer subset, CC0 1.0",
        "created": obo_file.name.split("_")[-1].split(".")[0],
        "files": {name: hashlib.sha256((DATA / name).read_bytes()).hexdigest() for name in names},
    }
    (DATA / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raw", type=Path)
    parser.add_argument("--chain", type=Path)
    arguments = parser.parse_args()
    make_evidence(arguments.raw, arguments.chain)
    make_vocabularies(arguments.raw)
    sizes = {str(path.relative_to(DATA)): path.stat().st_size for path in sorted(DATA.rglob("*")) if path.is_file()}
    sys.stdout.write(
        json.dumps({"columns": len(COLUMNS), "bytes": sizes, "total": sum(sizes.values())}, indent=2) + "\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
