"""Value of individual choice of strategy, by gains predicted out of fold.

Patients with a predicted gain begin the treatment in the state, the others do not; clones estimate the gain of each
group.  Compared with this, a policy that treats all loses what the others lose by treatment, one that treats none loses
the gain of the first group.
Sources: Athey S, Wager S 2021, Econometrica 89:133 (value of a policy); Hernan MA 2018, BMJ 360:k182 (clones).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from genorx._core.proportion import NORMAL_975
from genorx.cohort.course import Course, StrategyDesign
from genorx.effects.assessment.policy_value import BEST_SINGLE, REFERENCE, everybody, verdict_on
from genorx.effects.strategies.checks import by_clones, entrants

POLICY = "policy"


def strategy_policy(
    X: pd.DataFrame,
    course: Course,
    design: StrategyDesign,
    strategy: str,
    gain: pd.Series[float],
    *,
    horizon: float,
    n_boot: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the gain of individual choice over the best single option and over the reference, one row each.

    Parameters
    ----------
    X, course, design
        Features, course and design of all patients.
    strategy : str
        A strategy with a time within which the treatment begins.
    gain : Series of float, index of patients
        Gain by the strategy, predicted out of fold; patients without a gain are left out.
    horizon : float
        Time since entry into the state up to which means are computed.
    n_boot, seed : int
        Bootstrap samples of the clones.

    Returns
    -------
    DataFrame
        ``strategy``, ``method`` (``policy``), ``against`` (the policy of one option for all), ``estimate`` (gain in the
        mean time alive, above 0 is good), ``lower``, ``upper``, ``patients`` (who entered the state), ``reason`` (the
        verdict); if clones cannot estimate it, one row without numbers, with the reason.
    """
    chosen_strategy = design.strategy(strategy)
    there = entrants(X.loc[X.index.intersection(gain.index, sort=False)], course, design, chosen_strategy)
    treated = gain.loc[there.X.index] > 0
    row = {"strategy": strategy, "method": POLICY, "patients": len(treated)}
    parts: dict[bool, tuple[float, float]] = {}
    for chosen in (True, False):
        patients = treated.index[treated == chosen]
        if not len(patients):
            parts[chosen] = (0.0, 0.0)
            continue
        found = by_clones(there.only(patients), chosen_strategy, horizon, n_boot, seed)
        if np.isnan(found.estimate):
            whom = "to gain" if chosen else "not to gain"
            reason = f"among those predicted {whom}: {found.reason}"
            return pd.DataFrame([row | {"against": "", "reason": reason}])
        share = len(patients) / len(treated)
        parts[chosen] = (share * found.estimate, share * (found.upper - found.lower) / (2 * NORMAL_975))
    best = strategy if parts[True][0] + parts[False][0] > 0 else design.reference
    over = {strategy: (-parts[False][0], parts[False][1]), design.reference: parts[True]}
    return pd.DataFrame(
        [
            row | {"against": everybody(option, standing)} | _limits(*over[option])
            for option, standing in ((best, BEST_SINGLE), (design.reference, REFERENCE))
        ]
    )


def _limits(estimate: float, error: float) -> dict[str, float | str]:
    lower, upper = estimate - NORMAL_975 * error, estimate + NORMAL_975 * error
    return {"estimate": estimate, "lower": lower, "upper": upper, "reason": verdict_on(lower, upper)}
