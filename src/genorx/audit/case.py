"""The data that rules judge: live claim lines in numeric form, by claim and line, with records and facts.

Live lines are determined in ``versions``; the rules are in ``rules``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.administered import doubtful_drugs, drug_days
from genorx.audit.claim_table import in_order, text_codes
from genorx.audit.days import NO_DAY, days_of
from genorx.audit.exact import cents, thousandths
from genorx.audit.facts import Facts
from genorx.audit.records import Records
from genorx.audit.versions import Versions, repeated_services, resolve_versions
from genorx.knowledge.drug_names import generic_drug

Integers = NDArray[np.int64]
Texts = NDArray[np.object_]
#: Columns whose texts are compared in lower case: each gets a second column, such as ``gene_key`` for ``gene``.
_RECORDS_COMPARED = ("gene", "result")
_FACTS_COMPARED = ("needs_gene", "needs_result")


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """Claims with records and facts.

    Attributes
    ----------
    claims : DataFrame
        The table of claims, all lines.
    records : Records
    facts : Facts
    tolerance_days : int
        Days by which an administration may differ from a line without an administration on its own day.
    versions : Versions
        State of each line of ``claims``.
    repeats : array of int
        For each line of ``claims``, the position of the earlier line of the same service, or -1.
    table : DataFrame
        The judged lines in the order of claim and line: ``at`` (position in ``claims``), ``patient, npi, code,
        modifiers`` (numbers of their texts), ``day``, ``units`` (0.001), ``cents``, ``jw``.
    patients, npis, codes, modifiers : array of str
        Texts of the numbers in ``table``.
    """

    claims: pd.DataFrame
    records: Records
    facts: Facts
    tolerance_days: int
    versions: Versions
    repeats: Integers
    table: pd.DataFrame
    patients: Texts
    npis: Texts
    codes: Texts
    modifiers: Texts

    @classmethod
    def of(cls, claims: pd.DataFrame, records: Records, facts: Facts, *, tolerance_days: int = 0) -> Case:
        """Build the case of a table of claims: versions resolved, repeated services set aside.

        Raises
        ------
        TableError
            ``claim-circle``, ``claim-chain``.
        """
        versions = resolve_versions(claims)
        repeats = repeated_services(claims, versions.live, facts)
        order = in_order(claims)
        at = order[(versions.live & (repeats < 0))[order]]
        table, texts = _judged(claims, at)
        return cls(
            claims=claims,
            records=records,
            facts=facts,
            tolerance_days=tolerance_days,
            versions=versions,
            repeats=repeats,
            table=table,
            **texts,
        )

    def record(self, name: str) -> pd.DataFrame:
        """Return a table of records, restricted to patients with judged lines; ``patient`` is their number.

        ``gene_key`` and ``result_key`` are genes and results in lower case.
        """
        return self._record_tables[name]

    @cached_property
    def _record_tables(self) -> dict[str, pd.DataFrame]:
        return {name: self._of_patients(table) for name, table in self.records.tables.items()}

    def _of_patients(self, table: pd.DataFrame) -> pd.DataFrame:
        number = _numbers_of(table["patient_id"], self.patients)
        kept = table.assign(patient=number)[number >= 0]
        if "drug" in kept:
            kept["drug"] = as_in_facts(kept["drug"], self._fact_drugs)
        return _with_keys(kept, _RECORDS_COMPARED).reset_index(drop=True)

    @cached_property
    def _fact_drugs(self) -> frozenset[str]:
        """Names of the drugs of all facts."""
        return frozenset(name for table in self.facts.tables.values() if "drug" in table for name in table["drug"])

    def fact(self, name: str) -> pd.DataFrame:
        """Return a table of facts; texts of ``needs_gene_key`` and ``needs_result_key`` are in lower case."""
        return self._fact_tables[name]

    @cached_property
    def _fact_tables(self) -> dict[str, pd.DataFrame]:
        return {name: _with_keys(table, _FACTS_COMPARED) for name, table in self.facts.tables.items()}

    def fact_rows(self, table: str) -> Integers:
        """Return, for each judged line, the row of its code that applies on its day; ``NO_FACT`` or ``OTHER_DAYS``."""
        if table not in self._rows:
            codes = pd.Series(self.codes[self.table["code"].to_numpy()], dtype=object)
            self._rows[table] = self.facts.rows_of(table, [codes], self.table["day"].to_numpy(), columns=["code"])
        return self._rows[table]

    def limit_rows(self, per: str) -> Integers:
        """Return, for each judged line, the row of ``limits`` of its code, per day or line, as ``fact_rows``."""
        key = f"limits {per}"
        if key not in self._rows:
            codes = pd.Series(self.codes[self.table["code"].to_numpy()], dtype=object)
            kinds = pd.Series(np.full(len(codes), per, dtype=object))
            self._rows[key] = self.facts.rows_of("limits", [codes, kinds], self.table["day"].to_numpy())
        return self._rows[key]

    @cached_property
    def _rows(self) -> dict[str, Integers]:
        return {}

    @cached_property
    def drug_days(self) -> pd.DataFrame:
        """Drug lines with the recorded dose that each is compared with: ``administered.drug_days``."""
        return drug_days(self)

    @cached_property
    def doubtful_drugs(self) -> Integers:
        """Drugs whose recorded doses are doubtful: ``administered.doubtful_drugs``."""
        return doubtful_drugs(self.drug_days)

    @cached_property
    def has_record(self) -> NDArray[np.bool_]:
        """Whether each patient of ``patients`` is in the table of patients."""
        known = np.zeros(len(self.patients), dtype=bool)
        known[self.record("patients")["patient"].to_numpy()] = True
        return known

    def of_patient(self, column: str) -> NDArray[Any]:
        """Return a column of the patient table for each of ``patients``; not known for those absent from it."""
        table = self.record("patients")
        values = table[column].to_numpy()
        empty: Any = "" if values.dtype == object else NO_DAY
        found = np.full(len(self.patients), empty, dtype=values.dtype)
        found[table["patient"].to_numpy()] = values
        return found


def _judged(claims: pd.DataFrame, at: Integers) -> tuple[pd.DataFrame, dict[str, Texts]]:
    """Return the lines at these positions in numeric form, and the texts behind the numbers."""
    numbers: dict[str, Any] = {"at": at}
    texts: dict[str, Texts] = {}
    for column, name, plural in (
        ("patient_id", "patient", "patients"),
        ("npi", "npi", "npis"),
        ("code", "code", "codes"),
        ("modifiers", "modifiers", "modifiers"),
    ):
        codes, texts[plural] = text_codes(claims[column])
        numbers[name] = codes[at].astype(np.int32)
    numbers["day"] = days_of(claims["service_date"])[at]
    numbers["units"] = thousandths(claims["units"].to_numpy()[at])
    numbers["cents"] = cents(claims["charge"].to_numpy()[at])
    numbers["jw"] = np.array(["JW" in text.split() for text in texts["modifiers"]], dtype=bool)[numbers["modifiers"]]
    return pd.DataFrame(numbers, copy=False), texts


def _numbers_of(column: pd.Series[Any], texts: Texts) -> Integers:
    codes, known = pd.factorize(column)
    return np.asarray(pd.Index(texts).get_indexer(pd.Index(np.asarray(known, dtype=object)))[codes], dtype=np.int64)


def _with_keys(table: pd.DataFrame, compared: Sequence[str]) -> pd.DataFrame:
    return table.assign(**{f"{name}_key": _folded(table[name]) for name in compared if name in table})


def as_in_facts(drugs: pd.Series[Any], known: Collection[str]) -> pd.Series[Any]:
    """Return names of drugs as used in facts, for names that differ only in salt, dose, form, brand or synonym.

    A name that is in the facts, or that matches two of theirs, is unchanged.

    >>> as_in_facts(pd.Series(["irinotecan hydrochloride", "cisplatin"]), ["irinotecan"]).tolist()
    ['irinotecan', 'cisplatin']
    """
    bare: dict[str, set[str]] = {}
    for name in known:
        bare.setdefault(generic_drug(name), set()).add(name)
    renamed = {}
    for name in set(drugs.unique()) - set(known):
        found = bare.get(generic_drug(name), set())
        if len(found) == 1:
            renamed[name] = next(iter(found))
    return drugs.replace(renamed) if renamed else drugs


def _folded(column: pd.Series[Any]) -> Texts:
    codes, known = pd.factorize(column)
    return np.array([str(text).strip().casefold() for text in known], dtype=object)[codes]
