"""Measurements in another unit at one site: its median is a unit conversion away from the other sites'.

Values of a column that scatter widely (CRP, bilirubin) hide a second unit from ``cohort.tables.unit_doubts``; sites
do not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx._core.units import Linear, UnitError, conversion
from genorx.cohort.tables.unit_doubts import factor_description
from genorx.cohort.tables.variables import Variable, find_variable
from genorx.errors import Finding, shown

_MIN_PATIENTS = 10  # of a site
_MEDIAN = 1.2533  # standard error of a median over that of a mean, for a normal distribution
_FAR = 6.0  # standard errors between the medians
_NEAR, _EXACT, _WIDEST = 2.5, 0.1, 0.25  # from a conversion: standard errors, logarithms; most, of its logarithm
_NOT_TESTS = ("imaging", "expression")


def site_unit_findings(
    features: pd.DataFrame, specs: Iterable[FeatureSpec], site: pd.Series[str]
) -> tuple[Finding, ...]:
    """Return one finding for each measurement and site whose values fit another unit.

    Parameters
    ----------
    features : DataFrame, index ``patient_id``
    specs : iterable of FeatureSpec
    site : Series of str, index ``patient_id``
    """
    findings = []
    for spec in specs:
        variable = find_variable(spec.name) if spec.kind in ("number", "integer") else None
        if variable is None or spec.unit is None or spec.group.startswith(_NOT_TESTS):
            continue
        values = features[spec.name].to_numpy(dtype=float, na_value=np.nan)
        for name, message in _doubted(values, site.reindex(features.index), spec.unit, variable):
            place = f'{spec.source}: column "{shown(spec.name)}"'
            stated = f'"{shown(site.name)}" {shown(name)}: {message}'
            findings.append(Finding(code="unit-suspect", severity="serious", message=stated, place=place))
    return tuple(findings)


def _doubted(
    values: NDArray[np.float64], site: pd.Series[str], unit: str, variable: Variable
) -> Iterable[tuple[str, str]]:
    """Yield the doubtful sites, with a description of their values."""
    known = np.isfinite(values) & (values > 0) & site.notna().to_numpy()
    groups = pd.Series(np.log(values[known])).groupby(site.to_numpy(dtype=object)[known])
    logs = {str(name): group.to_numpy() for name, group in groups if len(group) >= _MIN_PATIENTS}
    if len(logs) < 2:
        return
    middle = {name: float(np.median(group)) for name, group in logs.items()}
    error = {name: _MEDIAN * float(group.std(ddof=1)) / math.sqrt(len(group)) for name, group in logs.items()}
    for name in logs:
        for other, linear in _other_units(unit, variable):
            fits = [
                _conversion_away(middle[name] - middle[each], math.hypot(error[name], error[each]), linear)
                for each in logs
                if each != name
            ]
            if 2 * sum(fits) > len(fits):
                factor = factor_description(linear, other, unit)
                yield name, f"values fit {other}, those of most other sites {unit} ({factor})"
                break


def _other_units(unit: str, variable: Variable) -> Iterable[tuple[str, Linear]]:
    """Yield the units that differ by a factor, and their conversion to ``unit``."""
    for other in (variable.unit, *variable.other_units):
        try:
            linear = conversion(other, unit, variable.name)
        except UnitError:
            continue
        if linear.intercept == 0 and linear.slope > 0 and linear != Linear(1.0):
            yield other, linear


def _conversion_away(gap: float, error: float, linear: Linear) -> bool:
    """Return whether two medians differ strongly, and by about a unit conversion."""
    shift = -math.log(linear.slope)
    near = min(max(_EXACT, _NEAR * error), _WIDEST * abs(shift))
    return abs(gap) > _FAR * error and abs(gap - shift) < near
