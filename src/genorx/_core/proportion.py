"""Confidence interval of a proportion."""

from __future__ import annotations

import math

#: Quantile of the normal distribution that leaves 2.5 % above.
NORMAL_975 = 1.959963984540054


def wilson_interval(share: float, size: float) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a proportion.

    References
    ----------
    Wilson EB 1927, J Am Stat Assoc 22:209.

    >>> [round(limit, 4) for limit in wilson_interval(0.5, 10)]
    [0.2366, 0.7634]
    """
    square, n = NORMAL_975**2, float(size)  # the square of a very large integer cannot be a divisor
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = NORMAL_975 * math.sqrt(share * (1 - share) / n + square / (4 * n**2)) / (1 + square / n)
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))
