"""From a cohort to a model that ranks treatment options for new patients.

Fitting is ``ranking.model.fitting``, the answer ``ranking.answer.answers``, the file ``ranking.load``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from genorx._core.progress import with_progress
from genorx._core.provenance import today, versions
from genorx._core.short_repr import short_text
from genorx._core.threads import single_threaded
from genorx.cohort.cohort import Cohort, require_cohort
from genorx.cohort.study_file.utility import Utility
from genorx.errors import SupportError
from genorx.ranking.answer.answers import answer_patients
from genorx.ranking.answer.drugs import read_guidance
from genorx.ranking.course_summary import course_summary
from genorx.ranking.evaluation.carried_findings import carried_findings
from genorx.ranking.evaluation.choosing import average_differences
from genorx.ranking.evaluation.cohort_evaluation import evaluate_cohort
from genorx.ranking.evaluation.negative_controls import check_negative_controls
from genorx.ranking.evaluation.outcome_effect import OutcomeEffect
from genorx.ranking.evaluation.treatment_evaluation import TreatmentEvaluation
from genorx.ranking.model.alignment import Aligned, align, as_patients
from genorx.ranking.model.bundle import write_bundle
from genorx.ranking.model.fitting import fit_outcomes
from genorx.ranking.model.model_state import savable
from genorx.ranking.model.own_outcomes import base_out_of_fold, monitoring_base
from genorx.ranking.model.ranker_state import ranker_state
from genorx.ranking.model.remembered import Remembered
from genorx.ranking.model.templates import Templates, templates_of
from genorx.ranking.model.training import (
    choice_scores,
    coarse_specs,
    comparison_notes,
    ordering_notes,
    training_summary,
    unnamed,
)
from genorx.ranking.predictions import estimate_frame, prediction_frame
from genorx.ranking.question import asked_of, question_of
from genorx.ranking.ranking import Ranking
from genorx.ranking.trade_off.weights import chosen_utility, usable_utility
from genorx.ranking.what_if import WhatIf

if TYPE_CHECKING:
    from genorx.pgx import PgxReport


class TreatmentRanker(BaseEstimator):  # type: ignore[misc]
    """Rank treatment options for patients by outcomes estimated from a cohort.

    With a treatment design, an effect estimator is fitted to each outcome: options are compared from the day of the
    design on, within its strata, with adjustment.  Without a design a prognosis is fitted to each outcome, and nothing
    is ranked.

    Parameters
    ----------
    effects : mapping of kind of outcome to EffectEstimator, optional
        Estimator that compares options under a design; by default ``SurvivalEffect`` for times and ``ResponseEffect``
        for values.  Its parameters ``reference``, ``randomised``, ``specs``, ``horizon`` and ``seed``, if it has them,
        are set from the study.
    models : mapping of kind of outcome to model, optional
        Prognosis without a design: a ``SurvivalModel``, ``BinaryModel``, ``OrdinalModel`` for ``ordinal``,
        ``ValueModel`` for ``continuous`` and ``count``; by default chosen out of fold.
    effect, binary_effect : EffectEstimator, optional
        Older form of ``effects``: for each kind that is a time, and for each that is a value.
    survival, binary : model, optional
        Older form of ``models`` for these kinds.
    n_draws : int
        Number of posterior draws from which intervals, probabilities and ranks are computed.
    seed : int
        Seed of folds and draws: the same cohort and seed give the same bytes.

    Attributes
    ----------
    fits_ : tuple of OutcomeFit
        The primary outcome first.
    specs_ : tuple of FeatureSpec
        Features of the model; pass them to ``Study.load(schema=...)`` to read new patients.
    options_, reference_ : tuple of str, str
        Options, and the reference among them; empty without a design.
    smallest_difference_ : float
        Difference in the primary outcome, in its unit, below which options count as alike; 0 if the study states none.
    labels_ : dict of dict
        Labels of options, outcomes and features on pages.
    possible_ : tuple of Condition
        Conditions under which an option is possible.
    notes_ : tuple of str
        The compared patients, and the conditions under which a difference is an effect.
    training_ : dict
        Numbers of patients and options, and of patients excluded at each step.
    findings_ : tuple of Finding
        Findings on the fit.
    utility_ : Utility or None
        Weights of benefit and harm of the study.
    seed_ : int
        Seed of the fit; draws use ``seed``, which may differ.
    metrics_ : dict
        Out-of-fold scores by which the prognosis was chosen, and, once it was called, the results of ``evaluate``.
    """

    def __init__(
        self,
        *,
        effects: Mapping[str, Any] | None = None,
        models: Mapping[str, Any] | None = None,
        effect: Any = None,
        binary_effect: Any = None,
        survival: Any = None,
        binary: Any = None,
        n_draws: int = 1000,
        seed: int = 0,
    ) -> None:
        self.effects = effects
        self.models = models
        self.effect = effect
        self.binary_effect = binary_effect
        self.survival = survival
        self.binary = binary
        self.n_draws = n_draws
        self.seed = seed

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """Return the parameters that were set, and the content of a fitted or loaded ranker."""
        text = str(super().__repr__(N_CHAR_MAX))
        if not hasattr(self, "fits_"):
            return text
        held = f"options {short_text(self.options_)}, reference {self.reference_!r}" if self.options_ else "no options"
        outcomes = short_text(tuple(fit.name for fit in self.fits_))
        return f"<{text}, fitted to {self.name_!r}: outcomes {outcomes}, {held}, {len(self.specs_)} features>"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False  # a cohort
        return tags

    @with_progress
    @single_threaded
    def fit(self, cohort: Cohort, y: None = None) -> Self:  # noqa: ARG002 (scikit-learn's signature)
        """Fit to a cohort.

        Raises
        ------
        UsageError
            If it is not a cohort (``not-a-cohort``), or for models by kind (``unknown-kind``, ``two-models``).
        UsageError, HorizonError, SupportError
            As ``model.fitting.fit_outcomes``; ``utility-outcome`` if options are to be ordered by an outcome that
            cannot be fitted.
        """
        cohort = require_cohort(cohort)
        fitted = fit_outcomes(cohort, self._templates())
        controls, failed = check_negative_controls(cohort, self._templates())
        self.training_ = training_summary(cohort, fitted.fits)
        self.training_["averages"] = average_differences(fitted.fits[0], cohort, seed=self.seed)
        self.utility_, unweighed = usable_utility(cohort.utility, self.training_["left_out"])
        self.fits_, self.findings_ = fitted.fits, (*unnamed(fitted.findings), *failed, *unweighed)
        self.specs_, self.name_ = coarse_specs(cohort.specs), cohort.name
        self.study_digest_, self.assembly_ = cohort.digest, cohort.assembly
        design = cohort.design
        self.options_ = () if design is None else tuple(design.options)
        self.reference_ = "" if design is None else design.reference
        if cohort.strategies is not None:
            self.options_, self.reference_ = cohort.strategies.names, cohort.strategies.reference
        self.smallest_difference_, self.possible_ = cohort.smallest_difference or 0.0, cohort.possible
        self.labels_ = {kind: dict(names) for kind, names in cohort.labels.items()}
        self.notes_ = comparison_notes(cohort, self.fits_)
        self.versions_, self.seed_ = versions(), self.seed
        self._remembered = Remembered(cohort)
        self.metrics_ = choice_scores(self.fits_) | {"negative_controls": controls}
        self.training_["monitoring"] = monitoring_base(self, cohort, self.fits_)
        return self

    @with_progress
    @single_threaded
    def evaluate(self, cohort: Cohort, *, folds: int = 5, n_boot: int = 200) -> TreatmentEvaluation:
        """Return out-of-fold scores of every outcome: discrimination, Brier score, calibration, with intervals.

        Models are refitted to each set of training folds; this ranker's own fit is neither needed nor changed.  With a
        design, the outcome under the option that each patient received is scored; ``effects`` or ``strategies``
        evaluate the differences.  If this ranker is fitted, the results are added to ``metrics_``, and to its file.

        Raises
        ------
        SupportError, HorizonError
            If the primary outcome cannot be evaluated.
        """
        fitted = self._fitted(cohort)
        found, models = evaluate_cohort(cohort, self._templates(), folds=folds, n_boot=n_boot, fitted=fitted)
        if hasattr(self, "fits_"):
            measured = found.to_dict()
            names = ("counts", "scores", "effects", "negative_controls", "strategies")
            self.metrics_ |= {name: measured[name] for name in names} | {"folds": folds}
            base = base_out_of_fold(self, cohort, models, folds) if fitted else None
            self.training_["monitoring"] = self.training_["monitoring"] if base is None else base
        return found

    @with_progress
    @single_threaded
    def predict(self, patients: Cohort | Any) -> pd.DataFrame:
        """Return outcomes of each patient, of a cohort or data frame, under each option, with 95 % intervals.

        Returns
        -------
        DataFrame
            ``patient_id``, ``option`` (``as_treated`` without a design), ``outcome``, ``time`` (empty for a value),
            ``estimate`` (survival probability at ``time``; probability of a binary outcome, or of reaching the
            threshold grade; amount), ``lower``, ``upper`` (for an amount without a design: prediction limits of the
            patient's own value), ``risk`` (the probability of the worse outcome by ``time``; for an amount the
            estimate, or its negative if more is better).  Outside the support the numbers are empty.  Each competing
            cause has rows of its own, outcome NAME:CAUSE, which sum to 1 with those of the outcome; each grade has rows
            NAME:GRADE, which sum to 1 (``risk``: the probability of this grade or a worse one).
            ``frame.attrs["findings"]`` holds the findings.

        Raises
        ------
        ModelFileError
            If the patients' features are not those of the model (``model-schema``, ``model-assembly``).
        """
        aligned = self._aligned(patients)
        return prediction_frame(question_of(self), aligned)

    @single_threaded
    def estimate(self, patients: Cohort | Any, *, times: Sequence[float] | None = None) -> pd.DataFrame:
        """Return survival at any time, restricted mean and median (or probability) with 95 % intervals.

        Parameters
        ----------
        patients : Cohort or DataFrame
            As in ``rank``.
        times : sequence of float, optional
            Times, in the outcomes' unit, at which survival is wanted; by default the study's horizons.

        Returns
        -------
        DataFrame
            ``patient_id``, ``option`` (``as_treated`` without a design), ``outcome``, ``measure``, ``horizon``,
            ``unit``, ``estimate``, ``lower``, ``upper``; an estimate is empty outside the support, and for a median
            that is not reached.

        Raises
        ------
        HorizonError
            If a time lies beyond follow-up.
        ModelFileError
            As ``predict``.
        """
        aligned = self._aligned(patients)
        return estimate_frame(question_of(self), aligned, times=times)

    @with_progress
    @single_threaded
    def rank(
        self,
        patients: Cohort | Any,
        *,
        pgx: Iterable[PgxReport] | None = None,
        drugs: Mapping[str, str | Iterable[str]] | None = None,
        utility: Utility | None = None,
        curves: bool = True,
    ) -> Ranking:
        """Return the options of each patient, best first.

        With ``pgx`` and ``drugs`` each option has the rows of guidance on its drugs.  An option that guidance advises
        against is ``not_advised``, and advice on the others disregards it; estimates and ranks do not change.

        Parameters
        ----------
        patients : Cohort or DataFrame
            A frame has one row per patient and is read as by ``Cohort.from_frames``, in the units of the model
            (``specs_``) unless the name of a column has another.
        pgx : iterable of PgxReport, optional
            Reports of ``pgx.call``; the sample is the patient.  A patient without one gets a finding.
        drugs : mapping of option to drug or drugs, optional
            Drugs of each option, by generic name.  An option without drugs gets a finding.
        utility : Utility, optional
            Weights of benefit and harm; by default those of the patients' study, otherwise those of the model's.  The
            same applies to the order of options; ``orders`` None leaves it unchanged.
        curves : bool
            Whether answers hold curves, which figures and pages draw; without them ranking is several times faster,
            with the same numbers.

        Raises
        ------
        SupportError
            If the cohort had no treatment design (``no-design``), or options are to be ordered by an outcome that the
            fit left out (``utility-outcome``).
        ModelFileError
            As ``predict``.
        UsageError
            As ``answer.drugs.read_guidance``; ``utility-outcome`` if weights name an outcome that was not fitted.
        """
        check_is_fitted(self, "fits_")
        if not self.options_:
            raise SupportError(
                "the study has no treatment, so there are no options to rank",
                hint="add [treatment] to the study file and fit again; predict gives the prognosis",
                code="no-design",
            )
        patients = as_patients(patients, self.specs_)
        aligned = self._aligned(patients)
        primary = self.fits_[0]
        candidates, left_out = (utility, patients.utility, self.utility_), self.training_.get("left_out", ())
        chosen, unweighed = chosen_utility(candidates, self.fits_, left_out=left_out)
        stated = tuple(dict.fromkeys((*self.findings_, *unweighed)))
        guidance = read_guidance(pgx, drugs, options=self.options_, patients=[str(each) for each in aligned.X.index])
        effects = tuple(OutcomeEffect.from_dict(values) for values in self.metrics_.get("effects", ()))
        question = question_of(self, chosen, effects)
        return Ranking(
            answers=tuple(answer_patients(question, aligned, guidance, curves=curves)),
            provenance=self._provenance(patients, guidance.releases),
            primary=primary.name,
            horizon=primary.restricted,
            unit=primary.unit,
            name=self.name_,
            notes=(*self.notes_, *ordering_notes(chosen, primary.name)),
            findings=(*stated, *carried_findings(self.metrics_, primary.unit), *aligned.shared, *guidance.findings),
            effects=effects,
            negative_controls=pd.DataFrame(self.metrics_.get("negative_controls", ())),
            course=course_summary(primary, self.training_["design"]),
            asked=asked_of(self, aligned, question, guidance),
            labels=self.labels_,
            free={fit.name: fit.free(self.labels_.get("outcomes", {}).get(fit.name, "")) for fit in self.fits_},
            counted={fit.name: f"grade {fit.at_least} or more" for fit in self.fits_ if fit.at_least is not None},
        )

    @single_threaded
    def what_if(self, patients: Cohort | Any, changes: Mapping[str, Any]) -> WhatIf:
        """Return ``Ranking.what_if`` for patients without options: also for a prognosis, without a design.

        Raises
        ------
        UsageError
            As ``Ranking.what_if``.
        ModelFileError
            As ``predict``.
        """
        return asked_of(self, self._aligned(patients)).what_if(changes)

    @property
    def digest_(self) -> str:
        """Digest of the model's file, saved or not; empty if an external model cannot be saved."""
        check_is_fitted(self, "fits_")
        if not savable(self.fits_):
            return ""
        return self._memory().digest(*ranker_state(self))

    def save(self, path: str | Path) -> str:
        """Write the model file atomically, and return its digest.

        Raises
        ------
        UsageError
            If a model is not one of genorx's own (``model-class``).
        """
        return write_bundle(path, *ranker_state(self))

    def _templates(self) -> Templates:
        return templates_of(**{name: value for name, value in self.get_params(deep=False).items() if name != "n_draws"})

    def _fitted(self, cohort: Cohort) -> dict[str, Any]:
        """Return the model of each outcome if this very cohort was fitted, and a refit would be the same."""
        if not self._memory().is_of(cohort) or self._templates() != Templates(seed=self.seed_):
            return {}
        return {fit.name: fit.model for fit in self.fits_}

    def _memory(self) -> Remembered:
        if not hasattr(self, "_remembered"):  # a loaded ranker
            self._remembered = Remembered()
        return self._remembered

    def _aligned(self, patients: Cohort | Any) -> Aligned:
        check_is_fitted(self, "fits_")
        return align(as_patients(patients, self.specs_), self.specs_, assembly=self.assembly_)

    def _provenance(self, patients: Cohort, releases: Mapping[str, str]) -> dict[str, Any]:
        return {
            "model": self.digest_,
            "study": self.study_digest_,
            "patients": patients.digest,
            "knowledge": dict(releases),
            "versions": versions(),
            "seed": self.seed,
            "date": today(),
        }
