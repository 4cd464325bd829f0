"""Advice to a patient after one question is answered, over the distribution of answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.intervals import interval_of
from genorx.errors import shown
from genorx.ranking.answer.standing import Question, Standing, standings
from genorx.ranking.model.outcome_fit import OutcomeFit
from genorx.report.wording import ADVICE

Floats = NDArray[np.float64]
_TIMES = 26  # points of a curve: enough for the area under it


def few_times(fit: OutcomeFit) -> Floats:
    """Return times of a curve from 0 to its last one, including those of the restricted mean."""
    if fit.restricted is None:
        return np.zeros(0)
    last = max(fit.restricted, *fit.horizons, 0.0)
    return np.unique([*np.linspace(0.0, last, _TIMES), fit.restricted])


@dataclass(frozen=True, kw_only=True)
class AdviceAfter:
    """Possible consequences of the answer to one question.

    Attributes
    ----------
    p_change : float
        Share of draws of the answer in which the advice on any option differs from the present one.
    expected_gain : float
        Mean advantage of the option that is best after the answer over the one that is best now, in the outcome's unit.
    width_after : float
        Mean width of the 95 % interval of the leading difference after the answer; NaN if no draw has one.
    likely_change : str
        Most frequent other advice on the first option, in words; empty if there is none.
    """

    p_change: float
    expected_gain: float
    width_after: float
    likely_change: str


def advice_after(
    question: Question,
    now: Standing,
    rows: Mapping[str, pd.DataFrame],
    *,
    avoided: Collection[str] = (),
) -> dict[str, AdviceAfter]:
    """Return the consequences of each question.

    Parameters
    ----------
    question : Question
        Question to the model, with the patient's options.
    now : Standing
        Present outcomes of the options, by the same question.
    rows : mapping of input to DataFrame
        Features of the patient, one row for each draw of the input.
    avoided : collection of str
        Options that guidance advises against.
    """
    if not rows:
        return {}
    different = {name: frame.drop_duplicates(name) for name, frame in rows.items()}
    standing = iter(standings(question, pd.concat(different.values()), avoided=avoided, times=few_times))
    found = {}
    for name, frame in rows.items():
        own = [next(standing) for _ in range(len(different[name]))]
        found[name] = _summed(now, [own[place] for place in pd.factorize(frame[name])[0]])
    return found


def width_of(standing: Standing, pair: Sequence[str]) -> float:
    """Return the width of the 95 % interval of the difference of two options; NaN if either has no estimate.

    The options are the two that lead at present.
    """
    if len(pair) < 2 or not set(pair) <= set(standing.options):
        return float("nan")
    one, other = (standing.options.index(name) for name in pair)
    lower, upper = interval_of(standing.draws[:, one] - standing.draws[:, other])
    return float(upper - lower)


def _summed(now: Standing, after: Sequence[Standing]) -> AdviceAfter:
    leading = now.options[:2]
    widths = [width_of(each, leading) for each in after]
    known = [width for width in widths if np.isfinite(width)]
    return AdviceAfter(
        p_change=float(np.mean([dict(each.advice) != dict(now.advice) for each in after])),
        expected_gain=float(np.mean([_gain(now, each) for each in after])),
        width_after=float(np.mean(known)) if known else float("nan"),
        likely_change=_likely(now, after),
    )


def _gain(now: Standing, after: Standing) -> float:
    """Return the expected gain; 0 if the currently best option would have no estimate."""
    if not now.options or now.options[0] not in after.options:
        return 0.0
    return max(0.0, float(after.value[0] - after.value[after.options.index(now.options[0])]))


def _likely(now: Standing, after: Sequence[Standing]) -> str:
    if not now.options:
        return ""
    first = now.options[0]
    others = Counter(each.advice[first] for each in after if each.advice[first] != now.advice[first])
    if not others:
        return ""
    advice, number = min(others.items(), key=lambda item: (-item[1], item[0]))
    return f"{shown(first)}: {ADVICE[advice][0]} ({number} of {len(after)} draws)"
