"""Merging of files with the same samples, such as one per chromosome.

Files with the same sites are not merged: they may be of different people whose samples have the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from genorx.errors import Finding
from genorx.pgx.reading.records import ABSENT, Outcome
from genorx.pgx.reading.site_reading import SampleSites


def joined_files(parts: Iterable[SampleSites]) -> list[SampleSites]:
    """Merge files with the same samples and different sites, in the order of the first."""
    by_samples: dict[tuple[str, ...], list[SampleSites]] = {}
    for part in parts:
        by_samples.setdefault(part.samples, []).append(part)
    found: list[SampleSites] = []
    for same in by_samples.values():
        joined = _joined(same) if len(same) > 1 else None
        found += same if joined is None else [joined]
    return found


def _joined(parts: Sequence[SampleSites]) -> SampleSites | None:
    """Merge files with the same samples; None if they have the same sites or two assemblies."""
    holders = [{number for number in range(len(part.table.sites)) if _looked_at(part, number)} for part in parts]
    telling = [(part, held) for part, held in zip(parts, holders, strict=True) if held]
    if not telling or len({part.assembly for part, _ in telling}) > 1:
        return None
    seen: set[int] = set()
    for _, held in telling:
        if seen & held:
            return None
        seen |= held
    first, chosen = telling[0][0], dict.fromkeys(range(len(telling[0][0].table.sites)), telling[0][0])
    for part, held in telling:
        chosen |= dict.fromkeys(held, part)
    outcomes: list[list[Outcome]] = [chosen[number].outcomes[number] for number in chosen]
    codes = [chosen[number].codes[number] for number in chosen]
    text = f"{len(parts)} files hold the same samples and different sites: they were merged"
    note = Finding(code="pgx-files-joined", severity="info", message=text, place=first.file.name)
    silent = {finding for part, held in zip(parts, holders, strict=True) if not held for finding in part.findings}
    findings = [f for part in parts for f in part.findings if not (f.code == "pgx-no-site" and f in silent)]
    return replace(
        first,
        outcomes=outcomes,
        codes=codes,
        file_warnings=tuple(sorted({code for part in parts for code in part.file_warnings})),
        findings=tuple(dict.fromkeys([*findings, note])),
    )


def _looked_at(part: SampleSites, number: int) -> bool:
    """Return whether a file has information on a site."""
    shown = (part.outcomes[number][code] for code in part.codes[number].counts())
    return any(o != ABSENT and not (o.bases is not None and o.bases.inferred == "absent") for o in shown)
