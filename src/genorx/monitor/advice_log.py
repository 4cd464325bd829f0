"""The advice log: the advice given, the option chosen, and whether and why the advice was not followed.

Outcomes after followed advice differ from those without it: the probability of following is a feature of the next
design, and if advice is always followed, no comparison group is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx._core.provenance import today
from genorx.errors import Finding, UsageError, shown
from genorx.monitor.journal import Journal

if TYPE_CHECKING:
    from genorx.ranking import Ranking

_COLUMNS = ("patient_id", "advised", "option_given", "followed", "why", "model", "date")
_LITTLE = 0.05


class AdviceLog:
    """A journal of advice given and followed.

    Parameters
    ----------
    path : path
        File of JSON lines; created with the first entry.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import genorx as gx
    >>> import pandas as pd
    >>> woman = {"age": 57, "size": 29, "grade": 1, "nodes": 5, "er": 1, "her2": 1, "ki67": 1, "screen": 0}
    >>> woman |= {"generation": 3, "postmenopausal": 1}
    >>> ranking = gx.published.load("predict-breast@2.2").rank(pd.DataFrame([woman], index=["A"]))
    >>> log = gx.monitor.AdviceLog(folder / "advice.jsonl")
    >>> entry = log.add(ranking, option_given="h", why="she asked for it")
    >>> len(log.read())
    1
    """

    def __init__(self, path: str | Path) -> None:
        self._journal = Journal(Path(path), "advice-log-changed")

    def add(
        self,
        ranking: Ranking,
        *,
        option_given: str,
        followed: bool | None = None,
        why: str = "",
        patient_id: str | None = None,
    ) -> dict[str, Any]:
        """Record the advice for one patient and the option given; return the entry.

        Parameters
        ----------
        ranking : Ranking
            Ranking of the patient, or of several patients.
        option_given : str
            Option that the patient received.
        followed : bool, optional
            Whether the advice was followed; by default whether an option of the first rank was given, False if the
            ranking has none.
        why : str, default ""
            Reason why the advice was not followed; without names.
        patient_id : str, optional
            Patient of the entry; required if the ranking has several.

        Raises
        ------
        UsageError
            If the ranking has several patients and none is named (``usage``), or not this patient
            (``no-such-patient``).
        """
        answers = {answer.patient_id: answer for answer in ranking.answers}
        if patient_id is None and len(answers) != 1:
            raise UsageError("the ranking holds several patients", hint="name one: patient_id=...", code="usage")
        chosen = patient_id if patient_id is not None else next(iter(answers))
        if chosen not in answers:
            raise UsageError(f"the ranking has no patient {shown(chosen)!r}", code="no-such-patient")
        best = [each.option for each in answers[chosen].options if each.rank == 1]
        return self._journal.append(
            {
                "patient_id": chosen,
                "advised": best,
                "option_given": str(option_given),
                "followed": bool(option_given in best if followed is None else followed),
                "why": why,
                "model": ranking.provenance.get("model", ""),
                "date": today(),
            }
        )

    def read(self) -> pd.DataFrame:
        """Return the entries, with the probability that such advice is followed.

        ``probability`` is the share that followed among patients with the same advice, shrunk towards the overall share
        with the weight of one patient (as Jeffreys' prior, with half a patient on either side); missing without advice.

        Raises
        ------
        InputError
            ``advice-log-changed``: a line was changed.
        """
        entries = self._journal.read()
        frame = pd.DataFrame([{**each, "advised": ", ".join(each["advised"])} for each in entries], columns=[*_COLUMNS])
        if frame.empty:
            return frame.assign(probability=pd.Series(dtype=float))
        frame["followed"] = frame["followed"].astype(bool)
        advised = frame["advised"] != ""  # advice that was not given cannot be followed
        overall = float((frame["followed"][advised].sum() + 0.5) / (advised.sum() + 1.0))
        groups = frame["followed"].groupby(frame["advised"].where(advised))
        return frame.assign(probability=(groups.transform("sum") + overall) / (groups.transform("size") + 1.0))


def feedback_findings(log: pd.DataFrame, patients: Sequence[str]) -> list[Finding]:
    """Return findings on outcomes after followed advice, and on advice without a comparison group.

    Parameters
    ----------
    log : DataFrame
        Result of ``AdviceLog.read``.
    patients : sequence of str
        Ids whose outcomes are evaluated.
    """
    known = log[log["patient_id"].isin([str(each) for each in patients])] if len(log) else log
    if known.empty:
        return []
    followed = int(known["followed"].sum())
    message = f"{followed} of {len(patients)} outcomes followed advice of a model: without it they may have differed"
    found = [Finding(code="monitor-feedback", severity="info", message=message)]
    for advised, rows in known[known["advised"] != ""].groupby("advised"):
        share = float(np.mean(~rows["followed"]))
        if len(rows) >= 20 and share < _LITTLE:
            message = f"advice of {shown(advised)} is followed in {1 - share:.0%}: no comparison group is left"
            found.append(Finding(code="monitor-overlap-vanishes", severity="warning", message=message))
    return found
