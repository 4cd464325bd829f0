"""The ranking of one or many patients: ranked options, ready for a table, JSON, a figure or a page.

How options are compared is ``ranking.ranker`` and ``effects.decision``; drawing is ``report``, imported on demand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.output import to_json
from genorx.cohort.kinds.base import DataKind
from genorx.errors import Finding, UsageError, shown
from genorx.ranking.answer.answer import PatientAnswer
from genorx.ranking.answer.answer_frames import answers_frame, reasons_frame
from genorx.ranking.answer.evidence import AnswerOrder, EvidenceAxis
from genorx.ranking.answer.record import patient_record
from genorx.ranking.course_summary import CourseSummary
from genorx.ranking.evaluation.outcome_effect import OutcomeEffect
from genorx.ranking.trade_off.trade_off_frames import acceptability_frame, ranges_frame, trade_off_frame
from genorx.ranking.what_if import Asked, WhatIf

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genorx.oncology import Hit, Hits
    from genorx.pgx import PgxReport

#: Patients and options that ``print`` shows, and characters of a line.
_PRINTED, _LINE = 6, 240


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Treatment options of each patient, best first, with intervals, support, reasons and findings.

    Attributes
    ----------
    answers : tuple of PatientAnswer
        In the order in which the patients were given.
    provenance : mapping
        ``model``, ``study`` (digests), ``knowledge``, ``versions``, ``seed``, ``date``.
    primary : str
        Outcome by which options are ordered.
    horizon : float or None
        Time up to which the primary outcome's restricted mean is compared; None for a binary outcome.
    unit : str
        Unit of time of the primary outcome; empty for a binary one.
    name : str
        Name of the study from which the model was fitted.
    notes : tuple of str
        Assumptions of the answer: the compared patients, the first day, the conditions.
    findings : tuple of Finding
        Findings on all patients; those on single patients are in their answers.
    effects : tuple of OutcomeEffect
        Evaluation of the differences between options; empty if the model was not evaluated.
    negative_controls : DataFrame or None
        The model's mean differences in outcomes that no option can change.
    course : CourseSummary or None
        States and transitions behind strategies; None if options of one day are ranked.
    asked : Asked or None
        Model and patients, for ``what_if``; None if the ranking is not from ``TreatmentRanker.rank``.
    labels : mapping of "options", "outcomes", "features" to mapping of name to label
        Labels on pages and figures of a report; data keep the names.
    free : mapping of outcome to str
        Word for a patient without the event, such as "alive", by the kind of outcome.
    counted : mapping of outcome to str
        Event of the probability of a graded outcome, such as "grade 3 or more".
    records : mapping of patient id to pairs of name and value
        What stands beside a patient on pages, in words: the record that a published model was given, or the risk by
        which screening was decided; an unknown value is None.
    """

    answers: tuple[PatientAnswer, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    primary: str = ""
    horizon: float | None = None
    unit: str = ""
    name: str = ""
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    effects: tuple[OutcomeEffect, ...] = field(default=(), compare=False, repr=False)
    negative_controls: pd.DataFrame | None = field(default=None, compare=False, repr=False)
    course: CourseSummary | None = field(default=None, repr=False, compare=False)
    asked: Asked | None = field(default=None, repr=False, compare=False)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False, compare=False)
    free: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    counted: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    records: Mapping[str, tuple[tuple[str, str | None], ...]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def patients(self) -> tuple[str, ...]:
        """Patient ids, in the order given."""
        return tuple(answer.patient_id for answer in self.answers)

    @property
    def reference(self) -> str:
        """Reference option of the differences; empty without patients."""
        return self.answers[0].reference if self.answers else ""

    def free_of(self, outcome: str) -> str:
        """Return the word for a patient without the event of an outcome, such as "alive"; by name or label."""
        return self._said(self.free, outcome) or DataKind.free

    def counted_of(self, outcome: str) -> str:
        """Return the event of the probability of a graded outcome, such as "grade 3 or more"; otherwise ""."""
        return self._said(self.counted, outcome)

    def _said(self, words: Mapping[str, str], outcome: str) -> str:
        """Return the word for an outcome, by its name or label."""
        labels = self.labels.get("outcomes", {})
        return next((word for name, word in words.items() if outcome in {name, labels.get(name)}), "")

    @property
    def evaluated(self) -> bool:
        """Whether the model was evaluated, so that the advice takes the evaluation into account."""
        return not any(finding.code == "not-evaluated" for finding in self.findings)

    def __repr__(self) -> str:
        lines = [f"<Ranking of {len(self.answers)} patients; study {self.name!r}, by {self.primary!r}"]
        for answer in self.answers[:_PRINTED]:
            options = "; ".join(
                f"{'-' if option.rank is None else option.rank} {option.option} ({option.advice})"
                for option in answer.options[:_PRINTED]
            )
            lines.append(f"  {shown(answer.patient_id)}: {options}"[:_LINE])
        if len(self.answers) > _PRINTED:
            lines.append(f"  and {len(self.answers) - _PRINTED} more patients: to_frame() lists all")
        return "\n".join(lines) + ">"

    def __len__(self) -> int:
        return len(self.answers)

    def __iter__(self) -> Iterator[PatientAnswer]:
        return iter(self.answers)

    def __getitem__(self, patient_id: str) -> PatientAnswer:
        """Return the answer of one patient.

        Raises
        ------
        UsageError
            If no such patient was ranked (code ``no-such-patient``).
        """
        for answer in self.answers:
            if answer.patient_id == patient_id:
                return answer
        raise UsageError(
            f"no patient {shown(patient_id)!r} in this ranking of {len(self.answers)}",
            hint="ranking.patients lists them",
            code="no-such-patient",
        )

    def for_patient(self, patient_id: str) -> Ranking:
        """Return the ranking of one patient only, with the same provenance."""
        return Ranking(**(_fields(self) | {"answers": (self[patient_id],)}))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per patient, option, outcome, measure and horizon; options best first.

        An option without estimate has one row with empty numbers and its ``reason``.  ``safety`` is the guidance on the
        option's drugs, in one text; empty does not mean "safe", see the findings.  ``rests_on`` and ``choosing`` are
        the basis of the advice (``answer.AdviceBasis``), ``average_difference`` is the mean difference of the option in
        the primary outcome over all patients compared.
        """
        return answers_frame(self.answers)

    def explain(self, option: str, patient_id: str | None = None) -> pd.DataFrame:
        """Return the features that moved the estimate of ``option``: one row per patient and feature, largest first.

        Parameters
        ----------
        option : str
            Name of the option.
        patient_id : str, optional
            All patients by default.

        Returns
        -------
        DataFrame
            ``patient_id``, ``option``, ``feature``, ``value``, ``kind``, ``direction``, ``size`` (log hazard or log
            odds against the cohort's mean).  Rows of evidence follow with ``kind`` "evidence", the row's id as feature,
            its tier and relation as value, and no size.

        Raises
        ------
        UsageError
            If no patient has such an option (``no-such-option``), or no such patient was ranked (``no-such-patient``).
        """
        chosen = self._chosen(patient_id)
        known = {answer.option for each in self.answers for answer in each.options}
        if option not in known:
            raise UsageError(
                f"no option {shown(option)!r} in this ranking",
                hint=f"its options are {', '.join(sorted(known))}",
                code="no-such-option",
            )
        return reasons_frame(chosen, option)

    def what_if(self, changes: Mapping[str, Any]) -> WhatIf:
        """Return each patient's outcomes under a changed modifiable factor, beside those without the change.

        Dependent features are recomputed (body mass index from weight), those of the past are kept (pack-years).  The
        difference is a prediction, unless the factor is the treatment of the study's design: then it is an effect.

        Parameters
        ----------
        changes : mapping of factor to value
            A level, a number in the feature's unit, yes or no, or a function of the column:
            ``{"smoking_status": "former"}``, ``{"weight_kg": lambda kg: kg - 5}``.

        Returns
        -------
        WhatIf
            Both come from the same draws, so that differences have intervals of their own.  A change that is
            impossible for a patient, or that leads outside the training data, is a finding (``what-if-refused``), and
            no estimate.

        Raises
        ------
        UsageError
            If the ranking does not hold its model (``no-model``), or the factor is unknown (``no-such-feature``),
            cannot be changed (``not-modifiable``), follows from others (``change-the-parts``) or cannot have the value
            (``wrong-value``).
        """
        if self.asked is None:
            raise UsageError(
                "this ranking does not hold its model, so no further question can be answered",
                hint="rank the patients with the model again, and use that ranking",
                code="no-model",
            )
        return self.asked.what_if(changes, self.patients)

    def with_evidence(
        self,
        hits_by_patient: Mapping[str, Hits | Iterable[Hit]],
        therapies: Mapping[str, Sequence[str] | str] | None = None,
        *,
        others: bool = True,
        order: AnswerOrder | None = None,
    ) -> Ranking:
        """Return the ranking with public evidence beside each option; no rank, advice or number changes.

        Parameters
        ----------
        hits_by_patient : mapping of patient id to Hits
            Result of ``genorx.oncology.match`` or ``match_cohort``.  For patients who are not in it, a finding says
            that no evidence was looked up.
        therapies : mapping of option to name or names of therapies, optional
            ``A + B`` for drugs given together, ``A then B`` in sequence; several names mean any of them, an empty list
            means that the option is no drug.  An option that is not in the mapping is the therapy of its own name.
        others : bool, default True
            Whether therapies that only evidence names are listed, after the model's options and without estimate.
        order : callable, optional
            Sort key of a patient's options in place of the model's order, such as ``genorx.ranking.by_evidence``.

        Returns
        -------
        Ranking
            Options have ``evidence`` and ``axes``: ``both``, ``model only``, ``evidence only`` or ``neither``.

        Raises
        ------
        UsageError
            If a patient or an option is not in this ranking (codes ``no-such-patient``, ``no-such-option``).
        """
        axis = EvidenceAxis(hits=hits_by_patient, therapies=therapies or {}, others=others, order=order)
        axis.check(self.answers)
        knowledge = dict(self.provenance.get("knowledge", {})) | axis.knowledge()
        changed = {
            "answers": tuple(axis.beside(answer) for answer in self.answers),
            "provenance": {**self.provenance, "knowledge": knowledge},
        }
        return Ranking(**(_fields(self) | changed))

    def trade_off(self, patient_id: str | None = None) -> pd.DataFrame:
        """Return the balance of benefit and harm: one row per patient and option.

        Returns
        -------
        DataFrame
            ``patient_id``, ``option``, ``utility``, ``lower``, ``upper``, ``difference`` (against the reference) with
            its limits, ``probability_best``, ``dominated_by`` (options no worse on any outcome and better on one), and
            for each outcome a column ``number_needed_OUTCOME`` (patients for one more good outcome; negative for one
            more bad one).  Empty if fewer than two outcomes could be estimated.  ``frame.attrs["rule"]`` holds the
            weights.
        """
        return trade_off_frame(self._chosen(patient_id))

    def weight_ranges(self, patient_id: str | None = None) -> pd.DataFrame:
        """Return the option with the largest utility over each range of each weight, with the others as stated.

        Returns
        -------
        DataFrame
            ``patient_id``, ``outcome``, ``weight``, ``stated``, ``lower``, ``upper``, ``option``.
        """
        return ranges_frame(self._chosen(patient_id))

    def acceptability(self, patient_id: str | None = None) -> pd.DataFrame:
        """Return each option's net benefit, and its probability of having the largest, by willingness to pay.

        Returns
        -------
        DataFrame
            ``patient_id``, ``threshold``, ``option``, ``net_benefit``, ``probability``; empty without an outcome of
            role ``cost`` or without ``thresholds``.
        """
        return acceptability_frame(self._chosen(patient_id))

    def _chosen(self, patient_id: str | None) -> tuple[PatientAnswer, ...]:
        return self.answers if patient_id is None else (self[patient_id],)

    def to_records(self) -> list[dict[str, Any]]:
        """Return one plain object per patient, as described in ``data_schemas/ranking.schema.json``."""
        shared = [finding.to_dict() for finding in self.findings]
        return [
            patient_record(answer, shared, dict(self.provenance), self._comparison(), self.labels)
            for answer in self.answers
        ]

    def to_json(self) -> str:
        """Return a JSON array with one object per patient; the same ranking gives the same bytes."""
        return to_json(self.to_records())

    def to_fhir(
        self,
        patient_id: str | None = None,
        *,
        hits: Mapping[str, Hits] | Hits | None = None,
        pgx: Iterable[PgxReport] | None = None,
    ) -> dict[str, Any]:
        """Return patients' options as a FHIR Bundle, one RiskAssessment each, with tumour evidence and pharmacogenes.

        Raises
        ------
        UsageError
            ``no-such-patient``; ``hits-of-one`` for one tumour's hits and several patients.
        """
        from genorx.interop.fhir_out import ranking_bundle

        return ranking_bundle(self, patient_id, hits=hits, pgx=pgx)

    def plot(self, ax: Axes | None = None, patient_id: str | None = None) -> Axes:
        """Draw each option's difference from the reference with its interval; return the Axes."""
        from genorx.report.figures import plot_differences

        axes: Axes = plot_differences(self, patient_id=patient_id, ax=ax)
        return axes

    def report(self, path: str | Path, **parts: Any) -> None:
        """Write one self-contained HTML page; ``parts`` are passed to ``genorx.report.write_report``."""
        from genorx.report import write_report

        write_report(self, path, **parts)

    def _repr_html_(self) -> str:
        from genorx.report import ranking_html

        html: str = ranking_html(self)
        return html

    def _comparison(self) -> dict[str, Any]:
        return {
            "study": self.name,
            "primary": self.primary,
            "horizon": self.horizon,
            "unit": self.unit,
            "notes": list(self.notes),
        }


def _fields(ranking: Ranking) -> dict[str, Any]:
    return {name: getattr(ranking, name) for name in Ranking.__dataclass_fields__}
