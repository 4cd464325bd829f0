"""IPSS-M and IPSS-R: risk scores of myelodysplastic syndromes.

Sources: Bernard E et al. 2022, NEJM Evid 1:EVIDoa2200008; Greenberg PL et al. 2012, Blood 120:2454.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.published.estimates import Estimated
from genorx.published.inputs.inputs import Floats, Inputs, Mask
from genorx.published.models.scores import ScoreModel, banded, points_of_band

_SCENARIOS = ("best", "mean", "worst")
_ALPHA_EXCLUDED = ("SRSF2", "STAG2", "BCOR", "BCORL1", "RUNX1", "NRAS")


class IpssM(ScoreModel):
    """IPSS-M: the score under the best, mean and worst assumption on missing values.

    Examples
    --------
    >>> model = IpssM(version="1.0.0")
    >>> model.card.title
    'IPSS-M'
    """

    family = "ipssm"

    def _genes(self) -> list[str]:
        return [each.name for each in self.card.inputs if each.unknown == "scenarios" and each.name.isupper()]

    def _after_reading(self, inputs: Inputs) -> None:
        unknown = self._unknown_genes(inputs)
        scores = self._numbers(inputs)
        best, worst = (self._categories(scores[at].values) for at in (0, 2))
        differ = np.asarray([first != second for first, second in zip(best, worst, strict=True)], dtype=bool)
        open_answer = (scores[0].values != scores[2].values) & ~inputs.refused
        none_known = unknown == len(self._genes())
        genes = len(self._genes())

        def text(at: int) -> str:
            message = f"{unknown[at]} of {genes} genes are unknown, which is not unmutated"
            return f"{message}: category {best[at]} at best, {worst[at]} at worst"

        inputs.note(open_answer & ~differ, "published-scenarios", "info", text)
        inputs.note(open_answer & differ & ~none_known, "published-scenarios", "warning", text)
        inputs.note(open_answer & differ & none_known, "published-scenarios", "serious", text)

    def _unknown_genes(self, inputs: Inputs) -> NDArray[np.intp]:
        return np.asarray(np.sum([~inputs.known(gene) for gene in self._genes()], axis=0))

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        terms, derived = self.table["terms"], self._derived(inputs)
        totals = {scenario: np.zeros(len(inputs)) for scenario in _SCENARIOS}
        for name, weights in terms.items():
            for scenario in _SCENARIOS:
                value = (
                    self._residual(inputs, scenario)
                    if name == "nRes2"
                    else np.where(np.isnan(derived[name]), weights[scenario], derived[name])
                )
                totals[scenario] = totals[scenario] + weights["beta"] * (value - weights["mean"]) / np.log(2)
        return [
            Estimated(name=f"{each}.score", outcome=f"{each}.score", kind="value", values=np.round(totals[each], 2))
            for each in _SCENARIOS
        ]

    def _groups(self, numbers: Sequence[Estimated]) -> dict[str, NDArray[np.object_]]:
        return {f"{each.name.partition('.')[0]}.category": self._categories(each.values) for each in numbers}

    def _categories(self, scores: Floats) -> NDArray[np.object_]:
        return banded(scores, self.table["cuts"], self.table["categories"])

    def _derived(self, inputs: Inputs) -> dict[str, Floats]:
        """Return the terms of the score; NaN if known values do not determine one."""
        limits = self.table["limits"]
        found = {name: inputs[name] for name in self.table["terms"] if name in inputs.values}
        found["HB1"] = np.clip(inputs["HB"], *limits["hb"])
        found["BLAST5"] = np.minimum(inputs["BM_BLAST"], limits["blasts"]) / 5
        found["TRANSF_PLT100"] = np.minimum(inputs["PLT"], limits["platelets"]) / 100
        found["CYTOVEC"] = inputs["CYTO_IPSSR"]
        found["TP53multi"] = self._tp53(inputs, limits["tp53_vaf_lost"])
        with_5q = _all_of(inputs["SF3B1"], inputs["del5q"], _not(inputs["del7_7q"]), _not(inputs["complex"]))
        found["SF3B1_5q"] = with_5q
        without = [_not(inputs[gene]) for gene in _ALPHA_EXCLUDED]
        found["SF3B1_alpha"] = _all_of(inputs["SF3B1"], _not(with_5q), *without)
        return found

    def _tp53(self, inputs: Inputs, vaf_lost: float) -> Floats:
        """Return 1 if both alleles of TP53 are mutated, 0 if not, NaN if undetermined."""
        count, stated = inputs["TP53mut"], inputs["TP53loh"]
        lost = (stated == 1) | (inputs["TP53maxvaf"] > vaf_lost) | (inputs["del17_17p"] == 1)
        one = np.where(lost, 1.0, np.where(stated == 0, 0.0, np.nan))
        return np.where(count == 2, 1.0, np.where(count == 0, 0.0, np.where(count == 1, one, np.nan)))

    def _residual(self, inputs: Inputs, scenario: str) -> Floats:
        """Return the number of mutated residual genes, up to two, and the possible addition of unknown ones."""
        genes = np.stack([inputs[gene] for gene in self.table["residual_genes"]])
        mutated, unknown = np.nansum(genes, axis=0), np.isnan(genes).sum(axis=0)
        if scenario == "worst":
            return np.asarray(np.minimum(mutated + unknown, 2.0))
        seen: Floats = np.minimum(mutated, 2.0)
        if scenario == "best":
            return seen
        mean = self.table["terms"]["nRes2"]["mean"]
        return np.asarray(seen + np.maximum((2 - mutated) / 2 * unknown / len(genes) * mean, 0.0))


def _not(value: Floats) -> Floats:
    return 1.0 - value


def _all_of(*parts: Floats) -> Floats:
    """Return 1 if all hold, 0 if one is known not to, NaN if undetermined."""
    stack = np.stack(parts)
    false: Mask = (stack == 0).any(axis=0)
    return np.where(false, 0.0, np.where(np.isnan(stack).any(axis=0), np.nan, 1.0))


class IpssR(ScoreModel):
    """IPSS-R, and its age adjustment.

    Examples
    --------
    >>> model = IpssR(version="2012")
    >>> model.card.title
    'IPSS-R'
    """

    family = "ipssr"

    def _numbers(self, inputs: Inputs) -> list[Estimated]:
        table, score = self.table, np.zeros(len(inputs))
        for name, column, closed in (
            ("blasts", "BM_BLAST", "right"),
            ("hb", "HB", "left"),
            ("platelets", "PLT", "left"),
            ("anc", "ANC", "left"),
        ):
            score = score + points_of_band(inputs[column], table[name]["cuts"], table[name]["points"], closed=closed)
        score = score + np.asarray(list(table["cytogenetics"].values()), dtype=float)[inputs.level("CYTO_IPSSR")]
        way = table["age_adjustment"]
        by_age = score + (inputs["AGE"] - way["centre"]) * (way["base"] - way["per_point"] * score)
        return [
            Estimated(name="score", outcome="score", kind="value", values=score),
            Estimated(name="age_adjusted", outcome="age_adjusted_score", kind="value", values=by_age),
        ]

    def _groups(self, numbers: Sequence[Estimated]) -> dict[str, Any]:
        return {"category": banded(numbers[0].values, self.table["cuts"], self.table["categories"])}

    def _after_reading(self, inputs: Inputs) -> None:
        unknown = ~inputs.known("AGE") & ~inputs.refused
        inputs.note(
            unknown, "published-outcome-unknown", "warning", "AGE is not known: no age-adjusted score", column="AGE"
        )
