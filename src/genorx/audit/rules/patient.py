"""Rules that compare a line with the patient's record: C02, C07, C10, C11."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.days import NO_DAY
from genorx.audit.rules.against_label import against_label
from genorx.audit.rules.last_results import last_reported
from genorx.audit.rules.rule import Integers, Rule, Verdict, flagged
from genorx.audit.rules.scopes import drug_lines, drug_lines_with_need, every_line, lines_of, needs_by_facts
from genorx.audit.rules.words import dates

if TYPE_CHECKING:
    from genorx.audit.case import Case


def after_death(case: Case, at: Integers) -> Verdict:
    """C02: the day of the service is after the day of death."""
    death = case.of_patient("death")[case.table["patient"].to_numpy()[at]]
    day = case.table["day"].to_numpy()[at]
    late = (death != NO_DAY) & (day > death)
    return flagged(case, at[late], "service on " + dates(day[late]) + ", death on " + dates(death[late]))


def against_result(case: Case, at: Integers) -> Verdict:
    """C07: the last result that was reported by the day of the service is not the one that the drug needs.

    A gene without a result contradicts nothing.  The need of a drug is stated by the facts of its code, otherwise by
    label rows of the user's evidence.
    """
    by_facts = needs_by_facts(case, at)
    verdicts = (_against_facts(case, at[by_facts]), against_label(case, at[~by_facts]))
    gaps: dict[str, Integers] = {}
    for verdict in verdicts:
        gaps |= {why: np.append(gaps.get(why, at[:0]), lines) for why, lines in verdict.unassessed.items()}
    parts = {name: np.concatenate([getattr(each, name) for each in verdicts]) for name in ("at", "cents", "reason")}
    return Verdict(**parts, unassessed=gaps)


def _against_facts(case: Case, at: Integers) -> Verdict:
    facts, rows = case.fact("drug_codes"), case.fact_rows("drug_codes")[at]
    genes = facts["needs_gene_key"].to_numpy(dtype=object)[rows]
    last = last_reported(case, at, genes, case.record("results"))
    known, several = last["result"].notna().to_numpy(), (last["different"] > 1).to_numpy()
    contrary = known & ~several & (last["result_key"].to_numpy(dtype=object) != _needed(case, rows, "needs_result_key"))
    found = last[contrary].reset_index(drop=True)
    words = found["gene"] + " " + found["result"] + ", reported " + dates(found["reported"].to_numpy(dtype=np.int64))
    for name in ("needs_gene", "needs_result"):
        words += (": the drug needs " if name == "needs_gene" else " ") + pd.Series(_needed(case, rows[contrary], name))
    reason = "two different results of the gene were reported on one day"
    return flagged(case, at[contrary], words, unassessed={reason: at[known & several]})


def _needed(case: Case, rows: Integers, column: str) -> NDArray[np.object_]:
    needed: NDArray[np.object_] = case.fact("drug_codes")[column].to_numpy(dtype=object)[rows]
    return needed


def during_stay(case: Case, at: Integers) -> Verdict:
    """C10: a drug line on a day of a stay of the patient, first and last day included."""
    queries = pd.DataFrame({"at": at, "patient": case.table["patient"].to_numpy()[at]})
    queries["day"] = case.table["day"].to_numpy()[at]
    stays = case.record("stays")
    pairs = queries.merge(stays[stays["admitted"] != NO_DAY], on="patient").sort_values(["at", "admitted"])
    begun, open_ = pairs["admitted"] <= pairs["day"], pairs["discharged"] == NO_DAY
    inside = begun & (pairs["day"] <= pairs["discharged"].where(~open_, pairs["admitted"]))
    found = pairs[inside].drop_duplicates("at")
    unknown = np.setdiff1d(pairs.loc[begun & open_, "at"], found["at"])
    words = "within a stay that began on " + dates(found["admitted"]) + _ended(found)
    reason = "a stay of the patient has no last day"
    return flagged(case, found["at"].to_numpy(), words, unassessed={reason: unknown})


def _ended(stays: pd.DataFrame) -> pd.Series:
    known = (stays["discharged"] != NO_DAY).to_numpy()
    return (" and ended on " + dates(stays["discharged"])).where(known, "")


def against_sex(case: Case, at: Integers) -> Verdict:
    """C11: a code of one sex for a patient whose recorded sex is the other one."""
    sex = case.of_patient("sex")[case.table["patient"].to_numpy()[at]]
    expected_sex = case.fact("sex_codes")["sex"].to_numpy(dtype=object)[case.fact_rows("sex_codes")[at]]
    known = np.isin(sex.astype(str), ("female", "male"))
    contrary = known & (sex != expected_sex)
    code = pd.Series(case.codes[case.table["code"].to_numpy()[at[contrary]]], dtype=object)
    words = code + " is a service for sex " + expected_sex[contrary] + ", the recorded sex is " + sex[contrary]
    reason = "no sex, or one that is neither female nor male, is recorded"
    return flagged(case, at[contrary], words, unassessed={reason: at[~known]})


RULES = (
    Rule(
        number="C02",
        title="service after death",
        scope=every_line,
        judge=after_death,
        records=("patients",),
        line_needs=("day", "record"),
        serious=True,
        clears="a corrected day of death, or a corrected day of the service",
    ),
    Rule(
        number="C07",
        title="drug against a recorded result",
        scope=drug_lines_with_need,
        judge=against_result,
        records=("patients", "results"),
        facts=("drug_codes",),
        fact_key="drug_codes",
        line_needs=("day", "record"),
        clears="a later or corrected result, or a recorded reason why the drug was given nevertheless: an "
        "indication that needs no such result, or one that is not in the facts or label rows",
    ),
    Rule(
        number="C10",
        title="drug billed separately during a stay",
        scope=drug_lines,
        judge=during_stay,
        records=("patients", "stays"),
        facts=("drug_codes",),
        fact_key="drug_codes",
        line_needs=("day", "record"),
        clears="that the drug was given before admission or after discharge, or is paid separately from the stay",
    ),
    Rule(
        number="C11",
        title="service contradicts recorded sex",
        scope=lines_of("sex_codes"),
        judge=against_sex,
        records=("patients",),
        facts=("sex_codes",),
        fact_key="sex_codes",
        line_needs=("day", "record"),
        clears="a corrected record of the sex, or a modifier with which the payer accepts the service",
    ),
)
