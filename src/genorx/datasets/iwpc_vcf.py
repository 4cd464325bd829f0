"""Genotypes of the IWPC cohort as a VCF on the plus strand, as found in practice.

The cohort's table gives VKORC1 on the gene's strand, which is the minus strand.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from genorx._core.output import write_text

#: rs number -> contig, position on GRCh38, REF and ALT on the plus strand, and the column and alleles of the table that
#: mean ALT (for CYP2C9 a star allele of the diplotype; other alleles count 0).
_SITES = {
    "rs1799853": ("chr10", 94942290, "C", "T", "cyp2c9", "*2"),
    "rs1057910": ("chr10", 94981296, "A", "C", "cyp2c9", "*3"),
    "rs7294": ("chr16", 31091000, "C", "T", "vkorc1_rs7294", "A"),
    "rs2359612": ("chr16", 31092475, "G", "A", "vkorc1_rs2359612", "T"),
    "rs8050894": ("chr16", 31093188, "C", "G", "vkorc1_rs8050894", "C"),
    "rs9934438": ("chr16", 31093557, "G", "A", "vkorc1_rs9934438", "T"),
    "rs2884737": ("chr16", 31094233, "A", "C", "vkorc1_rs2884737", "G"),
    "rs9923231": ("chr16", 31096368, "C", "T", "vkorc1_rs9923231", "A"),
    "rs17880887": ("chr16", 31099180, "G", "T", "vkorc1_rs17880887", "A"),
}
_LENGTHS = {"chr10": 133797422, "chr16": 90338345}


def write_iwpc_vcf(table: pd.DataFrame, path: str | Path) -> Path:
    """Write the genotypes of the patients of ``load_iwpc()`` (or some of its rows) as a VCF; return its path.

    Nine sites on GRCh38, plus strand, one sample per patient, named by ``subject``; unknown genotypes are ``./.``.

    Parameters
    ----------
    table : DataFrame
        Rows of ``load_iwpc``.
    path : path
        File to write, as plain text.
    """
    home = Path(path)
    lines = ["##fileformat=VCFv4.2", "##reference=GRCh38", '##FILTER=<ID=PASS,Description="All filters passed">']
    lines += [f"##contig=<ID={name},length={length},assembly=GRCh38>" for name, length in _LENGTHS.items()]
    lines.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">')
    head = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    lines.append("\t".join([*head, *table["subject"].astype(str)]))
    for name, (contig, position, ref, alt, column, counted) in _SITES.items():
        fixed = [contig, str(position), name, ref, alt, ".", "PASS", ".", "GT"]
        lines.append("\t".join([*fixed, *(_genotype(cell, counted) for cell in table[column])]))
    write_text("\n".join(lines) + "\n", home)
    return home


def _genotype(cell: object, counted: str) -> str:
    if not isinstance(cell, str):
        return "./."
    return ("0/0", "0/1", "1/1")[cell.split("/").count(counted)]
