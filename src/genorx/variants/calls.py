"""What a sample's column says: a genotype, or that nothing is known.

A call is known only if every allele is there, the depth is not 0 and the sample's own filter accepts it.
Source: VCF 4.5 specification, section 1.6.2.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from genorx.errors import shown

_GENOTYPE = re.compile(r"[/|]?(?:\.|[0-9]{1,6})(?:[/|](?:\.|[0-9]{1,6})){0,15}", re.ASCII)
_MISSING = -1
#: Distinct sample texts that are remembered before the memory is given back.
_REMEMBERED = 100_000


class Kind(IntEnum):
    """What a call tells about a site."""

    REFERENCE = 0  # every allele is the reference
    CHANGED = 1  # every allele is known, one or more is not the reference
    HALF = 2  # some allele is missing, another is not the reference
    MISSING = 3  # nothing known, or only the reference on one strand
    FILTERED = 4  # the sample's own filter does not accept the call
    ABSENT_DEPTH = 5  # a genotype is written, but no read stood behind it


class Genotype(NamedTuple):
    """Allele numbers of a GT value; -1 is missing."""

    alleles: tuple[int, ...]
    phased: bool
    top: int
    kind: Kind

    @property
    def dosage(self) -> int:
        """Non-reference alleles; -1 if any allele is missing."""
        return _MISSING if self.kind in {Kind.HALF, Kind.MISSING} else sum(allele > 0 for allele in self.alleles)


@lru_cache(maxsize=4096)
def parse_genotype(text: str) -> Genotype:
    """Parse a GT value.

    Raises
    ------
    ValueError
        If it is none: the message names the value.

    Examples
    --------
    >>> parse_genotype("0|1").alleles, parse_genotype("./1").kind.name, parse_genotype("1").dosage
    ((0, 1), 'HALF', 1)
    """
    if not _GENOTYPE.fullmatch(text):
        raise ValueError(f"genotype {shown(text)!r} cannot be read")
    parts = re.split(r"[/|]", text.lstrip("/|"))
    alleles = tuple(_MISSING if part == "." else int(part) for part in parts)
    changed, missing = any(allele > 0 for allele in alleles), _MISSING in alleles
    if missing and not changed:
        kind = Kind.MISSING
    elif missing:
        kind = Kind.HALF
    else:
        kind = Kind.CHANGED if changed else Kind.REFERENCE
    return Genotype(alleles, "|" in text and "/" not in text[1:], max(alleles), kind)


class Call(NamedTuple):
    """A sample's call at one record; ``phase_set`` is empty where none is given."""

    genotype: Genotype
    kind: Kind
    phase_set: str = ""

    @property
    def dosage(self) -> int:
        """Non-reference alleles; -1 if the call is not known."""
        return _MISSING if self.kind >= Kind.HALF else self.genotype.dosage


def accepted_filter(text: str, filters: Collection[str] | None) -> bool:
    """Tell whether a FILTER or FT value is accepted: as a whole, or each of its names; None accepts all."""
    return filters is None or text in filters or (";" in text and all(name in filters for name in text.split(";")))


class CallFormat:
    """Reader of the sample columns of records with one FORMAT value."""

    def __init__(self, format_text: str, filters: Collection[str] | None) -> None:
        self.keys = format_text.split(":")
        place = {key: number for number, key in enumerate(self.keys)}
        self.genotype = place.get("GT", -1)
        self.depths = tuple(place[key] for key in ("DP", "MIN_DP") if key in place)
        self._filter = place.get("FT", -1)
        self._phase_set = place.get("PS", -1)
        self.consequences = place.get("BCSQ", -1)
        self._filters = filters
        self.calls: list[Call] = []
        self.kinds = bytearray()
        self.ids = _Ids(self)

    def read(self, text: str) -> Call:
        """Read one sample column.

        Raises
        ------
        ValueError
            If there are more values than keys, or the genotype is none.
        """
        values = text.split(":")
        count = len(values)
        if count > len(self.keys):
            raise ValueError(f"{count} values for the {len(self.keys)} keys of FORMAT")
        genotype = parse_genotype(values[self.genotype] if 0 <= self.genotype < count else ".")
        kind = genotype.kind
        for depth in self.depths:
            if depth < count and values[depth] == "0":
                kind = Kind.ABSENT_DEPTH
        if 0 < self._filter < count and not self._accepts(values[self._filter]):
            kind = Kind.FILTERED
        if 0 < self._phase_set < count and values[self._phase_set] != ".":
            return Call(genotype, kind, values[self._phase_set])
        return Call(genotype, kind)

    def _accepts(self, value: str) -> bool:
        # "." says nothing about the sample; the record's FILTER then stands alone
        return value in {".", "PASS", ""} or accepted_filter(value, self._filters)

    def forget(self) -> None:
        """Give memory back when many texts are remembered; numbers given out before are then void."""
        if len(self.calls) > _REMEMBERED:
            self.calls.clear()
            self.kinds.clear()
            self.ids.clear()


class _Ids(dict[str, int]):
    """Number of each sample text in ``CallFormat.calls``; the same few texts fill most of a wide file."""

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
    """Readers of all FORMAT values of a file, made when first seen."""

    def __init__(self, filters: Collection[str] | None) -> None:
        self.filters = filters
        self._made: dict[str, CallFormat] = {}

    def __getitem__(self, format_text: str) -> CallFormat:
        made = self._made.get(format_text)
        if made is None:
            if len(self._made) > 1000:  # a hostile file has a new FORMAT in each record
                self._made.clear()
            made = self._made[format_text] = CallFormat(format_text, self.filters)
        return made
