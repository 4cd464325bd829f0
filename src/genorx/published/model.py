"""Base of every published model: reading of a frame, exclusions by its population, and estimates.

A model needs no fitting; ``fit`` only checks the columns.  Families derive from ``PublishedModel`` and give formulas.
The interface for other modules is ``published.formulas``.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd

from genorx.errors import Finding, UsageError, shown
from genorx.published.cards.card import Card, card_files, read_card
from genorx.published.estimates import (
    ABSENT,
    Availability,
    Estimated,
    long_table,
    with_findings,
)
from genorx.published.formulas import WHOLE_TABLE, Formulas
from genorx.published.inputs.inputs import Inputs, TableSource, read_inputs
from genorx.published.tables import load_table

if TYPE_CHECKING:
    from genorx.cohort import Cohort
    from genorx.published.local.recalibration import Recalibration
    from genorx.ranking import Ranking


#: Most options named in a finding; more are counted.
_MOST_NAMED = 6


class PublishedModel(Formulas):
    """A published model of one version: ``predict`` without a cohort.

    Parameters
    ----------
    version : str
        Version of the model.  There is no default, since versions differ more than treatments do.
    mapping : mapping of input to column, optional
        Columns with names other than those of the model's inputs.
    values : mapping of input to mapping, optional
        Meanings of texts in a column: ``{"grade": {"II": 2}}``.
    trusted : sequence of str, optional
        Inputs whose unit is guaranteed by the caller, so that it is not checked.
    """

    family: ClassVar[str]
    #: Set by ``recalibrate`` on a copy.
    _recalibration: Recalibration | None = None

    def __init__(
        self,
        *,
        version: str,
        mapping: Mapping[str, str] | None = None,
        values: Mapping[str, Mapping[str, Any]] | None = None,
        trusted: Sequence[str] = (),
    ) -> None:
        self.version = version
        self.mapping = mapping
        self.values = values
        self.trusted = trusted

    def __repr__(self) -> str:
        state = "" if self._recalibration is None else f", recalibrated ({self._recalibration.how})"
        return f"<{type(self).__name__} {self.family}@{self.version}{state}>"

    @property
    def id(self) -> str:
        """Name and version."""
        return f"{self.family}@{self.version}"

    @property
    def card(self) -> Card:
        """Population, inputs, outputs, and validation of the model."""
        return read_card(self.family, self.version)

    @property
    def digest(self) -> str:
        """SHA-256 of the coefficients, and of the correction if there is one."""
        return self.card.coefficients if self._recalibration is None else self._recalibration.digest(self.id)

    def with_recalibration(self, correction: Recalibration) -> Self:
        """Return a copy recalibrated on local data; this model is unchanged."""
        made = copy.copy(self)
        made._recalibration = correction
        return made

    @property
    def recalibration(self) -> Recalibration | None:
        """Recalibration on local data; None for the model as published."""
        return self._recalibration

    @property
    def columns(self) -> pd.DataFrame:
        """One row per input: name, unit (UCUM), type, ranges, whether it is required, effect of a missing value."""
        rows = [
            {
                "name": each.name,
                "meaning": each.meaning,
                "unit": each.unit,
                "type": each.kind,
                "range": each.range,
                "hard_range": each.hard,
                "levels": [*map(str, each.codes), *each.levels],
                "required": each.required,
                "unknown": each.unknown if each.unknown_value is None else f"{each.unknown} {each.unknown_value:g}",
            }
            for each in self.card.inputs
        ]
        return pd.DataFrame(rows)

    @property
    def table(self) -> dict[str, Any]:
        """Coefficients of the source, checked against their digest."""
        return load_table(self.id)

    # scikit-learn's shape ------------------------------------------------------------------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the constructor's parameters."""
        names = [name for name in inspect.signature(type(self).__init__).parameters if name != "self"]
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> PublishedModel:
        """Set parameters of the constructor."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise UsageError(f"{self.id} has no parameter {shown(name)!r}", hint=f"it has {', '.join(known)}")
            setattr(self, name, value)
        return self

    def set_output(self, *, transform: str | None = None) -> PublishedModel:
        """Accept ``"pandas"`` or ``"default"``: tables are pandas in either case."""
        if transform not in (None, "pandas", "default"):
            raise UsageError(f"output {shown(transform)!r} is not pandas")
        return self

    def fit(self, X: pd.DataFrame, y: Any = None) -> PublishedModel:  # noqa: ARG002
        """Check that the frame has the model's columns; nothing is learnt."""
        self.read(X)
        return self

    # use -----------------------------------------------------------------------------------------------------------

    def check(self, frame: pd.DataFrame) -> tuple[Finding, ...]:
        """Return one finding per patient and reason: exclusion, value outside derivation, unknown value, doubtful unit.

        Raises
        ------
        TableError
            If the table cannot be used: an absent column, text instead of a number, another unit, an impossible value.
        """
        return tuple(self.read(frame).findings())

    def evaluate(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the model's estimates in the format of its authors' program, one row per patient, index kept.

        Patients for whom the model does not hold have no numbers; ``attrs["findings"]`` gives the reasons.

        Raises
        ------
        TableError
            As ``check``.
        """
        inputs = self.read(frame)
        columns = {name: _masked(value, inputs.refused) for name, value in self._wide(inputs).items()}
        return with_findings(pd.DataFrame(columns, index=frame.index), inputs.plain_findings())

    def predict(
        self,
        frame: pd.DataFrame,
        horizons: Sequence[float] | None = None,
        options: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the predictions with the columns of ``genorx predict``: one row per patient, option, outcome and time.

        ``estimate`` is survival for ``os``, otherwise the probability of the event, a score or a dose; a higher
        ``risk`` is worse.  ``lower`` and ``upper`` are empty unless the source has an interval.  An option that does
        not apply to a patient has no row; ``attrs["findings"]`` gives the reasons.

        Raises
        ------
        TableError
            As ``check``.
        UsageError
            If there is no such option or horizon.
        """
        inputs = self.read(frame)
        chosen = self.chosen_options(inputs, options)
        available = {option: self.availability(inputs, option) for option in chosen}
        made = self.estimates(inputs, self._chosen_horizons(horizons), chosen)
        made = [_without(each, available[each.option], inputs) for each in made]
        table = long_table(inputs.ids, made, [available[each.option] for each in made])
        note_options(inputs, available)
        inputs.general.extend(self.general_findings(made))
        return with_findings(table, inputs.plain_findings())

    def rank(self, frame: pd.DataFrame, reference: str | None = None, **how: Any) -> Ranking:
        """Return each patient's options, best first; see ``published.options.ranked.rank_options`` for ``how``."""
        from genorx.published.options.ranked import rank_options

        return rank_options(self, frame, reference=reference, **how)

    def recalibrate(
        self, cohort: Cohort, how: str = "auto", outcome: str = "os", *, cause: str | None = None, seed: int = 0
    ) -> PublishedModel:
        """Return a copy recalibrated on local data; this model is unchanged.  See ``published.local.recalibration``."""
        from genorx.published.local.recalibration import recalibrated

        return recalibrated(self, cohort, how=how, outcome=outcome, cause=cause, seed=seed)

    def _wide(self, inputs: Inputs) -> dict[str, Any]:
        """Return the wide table's columns; numbers, or texts if the output is a category."""
        chosen = self.all_options()
        return {each.name: each.values for each in self.estimates(inputs, self.card.horizons, chosen)}

    def _after_reading(self, inputs: Inputs) -> None:
        """Check for contradictions and for exclusions by several inputs together."""

    # interface for ranking, combination and correction: ``published.formulas`` ---------------------------------------

    def read(self, frame: pd.DataFrame, source: TableSource = WHOLE_TABLE) -> Inputs:
        """Read the frame, with exclusions; see ``published.inputs``."""
        if not isinstance(frame, pd.DataFrame):
            raise UsageError(f"a data frame of patients is required, not {type(frame).__name__}")
        card = self.card
        self._check_names([name for each in card.inputs for name in (each.name, *each.also)])
        proper = {name: each.name for each in card.inputs for name in each.also}
        inputs = read_inputs(
            frame,
            card.inputs,
            mapping={proper.get(name, name): column for name, column in (self.mapping or {}).items()},
            values=self.values or {},
            trusted=self.trusted,
            source=source,
        )
        self._ignored(inputs, frame)
        for each in card.inputs:
            unknown = ~inputs.known(each.name) & ~inputs.refused
            if each.required and each.unknown == "no-estimate":
                text = f"{each.name} is not known"
                inputs.refuse(unknown, "published-unknown-input", text, column=each.name)
            elif each.unknown == "source-value":
                value = "without effect" if each.unknown_value is None else f"{each.unknown_value:g}"
                text = f"{each.meaning} ({each.name}) is not known: the model then uses {value}"
                inputs.note(unknown, "published-source-value", "info", text, column=each.name)
        self._after_reading(inputs)
        return inputs

    def _check_names(self, names: Sequence[str]) -> None:
        for given in (self.mapping or {}, self.values or {}, self.trusted):
            if strange := [name for name in given if name not in names]:
                raise UsageError(
                    f"{self.id} has no input {shown(strange[0])!r}",
                    hint=f"it has {', '.join(names)}",
                    code="published-input",
                )

    def _ignored(self, inputs: Inputs, frame: pd.DataFrame) -> None:
        """Add findings on columns that another version of the family would use."""
        mine = {each.name for each in self.card.inputs}
        for shared in card_files()[self.family]["inputs"]:
            name = shared["name"]
            if name not in mine and name in frame.columns and frame[name].notna().any():
                text = f"{self.id} does not use {name}: the column is ignored"
                inputs.general.append(Finding(code="published-input-ignored", severity="info", message=text))

    def chosen_options(self, inputs: Inputs, options: Sequence[str] | None) -> tuple[str, ...]:
        """Return the distinct requested options; by default those of the model."""
        if options is None:
            return self.default_options(inputs)
        known = self.all_options()
        for option in options:
            if option not in known:
                raise UsageError(
                    f"{self.id} has no option {shown(option)!r}",
                    hint=f"it has {', '.join(known)}",
                    code="published-option",
                )
        return tuple(dict.fromkeys(options))

    def _chosen_horizons(self, horizons: Sequence[float] | None) -> tuple[float, ...]:
        return self.card.horizons if horizons is None else self.checked_horizons(horizons)

    def checked_horizons(self, horizons: Sequence[float]) -> tuple[float, ...]:
        """Return the horizons; raises ``UsageError`` (``published-horizon``) for one that the model lacks."""
        known = self.card.horizons
        for each in horizons:
            if each not in known:
                listed = ", ".join(f"{one:g}" for one in known) or "none: its output has no time"
                raise UsageError(
                    f"{self.id} does not predict to {each:g} {self.card.time_unit}",
                    hint=f"its horizons are {listed}",
                    code="published-horizon",
                )
        return tuple(horizons)

    def general_findings(self, made: Sequence[Estimated]) -> list[Finding]:
        """Return the findings that concern every patient: no interval, no paper."""
        found = []
        if all(each.lower is None for each in made):
            text = f"the source of {self.id} gives no interval: lower and upper are empty"
            found.append(Finding(code="published-no-interval", severity="info", message=text))
        if self.card.status != "published":
            text = f"{self.id} is {self.card.status}: no paper or validation of its numbers is known"
            found.append(Finding(code="published-unvalidated", severity="warning", message=text))
        return found


def note_options(inputs: Inputs, available: Mapping[str, Availability]) -> None:
    """Add findings on options that are absent or without estimate: one per patient and reason, with the options."""
    found: dict[tuple[int, str], tuple[Any, list[str]]] = {}
    for option, each in available.items():
        for positions, state, reason in each.reasons:
            found.setdefault((state, reason), (positions, []))[1].append(option)
    for (state, reason), (positions, options) in found.items():
        where = np.zeros(len(inputs), dtype=bool)
        where[positions] = True
        absent = state == ABSENT
        inputs.note(
            where & ~inputs.refused,
            "published-option-absent" if absent else "published-option-unknown",
            "info" if absent else "warning",
            f"{reason}: {_counted(options, len(available))}",
        )


def _counted(options: Sequence[str], of: int) -> str:
    """Return the names of options, or their number if there are many."""
    return ", ".join(options) if len(options) <= _MOST_NAMED else f"{len(options)} of {of} options"


def _without(each: Estimated, available: Availability, inputs: Inputs) -> Estimated:
    """Return the estimate without patients who are excluded or for whom the option is unknown."""
    from dataclasses import replace

    gone = inputs.refused | (available.state != 0)
    if not gone.any():
        return each
    lower, upper = (None if side is None else np.where(gone, np.nan, side) for side in (each.lower, each.upper))
    return replace(each, values=np.where(gone, np.nan, each.values), lower=lower, upper=upper)


def _masked(value: Any, refused: Any) -> Any:
    if not refused.any():
        return value
    empty = None if value.dtype == object else np.nan
    return np.where(refused, empty, value)
