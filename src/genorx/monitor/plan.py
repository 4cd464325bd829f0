"""The plan of looks: their number, alpha, grace period and window."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from genorx._core.time_units import DAYS_PER_UNIT, DAYS_PER_YEAR
from genorx.monitor.spending import alpha_of_look
from genorx.monitor.table_roles import TableRoles
from genorx.outcomes.recalibration.base import Base


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Number, alpha and timing of the looks.

    Attributes
    ----------
    looks : int
        Number of planned looks.
    alpha : float
        Probability of a false alarm at any of the looks.
    grace : float
        Length of the most recent period, whose events are not all recorded yet, in the unit of the tables.
    window : float
        Length of the moving window of arrival whose patients are included, in the unit of the tables.
    quarter : float
        Three months, in the unit of the tables.
    """

    looks: int
    alpha: float
    grace: float
    window: float
    quarter: float

    @classmethod
    def of(cls, roles: TableRoles, base: Base) -> Self:
        """Return the plan of the roles, with defaults where they have none."""
        quarter = quarter_year(roles.unit) if roles.unit else likely_quarter(roles.horizon)
        window = roles.window if roles.window is not None else default_window(roles.horizon, quarter)
        grace = roles.grace if roles.grace is not None else base.grace(quarter)
        return cls(looks=roles.looks, alpha=roles.alpha, grace=grace, window=window, quarter=quarter)

    def alpha_of(self, look: int) -> float | None:
        """Return the alpha of a look; None for an unplanned one."""
        return alpha_of_look(look, self.looks, self.alpha)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def default_window(horizon: float, quarter: float) -> float:
    """Return the length of the moving window: eighteen months, at least three quarters of the horizon.

    >>> default_window(24.0, 3.0), default_window(1826.0, 91.3125), default_window(10.0, 0.25)
    (18.0, 1369.5, 7.5)
    """
    return max(0.75 * horizon, 6.0 * quarter)


def quarter_year(unit: str) -> float:
    """Return three months in a unit of time.

    >>> quarter_year("years"), quarter_year("months"), quarter_year("days")
    (0.25, 3.0, 91.3125)
    """
    return DAYS_PER_YEAR / 4.0 / DAYS_PER_UNIT[unit]


def likely_quarter(horizon: float) -> float:
    """Return three months if no unit is named: a horizon up to 10 is in years, from 300 in days, otherwise in months.

    >>> likely_quarter(5.0), likely_quarter(24.0), likely_quarter(1096.0)
    (0.25, 3.0, 91.3125)
    """
    return quarter_year("years" if horizon <= 10 else "months" if horizon < 300 else "days")
