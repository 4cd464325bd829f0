"""Scopes of rules: the lines a rule looks at, by the facts of codes, as positions among the judged lines.

A line whose code has facts for other days only is in scope too: the auditor then reports it as not assessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genorx.audit.facts import OTHER_DAYS
from genorx.audit.rules.rule import Integers, Scope

if TYPE_CHECKING:
    from genorx.audit.case import Case

PHARMACOGENES = "pharmacogene panel"


def every_line(case: Case) -> Integers:
    """Return all lines."""
    return np.arange(len(case.table))


def lines_of(table: str) -> Scope:
    """Return a scope: lines whose code has facts in a table."""

    def scope(case: Case) -> Integers:
        rows = case.fact_rows(table)
        return np.flatnonzero((rows >= 0) | (rows == OTHER_DAYS))

    return scope


def lines_where(table: str, column: str, value: object) -> Scope:
    """Return a scope: lines whose code has a value in a column of facts, on that day or on other days only."""

    def scope(case: Case) -> Integers:
        rows, facts = case.fact_rows(table), case.fact(table)
        matches = (facts[column] == value).to_numpy(dtype=bool)
        known = np.append(matches, False)[np.maximum(rows, -1)]
        ever = np.isin(
            case.codes[case.table["code"].to_numpy()].astype(str), facts["code"][matches].to_numpy(dtype=str)
        )
        return np.flatnonzero(np.where(rows == OTHER_DAYS, ever, known & (rows >= 0)))

    return scope


drug_lines = lines_of("drug_codes")
test_lines = lines_of("test_codes")
once_lines = lines_where("test_codes", "once", True)
panel_lines = lines_where("test_codes", "test", PHARMACOGENES)


def given_lines(case: Case) -> Integers:
    """Return lines of drugs that bill an administered amount: those without JW."""
    at = drug_lines(case)
    return np.asarray(at[~case.table["jw"].to_numpy(dtype=bool)[at]])


def discarded_lines(case: Case) -> Integers:
    """Return lines of drugs that bill discarded amounts: those with JW."""
    at = drug_lines(case)
    return np.asarray(at[case.table["jw"].to_numpy(dtype=bool)[at]])


def needs_by_facts(case: Case, at: Integers) -> NDArray[np.bool_]:
    """Return whether the facts of a line's code state which result of which gene the drug needs."""
    facts = case.fact("drug_codes")
    needs = ((facts["needs_gene"] != "") & (facts["needs_result"] != "")).to_numpy(dtype=bool)
    return np.append(needs, False)[np.maximum(case.fact_rows("drug_codes")[at], -1)]


def needs_by_label(case: Case, at: Integers) -> NDArray[np.object_]:
    """Return the name of each line's drug where the drug has label rows; empty elsewhere."""
    drugs = [drug if drug in case.facts.label_needs else "" for drug in case.fact("drug_codes")["drug"]]
    return np.array([*drugs, ""], dtype=object)[np.maximum(case.fact_rows("drug_codes")[at], -1)]


def drug_lines_with_need(case: Case) -> Integers:
    """Return lines of drugs that need a result of a gene, by the facts of the code or by label rows."""
    at = drug_lines(case)
    return np.asarray(at[needs_by_facts(case, at) | (needs_by_label(case, at) != "")])
