"""Identification of an option's mean difference by these data, with the supporting numbers.

An option is compared with the reference in the patients for whom both had a probability of 0.025 or more, by the forest
that decides on single patients and by the weights.  It is not identified if it, or the reference, has too few events
for a model, if fewer than half of the patients overlap, or if weighting leaves fewer than 20 effective patients under
one of the two.
Sources: Crump RK et al. 2009, Biometrika 96:187 (overlap); Kish L 1965, Survey Sampling (effective number).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.adjusted.compared import count_of
from genorx.effects.averages.doubly_robust import Model, Scores
from genorx.effects.overlap.overlap import SMALLEST_PROPENSITY
from genorx.errors import shown

Floats = NDArray[np.float64]
_LEAST_OVERLAP, _FEWEST_EFFECTIVE = 0.5, 20.0
_COLUMNS = (
    "option",
    "reference",
    "identified",
    "reason",
    "patients",
    "events",
    "patients_reference",
    "events_reference",
    "compared",
    "without_overlap",
    "effective_n",
    "effective_n_reference",
    "largest_weight",
    "clipped",
)


def judge_options(model: Model, scores: Scores) -> pd.DataFrame:
    """Return one row per non-reference option: whether its mean difference is identified, in whom, and why not.

    ``patients``, ``events``: those under the option; ``compared`` and ``without_overlap``: patients, under whichever
    option, in whom the difference is averaged, and those left out; ``effective_n``: effective number of patients under
    the option after weighting; ``clipped``: share of the patients compared whose weight was capped.
    """
    reference = model.options_[0]
    rows = []
    for name in map(str, model.counts_.index):
        if name == reference:
            continue
        counts = dict(zip(("patients", "events"), count_of(model.counts_, name), strict=True))
        counts |= dict(zip(("patients_reference", "events_reference"), count_of(model.counts_, reference), strict=True))
        found = _too_few(model, name) if name not in model.options_ else _judge(scores, model.options_.index(name))
        rows.append({"option": name, "reference": reference} | counts | found)
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def identified_codes(model: Model, options: pd.DataFrame) -> list[int]:
    """Return the indices in ``model.options_`` of the identified options."""
    return [model.options_.index(name) for name in options.loc[options["identified"].astype(bool), "option"]]


def effective_number(weight: Floats) -> float:
    """Return the effective sample size of weights.

    >>> effective_number(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    return float(weight.sum() ** 2 / (weight**2).sum()) if weight.size else 0.0


def _too_few(model: Model, name: str) -> dict[str, Any]:
    _, events = count_of(model.counts_, name)
    reason = f"{events} events under {shown(name)}; {model.min_events} are needed for an estimate"
    return {"identified": False, "reason": reason}


def _judge(scores: Scores, code: int) -> dict[str, Any]:
    kept = scores.overlap(code)
    weight = scores.weight
    own, other = kept & (scores.option == code), kept & (scores.option == 0)
    sizes = effective_number(weight[own]), effective_number(weight[other])
    largest = float(weight[own | other].max()) if (own | other).any() else float("nan")
    reason = _reason(scores, code, float(kept.mean()), sizes)
    return {
        "identified": not reason,
        "reason": reason,
        "compared": int(kept.sum()),
        "without_overlap": int((~kept).sum()),
        "effective_n": sizes[0],
        "effective_n_reference": sizes[1],
        "largest_weight": largest,
        "clipped": float(scores.cut[kept].mean()) if kept.any() else float("nan"),
    }


def _reason(scores: Scores, code: int, share: float, sizes: tuple[float, float]) -> str:
    names = scores.options[code], scores.options[0]
    if share < _LEAST_OVERLAP:
        return (
            f"no overlap: only {share:.1%} of the patients had a probability of {SMALLEST_PROPENSITY} or more "
            f"both of {shown(names[0])} and of {shown(names[1])}"
        )
    for name, size in zip(names, sizes, strict=True):
        if size < _FEWEST_EFFECTIVE:
            return (
                f"little overlap: after weighting {size:.1f} effective patients are left under {shown(name)}; "
                f"{_FEWEST_EFFECTIVE:g} are needed"
            )
    return ""
