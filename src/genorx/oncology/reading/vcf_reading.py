"""Alterations of a tumour from a variant file: annotated by any of five annotators, or by exact known alleles.

The file is streamed; what is not a non-silent change is counted and let go.
Source: VCF 4.5 specification; layouts of the callers in ``read_counts``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from genorx.errors import AssemblyError, Finding, VariantFileError
from genorx.oncology.alteration import Alteration, FactOrigin
from genorx.oncology.atoms import Atom
from genorx.oncology.matching import evidence_index
from genorx.oncology.pack import default_evidence
from genorx.oncology.reading.alteration_set import AlterationSet
from genorx.oncology.reading.consequence_entry import EntryReader, entry_reader
from genorx.oncology.reading.known_alleles import AlleleIndex, allele_key
from genorx.oncology.reading.read_counts import ReadCounts, expected_fraction, read_counts
from genorx.oncology.reading.transcript_choice import alterations_of, as_tandem_duplication, with_notes
from genorx.oncology.reading.tumour_column import choose_columns, header_roles
from genorx.oncology.table import EvidenceTable
from genorx.variants import DEFAULT_FILTERS, VariantReader
from genorx.variants.allele import is_change
from genorx.variants.annotation import masked_entries
from genorx.variants.assembly import bare_contig

#: Population frequency above which a change of an unpaired tumour is presumed to be germline.
COMMON = 0.001
#: Alleles needed, and share of them with more reads in the normal, to call the columns swapped.
_SWAP_ALLELES, _SWAP_SHARE = 10, 0.8
Row = list[str]


def read_vcf(
    path: str | Path,
    *,
    tumour: str | None = None,
    normal: str | None = None,
    assembly: str | None = None,
    origin: FactOrigin | None = "somatic",
    filters: Collection[str] | None = DEFAULT_FILTERS,
    purity: float | None = None,
    evidence: EvidenceTable | None = None,
    every: bool = False,
) -> AlterationSet:
    """Return the alterations of one tumour of a VCF or BCF.

    Parameters
    ----------
    tumour, normal : str, optional
        Names of the columns; the default is what header or names say, never the place.
    assembly : str, optional
        Checked against the header; needed where the header does not tell it and the file is not annotated.
    origin : {"somatic", "germline"} or None
        What the file's records are.
    filters : collection of str or None
        FILTER values that are accepted; records with others are kept, marked and not matched.
    purity : float, optional
        Share of tumour cells, 0 to 1, for the note on subclonal changes.
    evidence : EvidenceTable, optional
        Whose alleles are known; the default is the embedded evidence.
    every : bool
        Also return alleles that are no alteration, with their reads, as facts that match nothing.

    Raises
    ------
    VariantFileError
        ``tumour-column``, ``tumour-normal-swapped``, and what damaged files raise; ``AssemblyError`` where an
        unannotated file's assembly is not known.
    """
    reader = VariantReader(path, filters=filters, assembly=assembly)
    roles = header_roles(path)
    names = choose_columns(reader.header.samples, roles, tumour=tumour, normal=normal, file=path)
    entries = entry_reader(reader.header.infos, file=path)
    if entries is None and reader.assembly is None:
        raise AssemblyError(
            "the file has no consequence annotation and its assembly is not known",
            file=path,
            place="header",
            hint="say assembly GRCh37 or GRCh38, or annotate the file (VEP, SnpEff, bcftools csq, Funcotator)",
            code="assembly-needed",
        )
    known = evidence or default_evidence()
    job = _VcfJob(reader, names=names, entries=entries, evidence=known, origin=origin, purity=purity)
    job.every = every
    return job.run()


class _VcfJob:
    """One file on its way into alterations."""

    def __init__(
        self,
        reader: VariantReader,
        *,
        names: tuple[str | None, str | None],
        entries: EntryReader | None,
        evidence: EvidenceTable,
        origin: FactOrigin | None,
        purity: float | None,
    ) -> None:
        self.reader, self.entries, self.origin, self.purity = reader, entries, origin, purity
        samples = list(reader.header.samples)
        self.tumour_at = 9 + samples.index(names[0]) if names[0] is not None else None
        self.normal_at = 9 + samples.index(names[1]) if names[1] is not None else None
        self.alleles = AlleleIndex(evidence.alleles)
        self.hotspots = evidence_index(evidence).hotspots
        self.named = frozenset((allele.gene.upper(), allele.change) for allele in evidence.alleles)
        self.every = False
        self.swapped = [0, 0]
        self.last: tuple[str, int, Alteration | None] = ("", 0, None)
        self.out = AlterationSet(
            kind="vcf", sample=names[0], normal=names[1], assembly=reader.assembly,
            annotation=entries.kind if entries else None,
        )  # fmt: skip

    def run(self) -> AlterationSet:
        """Read all records."""
        for rows in self.reader.blocks():
            for row in rows:
                self._record(row)
        self.out.records = self.reader.records
        self._conclude()
        return self.out

    def _record(self, row: Row) -> None:
        alts = row[4].split(",")
        calls = self._calls(row)
        for number, alt in enumerate(alts):
            if not is_change(alt):
                continue
            reason = self._not_carried(calls, number)
            if reason:
                self.out.left_out[reason] += 1
                continue
            found = list(self._allele(row, alts, number, calls))
            if not found:
                self.out.left_out[self._no_use(alt)] += 1
            self.out.alterations.extend(found)

    def _no_use(self, alt: str) -> str:
        if alt.startswith("<") or "[" in alt or "]" in alt:
            return "structural alleles"
        return "silent or non-coding changes" if self.entries else "alleles that no evidence names"

    def _calls(self, row: Row) -> tuple[dict[str, str], dict[str, str]]:
        """Return the FORMAT values of tumour and normal."""
        if self.tumour_at is None or len(row) < 10:
            return {}, {}
        keys = row[8].split(":")
        tumour = dict(zip(keys, row[self.tumour_at].split(":"), strict=False))
        normal = dict(zip(keys, row[self.normal_at].split(":"), strict=False)) if self.normal_at else {}
        return tumour, normal

    def _not_carried(self, calls: tuple[dict[str, str], dict[str, str]], number: int) -> str:
        """Return why the tumour does not carry an allele, or empty text; a caller without genotypes carries all."""
        genotype = calls[0].get("GT", "")
        if not genotype:
            return ""
        alleles = genotype.replace("|", "/").split("/")
        if str(number + 1) in alleles:
            return ""
        return "alleles without a call in the tumour" if "." in alleles else "alleles that the tumour does not carry"

    def _allele(
        self, row: Row, alts: list[str], number: int, calls: tuple[dict[str, str], dict[str, str]]
    ) -> Iterator[Alteration]:
        chrom, pos, ref, alt = bare_contig(row[0]), int(row[1]), row[3], alts[number]
        key = allele_key(self.out.assembly or "", chrom, pos, ref, alt)
        known = self.alleles.may_hold(*key[:3])
        raw = self._annotated(row, alts, number, calls) if self.entries else []
        by_allele = self.alleles.alterations(key) if known else []
        if self.entries is None:
            raw = by_allele
        elif any(fact.atom.type == "star_allele" for fact in by_allele):
            raw = by_allele  # a pharmacogene's allele is a note on drugs, whatever its consequence
        elif not raw:
            raw = [fact for fact in by_allele if fact.atom.type == "region"]  # promoters are not coding
        if self.every and not raw:
            raw = [Alteration(atom=Atom(type="opaque", text=f"{row[0]}:{row[1]} {ref[:60]}>{alt[:60]}"))]
        names = self.alleles.names(key) if known else frozenset()
        counts = read_counts(calls[0], ref, alts, number), read_counts(calls[1], ref, alts, number)
        for each in raw:
            fact = as_tandem_duplication(each, assembly=self.out.assembly, chrom=chrom, pos=pos, ref=ref, alt=alt)
            done = self._completed(fact, row, alt, counts=counts, calls=calls, names=names)
            self._watch(chrom, pos, ref, alt, done)
            yield done

    def _annotated(
        self, row: Row, alts: list[str], number: int, calls: tuple[dict[str, str], dict[str, str]]
    ) -> list[Alteration]:
        info = _info(row[7])
        shared = self.entries.read(info, row[3], alts) if self.entries else []
        entries = shared[number] if shared else []
        if self.entries and self.entries.kind == "BCSQ" and "BCSQ" in calls[0] and len(alts) == 1:
            wanted = masked_entries(calls[0]["BCSQ"], len(entries))
            entries = [entry for at, entry in enumerate(entries) if at in wanted]
        return alterations_of(entries, lambda gene, change: (gene.upper(), change) in self.named)

    def _completed(
        self,
        fact: Alteration,
        row: Row,
        alt: str,
        *,
        counts: tuple[ReadCounts, ReadCounts],
        calls: tuple[dict[str, str], dict[str, str]],
        names: frozenset[tuple[str, str]],
    ) -> Alteration:
        details = {**fact.details, "chrom": row[0], "pos": int(row[1]), "ref": row[3], "alt": alt, "filter": row[6]}
        details.update(_count_details(counts))
        germline = fact.origin == "germline"
        completed = replace(
            fact,
            origin="germline" if germline else self.origin,
            known_alleles=fact.known_alleles | names,
            zygosity=_zygosity(calls[0].get("GT", "")) if germline or self.origin == "germline" else None,
            accepted=self.reader.accepts(row[6]),
            details=details,
            place=f"{row[0]}:{row[1]} {row[3][:20]}>{alt[:20]}",
        )
        self._compare_columns(counts)
        return with_notes(completed, self._presumed_germline(completed), self._subclonal(counts[0], germline))

    def _compare_columns(self, counts: tuple[ReadCounts, ReadCounts]) -> None:
        tumour, normal = (each.allele_fraction for each in counts)
        if tumour is not None and normal is not None and tumour != normal:
            self.swapped[0] += 1
            self.swapped[1] += normal > tumour

    def _presumed_germline(self, fact: Alteration) -> str:
        frequency = fact.details.get("population_frequency")
        if self.normal_at is not None or frequency is None or frequency <= COMMON or fact.origin == "germline":
            return ""
        gene = (fact.atom.gene or "").upper()
        if fact.change is not None and (gene, fact.change.start) in self.hotspots:
            return ""
        return f"presumed germline: population frequency {frequency:g} and no normal sample"

    def _subclonal(self, counts: ReadCounts, germline: bool) -> str:
        interval = counts.interval()
        if self.purity is None or interval is None or germline:
            return ""
        expected = expected_fraction(self.purity)
        if interval[1] >= expected:
            return ""
        return f"subclonal? allele fraction at most {interval[1]:.2f}, a clonal change would have {expected:.2f}"

    def _watch(self, chrom: str, pos: int, ref: str, alt: str, fact: Alteration) -> None:
        """Note two substitutions within one codon's reach: they may be one change."""
        last_chrom, last_pos, last = self.last
        near = last is not None and last_chrom == chrom and 0 < pos - last_pos <= 2 and last.genes == fact.genes
        if near and len(ref) == len(alt) == 1 and last is not None and _one_codon(last, fact):
            text = f"{last.label} and {fact.label} may be one change of neighbouring bases; their phase is not known"
            self.out.findings.append(Finding(code="possible-mnv", severity="warning", message=text, place=fact.place))
        self.last = (chrom, pos, fact) if len(ref) == len(alt) == 1 else ("", 0, None)

    def _conclude(self) -> None:
        out = self.out
        place = str(self.reader.path)
        if self.entries is None:
            text = f"no consequence annotation: of {out.records} records only exact known alleles can be found"
            out.findings.append(Finding(code="annotation-none", severity="serious", message=text, place=place))
            unknown = out.left_out.get("alleles that no evidence names", 0)
            if unknown:
                text = f"{unknown} alleles are none that evidence names exactly"
                out.findings.append(Finding(code="allele-unknown", severity="warning", message=text, place=place))
        compared, reverse = self.swapped
        if compared >= _SWAP_ALLELES and reverse > _SWAP_SHARE * compared:
            reason = f"{reverse} of {compared} alleles have a larger share of reads in the normal than in the tumour"
            hint = f"tumour {out.sample}, normal {out.normal}: say tumour= and normal= the other way round"
            raise VariantFileError(reason, file=place, hint=hint, code="tumour-normal-swapped")
        out.findings.extend(self.reader.notes.findings(place))
        out.tell_left_out(place)


def _one_codon(first: Alteration, second: Alteration) -> bool:
    one, two = first.change, second.change
    return one is None or two is None or one.start == two.start


def _info(text: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in text.split(";"))


def _zygosity(genotype: str) -> Literal["heterozygous", "homozygous"] | None:
    alleles = genotype.replace("|", "/").split("/")
    if "." in alleles or len(alleles) < 2:
        return None
    return "homozygous" if len(set(alleles)) == 1 else "heterozygous"


def _count_details(counts: tuple[ReadCounts, ReadCounts]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for letter, each in zip("tn", counts, strict=True):
        values = {"ref_count": each.ref, "alt_count": each.alt, "depth": each.depth, "vaf": each.allele_fraction}
        found.update({f"{letter}_{name}": value for name, value in values.items() if value is not None})
    return found
