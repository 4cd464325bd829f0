"""Inputs of the comparison of a published model's options: the user's rules, and the estimates by option."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genorx.errors import Finding
from genorx.published.estimates import Addition, Availability, Estimated
from genorx.published.inputs.inputs import Floats, Inputs
from genorx.published.model import PublishedModel

#: Resolution of the source's output: 0.05 percentage points of survival.
RESOLUTION = 0.0005


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The user's rules for ranking.

    Attributes
    ----------
    outcome, horizon
        Outcome and time by which options are ordered.
    reference : str
        Option with which others are compared.
    min_gain : float
        An option with an addition that gains less is left out; options that differ by less share a rank.
    threshold : float or None
        Least gain of every addition for a recommendation (0.03 or 0.05 are in use with PREDICT).
    harms : mapping of treatment to float
        Harm or cost of a treatment in the unit of the gain, subtracted before ordering.
    """

    outcome: str
    horizon: float | None
    reference: str
    min_gain: float = 0.0
    threshold: float | None = None
    harms: Mapping[str, float] = field(default_factory=dict)

    @property
    def tie(self) -> float:
        """Smallest relevant difference."""
        return max(RESOLUTION, self.min_gain)


@dataclass(kw_only=True)
class Compared:
    """Inputs of the results of all patients; arrays of shape (n_patients,) by option."""

    model: PublishedModel
    inputs: Inputs
    rules: Rules
    options: tuple[str, ...]
    available: dict[str, Availability]
    estimates: dict[str, list[Estimated]]
    value: dict[str, Floats]
    additions: dict[str, tuple[Addition, ...]]
    reasons: dict[int, str]
    findings: dict[str, list[Finding]] = field(default_factory=dict)
