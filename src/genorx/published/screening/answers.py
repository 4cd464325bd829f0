"""The decision on screening for each person, ready for JSON, a table or a page.

The numbers are computed in ``published.screening.decision``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx._core.output import to_json
from genorx._core.short_repr import short
from genorx.published.inputs.inputs import Floats, TableSource
from genorx.published.model import PublishedModel
from genorx.published.screening.decision import decide_screening
from genorx.published.screening.declared import ScreeningOptions
from genorx.published.screening.risks import ScreenedPeople, screening_risks

if TYPE_CHECKING:
    from genorx.ranking import Ranking

_WHOLE = TableSource()


@short
@dataclass(frozen=True, kw_only=True)
class ScreeningDecision:
    """Screening or not for each person.

    Attributes
    ----------
    ranking : Ranking
        The two options of each person, best first, in the form of a fitted ranking.
    people : ScreenedPeople
        Published risks.
    risk : float array of shape (n_people,)
        Published risk times the declared relative risks, on which the decision is based.
    """

    ranking: Ranking
    people: ScreenedPeople
    risk: Floats

    def to_records(self) -> list[dict[str, Any]]:
        """Return one dictionary per person: that of the ranking, with ``risk``."""
        risks = [float(each) if np.isfinite(each) else None for each in self.risk]
        return [
            {"patient_id": record["patient_id"], "risk": risk, **record}
            for record, risk in zip(self.ranking.to_records(), risks, strict=True)
        ]

    def to_json(self) -> str:
        """Return a JSON array with one object per person."""
        return to_json(self.to_records())


def screening_decision(
    model: PublishedModel,
    frame: pd.DataFrame,
    options: ScreeningOptions,
    *,
    threshold: float | None = None,
    extrapolate: bool = False,
    source: TableSource = _WHOLE,
) -> ScreeningDecision:
    """Return the consequences of screening and of not screening for each person, and the advice.

    Parameters
    ----------
    model, frame, extrapolate, source
        See ``screening_risks``.
    options : ScreeningOptions
        Effect, fatality, harms, costs and weights, each with its source; see ``ScreeningOptions.read``.
    threshold : float, optional
        Least risk at which to screen, if no weights decide; by default that of ``options``, if any.

    Raises
    ------
    TableError, UsageError
        See ``screening_risks``; also for an invalid column of relative risks.
    """
    from genorx.published.screening.screening_ranking import screening_ranking

    people = screening_risks(model, frame, threshold=threshold, extrapolate=extrapolate, source=source)
    made = decide_screening(people, frame, options, threshold=threshold)
    return ScreeningDecision(ranking=screening_ranking(made, frame), people=people, risk=made.risk)
