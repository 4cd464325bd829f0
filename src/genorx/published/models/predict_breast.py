"""PREDICT Breast 2.2, 3.1 and 3.2: death from breast cancer and other causes after surgery, under adjuvant treatments.

Options are letters in this order: ``r`` radiotherapy, ``h`` hormone therapy for 5 years or ``H`` for 10, ``c``
chemotherapy of the given generation, ``t`` trastuzumab, ``b`` bisphosphonate; ``none`` is surgery alone.
Sources: Candido Dos Reis FJ et al. 2017, Breast Cancer Res 19:58; Grootes I et al. 2024, npj Breast Cancer 10:74.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.published.estimates import ABSENT, UNKNOWN, Addition, Availability
from genorx.published.inputs.inputs import Floats, Inputs
from genorx.published.models.two_causes import YEARS, TwoCauseModel, YearlyHazards, yearly_steps

TREATMENTS = {
    "r": "radiotherapy",
    "h": "hormone therapy, 5 years",
    "H": "hormone therapy, 10 years",
    "c": "chemotherapy",
    "t": "trastuzumab",
    "b": "bisphosphonate",
}
_LATE = (YEARS > 10).astype(float)


class PredictBreast(TwoCauseModel):
    """PREDICT Breast of one version; see the card for its population.

    Examples
    --------
    >>> model = PredictBreast(version="3.1")
    >>> model.card.title
    'PREDICT Breast'
    """

    family = "predict-breast"
    disease = "breast"

    @property
    def _third(self) -> bool:
        """Whether the version is of the third generation (3.x), with radiotherapy, PR, smoking and harms."""
        return "offset" in self.table

    def all_options(self) -> tuple[str, ...]:
        """Return every combination of the version's treatments, one letter each."""
        parts = (("", "r") if self._third else ("",), ("", "h", "H"), ("", "c"), ("", "t"), ("", "b"))
        return tuple("".join(each) or "none" for each in product(*parts))

    def default_options(self, inputs: Inputs) -> tuple[str, ...]:
        """Return all combinations; radiotherapy only if a heart dose is given, since its harm depends on it."""
        given = "heart_gy" in inputs.present and inputs.known("heart_gy").any()
        return tuple(option for option in self.all_options() if given or "r" not in letters(option))

    def _after_reading(self, inputs: Inputs) -> None:
        if not self._third:
            inputs.refuse(
                inputs.is_code("er", 0) & ~inputs.known("grade"),
                "published-unknown-input",
                "grade is not known and the tumour is ER-negative, for which the source defines no value",
                column="grade",
            )

    def availability(self, inputs: Inputs, option: str) -> Availability:
        """Return to whom an option applies, by the conditions of its treatments."""
        state = np.zeros(len(inputs), dtype=np.int8)
        reasons: list[tuple[NDArray[np.intp], int, str]] = []
        for letter in letters(option):
            for where, what, text in self._conditions(inputs, letter):
                if where.any():
                    reasons.append((np.flatnonzero(where), what, text))
                    state[where & (state != ABSENT)] = what
        return Availability(state=state, reasons=tuple(reasons))

    def _conditions(self, inputs: Inputs, letter: str) -> list[tuple[NDArray[np.bool_], int, str]]:
        """Return the patients who cannot have a treatment, and those for whom this is not known."""
        needed = {
            "h": ("er", 0, "hormone therapy does not apply to ER-negative disease"),
            "H": ("er", 0, "hormone therapy does not apply to ER-negative disease"),
            "c": ("generation", 0, "no generation of chemotherapy is planned (generation 0), so it does not apply"),
            "t": ("her2", 0, "trastuzumab does not apply to HER2-negative disease"),
            "b": ("postmenopausal", 0, "a bisphosphonate does not apply before menopause"),
            "r": ("heart_gy", None, ""),
        }
        name, code, text = needed[letter]
        unknown = (~inputs.known(name), UNKNOWN, f"{name} is not known, so {TREATMENTS[letter]} has no estimate")
        return [unknown] if code is None else [(inputs.is_code(name, code), ABSENT, text), unknown]

    def additions(self, inputs: Inputs, option: str) -> tuple[Addition, ...]:
        """Return the treatments of an option, each with its log hazard ratio."""
        return tuple(
            Addition(
                key=letter,
                name=TREATMENTS[letter],
                without=option.replace(letter, "") or "none",
                effect=self._log_effect(inputs, letter),
            )
            for letter in letters(option)
        )

    def _log_effect(self, inputs: Inputs, letter: str) -> Floats:
        """Return a treatment's log hazard ratio for breast cancer death in the first ten years, as in the source."""
        treatment, n = self.table["treatment"], len(inputs)
        if letter in "hH":
            return np.where(inputs.is_code("er", 1), treatment["hormone"], 0.0)
        if letter == "c":
            second, third = (treatment["chemotherapy"][key] for key in ("2", "3"))
            return np.asarray(second * inputs.is_code("generation", 2) + third * inputs.is_code("generation", 3))
        if letter == "t":
            return np.where(inputs.is_code("her2", 1), treatment["trastuzumab"], 0.0)
        return np.full(n, treatment["bisphosphonate" if letter == "b" else "radiotherapy"])

    def _other_effect(self, inputs: Inputs, letter: str) -> Floats:
        """Return a treatment's log hazard ratio for other death: the harms of 3.x."""
        treatment, n = self.table["treatment"], len(inputs)
        if letter == "c" and "chemotherapy_other" in treatment:
            given = inputs.is_code("generation", 2) | inputs.is_code("generation", 3)
            return np.where(given, treatment["chemotherapy_other"], 0.0)
        if letter == "r":
            return np.asarray(treatment["radiotherapy_other_per_gy"] * inputs["heart_gy"])
        return np.zeros(n)

    def _hazards(self, inputs: Inputs, option: str) -> YearlyHazards:
        on_breast, on_other = np.zeros(len(inputs)), np.zeros(len(inputs))
        for letter in letters(option):
            on_breast = on_breast + self._log_effect(inputs, letter)
            on_other = on_other + self._other_effect(inputs, letter)
        late = self.table["treatment"]["hormone_years_11_15"] if "H" in letters(option) else 0.0
        index, by_year, baseline = self._breast_index(inputs)
        positive = inputs.is_code("er", 1)[:, None]
        with np.errstate(over="ignore", invalid="ignore"):
            breast = baseline * np.exp((index + on_breast)[:, None] + by_year + np.where(positive, late * _LATE, 0.0))
            other_index, other_baseline = self._other_index(inputs)
            other = other_baseline * np.exp(other_index + on_other)[:, None]
        return YearlyHazards(disease=breast, other=other)

    def _breast_index(self, inputs: Inputs) -> tuple[Floats, Floats, Floats]:
        """Return the index, its additions by year, and the baseline's yearly hazards, by ER status."""
        table = self.table["breast"]
        index = third_index if self._third else second_index
        offset = self.table.get("offset", {"er_positive": 0.0, "er_negative": 0.0})
        positive = inputs.is_code("er", 1)
        grade, screen = filled(inputs, "grade", self.table), filled(inputs, "screen", self.table)
        calendar = self.table.get("diagnosis_year", 2000) - 2000
        groups = [
            index(inputs, table[er], grade, screen, positive=er == "er_positive")
            + offset[er]
            + table[er].get("yr1", 0.0) * calendar
            for er in ("er_positive", "er_negative")
        ]
        value = np.where(positive, groups[0], groups[1])
        steps = [yearly_steps(self._log_baseline(table[er]["baseline"], er)) for er in ("er_positive", "er_negative")]
        by_year = np.zeros((len(inputs), len(YEARS)))
        for state, rows in table["er_positive"].get("her2_by_year", {}).items():
            code = {"negative": 0, "positive": 1}[state]
            by_year[positive & inputs.is_code("her2", code)] = rows
        return value, by_year, np.where(positive[:, None], steps[0], steps[1])

    def _log_baseline(self, weights: list[float], er: str) -> Floats:
        first, second, third = weights
        if not self._third:
            if er == "er_positive":
                return np.asarray(first + (second + third * np.log(YEARS)) / np.sqrt(YEARS))
            return np.asarray(first + second / YEARS**2 + third / YEARS)
        tens = YEARS / 10
        power = tens**-0.5 if er == "er_positive" else tens**-1.0
        return np.asarray(first + second * power + third * power * np.log(tens))

    def _other_index(self, inputs: Inputs) -> tuple[Floats, Floats]:
        other = self.table["other"]
        first, second, third = other["baseline"]
        if not self._third:
            beta, centre = other["age_square"]
            baseline = first + second * np.log(YEARS) + third * np.sqrt(YEARS)
            return beta * ((inputs["age"] / 10) ** 2 + centre), yearly_steps(baseline)
        age = (inputs["age"] - 24) / 100
        with np.errstate(invalid="ignore", divide="ignore"):
            index = other["age_cube"] * age**3 + other["age_cube_log"] * age**3 * np.log(age)
        index = index + other["yr1"] * (self.table["diagnosis_year"] - 2000) + self.table["offset"]["other"]
        smoking = np.where(inputs.is_code("smoker", 1), other["smoking"]["current"], other["smoking"]["never"])
        baseline = first + second * np.log(YEARS / 10) + third * (YEARS / 10)
        return index + smoking, yearly_steps(baseline)


def letters(option: str) -> str:
    """Return the treatments of an option, one letter each."""
    return "" if option == "none" else option


def filled(inputs: Inputs, name: str, table: dict[str, Any]) -> Floats:
    """Return an input with the source's default for missing values."""
    return np.where(inputs.known(name), inputs[name], table["unknown"][name])


def status(inputs: Inputs, name: str, weights: dict[str, float]) -> Floats:
    """Return the weight of a status that is negative, positive or unknown."""
    known = np.where(inputs.is_code(name, 1), weights["positive"], weights["negative"])
    return np.where(inputs.known(name), known, weights["unknown"])


def second_index(inputs: Inputs, w: dict[str, Any], grade: Floats, screen: Floats, *, positive: bool) -> Floats:
    """Return the index of version 2.2 for breast cancer death."""
    age, size, nodes = inputs["age"], inputs["size"], inputs["nodes"]
    with np.errstate(invalid="ignore", divide="ignore"):
        log_nodes = np.log((nodes + 1) / 10)
        if not positive:
            made = w["age"][0] * (age + w["age"][1]) + w["root_size"][0] * (np.sqrt(size / 100) + w["root_size"][1])
            made = made + w["grade_2_or_3"] * (inputs["grade"] >= 2)
            made = made + w["log_nodes"][0] * (log_nodes + w["log_nodes"][1])
            return np.asarray(made + status(inputs, "her2", w["her2"]))
        tens = age / 10
        made = w["age_inverse_square"][0] * (tens**-2 + w["age_inverse_square"][1])
        made = made + w["age_inverse_square_log"][0] * (tens**-2 * np.log(tens) + w["age_inverse_square_log"][1])
        made = made + w["log_size"][0] * (np.log(size / 100) + w["log_size"][1])
        made = made + w["log_nodes"][0] * (log_nodes + w["log_nodes"][1]) + w["grade"] * grade + w["screen"] * screen
        return np.asarray(made + status(inputs, "her2", w["her2"]) + status(inputs, "ki67", w["ki67"]))


def third_index(inputs: Inputs, w: dict[str, Any], grade: Floats, screen: Floats, *, positive: bool) -> Floats:
    """Return the index of versions 3.x for breast cancer death, without HER2 by year, calendar time and offset."""
    age, size = (inputs["age"] - 24) / 100, inputs["size"]
    with np.errstate(invalid="ignore", divide="ignore"):
        if positive:
            made = w["ag1"] * age**-0.5 + w["ag2"] * age**2 + w["sz1"] * -np.expm1(-size / 20)
        else:
            made = w["ag1"] * age + w["ag2"] * age * np.log(age) + w["sz1"] * np.log(size)
            made = made + status(inputs, "her2", w["her2"])
        made = made + w["nd1"] * np.log(inputs["nodes"] + 1) + w["gr1"] * grade + w["sc1"] * screen
    return np.asarray(made + status(inputs, "ki67", w["ki67"]) + status(inputs, "pr", w["pr"]))
