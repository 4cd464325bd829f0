"""Pharmacogenes of a cohort as one data frame of features: diplotype, phenotype, activity; unknown is missing.

Each distinct genotype pattern of a gene is called once, so that the work grows with the number of patterns, and only
reading with the number of samples.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx._core.progress import track
from genorx._core.workers import map_in_order, sharing
from genorx.errors import Finding, GenorxError, UsageError
from genorx.knowledge import Pack
from genorx.pgx.call_settings import CallSettings
from genorx.pgx.matching.caller import CallOptions
from genorx.pgx.matching.patterns import TOGETHER, DistinctRows, PatternCaller
from genorx.pgx.reading.chip import is_chip_table
from genorx.pgx.reading.merge_files import joined_files
from genorx.pgx.reading.no_calls import no_call_findings
from genorx.pgx.reading.site_reading import SampleSites, SiteReading
from genorx.pgx.report import GeneReport
from genorx.pgx.sources import Knowledge, take_knowledge
from genorx.variants.near import NearPlaces
from genorx.variants.record_checks import Row
from genorx.variants.records import DEFAULT_FILTERS, VariantReader

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

#: Phenotypes from the lowest function up; the column of a gene has those of its own table, in this order.
_ORDER = (
    "Poor Metabolizer", "Likely Poor Metabolizer", "Possible Intermediate Metabolizer", "Intermediate Metabolizer",
    "Likely Intermediate Metabolizer", "Normal Metabolizer", "Rapid Metabolizer", "Ultrarapid Metabolizer",
    "Poor Function", "Decreased Function", "Possible Decreased Function", "Normal Function", "Increased Function",
    "Deficient with CNSHA", "Deficient", "Variable", "Normal",
    "Malignant Hyperthermia Susceptibility", "Uncertain Susceptibility",
    "ivacaftor non-responsive in CF patients", "ivacaftor responsive in CF patients",
    "-1639 AA", "-1639 AG", "-1639 GG",
)  # fmt: skip
_PATTERNS = 250  # genotype patterns of a gene per task
_UNKNOWN = frozenset({"No Result", "n/a", "Indeterminate"})


def call_cohort(
    path: str | Path | Sequence[str | Path],
    workers: int = 1,
    *,
    definitions: str | Path | None = None,
    exemptions: str | Path | bool | None = None,
    combinations: bool = False,
    cyp2d6: bool = False,
    absent: str = "missing",
    assembly: str | None = None,
    pack: Pack | None = None,
    genes: Iterable[str] | None = None,
    filters: Collection[str] | None = DEFAULT_FILTERS,
    fasta: str | Path | None = None,
) -> pd.DataFrame:
    """Return a row per sample with three columns per gene: ``CYP2C19_diplotype``, ``_phenotype`` and ``_activity``.

    Diplotypes are text (several joined by ``OR``, alleles without phase by ``AND``), phenotypes ordered categories
    from the lowest function up, activity scores numbers.  A value that is not known, or that differs between the
    possible calls, is missing.  ``frame.attrs["findings"]`` holds the findings.

    Parameters
    ----------
    path : path or list of paths
        One file of many samples, or several: with different samples, or with the same samples and different sites (one
        file per chromosome); or genotype tables of arrays, see ``call``.
    workers : int
        Number of processes, 1 by default; they share files of different samples, or the genotype patterns of one file.
        The table is the same for any number.
    definitions, exemptions, combinations, cyp2d6, absent, assembly, pack
        See ``call``.
    genes : iterable of str, optional
        Genes to call; by default all.
    filters : collection of str or None
        FILTER and FT values whose calls are accepted; other calls are no-calls.  None accepts all.
    fasta : path, optional
        Reference sequence with its index, see ``call``.

    Raises
    ------
    VariantFileError, AssemblyError, PackError
        See ``call``.
    UsageError
        ``workers`` if fewer than one; ``sample-twice`` if two files hold the same sample and the same sites.
    """
    paths = [path] if isinstance(path, str | Path) else list(path)
    settings = CallSettings(
        definitions=definitions,
        exemptions=exemptions,
        pack=pack,
        cyp2d6=cyp2d6,
        options=CallOptions(combinations=combinations),
        absent=absent,
        assembly=assembly,
        filters=None if filters is None else frozenset(filters),
        fasta=fasta,
    )
    requested = None if genes is None else frozenset(genes)
    with sharing(workers):
        return cohort_frame(_parts(paths, settings, requested))


#: Frame of the samples of some files, and findings.
CohortPart = tuple["pd.DataFrame", tuple[Finding, ...]]


def cohort_frame(parts: Iterable[CohortPart]) -> pd.DataFrame:
    """Concatenate the frames of different files, with findings in ``attrs["findings"]``.

    Raises
    ------
    UsageError
        ``sample-twice`` if a sample is in two files.
    """
    import pandas as pd

    made = list(parts)
    frame = made[0][0] if len(made) == 1 else pd.concat([part for part, _ in made])
    if frame.index.has_duplicates:
        twice = frame.index[frame.index.duplicated()][0]
        raise UsageError(f"sample {twice!r} is in two files", hint="name samples uniquely", code="sample-twice")
    frame.attrs["findings"] = [finding.to_dict() for _, findings in made for finding in findings]
    return frame


class CohortCalls:
    """Pharmacogenes of all samples of a file that is read for another purpose.

    Parameters
    ----------
    reader : VariantReader
        The open file; pass ``places`` and ``take`` to its method ``watch``.
    genes : iterable of str
        Genes to call.
    absent, filters
        See ``call_cohort``.
    """

    def __init__(
        self, reader: VariantReader, genes: Iterable[str], *, absent: str, filters: Collection[str] | None
    ) -> None:
        self._known = take_knowledge(None, None, cyp2d6=False)
        self._genes = frozenset(genes)
        self._sites = SiteReading(reader, self._known.genes, absent=absent, filters=filters)
        self._fault: GenorxError | None = None

    @property
    def places(self) -> NearPlaces:
        """Positions of the required records."""
        return self._sites.places

    def take(self, rows: list[Row]) -> None:
        """Process records in the order of the file; an error ends this reading, not that of the reader."""
        if self._fault is not None:
            return
        try:
            self._sites.take(rows)
        except GenorxError as fault:
            self._fault = fault

    def finish(self) -> CohortPart | GenorxError:
        """Return the result of ``call_cohort`` for the file, without the reader's findings; or the error."""
        if self._fault is not None:
            return self._fault
        try:
            sites = self._sites.finish()
        except GenorxError as fault:
            return fault
        return _frame(sites, self._known, self._genes, combinations=False)


def _parts(paths: list[str | Path], settings: CallSettings, genes: frozenset[str] | None) -> Iterable[CohortPart]:
    groups = _by_samples(paths)
    made = map_in_order(partial(_one_group, settings=settings, genes=genes), groups)
    for parts in track(made, "pgx", len(groups)):
        yield from parts


def _by_samples(paths: list[str | Path]) -> list[list[str | Path]]:
    """Group the files by identical samples."""
    if len(paths) == 1:
        return [paths]
    groups: dict[tuple[str, ...], list[str | Path]] = {}
    for path in paths:
        names = (Path(path).stem,) if is_chip_table(path) else VariantReader(path).header.samples
        groups.setdefault(names, []).append(path)
    return list(groups.values())


def _one_group(paths: list[str | Path], settings: CallSettings, genes: frozenset[str] | None) -> list[CohortPart]:
    known, combined = settings.knowledge(), settings.options.combinations
    read = (settings.sites(path, known.genes, sample=None, likelihoods=False) for path in paths)
    return [_frame(sites, known, genes, combinations=combined) for sites in joined_files(read)]


#: Cells of a gene with a pattern: diplotype, phenotype, activity score.
_Told = tuple[str | None, str | None, float | None]


def _frame(sites: SampleSites, known: Knowledge, genes: frozenset[str] | None, *, combinations: bool) -> CohortPart:
    import pandas as pd

    chosen = [gene for gene in sorted(known.genes) if known.callable(gene) and (genes is None or gene in genes)]
    told = {gene: _Answers() for gene in chosen}
    caller = PatternCaller(sites, known, CallOptions(combinations=combinations))
    for gene, answers in map_in_order(partial(_tell, caller), _tasks(sites, caller, told)):
        told[gene].add(answers)
    columns: dict[str, pd.Series[Any]] = {}
    for gene in chosen:
        columns.update(_columns(gene, told.pop(gene), known))
    frame = pd.DataFrame(columns, copy=False)
    frame.index = pd.Index(sites.samples, name="sample")
    return frame, (*known.pack.findings(), *sites.findings, *no_call_findings(sites))


class _Answers:
    """Cells of a gene: the distinct ones, those of each pattern, and the pattern of each sample."""

    def __init__(self) -> None:
        self._numbers: dict[_Told, int] = {}
        self._of_pattern = array("I")
        self.patterns: NDArray[np.uint32] | None = None

    def add(self, answers: Iterable[_Told]) -> None:
        """Add the cells of further patterns."""
        numbers = self._numbers
        self._of_pattern.extend(numbers.setdefault(answer, len(numbers)) for answer in answers)

    def distinct(self) -> tuple[list[_Told], NDArray[np.uint32]]:
        """Return the distinct cells, and for each sample the index of its own."""
        import numpy as np

        of_pattern = np.array(self._of_pattern, dtype=np.uint32)
        return list(self._numbers), of_pattern if self.patterns is None else of_pattern[self.patterns]


def _tasks(
    sites: SampleSites, caller: PatternCaller, told: Mapping[str, _Answers]
) -> Iterator[tuple[str, NDArray[np.unsignedinteger]]]:
    """Yield tasks of a gene with some distinct patterns; record the patterns of the samples."""
    samples = len(sites.samples)
    for gene, answers in told.items():
        found = DistinctRows(samples)
        for start in range(0, samples, TOGETHER):
            found.add(caller.patterns(gene, sites, start, start + TOGETHER), start)
        answers.patterns = found.number
        for patterns in found.rows(_PATTERNS):
            yield gene, patterns


def _tell(caller: PatternCaller, task: tuple[str, NDArray[np.unsignedinteger]]) -> tuple[str, list[_Told]]:
    """Return the cells of a gene with some patterns."""
    gene, patterns = task
    reports = (caller.call(gene, pattern) for pattern in patterns.tolist())
    told = [(_text(r), _only(r.phenotypes, _UNKNOWN), _number(_only(r.activity_scores, _UNKNOWN))) for r in reports]
    return gene, told


def _columns(gene: str, answers: _Answers, known: Knowledge) -> dict[str, pd.Series[Any]]:
    import pandas as pd

    told, numbers = answers.distinct()
    table = known.pack.phenotypes.get(gene)
    terms = [name for name in _ORDER if table is not None and name in table.phenotypes]
    terms += sorted((table.phenotypes if table is not None else frozenset()) - set(terms) - _UNKNOWN)
    kind = pd.CategoricalDtype(terms, ordered=True)
    diplotypes, phenotypes, scores = zip(*told, strict=True) if told else ((), (), ())
    values = {
        "diplotype": pd.Series(diplotypes, dtype="string"),
        "phenotype": pd.Series(phenotypes, dtype="object").astype(kind),
        "activity": pd.Series(scores, dtype="Float64"),
    }
    return {f"{gene}_{name}": series.take(numbers).reset_index(drop=True) for name, series in values.items()}


def _text(report: GeneReport) -> str | None:
    call = report.call
    if not call.called:
        return None
    return " AND ".join(call.alleles) if call.alleles else " OR ".join(call.diplotypes)


def _only(texts: list[str], unknown: frozenset[str]) -> str | None:
    """Return the value common to all calls; None if they differ or it is unknown."""
    return texts[0] if len(texts) == 1 and texts[0] not in unknown else None


def _number(text: str | None) -> float | None:
    return None if text is None else float(text.lstrip("≥"))
