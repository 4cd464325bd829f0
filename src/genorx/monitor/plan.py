"""The plan of looks: how many, at which alpha, after which grace period, over which window."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from genorx.monitor.spending import alpha_of_look
from genorx.monitor.table_roles import TableRoles
from genorx.outcomes.recalibration.base import Base, quarter_year


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Number, alpha and timing of the looks.

    Attributes
    ----------
    looks : int
    alpha : float
        Probability of a false alarm at any of them.
    grace : float
        The newest time, whose events are not all recorded.
    window : float
        Patients who arrived within it count.
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
        window = roles.window if roles.window is not None else default_window(roles.horizon)
        grace = roles.grace if roles.grace is not None else base.grace(roles.horizon)
        quarter = quarter_year(roles.horizon)
        return cls(looks=roles.looks, alpha=roles.alpha, grace=grace, window=window, quarter=quarter)

    def alpha_of(self, look: int) -> float | None:
        """Return the alpha of a look; None for an unplanned one."""
        return alpha_of_look(look, self.looks, self.alpha)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def default_window(horizon: float) -> float:
    """Return the length of the moving window: eighteen months, at least three quarters of the horizon.

    >>> default_window(24.0), default_window(1826.0), default_window(10.0)
    (18.0, 1369.5, 7.5)
    """
    return max(0.75 * horizon, 6.0 * quarter_year(horizon))
