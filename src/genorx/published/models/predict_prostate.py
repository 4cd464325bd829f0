"""PREDICT Prostate: death from prostate cancer and other causes under conservative and radical treatment.

Source: Thurtle DR et al. 2019, PLoS Med 16:e1002758, by the authors' program of 2025-03.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from genorx.published.estimates import Addition
from genorx.published.inputs.inputs import Floats, Inputs
from genorx.published.models.two_causes import YEARS, TwoCauseModel, YearlyHazards, cumulative_deaths, yearly_steps

_OPTIONS = ("conservative", "radical")


class PredictProstate(TwoCauseModel):
    """PREDICT Prostate of one version; see the card for its population.

    Examples
    --------
    >>> model = PredictProstate(version="2025.03")
    >>> model.card.title
    'PREDICT Prostate'
    """

    family = "predict-prostate"
    disease = "cancer"

    def all_options(self) -> tuple[str, ...]:
        """Return conservative management and radical treatment."""
        return _OPTIONS

    def _after_reading(self, inputs: Inputs) -> None:
        taken, involved = inputs["cores_taken"], inputs["cores_involved"]
        inputs.fault(
            involved > taken,
            "cores_involved",
            lambda at: f"{involved[at]:g} cores involved of {taken[at]:g} taken",
            code="contradiction",
        )

    def additions(self, inputs: Inputs, option: str) -> tuple[Addition, ...]:
        """Return radical treatment, relative to conservative management."""
        if option != "radical":
            return ()
        effect = np.full(len(inputs), self.table["treatment"]["radical"])
        return (Addition(key="radical", name="radical treatment", without="conservative", effect=effect),)

    def _hazards(self, inputs: Inputs, option: str) -> YearlyHazards:
        effect = self.table["treatment"]["radical"] if option == "radical" else 0.0
        return self._hazards_at(inputs, effect)

    def _hazards_at(self, inputs: Inputs, effect: float) -> YearlyHazards:
        cancer, other = self.table["cancer"], self.table["other"]
        index = self._cancer_index(inputs) + effect
        beta, centre = other["age"]
        comorbid = other["comorbidity"] * inputs.is_code("charlson", 1)
        with np.errstate(over="ignore"):
            return YearlyHazards(
                disease=np.exp(index)[:, None] * self._steps(cancer["baseline"]),
                other=np.exp(beta * (inputs["age"] + centre) + comorbid)[:, None] * self._steps(other["baseline"]),
            )

    def _steps(self, weights: list[float]) -> Floats:
        days = self.table["days_per_year"] * YEARS
        return yearly_steps(weights[0] + weights[1] * np.log(days) + weights[2] * days**3)

    def _cancer_index(self, inputs: Inputs) -> Floats:
        w = self.table["cancer"]
        made = w["age_cube"][0] * ((inputs["age"] / 10) ** 3 + w["age_cube"][1])
        with np.errstate(invalid="ignore", divide="ignore"):
            made = made + w["log_psa"][0] * (np.log((inputs["psa"] + 1) / 100) + w["log_psa"][1])
        for name in ("t_stage", "grade_group"):
            position = np.clip(inputs.level(name) - 1, 0, None)
            made = made + np.asarray(w[name], dtype=float)[position]
        made = made + w["brca"] * inputs.is_code("brca", 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            percent = 100 * inputs["cores_involved"] / inputs["cores_taken"]
            percent = np.where(np.isnan(percent), w["cores_unknown_percent"], percent)
            return np.asarray(made + w["cores"][0] * (np.sqrt((percent + w["cores_added"]) / 100) + w["cores"][1]))

    def _wide(self, inputs: Inputs) -> dict[str, Any]:
        """Return the estimates under each patient's own ``treatment``."""
        made: dict[str, Any] = {}
        own = {option: inputs.is_code("treatment", number) for number, option in enumerate(_OPTIONS)}
        unknown = ~inputs.known("treatment")
        inputs.note(unknown & ~inputs.refused, "published-option-unknown", "warning", "treatment is not known")
        for each in self.estimates(inputs, self.card.horizons, _OPTIONS):
            name = each.name.partition(".")[2]
            empty = made.get(name, np.full(len(inputs), np.nan))
            made[name] = np.where(own[each.option], each.values, empty)
        return made

    def difference_bounds(
        self, inputs: Inputs, option: str, reference: str, horizon: float
    ) -> tuple[Floats, Floats] | None:
        """Return radical minus conservative survival at the ends of the source's range of the treatment effect."""
        if (option, reference) != ("radical", "conservative"):
            return None
        conservative = cumulative_deaths(self.hazards(inputs, "conservative")).survival[:, int(horizon) - 1]
        gains = []
        for effect in self.table["treatment"]["radical_bounds"]:
            made = self._hazards_at(inputs, effect)
            if self._recalibration is not None:
                made = self._recalibration.hazards(made, self.disease)
            gains.append(cumulative_deaths(made).survival[:, int(horizon) - 1] - conservative)
        return np.minimum(*gains), np.maximum(*gains)
