"""One record at one site for one sample: the acceptance rules, in order.

Calls are defined (FILTER, FT, depth 0, more than two alleles) in ``variants.calls``, as for every reader; here are the
further requirements of star alleles.  A record that violates a rule leaves the site missing; nearly every rule gives a
warning.
Source of the rules: PharmCAT 3.1 (VCF requirements); VCF 4.5 specification.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path

from genorx.errors import VariantFileError
from genorx.pgx.matching.genotype import HAPLOID, Bases
from genorx.pgx.reading.likelihoods import LIKELIHOOD_KEYS, GenotypeWeights, read_weights
from genorx.pgx.reading.sites import Site
from genorx.variants.allele_depths import DepthRule, contradicts
from genorx.variants.calls import GENOTYPE_CURES, Call, CallFormat, Kind, no_call_reason
from genorx.variants.record_checks import Row
from genorx.variants.site import is_reference_block

_BASES = re.compile(r"[ACGT]+")
#: FILTER values by which PharmCAT's preprocessor marks records that are redundant to another.
BESIDE = frozenset({"PCATxREF", "PCATxALT", "PCATxINDEL"})
#: Warnings on written genotypes that are no-calls.
NO_CALLS = ("filtered", "no-reads", "ploidy")
#: Warning of a reference call whose quality does not suffice.
BLOCK_QUALITY = "block-quality"
#: Warning of a site whose records have different genotypes.
CONTRADICTED = "duplicate-disagrees"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result at a site for a sample: its bases or None, with warnings.

    ``weights`` are the relative likelihoods of its genotypes, if the file has them and they are requested.
    """

    bases: Bases | None = None
    warnings: tuple[str, ...] = ()
    weights: GenotypeWeights | None = None


ABSENT = Outcome()


@dataclass(kw_only=True, eq=False)
class Record:
    """A record of a VCF, with alleles in capitals and ``chr`` before the contig; ``accepted`` is whether FILTER is."""

    chrom: str
    pos: int
    ref: str
    alts: tuple[str, ...]
    filters: frozenset[str]
    accepted: bool
    row: Row
    form: CallFormat
    file: Path
    depth: DepthRule = field(default_factory=DepthRule)
    file_warnings: set[str] = field(default_factory=set)

    @property
    def keys(self) -> list[str]:
        """Return the keys of FORMAT."""
        return self.form.keys

    def call(self, text: str) -> Call:
        """Return a sample's call.

        Raises
        ------
        VariantFileError
            ``genotype`` if the text cannot be parsed, ``genotype-without-alt`` if it names an allele beyond ALT.
        """
        try:
            call = self.form.calls[self.form.ids[text]]
        except ValueError as error:
            raise self.error(str(error), "genotype", GENOTYPE_CURES["genotype"]) from None
        if call.genotype.top > len(self.alts):
            reason = f"the genotype names ALT {call.genotype.top}, but the record has {len(self.alts)}"
            raise self.error(reason, "genotype-without-alt", GENOTYPE_CURES["genotype-without-alt"])
        return call

    def error(self, reason: str, code: str, hint: str | None = None) -> VariantFileError:
        """Return an error with the record's place."""
        return VariantFileError(reason, file=self.file, place=f"{self.chrom}:{self.pos}", hint=hint, code=code)

    @property
    def reference_only(self) -> bool:
        """Whether it names no ALT but a gVCF placeholder, so that it describes the reference only."""
        return is_reference_block(self.row)

    @property
    def beside(self) -> bool:
        """Whether the preprocessor marked the record as redundant."""
        return not BESIDE.isdisjoint(self.filters)


class SiteReader:
    """Converts the sample columns of a record to outcomes for one site."""

    def __init__(self, record: Record, site: Site, *, weighed: bool = False) -> None:
        self._record, self._site = record, site
        self._weighed = weighed and not LIKELIHOOD_KEYS.isdisjoint(record.keys)
        self._where = {key: number for number, key in enumerate(record.keys)}
        self._by_call = not self._weighed
        self._depths = self._where.get("AD")
        self._fits = record.ref == site.ref
        self._no_multi_base = self._alts_warning()

    def _alts_warning(self) -> str | None:
        """Return the warning for a record that cannot represent a multi-base ALT of the definition."""
        alts = [alt for alt in self._record.alts if not alt.startswith("<")]
        if not any(len(alt) > 1 for alt in self._site.alts) or any(len(alt) > 1 for alt in alts):
            return None
        return "alt-mismatch" if alts else "alt-absent"

    def key(self, text: str) -> Hashable:
        """Return the part of a sample's text that determines its outcome: the call, or that depths contradict it."""
        if not self._by_call:
            return text
        call = self._record.call(text)
        return call if self._depths is None else (call, self._contradicts_depth(call, text))

    def outcome(self, text: str) -> Outcome:
        """Return the outcome of a sample's text.

        Raises
        ------
        VariantFileError
            ``genotype``, ``genotype-without-alt`` or ``likelihood-format``.
        """
        found = self._judged(text)
        if not self._weighed or not self._fits or not set(NO_CALLS).isdisjoint(found.warnings):
            return found
        values = dict(zip(self._record.keys, text.split(":"), strict=False))
        alleles = (self._record.ref, *self._record.alts)
        try:
            weights = read_weights(values, alleles)
        except ValueError as error:
            reason = f"genotype likelihoods cannot be read: {error}"
            raise self._record.error(reason, "likelihood-format") from error
        return found if weights is None else replace(found, weights=weights)

    def _judged(self, text: str) -> Outcome:
        if not self._fits:
            return Outcome(None, ("ref-mismatch",))
        call = self._record.call(text)
        if call.genotype.top < 0:
            if call.kind == Kind.FILTERED or not self._record.accepted:
                return Outcome(None, ("filtered",))
            return ABSENT if self._record.form.genotype >= 0 else Outcome(None, ("no-genotype",))
        reason = no_call_reason(call, accepted=self._record.accepted)
        placeholder = self._record.reference_only and bool(self._record.alts)
        if reason == "low-quality" or (reason == "no-reads" and placeholder):
            return Outcome(None, ("alt-not-bases", BLOCK_QUALITY) if placeholder else (BLOCK_QUALITY,))
        if reason in NO_CALLS:
            return Outcome(None, (reason,))
        if self._depths is not None and self._contradicts_depth(call, text):
            return self._by_ploidy(call, contradicted=True)
        return self._by_ploidy(call)

    def _by_ploidy(self, call: Call, *, contradicted: bool = False) -> Outcome:
        indices = [None if allele < 0 else allele for allele in call.genotype.alleles]
        called = [index for index in indices if index is not None]
        warnings: list[str] = []
        if self._site.chrom in ("chrY", "chrM"):
            if len(called) > 1:
                warnings.append("ploidy")
            if len(set(called)) > 1:
                return Outcome(None, tuple(warnings))
            indices = [called[0], None]
        elif len(called) == 1 and self._site.chrom not in HAPLOID:
            if called[0] == 0:
                return Outcome(None, tuple(warnings))
            warnings.append("half-call")
        return self._by_alleles(call, [*indices, None][:2], warnings, contradicted=contradicted)

    def _by_alleles(self, call: Call, indices: list[int | None], warnings: list[str], *, contradicted: bool) -> Outcome:
        record, site = self._record, self._site
        used = {record.alts[i - 1] for i in indices if i}
        if self._no_multi_base:
            warnings.append(self._no_multi_base)
        elif any(alt not in site.alts for alt in used if not alt.startswith("<")):
            warnings.append("undocumented-variation")
        odd = [alt for alt in record.alts if not _BASES.fullmatch(alt)]
        if odd:
            warnings.append("alt-not-bases")
            if used.intersection(odd):
                return Outcome(None, tuple(warnings))
        if contradicted:
            return Outcome(None, (*warnings, "depth-mismatch"))
        first, second = (None if i is None else (record.ref, *record.alts)[i] for i in indices)
        alleles = call.genotype.alleles
        phased = call.genotype.phased or len(alleles) == 1
        gt = ("|" if phased else "/").join("." if allele < 0 else str(allele) for allele in alleles)
        bases = Bases(first, second, phased, (phased and call.phase_set) or None, gt)
        return Outcome(bases, tuple(warnings))

    def _contradicts_depth(self, call: Call, text: str) -> bool:
        """Return whether a heterozygous genotype has reads of one allele only."""
        alleles, rule = call.genotype.alleles, self._record.depth
        open_ = len(set(alleles)) < 2 or min(alleles) < 0
        if open_ and rule.declared and rule.number == "R":
            return False
        depths = [*text.split(":"), *["."] * len(self._where)][self._depths or 0]
        if depths == ".":
            return False
        if not rule.declared:
            self._record.file_warnings.add("depth-undeclared")
        elif rule.number != "R":
            if rule.number != ".":
                self._record.file_warnings.add("depth-number")
            return False
        return contradicts(alleles, depths)


def are_bases(allele: str) -> bool:
    """Return whether an allele is written in bases."""
    return _BASES.fullmatch(allele) is not None


def again(before: Outcome, now: Outcome, *, beside: bool) -> Outcome:
    """Return the outcome of a duplicate site: the first accepted genotype is kept, with a warning.

    This follows PharmCAT's requirements for a VCF.  For other uses two records that differ are a no-call
    (``variants.record_checks``); both report the site (``site-contradiction``).
    """
    if before.bases is not None:
        extra: tuple[str, ...] = () if beside else ("duplicate-position",)
        if now.bases is not None and not beside and differ(before.bases, now.bases):
            extra = ("duplicate-position", CONTRADICTED)
        return replace(before, warnings=joined(before.warnings, extra))
    if now.bases is not None:
        return replace(now, warnings=joined(before.warnings, now.warnings, ("duplicate-position",)))
    return Outcome(None, joined(before.warnings, now.warnings))


def with_other_alts(before: Outcome, now: Outcome, ref: str) -> Outcome:
    """Return the outcome of a site whose ALTs are in two records, in a file split by ALT.

    In each, the reference or a dot represents the ALTs of the other.  More than two ALTs in total, or two on one
    strand, are a contradiction; a contradiction, or the reference in one and a no-call in the other, is a no-call.
    """
    one, two = before.bases, now.bases
    apart = {"alt-absent", "alt-mismatch"} - (set(before.warnings) & set(now.warnings))
    warnings = tuple(code for code in joined(before.warnings, now.warnings) if code not in apart)
    if one is None or two is None:
        stated = one or two
        return Outcome(stated if stated is not None and {stated.first, stated.second} - {ref, None} else None, warnings)
    phased = one.phased and two.phased and one.phase_set == two.phase_set
    both = _by_strand(one, two, ref) if phased else _by_counts(one, two, ref)
    if both is None:
        return Outcome(None, (*warnings, CONTRADICTED))
    if None not in both:
        warnings = tuple(code for code in warnings if code != "half-call")
    gt = one.gt if one.gt.strip("0/|") else two.gt
    return Outcome(Bases(both[0], both[1], phased, one.phase_set if phased else None, gt), warnings)


def _by_strand(one: Bases, two: Bases, ref: str) -> list[str | None] | None:
    found: list[str | None] = []
    for pair in ((one.first, two.first), (one.second, two.second)):
        changed = [base for base in pair if base not in (ref, None)]
        if len(changed) > 1:
            return None
        found.append(changed[0] if changed else None if None in pair else ref)
    return found


def _by_counts(one: Bases, two: Bases, ref: str) -> list[str | None] | None:
    """Return the bases of two unordered genotypes."""
    shown = (one.first, one.second, two.first, two.second)
    changed = [base for base in shown if base not in (ref, None)]
    if len(changed) > 2:
        return None
    rest = None if None in shown else ref
    return [*[rest] * (2 - len(changed)), *changed]


def differ(one: Bases, two: Bases) -> bool:
    """Return whether two genotypes of a site have different bases."""
    return {one.first, one.second} != {two.first, two.second}


def joined(*groups: tuple[str, ...]) -> tuple[str, ...]:
    """Return the distinct codes of several texts."""
    return tuple(dict.fromkeys(code for group in groups for code in group))
