"""Interface of an outcome kind for models, effects and rankings: suitable models and draws.

The data of a kind are in ``cohort.kinds``; fitting is done by each model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.kinds import DATA_KINDS, DataKind, OutcomeKind
from genorx.cohort.outcome import Outcome
from genorx.errors import UsageError, shown
from genorx.outcomes.evaluation import Evaluation

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Predictions of a fitted model for patients, with draws of its uncertainty.

    Attributes
    ----------
    point : array of shape (n_patients, n_times)
        Best estimate; n_times is 1 for a value.
    draws : array of shape (n_draws, n_patients, n_times)
        Draws of the same.
    parts : array of shape (n_patients, n_parts, n_times) or None
        Best estimate of each part (cause, grade), if the kind has parts.
    part_draws : array of shape (n_draws, n_patients, n_parts, n_times) or None
        Draws of the same.
    """

    point: Floats
    draws: Floats
    parts: Floats | None = None
    part_draws: Floats | None = None


@dataclass(frozen=True, kw_only=True)
class ChoiceRule:
    """Rule for replacing the default model of a kind by another one.

    Attributes
    ----------
    of : str
        The outcome in words.
    score : str
        Name of the mean loss.
    margin : float
        Standard errors of the difference by which another model must be better.  2 for a binary outcome, a count
        and a grade: a model with a parametric bootstrap in place of a posterior must be clearly better; and for
        survival, where a candidate that is better by 1 is worse in new patients about half of the time.  1 for
        competing causes and amounts.
    margin_joined : float
        The same for a combination of several of them, which departs from the default only as far as the gain is
        certain.
    fewest : int
        Patients below which nothing is chosen: 50 with the event or the rarer value; 100 for amounts, for which all
        patients count.
    most_forest : float
        Patients above which a forest is no candidate: it takes most of the time and was never close to best.  The
        survival forest, which is grown on rounded times, is always a candidate.
    """

    of: str
    score: str
    margin: float = 1.0
    margin_joined: float = 1.0
    fewest: int = 50
    most_forest: float = 2000


@dataclass(frozen=True, kw_only=True)
class Family(ABC):
    """One kind of outcome; its fields are the study's settings.

    Attributes
    ----------
    name : str
        As in ``cohort.kinds``.
    protocol : type
        Attributes that a prognosis of this kind must have.
    choice : ChoiceRule
    """

    name: ClassVar[OutcomeKind]
    protocol: ClassVar[type[Any]]
    choice: ClassVar[ChoiceRule]

    @property
    def data(self) -> DataKind:
        """The kind's rules for tables."""
        return DATA_KINDS[self.name]

    @classmethod
    def of(cls, outcome: Any) -> Self:  # noqa: ARG003 (causes and grades need it)
        """Return the family of one outcome, of a study or a model, with its study's settings."""
        return cls()

    def params(self) -> dict[str, Any]:
        """Return the model parameters that the study determines."""
        return {}

    def target(self, y: pd.DataFrame) -> pd.DataFrame | pd.Series[Any]:
        """Return the target of a prognosis."""
        return y if self.data.timed else y["value"]

    def as_yes_no(self, y: pd.DataFrame) -> pd.DataFrame:
        """Return the outcome for a model of values without parts."""
        return y

    def check_rows(self, y: pd.DataFrame, outcome: Outcome, *, horizon: float | None = None) -> None:  # noqa: B027
        """Raise an error for patients without information on this outcome.

        Raises
        ------
        SupportError
            ``no-events``.
        """

    def check_prognosis(self, y: pd.DataFrame, outcome: Outcome) -> None:  # noqa: B027
        """Raise an error for patients without information for a prognosis, though effects may have some.

        Raises
        ------
        SupportError
            ``no-events``.
        """

    def suits(self, model: Any) -> bool:
        """Return whether a model, fitted or not, has the prediction methods of the protocol."""
        required = [name for name in vars(self.protocol) if name.startswith(("fit", "predict_", "sample_"))]
        return all(hasattr(model, name) for name in required)

    def check_model(self, model: Any, outcome: str) -> None:
        """Raise an error for a model that does not support this kind.

        Raises
        ------
        UsageError
            ``model-kind``.
        """
        if not self.suits(model):
            raise UsageError(
                f"{shown(type(model).__name__)} is no model of a {self.name} outcome, which {shown(outcome)} is",
                hint=f"a {self.protocol.__name__} (genorx.outcomes.protocol) is",
                code="model-kind",
            )

    def check_parts(self, parts: Floats | None, outcome: str) -> None:  # noqa: B027
        """Raise an error for parts (n_patients, ..., n_parts, n_times) that are not those of the outcome."""

    def part_risks(self, parts: Floats, *, more_is_better: bool) -> Floats:
        """Return, in the shape of ``parts`` (..., n_parts, n_times), scores that are higher for a worse prognosis."""
        return parts if more_is_better else 1 - parts

    @abstractmethod
    def draw(self, model: Any, X: pd.DataFrame, times: Floats, *, n_draws: int, seed: int) -> Drawn:
        """Return the predictions of a fitted prognosis; ``times`` are empty for a value."""

    @abstractmethod
    def evidence(self, y: Any) -> int:
        """Return the effective number of patients for a model choice."""

    def scored_times(self, y: Any, fold: NDArray[Any]) -> Floats | None:  # noqa: ARG002 (times need it)
        """Return the times at which candidates are scored, empty for a value; None if they cannot be scored."""
        return np.zeros(0)

    @abstractmethod
    def estimate(self, model: Any, X: pd.DataFrame, times: Floats) -> Floats:
        """Return the input of ``losses`` from a fitted model, patients on the first axis."""

    @abstractmethod
    def losses(self, y: Any, estimate: Floats, times: Floats) -> Floats:
        """Return the loss of each patient, shape (n_patients,)."""

    @abstractmethod
    def predicted(self, model: Any, X: pd.DataFrame, times: Floats) -> dict[str, Floats]:
        """Return the scored predictions of a fitted prognosis, patients on the first axis."""

    @abstractmethod
    def factual(self, known: Floats) -> dict[str, Floats]:
        """Return the same from ``EffectDraws`` under each patient's own option.

        Parameters
        ----------
        known : array of shape (n_patients, n_times), or (n_patients, n_parts, n_times) for a kind with parts
        """

    @abstractmethod
    def score(self, y: Any, predicted: Mapping[str, Floats], fold: NDArray[Any], **shared: Any) -> Evaluation:
        """Return the scores of the result of ``predicted`` or ``factual``.

        ``shared``: ``n_boot``, ``seed``, ``outcome``; ``horizons`` for times, ``levels`` for grades.
        """

    def limits(self, model: Any, X: pd.DataFrame) -> Floats | None:  # noqa: ARG002 (amounts and counts have them)
        """Return 95 % prediction limits of a patient's own value, shape (n_patients, 2); None for a probability."""
        return None
