"""Parsing of a sample's column: a genotype, or a no-call.  Every reader of variant files uses this module.

A call is known only if every allele is stated, there are no more than two, the depth is not 0 and the sample's own
filter accepts it.  The rules are tabulated in ``docs/guide/variants.md``.
Source: VCF 4.5 specification, sections 1.6.1 (FILTER) and 1.6.2.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from genorx.errors import cell_description, shown, written
from genorx.variants.allele import is_reference_only
from genorx.variants.allele_depths import contradicts
from genorx.variants.reference_quality import is_weighed, shows_reference

_GENOTYPE = re.compile(r"[/|]?(?:\.|[0-9]{1,5})(?:[/|](?:\.|[0-9]{1,5})){0,15}", re.ASCII)
_GENOTYPE_SIGNS = "0123456789./|"
_KEY = re.compile(r"[A-Za-z0-9_.+-]+")
_MISSING = -1
#: Most alleles of an informative genotype: more copies of a chromosome are duplications.
MOST_COPIES = 2
_MOST_ALLELES = 32_767  # of a record; arrays of allele numbers have 16 bits
#: Distinct sample texts that are cached before the memory is released.
_CACHED = 100_000
#: FORMAT values that are cached: a hostile file has a new one in each record.
_FORMATS = 1_000


class Kind(IntEnum):
    """Information of a call about a site."""

    REFERENCE = 0  # every allele is the reference
    CHANGED = 1  # every allele is known, at least one is not the reference
    HALF = 2  # some allele is not the reference; another is missing, or there are more than two
    MISSING = 3  # nothing known, the reference and a missing allele, or more than two alleles, all the reference
    FILTERED = 4  # the sample's own filter does not accept the call
    ABSENT_DEPTH = 5  # a genotype is written, but without any read
    LOW_QUALITY = 6  # the reference, in a record of the reference alone whose quality does not suffice
    CONTRADICTED = 7  # two alleles are called in a germline file, and all reads show one


#: Kinds of call in which some allele is known not to be the reference.
CARRYING = frozenset({Kind.CHANGED, Kind.HALF})


class Genotype(NamedTuple):
    """Allele numbers of a GT value; -1 is missing."""

    alleles: tuple[int, ...]
    phased: bool
    top: int
    kind: Kind

    @property
    def dosage(self) -> int:
        """Non-reference alleles; -1 if any allele is missing, or there are more than two."""
        return _MISSING if self.kind in {Kind.HALF, Kind.MISSING} else sum(allele > 0 for allele in self.alleles)


#: Hints for an invalid genotype, by the code of its error.
GENOTYPE_CURES = {
    "genotype": "alleles are numbers separated by / or |: 0 is REF, 1 the first ALT, . not known",
    "genotype-without-alt": "0 is REF, 1 the first ALT; after splitting a record, no number may exceed its ALTs",
}


@lru_cache(maxsize=4096)
def parse_genotype(text: str) -> Genotype:
    """Parse a GT value.

    Raises
    ------
    ValueError
        If the text is not a genotype; the message names the value.

    Examples
    --------
    >>> parse_genotype("0|1").alleles, parse_genotype("./1").kind.name, parse_genotype("1").dosage
    ((0, 1), 'HALF', 1)
    >>> parse_genotype("0/0/1").kind.name, parse_genotype("0/0/0").kind.name
    ('HALF', 'MISSING')

    The mark of phase that VCF 4.4 allows before the first allele changes no allele.

    >>> parse_genotype("|0|1").alleles, parse_genotype("|0|1").phased, parse_genotype("/0|1").phased
    ((0, 1), True, False)
    """
    if not _GENOTYPE.fullmatch(text):
        raise ValueError(f"genotype {written(text, _GENOTYPE_SIGNS)} cannot be read")
    parts = re.split(r"[/|]", text.lstrip("/|"))
    alleles = tuple(_MISSING if part == "." else int(part) for part in parts)
    if max(alleles) > _MOST_ALLELES:
        raise ValueError(f"genotype {shown(text)!r} names an allele beyond {_MOST_ALLELES:,}")
    changed = any(allele > 0 for allele in alleles)
    if _MISSING in alleles or len(alleles) > MOST_COPIES:
        kind = Kind.HALF if changed else Kind.MISSING
    else:
        kind = Kind.CHANGED if changed else Kind.REFERENCE
    return Genotype(alleles, "|" in text and "/" not in text, max(alleles), kind)


class Call(NamedTuple):
    """A sample's call at one record; ``phase_set`` is empty if none is given."""

    genotype: Genotype
    kind: Kind
    phase_set: str = ""

    @property
    def dosage(self) -> int:
        """Non-reference alleles; -1 if the call is not known."""
        return _MISSING if self.kind >= Kind.HALF else self.genotype.dosage


#: Reasons for which a written genotype is a no-call, in words.
NO_CALL_REASONS = {
    "filtered": "filtered", "no-reads": "of depth 0", "ploidy": "of more than two alleles", "half-call": "half called",
    "low-quality": "of the reference, of low quality", "contradicted": "of two alleles with reads of one",
}  # fmt: skip


def no_call_reason(call: Call, *, accepted: bool) -> str:
    """Return why a written genotype is a no-call, a key of ``NO_CALL_REASONS``.

    Empty for a call, and if no allele is written; ``accepted`` is whether the FILTER of the record is accepted.
    """
    if call.genotype.top < 0:
        return ""
    if call.kind == Kind.FILTERED or not accepted:
        return "filtered"
    if call.kind == Kind.ABSENT_DEPTH:
        return "no-reads"
    if len(call.genotype.alleles) > MOST_COPIES:
        return "ploidy"
    if call.kind == Kind.LOW_QUALITY:
        return "low-quality"
    if call.kind == Kind.CONTRADICTED:
        return "contradicted"
    return "half-call" if call.kind >= Kind.HALF else ""


def no_calls_text(counts: Mapping[str, int]) -> str:
    """Describe how many written genotypes are no-calls, by reason.

    >>> no_calls_text({"ploidy": 1, "filtered": 2})
    'written genotypes that are no-calls: 3 (2 filtered, 1 of more than two alleles)'
    """
    named = ", ".join(f"{counts[key]:,} {words}" for key, words in NO_CALL_REASONS.items() if counts.get(key))
    return f"written genotypes that are no-calls: {sum(counts.values()):,} ({named})"


def accepted_filter(text: str, filters: Collection[str] | None) -> bool:
    """Return whether a FILTER or FT value is accepted: as a whole, or each of its names; None accepts all.

    >>> accepted_filter("PASS", {"PASS"}), accepted_filter("PASS;", {"PASS"}), accepted_filter("q10;PASS", {"PASS"})
    (True, True, False)
    """
    if filters is None or text in filters:
        return True
    names = [name for name in text.split(";") if name] if ";" in text else []
    return bool(names) and all(name in filters for name in names)


def accepted_maf_filter(text: str, filters: Collection[str] | None) -> bool:
    """Return whether a MAF's ``FILTER`` is accepted: names are joined by ``;`` or ``,``, and none is no filter.

    >>> accepted_maf_filter("", {"PASS"}), accepted_maf_filter("PASS,rare", {"PASS"})
    (True, False)
    """
    return not text or accepted_filter(text.replace(",", ";"), filters)


def filter_description(text: str) -> str:
    """Describe a FILTER for a message: a text with ``=`` is no filter name, but INFO moved there by a lost tab."""
    return cell_description(text) if "=" in text else shown(text)


def no_depth(text: str) -> bool:
    """Return whether a DP or MIN_DP value is zero in any notation.

    >>> no_depth("0"), no_depth("00"), no_depth("0.0"), no_depth("."), no_depth(""), no_depth("10")
    (True, True, True, False, False, False)
    """
    return text[:1] == "0" and not text.strip("0.")


def is_right_format(text: str) -> bool:
    """Return whether a FORMAT value is a list of valid keys without duplicates.

    >>> is_right_format("GT:DP"), is_right_format("GT:GT"), is_right_format("GT "), is_right_format("")
    (True, False, False, False)
    """
    keys = text.split(":")
    return len(keys) == len(set(keys)) and all(_KEY.fullmatch(key) for key in keys)


class CallFormat:
    """Parser of the sample columns of records with one FORMAT value.

    ``reference_only`` says that the records state the reference alone, for which a quality is needed; ``by_depths``
    that a genotype which its allelic depths contradict is no call.
    """

    def __init__(
        self,
        format_text: str,
        filters: Collection[str] | None,
        *,
        reference_only: bool = False,
        by_depths: bool = False,
    ) -> None:
        self.keys = format_text.split(":")
        place = {key: number for number, key in enumerate(self.keys)}
        self.genotype = place.get("GT", -1)
        self.depths = tuple(place[key] for key in ("DP", "MIN_DP") if key in place)
        self._filter = place.get("FT", -1)
        self._phase_set = place.get("PS", -1)
        self.consequences = place.get("BCSQ", -1)
        self.allele_depths = place.get("AD", -1) if by_depths else -1
        self.weighed = reference_only and is_weighed(self.keys)
        self._filters = filters
        self.calls: list[Call] = []
        self.kinds = bytearray()
        self.ids = _Ids(self)

    def read(self, text: str) -> Call:
        """Read one sample column.

        Raises
        ------
        ValueError
            If there are more values than keys, or the genotype is invalid.
        """
        values = text.split(":")
        count = len(values)
        if count > len(self.keys):
            raise ValueError(f"{count} values for the {len(self.keys)} keys of FORMAT")
        genotype = parse_genotype(values[self.genotype] if 0 <= self.genotype < count else ".")
        kind = genotype.kind
        for depth in self.depths:
            if depth < count and values[depth][:1] == "0" and no_depth(values[depth]):
                kind = Kind.ABSENT_DEPTH
        if self.weighed and kind == Kind.REFERENCE and not shows_reference(dict(zip(self.keys, values, strict=False))):
            kind = Kind.LOW_QUALITY
        depths = values[self.allele_depths] if 0 <= self.allele_depths < count else "."
        if kind == Kind.CHANGED and contradicts(genotype.alleles, depths):
            kind = Kind.CONTRADICTED
        if 0 <= self._filter < count and not self._accepts(values[self._filter]):
            kind = Kind.FILTERED
        if 0 <= self._phase_set < count and values[self._phase_set] != ".":
            return Call(genotype, kind, values[self._phase_set])
        return Call(genotype, kind)

    def _accepts(self, value: str) -> bool:
        # "." means no filter of the sample; then only FILTER of the record counts
        return value in {".", "PASS", ""} or accepted_filter(value, self._filters)

    def forget(self) -> None:
        """Clear the cache if it has many texts; codes returned before become invalid."""
        if len(self.calls) > _CACHED:
            self.calls.clear()
            self.kinds.clear()
            self.ids.clear()


class _Ids(dict[str, int]):
    """Code of each sample text in ``CallFormat.calls``; the same few texts fill most of a wide file."""

    def __init__(self, owner: CallFormat) -> None:
        super().__init__()
        self._owner = owner

    def __missing__(self, text: str) -> int:
        call = self._owner.read(text)
        number = self[text] = len(self._owner.calls)
        self._owner.calls.append(call)
        self._owner.kinds.append(call.kind)
        return number


class CallFormats:
    """Parsers of all FORMAT values of a file, created on first use; ``by_depths`` as for ``CallFormat``."""

    def __init__(self, filters: Collection[str] | None, *, by_depths: bool = False) -> None:
        self.filters = filters
        self.by_depths = by_depths
        self._made: dict[str, CallFormat] = {}
        self._reference_only: dict[str, CallFormat] = {}

    def __getitem__(self, format_text: str) -> CallFormat:
        made = self._made.get(format_text)
        return self._new(self._made, format_text) if made is None else made

    def of(self, row: Sequence[str]) -> CallFormat:
        """Return the parser of a record's sample columns."""
        return self.of_reference(row[8]) if is_reference_only(row[4]) else self[row[8]]

    def of_reference(self, format_text: str) -> CallFormat:
        """Return the parser for records that state the reference alone."""
        made = self._reference_only.get(format_text)
        return self._new(self._reference_only, format_text, reference_only=True) if made is None else made

    def _new(self, known: dict[str, CallFormat], format_text: str, *, reference_only: bool = False) -> CallFormat:
        if len(known) > _FORMATS:
            known.clear()
        made = known[format_text] = CallFormat(
            format_text, self.filters, reference_only=reference_only, by_depths=self.by_depths
        )
        return made
