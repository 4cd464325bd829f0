"""Provider rates of findings compared with peers, with control of the false discovery rate.

This module has counts only: which findings count, and the number of opportunities, is ``providers``.
Source: Skellam JG 1948, J R Stat Soc B 10:257 (beta-binomial); Benjamini Y, Hochberg Y 1995, J R Stat Soc B 57:289.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]
#: Number of opportunities below which a provider is not compared.
LEAST_CHANCES = 5
#: Smallest assumed rate of peers: with a lower one, a single finding would make a provider an outlier.
LEAST_RATE = 0.02
#: Weight of the peers' rate in opportunities: the sum of the two parameters of the beta distribution.
WEIGHT = 20.0


def against_peers(counts: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Compare each provider with enough opportunities with the median rate of all of them.

    Parameters
    ----------
    counts : DataFrame
        ``npi``, ``n`` (opportunities) and ``k`` (findings), one row per provider.
    alpha : float
        False discovery rate at which providers are flagged.

    Returns
    -------
    DataFrame
        ``npi, n, k, rate, shrunken, lower, upper, expected, p, q, flagged``; ``p`` is the probability of as many
        findings or more if the provider were like the peers, ``q`` its false discovery rate.
    """
    table = counts[counts["n"] >= LEAST_CHANCES].sort_values("npi", kind="stable").reset_index(drop=True)
    n, k = table["n"].to_numpy(dtype=float), table["k"].to_numpy(dtype=float)
    peers = max(LEAST_RATE, float(np.median(k / n))) if len(n) else LEAST_RATE
    a, b = k + WEIGHT * peers, n - k + WEIGHT * (1.0 - peers)
    p = upper_tail(k, n, peers)
    q = false_discovery_rates(p)
    return table.assign(
        rate=k / n,
        shrunken=a / (n + WEIGHT),
        lower=stats.beta.ppf(0.025, a, b),
        upper=stats.beta.ppf(0.975, a, b),
        expected=n * peers,
        p=p,
        q=q,
        flagged=(q <= alpha).astype(int),
    )


def upper_tail(k: ArrayLike, n: ArrayLike, rate: float) -> Floats:
    """Return ``P(K >= k)`` of a beta-binomial of size ``n`` with parameters ``20 rate`` and ``20 (1 - rate)``.

    Summed over the tail itself: one minus the other tail would lose small probabilities to rounding.
    """
    least, most = np.asarray(k, dtype=int), np.asarray(n, dtype=int)
    if not most.size:
        return np.zeros(0)
    number = np.arange(int(most.max()) + 1)[None, :]
    inside = (number >= least[:, None]) & (number <= most[:, None])
    a, b = WEIGHT * rate, WEIGHT * (1.0 - rate)
    chances = np.broadcast_to(most[:, None], inside.shape)
    found = np.broadcast_to(number, inside.shape)
    log = np.full(inside.shape, -np.inf)
    log[inside] = stats.betabinom.logpmf(found[inside], chances[inside], a, b)
    return np.where(least <= 0, 1.0, np.minimum(1.0, np.exp(special.logsumexp(log, axis=1))))


def false_discovery_rates(p: ArrayLike) -> Floats:
    """Return the false discovery rate at which each test would be flagged (Benjamini and Hochberg's step-up)."""
    values = np.asarray(p, dtype=np.float64)
    return np.asarray(stats.false_discovery_control(values)) if values.size else values
