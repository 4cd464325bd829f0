"""Patients and events of each option by stratum, to show where options can be compared."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from genorx.cohort.design.design import Design
from genorx.cohort.follow_up import follow_up_of
from genorx.cohort.outcome import Outcome
from genorx.errors import Finding, SupportError, shown

_ALL = "(all)"


def positivity_table(design: Design, primary: Outcome, switched: pd.Series) -> pd.DataFrame:
    """Return patients, events and follow-up of each option, by stratum and for all.

    Parameters
    ----------
    design : Design
    primary : Outcome
        Outcome whose events are counted, from the design's origin on.
    switched : Series of bool, index as ``design.treatment``
        True for patients who started another option later.
    """
    followed = design.follow_up(primary.frame, unit=primary.unit) if primary.timed else None
    table = []
    strata = sorted(design.strata.unique())
    for stratum in [*strata, _ALL] if len(strata) > 1 else [_ALL]:
        inside = design.strata == stratum if stratum != _ALL else pd.Series(True, index=design.strata.index)
        for option in design.options:
            patients = design.treatment.index[(inside & (design.treatment == option)).to_numpy(dtype=bool)]
            row: dict[str, object] = {"stratum": stratum, "option": option, "patients": len(patients)}
            if followed is not None:
                row |= follow_up_of(followed.loc[followed.index.intersection(patients)])
            else:
                happened = primary.happened.reindex(patients, fill_value=False)
                row |= {"events": int(happened.sum()), "median_follow_up": None, "total_follow_up": None}
            row["switched_after"] = int(switched.loc[patients].sum())
            table.append(row)
    frame = pd.DataFrame(table)
    return frame.astype({"median_follow_up": "Float64", "total_follow_up": "Float64"})


def compared_within(
    strata: pd.Series[str], treatment: pd.Series[str], *, file: str | Path | None = None
) -> list[Finding]:
    """Return a finding on strata with one option only, which carry no information on a difference.

    Every comparison of options, of a study, of plain tables or of an estimator, applies this rule.

    Parameters
    ----------
    strata, treatment : Series
        Of the same patients.
    file : path, optional
        File of the treatment, for the error.

    Raises
    ------
    SupportError
        If no stratum has two options (``nothing-to-compare``): a difference between options is one between strata too.
    """
    findings = []
    counts = pd.crosstab(strata, treatment)
    single = counts[(counts > 0).sum(axis=1) < 2]
    if len(counts) and len(single) == len(counts):
        raise SupportError(
            "no stratum has patients of two options",
            file=file,
            hint="compare without strata, if patients of different strata are comparable",
            code="nothing-to-compare",
        )
    if len(single):
        message = (
            f"{len(single)} of {len(counts)} strata, {int(single.to_numpy().sum())} patients, have one option only "
            f'and carry no information on a difference, the first is "{shown(single.index[0])}"'
        )
        findings.append(Finding(code="one-option-stratum", severity="warning", message=message))
    return findings
