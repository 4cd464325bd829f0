"""Lines without a finding that differ from others of their code: at most twenty to look at, never a finding.

Source: Iglewicz B, Hoaglin DC 1993, How to Detect and Handle Outliers (modified z-score, limit 3.5).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.case import Case
from genorx.audit.judgement import Judgement, amounts

#: Heading of the column that describes what is unusual.
HEADING = "unusual, no rule"
COLUMNS = ("claim_id", "line", "npi", "patient_id", "code", "service_date", "units", "charge", HEADING)
MOST = 20
_LEAST_LINES = 30
_LIMIT = 3.5
#: Standard deviation of a normal distribution over its median, and over its mean, absolute deviation.
_BY_MEDIAN, _BY_MEAN = 1.4826, 1.2533

Floats = NDArray[np.float64]


def unusual_lines(case: Case, judgement: Judgement) -> pd.DataFrame:
    """Return live lines without a finding whose units or unit price are far from those of their code, JW lines apart.

    Returns
    -------
    DataFrame
        Columns ``COLUMNS``; at most ``MOST`` rows, the most unusual first.
    """
    lines = case.table[["at", "code", "jw", "units", "cents"]]
    lines = lines[(lines["units"] > 0).to_numpy() & (lines["cents"] > 0).to_numpy()]
    lines = lines.assign(group=lines["code"] * 2 + lines["jw"])  # discarded amounts have a distribution of their own
    lines = lines[lines.groupby("group")["units"].transform("size").to_numpy() >= _LEAST_LINES]
    units, price = lines["units"] / 1000, lines["cents"] / lines["units"] * 10
    scores = np.array([_score(lines["group"], np.log(values)) for values in (units, price)])
    score, which = np.abs(scores).max(axis=0, initial=0.0), np.abs(scores).argmax(axis=0)
    kept = (score > _LIMIT) & ~np.isin(lines["at"], judgement.at)
    at = lines["at"].to_numpy()[kept]
    order = np.lexsort((at, -score[kept].round(6)))[:MOST]  # at is in the order of claim and line
    chosen = np.flatnonzero(kept)[order]
    rows = case.claims.iloc[at[order]].reset_index(drop=True)
    middle = [values.groupby(lines["group"]).transform("median").to_numpy() for values in (units, price)]
    words = [
        f"{('units', 'charge per unit')[which[i]]} {(units, price)[which[i]].iloc[i]:.6g}, median of the code "
        f"{middle[which[i]][i]:.6g}"
        for i in chosen
    ]
    charge = amounts(lines["cents"].to_numpy()[chosen])
    listed = rows.assign(charge=charge, **{HEADING: pd.Series(words, dtype=object)})
    return pd.DataFrame(listed[list(COLUMNS)])


def _score(group: pd.Series[int], values: pd.Series[float]) -> Floats:
    """Return the robust z-score of each value within its group; 0 if all values are alike."""
    deviation = values - values.groupby(group).transform("median")
    spread = deviation.abs().groupby(group).transform("median") * _BY_MEDIAN
    spread = spread.where(spread > 1e-9, deviation.abs().groupby(group).transform("mean") * _BY_MEAN)
    score: Floats = np.where(spread > 1e-9, deviation / spread.where(spread > 1e-9, 1.0), 0.0)
    return score
