"""Value of individual choice, compared with one option for all, the reference for all, and actual treatment.

From cross-fitted doubly robust scores, so that no patient's own outcome helps to choose.
Source: Athey S, Wager S 2021, Econometrica 89:133.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genorx._core.proportion import NORMAL_975
from genorx.effects.assessment.effect_calibration import with_limits
from genorx.effects.averages.doubly_robust import Scores
from genorx.errors import shown

#: Verdicts on choosing by patient, by the interval of its gain.
GAINS = "choosing by patient gains"
LOSES = "choosing by patient loses"
NOT_SHOWN = "no evidence that choosing by patient helps"
#: Meaning of a policy of one option for all.
BEST_SINGLE, REFERENCE = "best single option", "reference"
_COLUMNS = (
    "policy",
    "option",
    "value",
    "value_lower",
    "value_upper",
    "gain",
    "std_error",
    "lower",
    "upper",
    "verdict",
    "patients",
)


def policy_table(scores: Scores, codes: Sequence[int], *, sign: int = 1) -> pd.DataFrame:
    """Return the mean outcome under each policy, and the gain of individual choice over it, with a paired error.

    ``codes`` are the options that can be compared with the reference; patients without overlap under one of them, and
    those who had another option, are left out.  A ``gain`` above 0 is good, also if ``sign`` is -1 (less of the outcome
    is better).  Ties go to the reference.
    """
    if not codes:
        return pd.DataFrame(columns=list(_COLUMNS))
    open_to = [0, *codes]
    kept = np.logical_and.reduce([scores.overlap(code) for code in codes]) & np.isin(scores.option, open_to)
    rows = np.flatnonzero(kept)
    score, predicted = scores.scores[rows][:, open_to], scores.predicted[rows][:, open_to]
    chosen = score[np.arange(len(rows)), np.argmax(sign * predicted, axis=1)]
    single = int(np.argmax(sign * score.mean(axis=0)))
    names = [scores.options[code] for code in open_to]
    others = {
        everybody(names[single], BEST_SINGLE): (names[single], score[:, single]),
        everybody(names[0], REFERENCE): (names[0], score[:, 0]),
        "current practice": ("", scores.observed[rows]),
    }
    zero = dict.fromkeys(("gain", "std_error", "lower", "upper"), 0.0)
    found = [{"policy": "by patient", "option": "", **_value(chosen), **zero, "verdict": "", "patients": len(rows)}]
    for name, (option, values) in others.items():
        gain = with_limits(sign * (chosen - values))
        mean = gain.pop("estimate")
        verdict = verdict_on(gain["lower"], gain["upper"])
        found.append(
            {"policy": name, "option": option, **_value(values), "gain": mean, **gain, "verdict": verdict}
            | {"patients": len(rows)}
        )
    return pd.DataFrame(found, columns=list(_COLUMNS))


def everybody(option: str, standing: str) -> str:
    """Return the name of a policy of one option for all: the best single one, or the reference."""
    return f"everybody {shown(option)} ({standing})"


def verdict_on(lower: float, upper: float) -> str:
    """Return the verdict on individual choice from the interval of its gain."""
    return GAINS if lower > 0 else LOSES if upper < 0 else NOT_SHOWN


def _value(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float]:
    mean, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))
    return {"value": mean, "value_lower": mean - NORMAL_975 * error, "value_upper": mean + NORMAL_975 * error}
