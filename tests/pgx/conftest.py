"""VCFs made from the shipped definitions: every site reference, but for those that a test changes."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from genorx.knowledge import default_pack

_HEADER = """##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="">
{contigs}##FORMAT=<ID=GT,Number=1,Type=String,Description="">
##FORMAT=<ID=PS,Number=1,Type=Integer,Description="">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{samples}
"""
_CONTIG38 = "##contig=<ID=chr1,length=248956422>\n"
_CONTIG37 = "##contig=<ID=chr1,length=249250621>\n"

Writer = Callable[..., Path]


def sites_of(*genes):
    """Positions of genes, with the gene."""
    pack = default_pack()
    return [(gene, p) for gene in genes for p in (*pack.genes[gene].positions, *pack.genes[gene].extra)]


def gt_of(position, bases: Iterable[str], separator="/", *, assembly="GRCh38"):
    """GT of bases at a position."""
    alleles = alleles_of(position, assembly)
    return separator.join("." if b is None else str(alleles.index(b)) for b in bases)


def alleles_of(position, assembly="GRCh38"):
    """REF and ALTs as a file on an assembly has them."""
    if assembly == "GRCh38":
        return [position.ref, *position.alts]
    return [position.ref37, *(b for b in (position.ref, *position.alts) if b != position.ref37)]


def vcf_text(rows: Iterable[tuple], samples=("S1",), *, assembly="GRCh38", header=None):
    """Text of a VCF; a row is chrom, pos, ref, alt, format, columns."""
    contigs = {"GRCh38": _CONTIG38, "GRCh37": _CONTIG37, None: ""}[assembly]
    text = (header or _HEADER).format(contigs=contigs, samples="\t".join(samples))
    lines = ["\t".join(map(str, (c, p, ".", r, a, ".", "PASS", ".", f, *cols))) for c, p, r, a, f, cols in rows]
    return text + "".join(f"{line}\n" for line in lines)


@pytest.fixture
def write_vcf(tmp_path) -> Writer:
    """Write a VCF of all sites of genes: ``calls`` maps rsid or position to a GT (or GT:PS), None leaves a site out."""

    def write(genes, calls: Mapping = {}, *, name="sample.vcf", alt: Mapping = {}, default="0/0"):
        rows, used = [], set()
        for _, p in sites_of(*genes):
            key = p.rsid if p.rsid in calls else p.pos
            value = calls.get(key, default)
            used.add(key)
            if value is None:
                continue
            alts = ",".join(alt.get(key, p.alts))
            rows.append((p.chrom, p.pos, p.ref, alts, "GT:PS" if ":" in value else "GT", [value]))
        assert set(calls) <= used
        path = tmp_path / name
        path.write_text(vcf_text(rows))
        return path

    return write


@pytest.fixture
def call_one(write_vcf):
    """Call one gene of a VCF made for it; returns the gene's part of ``to_dict()``."""
    from genorx import pgx

    def call(gene, calls: Mapping = {}, *, alt: Mapping = {}, default="0/0", **options):
        (report,) = pgx.call(write_vcf([gene], calls, alt=alt, default=default), **options)
        return report.to_dict()["genes"][gene]

    return call
