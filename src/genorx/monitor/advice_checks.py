"""Value of a new model's advice compared with the old one's, and its share of recommendations under permutation.

Calibration does not measure these: a model with a better Brier score can give worse advice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from genorx.cohort.cohort import Cohort
from genorx.errors import HorizonError, SupportError
from genorx.monitor.policy import Policy
from genorx.ranking import TreatmentRanker
from genorx.ranking.evaluation.choice_value import ChoiceValue, best_options, value_of_choices
from genorx.ranking.model.alignment import align

_PERMUTATIONS = 5  # refits to permuted arms: false claims are rare, and then often concern all patients together


def advice_checks(
    old: TreatmentRanker, new: TreatmentRanker, cohort: Cohort, rules: Policy
) -> Iterator[dict[str, Any]]:
    """Yield the paired policy values of both models, and the false claims under permuted arms.

    If these patients cannot show the value, a model with other choices is not accepted; a model with the same choices
    gives no new advice.
    """
    value: dict[str, Any] = {"check": "policy value", "place": "", "old": np.nan, "new": np.nan}
    claims: dict[str, Any] = {"check": "false claims with permuted arms", "place": "", "old": np.nan, "new": np.nan}
    if not old.options_ or not new.options_ or cohort.design is None:
        for row in (value, claims):
            yield {**row, "limit": "no options are ranked", "passed": None, "message": ""}
        return
    chosen = tuple(_chosen(each, cohort) for each in (old, new))
    changed = float(np.mean(chosen[0] != chosen[1]))
    value["limit"] = f"not lower by {rules.value_errors:g} standard errors"
    claims["limit"] = f"at most {rules.false_claims:.0%}"
    try:
        found = value_of_choices(
            cohort, new.fits_[0], new._templates(), (chosen[0], chosen[1]), permutations=_PERMUTATIONS
        )
    except (SupportError, HorizonError) as error:
        message = (
            f"the best option differs in {changed:.1%} of the patients, and its value is not known: {error.reason}"
        )
        yield {**value, "passed": not changed, "message": message}
        yield {**claims, "passed": False if changed else None, "message": f"not known: {error.reason}"}
        return
    yield value | _value(found, changed, rules)
    yield claims | _claims(found, rules)


def _chosen(ranker: TreatmentRanker, cohort: Cohort) -> pd.Series[str]:
    return best_options(ranker.fits_[0], align(cohort, ranker.specs_, assembly=ranker.assembly_).X)


def _value(found: ChoiceValue, changed: float, rules: Policy) -> dict[str, Any]:
    message = (
        f"the best option differs in {changed:.1%} of the patients, and choosing by the new model gains "
        f"{found.gain:.3g} (standard error {found.std_error:.2g}; {found.patients} patients, {found.without_overlap} "
        "without overlap)"
    )
    passed = bool(found.gain >= -rules.value_errors * found.std_error)
    return {"old": found.first, "new": found.second, "passed": passed, "message": message}


def _claims(found: ChoiceValue, rules: Policy) -> dict[str, Any]:
    share = found.claims_by_chance
    message = f"with permuted arms {share:.1%} of the patients would have a recommendation"
    return {"new": share, "passed": bool(share <= rules.false_claims), "message": message}
