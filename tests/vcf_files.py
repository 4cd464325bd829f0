"""Small variant files made for a test."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pysam
import pytest

CONTIGS = {"chr1": 248956422, "chr7": 159345973, "chr12": 133275309}  # GRCh38, NCBI assembly report
HEAD = [
    "##fileformat=VCFv4.3",
    *(f"##contig=<ID={name},length={length}>" for name, length in CONTIGS.items()),
    '##FILTER=<ID=q10,Description="low quality">',
    '##INFO=<ID=END,Number=1,Type=Integer,Description="end">',
    '##INFO=<ID=SVLEN,Number=A,Type=Integer,Description="length">',
    '##INFO=<ID=SVTYPE,Number=1,Type=String,Description="type">',
    '##INFO=<ID=IMPRECISE,Number=0,Type=Flag,Description="imprecise">',
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="VEP. Format: Allele|Consequence|IMPACT|SYMBOL|Gene|ALLELE_NUM">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="depth">',
    '##FORMAT=<ID=MIN_DP,Number=1,Type=Integer,Description="least depth of a block">',
    '##FORMAT=<ID=FT,Number=1,Type=String,Description="filter">',
    '##FORMAT=<ID=PS,Number=1,Type=Integer,Description="phase set">',
]
COLUMNS = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT"


def vcf_text(rows: Sequence[str], samples: Sequence[str] = ("S1",), head: Sequence[str] = HEAD) -> str:
    """A VCF; rows are written with spaces for tabs."""
    lines = [*head, "\t".join([*COLUMNS.split(), *samples]), *("\t".join(row.split()) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


@pytest.fixture
def write_vcf(tmp_path: Path) -> Callable[..., Path]:
    """Write rows to a VCF; a name that ends in .gz is bgzipped, one in .bcf is made BCF by htslib."""

    def write(rows: Sequence[str], samples: Sequence[str] = ("S1",), *, name: str = "a.vcf", **more: object) -> Path:
        text = vcf_text(rows, samples, **more)
        path = tmp_path / name
        if name.endswith(".gz"):
            with pysam.BGZFile(str(path), "wb") as handle:
                handle.write(text.encode())
        elif name.endswith(".bcf"):
            plain = tmp_path / f"{name}.vcf"
            plain.write_text(text)
            with (
                pysam.VariantFile(str(plain)) as source,
                pysam.VariantFile(str(path), "wb", header=source.header) as out,
            ):
                for record in source:
                    out.write(record)
        else:
            path.write_text(text)
        return path

    return write
