"""The cohort: patients with features, outcomes and, where there is a treatment, a design.

Reading and joining is ``cohort.join``; this module only says what the result is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.design.design import Design
from genorx.cohort.outcome import Outcome
from genorx.cohort.study_file.possible import Condition
from genorx.cohort.study_file.rules import NEGATIVE_CONTROL
from genorx.cohort.study_file.utility import Utility
from genorx.errors import Finding, UsageError, shown


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Patients, what is known of them, what happened to them, and how the tables were put together.

    Attributes
    ----------
    features : DataFrame, index ``patient_id`` (str)
        Typed as the specs say; missing is missing.
    specs : tuple of FeatureSpec
        One a column of ``features``, in its order.
    outcomes : mapping of name to Outcome
        Empty for patients whose future is asked for.
    design : Design or None
        None where the study has no treatment.
    flow : DataFrame
        ``step``, ``patients``, ``lost``, ``reason``: who was lost where.
    findings : tuple of Finding
    name, primary, horizon, smallest_difference
        The study's name, and what its ``[ranking]`` says (None where it says nothing).
    possible : tuple of Condition
        For whom an option is possible; no condition on an option: for everybody.
    other_landmarks : tuple of Design
        The same comparison from other landmark days, to see how much hangs on the day.
    assembly : str or None
        Assembly of the variant files.
    digest : str
        Digest of the study file and of all that it names.
    utility : Utility or None
        Weights of benefit and harm, where the study names them.
    site : Series of str or None, index ``patient_id``
        Where each patient was treated, if a column names it: patients of a site are alike.
    """

    features: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    design: Design | None = None
    flow: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: tuple[Finding, ...] = ()
    name: str = ""
    primary: str | None = None
    horizon: float | None = None
    assembly: str | None = None
    digest: str = ""
    smallest_difference: float | None = None
    possible: tuple[Condition, ...] = ()
    other_landmarks: tuple[Design, ...] = ()

    @property
    def ranked(self) -> tuple[str, ...]:
        """Names of the outcomes that are no negative control."""
        return tuple(name for name, outcome in self.outcomes.items() if outcome.role != NEGATIVE_CONTROL)

    utility: Utility | None = None
    site: pd.Series[str] | None = None

    @property
    def patients(self) -> pd.Index[Any]:
        """Patient ids, in the order of the frame."""
        return self.features.index

    @property
    def groups(self) -> dict[str, str]:
        """Shrinkage group of each feature."""
        return {spec.name: spec.group for spec in self.specs}

    def only(self, patients: Iterable[str]) -> Cohort:
        """Return the features of these patients, in the order given, to be predicted or ranked.

        Outcomes and design stay behind: they are of a cohort that was compared as a whole.

        Raises
        ------
        UsageError
            ``no-such-patient`` if a patient is not in the cohort.
        """
        wanted = list(patients)
        for patient in wanted:
            if patient not in self.features.index:
                raise UsageError(
                    f'no patient "{shown(patient)}" among the {len(self.features)} of the study',
                    hint="ids are text: 007 is not 7",
                    code="no-such-patient",
                )
        findings = tuple(each for each in self.findings if each.patient_id is None or each.patient_id in set(wanted))
        features = self.features.loc[wanted]
        return replace(self, features=features, outcomes={}, design=None, other_landmarks=(), findings=findings)
