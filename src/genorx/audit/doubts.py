"""Findings on the quality of claims and records, to be read before the table of discrepancies is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from genorx.audit.case import Case
from genorx.audit.claim_table import place_of_line
from genorx.audit.days import iso
from genorx.audit.exact import NOT_KNOWN
from genorx.audit.facts import OTHER_DAYS
from genorx.audit.judgement import NotAssessed
from genorx.audit.rules.limits import limits_of_other_days
from genorx.audit.rules.rule import Integers
from genorx.errors import Finding, shown

#: Tables of facts that have one row per code.
_BY_CODE = ("drug_codes", "test_codes", "sex_codes")


def doubts(case: Case, not_assessed: Mapping[str, NotAssessed], as_of: int) -> tuple[Finding, ...]:
    """Return the findings on doubtful data in a case.

    Parameters
    ----------
    case : Case
    not_assessed : mapping of str to NotAssessed
    as_of : int
        Day after which a service is in the future.
    """
    found = (
        _in_future(case, as_of),
        _unknown_patients(case),
        _without_facts(case),
        _fractions(case),
        _facts_of_other_days(case),
    )
    return tuple(each for several in found for each in several) + tuple(_doubtful_doses(case, not_assessed))


def _warning(case: Case, code: str, at: Integers, message: str) -> Iterator[Finding]:
    """Yield a finding on the judged lines at these positions, located at the first; nothing without lines."""
    if len(at):
        row = case.claims.iloc[int(case.table["at"].iloc[int(at[0])])]
        place = place_of_line(row["claim_id"], row["line"])
        yield Finding(code=code, severity="warning", message=f"{_lines(len(at))} {message}", place=place)


def _lines(number: int) -> str:
    return f"{number:,} line{'' if number == 1 else 's'}"


def _in_future(case: Case, as_of: int) -> Iterator[Finding]:
    late = np.flatnonzero(case.table["day"].to_numpy() > as_of)
    yield from _warning(case, "date-in-future", late, f"with a service date after {iso(as_of)}")


def _unknown_patients(case: Case) -> Iterator[Finding]:
    patients = case.table["patient"].to_numpy()
    unknown = np.flatnonzero(~case.has_record[patients])
    number = len(np.unique(patients[unknown]))
    message = f"of {number:,} patient{'' if number == 1 else 's'} without a record; C02 to C05 and C07 to C11 skip them"
    yield from _warning(case, "patient-unknown", unknown, message)


def _without_facts(case: Case) -> Iterator[Finding]:
    """Yield findings on codes that only differ in case from those of the facts, and on claims without any of theirs."""
    tables = case.facts.tables
    columns = [tables[name]["code"] for name in (*_BY_CODE, "limits") if name in tables]
    columns += [tables["pairs"][name] for name in ("column1", "column2") if "pairs" in tables]
    known = {str(code) for column in columns for code in column}
    codes = case.codes[case.table["code"].to_numpy()].astype(str)
    if not known or not len(codes):
        return
    folded = {code.casefold() for code in known}
    absent = ~np.isin(codes, list(known))
    alike = np.array([code.casefold() in folded for code in codes]) & absent
    message = "of a code that the facts have in another case; rules on codes skip them"
    yield from _warning(case, "code-without-facts", np.flatnonzero(alike), message)
    if absent.all():
        text = "no line has a code that a table of facts names: only rules on patients and providers apply"
        yield Finding(code="code-without-facts", severity="serious", message=text)


def _fractions(case: Case) -> Iterator[Finding]:
    units = case.table["units"].to_numpy()
    broken = (case.fact_rows("drug_codes") >= 0) & (units != NOT_KNOWN) & (units % 1000 != 0)
    message = "of a drug with units that are not a whole number; C03 and C04 skip them"
    yield from _warning(case, "units-fractional", np.flatnonzero(broken), message)


def _facts_of_other_days(case: Case) -> Iterator[Finding]:
    for table in _BY_CODE:
        at = np.flatnonzero(case.fact_rows(table) == OTHER_DAYS)
        yield from _named_codes(case, at, table)
    if "limits" in case.facts:
        yield from _named_codes(case, np.flatnonzero(limits_of_other_days(case)), "limits")


def _named_codes(case: Case, at: Integers, table: str) -> Iterator[Finding]:
    codes = sorted(set(case.codes[case.table["code"].to_numpy()[at]]))
    named = ", ".join(shown(code) for code in codes[:5]) + (", ..." if len(codes) > 5 else "")
    yield from _warning(case, "facts-not-valid", at, f"of {named}: {table} has facts for other days only")


def _doubtful_doses(case: Case, not_assessed: Mapping[str, NotAssessed]) -> Iterator[Finding]:
    if "C03" not in not_assessed and "C04" not in not_assessed:
        return
    if not {"drug_codes", "administrations"} <= {*case.facts.tables, *case.records.tables}:
        return
    lines: pd.DataFrame = case.drug_days
    for drug in case.doubtful_drugs:
        of_drug = lines[lines["drug"] == drug]
        name = case.fact("drug_codes")["drug"].iloc[int(of_drug["fact"].iloc[0])]
        message = f"of {shown(name)}, whose median recorded dose is 100 times off that billed; C03 and C04 skip them"
        yield from _warning(case, "unit-suspect", of_drug.index.to_numpy(), message)
