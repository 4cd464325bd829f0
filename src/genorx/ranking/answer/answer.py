"""The result for one patient: plain values, ready for JSON, a table or a page.

How it is computed is ``ranking.ranker``; how it looks is ``report``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genorx._core.advice import Advice
from genorx._core.short_repr import short
from genorx.effects.decision import Verdict
from genorx.effects.intervals import Interval
from genorx.errors import Finding
from genorx.ranking.trade_off.trade_off import TradeOff

#: Which of the two axes hold an option: the model's estimate and public evidence.
Axes = Literal["both", "model only", "evidence only", "neither"]
#: What advice rests on; ``estimates``: those of a published model, which has no draws; ``declared``: effect, harms and
#: weights that the user declared; ``nothing``: no estimate.
RestsOn = Literal["own", "shrunk", "average", "estimates", "declared", "nothing"]
Measure = Literal[
    "survival",
    "rmst",
    "median",
    "incidence",
    "rmtl",
    "state",
    "state_time",
    "probability",
    "grade",
    "value",
    "cost",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An option against the reference option: option minus reference, with a 95 % interval.

    ``lower``, ``upper`` and ``probability_better`` are NaN if a published model has no interval.
    """

    outcome: str
    measure: Measure
    horizon: float | None
    unit: str
    estimate: float
    lower: float
    upper: float
    probability_better: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One estimate of one outcome under one option, with a 95 % interval.

    ``survival`` is a probability at ``horizon``; ``rmst`` the restricted mean up to ``horizon``; ``median`` a time
    (``estimate`` None if it is not reached); ``incidence`` the probability of a competing cause by ``horizon`` and
    ``rmtl`` the mean time lost to it up to there, both of the outcome NAME:CAUSE; ``state`` the probability of being in
    a state at ``horizon`` and ``state_time`` the mean time in it up to there, both of the outcome NAME:STATE;
    ``probability`` that of a binary outcome, of the grades that count, or of a cause by ``horizon`` under a published
    model; ``grade`` that of one grade of the outcome NAME:GRADE; ``value`` an amount, score or dose; ``cost`` an
    expected cost by ``horizon``, whose ``unit`` is the currency.
    """

    outcome: str
    measure: Measure
    horizon: float | None
    unit: str
    estimate: float | None
    lower: float | None
    upper: float | None
    difference: Difference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A feature that moved the estimate: ``size`` on the linear scale relative to the cohort's mean.

    ``kind`` is ``prognosis`` (moves all options alike) or ``effect`` (moves this option against the reference);
    ``direction`` is its effect on the patient under this option.
    """

    feature: str
    value: str
    kind: Literal["prognosis", "effect"]
    direction: Literal["better", "worse"]
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Similar patients under this option: effective number, number in the cohort, propensity."""

    effective_n: float
    patients: int
    propensity: float | None


@short
@dataclass(frozen=True, kw_only=True)
class Curve:
    """Survival of one patient under one option at ``times``, with a pointwise 95 % band.

    Of the outcome NAME:CAUSE it is the cumulative incidence of a competing cause, of NAME:STATE the probability of
    being in a state.
    """

    outcome: str
    unit: str
    times: NDArray[np.float64]
    estimate: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


@short
@dataclass(frozen=True, kw_only=True)
class AdviceBasis:
    """Basis of the advice on a patient, with the evidence on individual choice.

    Attributes
    ----------
    rests_on : {"own", "shrunk", "average", "estimates", "declared", "nothing"}
        The patient's own differences; these shrunk towards the average; the average alone; estimates of a published
        model, which has no draws; effect and harms declared by the user; nothing, if no option has an estimate.
    choosing : {"shown", "not_shown", "loses", "not_evaluated"}
        Whether choosing by patient was shown to help, out of fold, compared with the best single option for all.
    text : str
        Sentences on both, with the underlying numbers.
    best_single : str or None
        The option that is best on average, of those that may be advised.
    withheld : str or None
        An option that the patient's own draws show to be best, but that is not recommended.
    averages : mapping of option to Interval
        Mean differences against the reference, in ``unit``, on ``measure``.
    gain : Interval or None
        Mean gain of choosing by patient over the best single option, out of fold; above 0 is good.
    slopes : mapping of option to Interval
        Slope of observed on predicted, out of fold.
    """

    rests_on: RestsOn
    choosing: Verdict
    text: str
    best_single: str | None = None
    withheld: str | None = None
    averages: Mapping[str, Interval] = field(default_factory=dict)
    gain: Interval | None = None
    slopes: Mapping[str, Interval] = field(default_factory=dict)
    measure: Measure | None = None
    unit: str = ""


@short
@dataclass(frozen=True, kw_only=True)
class OptionAnswer:
    """One option of one patient.

    ``estimates``, ``difference`` and ``curves`` are empty and ``advice`` is ``no_estimate`` if the cohort does not
    cover the patient under this option; ``no_estimate_reason`` then names the feature that is outside.  ``safety``
    holds the rows of guidance on the option's drugs; if one of them advises against a drug, ``advice`` is
    ``not_advised`` whatever the estimate, or without one.  Empty does not mean "safe": guidance was not looked up, or
    none was found; the findings say which.  ``safety_marks`` are the rows, strong, moderate or not graded, that change
    a drug (avoid it, take another, another dose); they change no advice.  ``evidence`` is filled by
    ``genorx.oncology``; empty means not looked up.  ``axes`` is None until evidence was looked up; ``listed_by`` is the
    source that lists the option.
    """

    option: str
    rank: int | None
    advice: Advice
    estimates: Sequence[Estimate] = ()
    difference: Difference | None = None
    probability_best: float | None = None
    support: Support | None = None
    reasons: Sequence[Reason] = ()
    curves: tuple[Curve, ...] = ()
    evidence: tuple[dict[str, str], ...] = ()
    safety: tuple[dict[str, str], ...] = ()
    safety_marks: tuple[dict[str, str], ...] = ()
    no_estimate_reason: str | None = None
    axes: Axes | None = None
    listed_by: Literal["model", "evidence"] = "model"


@short
@dataclass(frozen=True, kw_only=True)
class PatientAnswer:
    """All options of one patient, best first, with findings on the result.

    ``trade_off`` is benefit against harm; None with one outcome or one option.  ``advice_basis`` is the basis of the
    advice; None if not given.
    """

    patient_id: str
    reference: str
    options: tuple[OptionAnswer, ...]
    findings: tuple[Finding, ...] = ()
    trade_off: TradeOff | None = None
    advice_basis: AdviceBasis | None = None
