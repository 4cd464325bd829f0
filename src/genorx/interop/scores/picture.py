"""Figure of a score: its distribution among the samples with one patient marked, and coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genorx._core.figures import own_axes, tidy
from genorx.errors import UsageError, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genorx.interop.scores.scores import ScoreResult


def plot_score(result: ScoreResult, patient_id: str, *, score_id: str | None = None, ax: Axes | None = None) -> Axes:
    """Plot the distribution of a score with one patient marked; return the Axes.

    Raises
    ------
    UsageError
        If there is no such patient or score.
    """
    frame = result.scores
    known = list(dict.fromkeys(frame["score_id"]))
    chosen = known[0] if score_id is None else score_id
    rows = frame[frame["score_id"] == chosen]
    own = rows[rows["patient_id"] == patient_id]
    if own.empty:
        raise UsageError(f"there is no score {shown(chosen)!r} of patient {shown(patient_id)!r}")
    ax = own_axes(ax)
    values = rows["score"].to_numpy(dtype=float)
    ax.hist(values, bins=min(40, max(5, int(np.sqrt(len(values))))), color="0.8", edgecolor="0.5")
    mine = float(own["score"].iloc[0])
    ax.axvline(mine, color="black", linewidth=2)
    share = float(np.mean(values < mine))
    ax.set_xlabel(f"{shown(chosen)} (sum of weights × dosages)", wrap=True, parse_math=False)
    ax.set_ylabel("Samples")
    row = own.iloc[0]
    filled = f"{row['imputed']} imputed, {row['missing']} missing"
    ax.set_title(
        f"{shown(patient_id)}: {mine:.3g}, above {share:.0%} of {len(values)} samples\n"
        f"{row['matched']} of {row['rows']} rows matched ({row['weight_coverage']:.0%} of weight), {filled}",
        fontsize=10,
        wrap=True,
        parse_math=False,
    )
    return tidy(ax, grid=False)
