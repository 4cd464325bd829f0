"""Reading of variant files at pharmacogene sites: any VCF, gVCF or BCF, on either assembly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from genorx._core.garbage import unsearched
from genorx.errors import VariantFileError
from genorx.knowledge import GeneDefinition
from genorx.pgx.reading.site_reading import SampleSites, SiteReading
from genorx.pgx.reading.walking import open_file, walk
from genorx.variants.cells import UnreadCellsError
from genorx.variants.records import DEFAULT_FILTERS


def read_sites(
    path: str | Path,
    genes: Mapping[str, GeneDefinition],
    *,
    sample: str | None = None,
    assembly: str | None = None,
    absent: str = "missing",
    likelihoods: bool = False,
    filters: Collection[str] | None = DEFAULT_FILTERS,
    fasta: str | Path | None = None,
) -> SampleSites:
    """Read a variant file at the sites of some genes.

    Parameters
    ----------
    path : path
        VCF, gVCF or BCF; plain, gzip or bgzip.
    sample : str, optional
        The one sample to read; all of them when absent.
    assembly : str, optional
        Assembly, if known; checked against the file.
    absent : {"missing", "reference"}
        Meaning of a site without a record.
    likelihoods : bool
        Keep the likelihoods of genotypes (PL, GL, GP) too.
    filters : collection of str or None
        FILTER and FT values that are accepted; calls of others are no-calls.  None accepts all.
    fasta : path, optional
        Reference sequence with its index, to recognise indels and repeats in any spelling.  Without it, a sample with
        an indel that may be one of the definitions' has no call at that site.

    Raises
    ------
    VariantFileError
        For a file that is not what it claims to be; ``sample-absent`` for a sample that it does not hold.
    AssemblyError
        If the assembly is not the requested one, or cannot be determined; ``fasta-contig``, ``fasta-assembly`` for
        a reference sequence of another one.
    InputError
        ``fasta-absent``, ``fasta-index``, ``fasta-unreadable``.
    """
    how = {"sample": sample, "absent": absent, "likelihoods": likelihoods, "filters": filters, "fasta": fasta}
    try:
        return _read(Path(path), genes, assembly, packed=True, **how)
    except (UnreadCellsError, VariantFileError):  # which of several faults is told must not hang on the way
        return _read(Path(path), genes, assembly, packed=False, **how)


@unsearched()  # much is made that stays
def _read(
    path: Path, genes: Mapping[str, GeneDefinition], assembly: str | None, *, packed: bool, **how: Any
) -> SampleSites:
    reader = open_file(path, how["filters"], assembly, packed=packed)
    reading = SiteReading(reader, genes, **how)
    walk(reader, reading)
    return reading.finish(reader.notes.findings(path.name))
