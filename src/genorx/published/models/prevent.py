"""AHA PREVENT: 10- and 30-year risk of cardiovascular disease, ASCVD, heart failure, coronary disease and stroke.

Five variants: ``base``, ``uacr``, ``hba1c``, ``sdi``, ``full``; ``auto`` uses the fullest variant that the known values
of a patient allow.  Source: Khan SS et al. 2024, Circulation 149:430.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.errors import UsageError, shown
from genorx.published.cards.card import Card
from genorx.published.estimates import Estimated
from genorx.published.inputs.inputs import Floats, Inputs
from genorx.published.models.cardiovascular import cholesterol_contradiction, logistic
from genorx.published.models.scores import ScoreModel

VARIANTS = ("base", "uacr", "hba1c", "sdi", "full")
_OLDEST_FOR_30_YEARS = 59


class Prevent(ScoreModel):
    """AHA PREVENT in one variant and for one horizon.

    Parameters
    ----------
    variant : {"auto", "base", "uacr", "hba1c", "sdi", "full"}
    horizon : {10, 30}
        Horizon in years.

    Examples
    --------
    >>> model = Prevent(version="2023")
    >>> model.card.title
    'AHA PREVENT'
    """

    family = "prevent"

    def __init__(
        self,
        *,
        version: str,
        variant: str = "auto",
        horizon: int = 10,
        mapping: Mapping[str, str] | None = None,
        values: Mapping[str, Mapping[str, Any]] | None = None,
        trusted: Sequence[str] = (),
    ) -> None:
        super().__init__(version=version, mapping=mapping, values=values, trusted=trusted)
        self.variant = variant
        self.horizon = horizon

    @property
    def card(self) -> Card:
        """The card, with the horizon of this model."""
        from dataclasses import replace

        if self.variant not in ("auto", *VARIANTS):
            listed = ", ".join(("auto", *VARIANTS))
            raise UsageError(f"there is no variant {shown(self.variant)!r}", hint=listed, code="published-variant")
        if self.horizon not in (10, 30):
            raise UsageError(f"horizon {shown(self.horizon)!r} is neither 10 nor 30", code="published-horizon")
        return replace(super().card, horizons=(float(self.horizon),))

    def _after_reading(self, inputs: Inputs) -> None:
        cholesterol_contradiction(inputs, "tc_mmol", "hdl_mmol")
        age, bmi = inputs["age"], inputs["bmi"]
        if self.horizon == 30:
            inputs.refuse(
                (age > _OLDEST_FOR_30_YEARS) & ~inputs.refused,
                "published-outside-range",
                lambda at: f"age {age[at]:g} is over 59, where the 30-year risk decreases with age",
                column="age",
            )
        self._note_indicators(inputs)
        low, high = self.card.input("bmi").range or (-np.inf, np.inf)
        inputs.note(
            (np.isnan(bmi) | (bmi < low) | (bmi > high)) & ~inputs.refused,
            "published-outcome-unknown",
            "info",
            lambda at: (
                f"bmi is not known or outside of {low:g} to {high:g}: no estimate of heart failure"
                if np.isnan(bmi[at])
                else f"bmi {bmi[at]:g} is outside of {low:g} to {high:g}: no estimate of heart failure"
            ),
            column="bmi",
        )

    def _note_indicators(self, inputs: Inputs) -> None:
        """Report patients whose variant needs a missing value, for which the source has an indicator."""
        chosen, full = self._variants(inputs), VARIANTS.index("full")
        for name, variant in (("uacr", "uacr"), ("hba1c", "hba1c"), ("sdi_decile", "sdi")):
            affected = (chosen == VARIANTS.index(variant)) | (chosen == full)
            text = f"{name} is not known: the source's weight for unknown was used"
            unknown = affected & ~inputs.known(name) & ~inputs.refused
            inputs.note(unknown, "published-source-value", "info", text, column=name)

    def _variants(self, inputs: Inputs) -> NDArray[np.intp]:
        """Return the index in ``VARIANTS`` of each patient's variant."""
        if self.variant != "auto":
            return np.full(len(inputs), VARIANTS.index(self.variant))
        known = np.stack([inputs.known(name) for name in ("uacr", "hba1c", "sdi_decile")])
        only = np.where(known.any(axis=0), 1 + known.argmax(axis=0), 0)
        return np.where(known.sum(axis=0) > 1, VARIANTS.index("full"), only)

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        terms, chosen, sex = self._terms(inputs), self._variants(inputs), inputs.level("sex")
        outcomes = self.table["outcomes"]
        index = np.full((len(inputs), len(outcomes)), np.nan)
        for number, variant in enumerate(VARIANTS):
            weights = self.table["models"][variant][str(self.horizon)]
            for position, name in enumerate(("female", "male")):
                rows = np.flatnonzero((chosen == number) & (sex == position))
                if rows.size:
                    design = np.column_stack([terms[term][rows] for term in weights])
                    index[rows] = design @ np.array([weights[term][name] for term in weights])
        risk = logistic(index)
        low, high = self.card.input("bmi").range or (-np.inf, np.inf)
        usable = (inputs["bmi"] >= low) & (inputs["bmi"] <= high)
        heart_failure = outcomes.index("heart_failure")
        risk[:, heart_failure] = np.where(usable, risk[:, heart_failure], np.nan)
        return [
            Estimated(name=outcome, outcome=outcome, time=float(self.horizon), values=risk[:, position])
            for position, outcome in enumerate(outcomes)
        ]

    def _wide(self, inputs: Inputs) -> dict[str, Any]:
        names = np.asarray(VARIANTS, dtype=object)
        return super()._wide(inputs) | {"variant": names[self._variants(inputs)]}

    def _terms(self, inputs: Inputs) -> dict[str, Floats]:
        """Return the terms of the weights; BMI, used for heart failure only, is 0 if not known."""
        age, sbp = (inputs["age"] - 55) / 10, inputs["sbp"]
        bmi = np.where(inputs.known("bmi"), inputs["bmi"], 25.0)
        diabetes, smoker = inputs["diabetes"], inputs["smoker"]
        made = {
            "constant": np.ones(len(inputs)),
            "age": age,
            "age2": age**2,
            "non_hdl": inputs["tc_mmol"] - inputs["hdl_mmol"] - 3.5,
            "hdl": (inputs["hdl_mmol"] - 1.3) / 0.3,
            "sbp_lt110": (np.minimum(sbp, 110) - 110) / 20,
            "sbp_ge110": (np.maximum(sbp, 110) - 130) / 20,
            "diabetes": diabetes,
            "smoker": smoker,
            "bmi_lt30": (np.minimum(bmi, 30) - 25) / 5,
            "bmi_ge30": (np.maximum(bmi, 30) - 30) / 5,
            "egfr_lt60": (np.minimum(inputs["egfr"], 60) - 60) / -15,
            "egfr_ge60": (np.maximum(inputs["egfr"], 60) - 90) / -15,
            "bp_tx": inputs["bp_meds"],
            "statin": inputs["statin"],
        }
        for name in ("non_hdl", "hdl", "sbp_ge110", "diabetes", "smoker", "bmi_ge30", "egfr_lt60"):
            made[f"age_{name}"] = age * made[name]
        made["bp_tx_sbp_ge110"] = made["bp_tx"] * made["sbp_ge110"]
        made["statin_non_hdl"] = made["statin"] * made["non_hdl"]
        return made | self._optional_terms(inputs)

    def _optional_terms(self, inputs: Inputs) -> dict[str, Floats]:
        """Return albuminuria, HbA1c and deprivation, each with the source's missing indicator."""
        uacr, sugar, decile = inputs["uacr"], inputs["hba1c"] - 5.3, inputs["sdi_decile"]
        diabetes = inputs["diabetes"] == 1
        with np.errstate(invalid="ignore", divide="ignore"):
            log_uacr = np.where(np.isnan(uacr), 0.0, np.log(uacr))
        sugar_known = ~np.isnan(sugar)
        return {
            "ln_uacr": log_uacr,
            "uacr_missing": np.isnan(uacr).astype(float),
            "hba1c_dm": np.where(sugar_known & diabetes, sugar, 0.0),
            "hba1c_no_dm": np.where(sugar_known & ~diabetes, sugar, 0.0),
            "hba1c_missing": (~sugar_known).astype(float),
            "sdi_4_6": ((decile >= 4) & (decile <= 6)).astype(float),
            "sdi_7_10": (decile >= 7).astype(float),
            "sdi_missing": np.isnan(decile).astype(float),
        }
