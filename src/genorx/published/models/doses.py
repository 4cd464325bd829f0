"""Doses: warfarin by IWPC and by Gage, tacrolimus after kidney transplant by Passey.

Sources: International Warfarin Pharmacogenetics Consortium 2009, N Engl J Med 360:753; Gage BF et al. 2008, Clin
Pharmacol Ther 84:326; Passey C et al. 2011, Br J Clin Pharmacol 72:948.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genorx.errors import UsageError, shown
from genorx.published.cards.card import Card
from genorx.published.estimates import Estimated
from genorx.published.inputs.inputs import Floats, Inputs
from genorx.published.models.scores import ScoreModel

_VARIANTS = ("pharmacogenetic", "clinical")


class _Warfarin(ScoreModel):
    """A warfarin dose with a pharmacogenetic and a clinical variant.

    Parameters
    ----------
    variant : {"pharmacogenetic", "clinical"}
    """

    def __init__(
        self,
        *,
        version: str,
        variant: str = "pharmacogenetic",
        mapping: Mapping[str, str] | None = None,
        values: Mapping[str, Mapping[str, Any]] | None = None,
        trusted: Sequence[str] = (),
    ) -> None:
        super().__init__(version=version, mapping=mapping, values=values, trusted=trusted)
        self.variant = variant

    @property
    def card(self) -> Card:
        """The card; genes are not inputs of the clinical variant."""
        from dataclasses import replace

        if self.variant not in _VARIANTS:
            listed = ", ".join(_VARIANTS)
            raise UsageError(f"there is no variant {shown(self.variant)!r}", hint=listed, code="published-variant")
        whole = super().card
        genes = ("vkorc1", "cyp2c9", "vkorc1_a", "cyp2c9_2", "cyp2c9_3")
        if self.variant == "pharmacogenetic":
            return whole
        return replace(whole, inputs=tuple(each for each in whole.inputs if each.name not in genes))

    @property
    def _weights(self) -> dict[str, Any]:
        weights: dict[str, Any] = self.table[self.variant]
        return weights

    def _ignored(self, inputs: Inputs, frame: Any) -> None:
        """Report nothing: genes of the other variant are expected."""


class Iwpc(_Warfarin):
    """Weekly warfarin dose of the IWPC.

    Examples
    --------
    >>> model = Iwpc(version="2009")
    >>> model.card.title
    'Warfarin dose, IWPC'
    """

    family = "iwpc"

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        w = self._weights
        root = np.full(len(inputs), float(w["intercept"]))
        for name in ("age_decade", "height_cm", "weight_kg", "inducer", "amiodarone"):
            root = root + w[name] * inputs[name]
        root = root + self._by_level(inputs, "race", "missing_or_mixed")
        if self.variant == "pharmacogenetic":
            root = root + self._by_level(inputs, "vkorc1", "unknown") + self._by_level(inputs, "cyp2c9", "unknown")
        dose = np.where(root > 0, root**2, np.nan)  # the square of a negative root is not a dose
        return [Estimated(name="dose", outcome="dose_mg_week", kind="value", values=dose)]

    def _by_level(self, inputs: Inputs, name: str, unknown: str) -> Floats:
        table = self._weights[name]
        levels = [ordered_pair(level) for level in self.card.input(name).levels]
        found = np.array([table[level] for level in levels])[inputs.level(name)]
        return np.where(inputs.known(name), found, table[unknown])


def ordered_pair(level: str) -> str:
    """Return a genotype with its alleles in the tables' order: ``*1/*3`` for ``*3/*1``, ``AG`` for ``GA``."""
    if "/" in level:
        return "/".join(sorted(level.split("/")))
    return "AG" if level == "GA" else level


class Gage(_Warfarin):
    """Daily warfarin dose of Gage 2008.

    Examples
    --------
    >>> model = Gage(version="2008")
    >>> model.card.title
    'Warfarin dose, Gage'
    """

    family = "gage"

    def _after_reading(self, inputs: Inputs) -> None:
        if self.variant == "clinical":
            return
        both = inputs["cyp2c9_2"] + inputs["cyp2c9_3"]
        inputs.fault(
            both > 2,
            "cyp2c9_3",
            lambda at: f"{both[at]:g} variant alleles of CYP2C9 in one person",
            code="contradiction",
        )

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        w = self._weights
        index = np.full(len(inputs), float(w["intercept"]))
        for name, weight in w.items():
            if name != "intercept":
                index = index + weight * inputs[name]
        return [Estimated(name="dose", outcome="dose_mg_day", kind="value", values=np.exp(index))]


class TacrolimusPassey(ScoreModel):
    """Tacrolimus clearance after kidney transplant, and the daily dose for a trough level.

    Examples
    --------
    >>> model = TacrolimusPassey(version="2011")
    >>> model.card.title
    'Tacrolimus clearance, Passey'
    """

    family = "tacrolimus-passey"

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        t = self.table
        starts = np.array([float(days.split("-")[0]) for days in t["day"]])
        step = np.array(list(t["day"].values()))[np.clip(np.searchsorted(starts, inputs["day"], "right") - 1, 0, None)]
        genotypes = [ordered_pair(level) for level in self.card.input("cyp3a5").levels]
        gene = np.array([t["cyp3a5"][level] for level in genotypes])[inputs.level("cyp3a5")]
        centre, power = t["age"]
        with np.errstate(invalid="ignore", divide="ignore"):
            by_age = (inputs["age"] / centre) ** power
        clearance = t["clearance"] * step * gene * by_age
        clearance = clearance * np.where(inputs["steroid_sparing"] == 1, t["steroid_sparing"], 1.0)
        clearance = clearance * np.where(inputs["ccb"] == 1, t["calcium_blocker"], 1.0)
        made = [Estimated(name="clearance", outcome="clearance_l_h", kind="value", values=clearance)]
        if "trough_ng_ml" in inputs.present:
            dose = clearance * inputs["trough_ng_ml"] * 24 / 1000  # ng/mL times L/h is ug/h
            made.append(Estimated(name="daily_dose_mg", outcome="dose_mg_day", kind="value", values=dose))
        return made
