"""Serialisation of a fitted Cox model as JSON values and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.baseline import Baseline, span_arrays, spans_from
from genorx.outcomes.shrinkage.covariance import covariance_arrays, covariances_from
from genorx.outcomes.shrinkage.cox_fit import CoxFit
from genorx.outcomes.shrinkage.fit_state import group_values, groups_from

_BASELINE = ("increments", "deaths", "risk_means")


def baseline_arrays(baseline: tuple[Baseline, ...]) -> dict[str, NDArray[Any]]:
    """Return the arrays of baselines, named ``baseline.STRATUM.NAME``."""
    arrays: dict[str, NDArray[Any]] = {}
    for stratum, base in enumerate(baseline):
        prefix = f"baseline.{stratum}."
        arrays |= span_arrays(base.spans, prefix)
        arrays |= {f"{prefix}{name}": np.asarray(getattr(base, name)) for name in _BASELINE}
    return arrays


def baseline_from(arrays: Mapping[str, NDArray[Any]]) -> tuple[Baseline, ...]:
    """Restore baselines from ``baseline_arrays``."""
    n_strata = sum(name.startswith("baseline.") and name.endswith(".spans") for name in arrays)
    prefixes = [f"baseline.{stratum}." for stratum in range(n_strata)]
    return tuple(
        Baseline(spans=spans_from(arrays, prefix), **{name: arrays[f"{prefix}{name}"] for name in _BASELINE})
        for prefix in prefixes
    )


def cox_state(fit: CoxFit) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return JSON values and arrays of a fit."""
    counts = {"log_likelihood": fit.log_likelihood, "n_rows": fit.n_rows, "n_events": fit.n_events}
    arrays = {"beta": fit.beta, "normal_beta": fit.normal_beta} | covariance_arrays(covariance=fit.covariance)
    if fit.heavy is not None:
        arrays |= {"heavy_beta": fit.heavy[0]} | covariance_arrays(heavy_covariance=fit.heavy[1])
    return group_values(fit) | counts, arrays | baseline_arrays(fit.baseline)


def cox_from(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> CoxFit:
    """Restore a fit from ``cox_state``."""
    found = covariances_from(arrays, ["covariance", "heavy_covariance"])
    return CoxFit(
        beta=arrays["beta"],
        normal_beta=arrays["normal_beta"],
        covariance=found["covariance"],
        heavy=(arrays["heavy_beta"], found["heavy_covariance"]) if "heavy_beta" in arrays else None,
        baseline=baseline_from(arrays),
        log_likelihood=float(values["log_likelihood"]),
        n_rows=int(values["n_rows"]),
        n_events=int(values["n_events"]),
        **groups_from(values),
    )
