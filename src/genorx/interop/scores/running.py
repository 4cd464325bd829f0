"""Accumulation of one score while a variant file is read: status of each row, sums of each sample."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import Finding
from genorx.interop.scores.dosages import Floats, Weights, allele_counts, need_samples
from genorx.interop.scores.matching import STATUSES, Match, match_row
from genorx.interop.scores.scoring_file import ANSWERED, ScoringFile
from genorx.variants.allele import complement
from genorx.variants.known_site import GONE, Shown, alleles_at
from genorx.variants.records import DEFAULT_FILTERS, VariantReader
from genorx.variants.site import is_reference_block

#: Least number of called samples from which the frequency is estimated by default.
_ENOUGH = 50
_RANK = {status: place for place, status in enumerate(STATUSES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Settings of matching and of missing dosages; see ``score``."""

    impute: str
    keep_ambiguous: bool
    fasta: str | Path | None = None
    filters: Collection[str] | None = DEFAULT_FILTERS


class RunningScore:
    """Sums of a score over the records so far."""

    def __init__(self, file: ScoringFile, reader: VariantReader, choices: Choices) -> None:
        need_samples(reader)
        self.file, self.reader, self.choices = file, reader, choices
        rows, size = len(file.rows), len(reader.header.samples)
        frame = file.rows
        self.effects = frame["effect_allele"].astype(object).tolist()
        self.others = [each if isinstance(each, str) else None for each in frame["other_allele"]]
        self.positions = frame["pos"].to_numpy(dtype=np.float64, na_value=np.nan)
        self.weights = list(_weights(frame))
        self.frequencies = frame["frequency"].to_numpy(dtype=np.float64, na_value=np.nan)
        self.status = ["absent" if kind in ANSWERED else "skipped" for kind in frame["kind"]]
        self.frequency, self.called = np.full(rows, np.nan), np.zeros(rows, dtype=np.int64)
        self._open: dict[int, NDArray[np.bool_]] = {}  # by row, samples whose record there does not show the reference
        self.sums, self.imputed, self.missing = np.zeros(size), np.zeros(size, dtype=int), np.zeros(size, dtype=int)

    def take(self, index: int, row: list[str]) -> None:
        """Process a record at the position of a row; the first match counts."""
        if self.status[index] in ("matched", "flipped"):
            return
        shown = self._shown(index, row)
        if shown is None:
            shows = allele_counts(self.reader, row, GONE, [GONE, *(None for _ in row[4].split(","))])[0]
            self._open[index] = np.isnan(shows) | self._open.get(index, False)
            return
        alleles = [text or "" for text in shown]
        if is_reference_block(row):
            alleles += self._other_than(index, alleles[0])
            shown = (shown[0], *(None for _ in shown[1:]))  # some allele, not which
        found = match_row(self.effects[index], self.others[index], alleles, keep_ambiguous=self.choices.keep_ambiguous)
        if _RANK[found.status] < _RANK[self.status[index]]:
            self.status[index] = found.status
        if found.counts:
            self._add(index, *allele_counts(self.reader, row, alleles[found.allele], shown))

    def _other_than(self, index: int, reference: str) -> list[str]:
        """Return the allele of a row that a record of the reference alone rules out, on the strand of the record."""
        pair = [self.effects[index], self.others[index] or ""]
        if max(map(len, pair)) > 1:
            return []  # the record states its first base alone
        if reference not in pair and complement(reference) in pair:
            pair = [complement(allele) for allele in pair]
        return [allele for allele in pair if allele and allele != reference] if reference in pair else []

    def _shown(self, index: int, row: list[str]) -> Shown | None:
        """Return what each allele of a record shows at the position of a row; None for one that says nothing of it."""
        start, ref, alts = int(row[1]), row[3].upper(), [alt for alt in row[4].upper().split(",") if alt != "."]
        site = start if np.isnan(self.positions[index]) else int(self.positions[index])
        if is_reference_block(row) and site > start:
            return None  # the base there is not written
        known = {allele for allele in (self.effects[index], self.others[index]) if allele}
        if all(len(allele) == 1 for allele in known):
            known |= {complement(allele) for allele in known}
        shown = alleles_at(site, known, start, ref, alts)
        if shown is None or site == start:
            return shown
        return shown if any(text not in (None, GONE, shown[0]) for text in shown[1:]) else None

    def take_all(self, index: int, found: Match, dosage: float) -> None:
        """Add a dosage shared by all samples, but those with a change or a no-call that spans the row."""
        self.status[index] = found.status
        copies = np.where(self._open.get(index, False), np.nan, np.full(len(self.sums), dosage))
        self._add(index, copies, np.full(len(self.sums), 2.0))

    def _add(self, index: int, copies: Floats, ploidy: Floats) -> None:
        known = ~np.isnan(copies)
        called = int(known.sum())
        self.called[index] = called
        if called:
            self.frequency[index] = copies[known].sum() / ploidy[known].sum()
        given = self.weights[index].of(copies)
        if called < len(known):
            mean = self._mean(index, called)
            if mean is None:
                self.missing += ~known
                given = np.where(known, given, 0.0)
            else:
                self.imputed += ~known
                given = np.where(known, given, mean)
        self.sums += given

    def _mean(self, index: int, called: int) -> float | None:
        """Return the contribution of a missing dosage; None if no frequency is known, or none is requested."""
        impute, stated = self.choices.impute, self.frequencies[index]
        if called and (impute == "cohort" or (impute == "auto" and called >= _ENOUGH)):
            return self.weights[index].mean(float(self.frequency[index]))
        if impute in ("file", "auto") and not np.isnan(stated):
            return self.weights[index].mean(float(stated))
        return None

    def finish(self) -> None:
        """Count the matched rows."""
        counted = [status in ("matched", "flipped") for status in self.status]
        sizes = np.array([each.size for each in self.weights])
        self.matched = sum(counted)
        self.coverage = self.matched / len(counted)
        total = float(np.nansum(sizes))
        self.weight_coverage = float(np.nansum(sizes[counted])) / total if total else float("nan")

    def doubtful(self, least: float) -> list[Finding]:
        """Return a finding on each sample with calls at fewer than a share ``least`` of the matched rows."""
        unknown = self.imputed + self.missing
        return [
            Finding(
                code="score-calls-few",
                severity="serious",
                patient_id=sample,
                place=self.file.path.name,
                message=f"no call at {number:,} of {self.matched:,} matched rows of {self.file.id}: "
                "the score says little about this person",
            )
            for sample, number in zip(self.reader.header.samples, unknown.tolist(), strict=True)
            if number > (1 - least) * self.matched
        ]

    def scores(self) -> pd.DataFrame:
        """Return one row per sample."""
        average = self.sums / (2 * self.matched) if self.matched else np.full(len(self.sums), np.nan)
        return pd.DataFrame(
            {
                "patient_id": list(self.reader.header.samples),
                "score_id": self.file.id,
                "score": self.sums,
                "score_avg": average,
                "rows": len(self.status),
                "matched": self.matched,
                "imputed": self.imputed,
                "missing": self.missing,
                "coverage": self.coverage,
                "weight_coverage": self.weight_coverage,
            }
        )

    def matches(self) -> pd.DataFrame:
        """Return one row per row of the scoring file."""
        names = ("row", "rsid", "chrom", "pos", "effect_allele", "other_allele", "weight", "kind")
        frame = self.file.rows[list(names)].copy()
        frame.insert(0, "score_id", self.file.id)
        frame["status"], frame["frequency"], frame["called"] = self.status, self.frequency, self.called
        return frame


def _weights(frame: pd.DataFrame) -> Iterator[Weights]:
    numbers: dict[str, Any] = {
        name: frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in ("weight", "weight_0", "weight_1", "weight_2")
    }
    for kind, weight, *three in zip(frame["kind"], *numbers.values(), strict=True):
        yield Weights(str(kind), float(weight), (float(three[0]), float(three[1]), float(three[2])))
