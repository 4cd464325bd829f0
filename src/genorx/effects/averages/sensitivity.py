"""Sensitivity of the mean difference to the trimming of patients without overlap.

Landmark days and negative controls need the study and are in ``ranking``; E-values are ``averages.e_values``.
Source: Crump RK et al. 2009, Biometrika 96:187.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from genorx.effects.assessment.effect_calibration import with_limits
from genorx.effects.averages.doubly_robust import Scores

#: Probabilities below which patients are trimmed, one after the other.
TRIMMED_AT = (0.01, 0.05, 0.1)
_FEWEST = 20  # fewest remaining patients under each of the two options


def trimming_table(scores: Scores, codes: Sequence[int], trimmed_at: Sequence[float] = TRIMMED_AT) -> pd.DataFrame:
    """Return the doubly robust mean difference in patients above a minimum probability of both options.

    Columns ``option``, ``smallest`` (probability), ``estimate``, ``std_error``, ``lower``, ``upper``, ``patients``;
    no numbers if fewer than 20 patients remain under one of the two.
    """
    rows: list[dict[str, Any]] = []
    for code in codes:
        for smallest in trimmed_at:
            kept = scores.overlap(code, smallest)
            left = min((kept & (scores.option == k)).sum() for k in (code, 0))
            numbers = with_limits(scores.differences(code)[kept]) if left >= _FEWEST else {}
            head = {"option": scores.options[code], "smallest": smallest}
            rows.append(head | numbers | {"patients": int(kept.sum())})
    names = ["option", "smallest", "estimate", "std_error", "lower", "upper", "patients"]
    return pd.DataFrame(rows, columns=names)
