"""Concepts of an OMOP vocabulary that occur in the records of a folder: names, UCUM codes, descendants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from genorx.interop.omop.files import iter_columns


@dataclass(frozen=True, slots=True)
class Concepts:
    """Names and UCUM codes by concept id, and descendants; ``descendants`` is None without that table."""

    by_id: Mapping[str, str] = field(default_factory=dict)
    ucum: Mapping[str, str] = field(default_factory=dict)
    descendants: Mapping[str, frozenset[str]] | None = None

    @classmethod
    def read(cls, paths: Mapping[str, Path], records: Mapping[str, pd.DataFrame]) -> Concepts:
        """Read the vocabulary entries used by the records; the rest is skipped in blocks."""
        used = {
            concept
            for frame in records.values()
            for column in frame.columns
            if column.endswith("_concept_id")
            for concept in frame[column].dropna().unique()
        }
        names: dict[str, str] = {}
        ucum: dict[str, str] = {}
        for piece in iter_columns("concept", paths["concept"]) if "concept" in paths else ():
            kept = piece[piece["concept_id"].isin(used)]
            names |= dict(zip(kept["concept_id"], kept["concept_name"], strict=True))
            units = kept[(kept["vocabulary_id"] == "UCUM") & kept["concept_code"].notna()]
            ucum |= dict(zip(units["concept_id"], units["concept_code"], strict=True))
        if "concept_ancestor" not in paths:
            return cls(names, ucum)
        below: dict[str, set[str]] = {}
        for piece in iter_columns("concept_ancestor", paths["concept_ancestor"]):
            kept = piece[piece["descendant_concept_id"].isin(used)]
            for ancestor, descendant in zip(kept["ancestor_concept_id"], kept["descendant_concept_id"], strict=True):
                below.setdefault(ancestor, {ancestor}).add(descendant)
        return cls(names, ucum, {ancestor: frozenset(each) for ancestor, each in below.items()})

    def names(self, concepts: pd.Series[Any]) -> pd.Series[Any]:
        """Return the name of each concept; missing if the vocabulary has none."""
        return concepts.map(self.by_id)

    def coded(self, concepts: pd.Series[Any], source: pd.Series[Any]) -> dict[str, Any]:
        """Return system, code and name of records; concept 0 gets the source value."""
        unmapped = concepts.isna() | (concepts == "0")
        code = concepts.where(~unmapped, source)
        system = pd.Series("OMOP", index=concepts.index, dtype=object).where(~unmapped, "source")
        names = self.names(concepts.where(~unmapped))
        return {
            "system": system.where(code.notna(), None),
            "code": code,
            "name": names.where(names.notna(), source),
        }

    def units(self, concepts: pd.Series[Any], source: pd.Series[Any]) -> pd.Series[Any]:
        """Return the UCUM code of each unit, otherwise its source value."""
        codes = concepts.map(self.ucum)
        return codes.where(codes.notna(), source)
