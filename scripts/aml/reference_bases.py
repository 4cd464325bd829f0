"""Bases of the reference that the published tables themselves establish; no genome is needed.

They come from (1) wild-type alleles of substitutions and deletions, (2) FLT3 exon 14, which the tandem duplications
without untemplated bases tile without a conflict, (3) the published wild-type sequence of NPM1 exon 12.
"""

from __future__ import annotations

import collections
import re

from aml.published_files import integer

CONTIGS = collections.OrderedDict(
    [
        ("1", 249250621),
        ("2", 243199373),
        ("3", 198022430),
        ("4", 191154276),
        ("5", 180915260),
        ("6", 171115067),
        ("7", 159138663),
        ("8", 146364022),
        ("9", 141213431),
        ("10", 135534747),
        ("11", 135006516),
        ("12", 133851895),
        ("13", 115169878),
        ("14", 107349540),
        ("15", 102531392),
        ("16", 90354753),
        ("17", 81195210),
        ("18", 78077248),
        ("19", 59128983),
        ("20", 63025520),
        ("21", 48129895),
        ("22", 51304566),
        ("X", 155270560),
        ("Y", 59373566),
    ]
)
CONTIG_ORDER = {c: i for i, c in enumerate(CONTIGS)}

# NPM1 exon 12, c.856-c.893, wild type (plus strand); c.856 is 5:170837540.
NPM1_EXON12 = ("5", 170837540, "GATCTCTGGCAGTGGAGGAAGTCTCTTTAAGAAAATAG")


class KnownBases:
    """Reference bases that the data themselves establish."""

    def __init__(self):
        self._base = {}
        self.conflicts = 0

    def put(self, chrom, start, sequence):
        """Record ``sequence`` at 1-based ``start``; first statement wins."""
        for offset, base in enumerate(sequence.upper()):
            if base in "ACGT" and self._base.setdefault((chrom, start + offset), base) != base:
                self.conflicts += 1

    def get(self, chrom, position):
        """The base, or 'N' when nothing states it."""
        return self._base.get((chrom, position), "N")

    def put_deletion(self, chrom, start, written):
        """Record a deleted sequence, which may be printed with its middle left out (``ggcgg<14>cgggg``)."""
        elided = re.fullmatch(r"([acgt]+)<(\d+)>([acgt]+)", written)
        if elided:
            head, middle, tail = elided.groups()
            self.put(chrom, start, head)
            self.put(chrom, start + len(head) + int(middle), tail)
        elif re.fullmatch(r"[acgtACGT]+", written):
            self.put(chrom, start, written)

    def __len__(self):
        return len(self._base)


def collect_known_bases(genetic, itd):
    """Build the base map from WT alleles, FLT3 duplications and the NPM1 constant."""
    known = KnownBases()
    known.put(*NPM1_EXON12)
    for row in genetic.itertuples(index=False):
        start = integer(row.POSITION)
        if start is not None and row.VARIANT_TYPE == "Sub":
            known.put(row.CHR, start, row.WT)
        elif start is not None and row.VARIANT_TYPE == "D":
            known.put_deletion(row.CHR, start, row.WT)
    for row in itd.itertuples(index=False):
        if row.FLT3_ITD_status == "ITD" and row.NTS == ".":
            end = int(row.Insertion_pt.split(":")[1])
            known.put("13", end - len(row.Inserted_sequence) + 1, row.Inserted_sequence)
    return known


def left_align(chrom, pos, ref, alt, known):
    """Shift an indel left while the base before it is known; return (pos, ref, alt)."""
    while True:
        if len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
            ref, alt = ref[:-1], alt[:-1]
        elif ref[-1] == alt[-1] and ref[-1] != "N":
            base = known.get(chrom, pos - 1)
            if base == "N":
                break
            pos, ref, alt = pos - 1, base + ref[:-1], base + alt[:-1]
        else:
            break
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    return pos, ref, alt
