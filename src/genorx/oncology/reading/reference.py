"""Bases of the user's reference sequence, for left-aligning insertions and deletions."""

from __future__ import annotations

from pathlib import Path

from genorx.errors import AssemblyError, InputError, shown
from genorx.oncology.reading.known_alleles import Fetch
from genorx.variants.assembly import LENGTHS, bare_contig


def reference_bases(path: str | Path, assembly: str | None) -> Fetch:
    """Return a function for the bases of a FASTA file: (contig, first, last), 1-based, in capitals.

    Raises
    ------
    InputError
        ``reference-file`` if the file cannot be read as FASTA.
    AssemblyError
        ``assembly-wrong`` if the lengths of its contigs differ from the assembly.
    """
    import pysam

    try:
        fasta = pysam.FastaFile(str(path))
    except (OSError, ValueError) as error:
        reason, hint = "the reference cannot be read as FASTA", "plain or bgzip, with its index (samtools faidx)"
        raise InputError(reason, file=path, hint=hint, code="reference-file") from error
    names = {bare_contig(name): name for name in fasta.references}
    expected = LENGTHS.get(assembly or "", {})
    for bare, name in names.items():
        if bare in expected and fasta.get_reference_length(name) != expected[bare]:
            raise AssemblyError(
                f"contig {shown(name)} of the reference is not as long as that of {assembly}",
                file=path, hint="give the reference of the file's assembly", code="assembly-wrong",
            )  # fmt: skip

    def fetch(contig: str, first: int, last: int) -> str:
        name = names.get(contig)
        return "" if name is None or last < first else str(fasta.fetch(name, first - 1, last)).upper()

    return fetch
