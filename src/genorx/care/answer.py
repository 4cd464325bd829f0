"""One patient's answer as read by ``care``: from a ``Ranking``, from its file, or from one patient's object.

Only the keys that are read here are required, so that rankings of earlier and later versions can be used as well.  An
option must have its advice, guidance and evidence: without these, silence would look like safety.  The statistics of a
ranking are not loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from genorx._core.advice import Advice
from genorx._core.nearest import nearest
from genorx._core.number_words import free_word
from genorx.care.json_values import read_values
from genorx.errors import InputError, UsageError, shown
from genorx.knowledge.guidance import Action

if TYPE_CHECKING:
    from genorx.ranking import Ranking

    #: A ranking in any of its forms: the object, its file, one patient's object of the file, or a list of these.
    RankingLike: TypeAlias = Ranking | str | Path | Mapping[str, Any] | list[Mapping[str, Any]]

_Name = Annotated[str, Field(min_length=1)]
_MOST_NAMED = 20


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class SafetyRow(_Part):
    """Pharmacogenetic guidance on a drug of an option; ``url`` only where a user's own row has one."""

    gene: str
    phenotype: str
    drug: _Name
    action: Action
    strength: str = ""
    source: str = ""
    url: str = ""


class EvidenceRow(_Part):
    """A row of public evidence on an option; ``id`` is that of its source."""

    source: str = ""
    id: _Name
    tier: str
    relation: str = ""
    direction: str = ""
    level: str = ""
    therapy: str = ""
    reason: str = ""
    url: str = ""


class Difference(_Part):
    """Difference of an option from the reference option, in ``unit``, with a 95 % interval; None if missing."""

    outcome: str
    measure: str
    horizon: float | None = None
    unit: str = ""
    estimate: float
    lower: float | None = None
    upper: float | None = None
    probability_better: float | None = None


class RankedOption(_Part):
    """One option of a patient: rank, advice, difference against the reference, guidance and evidence."""

    option: _Name
    rank: int | None = None
    advice: Advice
    difference: Difference | None = None
    safety: tuple[SafetyRow, ...]
    evidence: tuple[EvidenceRow, ...]
    no_estimate_reason: str | None = None


class Comparison(_Part):
    """The measure by which options were compared."""

    study: str = ""
    primary: str = ""
    horizon: float | None = None
    unit: str = ""


class Labels(_Part):
    """Labels of options and outcomes on pages."""

    options: dict[str, str] = {}
    outcomes: dict[str, str] = {}


class _Patient(_Part):
    patient_id: _Name
    reference: str = ""
    options: Annotated[tuple[RankedOption, ...], Field(min_length=1)]
    comparison: Comparison = Comparison()
    provenance: dict[str, Any] = {}
    labels: Labels = Labels()


_PATIENTS: TypeAdapter[list[_Patient]] = TypeAdapter(list[_Patient])


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientOptions:
    """The ranked options of one patient.

    Attributes
    ----------
    patient_id : str
    options : tuple of RankedOption
        Options, best first.
    reference : str
        Option against which differences are taken.
    comparison : Comparison
    provenance : mapping
        ``model``, ``study``, ``knowledge``, ``versions``, ``seed``, ``date``, as far as the answer has them.
    labels : Labels
        Labels of the study, if the ranking has them: pages and cards show them, data keep the names.
    record : mapping
        Whole object, by ``data_schemas/ranking.schema.json``.
    file : str or None
        File from which it was read.
    """

    patient_id: str
    options: tuple[RankedOption, ...]
    reference: str
    comparison: Comparison
    provenance: Mapping[str, Any]
    record: Mapping[str, Any]
    labels: Labels = field(default_factory=Labels)
    file: str | None = None

    def option_label(self, name: str) -> str:
        """Return the label of an option on pages."""
        return self.labels.options.get(name, name)

    def outcome_label(self, name: str) -> str:
        """Return the label of an outcome on pages; for NAME:PART, the label followed by the part."""
        whole, colon, part = name.partition(":")
        return self.labels.outcomes.get(name) or f"{self.labels.outcomes.get(whole, whole)}{colon}{part}"

    def free_of(self, outcome: str) -> str:
        """Return the adjective for a patient without the event; for a course through states, alive."""
        options = (_object(each) for each in self.record.get("options", ()))
        outcomes = [_object(option.get("outcomes")) for option in options]
        parts = [_object(held) for each in outcomes for name, held in each.items() if name.startswith(f"{outcome}:")]
        gaps = [_object(_object(number).get("difference")) for held in parts for number in held.values()]
        if any(gap.get("measure") in ("state", "state_time") for gap in gaps):
            return "alive"
        return free_word(() if parts else {outcome, self.outcome_label(outcome)})

    @property
    def model_name(self) -> str:
        """The model in words: named after the study on which it was fitted."""
        return f"model of {self.comparison.study or 'a study'}"

    def option(self, name: str) -> RankedOption:
        """Return an option by its name.

        Raises
        ------
        UsageError
            ``no-such-option``, with the most similar names.
        """
        for each in self.options:
            if each.option == name:
                return each
        raise no_such("option", name, [each.option for each in self.options], file=self.file)


def _object(value: object) -> Mapping[str, Any]:
    """Return a JSON object, or an empty one for any other type: values that are not read are not checked."""
    return value if isinstance(value, Mapping) else {}


def no_such(what: str, name: str, known: list[str], *, file: str | Path | None = None) -> UsageError:
    """Return the error of an unknown name, with the most similar known one (``no-such-WHAT``)."""
    near = nearest(name, known, most=3) or known[:_MOST_NAMED]
    hint = f"there {'is' if len(near) == 1 else 'are'} {', '.join(shown(each) for each in near)}" if near else None
    return UsageError(f"no {what} {shown(name)!r}", file=file, hint=hint, code=f"no-such-{what}")


def read_answer(ranking: RankingLike, patient_id: str | None = None) -> PatientOptions:
    """Read the answer of one patient of a ranking.

    Parameters
    ----------
    ranking : Ranking, path, or the object of one patient (or a list of such objects)
        A path is that of a file ``ranking.json``.
    patient_id : str, optional
        Required if there are several patients.

    Raises
    ------
    UsageError
        ``no-such-patient``; ``patient-needed`` if there are several and none is named.
    InputError
        ``ranking-schema`` for an object that is not a ranking, with the place; for a file also as ``documents``.
    """
    records, file = _records(ranking)
    try:
        patients = _PATIENTS.validate_python(records)
    except ValidationError as error:
        raise _schema_error(error, file) from error
    return _chosen(patients, records, patient_id, file)


def _records(ranking: RankingLike) -> tuple[Any, str | None]:
    if isinstance(ranking, str | Path):
        return _file_records(Path(ranking)), str(ranking)
    if hasattr(ranking, "to_records"):
        return ranking.to_records(), None
    return [ranking] if isinstance(ranking, Mapping) else ranking, None


def _file_records(path: Path) -> Any:
    values = read_values(path)
    whole = values[0] if len(values) == 1 else values
    return [whole] if isinstance(whole, dict) else whole


def _schema_error(error: ValidationError, file: str | None) -> InputError:
    fault = error.errors(include_url=False, include_input=False)[0]
    steps = [f"[{each}]" if isinstance(each, int) else f".{shown(each)}" for each in fault["loc"]]
    message = f"{fault['msg'][:1].lower()}{fault['msg'][1:]}"
    return InputError(
        f"the ranking cannot be read: {message}",
        file=file,
        place="".join(steps).removeprefix(".") or None,
        hint="give the output of genorx rank --format json (data_schemas/ranking.schema.json)",
        code="ranking-schema",
    )


def _chosen(
    patients: list[_Patient], records: list[Mapping[str, Any]], patient_id: str | None, file: str | None
) -> PatientOptions:
    ids = [each.patient_id for each in patients]
    if not ids:
        raise InputError("the ranking holds no patient", file=file, code="ranking-schema")
    if patient_id is None and len(ids) > 1:
        hint = "name one by patient_id= or --patient"
        raise UsageError(f"the ranking holds {len(ids)} patients", file=file, hint=hint, code="patient-needed")
    if patient_id is not None and patient_id not in ids:
        raise no_such("patient", patient_id, ids, file=file)
    at = 0 if patient_id is None else ids.index(patient_id)
    found = patients[at]
    return PatientOptions(
        patient_id=found.patient_id,
        options=found.options,
        reference=found.reference,
        comparison=found.comparison,
        provenance=found.provenance,
        record=records[at],
        labels=found.labels,
        file=file,
    )
