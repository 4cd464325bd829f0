"""Columns of pharmacogenes: phenotypes as ordered categories, activity scores as numbers; unknown is missing.

Calling is ``pgx``; here its cohort frame is restricted to a panel, and each column gets its spec.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from genorx._core.feature_spec import FeatureSpec
from genorx._core.short_repr import short
from genorx.errors import Finding, GenorxError
from genorx.knowledge import default_pack
from genorx.variants.records import VariantReader

if TYPE_CHECKING:
    import pandas as pd

    from genorx.pgx.cohort import CohortCalls, CohortPart

PgxColumn = Literal["phenotype", "activity"]
COLUMNS: tuple[PgxColumn, ...] = ("phenotype", "activity")
#: Gene whose copy number and hybrid alleles decide, which are not in a VCF of small variants.
_UNSEEN = frozenset({"CYP2D6"})


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class Pharmacogenes:
    """Pharmacogenes as features: ``CYP2C19_phenotype``, ``CYP2C9_activity``; empty ``genes`` for all available.

    Examples
    --------
    >>> from genorx.features import Panel, Pharmacogenes
    >>> Panel(pgx=Pharmacogenes(genes=("CYP2C19",))).pgx.columns
    ('phenotype', 'activity')
    """

    genes: tuple[str, ...] = ()
    columns: tuple[PgxColumn, ...] = COLUMNS

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns, gene by gene."""
        return tuple(f"{gene}_{kind}" for gene in self.genes or callable_genes() for kind in columns_of(gene, self))


def callable_genes() -> tuple[str, ...]:
    """Return the genes that can be called from a variant file and that have phenotypes."""
    pack = default_pack()
    return tuple(sorted(gene for gene in pack.genes if gene in pack.phenotypes and gene not in _UNSEEN))


def columns_of(gene: str, requested: Pharmacogenes) -> tuple[PgxColumn, ...]:
    """Return the requested kinds of columns that a gene has: not every gene has activity scores."""
    scored = default_pack().phenotypes[gene].activity
    return tuple(kind for kind in requested.columns if kind == "phenotype" or scored)


def pharmacogene_calls(
    reader: VariantReader,
    requested: Pharmacogenes,
    *,
    absent: Literal["reference", "missing"],
    filters: Collection[str] | None,
) -> CohortCalls:
    """Return the collector of pharmacogene records for an open file.

    Parameters
    ----------
    filters : collection of str or None
        FILTER and FT values whose calls are accepted; other calls, and those of depth 0, are no-calls.  None accepts
        all.
    """
    from genorx.pgx.cohort import CohortCalls

    return CohortCalls(reader, requested.genes or callable_genes(), absent=absent, filters=filters)


def pharmacogene_features(
    files: Sequence[str | Path],
    parts: Sequence[CohortPart | GenorxError],
    requested: Pharmacogenes,
    *,
    absent: Literal["reference", "missing"],
    filters: Collection[str] | None,
    assembly: str | None,
    source: str,
) -> tuple[pd.DataFrame, tuple[FeatureSpec, ...], tuple[Finding, ...]]:
    """Return the columns of all samples of the files, the spec of each, and findings.

    Parameters
    ----------
    parts : sequence
        Result of ``pharmacogene_calls`` for each file.

    Raises
    ------
    VariantFileError, AssemblyError, UsageError
        See ``pgx.call_cohort``.
    """
    from genorx.pgx.cohort import call_cohort, cohort_frame

    made = [_found(part) for part in parts]
    if len({tuple(frame.index) for frame, _ in made}) == len(made):
        called = cohort_frame(made)
    else:  # of the same samples, one file per chromosome: a gene's result depends on all of them
        genes = requested.genes or callable_genes()
        called = call_cohort(list(files), genes=genes, absent=absent, filters=filters, assembly=assembly)
    findings = tuple(Finding(**each) for each in called.attrs["findings"])
    frame = called[list(requested.names())]
    frame.attrs = {}
    return frame, tuple(_spec(frame[name], source) for name in requested.names()), findings


def _found(part: CohortPart | GenorxError) -> CohortPart:
    if isinstance(part, GenorxError):
        raise part
    return part


def _spec(column: pd.Series, source: str) -> FeatureSpec:
    import pandas as pd

    name = str(column.name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        levels = tuple(str(level) for level in column.cat.categories)
        return FeatureSpec(name=name, kind="ordinal", group="pgx", levels=levels, source=source)
    seen = column.dropna()
    limits = (float(seen.min()), float(seen.max())) if len(seen) else (None, None)
    return FeatureSpec(name=name, kind="number", group="pgx", lower=limits[0], upper=limits[1], source=source)
