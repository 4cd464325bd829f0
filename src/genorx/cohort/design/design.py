"""The treatment design: eligibility for each option, the start of follow-up, and strata for comparison.

"Ever against never" cannot be written: a patient enters a comparison only on a day on which each option was open.
Source: Anderson JR et al. 1983, J Clin Oncol 1:710 (landmark); Hernan MA, Robins JM 2016, Am J Epidemiol 183:758.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from genorx._core.short_repr import short
from genorx._core.time_units import DAYS_PER_UNIT
from genorx.errors import UsageError, shown

DesignKind = Literal["baseline", "landmark", "time_varying"]


@short
@dataclass(frozen=True, kw_only=True)
class Design:
    """Options of the eligible patients on the day from which they are compared.

    Attributes
    ----------
    kind : {"baseline", "landmark", "time_varying"}
        Day from which options are compared.
    options : tuple of str
        In the order of the study file.
    reference : str
        Option with which the others are compared.
    treatment : Series of category, index ``patient_id``
        Option of each eligible patient; categories are ``options``.
    origin : Series of float, index as ``treatment``
        Day on which follow-up starts, in days since the study's origin: survival times are counted from here.
    strata : Series of str, index as ``treatment``
        Stratum within which options are comparable; a single value if the study names none.
    randomised : bool
        Whether options were assigned at random.
    landmark : float
        Days from time zero to ``origin``; 0 for a baseline design.
    flow : DataFrame
        ``step``, ``patients``, ``lost``, ``reason``: patients excluded from the comparison, and why.
    positivity : DataFrame
        ``stratum``, ``option``, ``patients``, ``events`` of the primary outcome, ``median_follow_up`` (reverse
        Kaplan-Meier, from the origin) and ``total_follow_up`` in the primary outcome's unit, ``switched_after``
        (patients who started another option later); rows of stratum ``(all)`` are the totals.
    assumptions : tuple of str
        Conditions under which a difference is an effect, in words.
    start : Series of float or None, index as ``treatment``
        Time-varying designs: days from ``origin`` to the start of the option; missing where the option has none.
    interactions : tuple of str or None
        Features whose effect may differ between the options; None if not stated: all.
    factors : mapping of column to mapping of level to option
        Column of the treatment table that alone defines the options, and the option of each of its levels; empty if
        several columns do.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(100)
    >>> X = made.features.assign(arm=made.treatment)
    >>> os = {"table": made.outcomes, "unit": "months", "horizons": [24]}
    >>> cohort = gx.Cohort.from_frames(X, outcomes={"os": os}, treatment="arm", design={"reference": "standard"})
    >>> isinstance(cohort.design, gx.Design)
    True
    >>> cohort.design.options, cohort.design.reference
    (('new', 'standard'), 'standard')
    """

    kind: DesignKind
    options: tuple[str, ...]
    reference: str
    treatment: pd.Series
    origin: pd.Series
    strata: pd.Series
    randomised: bool = False
    landmark: float = 0.0
    flow: pd.DataFrame = field(default_factory=pd.DataFrame)
    positivity: pd.DataFrame = field(default_factory=pd.DataFrame)
    assumptions: tuple[str, ...] = ()
    start: pd.Series | None = None
    interactions: tuple[str, ...] | None = None
    factors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def follow_up(self, outcome: pd.DataFrame, *, unit: str = "days") -> pd.DataFrame:
        """Return ``time`` (from the design's origin) and ``event`` of eligible patients still followed at the origin.

        Parameters
        ----------
        outcome : DataFrame, index ``patient_id``
            Frame of a survival outcome: ``time`` since the study's origin in ``unit``.
        unit : {"days", "weeks", "months", "years"}
            Unit of the outcome's time, and of the time returned.

        Raises
        ------
        UsageError
            If ``unit`` is not one of them.
        """
        if unit not in DAYS_PER_UNIT:
            raise UsageError(f"unit {shown(unit)!r} is not a unit of time", hint=f"use {', '.join(DAYS_PER_UNIT)}")
        known = self.treatment.index.intersection(outcome.index, sort=False)
        rebased = outcome.loc[known].copy()
        rebased["time"] = rebased["time"] - self.origin.loc[known] / DAYS_PER_UNIT[unit]
        return rebased[rebased["time"] > 0]

    def starts(self, *, unit: str = "days") -> pd.Series | None:
        """Return when each option started, from the design's origin in ``unit``; None if all had started by then."""
        return None if self.start is None else self.start / DAYS_PER_UNIT[unit]
