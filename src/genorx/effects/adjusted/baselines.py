"""Baseline hazards: whether options share one in each stratum, or have their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genorx.effects.adjusted.compared import Compared
from genorx.effects.adjusted.start_stop import causes_of

Ints = NDArray[np.int64]
_OWN_BASELINE = 20  # events per stratum that an option needs for a baseline of its own


def own_baselines(compared: Compared, horizon: float) -> bool:
    """Return whether each option has enough events of each cause, and follow-up to the horizon, in each stratum.

    Otherwise a cause without events under an option would have probability 0 there, without uncertainty.
    """
    time, cause = compared.y["time"].to_numpy(float), causes_of(compared.y)
    for stratum in range(len(compared.stratum_names)):
        for code in range(len(compared.options)):
            cell = (compared.strata == stratum) & (compared.option == code)
            events = np.bincount(cause[cell], minlength=max(1, int(cause.max())) + 1)[1:]
            if events.min() < _OWN_BASELINE or time[cell].max() < horizon:
                return False
    return True


def cells_of(n_strata: int, n_options: int, *, own: bool) -> Ints:
    """Return the baseline's index for each stratum (row) and option (column)."""
    if own:
        return np.arange(n_strata * n_options).reshape(n_strata, n_options)
    return np.repeat(np.arange(n_strata)[:, None], n_options, axis=1)
