"""Results for each patient and arm as one table: estimates, differences, rank, advice and its reason.

Columns are those of ``genorx effects``; the meaning of the advice is in ``effects.decision``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.arm_decision import ArmDecision, decide_all_arms
from genorx.effects.decision import Choosing
from genorx.effects.intervals import interval_of
from genorx.errors import shown

Floats = NDArray[np.float64]
_NUMBERS = (
    "rmst",
    "rmst_lo",
    "rmst_hi",
    "survival_at_horizon",
    "delta_vs_reference",
    "delta_lo",
    "delta_hi",
)


@dataclass(frozen=True, kw_only=True)
class RestrictedDraws:
    """Restricted means of patients under each option, and curves at the horizon.

    Attributes
    ----------
    patients : tuple of str
    options : tuple of str
        The reference first.
    means : array of shape (1 + n_draws, n_patients, n_options)
        Best estimate, then draws.
    survival : array of shape (n_patients, n_options)
        Probability at the horizon.
    incidence : array of shape (n_patients, n_options) or None
        Cumulative incidence of the cause of interest at the horizon.
    """

    patients: tuple[str, ...]
    options: tuple[str, ...]
    means: Floats
    survival: Floats
    incidence: Floats | None = None


def treatment_table(
    drawn: RestrictedDraws,
    support: pd.DataFrame,
    moved_by: Mapping[str, Sequence[Sequence[str]]],
    *,
    basis: str,
    choosing: Choosing,
    min_difference: float,
) -> pd.DataFrame:
    """Return one row per patient and option.

    Parameters
    ----------
    drawn : RestrictedDraws
    support : DataFrame
        As ``EffectEstimator.support``, patients in the order of ``drawn``; it may have more options than ``drawn``:
        those with too few events, which have a row without numbers.
    moved_by : mapping of option to list of names, one per patient
        Features that change the effect most.
    basis : str
        Basis of a difference: trial, or adjusted.
    choosing : Choosing
        The average differences.
    min_difference : float
    """
    names = list(dict.fromkeys(support["option"]))
    covered = support["inside"].to_numpy(bool).reshape(len(drawn.patients), len(names))
    why = support["reason"].to_numpy(object).reshape(len(drawn.patients), len(names))
    place = [names.index(name) for name in drawn.options]
    decided = decide_all_arms(
        drawn.options, drawn.means, covered[:, place], choosing=choosing, smallest_difference=min_difference
    )
    rows = []
    for row, (patient, numbers) in enumerate(zip(drawn.patients, _numbers(drawn, covered[:, place]), strict=True)):
        standing = decided[row]
        stated = _AdviceTexts(drawn=drawn, row=row, standing=standing, basis=basis, moved_by=moved_by)
        for arm, option in enumerate(drawn.options):
            reason = stated.reason(arm, [str(why[row, spot]) for spot in place])
            rows.append((patient, option, *numbers[arm], standing.rank[arm], standing.advice[arm], reason))
        for extra, option in enumerate(name for name in names if name not in drawn.options):
            empty = (np.nan,) * (len(_NUMBERS) + 1)
            reason = str(why[row, names.index(option)])
            rows.append((patient, option, *empty, len(drawn.options) + 1 + extra, "abstain", reason))
    columns = ["patient_id", "treatment", *_NUMBERS, "cif_at_horizon", "rank", "advice", "reason"]
    table = pd.DataFrame(rows, columns=columns)
    return table.drop(columns="cif_at_horizon") if drawn.incidence is None else table


def _numbers(drawn: RestrictedDraws, covered: NDArray[np.bool_]) -> list[list[list[float]]]:
    """Return the numeric cells of each patient and option; missing where not covered."""
    means, incidence = drawn.means, drawn.incidence
    lower, upper = interval_of(means[1:])
    gap = means - means[..., :1]
    gap_lower, gap_upper = interval_of(gap[1:])
    other = np.full(covered.shape, np.nan) if incidence is None else incidence
    cells = np.stack([means[0], lower, upper, drawn.survival, gap[0], gap_lower, gap_upper, other], axis=-1)
    cells[~covered] = np.nan
    cells[~covered[:, 0], :, 4:7] = np.nan
    found: list[list[list[float]]] = cells.tolist()
    return found


@dataclass(frozen=True, kw_only=True)
class _AdviceTexts:
    """Inputs of the advice on one patient's arms."""

    drawn: RestrictedDraws
    row: int
    standing: ArmDecision
    basis: str
    moved_by: Mapping[str, Sequence[Sequence[str]]]

    def reason(self, arm: int, outside: Sequence[str]) -> str:
        """Return the reason of an arm's advice; ``outside`` is why an arm has no estimate, "" if it has one."""
        standing, options = self.standing, self.drawn.options
        if outside[arm]:
            return f"not identified: {outside[arm]}"
        if standing.best is None:
            first = next((text for text in outside if text), "fewer than two arms can be compared")
            return f"not identified: {first}"
        if arm != standing.best:
            return f"{self.basis}: {self._against_best(arm)}"
        chance, more = standing.probability_best[arm], f"{self._moved(arm)}{self._average()}"
        if standing.advice[arm] == "recommend":
            return f"{self.basis}: best in {chance:.1%} of draws{more}"
        others = ", ".join(shown(options[other]) for other in standing.alike if other != arm)
        return f"{self.basis}: not distinguished from {others}; best in {chance:.1%} of draws{more}"

    def _average(self) -> str:
        """Return the best arm on average; a table of one fit carries no evaluation of individual choice."""
        best = None if self.standing.decision is None else self.standing.decision.best_single
        return "" if best is None else f"; best on average {shown(best)}, choosing by patient not evaluated"

    def _against_best(self, arm: int) -> str:
        best = self.standing.best or 0
        name = shown(self.drawn.options[best])
        chance = self.standing.probability_best[arm]
        if arm in self.standing.alike:
            return f"not distinguished from {name}; best in {chance:.1%} of draws"
        return f"{name} is shown to be better; best in {chance:.1%} of draws"

    def _moved(self, arm: int) -> str:
        other = self.standing.alike[1] if len(self.standing.alike) > 1 else 0
        names = self.moved_by.get(self.drawn.options[arm if arm else other], [()] * (self.row + 1))[self.row]
        return f"; moved most by {', '.join(map(shown, names))}" if names else ""
