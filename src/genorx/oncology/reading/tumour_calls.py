"""Collection of one tumour's alterations while a variant file is read: alleles, reads, and caveats.

Source: layouts of the callers in ``read_counts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from genorx.errors import Finding, VariantFileError
from genorx.oncology.alteration import Alteration, FactOrigin
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.reading.doubts import Hotspots, count_details, germline_doubt, subclonal_doubt
from genorx.oncology.reading.read_counts import ReadCounts, read_counts
from genorx.oncology.reading.transcript_choice import with_notes
from genorx.variants.calls import MOST_COPIES, Call, Kind
from genorx.variants.records import VariantReader

#: Least number of alleles, and share of them with more reads in the normal, for a finding of swapped columns.
_SWAP_ALLELES, _SWAP_SHARE = 10, 0.8
#: Pairs of neighbouring substitutions that are named one by one; more are counted.
_MOST_PAIRS = 50
#: SS of a change that is also in the normal sample; 2 is somatic, 3 loss of heterozygosity.
_GERMLINE = "1"
Row = list[str]
Counts = tuple[ReadCounts, ReadCounts]


class TumourCalls:
    """Collects the alterations of one tumour.

    Parameters
    ----------
    out : AlterationSet
    columns : pair of int or None
        Positions of the tumour and its normal sample in a row.
    hotspots : set of (gene, residue or name)
        Hotspots according to the evidence.
    reader : VariantReader
        Determines calls and accepted filters.
    """

    def __init__(
        self,
        out: AlterationSet,
        columns: tuple[int | None, int | None],
        *,
        origin: FactOrigin | None,
        purity: float | None,
        hotspots: Hotspots,
        reader: VariantReader,
    ) -> None:
        self.out, self.origin, self.purity, self.hotspots = out, origin, purity, hotspots
        self.tumour_at, self.normal_at = columns
        self._reader = reader
        self._swapped = [0, 0]
        self._last: tuple[str, int, list[Alteration]] = ("", 0, [])
        self._pairs: list[Finding] = []

    def not_carried(self, row: Row, number: int) -> str:
        """Return why the tumour does not carry an allele, or empty text; without genotypes all alleles are carried."""
        call = self._call(row)
        if call is None:
            return ""
        if call.kind == Kind.ABSENT_DEPTH:
            return "alleles in calls of depth 0"
        if call.kind == Kind.CONTRADICTED:
            return "alleles in calls of two alleles with reads of one"
        alleles = call.genotype.alleles
        if number + 1 in alleles or self._reader.formats[row[8]].genotype < 0:
            return ""
        if min(alleles) >= 0:
            return "alleles that the tumour does not carry"
        if row[8].startswith("GT:PP:NP:") and self._counts(row, row[4].split(","), number)[0].alt:
            return ""  # cgpPindel writes no genotype, but counts reads
        return "alleles without a call in the tumour"

    def _call(self, row: Row) -> Call | None:
        """Return the tumour's call; None in a file without samples."""
        return None if self.tumour_at is None else self._reader.call(row, self.tumour_at)

    def mask(self, row: Row) -> str | None:
        """Return the tumour's choice among BCSQ entries, None if it has none."""
        return self._values(row, self.tumour_at).get("BCSQ")

    def take(self, row: Row, alts: list[str], number: int, facts: Sequence[Alteration]) -> None:
        """Add a carried allele's alterations, with this tumour's reads."""
        done: list[Alteration] = []
        if facts:
            counts = self._counts(row, alts, number)
            tumour, normal = (each.allele_fraction for each in counts)
            if tumour is not None and normal is not None and tumour != normal:
                self._swapped[0] += 1
                self._swapped[1] += normal > tumour
            done = [self._completed(fact, row, alts[number], counts) for fact in facts]
            self.out.alterations.extend(done)
        self._watch(row, alts[number], done)

    def _values(self, row: Row, at: int | None) -> dict[str, str]:
        if at is None or len(row) < 10:
            return {}
        return dict(zip(row[8].split(":"), row[at].split(":"), strict=False))

    def _counts(self, row: Row, alts: list[str], number: int) -> Counts:
        tumour, normal = (self._values(row, at) for at in (self.tumour_at, self.normal_at))
        return read_counts(tumour, row[3], alts, number), read_counts(normal, row[3], alts, number)

    def _completed(self, fact: Alteration, row: Row, alt: str, counts: Counts) -> Alteration:
        details = {**fact.details, "chrom": row[0], "pos": int(row[1]), "ref": row[3], "alt": alt, "filter": row[6]}
        details.update(count_details(*counts))
        values, call = self._values(row, self.tumour_at), self._call(row)
        germline = fact.origin == "germline" or _status(row, values) == _GERMLINE
        completed = replace(
            fact,
            origin="germline" if germline else self.origin,
            zygosity=_zygosity(call) if germline or self.origin == "germline" else None,
            accepted=self._reader.accepts(row[6]) and not (call is not None and call.kind == Kind.FILTERED),
            details=details,
            place=f"{row[0]}:{row[1]} {row[3][:20]}>{alt[:20]}",
        )
        doubt = germline_doubt(completed, counts[0], self.hotspots) if self.normal_at is None else ""
        return with_notes(completed, doubt, subclonal_doubt(completed, counts[0], self.purity))

    def _watch(self, row: Row, alt: str, facts: list[Alteration]) -> None:
        """Record two substitutions that may lie in one codon: they may be one change, even if one is silent alone."""
        chrom, pos = row[0], int(row[1])
        single = len(row[3]) == len(alt) == 1 and alt.isalpha()
        last_chrom, last_pos, last = self._last
        if single and last_chrom == chrom and 0 < pos - last_pos <= 2 and (facts or last) and _one_codon(last, facts):
            names = " and ".join([fact.label for fact in (*last, *facts)] or [f"{chrom}:{pos}"])
            more = "" if last and facts else " and the neighbouring substitution"
            text = f"{names}{more} may be one change of neighbouring bases; their phase is not known"
            place = facts[0].place if facts else last[0].place
            self._pairs.append(Finding(code="possible-mnv", severity="warning", message=text, place=place))
        self._last = (chrom, pos, facts) if single else ("", 0, [])

    def conclude(self, file: str) -> None:
        """Add the findings of reading, or raise an error for swapped columns."""
        out = self.out
        compared, reverse = self._swapped
        if compared >= _SWAP_ALLELES and reverse > _SWAP_SHARE * compared:
            reason = f"{reverse} of {compared} alleles have a larger share of reads in the normal than in the tumour"
            hint = f"tumour {out.sample}, normal {out.normal}: exchange tumour= and normal="
            raise VariantFileError(reason, file=file, hint=hint, code="tumour-normal-swapped")
        out.findings.extend(self._pairs[:_MOST_PAIRS])
        if len(self._pairs) > _MOST_PAIRS:
            text = f"{len(self._pairs) - _MOST_PAIRS} more pairs of substitutions may each be one change"
            out.findings.append(Finding(code="possible-mnv", severity="warning", message=text, place=file))


def _one_codon(last: Sequence[Alteration], facts: Sequence[Alteration]) -> bool:
    """Return whether two neighbouring substitutions may lie in one codon; True if not known."""
    if not last or not facts:
        return True
    for one, two in ((one, two) for one in last for two in facts if one.genes == two.genes):
        if one.change is None or two.change is None or one.change.start == two.change.start:
            return True
    return False


def _status(row: Row, values: dict[str, str]) -> str:
    """Return the caller's somatic status SS, of the sample (SomaticSniper, MuSE) or of the record (VarScan)."""
    found = values.get("SS") or next((part[3:] for part in row[7].split(";") if part.startswith("SS=")), "")
    return found.strip()


def _zygosity(call: Call | None) -> Literal["heterozygous", "homozygous"] | None:
    alleles = () if call is None else call.genotype.alleles
    if len(alleles) != MOST_COPIES or min(alleles) < 0:
        return None
    return "homozygous" if len(set(alleles)) == 1 else "heterozygous"
