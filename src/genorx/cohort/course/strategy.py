"""Strategies: rules over time that determine which treatment begins in which state, and until when.

Source: Hernan MA, Robins JM 2020, Causal Inference: What If, chapter 19 (dynamic treatment strategies);
Cain LE et al. 2010, Int J Biostat 6:18 (grace periods).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from genorx._core.short_repr import short


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """A rule: begin ``treatment`` in ``state`` at most ``within`` after entering it, and at no other time.

    Attributes
    ----------
    name : str
    state : str or None
        State in which the treatment begins; None: no treatment of any strategy begins.
    treatment : str or None
    within : float or None
        Time after entry into the state, in the unit of the course, by which the treatment begins; None: any time
        in the state.
    share : float or "observed"
        Share of the patients who stay in the state long enough and get the treatment: 1 for all, ``"observed"`` for the
        share in the data; the others continue without it.
    """

    name: str
    state: str | None = None
    treatment: str | None = None
    within: float | None = None
    share: float | Literal["observed"] = 1.0

    @property
    def never(self) -> bool:
        """Whether no treatment begins under this strategy."""
        return self.state is None


@short
@dataclass(frozen=True, kw_only=True)
class StrategyDesign:
    """Strategies to compare, and the treatments that began in the states of the course.

    Attributes
    ----------
    strategies : tuple of Strategy
        In the order of the study file.
    reference : str
        Name of the strategy against which differences are taken.
    begins : DataFrame
        ``patient_id``, ``treatment``, ``time`` (in the unit of the course, from the study's origin), ``state`` (in
        which it began): the first start of each treatment of a patient, for treatments that a strategy names.
    strata : Series of str, index ``patient_id``
        Stratum within which patients are comparable; one value for all where the study names none.
    assumptions : tuple of str
        Conditions under which a difference is an effect, in words.
    """

    strategies: tuple[Strategy, ...]
    reference: str
    begins: pd.DataFrame
    strata: pd.Series[Any] = field(default_factory=lambda: pd.Series(dtype=object))
    assumptions: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the strategies."""
        return tuple(strategy.name for strategy in self.strategies)

    @property
    def treatments(self) -> tuple[str, ...]:
        """Distinct treatments of the strategies."""
        return tuple(dict.fromkeys(each.treatment for each in self.strategies if each.treatment is not None))

    def strategy(self, name: str) -> Strategy:
        """Return the strategy of that name.

        Raises
        ------
        KeyError
            If there is none.
        """
        return {each.name: each for each in self.strategies}[name]
