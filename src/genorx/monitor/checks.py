"""One check of a look: the tested quantity and its place, the result, and the severity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Literal

import numpy as np
import pandas as pd

Severity = Literal["ok", "shift", "description", "hold", "alarm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A test of a look.

    Attributes
    ----------
    check : str
        Tested quantity.
    place : str
        Column, site, part, arm or subgroup; empty for all.
    statistic : float
        Statistic of ``check``: a ratio, a share, a likelihood ratio; NaN if there is none.
    p : float
        P-value; NaN if a rule decides without a test.
    alpha : float
        Threshold of ``p``; NaN for a description.
    severity : {"ok", "shift", "description", "hold", "alarm"}
    message : str
        One sentence if the check is not ok; otherwise empty.
    code : str
        Code of the finding; empty if there is none.
    """

    check: str
    place: str = ""
    statistic: float = np.nan
    p: float = np.nan
    alpha: float = np.nan
    severity: Severity = "ok"
    message: str = ""
    code: str = ""

    def only_if(self, found: bool) -> Check:
        """Return the check unchanged if its condition holds, otherwise as ok, with its numbers but without message."""
        if found:
            return self
        return Check(check=self.check, place=self.place, statistic=self.statistic, p=self.p, alpha=self.alpha)


COLUMNS = ("check", "place", "statistic", "p", "alpha", "severity")


def checks_frame(checks: Iterable[Check]) -> pd.DataFrame:
    """Return checks as a table, one row each."""
    return pd.DataFrame([asdict(each) for each in checks], columns=[each.name for each in fields(Check)])[[*COLUMNS]]
