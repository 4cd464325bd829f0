"""Tables of facts on the meaning and payment rules of codes, each row with the days on which it applies.

Facts are a folder of tables; the pack shipped with genorx is added on request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.audit.days import FIRST_DAY, LAST_DAY, NO_DAY, Days
from genorx.audit.fact_pack import stale_pack, with_pack
from genorx.audit.fact_reading import FactSource, read_fact_folder
from genorx.audit.fact_tables import FACT_TABLES
from genorx.audit.label_evidence import label_finding, read_label_evidence
from genorx.errors import Finding
from genorx.oncology.label_needs import LabelNeed
from genorx.oncology.table import EvidenceTable

#: In place of a row: no row has the key; rows with the key apply to other days only.
NO_FACT, OTHER_DAYS = -1, -2
_SPAN = LAST_DAY - FIRST_DAY + 1


@short
@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """Facts about codes, by table: meaning and payment rules.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        Existing tables by name, with the columns of ``FACT_TABLES``: text as text (``drug`` and ``test`` in lower
        case), days as int32 (``audit.days``), flags as bool, ``mg_per_unit`` and ``max_units`` as integers of 0.001 mg
        or units, ``vials_mg`` as tuples of integers of 0.001 mg; also ``valid_from`` and ``valid_to`` (days), and
        ``file`` and ``row``, the place of the row.
    sources : tuple of FactSource
        Sources of the tables, for the provenance of an answer.
    findings : tuple of Finding
        Findings of reading the tables.
    label_needs : mapping of str to LabelNeed
        Result that each drug needs according to the label rows of ``label_evidence``, by the drug's name in lower case.
    """

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    sources: tuple[FactSource, ...] = ()
    findings: tuple[Finding, ...] = ()
    label_needs: Mapping[str, LabelNeed] = field(default_factory=dict)

    @classmethod
    def load(
        cls, folder: str | Path, *, pack: bool = False, label_evidence: EvidenceTable | str | Path | None = None
    ) -> Facts:
        """Load the facts of a folder of tables, CSV or Parquet, named as in ``FACT_TABLES``.

        Parameters
        ----------
        folder : path
            Folder of the tables.
        pack : bool, default False
            Whether codes that the folder lacks are taken from the pack shipped with genorx: billing units and vial
            sizes of cancer drugs.
        label_evidence : EvidenceTable or path, optional
            Evidence, or the folder of an evidence table, whose label rows state which result a drug needs if the facts
            of its code do not.  The table must have all indications of its drugs: if it has only those with a
            biomarker, one indication of several is taken for a need.

        Raises
        ------
        TableError
            ``no-file`` (no such folder), ``column-missing``, ``facts-format`` (a cell that cannot be parsed),
            ``facts-overlap`` (two rows of one key apply to the same day).
        PackError
            ``pack-missing``, ``pack-checksum``, ``pack-format`` if the evidence is not a table or was changed.
        """
        tables, sources, findings = read_fact_folder(Path(folder))
        if pack:
            tables, sources = with_pack(tables, sources)
            findings = (*findings, *stale_pack())
        needs: Mapping[str, LabelNeed] = {}
        if label_evidence is not None:
            needs, source, old = read_label_evidence(label_evidence)
            sources = (*sources, source)
            findings = (*findings, label_finding(needs, tables.get("drug_codes")), *old)
        return cls(tables=tables, sources=sources, findings=findings, label_needs=needs)

    def __contains__(self, table: str) -> bool:
        return table in self.tables

    def table(self, name: str) -> pd.DataFrame | None:
        """Return a table, or None if it is absent."""
        return self.tables.get(name)

    def rows_of(
        self, table: str, keys: Sequence[pd.Series[Any]], days: Days, *, columns: Sequence[str] | None = None
    ) -> NDArray[np.int64]:
        """Return, for each line, the position of the row that applies to its key on its day.

        Parameters
        ----------
        table : str
            Name of the table of facts.
        keys : sequence of Series of str, each of length n
            Values of the lines, one Series per column of the key.
        days : array of int32, shape (n,)
            Day of each line.  A line of unknown day has a row only if a row of its key applies without limits of time.
        columns : sequence of str, optional
            Columns of the key; by default those of the table.

        Returns
        -------
        array of int64, shape (n,)
            Positions in ``tables[table]``; ``NO_FACT`` or ``OTHER_DAYS`` if no row applies.
        """
        facts = self.tables.get(table)
        if facts is None or facts.empty:
            return np.full(len(days), NO_FACT, dtype=np.int64)
        names = list(FACT_TABLES[table].key if columns is None else columns)
        requested, known = _shared_numbers(keys, [facts[name] for name in names])
        return _on_day(requested, days, known, facts["valid_from"].to_numpy(), facts["valid_to"].to_numpy())


def _shared_numbers(
    requested: Sequence[pd.Series[Any]], known: Sequence[pd.Series[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Encode keys of both sides by the same numbers; -1 for a requested key that no row has."""
    left = np.zeros(len(requested[0]), dtype=np.int64)
    right = np.zeros(len(known[0]), dtype=np.int64)
    for here, there in zip(requested, known, strict=True):
        numbers, texts = pd.factorize(there)
        codes, different = pd.factorize(here)
        found = pd.Index(texts).get_indexer(different)[codes]
        right = right * len(texts) + numbers
        left = np.where((left < 0) | (found < 0), -1, left * len(texts) + found)
    return left, right


def _on_day(
    requested: NDArray[np.int64], days: Days, known: NDArray[np.int64], first: Days, last: Days
) -> NDArray[np.int64]:
    """Return, for each key, the row with the latest start by its day, if it still applies; rows do not overlap."""
    order = np.lexsort((first, known))
    starts = _moment(known[order], first[order])
    dates = np.where(days == NO_DAY, np.int32(0), days)
    at = np.searchsorted(starts, _moment(requested, dates), side="right") - 1
    row = order[np.maximum(at, 0)]
    of_key = (at >= 0) & (known[row] == requested)
    holds = of_key & (last[row] >= dates)
    found = np.where(holds, row, np.where(np.isin(requested, known), OTHER_DAYS, NO_FACT))
    open_ended = (first[row] == FIRST_DAY) & (last[row] == LAST_DAY)
    return np.where((days == NO_DAY) & holds & ~open_ended, OTHER_DAYS, found)


def _moment(key: NDArray[np.int64], day: Days) -> NDArray[np.int64]:
    """Encode key and day as one integer that sorts by key, then day."""
    return key * _SPAN + (day.astype(np.int64) - FIRST_DAY)
