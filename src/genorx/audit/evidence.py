"""The records and facts that a line was compared with, each with its table and row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from genorx.audit.days import NO_DAY
from genorx.audit.line_view import LineView, described_row
from genorx.audit.rules.repeats import PANEL_DAYS, RESULT_DAYS
from genorx.audit.rules.scopes import PHARMACOGENES
from genorx.oncology.stated_result import gene_symbol


def records_used(line: LineView) -> list[dict[str, Any]]:
    """Return the rows of records and facts that bear on a line: ``table``, ``row`` (of its file), ``values``."""
    parts = (
        _patient(line),
        _doses(line),
        _results(line),
        _stays(line),
        _panel_drugs(line),
        _codes(line),
        _label_rows(line),
        _provider(line),
    )
    return [row for part in parts for row in part]


def _described(table: str, rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in rows.to_dict("records"):
        yield described_row(table, row)


def _patient(line: LineView) -> Iterator[dict[str, Any]]:
    yield from _described("patients", line.records("patients"))


def _doses(line: LineView) -> Iterator[dict[str, Any]]:
    rows = line.given()
    if len(rows):
        yield from _described("administrations", rows[rows["date"] == line.held])


def _results(line: LineView) -> Iterator[dict[str, Any]]:
    """Yield the results, reported by the day, of the billed test and of the gene whose result the drug needs."""
    rows, test, drug = line.records("results"), line.fact("test_codes"), line.fact("drug_codes")
    if rows.empty:
        return
    if test is not None:
        near = (rows["collected"] != NO_DAY) & ((rows["collected"] - line.day).abs() <= RESULT_DAYS)
        yield from _described("results", rows[(rows["test"] == test["test"]) & near])
    if drug is not None:
        of_gene = np.array([_is_needed(line, drug, gene) for gene in rows["gene_key"]], dtype=bool)
        yield from _described("results", rows[of_gene & (rows["reported"] != NO_DAY) & (rows["reported"] <= line.day)])


def _is_needed(line: LineView, drug: Mapping[str, Any], gene: str) -> bool:
    if drug["needs_gene"]:
        return bool(gene == drug["needs_gene_key"])
    need = line.case.facts.label_needs.get(drug["drug"])
    return need is not None and gene_symbol(gene) in need.genes


def _label_rows(line: LineView) -> Iterator[dict[str, Any]]:
    """Yield the label rows with the need of the drug, if the facts of its code do not state it."""
    drug = line.fact("drug_codes")
    need = None if drug is None or drug["needs_gene"] else line.case.facts.label_needs.get(drug["drug"])
    for row in () if need is None else need.rows:
        values = {name: getattr(row, name) for name in ("evidence_id", "source", "release", "level", "origin")}
        values |= {"needs": row.profile_label, "disease": row.disease_label or row.disease_scope}
        yield {"table": "label_evidence", "row": None, "values": values}


def _stays(line: LineView) -> Iterator[dict[str, Any]]:
    rows = line.records("stays")
    if len(rows):
        ended = (rows["discharged"] != NO_DAY) & (rows["discharged"] < line.day)
        yield from _described("stays", rows[(rows["admitted"] != NO_DAY) & (rows["admitted"] <= line.day) & ~ended])


def _panel_drugs(line: LineView) -> Iterator[dict[str, Any]]:
    test, drugs = line.fact("test_codes"), line.case.facts.table("pgx_drugs")
    if test is None or test["test"] != PHARMACOGENES or drugs is None:
        return
    for table in ("orders", "administrations"):
        rows = line.records(table)
        if len(rows):
            near = (rows["date"] != NO_DAY) & ((rows["date"] - line.day).abs() <= PANEL_DAYS)
            yield from _described(table, rows[near & rows["drug"].isin(drugs["drug"])])


def _codes(line: LineView) -> Iterator[dict[str, Any]]:
    for table in ("drug_codes", "test_codes", "sex_codes"):
        fact = line.fact(table)
        if fact is not None:
            yield described_row(table, fact)
    for table, columns in (("limits", ("code",)), ("pairs", ("column1", "column2"))):
        facts = line.case.facts.table(table)
        if facts is not None:
            named = facts[list(columns)].isin([str(line.row["code"])]).any(axis=1)
            yield from _described(table, facts[named & _holds(facts, line.day)])


def _holds(facts: pd.DataFrame, day: int) -> pd.Series[bool]:
    return (facts["valid_from"] <= day) & (day <= facts["valid_to"])


def _provider(line: LineView) -> Iterator[dict[str, Any]]:
    facts = line.case.facts.table("exclusions")
    if facts is not None and line.row["npi"]:
        yield from _described("exclusions", facts[facts["npi"] == line.row["npi"]])
