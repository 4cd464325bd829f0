"""A mutation annotation format (MAF) file as record tables, with variants in VCF notation.

Alterations for evidence are read from a MAF by ``oncology.read_alterations``.
Source: GDC MAF format 1.0: an insertion starts at the base before it, ``-`` is no base.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genorx.interop.reading.columns import hgnc_id
from genorx.interop.reading.notes import Notes
from genorx.interop.reading.places import GenomicPlace, bare_chromosome, of_alleles, spelled
from genorx.interop.reading.record_tables import RecordTables, made_tables
from genorx.interop.reading.rows import Rows
from genorx.oncology.reading.maf_columns import maf_counts
from genorx.oncology.reading.text_table import TextTable
from genorx.variants.assembly import maf_assembly

_NO_SAMPLE = "rows name no tumour sample and are not used"


def read_maf(path: str | Path) -> RecordTables:
    r"""Return the record tables of a MAF: every row is a row of ``variants`` of its ``Tumor_Sample_Barcode``.

    Raises
    ------
    TableError
        ``table-columns``, ``table-row`` and other errors of a text table.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> names = "Hugo_Symbol Chromosome Start_Position Reference_Allele Tumor_Seq_Allele2 Tumor_Sample_Barcode"
    >>> row = "BRAF 7 140453136 A T T1"
    >>> _ = (folder / "cohort.maf").write_text("\t".join(names.split()) + "\n" + "\t".join(row.split()) + "\n")
    >>> read_maf(folder / "cohort.maf").variants["gene"].tolist()
    ['BRAF']
    """
    table = TextTable(path)
    table.need(
        ("Tumor_Sample_Barcode",), ("Chromosome",), ("Start_Position", "Start_position"), ("Reference_Allele",),
        ("Tumor_Seq_Allele2",),
    )  # fmt: skip
    rows, notes = Rows(), Notes()
    samples: dict[str, None] = {}
    for number, cells in table.rows():
        sample = table.first(cells, "Tumor_Sample_Barcode") or None
        if sample is None:
            notes.add("rows-without-sample", "warning", f"{{n}} {_NO_SAMPLE}", place=f"line {number}")
        elif sample not in samples:
            samples[sample] = None
            rows.add("patients", {"patient_id": sample})
        source = f"{table.path.name}#line/{number}"
        rows.add("variants", {"patient_id": sample, "source": source, **_variant(table, cells)})
    return made_tables(rows.frames(), notes.findings(), {"format": "maf", "files": [table.path.name]})


def _variant(table: TextTable, cells: dict[str, str]) -> dict[str, Any]:
    def first(*names: str) -> str | None:
        return table.first(cells, *names) or None

    counts = maf_counts(table, cells, "t")
    gene = first("Hugo_Symbol")
    status = first("Mutation_Status") or ""
    return {
        **_place(table, cells).columns(),
        "gene": None if gene == "Unknown" else gene,
        "gene_id": hgnc_id(first("HGNC_ID")),
        "hgvs_c": first("HGVSc"),
        "hgvs_p": first("HGVSp", "HGVSp_Short"),
        "transcript": first("Transcript_ID", "Annotation_Transcript"),
        "change_type": first("Variant_Classification"),
        "origin": {"germline": "germline", "somatic": "somatic"}.get(status.lower()),
        "allele_fraction": counts.allele_fraction,
        "read_depth": counts.depth,
        "presence": "present",
        "vrs_id": None,
    }


def _place(table: TextTable, cells: dict[str, str]) -> GenomicPlace:
    assembly = maf_assembly(table.first(cells, "NCBI_Build"))
    chrom = bare_chromosome(table.first(cells, "Chromosome") or None)
    start = table.number(cells, "Start_Position", "Start_position")
    ref, alt = (_bases(table.first(cells, name)) for name in ("Reference_Allele", "Tumor_Seq_Allele2"))
    if ref == "-" and start is not None:
        allele = spelled(assembly, chrom, start + 1, "", alt)
        return GenomicPlace(assembly=assembly, chrom=chrom, start=start, end=start + 1, allele=allele)
    return of_alleles(assembly, chrom, start, ref, alt)


def _bases(text: str) -> str | None:
    return text.upper() or None
