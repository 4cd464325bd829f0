"""Serialisation of a fit with group shrinkage; ``survival.cox_state`` adds the parts of a Cox model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from genorx.outcomes.shrinkage.covariance import covariance_arrays, covariances_from
from genorx.outcomes.shrinkage.cox_fit import CoxFit
from genorx.outcomes.shrinkage.logistic_fit import LogisticFit

_BY_GROUP = ("penalty", "group_mean", "edf")


def group_values(fit: LogisticFit | CoxFit) -> dict[str, dict[str, float]]:
    """Return the group results of a fit as JSON values."""
    return {name: {str(group): float(one) for group, one in getattr(fit, name).items()} for name in _BY_GROUP}


def groups_from(values: Mapping[str, Any]) -> dict[str, dict[int, float]]:
    """Restore the group results from JSON values."""
    return {name: {int(group): float(one) for group, one in values[name].items()} for name in _BY_GROUP}


def logistic_state(fit: LogisticFit) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return JSON values and arrays of a fit of log odds or log means."""
    numbers = {name: getattr(fit, name) for name in ("intercept", "log_likelihood", "n_rows", "n_events")}
    return numbers | group_values(fit), {"beta": fit.beta} | covariance_arrays(covariance=fit.covariance)


def logistic_from(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> LogisticFit:
    """Restore a fit from ``logistic_state``."""
    stated: dict[str, Any] = dict(values) | groups_from(values)
    stated |= covariances_from(arrays, ["covariance"])
    return LogisticFit(beta=arrays["beta"], **stated)
