"""The cohort: patients with features, outcomes and, where there is a treatment, a design.

Reading and joining is ``cohort.join``; this module only says what the result is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from genorx.cohort.design.design import Design
from genorx.cohort.study_file.possible import Condition
from genorx.cohort.study_file.rules import NEGATIVE_CONTROL
from genorx.cohort.study_file.utility import Utility
from genorx.errors import Finding, UsageError, shown
from genorx.features.spec import FeatureSpec

OutcomeKind = Literal["survival", "competing", "binary", "continuous", "count", "ordinal"]
OutcomeRole = Literal["benefit", "harm", "cost", "negative_control"]
#: Kinds that are a time to an event; the others are a value.
TIMED: tuple[OutcomeKind, ...] = ("survival", "competing")
#: Kinds that are a number with a unit.
AMOUNTS: tuple[OutcomeKind, ...] = ("continuous", "count")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One outcome of all patients in whom it is known.

    Attributes
    ----------
    name : str
    kind : {"survival", "competing", "binary", "continuous", "count", "ordinal"}
    frame : DataFrame, index ``patient_id``
        survival: ``time`` (float, in ``unit``, from the study's origin) and ``event`` (bool);
        competing: the same and ``cause`` (int, 0 for none, else the place in ``causes`` counted from 1);
        binary, continuous, count: ``value`` (float); ordinal: ``value``, the place in ``levels`` counted from 0.
        Patients whose outcome is not known are absent.
    unit : str
        Unit of time, or of an amount; empty where there is none.
    horizons : tuple of float
        Times at which a time to an event is reported, ascending; empty for a value.
    better : {"longer", "shorter", "higher", "lower"}
    role : {"benefit", "harm", "cost", "negative_control"}
        On a negative control no option can have an effect: it is not ranked, its mean effect must include 0.
    causes : tuple of str
        What ended the time of a competing outcome.
    cause : str or None
        The cause of a competing outcome by which options are ranked: by the time lost to it.  None: by the time
        without any event.
    levels : tuple of str
        Grades of an ordinal outcome, lowest first.
    at_least : str or None
        Grade of an ordinal outcome from which on it counts: its probability is what is reported.
    """

    name: str
    kind: OutcomeKind
    frame: pd.DataFrame
    unit: str = ""
    horizons: tuple[float, ...] = ()
    better: Literal["longer", "shorter", "higher", "lower"] = "longer"
    role: OutcomeRole = "benefit"
    causes: tuple[str, ...] = ()
    cause: str | None = None
    levels: tuple[str, ...] = ()
    at_least: str | None = None

    @property
    def timed(self) -> bool:
        """Whether it is a time to an event."""
        return self.kind in TIMED

    @property
    def least(self) -> int:
        """The place of the first grade that counts of an ordinal outcome."""
        return self.levels.index(self.at_least) if self.at_least is not None else 1

    @property
    def happened(self) -> pd.Series[bool]:
        """Who had the event, the yes, a count above 0, or a grade that counts; of an amount, everybody."""
        if self.timed:
            return self.frame["event"].astype(bool)
        if self.kind == "continuous":
            return pd.Series(True, index=self.frame.index)
        return self.frame["value"] >= self.least


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
