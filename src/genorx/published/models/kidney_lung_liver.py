"""Kidney failure (KFRE), lung cancer (PLCOm2012), lung nodules (Mayo) and liver reserve (ALBI).

Sources: Tangri N et al. 2016, JAMA 315:164; Tammemägi MC et al. 2013, N Engl J Med 368:728; Swensen SJ et al. 1997,
Arch Intern Med 157:849; Johnson PJ et al. 2015, J Clin Oncol 33:550.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.errors import UsageError, shown
from genorx.published.cards.card import Card
from genorx.published.estimates import Estimated
from genorx.published.inputs.inputs import Inputs
from genorx.published.models.cardiovascular import logistic
from genorx.published.models.scores import ScoreModel, banded


class Kfre(ScoreModel):
    """Kidney failure risk equation, four variables, North America.

    Parameters
    ----------
    horizon : {2, 5}
        Horizon in years.

    Examples
    --------
    >>> import pandas as pd
    >>> person = {"age": 60, "male": 1, "egfr": 30, "uacr": 300.0, "region": "north_america"}
    >>> risk = Kfre(version="2016", horizon=5).evaluate(pd.DataFrame([person]))["risk"]
    >>> round(float(risk.iloc[0]), 4)
    0.2456
    """

    family = "kfre"

    def __init__(
        self,
        *,
        version: str,
        horizon: int = 5,
        mapping: Mapping[str, str] | None = None,
        values: Mapping[str, Mapping[str, Any]] | None = None,
        trusted: Sequence[str] = (),
    ) -> None:
        super().__init__(version=version, mapping=mapping, values=values, trusted=trusted)
        self.horizon = horizon

    @property
    def card(self) -> Card:
        """The card, with the horizon of this model."""
        from dataclasses import replace

        if self.horizon not in (2, 5):
            raise UsageError(f"horizon {shown(self.horizon)!r} is neither 2 nor 5", code="published-horizon")
        return replace(super().card, horizons=(float(self.horizon),))

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        with np.errstate(invalid="ignore", divide="ignore"):
            log_uacr = np.log(inputs["uacr"])
        values = {
            "age": inputs["age"] / 10,
            "male": inputs["male"],
            "egfr": inputs["egfr"] / 5,
            "log_uacr": log_uacr,
        }
        index = np.sum([w * (values[name] - centre) for name, (w, centre) in self.table["terms"].items()], axis=0)
        survival = self.table["survival"][str(self.horizon)]
        risk = -np.expm1(np.log(survival) * np.exp(index))
        return [Estimated(name="risk", outcome="kidney_failure", time=float(self.horizon), values=risk)]


class PlcoM2012(ScoreModel):
    """PLCOm2012: six-year incidence of lung cancer in people who have ever smoked.

    Examples
    --------
    >>> import pandas as pd
    >>> person = {"age": 62, "race": "white", "education": 3, "bmi": 27, "copd": 0, "personal_cancer": 0}
    >>> person |= {"family_lung_cancer": 0, "current": 1, "cigs": 20, "smoking_years": 40, "quit_years": 0}
    >>> risk = PlcoM2012(version="2013").evaluate(pd.DataFrame([person]))["risk"]
    >>> 0.01 < float(risk.iloc[0]) < 0.05
    True
    """

    family = "plcom2012"

    def _after_reading(self, inputs: Inputs) -> None:
        never = (inputs["cigs"] == 0) | (inputs["smoking_years"] == 0)
        text = "the model holds for people who have ever smoked"
        inputs.refuse(never & ~inputs.refused, "published-not-for-patient", text, column="cigs")
        current, quit_years = inputs["current"], inputs["quit_years"]
        inputs.fault(
            (current == 1) & (quit_years > 0),
            "quit_years",
            lambda at: f"a current smoker has {quit_years[at]:g} years since quitting",
            code="contradiction",
        )

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        with np.errstate(divide="ignore"):
            inverse = 10 / inputs["cigs"]
        index = np.full(len(inputs), float(self.table["intercept"]))
        for name, (weight, centre) in self.table["terms"].items():
            index = index + weight * ((inverse if name == "inverse_cigs" else inputs[name]) - centre)
        by_race = self.table["race"]
        race = np.array([by_race[level] for level in self.card.input("race").levels])[inputs.level("race")]
        return [Estimated(name="risk", outcome="lung_cancer", time=6.0, values=logistic(index + race))]


class MayoNodule(ScoreModel):
    """Mayo Clinic model: malignancy of a solitary pulmonary nodule of 4 to 30 mm; a probability without a horizon.

    Examples
    --------
    >>> model = MayoNodule(version="1997")
    >>> model.card.title
    'Mayo Clinic nodule model'
    """

    family = "mayo-nodule"

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        index = self.table["intercept"] + sum(weight * inputs[name] for name, weight in self.table["terms"].items())
        return [Estimated(name="risk", outcome="malignant_nodule", values=logistic(index))]


class Albi(ScoreModel):
    """ALBI score and grade.

    Examples
    --------
    >>> model = Albi(version="2015")
    >>> model.card.title
    'ALBI'
    """

    family = "albi"

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        with np.errstate(invalid="ignore", divide="ignore"):
            bilirubin = np.log10(inputs["bilirubin_umol_l"])
        score = self.table["log_bilirubin"] * bilirubin + self.table["albumin"] * inputs["albumin_g_l"]
        return [Estimated(name="score", outcome="score", kind="value", values=score)]

    def _groups(self, numbers: Sequence[Estimated]) -> dict[str, NDArray[np.object_]]:
        return {"grade": banded(numbers[0].values, self.table["cuts"], ("1", "2", "3"))}
