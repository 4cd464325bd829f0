"""The data frame of variant features: results of files as columns of 0, 1, 2 and missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import PanelError, shown
from genorx.features.file_tally import FileTally
from genorx.features.genes import CLASS_BITS, NO_CALL, SMALLEST_CHANGE
from genorx.features.panel import Burden, Panel
from genorx.features.sites import MAX_SITES, UNKNOWN, UNSEEN, SiteKey
from genorx.variants.consequence import CLASS_NAMES

_Cells = NDArray[np.uint8]


class FeatureFrame:
    """Builder of the feature columns.

    Parameters
    ----------
    tallies : sequence of FileTally
        Results of the files.
    panel : Panel
        The requested features.
    absent : bool
        Whether a site without a record was sequenced and is reference.
    source : str
        Source named in the specs.
    """

    def __init__(self, tallies: Sequence[FileTally], panel: Panel, *, absent: bool, source: str) -> None:
        self._tallies = tallies
        self._panel = panel
        self._absent = absent
        self._source = source
        self._patients = [sample for tally in tallies for sample in tally.samples]
        self._columns: dict[str, pd.api.extensions.ExtensionArray] = {}
        self._specs: dict[str, FeatureSpec] = {}
        if panel.genes is not None:
            self._add_genes()
        if panel.sites or panel.all_sites:
            self._add_sites()
        if panel.burden is not None:
            self._add_burden(panel.burden)

    def add_expected(self, names: Iterable[str]) -> None:
        """Add requested columns without a record in any file."""
        for name in names:
            if name not in self._columns:
                values = np.zeros(len(self._patients), dtype=np.int8)
                known = np.full(len(self._patients), self._absent)
                self._add(values, known, FeatureSpec(name=name, kind="boolean", group="gene"))

    def finish(self) -> tuple[pd.DataFrame, tuple[FeatureSpec, ...]]:
        """Return the frame and the spec of each column."""
        index = pd.Index(self._patients, name="patient_id", dtype="object")
        frame = pd.DataFrame(self._columns, index=index)
        return frame, tuple(self._specs[name] for name in self._columns)

    def _add(
        self,
        values: NDArray[np.int8] | NDArray[np.int64] | NDArray[np.float64],
        known: NDArray[np.bool_],
        spec: FeatureSpec,
    ) -> None:
        column: pd.api.extensions.ExtensionArray  # made of its parts: a frame may have 20,000 genes
        filled = np.where(known, values, np.zeros(1, dtype=values.dtype))
        if spec.kind == "number":
            column = pd.arrays.FloatingArray(filled.astype(np.float64), ~known)
        else:
            kind = np.int64 if spec.kind != "boolean" and spec.group == "burden" else np.int8
            column = pd.arrays.IntegerArray(filled.astype(kind), ~known)
        limits: tuple[float | None, float | None] = None, None
        if spec.kind != "boolean" and known.any():
            seen = values[known]
            limits = float(seen.min()), float(seen.max())
        self._put(column, replace(spec, lower=limits[0], upper=limits[1], source=self._source))

    def _put(self, column: pd.api.extensions.ExtensionArray, spec: FeatureSpec) -> None:
        if spec.name in self._columns:
            reason = f"two features have the name {shown(spec.name)!r}"
            hint = "rename one of them in the panel"
            raise PanelError(reason, file=self._panel.name, hint=hint, code="panel-name-twice")
        self._columns[spec.name] = column
        self._specs[spec.name] = spec

    # genes

    def _add_genes(self) -> None:
        cells = self._gene_cells()
        include = self._panel.genes or ()
        names = list(dict.fromkeys(self._alias(gene) for gene in include)) if include else sorted(cells)
        split = {self._alias(gene) for gene in include or self._symbols() if self._panel.splits(gene)}
        nothing, tables = np.zeros(len(self._patients), dtype=np.uint8), _tables(absent=self._absent)
        for name in names:
            cell = cells.get(name, nothing)
            if name in split:
                for text in CLASS_NAMES.values():
                    self._add_gene(f"{name}_{text}", cell, tables[text], "gene class")
            else:
                self._add_gene(name, cell, tables[""], "gene")

    def _add_gene(self, name: str, cell: _Cells, table: tuple[bytes, bytes], group: str) -> None:
        values, missing = (bytearray(cell).translate(each) for each in table)
        column = pd.arrays.IntegerArray(np.frombuffer(values, dtype=np.int8), np.frombuffer(missing, dtype=np.bool_))
        self._put(column, FeatureSpec(name=name, kind="boolean", group=group, source=self._source))

    def _alias(self, gene: str) -> str:
        return self._panel.aliases.get(gene, gene)

    def _symbols(self) -> set[str]:
        return {gene for tally in self._tallies for gene in tally.genes}

    def _gene_cells(self) -> dict[str, _Cells]:
        """Return one byte per patient for each column; synonymous gene symbols are merged."""
        cells: dict[str, _Cells] = {}
        start = 0
        for tally in self._tallies:
            end = start + len(tally.samples)
            for gene, seen in tally.genes.items():
                name = self._alias(gene)
                if name not in cells:
                    cells[name] = np.zeros(len(self._patients), dtype=np.uint8)
                cells[name][start:end] |= np.frombuffer(seen, dtype=np.uint8)
            start = end
        return cells

    # sites

    def _add_sites(self) -> None:
        keys = self._site_keys()
        if self._panel.all_sites and len(keys) > MAX_SITES:
            reason = f"more than {MAX_SITES:,} sites"
            hint = "give a panel that names the requested sites"
            raise PanelError(reason, file=self._tallies[0].path, hint=hint, code="sites-too-many")
        for name, found in self._site_names(keys).items():
            values = np.concatenate([self._site_values(tally, found) for tally in self._tallies])
            known = values != UNKNOWN
            spec = FeatureSpec(name=name, kind="integer", group="site")
            self._add(np.where(known, values, 0), known, spec)

    def _site_keys(self) -> dict[SiteKey, str]:
        keys: dict[SiteKey, str] = {}
        for tally in self._tallies:
            for key, cells in tally.sites.items():
                keys[key] = keys.get(key) or cells.name
        return keys

    def _site_names(self, keys: dict[SiteKey, str]) -> dict[str, SiteKey]:
        """Return column names: panel ids, otherwise the file's id if it is unique, otherwise position and alleles."""
        if not self._panel.all_sites:
            order = {site.id: number for number, site in enumerate(self._panel.sites)}
            return {name: key for key, name in sorted(keys.items(), key=lambda item: order[item[1]])}
        times: dict[str, int] = {}
        for name in keys.values():
            times[name] = times.get(name, 0) + 1
        named = {}
        for key, name in keys.items():
            place = ":".join(str(part) for part in key if part)
            named[name if name and times[name] == 1 else place] = key
        return named

    def _site_values(self, tally: FileTally, key: SiteKey) -> NDArray[np.int8]:
        absent = np.int8(0 if self._absent else UNKNOWN)
        cells = tally.sites.get(key)
        if cells is None:
            return np.full(len(tally.samples), absent, dtype=np.int8)
        values = np.where(cells.dosage != UNSEEN, cells.dosage, cells.beside)
        return np.where(values != UNSEEN, values, absent).astype(np.int8)

    # burden

    def _add_burden(self, burden: Burden) -> None:
        changes = np.concatenate([tally.changes for tally in self._tallies])
        looked = np.concatenate([tally.looked for tally in self._tallies])
        no_calls = np.concatenate([tally.no_calls for tally in self._tallies])
        seen = np.concatenate([tally.any_gene_looked for tally in self._tallies])
        total = np.maximum(looked + no_calls, 1)
        known = (seen | self._absent) & (no_calls / total <= burden.max_no_call)
        spec = FeatureSpec(name=burden.name, kind="integer", group="burden")
        self._add(changes, known, spec)
        if burden.callable_mb is not None:
            name = f"{burden.name}_per_mb"
            rate = changes / burden.callable_mb
            self._add(rate, known, FeatureSpec(name=name, kind="number", group="burden"))


def _tables(*, absent: bool) -> dict[str, tuple[bytes, bytes]]:
    """Return the bytes of a changed gene, and of one not known to be changed, by class ("" for any)."""
    cell = np.arange(256, dtype=np.uint8)
    unknown = (cell & NO_CALL) > 0
    looked = (cell & ~np.uint8(NO_CALL)) > 0  # tested, or a change of another class was found
    changes = {text: (cell & CLASS_BITS[effect]) > 0 for effect, text in CLASS_NAMES.items()}
    return {
        text: (changed.tobytes(), (~changed & (unknown | ~(looked | absent))).tobytes())
        for text, changed in {"": cell >= SMALLEST_CHANGE, **changes}.items()
    }
