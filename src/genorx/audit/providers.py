"""Providers whose rates of findings exceed those of their peers, for the rules that are meaningful as rates.

Doses come from the record, so that a provider of heavy patients is not an outlier.  The statistics are in ``peers``.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from genorx.audit.case import Case
from genorx.audit.peers import against_peers
from genorx.audit.rules.own import PROVIDER_CODE

#: Columns of the table of providers.
COLUMNS = ("npi", "rule", "n", "k", "rate", "shrunken", "lower", "upper", "expected", "p", "q", "flagged")


def compared_providers(case: Case, rules: Collection[str], found: pd.DataFrame, *, alpha: float) -> pd.DataFrame:
    """Compare each provider with enough opportunities with its peers, by rule.

    Parameters
    ----------
    case : Case
    rules : collection of str
        Numbers of the rules that were applied; no rate is known for others.
    found : DataFrame
        The table of discrepancies.
    alpha : float
        False discovery rate of all rules together, divided equally between them.

    Returns
    -------
    DataFrame
        ``COLUMNS``, by rule and provider.
    """
    counts = {"C03": _dose_counts, "C09": _panel_counts}
    tables = [pd.DataFrame(columns=list(COLUMNS))]
    for rule, count in counts.items():
        table = against_peers(count(case, found[found["rule"] == rule]), alpha / len(counts))
        tables += [table.assign(rule=rule)[list(COLUMNS)]] if rule in rules and len(table) else []
    return pd.concat(tables[1:], ignore_index=True) if len(tables) > 1 else tables[0]


def _dose_counts(case: Case, found: pd.DataFrame) -> pd.DataFrame:
    """Return each provider's drug lines without JW, and the number that C03 flags."""
    if not {"drug_codes", "administrations"} <= {*case.facts.tables, *case.records.tables}:
        return _counted(pd.Series(dtype=object), pd.Series(dtype=object))
    chances = (case.fact_rows("drug_codes") >= 0) & ~case.table["jw"].to_numpy()
    return _counted(pd.Series(case.npis[case.table["npi"].to_numpy()[chances]], dtype=object), found["npi"])


def _panel_counts(case: Case, found: pd.DataFrame) -> pd.DataFrame:
    """Return each provider's patients, and the number for whom C09 flags one of the provider's lines."""
    patients = case.records.tables["patients"]
    if not {"test_codes", "pgx_drugs", "orders", "administrations"} <= {*case.facts.tables, *case.records.tables}:
        return _counted(pd.Series(dtype=object), pd.Series(dtype=object))
    own = (
        found[["npi", "patient_id"]].drop_duplicates().merge(patients[["npi", "patient_id"]], on=["npi", "patient_id"])
    )
    return _counted(patients["npi"], own["npi"])


def _counted(chances: pd.Series, hits: pd.Series) -> pd.DataFrame:
    """Return ``npi, n, k``; lines without a provider are left out."""
    n = chances[chances != ""].astype(object).value_counts().sort_index()
    k = hits.astype(object).value_counts().reindex(n.index, fill_value=0)
    return pd.DataFrame({"npi": n.index.to_numpy(dtype=object), "n": n.to_numpy(), "k": k.to_numpy()})


def with_providers(found: pd.DataFrame, providers: pd.DataFrame) -> pd.DataFrame:
    """Append one row per flagged provider to the table of discrepancies.

    Parameters
    ----------
    found : DataFrame
        The table of discrepancies.
    providers : DataFrame
        Result of ``compared_providers``.

    Returns
    -------
    DataFrame
        The rows of ``found``, then rows of rule ``P01`` by provider, without claim, line and amount.
    """
    flagged = providers[providers["flagged"] == 1]
    words = [_words(row) for row in flagged.itertuples()]
    reasons = pd.Series(words, index=flagged["npi"], dtype=object).groupby(level=0, sort=True).agg("; ".join)
    rows = pd.DataFrame({name: pd.Series([""] * len(reasons), dtype=found[name].dtype) for name in _TEXTS})
    rows["npi"] = pd.Series(reasons.index.to_numpy(), dtype=found["npi"].dtype)
    rows["line"] = pd.Series([pd.NA] * len(reasons), dtype="Int64")
    rows["amount"] = np.full(len(reasons), np.nan)
    rows = rows.assign(rule=PROVIDER_CODE, severity="warning", reason=reasons.to_numpy(dtype=object))[
        list(found.columns)
    ]
    joined = pd.concat([found, rows], ignore_index=True) if len(rows) else found.copy()
    joined.attrs = dict(found.attrs)
    return joined


_TEXTS = ("claim_id", "npi", "patient_id", "code", "service_date")
_OF = {"C03": "drug lines without JW", "C09": "patients"}


def _words(row: object) -> str:
    rule, k, n = row.rule, row.k, row.n  # type: ignore[attr-defined]
    expected, q = row.expected, row.q  # type: ignore[attr-defined]
    return f"{rule}: {k} of {n} {_OF[rule]}, {expected:.1f} expected from the peers (false discovery rate {q:.2g})"
