"""Yearly death from the disease and from other causes: the base of PREDICT Breast and PREDICT Prostate.

Hazards of the two causes are added over a yearly grid; the deaths of a year are divided between the causes in
proportion to the deaths by each cause alone.
Source: Candido Dos Reis FJ et al. 2017, Breast Cancer Res 19:58; Thurtle DR et al. 2019,
PLoS Med 16:e1002758, by their authors' programs.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx.errors import UsageError
from genorx.published.estimates import Estimated
from genorx.published.inputs.inputs import Inputs
from genorx.published.model import PublishedModel

Floats = NDArray[np.float64]
YEARS = np.arange(1.0, 16.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyHazards:
    """Hazard of each year and cause; arrays of shape (n_patients, 15)."""

    disease: Floats
    other: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Deaths:
    """Cumulative probabilities by year; arrays of shape (n_patients, 15)."""

    survival: Floats
    disease: Floats
    other: Floats


def cumulative_deaths(hazards: YearlyHazards) -> Deaths:
    """Return survival and cumulative deaths by cause; the three sum to 1 in every year."""
    total = np.cumsum(hazards.disease + hazards.other, axis=1)
    survival = np.exp(-total)
    dying = _steps(-np.expm1(-total))
    first = _steps(-np.expm1(-np.cumsum(hazards.disease, axis=1)))
    second = _steps(-np.expm1(-np.cumsum(hazards.other, axis=1)))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = first / (first + second)
    share = np.where(first + second > 0, share, 0.5)  # no patient is left at risk
    disease = np.cumsum(dying * share, axis=1)
    return Deaths(survival=survival, disease=disease, other=-np.expm1(-total) - disease)


def _steps(cumulative: Floats) -> Floats:
    return np.diff(cumulative, axis=1, prepend=0.0)


def yearly_steps(log_cumulative: Floats) -> Floats:
    """Return a baseline's yearly hazards from its log cumulative hazard at the years' ends."""
    return np.diff(np.exp(log_cumulative), prepend=0.0)


class TwoCauseModel(PublishedModel):
    """A model of death from the disease and from other causes; subclasses provide ``_hazards``."""

    #: Name of death from the disease in the output.
    disease: str

    @abstractmethod
    def _hazards(self, inputs: Inputs, option: str) -> YearlyHazards:
        """Return the hazards of all patients under an option, as published."""

    def hazards(self, inputs: Inputs, option: str, *, as_published: bool = False) -> YearlyHazards:
        """Return the hazards under an option, with the local correction if there is one and it is requested."""
        made = self._hazards(inputs, option)
        if as_published or self._recalibration is None:
            return made
        return self._recalibration.hazards(made, self.disease)

    def checked_horizons(self, horizons: Sequence[float]) -> tuple[float, ...]:
        """Return the horizons, whole years from 1 to 15; raise ``UsageError`` (``published-horizon``) for others."""
        for each in horizons:
            if each not in YEARS:
                raise UsageError(
                    f"{self.id} does not predict to {each:g} years",
                    hint="whole years from 1 to 15",
                    code="published-horizon",
                )
        return tuple(float(each) for each in horizons)

    def estimates(self, inputs: Inputs, horizons: Sequence[float], options: Sequence[str]) -> list[Estimated]:
        """Return survival and deaths by cause under each option at each horizon."""
        return [
            each
            for option in options
            for each in self.estimates_of(cumulative_deaths(self.hazards(inputs, option)), horizons, option)
        ]

    def estimates_of(self, deaths: Deaths, horizons: Sequence[float], option: str) -> list[Estimated]:
        """Return cumulative deaths as estimates of an option: survival, death from the disease, from other causes."""
        columns = (("os", deaths.survival), (self.disease, deaths.disease), ("other", deaths.other))
        return [
            Estimated(
                name=f"{option}.{time:g}.{outcome}",
                option=option,
                outcome=outcome,
                time=float(time),
                kind="survival" if outcome == "os" else "risk",
                values=values[:, int(time) - 1],
            )
            for time in horizons
            for outcome, values in columns
        ]
