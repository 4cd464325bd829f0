"""The cohort: patients with features, outcomes and, where there is a treatment, a design.

Reading and joining is ``cohort.join``; this module defines the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.short_repr import short
from genorx.cohort.course.strategy import StrategyDesign
from genorx.cohort.design.design import Design
from genorx.cohort.outcome import Outcome
from genorx.cohort.study_file.possible import Condition
from genorx.cohort.study_file.rules import NEGATIVE_CONTROL
from genorx.cohort.study_file.utility import Utility
from genorx.errors import Finding, UsageError, shown


@short
@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Patients with their features and outcomes, the treatment design, and how the tables were joined.

    Attributes
    ----------
    features : DataFrame, index ``patient_id`` (str)
        Typed as in ``specs``; missing values stay missing.
    specs : tuple of FeatureSpec
        One per column of ``features``, in order.
    outcomes : mapping of name to Outcome
        Empty for patients whose outcome is to be predicted.
    design : Design or None
        None if the study has no treatment, or compares strategies.
    strategies : StrategyDesign or None
        Strategies over the states of the primary outcome, and the treatments that began in them.
    flow : DataFrame
        ``step``, ``patients``, ``lost``, ``reason``: patients excluded at each step.
    findings : tuple of Finding
        Findings of reading and joining the files.
    name : str
        Name of the study.
    primary : str or None
        Outcome by which options are ranked.
    horizon : float or None
        Horizon of the ranking, in the unit of the primary outcome.
    smallest_difference : float or None
        Differences of at most this size do not count, in the unit of the quantity by which options are ordered.
    possible : tuple of Condition
        Conditions under which an option is possible; an option without a condition is possible for every patient.
    other_landmarks : tuple of Design
        The same comparison from other landmark days, to show how much depends on the day.
    assembly : str or None
        Assembly of the variant files.
    labels : mapping of "options", "outcomes", "features" to mapping of name to label
        Names shown on pages and in figures.
    releases : mapping of str to str
        Versions of what variant features depend on: a digest of the panel, the release of pharmacogenomic knowledge.
    digest : str
        Digest of the study file and of all files that it names.
    utility : Utility or None
        Weights of benefit and harm, if the study states them.
    site : Series of str or None, index ``patient_id``
        Where each patient was treated, if a column names it; patients of one site are correlated.
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
    strategies: StrategyDesign | None = None

    @property
    def ranked(self) -> tuple[str, ...]:
        """Names of the outcomes that are not negative controls."""
        return tuple(name for name, outcome in self.outcomes.items() if outcome.role != NEGATIVE_CONTROL)

    utility: Utility | None = None
    site: pd.Series[str] | None = None
    releases: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def from_frames(
        cls,
        features: Any,
        *,
        outcomes: Mapping[str, Any] | None,
        treatment: Any = None,
        design: Mapping[str, Any] | Design | None = None,
        specs: Sequence[FeatureSpec] | Mapping[str, Any] | None = None,
    ) -> Cohort:
        """Build a cohort from data frames, by the same rules as a study's files.

        Parameters
        ----------
        features : DataFrame, or mapping of role to DataFrame
            One row per patient, from pandas, polars or pyarrow.  The patient is the column ``patient_id``, else the
            index; if the index only numbers the rows, a column whose name suggests it.  Roles are those of a study
            file's tables; a single frame is ``clinical``.
        outcomes : mapping of name to outcome, or None
            As ``[outcomes.NAME]`` of a study file (``kind``, ``time``, ``event``, ``unit``, ``horizons``, ...):
            columns of ``features``, or of ``table``: a frame by patient, or an array with a row for each row of
            ``features``, such as the structured arrays of scikit-survival, whose time and event are found.  An
            ``Outcome`` is taken too.  None for patients whose outcome is to be predicted.
        treatment : str, Series, array or DataFrame, optional
            Column of ``features``, or the option of each patient, or a table of treatments.
        design : mapping or Design, optional
            As ``[treatment]`` of a study file: at least the ``reference``.
        specs : mapping of column to ``[tables.columns.NAME]``, or sequence of FeatureSpec; optional
            Unit, type, levels and missing codes; or the features of a fitted model, whose form the frame then takes.

        Raises
        ------
        UsageError
            If an argument is invalid, or rows do not belong together (``row-count``, ``index-mismatch``).
        InputError, SupportError
            As ``Study.load``, with table, row and column.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"age": [50, 61, 72], "days": [90, 400, 35], "died": [True, False, True]})
        >>> os = {"kind": "survival", "time": "days", "event": "died", "unit": "days", "horizons": [365]}
        >>> cohort = Cohort.from_frames(frame, outcomes={"os": os}, specs={"age": {"unit": "a"}})
        >>> cohort.outcomes["os"].frame["event"].tolist()
        [True, False, True]
        """
        from genorx.cohort.from_frames import cohort_of_frames  # a study makes the cohort

        return cohort_of_frames(features, outcomes=outcomes, treatment=treatment, design=design, specs=specs)

    @property
    def patients(self) -> pd.Index[Any]:
        """Patient ids, in the order of the frame."""
        return self.features.index

    @property
    def groups(self) -> dict[str, str]:
        """Shrinkage group of each feature."""
        return {spec.name: spec.group for spec in self.specs}

    def only(self, patients: Iterable[str]) -> Cohort:
        """Return the features of these patients, in the given order, for prediction or ranking.

        Outcomes and design are dropped: they belong to the cohort as a whole.

        Raises
        ------
        UsageError
            ``no-such-patient`` if a patient is not in the cohort.
        """
        requested = list(patients)
        for patient in requested:
            if patient not in self.features.index:
                raise UsageError(
                    f'no patient "{shown(patient)}" among the {len(self.features)} of the study',
                    hint="ids are text: 007 is not 7",
                    code="no-such-patient",
                )
        named = {None, *requested}
        findings = tuple(each for each in self.findings if each.patient_id in named)
        features = self.features.loc[requested]
        return replace(
            self, features=features, outcomes={}, design=None, strategies=None, other_landmarks=(), findings=findings
        )


def require_cohort(given: object, *, hint: str = "Study.load makes one") -> Cohort:
    """Return a cohort as it is.

    Raises
    ------
    UsageError
        ``not-a-cohort`` for anything else.
    """
    if not isinstance(given, Cohort):
        raise UsageError(f"a Cohort is needed, not a {type(given).__name__}", hint=hint, code="not-a-cohort")
    return given
