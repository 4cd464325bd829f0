"""Score rows without a record, completed by the reference sequence as homozygous reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from genorx.errors import InputError
from genorx.interop.scores.matching import Match
from genorx.interop.scores.running import RunningScore
from genorx.variants.allele import complement
from genorx.variants.assembly import bare_contig


def by_reference(running: RunningScore, fasta: str | Path) -> None:
    """Set 0 or 2 copies at rows without record, by the bases of the reference; others remain absent.

    Raises
    ------
    InputError
        ``score-fasta`` if the sequence file cannot be read, or has no index.
    """
    import pysam

    try:
        with pysam.FastaFile(str(fasta)) as source:
            names = {bare_contig(name): name for name in source.references}
            rows = running.file.rows
            for index, (chrom, pos) in enumerate(zip(rows["chrom"], rows["pos"], strict=True)):
                if running.status[index] == "absent" and not pd.isna(pos) and chrom in names:
                    _decide(running, index, source, names[chrom], int(pos))
    except (OSError, ValueError) as error:
        hint = "create the index with samtools faidx"
        raise InputError("the reference sequence cannot be read", file=fasta, hint=hint, code="score-fasta") from error


def _decide(running: RunningScore, index: int, source: Any, contig: str, pos: int) -> None:
    effect, other = running.effects[index], running.others[index]

    def stands(allele: str) -> bool:
        return bool(source.fetch(contig, pos - 1, pos - 1 + len(allele)).upper() == allele)

    if other is not None and complement(effect) == other and not running.choices.keep_ambiguous:
        running.status[index] = "ambiguous"
    elif stands(effect):
        running.take_all(index, Match("matched"), 2.0)
    elif other is not None and stands(other):
        running.take_all(index, Match("matched"), 0.0)
    elif other is not None and stands(complement(effect)):
        running.take_all(index, Match("flipped"), 2.0)
    elif other is not None and stands(complement(other)):
        running.take_all(index, Match("flipped"), 0.0)
    elif other is None:
        running.take_all(index, Match("matched"), 0.0)
    else:
        running.status[index] = "mismatch"
