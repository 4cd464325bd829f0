"""A simulated pharmacogene cohort: a VCF of all sites of the pack, with the true alleles of each person.

Frequencies are invented round numbers, to have common and rare alleles; they describe no population.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.random import Generator

from genorx._core.output import write_text
from genorx._core.whole_files import atomic_path
from genorx.errors import UsageError, shown
from genorx.knowledge import GeneDefinition, Position, default_pack
from genorx.knowledge.definition import WOBBLES
from genorx.pgx.matching.naming import join, name_key
from genorx.variants.assembly import LENGTHS

Assembly = Literal["GRCh38", "GRCh37"]
_Truth = dict[str, list[tuple[str, ...]]]

#: Frequencies of alleles other than the commonest, which has the rest; other genes have only their reference.
_FREQUENCIES: dict[str, dict[str, float]] = {
    "ABCG2": {"rs2231142 variant (T)": 0.12},
    "CYP2B6": {"*6": 0.22, "*5": 0.05, "*4": 0.03, "*9": 0.03},
    "CYP2C19": {"*2": 0.16, "*17": 0.2, "*3": 0.01, "*38": 0.04},
    "CYP2C9": {"*2": 0.12, "*3": 0.07},
    "CYP3A5": {"*3": 0.75, "*6": 0.04},
    "CYP4F2": {"*3": 0.28},
    "DPYD": {"c.1905+1G>A (*2A)": 0.01, "c.2846A>T": 0.01, "c.1627A>G (*5)": 0.15},
    "G6PD": {"A- 202A_376G": 0.03, "A": 0.08},
    "IFNL3": {"rs12979860 variant (T)": 0.35},
    "NAT2": {"*5": 0.35, "*6": 0.3, "*4": 0.2},
    "NUDT15": {"*3": 0.03},
    "SLCO1B1": {"*5": 0.05, "*15": 0.12, "*37": 0.25},
    "TPMT": {"*3A": 0.06, "*3B": 0.01, "*3C": 0.03},
    "UGT1A1": {"*80+*28": 0.3, "*6": 0.02},
    "VKORC1": {"rs9923231 variant (T)": 0.38},
}
_COMMONEST = {"CYP2C19": "*1"}  # where it is not the reference


def write_pgx_cohort(
    path: str | Path,
    n: int = 200,
    *,
    frequencies: Mapping[str, Mapping[str, float]] | None = None,
    missing: float = 0.0,
    assembly: Assembly = "GRCh38",
    seed: int = 0,
) -> pd.DataFrame:
    """Write an unphased VCF of simulated people at every pharmacogene site, and return their alleles.

    Two alleles per gene are drawn at random; every second person has one copy of the X chromosome, and one allele
    there.  CYP2D6 is left out: it cannot be called from single variants.

    Parameters
    ----------
    path : path
        File to write; compressed with bgzip if it ends in ``.gz``, otherwise plain text.
    n : int
        Number of people, ``S0001`` and so on.
    frequencies : mapping of gene to allele to frequency, optional
        Frequencies in place of the default ones; the remaining probability of a gene is that of its reference allele.
    missing : float
        Share of no-call genotypes.
    assembly : {"GRCh38", "GRCh37"}
        Assembly of the positions.
    seed : int
        The same arguments give the same bytes.

    Returns
    -------
    DataFrame
        One row per person (index ``sample``), one column per gene: the true diplotype, such as ``*1/*2``.

    Raises
    ------
    UsageError
        ``pgx-frequency`` for an allele that is not in the pack, or frequencies of a gene that sum to more than 1.
    """
    rng = np.random.default_rng(seed)
    genes = {name: gene for name, gene in default_pack().genes.items() if name != "CYP2D6"}
    samples = [f"S{number:04d}" for number in range(1, n + 1)]
    truth: _Truth = {}
    lines: list[tuple[int, int, str]] = []
    for name in sorted(genes):
        truth[name] = _draw(genes[name], _shares(genes[name], frequencies), n, rng)
        lines += _lines(genes[name], truth[name], missing, assembly, rng)
    _write_lines(Path(path), samples, lines, assembly)
    columns = {name: [join(tuple(sorted(pair, key=name_key))) for pair in pairs] for name, pairs in truth.items()}
    return pd.DataFrame(columns, index=pd.Index(samples, name="sample"), dtype="string")


def write_alleles(path: Path, samples: Sequence[str], alleles: Mapping[str, Sequence[tuple[str, ...]]]) -> None:
    """Write an unphased VCF (GRCh38) of people with given alleles, at every site of all pharmacogenes.

    ``alleles`` has, for each gene, the alleles of each person; other genes have the commonest allele.
    """
    rng, lines = np.random.default_rng(0), list[tuple[int, int, str]]()
    for name, gene in sorted(default_pack().genes.items()):
        if name != "CYP2D6":
            usual = _COMMONEST.get(name, gene.reference.name)
            lines += _lines(gene, list(alleles.get(name, [(usual, usual)] * len(samples))), 0.0, "GRCh38", rng)
    _write_lines(path, samples, lines, "GRCh38")


def _write_lines(path: Path, samples: Iterable[str], lines: Iterable[tuple[int, int, str]], assembly: Assembly) -> None:
    text = [*_header(samples, assembly), *(line for _, _, line in sorted(lines))]
    _write(path, "".join(f"{line}\n" for line in text))


def _shares(gene: GeneDefinition, given: Mapping[str, Mapping[str, float]] | None) -> dict[str, float]:
    """Return the frequency of each allele that can be drawn, summing to one."""
    listed = dict((_FREQUENCIES if given is None else given).get(gene.gene, {}))
    unknown = [name for name in listed if name not in gene.by_name]
    if unknown or sum(listed.values()) > 1 + 1e-9 or min(listed.values(), default=0.0) < 0:
        reason = f"the pack has no allele {shown(unknown[0])}" if unknown else "frequencies are not shares of one"
        raise UsageError(reason, place=gene.gene, code="pgx-frequency")
    commonest = _COMMONEST.get(gene.gene, gene.reference.name) if given is None else gene.reference.name
    listed[commonest] = listed.get(commonest, 0.0) + max(0.0, 1.0 - sum(listed.values()))
    return listed


def _draw(gene: GeneDefinition, shares: Mapping[str, float], n: int, rng: Generator) -> list[tuple[str, ...]]:
    names = list(shares)
    drawn = rng.choice(len(names), size=(n, 2), p=np.array(list(shares.values())) / sum(shares.values()))
    haploid = gene.chrom == "chrX"
    return [
        (names[one],) if haploid and number % 2 else (names[one], names[two])
        for number, (one, two) in enumerate(drawn.tolist())
    ]


def _lines(
    gene: GeneDefinition, people: list[tuple[str, ...]], missing: float, assembly: Assembly, rng: Generator
) -> Iterator[tuple[int, int, str]]:
    """Yield contig number, position and text of each record."""
    shown_bases = {name: _bases(gene, name) for name in {allele for pair in people for allele in pair}}
    order = list(LENGTHS[assembly])
    for index, position in enumerate(gene.positions):
        pos, alleles = _alleles(position, assembly)
        lost = rng.random(len(people)) < missing
        cells = (
            _genotype([alleles.index(shown_bases[name][index]) for name in pair], no_call=bool(gone))
            for pair, gone in zip(people, lost, strict=True)
        )
        fields = (gene.chrom, str(pos), position.rsid or ".", alleles[0], ",".join(alleles[1:]), ".", "PASS", ".", "GT")
        yield order.index(gene.chrom.removeprefix("chr")), pos, "\t".join((*fields, *cells))


def _bases(gene: GeneDefinition, name: str) -> list[str]:
    """Return an allele's base at each position; for an ambiguity code the reference base, or the first."""
    own, fill = gene.by_name[name].bases, gene.reference.bases
    entries = [own.get(i, fill.get(i, position.ref)) for i, position in enumerate(gene.positions)]
    return [
        entry
        if entry not in WOBBLES
        else position.ref
        if position.ref in WOBBLES[entry]
        else sorted(WOBBLES[entry].intersection(position.alts))[0]
        for entry, position in zip(entries, gene.positions, strict=True)
    ]


def _alleles(position: Position, assembly: Assembly) -> tuple[int, list[str]]:
    if assembly == "GRCh38" or position.pos37 is None or position.ref37 is None:
        return position.pos, [position.ref, *position.alts]
    return position.pos37, [position.ref37, *(b for b in (position.ref, *position.alts) if b != position.ref37)]


def _genotype(numbers: list[int], *, no_call: bool) -> str:
    return "/".join("." if no_call else str(number) for number in sorted(numbers))


def _header(samples: Iterable[str], assembly: Assembly) -> Iterator[str]:
    yield "##fileformat=VCFv4.3"
    yield "##source=genorx datasets: made people, no real person"
    for name, length in LENGTHS[assembly].items():
        yield f"##contig=<ID=chr{name},length={length},assembly={assembly}>"
    yield '##FILTER=<ID=PASS,Description="All filters passed">'
    yield '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">'
    yield "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples])


def _write(path: Path, text: str) -> None:
    if path.suffix != ".gz":
        write_text(text, path)
        return
    import pysam

    with atomic_path(path) as part, pysam.BGZFile(str(part), "wb", None) as handle:
        handle.write(text.encode())
