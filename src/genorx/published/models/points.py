"""Point scores: CHA2DS2-VASc, HAS-BLED, Khorana; and CTS5, a short formula with groups.

Sources: Lip GYH et al. 2010, Chest 137:263; Pisters R et al. 2010, Chest 138:1093; Khorana AA et al. 2008, Blood
111:4902; Dowsett M et al. 2018, J Clin Oncol 36:1941.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genorx.published.estimates import Estimated
from genorx.published.inputs.inputs import Floats, Inputs
from genorx.published.models.scores import ScoreModel, banded, points_of_band


def _score(values: Floats) -> list[Estimated]:
    return [Estimated(name="score", outcome="score", kind="value", values=values)]


class Cha2ds2Vasc(ScoreModel):
    """Stroke risk in atrial fibrillation, 0 to 9.

    Examples
    --------
    >>> model = Cha2ds2Vasc(version="2010")
    >>> model.card.title
    'CHA2DS2-VASc'
    """

    family = "cha2ds2-vasc"

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        points, age = self.table["points"], inputs["age"]
        total = points["age>=75"] * (age >= 75) + points["age65_74"] * ((age >= 65) & (age < 75))
        total = total + points["female"] * (inputs["sex"] == 0)
        for name, key in (("stroke", "stroke_tia_te"), *((each,) * 2 for each in ("chf", "hypertension", "diabetes"))):
            total = total + points[key] * inputs[name]
        return _score(np.asarray(total + points["vascular"] * inputs["vascular"], dtype=float))


class HasBled(ScoreModel):
    """Bleeding risk under anticoagulation, 0 to 9.

    Examples
    --------
    >>> model = HasBled(version="2010")
    >>> model.card.title
    'HAS-BLED'
    """

    family = "has-bled"

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        points = self.table["points"] | {"elderly": self.table["points"]["age>65"]}
        total = np.zeros(len(inputs))
        for each in self.card.inputs:
            total = total + points[each.name] * inputs[each.name]
        return _score(total)


class Khorana(ScoreModel):
    """Risk of venous thrombosis under chemotherapy, 0 to 6.

    Examples
    --------
    >>> model = Khorana(version="2008")
    >>> model.card.title
    'Khorana score'
    """

    family = "khorana"

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        limits, (platelets, hb, wbc, bmi) = self.table["limits"], self.table["points"]
        site = np.array(list(self.table["site"].values()), dtype=float)[inputs.level("site")]
        total = site + platelets * (inputs["platelets"] >= limits["platelets"])
        total = total + hb * ((inputs["hb"] < limits["hb"]) | (inputs["esa"] == 1))
        return _score(total + wbc * (inputs["wbc"] > limits["wbc"]) + bmi * (inputs["bmi"] >= limits["bmi"]))

    def _groups(self, numbers: Sequence[Estimated]) -> dict[str, NDArray[np.object_]]:
        bands = self.table["bands"]
        return {"group": banded(numbers[0].values, [band[1] for band in bands.values()][:-1], list(bands))}


class Cts5(ScoreModel):
    """Risk of late distant recurrence after five years of endocrine therapy.

    Examples
    --------
    >>> model = Cts5(version="2018")
    >>> model.card.title
    'CTS5'
    """

    family = "cts5"

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        t = self.table
        size = np.minimum(inputs["size"], t["size_cap"])
        nodes = points_of_band(inputs["nodes"], t["node_cuts"], range(5), closed="left")
        bracket = (
            t["size"] * size + t["size_square"] * size**2 + t["grade"] * inputs["grade"] + t["age"] * inputs["age"]
        )
        return _score(t["nodes"] * nodes + t["bracket"] * bracket)

    def _groups(self, numbers: Sequence[Estimated]) -> dict[str, NDArray[np.object_]]:
        low, high = self.table["cuts"]  # both cuts belong to the middle group
        cuts = (np.nextafter(low, -np.inf), high)
        return {"group": banded(numbers[0].values, cuts, ("low", "intermediate", "high"))}
