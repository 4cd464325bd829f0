"""C07 by label rows: the last results of the genes named on the label contradict all its requirements.

There are three answers: yes, no, unknown.  A line is flagged if every alternative of every label row is contradicted; a
gene without a result contradicts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.days import iso
from genorx.audit.rules.last_results import last_reported
from genorx.audit.rules.rule import Integers, Verdict, flagged
from genorx.audit.rules.scopes import needs_by_label
from genorx.oncology.criteria import Atom
from genorx.oncology.label_needs import LabelNeed, genes_of
from genorx.oncology.record import EvidenceRecord
from genorx.oncology.stated_result import gene_symbol, stated

if TYPE_CHECKING:
    from genorx.audit.case import Case

#: The three answers; "and" is the minimum, "or" the maximum, "not" the negative.
_NO, _NOT_SAID, _YES = -1, 0, 1
_NUMBER = {True: _YES, False: _NO, None: _NOT_SAID}
_UNCLEAR = "a result of the gene does not show whether the biomarker of the label rows is present"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """Results on a biomarker for each line: the answer, whether a result was unclear, and the result."""

    value: NDArray[np.int64]
    unclear: NDArray[np.bool_]
    words: NDArray[np.object_]


def against_label(case: Case, at: Integers) -> Verdict:
    """Return the verdict on lines of drugs whose facts state no need: those that contradict the label rows."""
    drugs = needs_by_label(case, at)
    found, reasons, gaps = [at[:0]], [np.zeros(0, dtype=object)], {_UNCLEAR: at[:0]}
    for drug in sorted(set(drugs) - {""}):
        need, lines = case.facts.label_needs[drug], at[drugs == drug]
        if need.unsettled:
            gaps[need.unsettled] = np.append(gaps.get(need.unsettled, at[:0]), lines)
            continue
        denied, unclear, words = _judged(case, need, lines)
        found.append(lines[denied])
        reasons.append(words[denied])
        gaps[_UNCLEAR] = np.append(gaps[_UNCLEAR], lines[unclear])
    where, reason = np.concatenate(found), np.concatenate(reasons)
    order = np.argsort(where, kind="stable")
    return flagged(case, where[order], pd.Series(reason[order], dtype=object), unassessed=gaps)


def _judged(
    case: Case, need: LabelNeed, at: Integers
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.object_]]:
    """Return the lines that contradict all label rows, those with an unclear result, and the reasons."""
    answers = {(row.evidence_id, atom): _answers(case, need, row, atom, at) for row in need.rows for atom in row.atoms}
    alternatives = [
        np.min([answers[row.evidence_id, atom].value for atom in each], axis=0)
        for row in need.rows
        for each in row.predicate
    ]
    value = np.max(alternatives, axis=0)
    unclear = np.any([each.unclear for each in answers.values()], axis=0) & (value == _NOT_SAID)
    requirement = f"by {_rows(need)} {need.drug} needs {need.biomarkers}"
    words = np.full(len(at), "", dtype=object)
    for line in np.flatnonzero(value == _NO):
        reasons = dict.fromkeys(each.words[line] for each in answers.values() if each.words[line])
        words[line] = f"{'; '.join(reasons)}: {requirement}"
    return value == _NO, unclear, words


def _rows(need: LabelNeed) -> str:
    ids = [row.evidence_id for row in need.rows]
    return f"label row{'' if len(ids) == 1 else 's'} {', '.join(ids)}"


def _answers(case: Case, need: LabelNeed, row: EvidenceRecord, atom: Atom, at: Integers) -> _Answers:
    """Evaluate an atom by the last results of its genes; for a fusion, a result of either gene counts."""
    parts = []
    for gene in genes_of(atom):
        last = last_reported(case, at, np.full(len(at), gene, dtype=object), _results(case, gene, row.origin))
        parts.append(_of_gene(last, atom, gene, one_measure=need.one_measure(gene)))
    yes, no = (np.any([each.value == answer for each in parts], axis=0) for answer in (_YES, _NO))
    words = [list(filter(None, each)) for each in zip(*(part.words for part in parts), strict=True)]
    return _Answers(
        value=np.select([yes, no], [_YES, _NO], _NOT_SAID),
        unclear=np.any([each.unclear for each in parts], axis=0),
        words=np.array(["; ".join(each) for each in words], dtype=object),
    )


def _of_gene(last: pd.DataFrame, atom: Atom, gene: str, *, one_measure: bool) -> _Answers:
    known, several = last["result"].notna().to_numpy(), (last["different"] > 1).to_numpy()
    texts = set(last.loc[known & ~several, "result"])
    numbers = {text: _NUMBER[stated(atom, gene, text, one_measure=one_measure)] for text in texts}
    value = np.array([numbers.get(text, _NOT_SAID) for text in last["result"]], dtype=np.int64)
    value[several] = _NOT_SAID
    return _Answers(value=value, unclear=known & (value == _NOT_SAID), words=np.array([*_words(last)], dtype=object))


def _results(case: Case, gene: str, origin: str) -> pd.DataFrame:
    """Return the results of a gene, by any of its names, whose origin is known to match the label row."""
    results = case.record("results")
    keys = results["gene_key"].to_numpy(dtype=object)
    symbols = {key: gene_symbol(key) for key in set(keys)}
    of_gene = np.array([symbols[key] == gene for key in keys], dtype=bool)
    if origin != "either":
        of_gene &= (results["origin"] == origin).to_numpy(bool) if "origin" in results else False
    return results[of_gene].assign(gene_key=gene)


def _words(last: pd.DataFrame) -> Iterator[str]:
    for gene, result, reported in zip(last["gene"], last["result"], last["reported"], strict=True):
        yield f"{gene} {result}, reported {iso(int(reported))}" if isinstance(result, str) else ""
