"""From a study and patients to their ranking in one call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.base import clone

from genorx.cohort import Cohort, Study
from genorx.cohort.from_frames import patients_of_frame
from genorx.ranking.ranker import TreatmentRanker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genorx._core.feature_spec import FeatureSpec
    from genorx.ranking.ranking import Ranking


def rank(study: Study | Cohort | str | Path, patients: Any, *, ranker: TreatmentRanker | None = None) -> Ranking:
    """Fit a study and rank the options of patients: ``TreatmentRanker().fit(study.load()).rank(patients)``.

    Parameters
    ----------
    study : Study, Cohort or path of a study file
        The cohort to learn from.
    patients : DataFrame, Cohort, Study or path of a study file
        The patients whose options are ranked.  In a frame, columns are read as in the study (units, missing codes).
    ranker : TreatmentRanker, optional
        Its settings are used, fitted or not; it is not changed.

    Raises
    ------
    UsageError, InputError, NotAnswerableError
        As ``Study.load``, ``TreatmentRanker.fit`` and ``TreatmentRanker.rank``.

    Examples
    --------
    >>> ranking = rank("study.toml", "patients.toml")  # doctest: +SKIP
    """
    known = Study.read(study) if isinstance(study, (str, Path)) else study
    cohort = known.load() if isinstance(known, Study) else known
    fitted = (TreatmentRanker() if ranker is None else clone(ranker)).fit(cohort)
    return fitted.rank(_patients(patients, known, fitted.specs_))


def _patients(patients: Any, study: Study | Cohort, specs: Sequence[FeatureSpec]) -> Any:
    """Return the patients as a cohort, in the form that the model expects."""
    patients = Study.read(patients) if isinstance(patients, (str, Path)) else patients
    if isinstance(patients, Study):
        return patients.load(outcomes=False, schema=specs)
    if isinstance(patients, Cohort) or not isinstance(study, Study):
        return patients
    tables = study.content.tables
    return patients_of_frame(
        patients,
        specs,
        columns={name: dict(column) for table in tables for name, column in table.columns.items()},
        exclude=[name for table in tables for name in table.exclude],
        patient_id=study.content.study.patient_id,
    )
