"""The VCF of all patients, without a date, so that the same files give the same bytes."""

from __future__ import annotations

import collections
from pathlib import Path

import pysam

from aml.reference_bases import CONTIGS
from aml.variant_records import CSQ_FIELDS

HEAD = """##fileformat=VCFv4.3
##source=convert_aml.py
##reference=GRCh37
##phasing=none
{contigs}
##FILTER=<ID=PASS,Description="All filters passed">
##FILTER=<ID=CallReview,Description="Final call in the source table is not OK">
##FILTER=<ID=ITDUnconfirmed,Description="FLT3-ITD read evidence that did not enter the final call set">
##ALT=<ID=DEL,Description="Deletion">
##ALT=<ID=INS,Description="Insertion of sequence that is not a plain duplication">
##ALT=<ID=DUP:TANDEM,Description="Tandem duplication">
##ALT=<ID=INDEL,Description="Small insertion or deletion whose sequence was not reported">
##ALT=<ID=SUB,Description="Substitution in the stated codon whose bases were not reported">
##INFO=<ID=GENE,Number=1,Type=String,Description="Gene symbol used by the source table">
##INFO=<ID=ONCOGENICITY,Number=1,Type=String,Description="In the source: ONCOGENIC, POSSIBLE or UNCONFIRMED">
##INFO=<ID=SRCTYPE,Number=1,Type=String,Description="Variant type in the source table">
##INFO=<ID=PADN,Number=0,Type=Flag,Description="Padding base unknown, written as N">
##INFO=<ID=IMPRECISE,Number=0,Type=Flag,Description="Imprecise event">
##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Type of structural variant">
##INFO=<ID=END,Number=1,Type=Integer,Description="End position of the event">
##INFO=<ID=SVLEN,Number=.,Type=Integer,Description="Length difference between ALT and REF">
##INFO=<ID=SVINSSEQ,Number=1,Type=String,Description="Inserted sequence, plus strand">
##INFO=<ID=CIPOS,Number=2,Type=Integer,Description="Confidence interval around POS">
##INFO=<ID=CIEND,Number=2,Type=Integer,Description="Confidence interval around END">
##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations. Format: {csq}">
##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Total alleles">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Read depth per allele">
##FORMAT=<ID=AF,Number=A,Type=Float,Description="Fraction of reads with the mutation">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Read depth">
##FORMAT=<ID=FT,Number=1,Type=String,Description="Filter of this sample's call">
##FORMAT=<ID=NC,Number=1,Type=Integer,Description="Source calls merged into this genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{samples}"""


def _header(samples):
    contigs = "\n".join(f"##contig=<ID={name},length={size},assembly=GRCh37>" for name, size in CONTIGS.items())
    return HEAD.format(contigs=contigs, csq="|".join(CSQ_FIELDS), samples="\t".join(samples))


def _info(rec, extra):
    """INFO of a record; how many calls were merged is told of each sample."""
    found = [*((key, value) for key, value in rec.info.items() if key != "NCALLS"), *extra, ("CSQ", rec.csq)]
    return ";".join(key if value is True else f"{key}={value}" for key, value in found)


def write_cohort_vcf(path: Path, records, patients) -> None:
    """Write all patients as one bgzip file with its index, one record for each distinct allele."""
    alleles = collections.OrderedDict()
    for rec in records:
        alleles.setdefault(rec.key(), {}).setdefault(rec.pdid, rec)
    lines = [_header(patients)]
    for carriers in alleles.values():
        first = min(carriers.values(), key=lambda rec: (rec.filter != "PASS", rec.pdid))
        info = _info(first, [("AC", len(carriers)), ("AN", 2 * len(patients))])
        columns = [carriers[name].sample() if name in carriers else "0/0:.:.:.:.:." for name in patients]
        place = [first.chrom, str(first.pos), ".", first.ref, first.alt, ".", first.filter, info, "GT:AD:AF:DP:FT:NC"]
        lines.append("\t".join([*place, *columns]))
    plain = path.with_suffix("")
    plain.write_text("\n".join(lines) + "\n", encoding="utf-8")
    pysam.tabix_compress(str(plain), str(path), force=True)
    plain.unlink()
    pysam.tabix_index(str(path), preset="vcf", force=True)
