"""Columns of polygenic scores: one number per score, missing for a person with too many unknown variants.

Matching and summation is ``interop.scores``; here the scores of a panel are requested, and each gets its spec.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import Finding

if TYPE_CHECKING:
    import pandas as pd

#: Keys of ``[[scores]]`` besides ``file`` and ``name``, and the type of each.
OPTIONS: dict[str, type | tuple[type, ...]] = {
    "impute": str, "ambiguous": str, "unusual": str, "absent": str, "min_overlap": (int, float), "fasta": str,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelScore:
    """A polygenic score as a feature: its file, the column's name (None: the score's id in lower case), options."""

    file: Path
    name: str | None = None
    options: tuple[tuple[str, Any], ...] = ()


def score_features(
    files: Sequence[str | Path],
    requested: Sequence[PanelScore],
    *,
    filters: Collection[str] | None,
    assembly: str | None,
    source: str,
) -> tuple[pd.DataFrame, tuple[FeatureSpec, ...], tuple[Finding, ...]]:
    """Return the columns of all samples of the files, the spec of each, and findings.

    Raises
    ------
    InputError, NotAnswerableError
        See ``genorx.interop.score``.
    """
    import pandas as pd

    from genorx.interop.scores import read_score, score

    columns: dict[str, pd.Series] = {}
    findings: list[Finding] = []
    for each in requested:
        scoring, options = read_score(each.file), dict(each.options)
        made = score(list(files), scoring, assembly=assembly, filters=filters, **options)
        frame = made.scores.set_index("patient_id")
        most = 1 - float(options.get("min_overlap", 0.75))
        known = frame["missing"] + frame["imputed"] <= most * frame["matched"]
        name = each.name or scoring.id.lower()
        columns[name] = frame["score"].where(known).astype("Float64")
        findings.extend(made.findings)
    specs = tuple(_spec(name, column, source) for name, column in columns.items())
    return pd.DataFrame(columns), specs, tuple(dict.fromkeys(findings))


def _spec(name: str, column: pd.Series, source: str) -> FeatureSpec:
    seen = column.dropna().to_numpy(dtype=np.float64)
    limits = (float(seen.min()), float(seen.max())) if seen.size else (None, None)
    return FeatureSpec(name=name, kind="number", group="score", lower=limits[0], upper=limits[1], source=source)
