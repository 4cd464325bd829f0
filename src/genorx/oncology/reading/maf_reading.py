"""Alterations from mutation annotation format (MAF) tables, new and old, of one tumour or of a cohort.

Source: GDC MAF format 1.0; column names of vcf2maf, Oncotator and Funcotator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from genorx.errors import TableError, shown
from genorx.oncology.alteration import Alteration, FactOrigin, classes_of_terms
from genorx.oncology.atoms import Atom
from genorx.oncology.protein import SILENT_KINDS, read_protein_change
from genorx.oncology.reading.alteration_set import AlterationSet
from genorx.oncology.reading.text_table import TextTable

_SILENT = frozenset((
    "silent", "intron", "3'utr", "5'utr", "igr", "rna", "lincrna", "3'flank", "splice_region", "targeted_region",
    "synonymous_variant", "upstream_gene_variant", "downstream_gene_variant", "intron_variant",
))  # fmt: skip
_PROTEIN = ("HGVSp_Short", "Protein_Change", "HGVSp", "amino_acid_change", "AAChange", "Amino_Acid_Change")
_CDNA = ("HGVSc", "cDNA_Change", "Codon_Change")
_COUNTS = {"t_ref_count": "t_ref_count", "t_alt_count": "t_alt_count", "t_depth": "t_depth",
"n_ref_count": "n_ref_count",
           "n_alt_count": "n_alt_count", "n_depth": "n_depth"}  # fmt: skip


def read_maf(path: str | Path, *, sample: str | None = None, origin: FactOrigin | None = "somatic") -> AlterationSet:
    """Return the alterations of one tumour of a MAF.

    Raises
    ------
    TableError
        ``sample-choice`` where the file holds several tumours and none is named, or not the one named.
    """
    by_sample = read_maf_cohort(path, origin=origin)
    if sample is None and len(by_sample) > 1:
        names = ", ".join(shown(name) for name in list(by_sample)[:8])
        raise TableError(
            f"{len(by_sample)} tumours in one file", file=path, hint=f"name one: {names}", code="sample-choice"
        )
    if sample is not None and sample not in by_sample:
        raise TableError(f"tumour {shown(sample)} is not in the file", file=path, code="sample-choice")
    if not by_sample:
        return AlterationSet(kind="maf")
    return by_sample[sample if sample is not None else next(iter(by_sample))]


def read_maf_cohort(path: str | Path, *, origin: FactOrigin | None = "somatic") -> dict[str, AlterationSet]:
    """Return the alterations of every tumour of a MAF, by its barcode."""
    table = TextTable(path)
    table.need(("Hugo_Symbol",), ("Variant_Classification", "Variant_classification"))
    found: dict[str, AlterationSet] = {}
    for number, cells in table.rows():
        name = table.first(cells, "Tumor_Sample_Barcode", "Tumor_Sample_UUID") or ""
        held = found.setdefault(name, AlterationSet(kind="maf", sample=name or None, assembly=None))
        held.records += 1
        held.assembly = held.assembly or _assembly(table.first(cells, "NCBI_Build"))
        alteration, reason = _row(table, cells, number, origin)
        if alteration is None:
            held.left_out[reason] += 1
        else:
            held.alterations.append(alteration)
    for held in found.values():
        held.tell_left_out(str(path))
    return found


def _assembly(text: str) -> str | None:
    if re.search(r"38", text):
        return "GRCh38"
    return "GRCh37" if re.search(r"37|19", text) else None


def _row(
    table: TextTable, cells: dict[str, str], number: int, origin: FactOrigin | None
) -> tuple[Alteration | None, str]:
    gene = table.first(cells, "Hugo_Symbol")
    kind = table.first(cells, "Variant_Classification")
    if not gene or gene == "Unknown":
        return None, "rows without a gene"
    atom = _atom(table, cells, gene, kind)
    if atom is None:
        return (
            None,
            "silent or non-coding changes" if kind.lower() in _SILENT else "changes without class and protein change",
        )
    return _alteration(table, cells, atom, kind=kind, place=f"line {number}", origin=origin), ""


def _atom(table: TextTable, cells: dict[str, str], gene: str, kind: str) -> Atom | None:
    if gene.upper() == "TERT" and kind.lower() in ("5'flank", "upstream_gene_variant") and _is_promoter(table, cells):
        return Atom(type="region", gene=gene, name="Promoter")
    if kind.lower() in _SILENT:
        return None
    change = read_protein_change(table.first(cells, *_PROTEIN))
    if change is not None and (change.kind not in SILENT_KINDS or change.kind == "splice"):
        return Atom(type="protein", gene=gene, change=change.text)
    classes = classes_of_terms(kind)
    name = next((word for word in ("frameshift", "truncating", "splice", "missense") if word in classes), None)
    if name is None:
        return Atom(type="gene_class", gene=gene, cls="mutation") if classes else None
    return Atom(type="gene_class", gene=gene, cls=name)


def _is_promoter(table: TextTable, cells: dict[str, str]) -> bool:
    from genorx.oncology.gene_facts import PROMOTER_ALLELES

    assembly = _assembly(table.first(cells, "NCBI_Build"))
    place = table.first(cells, "Start_Position", "Start_position")
    alleles = table.first(cells, "Reference_Allele"), table.first(cells, "Tumor_Seq_Allele2")
    return assembly is not None and place.isdigit() and (assembly, "5", int(place), *alleles) in PROMOTER_ALLELES


def _alteration(
    table: TextTable, cells: dict[str, str], atom: Atom, *, kind: str, place: str, origin: FactOrigin | None
) -> Alteration:
    status = table.first(cells, "FILTER")
    counts = {name: table.number(cells, column) for name, column in _COUNTS.items()}
    details: dict[str, object] = {
        "consequence": kind,
        "chrom": table.first(cells, "Chromosome"),
        "pos": table.first(cells, "Start_Position", "Start_position"),
        "ref": table.first(cells, "Reference_Allele"),
        "alt": table.first(cells, "Tumor_Seq_Allele2"),
        "transcript": table.first(cells, "Transcript_ID", "Annotation_Transcript"),
        "filter": status,
        **counts,
    }
    cdna = table.first(cells, *_CDNA).rpartition(":")[2]
    exon = re.match(r"\d+", table.first(cells, "Exon_Number", "Transcript_Exon"))
    return Alteration(
        atom=atom,
        origin=origin,
        classes=classes_of_terms(kind),
        exons=frozenset({int(exon[0])}) if exon else frozenset(),
        cdna=frozenset({cdna}) if cdna.startswith("c.") else frozenset(),
        rsids=frozenset(name.lower() for name in re.findall(r"rs\d+", table.first(cells, "dbSNP_RS"))),
        accepted=status in ("", "PASS", "."),
        details={name: value for name, value in details.items() if value not in ("", None)},
        place=place,
    )


def maf_samples(path: str | Path) -> Iterator[str]:
    """Yield the barcodes of a MAF's tumours in the order of the file."""
    yield from read_maf_cohort(path)
