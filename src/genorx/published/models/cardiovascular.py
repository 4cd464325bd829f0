"""Ten-year cardiovascular risk: pooled cohort equations, their revision of 2018, SCORE2, SCORE2-OP, SCORE2-Diabetes.

Sources: Goff DC et al. 2014, Circulation 129:S49; Yadlowsky S et al. 2018, Ann Intern Med 169:20; SCORE2 working group
2021, Eur Heart J 42:2439 and 2455, and 2023, Eur Heart J 44:2544.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from genorx.published.estimates import Estimated
from genorx.published.inputs.inputs import Floats, Inputs
from genorx.published.models.scores import ScoreModel


def cholesterol_contradiction(inputs: Inputs, total: str, hdl: str) -> None:
    """Raise an error for a table in which HDL cholesterol exceeds total cholesterol."""
    inputs.fault(
        inputs[hdl] > inputs[total],
        hdl,
        lambda at: f"HDL cholesterol {inputs[hdl][at]:g} exceeds total cholesterol {inputs[total][at]:g}",
        code="contradiction",
    )


class PooledCohort(ScoreModel):
    """Pooled cohort equations of 2013, or the revision of Yadlowsky 2018.

    Examples
    --------
    >>> model = PooledCohort(version="2013")
    >>> model.card.title
    'Pooled cohort equations'
    """

    family = "pooled-cohort"

    def _after_reading(self, inputs: Inputs) -> None:
        cholesterol_contradiction(inputs, "tc", "hdl")

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        risk = self._revised(inputs) if self.version == "2018-yadlowsky" else self._original(inputs)
        return [Estimated(name="risk", outcome="ascvd", time=10.0, values=risk)]

    def _original(self, inputs: Inputs) -> Floats:
        groups = self.table["groups"]
        number = 2 * inputs.level("sex") + inputs.level("race")
        order = ("female_white", "female_black", "male_white", "male_black")
        w = {name: np.array([groups[each][name] for each in order])[number] for name in groups["female_white"]}
        with np.errstate(invalid="ignore", divide="ignore"):
            age, tc, hdl, sbp = (np.log(inputs[name]) for name in ("age", "tc", "hdl", "sbp"))
        treated = inputs["bp_meds"] == 1
        pressure = np.where(treated, w["ln_sbp_treated"], w["ln_sbp_untreated"]) * sbp
        pressure += np.where(treated, w["ln_age_ln_sbp_treated"], w["ln_age_ln_sbp_untreated"]) * age * sbp
        total = w["ln_age"] * age + w["ln_age2"] * age**2 + w["ln_tc"] * tc + w["ln_age_ln_tc"] * age * tc
        total += w["ln_hdl"] * hdl + w["ln_age_ln_hdl"] * age * hdl + pressure
        total += (w["smoker"] + w["ln_age_smoker"] * age) * inputs["smoker"] + w["diabetes"] * inputs["diabetes"]
        with np.errstate(over="ignore"):
            return np.asarray(-np.expm1(np.log(w["s0"]) * np.exp(total - w["mean"])))

    def _revised(self, inputs: Inputs) -> Floats:
        groups = self.table["groups"]
        w = {
            name: np.array([groups["female"][name], groups["male"][name]])[inputs.level("sex")]
            for name in groups["female"]
        }
        black, age, sbp = (inputs["race"] == 1).astype(float), inputs["age"], inputs["sbp"]
        meds, diabetes, smoker = inputs["bp_meds"], inputs["diabetes"], inputs["smoker"]
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = inputs["tc"] / inputs["hdl"]
        terms = {
            "intercept": np.ones(len(inputs)),
            "age": age,
            "black": black,
            "sbp2": sbp**2,
            "sbp": sbp,
            "bp_meds": meds,
            "diabetes": diabetes,
            "smoker": smoker,
            "tc_hdl": ratio,
            "age_black": age * black,
            "sbp_bpmeds": sbp * meds,
            "sbp_black": sbp * black,
            "black_bpmeds": black * meds,
            "age_sbp": age * sbp,
            "black_diabetes": black * diabetes,
            "black_smoker": black * smoker,
            "black_tc_hdl": black * ratio,
            "black_sbp_bpmeds": black * sbp * meds,
            "black_age_sbp": black * age * sbp,
        }
        return logistic(np.sum([w[name] * value for name, value in terms.items()], axis=0))


def logistic(value: Floats) -> Floats:
    """Return the probability of log odds."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-value)))


class Score2(ScoreModel):
    """SCORE2, ages 40 to 69, without diabetes.

    Examples
    --------
    >>> model = Score2(version="2021")
    >>> model.card.title
    'SCORE2'
    """

    family = "score2"

    def _after_reading(self, inputs: Inputs) -> None:
        cholesterol_contradiction(inputs, "tc", "hdl")

    def _centred(self, inputs: Inputs) -> dict[str, Floats]:
        return {name: self._scaled(name, inputs[name]) for name in ("age", "sbp", "tc", "hdl")}

    def _scaled(self, name: str, value: Floats) -> Floats:
        centre, scale = self.table["centre"][name]
        return np.asarray((value - centre) / scale)

    def _terms(self, inputs: Inputs) -> dict[str, Floats]:
        """Return the terms of the weights; diabetes is 0 in the model's population."""
        made = self._centred(inputs)
        made["smoker"] = inputs["smoker"]
        for name in ("smoker", "sbp", "tc", "hdl"):
            made[f"age_{name}"] = made["age"] * made[name]
        return made

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        weights, scales = self.table["weights"], self.table["scales"]
        sex, region = inputs.level("sex"), inputs.level("region")

        def of(name: str) -> Floats:
            return np.array([weights[each].get(name, 0.0) for each in ("female", "male")])[sex]

        index = np.sum([of(name) * value for name, value in self._terms(inputs).items()], axis=0) - of("mean_lp")
        scale: Any = np.array([list(scales[each].values()) for each in ("female", "male")])[sex, region]
        log_hazard = index + np.log(-np.log(of("s0")))
        risk = -np.expm1(-np.exp(scale[:, 0] + scale[:, 1] * log_hazard))
        return [Estimated(name="risk", outcome="cvd", time=10.0, values=risk)]


class Score2Op(Score2):
    """SCORE2-OP, ages 70 to 89, in the working group's full precision.

    Examples
    --------
    >>> model = Score2Op(version="2021")
    >>> model.card.title
    'SCORE2-OP'
    """

    family = "score2-op"

    def _after_reading(self, inputs: Inputs) -> None:
        super()._after_reading(inputs)
        unknown = ~inputs.known("diabetes") & ~inputs.refused
        text = "diabetes is not known, and counts as absent"
        inputs.note(unknown, "published-source-value", "warning", text, column="diabetes")

    def _terms(self, inputs: Inputs) -> dict[str, Floats]:
        made = super()._terms(inputs)
        diabetes = np.where(inputs.known("diabetes"), inputs["diabetes"], 0.0)
        return made | {"diabetes": diabetes, "age_diabetes": made["age"] * diabetes}


class Score2Diabetes(Score2):
    """SCORE2-Diabetes, ages 40 to 69, type 2 diabetes.

    Examples
    --------
    >>> model = Score2Diabetes(version="2023")
    >>> model.card.title
    'SCORE2-Diabetes'
    """

    family = "score2-diabetes"

    def _terms(self, inputs: Inputs) -> dict[str, Floats]:
        made = super()._terms(inputs)
        with np.errstate(invalid="ignore", divide="ignore"):
            kidney = self._scaled("lnegfr", np.log(inputs["egfr"]))
        sugar = self._scaled("hba1c", inputs["hba1c_mmol_mol"])
        return made | {
            "diabetes": np.ones(len(inputs)),
            "age_diabetes": made["age"],
            "dm_age": self._scaled("dm_age", inputs["age_at_diagnosis"]),
            "hba1c": sugar,
            "lnegfr": kidney,
            "lnegfr2": kidney**2,
            "hba1c_age": sugar * made["age"],
            "lnegfr_age": kidney * made["age"],
        }

    def _after_reading(self, inputs: Inputs) -> None:
        super()._after_reading(inputs)
        age, onset = inputs["age"], inputs["age_at_diagnosis"]
        inputs.fault(
            onset > age,
            "age_at_diagnosis",
            lambda at: f"diabetes was diagnosed at age {onset[at]:g}, above the patient's age {age[at]:g}",
            code="contradiction",
        )
