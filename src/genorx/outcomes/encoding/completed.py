"""Predictions for patients with unknown features, averaged over imputations.

An estimate is the mean of the estimates over the imputations, so that it lies among them (that of an amount also
depends on which values are missing, within the same bounds); each draw of a prediction uses one imputation, so that
intervals include the uncertainty about the patient in addition to that of the model.  Imputations are drawn in
``encoding.feature_distribution``.  Complete patients are predicted unchanged, at no cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from itertools import pairwise
from typing import Any, Self, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.utils.validation import check_is_fitted

from genorx.outcomes.frames import as_features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Method = TypeVar("Method", bound=Callable[..., Any])
_CARRIED = 2 / 3  # weight, in an estimate, of the prediction with missing values filled and marked as in the fit
_ROWS = 64  # rows of patients with unknown features at a time: their draws fit into memory


@dataclass(frozen=True, kw_only=True)
class SetsOfPatient:
    """Imputations of one patient, for models whose draws are rows of a coefficient table.

    Attributes
    ----------
    rows : slice
        Rows of the patient, one per imputation.
    weight : array of shape (n_sets,)
        Probability of each imputation.
    of_draw : array of int, shape (n_draws,)
        Imputation used by each draw.
    """

    rows: slice
    weight: Floats
    of_draw: Ints

    @property
    def single(self) -> bool:
        """Whether all features of the patient are known."""
        return self.weight.size == 1

    def spread(self, table: Floats) -> Floats:
        """Return the best estimate (first row of ``table``) once per imputation, then the draws."""
        return table if self.single else np.concatenate([np.repeat(table[:1], self.weight.size, axis=0), table[1:]])

    def linear(self, table: Floats, matrix: Floats) -> Floats:
        """Return linear predictors in the rows of ``spread``, from coefficients and the columns of each imputation."""
        return self.linears([table], matrix)[0]

    def linears(self, tables: Iterable[Floats], matrix: Floats) -> list[Floats]:
        """Return linear predictors as ``linear``, for several coefficient tables."""
        firsts = [(table, np.asarray(table @ matrix[0])) for table in tables]
        if self.single:
            return [first for _, first in firsts]
        vary = np.flatnonzero((matrix != matrix[0]).any(axis=0))  # most features of a patient are known
        offsets = np.ascontiguousarray(matrix[:, vary] - matrix[0, vary])
        of_draws, found = offsets[self.of_draw], []
        for table, first in firsts:
            own = table[:, vary]
            best = first[0] + (offsets * own[0]).sum(axis=1)
            found.append(np.concatenate([best, first[1:] + np.einsum("dk,dk->d", own[1:], of_draws)]))
        return found

    def together(self, values: Floats) -> Floats:
        """Return the best estimate, the mean over imputations, and the draws, from values in the rows of ``spread``."""
        if self.single:
            return values
        weight = self.weight.reshape(-1, *(1,) * (values.ndim - 1))
        n_sets = self.weight.size
        return np.concatenate([(weight * values[:n_sets]).sum(axis=0)[None], values[n_sets:]])


@dataclass(frozen=True, kw_only=True)
class ValueSets:
    """Mapping of rows to patients: one row for a complete patient, otherwise one per imputation.

    Attributes
    ----------
    starts : array of int, shape (n_patients + 1,)
        First row of each patient, and the number of rows.
    weight : array of shape (n_rows,)
        Probability of the values of a row; sums to 1 for each patient.
    share : array of shape (n_rows,)
        Share of the draws that use the values of a row; sums to 1 for each patient.
    """

    starts: Ints
    weight: Floats
    share: Floats

    @classmethod
    def known(cls, n_patients: int) -> ValueSets:
        """Return the mapping of complete patients."""
        return ValueSets(starts=np.arange(n_patients + 1), weight=np.ones(n_patients), share=np.ones(n_patients))

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return len(self.starts) - 1

    @property
    def is_whole(self) -> bool:
        """Whether each patient has a single row."""
        return len(self.weight) == self.n_patients

    def mean(self, values: Floats) -> Floats:
        """Return the mean over each patient's rows; ``values`` has rows, and the result patients, on the first axis."""
        if self.is_whole:
            return values
        weight = self.weight.reshape(-1, *(1,) * (values.ndim - 1))
        return np.asarray(np.add.reduceat(values * weight, self.starts[:-1], axis=0))

    def confined(self, values: Floats, rows: Floats) -> Floats:
        """Return each patient's value, truncated to the range of the patient's rows."""
        first = self.starts[:-1]
        return np.clip(values, np.minimum.reduceat(rows, first), np.maximum.reduceat(rows, first))

    def mean_log_odds(self, linear: Floats) -> Floats:
        """Return the log odds of the mean probability over each patient's rows, from the log odds of rows."""
        if self.is_whole:
            return linear
        return np.where(np.diff(self.starts) > 1, logit(self.mean(expit(linear))), linear[self.starts[:-1]])

    def mixed(self, draws: Floats) -> Floats:
        """Return draws of patients from draws of rows: draws on the first axis, rows or patients on the second."""
        if self.is_whole:
            return draws
        rows = np.column_stack([one.rows.start + one.of_draw for one in self.patients(len(draws))])
        return np.asarray(draws[np.arange(len(draws))[:, None], rows])

    def patients(self, n_draws: int) -> Iterator[SetsOfPatient]:
        """Yield the imputations of each patient."""
        order = np.random.default_rng(n_draws).permutation(n_draws)  # draws of a model may be sorted by refit
        places = (order + 0.5) / n_draws
        first_for_all = np.zeros(n_draws, dtype=np.int64)
        for first, end in pairwise(self.starts.tolist()):
            rows = slice(first, end)
            if end == first + 1:
                yield SetsOfPatient(rows=rows, weight=self.weight[rows], of_draw=first_for_all)
                continue
            of_draw = np.searchsorted(np.cumsum(self.share[rows])[:-1], places)
            yield SetsOfPatient(rows=rows, weight=self.weight[rows], of_draw=of_draw)


@dataclass(frozen=True, kw_only=True)
class Completed(ValueSets):
    """Patients' features without missing values.

    Attributes
    ----------
    frame : DataFrame
        One row per imputation; rows of a patient are adjacent, patients in the requested order.
    """

    frame: pd.DataFrame

    @classmethod
    def whole(cls, frame: pd.DataFrame) -> Self:
        """Return complete patients."""
        sets = ValueSets.known(len(frame))
        return cls(frame=frame, starts=sets.starts, weight=sets.weight, share=sets.share)

    def with_gaps(self, gaps: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with some values missing again; ``gaps``: patients x features, True or False."""
        each = np.repeat(gaps.to_numpy(dtype=bool), np.diff(self.starts), axis=0)
        blank = {str(name): each[:, place] for place, name in enumerate(gaps.columns) if each[:, place].any()}
        return self.frame.assign(**{name: self.frame[name].mask(missing) for name, missing in blank.items()})

    def parts(self) -> Iterator[tuple[Ints, Self]]:
        """Yield patients by index: complete ones first, then the others in blocks."""
        sizes = np.diff(self.starts)
        known, others = np.flatnonzero(sizes == 1), np.flatnonzero(sizes > 1)
        if known.size:
            yield known, self._of(known)
        block = np.cumsum(sizes[others]) // _ROWS
        for number in np.unique(block):
            patients = others[block == number]
            yield patients, self._of(patients)

    def _of(self, patients: Ints) -> Self:
        rows = np.concatenate([np.arange(self.starts[p], self.starts[p + 1]) for p in patients])
        starts = np.concatenate([[0], np.cumsum(np.diff(self.starts)[patients])])
        return type(self)(frame=self.frame.iloc[rows], starts=starts, weight=self.weight[rows], share=self.share[rows])


def mean_over_unknown(method: Method) -> Method:
    """Make a row-wise prediction method average over imputations of patients with unknown features."""

    @wraps(method)
    def over(self: Any, X: Any, *args: Any, **stated: Any) -> Any:
        completed = _completed(self, X)
        if completed.is_whole:
            return method(self, X, *args, **stated)
        found = method(self, completed.frame, *args, **stated)
        if not isinstance(found, pd.DataFrame):
            return completed.mean(found)
        patients = found.index[completed.starts[:-1]]
        return pd.DataFrame(completed.mean(found.to_numpy(float)), index=patients, columns=found.columns)

    return cast(Method, over)


def estimate_over_unknown(method: Method) -> Method:
    """Do the same for an estimate affected by informative missing values (``encoding.telling_gaps``).

    It is one third the mean over the imputations and two thirds the prediction with informative missing values filled
    and marked as in the fit, but always within the range of the estimates over imputations.  Missing values partly
    reflect the centres of the training patients: the latter prediction alone was worse at new centres.
    """

    @wraps(method)
    def over(self: Any, X: Any) -> Any:
        completed = _completed(self, X)
        rows = method(self, completed.frame)
        if completed.is_whole:
            return rows
        gaps = self._telling_gaps(as_features(self, X))
        marked = method(self, completed.with_gaps(gaps))
        return completed.confined(completed.mean(rows + _CARRIED * (marked - rows)), rows)

    return cast(Method, over)


def log_odds_over_unknown(method: Method) -> Method:
    """Do the same for a method that returns log odds: probabilities are averaged and converted back."""

    @wraps(method)
    def over(self: Any, X: Any, *args: Any, **stated: Any) -> Any:
        completed = _completed(self, X)
        return completed.mean_log_odds(method(self, completed.frame, *args, **stated))

    return cast(Method, over)


def draws_over_unknown(method: Method) -> Method:
    """Do the same for a drawing method, with draws on the first axis of its result and patients on the second."""

    @wraps(method)
    def over(self: Any, X: Any, *args: Any, **stated: Any) -> Any:
        completed = _completed(self, X)
        if completed.is_whole:
            return method(self, X, *args, **stated)
        drawn: Any = None
        for patients, part in completed.parts():
            own = part.mixed(method(self, part.frame, *args, **stated))
            if drawn is None:
                drawn = np.empty((own.shape[0], completed.n_patients, *own.shape[2:]))
            drawn[:, patients] = own
        return drawn

    return cast(Method, over)


def interval_over_unknown(method: Method) -> Method:
    """Do the same for ``predict_interval``, the prediction interval around ``predict_value``.

    On either side the width is the root of the summed squares of the mean width and of the distance to the farthest
    estimate, but no limit lies beyond those of all imputations.
    """

    @wraps(method)
    def over(self: Any, X: Any, *args: Any, **stated: Any) -> Any:
        completed = _completed(self, X)
        ends = method(self, completed.frame, *args, **stated)
        if completed.is_whole:
            return ends
        values, first = np.asarray(self.predict_value(completed.frame)), completed.starts[:-1]
        middle, mean = np.asarray(self.predict_value(X)), completed.mean(values)
        made = np.empty((middle.size, 2))
        for side, (outermost, innermost) in enumerate(((np.minimum, np.maximum), (np.maximum, np.minimum))):
            sign = 2 * side - 1
            reach = np.hypot(completed.mean(ends[:, side]) - mean, outermost.reduceat(values, first) - middle)
            farthest = outermost.reduceat(ends[:, side], first)
            several = innermost(middle + sign * reach, farthest)
            made[:, side] = np.where(np.diff(completed.starts) > 1, several, ends[first, side])
        whole = np.all(ends == np.round(ends))  # limits of counts
        return np.column_stack([np.floor(made[:, 0]), np.ceil(made[:, 1])]) if whole else made

    return cast(Method, over)


def _completed(model: Any, X: Any) -> Completed:
    """Return the patients completed by the model, or by the one that it chose."""
    check_is_fitted(model)
    frame = as_features(model, X)
    while hasattr(model, "model_"):
        model = model.model_
    if not hasattr(model, "_complete"):  # a user's own model handles missing values itself
        return Completed.whole(frame)
    completed: Completed = model._complete(frame)
    return completed
