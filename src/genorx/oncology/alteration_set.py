"""Alterations of one tumour with the findings of reading their file: counts, caveats, and the columns used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from genorx._core.short_repr import short
from genorx.errors import Finding
from genorx.oncology.alteration import Alteration


@short
@dataclass(kw_only=True, eq=False)
class AlterationSet(Sequence[Alteration]):
    """Alterations of one tumour, as returned by ``read_alterations``; can be passed to ``match`` as it is.

    Attributes
    ----------
    alterations : list of Alteration
    kind : str
        Kind of file: ``vcf``, ``maf``, ``list``, ``copy-number``, ``segments``, ``fusions``, ``signatures``.
    sample, normal : str or None
        Names of the columns of the tumour and the normal sample, or the tumour's barcode.
    assembly : str or None
        ``GRCh37`` or ``GRCh38``; None if it is not known.
    annotation : str or None
        Kind of annotation: ``CSQ``, ``ANN``, ``EFF``, ``BCSQ``, ``FUNCOTATION``; None without one.
    records : int
        Number of records read.
    left_out : Counter
        Number of records without alteration, by reason; records read = used + left out.
    findings : list of Finding
    """

    alterations: list[Alteration] = field(default_factory=list)
    kind: str = ""
    sample: str | None = None
    normal: str | None = None
    assembly: str | None = None
    annotation: str | None = None
    records: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @overload
    def __getitem__(self, index: int) -> Alteration: ...
    @overload
    def __getitem__(self, index: slice) -> list[Alteration]: ...
    def __getitem__(self, index: int | slice) -> Alteration | list[Alteration]:
        return self.alterations[index]

    def __len__(self) -> int:
        return len(self.alterations)

    def __iter__(self) -> Iterator[Alteration]:
        return iter(self.alterations)

    def to_dict(self) -> dict[str, Any]:
        """Return the sample, the file's kind, and the number of records with alterations, as plain values."""
        return {
            "kind": self.kind,
            "sample": self.sample,
            "normal": self.normal,
            "assembly": self.assembly,
            "annotation": self.annotation,
            "records": self.records,
            "alterations": len(self),
            "left_out": dict(sorted(self.left_out.items())),
        }

    def tell_left_out(self, place: str) -> None:
        """Add a finding that counts the records without alteration."""
        if self.left_out:
            parts = ", ".join(f"{number} {reason}" for reason, number in sorted(self.left_out.items()))
            self.findings.append(
                Finding(
                    code="alterations-left-out", severity="info", message=f"no alteration from: {parts}", place=place
                )
            )
