"""The plan of looks: how many, at which alpha, after which grace, over which window."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from genorx.monitor.spending import alpha_of_look
from genorx.monitor.table_roles import TableRoles
from genorx.outcomes.recalibration.base import Base, quarter_year


@dataclass(frozen=True, kw_only=True)
class Plan:
    """When and how it is looked.

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
        """Return what the roles say, and the defaults where they are silent."""
        window = roles.window if roles.window is not None else default_window(roles.horizon)
        grace = roles.grace if roles.grace is not None else base.grace(roles.horizon)
        quarter = quarter_year(roles.horizon)
        return cls(looks=roles.looks, alpha=roles.alpha, grace=grace, window=window, quarter=quarter)

    def alpha_of(self, look: int) -> float | None:
        """Return the alpha of a look; None beside the plan."""
        return alpha_of_look(look, self.looks, self.alpha)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def default_window(horizon: float) -> float:
    """Return the length of the moving window: eighteen months, three quarters of the horizon at least.

    >>> default_window(24.0), default_window(1826.0), default_window(10.0)
    (18.0, 1369.5, 7.5)
    """
    return max(0.75 * horizon, 6.0 * quarter_year(horizon))
