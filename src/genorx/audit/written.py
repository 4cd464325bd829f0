"""Output format of audit tables: amounts with two decimals, empty where not known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genorx._core.output import to_csv
from genorx.audit.claim_table import written


def table_text(table: pd.DataFrame) -> str:
    """Format an audit table as CSV."""
    shown = written(table) if {"units", "charge"} <= set(table.columns) else table
    if "amount" in shown:
        texts = ["" if np.isnan(amount) else f"{amount:.2f}" for amount in shown["amount"]]
        shown = shown.assign(amount=pd.Series(texts, index=shown.index, dtype=object))
    return to_csv(shown)
