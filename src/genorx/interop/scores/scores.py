"""Polygenic scores of the samples of a variant file, in one pass over its records.

Source: PGS Catalog Calculator (Lambert SA et al. 2024, medRxiv 2024.05.29.24307783): weights times dosages; a missing
dosage is twice the allele frequency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from genorx._core.short_repr import short
from genorx.errors import Finding, InputError, NotAnswerableError, UsageError, VariantFileError
from genorx.interop.scores.running import Choices, RunningScore
from genorx.interop.scores.scoring_file import ANSWERED, ScoringFile, read_score
from genorx.interop.scores.sites import Sites, wanted_rows
from genorx.interop.scores.unseen import by_reference
from genorx.variants.records import DEFAULT_FILTERS, VariantReader

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Impute = Literal["auto", "cohort", "file", "none"]
_CHOICES = {
    "impute": ("auto", "cohort", "file", "none"), "ambiguous": ("drop", "keep"), "unusual": ("refuse", "skip"),
    "absent": ("missing", "reference"),
}  # fmt: skip


@short
@dataclass(frozen=True, kw_only=True)
class ScoreResult:
    """Polygenic scores of all samples, and the status of each row of the scoring file.

    Attributes
    ----------
    scores : DataFrame
        One row per sample and score: ``patient_id``, ``score_id``, ``score``, ``score_avg`` (score / (2 x matched)),
        ``rows``, ``matched``, ``imputed``, ``missing``, ``coverage``, ``weight_coverage``.
    matches : DataFrame
        One row per row of a scoring file: ``score_id``, ``row``, ``rsid``, ``chrom``, ``pos``, ``effect_allele``,
        ``other_allele``, ``weight``, ``kind``, ``status``, ``frequency`` (of the effect allele among the called),
        ``called`` (samples with a call).
    findings : list of Finding
    """

    scores: pd.DataFrame
    matches: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)

    def plot(self, patient_id: str, *, score_id: str | None = None, ax: Axes | None = None) -> Axes:
        """Plot the distribution of a score among the samples with one patient marked, and coverage in the title."""
        from genorx.interop.scores.picture import plot_score

        axes: Axes = plot_score(self, patient_id, score_id=score_id, ax=ax)
        return axes


def score(
    vcf: str | Path | Iterable[str | Path],
    scores: str | Path | ScoringFile | Iterable[str | Path | ScoringFile],
    *,
    assembly: str | None = None,
    impute: Impute = "auto",
    ambiguous: Literal["drop", "keep"] = "drop",
    unusual: Literal["refuse", "skip"] = "refuse",
    absent: Literal["missing", "reference"] = "missing",
    min_overlap: float = 0.75,
    fasta: str | Path | None = None,
    filters: Collection[str] | None = DEFAULT_FILTERS,
) -> ScoreResult:
    """Compute polygenic scores of the samples of variant files.

    Parameters
    ----------
    vcf : path, or list of paths
        VCF or BCF; several files must be of different samples.
    scores : path, ScoringFile, or list of them
        Scoring files.
    assembly : {"GRCh37", "GRCh38"}, optional
        Expected assembly, checked against the header; required if neither header nor scoring file gives it.
    impute : {"auto", "cohort", "file", "none"}
        Imputation of a missing dosage: from the frequency among the called samples of the variant file, from the
        frequency in the scoring file, or not at all.  ``auto`` (default) uses the samples if 50 are called, otherwise
        the scoring file, otherwise none.
    ambiguous : {"drop", "keep"}
        Handling of rows whose alleles are complementary (A/T, C/G); dropped by default.
    unusual : {"refuse", "skip"}
        Handling of rows that a dosage cannot represent (haplotypes, diplotypes, interactions, HLA alleles, rows without
        position): an error (default), or left out.
    absent : {"missing", "reference"}
        Meaning of a row without a record, ``"missing"`` by default; ``"reference"`` looks up the base in ``fasta``.
    min_overlap : float
        Least share of matched rows, from 0 to 1; 0.75 by default.
    fasta : path, optional
        Reference sequence with its index, for ``absent="reference"``.
    filters : collection of str or None
        FILTER and FT values whose calls are accepted; None accepts all.

    Raises
    ------
    InputError
        ``assembly``, ``score-unusual``; and the errors of reading the files.
    NotAnswerableError
        ``score-overlap`` if fewer rows are matched than ``min_overlap``.

    Examples
    --------
    >>> score("cohort.vcf.gz", "PGS000001_hmPOS_GRCh38.txt.gz").scores  # doctest: +SKIP
    """
    stated = {"impute": impute, "ambiguous": ambiguous, "unusual": unusual, "absent": absent}
    for name, value in stated.items():
        if value not in _CHOICES[name]:
            raise UsageError(f"{name} must be one of {', '.join(_CHOICES[name])}")
    if not 0 <= min_overlap <= 1:
        raise UsageError("min_overlap must be between 0 and 1")
    if absent == "reference" and fasta is None:
        raise UsageError("absent='reference' requires fasta=, the reference sequence", code="score-fasta")
    files = [_read(each) for each in _listed(scores)]
    _refuse_unusual(files, unusual)
    choices = Choices(
        impute=impute,
        keep_ambiguous=ambiguous == "keep",
        fasta=fasta if absent == "reference" else None,
        filters=filters,
    )
    parts = [_of_file(Path(path), files, assembly, choices) for path in _listed(vcf)]
    findings = [finding for each in files for finding in each.findings]
    findings += [finding for _, description_of in parts for finding in description_of]
    findings += _skipped(files)
    made = [each for running, _ in parts for each in running]
    for each in made:
        _check_overlap(each, min_overlap)
        findings += each.doubtful(min_overlap)
    return ScoreResult(
        scores=pd.concat([each.scores() for each in made], ignore_index=True),
        matches=pd.concat([each.matches() for each in made], ignore_index=True),
        findings=list(dict.fromkeys(findings)),
    )


def _listed(given: Any) -> list[Any]:
    return [given] if isinstance(given, str | Path | ScoringFile) else list(given)


def _read(given: str | Path | ScoringFile) -> ScoringFile:
    return given if isinstance(given, ScoringFile) else read_score(given)


def _refuse_unusual(files: list[ScoringFile], unusual: str) -> None:
    for each in files:
        kinds = Counter(kind for kind in each.rows["kind"] if kind not in ANSWERED)
        if kinds and unusual == "refuse":
            named = ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items()))
            reason = f"{kinds.total()} rows of {each.id} cannot be represented by a dosage: {named}"
            hint = "unusual='skip' (--unusual skip) leaves them out, with a finding"
            raise InputError(reason, file=each.path, hint=hint, code="score-unusual")


def _skipped(files: list[ScoringFile]) -> list[Finding]:
    made = []
    for each in files:
        number = int((~each.rows["kind"].isin(list(ANSWERED))).sum())
        if number:
            text = f"{number} of {len(each.rows)} rows of {each.id} cannot be represented by a dosage, and are left out"
            made.append(Finding(code="score-rows-skipped", severity="serious", message=text, place=each.path.name))
    return made


def _of_file(
    path: Path, files: list[ScoringFile], assembly: str | None, choices: Choices
) -> tuple[list[RunningScore], list[Finding]]:
    how: dict[str, Any] = {"assembly": assembly, "filters": choices.filters, "germline": True}
    try:  # samples of records without a row of a score are not split
        return _of_reader(VariantReader(path, packed=True, **how), files, choices)
    except VariantFileError:  # the fault named must not depend on the way of reading
        return _of_reader(VariantReader(path, **how), files, choices)


def _of_reader(
    reader: VariantReader, files: list[ScoringFile], choices: Choices
) -> tuple[list[RunningScore], list[Finding]]:
    findings = [finding for each in files for finding in _check_assembly(each, reader)]
    running = [RunningScore(each, reader, choices) for each in files]
    sites = Sites([each.file for each in running])
    for row in wanted_rows(reader, sites):
        for number, index in sites.at(row):
            running[number].take(index, row)
    if choices.fasta is not None:
        for each in running:
            by_reference(each, choices.fasta)
    for each in running:
        each.finish()
    return running, [*findings, *reader.notes.findings(reader.path.name)]


def _check_assembly(file: ScoringFile, reader: VariantReader) -> list[Finding]:
    placed = bool((file.rows["chrom"].notna() & file.rows["pos"].notna()).any())
    if not placed:
        return []
    if file.build is None or reader.assembly is None:
        which = file.path.name if file.build is None else reader.path.name
        text = f"{which} does not state its assembly: positions of {file.id} are used as they are"
        return [Finding(code="assembly-unknown", severity="serious", message=text, place=which)]
    if file.build != reader.assembly:
        reason = f"{file.id} has positions on {file.build}, but the variant file is on {reader.assembly}"
        hint = f"use the scoring file harmonised to {reader.assembly}"
        raise InputError(reason, file=file.path, hint=hint, code="assembly")
    return []


def _check_overlap(running: RunningScore, least: float) -> None:
    if running.coverage < least:
        reason = (
            f"{running.matched} of {len(running.file.rows)} rows of {running.file.id} are matched "
            f"({running.coverage:.3f}), fewer than {least:g}"
        )
        hint = "impute the genotypes, or deliberately lower min_overlap (--min-overlap)"
        raise NotAnswerableError(reason, file=running.file.path, hint=hint, code="score-overlap")
