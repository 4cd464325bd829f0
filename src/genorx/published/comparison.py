"""Comparison of published models on the same patients; disagreements are reported as findings.

The gain of a treatment is divided into bands as in clinical use (under 3, 3 to 5, 5 points and more); a risk into bands
at 5, 7.5 and 20 %; scores by their own groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.short_repr import short
from genorx.errors import Finding, NotAnswerableError, UsageError
from genorx.published.model import PublishedModel
from genorx.published.options.ranked import gains
from genorx.published.registry import load

GAIN_CUTS = (0.03, 0.05)
RISK_CUTS = (0.05, 0.075, 0.20)
# IPSS-M divides the intermediate group of IPSS-R
_SAME_GROUP = {"Moderate Low": "Int", "Moderate High": "Int"}


@short
@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Predictions of several models for the same patients.

    Attributes
    ----------
    frame : DataFrame
        ``patient_id``, ``what`` (a treatment's gain, a risk, a group), then for each model its value and band as
        columns ``MODEL value`` and ``MODEL band``, and ``agree`` (True if all bands are the same).
    findings : tuple of Finding
        One per patient and quantity on which the models disagree.
    """

    models: tuple[str, ...]
    frame: pd.DataFrame
    findings: tuple[Finding, ...]

    @property
    def disagreements(self) -> pd.DataFrame:
        """Rows on which the models disagree."""
        return self.frame[~self.frame["agree"]].reset_index(drop=True)


def compare(
    models: Sequence[str | PublishedModel],
    frame: pd.DataFrame,
    *,
    horizon: float | None = None,
    gain_cuts: Sequence[float] = GAIN_CUTS,
    risk_cuts: Sequence[float] = RISK_CUTS,
) -> Comparison:
    """Compare the predictions of several models for the same patients, in bands.

    Parameters
    ----------
    models : sequence of str or PublishedModel
        Two or more models, or names with version.
    frame : DataFrame
        One row per patient, with the inputs of all models.
    horizon : float, optional
        Time at which gains are compared, in years; 10 by default.
    gain_cuts, risk_cuts : sequence of float
        Cut points of the bands; a value at a cut belongs to the band above.

    Raises
    ------
    UsageError
        If there are fewer than two models.
    NotAnswerableError
        If they have nothing in common: no treatment, risk or group.
    """
    loaded = [load(each) if isinstance(each, str) else each for each in models]
    names = [each.id for each in loaded]
    if len(loaded) < 2 or len(set(names)) < len(names):
        raise UsageError("two or more different models are needed to compare", code="usage")
    tables = [_values_of(each, frame, horizon, gain_cuts, risk_cuts) for each in loaded]
    joined = tables[0].rename(columns={"value": f"{names[0]} value", "band": f"{names[0]} band"})
    for name, table in zip(names[1:], tables[1:], strict=True):
        renamed = table.rename(columns={"value": f"{name} value", "band": f"{name} band"})
        joined = joined.merge(renamed, on=["patient_id", "what"], how="inner")
    if joined.empty and len(frame):
        raise NotAnswerableError(f"{' and '.join(names)} have nothing in common to compare", code="nothing-to-compare")
    bands = joined[[f"{name} band" for name in names]]
    plain = bands.replace(_SAME_GROUP)
    joined["agree"] = plain.eq(plain.iloc[:, 0], axis=0).all(axis=1)
    return Comparison(models=tuple(names), frame=joined, findings=_findings(joined, names))


def _findings(joined: pd.DataFrame, names: Sequence[str]) -> tuple[Finding, ...]:
    found = []
    for row in joined[~joined["agree"]].to_dict("records"):
        listed = "; ".join(f"{name} {row[f'{name} band']}" for name in names)
        text = f"the models disagree on {row['what']}: {listed}"
        found.append(
            Finding(code="published-disagreement", severity="warning", message=text, patient_id=str(row["patient_id"]))
        )
    return tuple(found)


def _values_of(
    model: PublishedModel,
    frame: pd.DataFrame,
    horizon: float | None,
    gain_cuts: Sequence[float],
    risk_cuts: Sequence[float],
) -> pd.DataFrame:
    """Return ``patient_id``, ``what``, ``value``, ``band`` of one model."""
    if len(model.all_options()) > 1:
        return _gains_of(model, frame, horizon, gain_cuts)
    wide = model.evaluate(frame)
    groups = [name for name in wide.columns if name.rpartition(".")[2] in ("category", "group", "grade")]
    ids = model.read(frame).ids
    if groups:
        chosen = "mean.category" if "mean.category" in groups else groups[0]
        score = wide[chosen.replace("category", "score").replace("group", "score").replace("grade", "score")]
        kept = {"patient_id": ids, "what": "group", "value": score.to_numpy(), "band": wide[chosen].to_numpy()}
        return pd.DataFrame(kept).dropna(subset=["band"])
    long = model.predict(frame).dropna(subset=["estimate"])
    long = long[long["time"].notna()]
    what = long["outcome"].replace({"ascvd": "cardiovascular risk", "cvd": "cardiovascular risk"})
    years = long["time"].map(lambda time: f", {time:g} years")
    made = {"patient_id": long["patient_id"], "what": what + years, "value": long["estimate"]}
    return pd.DataFrame(made).assign(band=_banded(long["estimate"], risk_cuts, "%"))


def _gains_of(model: PublishedModel, frame: pd.DataFrame, horizon: float | None, cuts: Sequence[float]) -> pd.DataFrame:
    """Return the gain of each treatment on top of all other applicable ones (hormone therapy for 5 years)."""
    table = gains(model, frame, horizon=horizon)
    plain = table[~table["on_top_of"].str.contains("[Hr]", regex=True)]  # treatments of every version
    longest = plain.assign(size=plain["option"].str.len()).sort_values("size", kind="stable")
    last = longest.drop_duplicates(["patient_id", "treatment"], keep="last").sort_index()
    what = "gain of " + last["treatment"] + " on top of " + last["on_top_of"]
    made = {"patient_id": last["patient_id"], "what": what, "value": last["gain"]}
    return pd.DataFrame(made).assign(band=_banded(last["gain"], cuts, "points"))


def _banded(values: Any, cuts: Sequence[float], unit: str) -> np.ndarray[Any, Any]:
    edges = [f"{100 * cut:g}" for cut in cuts]
    middle = [f"{low} to {high} {unit}" for low, high in pairwise(edges)]
    labels = np.array([f"under {edges[0]} {unit}", *middle, f"{edges[-1]} {unit} and more"], dtype=object)
    return np.asarray(labels[np.searchsorted(np.asarray(cuts), np.asarray(values, dtype=float), side="right")])
