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
    """Return the genotypes in a variant file at the sites of some genes.

    Parameters
    ----------
    path : path
        VCF, gVCF or BCF, plain, gzip or bgzip.
    genes : mapping of gene to GeneDefinition
        Definitions of the genes to read.
    sample : str, optional
        Name of the sample to read; by default all.
    assembly : str, optional
        Assembly of the file, checked against it; by default detected.
    absent : {"missing", "reference"}
        Meaning of a site without a record; ``"missing"`` by default.
    likelihoods : bool
        Whether to keep the genotype likelihoods (PL, GL, GP) too.  The default is False.
    filters : collection of str or None
        FILTER and FT values whose calls are accepted; other calls are no-calls.  None accepts all.
    fasta : path, optional
        Reference sequence with its index, to recognise indels and repeats in any notation.  Without it, a sample with
        an indel that may be one of the definitions has no call at that site.

    Raises
    ------
    VariantFileError
        If the file is damaged or not a variant file; ``sample-absent`` if the sample is not in it.
    AssemblyError
        If the assembly is not the requested one, or cannot be determined; ``fasta-contig`` or ``fasta-assembly`` if
        the reference sequence is of another assembly.
    InputError
        ``fasta-absent``, ``fasta-index`` or ``fasta-unreadable`` if the reference sequence cannot be read.
    """
    how = {"sample": sample, "absent": absent, "likelihoods": likelihoods, "filters": filters, "fasta": fasta}
    try:
        return _read(Path(path), genes, assembly, packed=True, **how)
    except (UnreadCellsError, VariantFileError):  # the fault named must not depend on the way of reading
        return _read(Path(path), genes, assembly, packed=False, **how)


@unsearched()  # many objects are made that remain
def _read(
    path: Path, genes: Mapping[str, GeneDefinition], assembly: str | None, *, packed: bool, **how: Any
) -> SampleSites:
    reader = open_file(path, how["filters"], assembly, packed=packed)
    reading = SiteReading(reader, genes, **how)
    walk(reader, reading)
    return reading.finish(reader.notes.findings(path.name))
