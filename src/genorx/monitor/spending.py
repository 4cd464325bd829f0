"""Alpha spending: the planned looks share the false alarm rate, an unplanned look has none.

Source: Lan KKG, DeMets DL 1983, Biometrika 70:659 (alpha spending).
"""

from __future__ import annotations


def alpha_of_look(look: int, looks: int, alpha: float) -> float | None:
    """Return the alpha of a look, equal for all; None for an unplanned one, which is descriptive only.

    Equal shares are spent, since a change may occur at any time and looks are called one by one: the alpha of a look
    does not depend on the results of earlier ones.

    Parameters
    ----------
    look : int
        Number of the look, from 1.
    looks : int
        Number of planned looks.
    alpha : float
        Probability of a false alarm at any of the planned looks.

    >>> alpha_of_look(4, 15, 0.06), alpha_of_look(16, 15, 0.06)
    (0.004, None)
    """
    return alpha / looks if 1 <= look <= looks else None
