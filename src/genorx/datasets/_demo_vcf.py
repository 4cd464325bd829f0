"""The demo's variant file: a multi-sample VCF of tumour mutations and pharmacogene sites, with realistic faults.

It has no-calls, calls without depth, a filtered record, silent changes, a multi-allelic record and a symbolic deletion:
reading it must give the simulated patients' genes, missing where the file does not show them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from genorx._core.whole_files import output_errors
from genorx.datasets import _loci as loci
from genorx.datasets._loci import Locus
from genorx.datasets._population import site_name
from genorx.errors import OutputError

_NO_CALL, _NO_DEPTH = 0.01, 0.005
_CSQ = "Consequence annotations from Ensembl VEP. Format: Allele|Consequence|IMPACT|SYMBOL|HGVSp|ALLELE_NUM"
_IMPACT = {"stop_gained": "HIGH", "splice_donor_variant": "HIGH", "transcript_ablation": "HIGH"}
_ORDER = {chrom: rank for rank, chrom in enumerate(loci.CONTIGS)}


@dataclass(frozen=True, slots=True)
class _Record:
    """One record: its loci share position and REF; ``alleles`` has one row per patient and one column per strand."""

    loci: tuple[Locus, ...]
    alleles: NDArray[np.int64]
    accepted: bool = True


def write_demo_vcf(features: pd.DataFrame, path: Path, rng: Generator) -> None:
    """Write the variants of the patients of ``features`` as a bgzip-compressed, indexed VCF at ``path``."""
    import pysam

    plain = path.with_suffix("")
    lines = [*_header(features.index), *(_line(record, rng) for record in _records(features, rng))]
    with output_errors(path):
        plain.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
        try:
            pysam.tabix_compress(str(plain), str(path), force=True)
            pysam.tabix_index(str(path), preset="vcf", force=True)
        except OSError as error:  # raised by htslib, without an error number of the system
            raise OutputError("the file cannot be written; is the disk full?", file=path) from error
        plain.unlink()


def _records(features: pd.DataFrame, rng: Generator) -> list[_Record]:
    n = len(features)
    carriers = _carriers(features, rng)
    nobody = np.zeros(n, np.int64)
    records = []
    for _, group in groupby(sorted(carriers, key=_place), key=_place):
        alts = tuple(group)
        somatic = nobody + sum(carriers[each] * number for number, each in enumerate(alts, start=1))
        records.append(_Record(alts, np.column_stack([nobody, somatic])))
    for site in loci.GERMLINE_SITES:
        dosage = features[site_name(site.gene)].to_numpy(np.int64)
        records.append(_Record((site,), np.column_stack([dosage == 2, dosage >= 1]).astype(np.int64)))
    for locus in (*loci.SILENT_LOCI, loci.FILTERED_LOCUS):
        seen = (rng.random(n) < 0.06).astype(np.int64)
        records.append(_Record((locus,), np.column_stack([nobody, seen]), accepted=locus != loci.FILTERED_LOCUS))
    return sorted(records, key=lambda record: _place(record.loci[0]))


def _carriers(features: pd.DataFrame, rng: Generator) -> dict[Locus, NDArray[np.bool_]]:
    """Return the carriers of each locus: a mutated gene is hit at one of its loci, chosen uniformly at random."""
    carriers: dict[Locus, NDArray[np.bool_]] = {}
    for gene in dict.fromkeys(each.gene for each in loci.TUMOUR_LOCI if each.gene in features):
        places = [each for each in (*loci.TUMOUR_LOCI, loci.GENE_DELETION) if each.gene == gene]
        hit = rng.integers(0, len(places), len(features))
        mutated = features[gene].to_numpy(np.int64) == 1
        carriers |= {each: mutated & (hit == number) for number, each in enumerate(places)}
    return carriers


def _place(locus: Locus) -> tuple[int, int, str]:
    return _ORDER[locus.chrom], locus.pos, locus.ref


def _header(samples: pd.Index) -> Iterator[str]:
    yield "##fileformat=VCFv4.3"
    yield "##source=genorx demo: simulated patients, no real person"
    yield "##reference=GRCh38"
    yield from (f"##contig=<ID={name},length={length},assembly=GRCh38>" for name, length in loci.CONTIGS.items())
    yield '##FILTER=<ID=PASS,Description="All filters passed">'
    yield '##FILTER=<ID=weak_evidence,Description="Mutation does not meet likelihood threshold">'
    yield '##ALT=<ID=DEL,Description="Deletion">'
    yield '##INFO=<ID=END,Number=1,Type=Integer,Description="End position of the variant">'
    yield '##INFO=<ID=SVLEN,Number=A,Type=Integer,Description="Difference in length between REF and ALT alleles">'
    yield '##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Type of structural variant">'
    yield '##INFO=<ID=IMPRECISE,Number=0,Type=Flag,Description="Imprecise structural variation">'
    yield f'##INFO=<ID=CSQ,Number=.,Type=String,Description="{_CSQ}">'
    yield '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">'
    yield '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Read depth">'
    yield "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *map(str, samples)])


def _line(record: _Record, rng: Generator) -> str:
    first = record.loci[0]
    name = first.change if first.change.startswith("rs") else "."
    alts = ",".join(each.alt for each in record.loci)
    stated = "PASS" if record.accepted else "weak_evidence"
    cells = [first.chrom, str(first.pos), name, first.ref, alts, ".", stated, _info(record), "GT:DP"]
    return "\t".join(cells + _calls(record.alleles, rng))


def _info(record: _Record) -> str:
    csq = ",".join(_annotation(each, number) for number, each in enumerate(record.loci, start=1))
    if record.loci[0] != loci.GENE_DELETION:
        return f"CSQ={csq}"
    end = loci.GENE_DELETION_END
    return f"END={end};SVLEN={record.loci[0].pos - end};SVTYPE=DEL;IMPRECISE;CSQ={csq}"


def _annotation(locus: Locus, number: int) -> str:
    impact = "LOW" if locus.consequence == "synonymous_variant" else _IMPACT.get(locus.consequence, "MODERATE")
    protein = "" if locus.change.startswith("rs") or locus.alt.startswith("<") else f"p.{locus.change}"
    return f"{_vep_allele(locus)}|{locus.consequence}|{impact}|{locus.gene}|{protein}|{number}"


def _vep_allele(locus: Locus) -> str:
    """Return the ALT in VEP notation: without the shared first base of an indel, deletions as a word or a dash."""
    if locus.alt.startswith("<"):
        return "deletion"
    return locus.alt if len(locus.ref) == len(locus.alt) else locus.alt[1:] or "-"


def _calls(alleles: NDArray[np.int64], rng: Generator) -> list[str]:
    n = len(alleles)
    depth = rng.poisson(220, n)
    fate = rng.random(n)
    calls = []
    for (one, two), reads, luck in zip(alleles.tolist(), depth.tolist(), fate.tolist(), strict=True):
        if luck < _NO_CALL:
            calls.append("./.:.")
        elif luck < _NO_CALL + _NO_DEPTH:
            calls.append("0/0:0")
        else:
            calls.append(f"{one}/{two}:{reads}")
    return calls
