"""Variant features of a study: one data frame, the spec of each column, and findings."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx._core.feature_spec import FeatureSpec
from genorx._core.progress import track
from genorx._core.short_repr import short
from genorx._core.workers import map_in_order
from genorx.errors import AssemblyError, Finding, PanelError, UsageError, VariantFileError, shown
from genorx.features.file_tally import FileTally
from genorx.features.files import Absent, Origin, tally_file
from genorx.features.maf import is_maf, tally_mafs
from genorx.features.panel import Panel
from genorx.features.pharmacogenes import pharmacogene_features
from genorx.features.regions import GeneRegions
from genorx.features.scores import score_features
from genorx.variants import DEFAULT_FILTERS
from genorx.variants.alike import samples_alike
from genorx.variants.region import Region, read_regions
from genorx.variants.sex_chromosomes import SexCalls

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)


@short
@dataclass(frozen=True, kw_only=True, eq=False)
class VariantFeatures:
    """Features of all patients in some variant files.

    Attributes
    ----------
    frame : DataFrame, index ``patient_id``
        ``Int8`` for genes and dosages, ``Int64`` for burden counts, ``Float64`` for burden per megabase and activity
        scores, ordered categories for phenotypes.
    specs : tuple of FeatureSpec
        One per column, in the order of the columns.
    findings : tuple of Finding
        Findings on all files.
    counts : DataFrame
        One row per file: ``file``, ``samples``, ``records``, ``filtered_records``, ``filtered_calls``, ``no_calls``,
        ``records_without_annotation``.
    assembly : str or None
        ``GRCh37`` or ``GRCh38``; None if neither a file nor the caller states it.
    sexes : dict of sample to SexCalls
        Calls on X and Y of each sample; empty unless the files are germline.
    releases : dict of str to str
        Versions on which the columns depend, see ``Panel.releases``.
    """

    frame: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    findings: tuple[Finding, ...]
    counts: pd.DataFrame
    assembly: str | None
    sexes: dict[str, SexCalls] = field(default_factory=dict)
    releases: dict[str, str] = field(default_factory=dict)


def variant_features(
    path: str | Path | Sequence[str | Path],
    panel: str | Path | Panel = "genes",
    samples: Sequence[str] | None = None,
    *,
    absent: Absent = "missing",
    filters: Collection[str] | None = DEFAULT_FILTERS,
    assembly: str | None = None,
    genes: str | Path | None = None,
    regions: str | Path | None = None,
    origin: Origin | None = None,
) -> pd.DataFrame:
    """Return the features of variant files, one row per patient.

    Parameters
    ----------
    path : path or sequence of paths
        One multi-sample file, or files of different patients.
    panel : {"genes", "sites", "burden", "pgx"}, path or Panel
        Features to derive.  ``"genes"`` (default): one 0/1 column per gene, named by its symbol, for any accepted
        non-silent change.  ``"sites"``: dosage of every allele of the file.  ``"burden"``: number of accepted
        non-silent changes.  ``"pgx"``: phenotypes and activity scores of all pharmacogenes.
    samples : sequence of str, optional
        Samples of a single file, in the order of the result; by default all.
    absent : {"missing", "reference"}
        Meaning of a site without a record: unknown (default), or sequenced and reference.
    filters : collection of str or None
        FILTER and FT values whose calls are accepted; None accepts all.
    assembly : {"GRCh37", "GRCh38"}, optional
        Expected assembly, checked against the header; by default that of the header.
    genes : path, optional
        Gene table (contig, start0, end0, gene), used if the file has no annotations.
    regions : path, optional
        BED file of regions in which records must begin; requires an index.  Tables of regions without a common gene can
        be joined side by side.
    origin : {"somatic", "germline"}, optional
        Origin of the variants.  In germline files a genotype of two alleles whose reads show one is missing.  By
        default a file is germline if the panel asks for pharmacogenes or scores, or for sites and nothing else.

    Returns
    -------
    DataFrame
        Nullable columns, indexed by ``patient_id`` (the samples).  ``.attrs["findings"]`` holds the findings as
        dictionaries.

    Raises
    ------
    VariantFileError, AssemblyError, PanelError
        If a file, its assembly or the panel cannot be used.
    UsageError
        If an argument is invalid.
    """
    paths = [path] if isinstance(path, str | Path) else list(path)
    if samples is not None and len(paths) != 1:
        raise UsageError("samples can be selected from one file only", code="samples")
    chosen = Panel.of(panel)
    if genes is not None:
        chosen = replace(chosen, gene_table=Path(genes))
    within = None if regions is None else read_regions(regions)
    if within is not None and (chosen.pgx is not None or chosen.scores):
        reason = "pharmacogenes and scores are of a whole file, not of regions"
        raise UsageError(reason, hint="leave [pgx] and [[scores]] out of the panel", code="regions")
    if origin not in (None, "somatic", "germline"):
        raise UsageError('origin must be "somatic" or "germline"')
    how: dict[str, Any] = {"absent": absent, "filters": filters, "assembly": assembly, "origin": origin}
    made = _features(paths, chosen, samples=samples, within=within, **how)
    frame = made.frame
    frame.attrs["findings"] = [finding.to_dict() for finding in made.findings]
    return frame


def features_of_files(
    files: Sequence[str | Path],
    panel: str | Path | Panel | None = None,
    *,
    origin: Origin = "somatic",
    absent: Absent = "missing",
    filters: Collection[str] | None = DEFAULT_FILTERS,
    assembly: str | None = None,
    patients: Collection[str] | None = None,
    expected: Iterable[str] = (),
    people: Mapping[str, str] | None = None,
) -> VariantFeatures:
    """Return the features of the variant files of a study.

    Parameters
    ----------
    files : sequence of paths
        One multi-sample file, or one file per patient; no patient in two files.  A MAF is a file of several samples
        with changes of genes only.
    panel : {"genes", "sites", "burden", "pgx"}, path, Panel or None
        Features to derive; by default ``"genes"`` for somatic and ``"sites"`` for germline files.
    origin : {"somatic", "germline"}
        Origin of the variants; ``"somatic"`` by default.
    absent, filters, assembly
        See ``variant_features``.
    patients : collection of str, optional
        Patients to keep; samples of others are left out.  By default all.
    expected : iterable of str
        Columns of a fitted model.  Those without a record in the files are added: 0 if ``absent="reference"``,
        otherwise missing.
    people : mapping of sample to patient, optional
        For MAFs, the sequenced samples and their patients.

    Raises
    ------
    UsageError
        ``samples`` if ``people`` is given for files other than MAFs.
    VariantFileError
        ``patient-twice``, and the errors of reading.
    AssemblyError
        If the files are of two assemblies.
    PanelError
        If the panel cannot be used.
    """
    chosen = Panel.of(("genes" if origin == "somatic" else "sites") if panel is None else panel)
    made = _features(
        list(files),
        chosen,
        absent=absent,
        filters=filters,
        assembly=assembly,
        patients=patients,
        expected=expected,
        people=people,
        origin=origin,
        identify=origin == "germline",
    )
    if chosen.pgx is None or origin == "germline":
        return made
    text = "the variants of the study are somatic: pharmacogenes are called from germline variants"
    note = Finding(code="pgx-tumour-file", severity="serious", message=text, place=chosen.name)
    return replace(made, findings=(*made.findings, note))


def _features(
    files: Sequence[str | Path],
    panel: Panel,
    *,
    absent: Absent,
    filters: Collection[str] | None,
    assembly: str | None,
    samples: Sequence[str] | None = None,
    patients: Collection[str] | None = None,
    expected: Iterable[str] = (),
    people: Mapping[str, str] | None = None,
    origin: Origin | None = None,
    identify: bool = False,
    within: Sequence[Region] | None = None,
) -> VariantFeatures:
    import pandas as pd  # heavy, and not needed by workers, which import this module

    from genorx.features.frame import FeatureFrame

    _check_request(files, absent, filters)
    reference = assembly or panel.assembly
    keep = None if patients is None else frozenset(patients)
    called, mafs = _by_format(files, people)
    genes = None if panel.gene_table is None else GeneRegions.read(panel.gene_table)
    read = partial(tally_file, panel=panel, regions=genes, filters=filters, assembly=reference, samples=samples)
    work = partial(read, patients=keep, origin=origin, identify=identify, within=within, absent=absent)
    tallies = list(track(map_in_order(work, called), "variant files", len(called)))
    _refuse_twins(tallies)
    tallies += tally_mafs(mafs, panel, filters=filters, assembly=reference, people=people, patients=keep)
    _refuse_twins(tallies)
    found = _one_assembly(tallies)
    source = tallies[0].path.name if len(tallies) == 1 else f"{len(tallies)} variant files"
    made = FeatureFrame(tallies, panel, absent=absent == "reference", source=source)
    made.add_expected(expected)
    frame, specs = made.finish()
    collected = [finding for tally in tallies for finding in tally.findings]
    how: dict[str, Any] = {"filters": filters, "assembly": reference, "source": source}
    for more, own, notes in _more_features(called, tallies, panel, absent, how):
        frame, specs = _beside(frame, more, panel), (*specs, *own)
        collected += [note for note in notes if note not in collected]
    known = [tally.identity for tally in tallies if tally.identity is not None]
    findings = (*_gathered(collected), *samples_alike([each.sketch for each in known]))
    for finding in findings:
        logger.info("%s: %s", finding.place, finding.message)
    counts = pd.DataFrame([tally.counts for tally in tallies])
    return VariantFeatures(
        frame=frame,
        specs=specs,
        findings=findings,
        counts=counts,
        assembly=found or reference,
        sexes={sample: calls for each in known for sample, calls in each.sexes.items()},
        releases=panel.releases(),
    )


def _by_format(
    files: Sequence[str | Path], people: Mapping[str, str] | None
) -> tuple[list[str | Path], list[str | Path]]:
    """Split files into variant files and MAFs."""
    mafs = [path for path in files if is_maf(path)]
    called = [path for path in files if path not in mafs]
    if called and people is not None:
        hint = "samples are named by the header of a VCF: give it the patients' names (bcftools reheader)"
        raise UsageError("samples and their patients can be given for MAFs only", hint=hint, code="samples")
    return called, mafs


def _more_features(
    files: Sequence[str | Path], tallies: Sequence[FileTally], panel: Panel, absent: Absent, how: Mapping[str, Any]
) -> Iterator[tuple[pd.DataFrame, tuple[FeatureSpec, ...], tuple[Finding, ...]]]:
    """Yield further features with specs and findings: pharmacogenes, and polygenic scores."""
    if panel.pgx is not None:
        parts = [tally.pharmacogenes for tally in tallies if tally.pharmacogenes is not None]
        yield pharmacogene_features(files, parts, panel.pgx, absent=absent, **how)
    if panel.scores:
        yield score_features(files, panel.scores, **how)


def _check_request(files: Sequence[str | Path], absent: str, filters: object) -> None:
    if absent not in {"missing", "reference"}:
        raise UsageError(f"absent is {shown(absent)!r}", hint="use missing or reference", code="absent")
    if not files:
        raise UsageError("no variant files", code="files-none")
    if isinstance(filters, str):
        raise UsageError("filters is one text", hint="give a list of names", code="filters")


def _refuse_twins(tallies: list[FileTally]) -> None:
    home: dict[str, Path] = {}
    for tally in tallies:
        for sample in tally.samples:
            if sample in home:
                reason = f"patient {shown(sample)} is also in {home[sample].name}"
                hint = "name each file once, and each patient in one file"
                raise VariantFileError(reason, file=tally.path, place="header", hint=hint, code="patient-twice")
            home[sample] = tally.path


def _one_assembly(tallies: list[FileTally]) -> str | None:
    first: dict[str, Path] = {}
    for tally in tallies:
        if tally.assembly is not None:
            first.setdefault(tally.assembly, tally.path)
    if len(first) > 1:
        (one, path), (other, _) = list(first.items())[:2]
        reason = f"files of {one} and of {other} in one study"
        raise AssemblyError(reason, file=path, place="header", hint="lift one over", code="assembly-mixed")
    return next(iter(first), None)


def _beside(frame: pd.DataFrame, more: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Return two frames side by side, for the patients of the first."""
    import pandas as pd

    twice = [name for name in more.columns if name in frame.columns]
    if twice:
        reason = f"two features have the name {shown(twice[0])!r}"
        raise PanelError(reason, file=panel.name, hint="rename one of them in the panel", code="panel-name-twice")
    return pd.concat([frame, more.reindex(frame.index)], axis=1)


def _gathered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Merge the findings of all files; those common to many files are reported once."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    gathered: list[Finding] = []
    for same in by_code.values():
        if len(same) <= 3:
            gathered.extend(same)
        else:
            message = f"{same[0].message} (first of {len(same)} files)"
            gathered.append(replace(same[0], message=message))
    return tuple(gathered)
