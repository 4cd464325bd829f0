"""Missing values by site: a column that one hospital never measured identifies the hospital.

A site is the column that names it (centre, hospital, site, trial); it is not itself a feature.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.lifestyle.columns import is_lifestyle
from genorx.errors import Finding, shown

_SITE_NAME = re.compile(
    r"^(project_?|treating_?|study_?)?(cent(re|er)|site|hospital|clinic|institution)(_?(id|code|no|name))?$|^(study|trial)$",
    re.IGNORECASE,
)
_MIN_PATIENTS = 10
#: Share of the variance of "missing" between sites above which it identifies them.
_BETWEEN = 0.3
_SOME = 5


def site_rank(column: str) -> int | None:
    """Return how well a column's name matches a site: 0 a place, 1 a trial, None neither."""
    if not _SITE_NAME.match(column):
        return None
    return 1 if column.lower() in ("study", "trial") else 0


def missing_by_site(features: pd.DataFrame, site: pd.Series) -> pd.DataFrame:
    """Return ``column``, ``site``, ``patients``, ``missing``, ``missing_share`` of columns with missing values.

    Parameters
    ----------
    features : DataFrame, index ``patient_id``
    site : Series of str, index ``patient_id``
        Patients whose site is not known are left out.
    """
    site = site.reindex(features.index).dropna().astype(str)
    missing = features.loc[site.index].isna()
    missing = missing.loc[:, missing.any()]
    patients = site.groupby(site).size()
    counts = missing.groupby(site).sum()
    counts.index.name = "site"
    frame = counts.reset_index().melt(id_vars="site", var_name="column", value_name="missing")
    frame = frame[["column", "site", "missing"]].astype({"column": str, "site": str, "missing": int})
    frame.insert(2, "patients", frame["site"].map(patients).astype(int))
    frame["missing_share"] = frame["missing"] / frame["patients"]
    return frame.sort_values(["column", "site"], kind="stable", ignore_index=True)


def site_findings(table: pd.DataFrame, site: str) -> tuple[Finding, ...]:
    """Return one finding that names the columns whose missing values identify the site, if there are any.

    Sites of at least 10 patients count; a column is named where it is wholly missing at one of them, known at another,
    and 30 % or more of the variance of "missing" lies between them.  Lifestyle columns have a finding each: some sites
    ask and others do not, and "not asked" is easily taken for "no".
    """
    found = []
    findings = []
    for column, rows in table[table["patients"] >= _MIN_PATIENTS].groupby("column", sort=True):
        share = rows["missing_share"].to_numpy()
        between = _between(share, rows["patients"].to_numpy())
        if share.max() == 1.0 and share.min() < 0.5 and between >= _BETWEEN:
            found.append((between, str(column), int((share == 1.0).sum()), len(rows)))
            if is_lifestyle(str(column)):
                findings.append(_never_recorded(str(column), rows, site))
    if not found:
        return ()
    found.sort(key=lambda each: (-each[0], each[1]))
    stated = ", ".join(f'"{shown(name)}" ({wholly} of {sites} sites)' for _, name, wholly, sites in found[:_SOME])
    more = f" and {len(found) - _SOME} more" if len(found) > _SOME else ""
    message = f'columns wholly missing at some levels of "{shown(site)}": {stated}{more}'
    return (Finding(code="missing-by-site", severity="warning", message=message), *findings)


def _never_recorded(column: str, rows: pd.DataFrame, site: str) -> Finding:
    share = rows["missing"].sum() / rows["patients"].sum()
    wholly = int((rows["missing_share"] == 1.0).sum())
    message = (
        f'"{shown(column)}" is missing in {share:.0%} of patients, in all at {wholly} of {len(rows)} levels of '
        f'"{shown(site)}": whether it is missing shows where a patient was treated, not how the patient lives'
    )
    return Finding(code="missing-by-site", severity="warning", message=message, place=f'column "{shown(column)}"')


def _between(share: NDArray[np.float64], patients: NDArray[np.float64]) -> float:
    """Return the correlation ratio of a 0/1 column: variance between sites over total variance."""
    mean = float(np.average(share, weights=patients))
    total = mean * (1 - mean)
    return float(np.average((share - mean) ** 2, weights=patients) / total) if total > 0 else 0.0
