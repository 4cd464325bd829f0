"""Records of patients as ten tables, with the same columns for every source format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.output import to_csv, to_json
from genorx._core.time_units import DAYS_PER_YEAR
from genorx._core.whole_files import atomic_folder
from genorx.errors import Finding, UsageError, shown
from genorx.interop.reading.columns import COLUMNS, PRIVATE
from genorx.interop.reading.dates import first_day

if TYPE_CHECKING:
    from genorx.interop.reading.index_days import Index

_WHOLE = ("pos", "start", "end", "read_depth")
_PIECE = 50_000


@dataclass(frozen=True, kw_only=True)
class RecordTables:
    """Records of patients from FHIR, OMOP, phenopackets or a MAF, as ten tables with the same columns.

    Attributes
    ----------
    patients, measurements, conditions, medications, procedures, events : DataFrame
        One row per patient, or per record; text columns and nullable floats.  ``patients.birth_date`` is held in memory
        only: no file, page or message of genorx contains it.
    variants, genotypes, implications, risks : DataFrame
        Genomic results; ``variants.allele`` identifies a change across formats.
    findings : list of Finding
        Findings of reading.
    provenance : dict
        ``format``, ``files`` and the source as stated in the format.
    """

    patients: pd.DataFrame
    measurements: pd.DataFrame
    conditions: pd.DataFrame
    medications: pd.DataFrame
    procedures: pd.DataFrame
    events: pd.DataFrame
    variants: pd.DataFrame
    genotypes: pd.DataFrame
    implications: pd.DataFrame
    risks: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)
    #: Descendants of each OMOP concept, including itself; None without a table of them.
    descendants: Mapping[str, frozenset[str]] | None = field(default=None, repr=False)
    #: Codings of rows after the first, ``SYSTEM|CODE`` by line, by table and row label.
    other_codes: Mapping[str, pd.Series[Any]] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(self.frame(name)):,} {name}" for name in COLUMNS if len(self.frame(name)))
        return f"RecordTables({counts or 'no rows'}; {len(self.findings)} findings)"

    def frame(self, table: str) -> pd.DataFrame:
        """Return a table by its name.

        Raises
        ------
        UsageError
            If there is none of that name.
        """
        if table not in COLUMNS:
            raise UsageError(f"there is no table {shown(table)!r}", hint=f"tables are {', '.join(COLUMNS)}")
        found: pd.DataFrame = getattr(self, table)
        return found

    def wide(self, map: str | Path | Mapping[str, Any], index: Index | None = None) -> pd.DataFrame:  # noqa: A002
        """Return one row per patient: ``sex``, ``age_years``, then the columns of a map, in its order.

        Parameters
        ----------
        map : path or mapping
            TOML file with ``[[column]]``, or its content; see the guide.
        index : date, text, mapping of patient id to date, or path of a CSV with ``patient_id,index_date``, optional
            Index day of each patient; later records are left out, and counted.

        Returns
        -------
        DataFrame, index ``patient_id``
            Wide table.  ``attrs["findings"]`` is a tuple of Finding; they are added to ``findings`` too.

        Raises
        ------
        InputError
            ``map`` if the map cannot be used, ``unit`` if a unit cannot be converted, ``no-index`` if ``days`` are
            requested without an index, ``no-ancestors`` for ``CODE+`` without a table of ancestors.
        """
        from genorx.interop.reading.wide import wide_table

        frame = wide_table(self, map, index)
        self.findings.extend(each for each in frame.attrs["findings"] if each not in self.findings)
        return frame

    def alterations(self, patient_id: str) -> list[dict[str, Any]]:
        """Return the alterations of a patient, as input of ``genorx.oncology.match``."""
        rows = self.variants[(self.variants["patient_id"] == patient_id).fillna(False)]
        made = [_alteration(row) for row in rows.to_dict("records")]
        return [each for each in made if each is not None]

    def outside_calls(self) -> pd.DataFrame:
        """Return genotypes as a table of outside calls: ``sample, gene, diplotype, phenotype, activity_score``.

        Written with tabs and its header, the table can be used with ``genorx pgx --outside``.
        """
        rows = self.genotypes
        rows = rows[(rows["kind"] == "genotype").fillna(False) & rows["gene"].notna() & rows["name"].notna()]
        names = [_without_gene(str(name), str(gene)) for name, gene in zip(rows["name"], rows["gene"], strict=True)]
        made = {"sample": rows["patient_id"], "gene": rows["gene"], "diplotype": names}
        frame = pd.DataFrame(made | {"phenotype": "", "activity_score": ""}).reset_index(drop=True)
        return frame.drop_duplicates(ignore_index=True)

    def write(self, folder: str | Path) -> None:
        """Write each table as ``NAME.csv``, and ``findings.json``, into a folder atomically; no birth dates.

        Raises
        ------
        OutputError
            If the folder cannot be written.
        """
        with atomic_folder(folder) as made:
            for name in COLUMNS:
                _write(self.frame(name), made / f"{name}.csv")
            text = to_json([each.to_dict() for each in self.findings])
            (made / "findings.json").write_text(text, encoding="utf-8")

    def _repr_html_(self) -> str:
        from genorx.interop.reading.page import tables_html

        return tables_html(self)


def _write(frame: pd.DataFrame, path: Path) -> None:
    kept = frame[[name for name in frame.columns if name not in PRIVATE]]
    with path.open("w", encoding="utf-8", newline="") as target:
        for start in range(0, max(len(kept), 1), _PIECE):
            piece = kept.iloc[start : start + _PIECE].copy()
            for name in set(_WHOLE) & set(piece.columns):
                if pd.api.types.is_float_dtype(piece[name].dtype):
                    piece[name] = piece[name].astype("Int64")
            text = to_csv(piece)
            target.write(text if start == 0 else text.partition("\n")[2])


def _alteration(row: Mapping[Any, Any]) -> dict[str, Any] | None:
    known = {str(name): value for name, value in row.items() if not pd.isna(value)}
    if known.get("presence") != "present" or "gene" not in known:
        return None
    origin = {"origin": known["origin"]} if known.get("origin") in ("somatic", "germline") else {}
    if "hgvs_p" in known:
        change = str(known["hgvs_p"]).rpartition(":")[2]
        return {"type": "protein", "gene": known["gene"], "change": change, **origin}
    if "hgvs_c" in known:
        change = str(known["hgvs_c"]).rpartition(":")[2]
        return {"type": "cdna", "gene": known["gene"], "change": change, **origin}
    if "copy_number" in known:
        call = _copy_number(float(known["copy_number"]))
        return None if call is None else {"type": "copy_number", "gene": known["gene"], "call": call, **origin}
    return None


def _copy_number(copies: float) -> str | None:
    """Return the call of a total copy number; gains and losses of single copies are too weak to act on."""
    from genorx.oncology.copy_number import call_of_copies

    call = call_of_copies(copies)
    return call if call in ("amplification", "deletion") else None


def _without_gene(name: str, gene: str) -> str:
    """Return a diplotype without its gene: ``*1/*2`` of ``CYP2C19 *1/*2`` or ``CYP2C19*1/CYP2C19*2``."""
    return name.replace(f"{gene} ", "").replace(gene, "").strip() or name


def made_tables(
    frames: Mapping[str, pd.DataFrame], findings: Iterable[Finding], provenance: Mapping[str, Any], **more: Any
) -> RecordTables:
    """Return the record tables of a reader."""
    parts: dict[str, Any] = {**frames, **more}
    return RecordTables(**parts, findings=list(findings), provenance=dict(provenance))


def age_years(birth: object, day: date | None) -> float | None:
    """Return (day - birth) / 365.25 days; None if one is not known, or the birth is after the day."""
    if day is None or not isinstance(birth, str):
        return None
    days = (day - first_day(birth)).days
    return days / DAYS_PER_YEAR if days >= 0 else None


def with_ages(patients: pd.DataFrame, days: Mapping[str, date] | None) -> pd.Series[Any]:
    """Return the age in years of each row of ``patients`` on the index day, otherwise the age in the source."""
    births = patients["birth_date"]
    stated = patients["age_years"]
    if days is None:
        return stated
    ages = [
        age_years(birth, days.get(str(patient))) for patient, birth in zip(patients["patient_id"], births, strict=True)
    ]
    return pd.Series(pd.array(ages, dtype="Float64"), index=patients.index).fillna(stated)
