"""Coverage, error and false claims of effects on yes-or-no outcomes, counts and grades with known truth.

Run: ``OMP_NUM_THREADS=1 python benchmarks/effects.py --kinds [--repeats N] [--first 1000] [--only NAME ...]``.  One
line a case and model; standard errors are over tables; columns are explained in ``score``.  Seeds are ``--first`` +
repeat.  Cases with as many patients have the same features at one seed, so that their lines are not independent.

Equations
---------
Six standard normal covariates ``x1`` to ``x6``, four 0/1 covariates ``b1`` to ``b4`` (share 0.3 to 0.45).  The linear
predictor under option ``a`` is

    0.4 x1 + 0.3 x2 - 0.3 x3 + 0.3 b1 + e_a(x)

with ``e`` of the case, 0 under the reference.  Added to a level it is the log odds of yes; added to 2 - k, the log odds
of grade k or more, of 0 to 5; half of it, added to a level, is the log mean of a count, whose variance is
mean + d mean^2.
By indication the log odds of each option against the reference are x1 + 0.7 x2 - 0.5 b1; otherwise options are drawn
with equal probability.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from genorx.effects import ResponseEffect

Floats = NDArray[np.float64]
_OPTIONS = np.array(["standard", "new", "other"])
_N_TEST = 400
_HIGHEST, _AT_LEAST = 5, 3
_EQUAL = 1e-9  # difference below which options are equal
_CLEAR = {"binary": 0.05, "ordinal": 0.05, "count": 0.5}  # difference of which power is asked
_SIMPLER = {"count": "continuous", "ordinal": "binary"}
_COLUMNS = ["coverage", "se_cov", "worst", "false", "se_false", "power", "error", "bias", "width"]
_COLUMNS += ["mean_cov", "mean_bias", "mean_width", "uneven"]


def _nothing(x: pd.DataFrame, option: int) -> Floats:  # noqa: ARG001 (every effect has the same form)
    return np.zeros(len(x))


def _differing(x: pd.DataFrame, option: int) -> Floats:
    return np.asarray(-0.2 + 0.8 * x["x1"] if option == 1 else -0.2 - 0.8 * x["x2"])


def _two(x: pd.DataFrame, option: int) -> Floats:  # noqa: ARG001
    return np.asarray(-0.2 + 0.7 * x["x1"] - 0.7 * x["x3"])


@dataclass(frozen=True, kw_only=True)
class Case:
    """One line of the table: kind of the outcome, patients, options, and truth.

    ``ratios``, if given, are the odds ratios of the new option at each grade, in place of ``effect``.  ``tables`` are
    simulated unless another number is asked for.
    """

    kind: str
    n: int
    effect: Callable[[pd.DataFrame, int], Floats] = _differing
    options: int = 2
    level: float = 0.0
    dispersion: float = 0.0
    indicated: bool = True
    ratios: tuple[float, ...] = ()
    tables: int = 30

    def kinds(self) -> list[str]:
        """Return the models to fit: that of the kind, and a simpler one where options differ by one feature each."""
        compared = self.effect is _differing and not self.ratios
        return [self.kind, *([_SIMPLER[self.kind]] if compared and self.kind in _SIMPLER else [])]

    def linear(self, x: pd.DataFrame, option: int) -> Floats:
        """Return the linear predictor at each threshold under an option, shape (n, 1); of grades, (n, 5)."""
        shift = 0.4 * x["x1"] + 0.3 * x["x2"] - 0.3 * x["x3"] + 0.3 * x["b1"]
        if option and not self.ratios:
            shift = shift + self.effect(x, option)
        linear = shift.to_numpy()[:, None]
        if self.kind == "count":
            return np.asarray(self.level + 0.5 * linear)
        if self.kind == "binary":
            return np.asarray(self.level + linear)
        apart = np.log(self.ratios) if option and self.ratios else 0.0
        return np.asarray(2.0 - np.arange(1, _HIGHEST + 1) + linear + apart)

    def means(self, linear: Floats) -> Floats:
        """Return what is compared: a mean count, or the probability of yes or of the threshold grade."""
        if self.kind == "count":
            return np.asarray(np.exp(linear[:, 0]))
        return np.asarray(expit(linear[:, _AT_LEAST - 1 if self.kind == "ordinal" else 0]))

    def drawn(self, linear: Floats, rng: np.random.Generator) -> Floats:
        """Return outcomes."""
        if self.kind == "count":
            mean, d = self.means(linear), self.dispersion
            return rng.poisson(mean * rng.gamma(1 / d, d, len(mean))).astype(float)
        return np.asarray((rng.random((len(linear), 1)) < expit(linear)).sum(axis=1).astype(float))


_YES = {"kind": "binary", "level": -0.5, "indicated": False, "tables": 40}
_COUNTS = {"kind": "count", "dispersion": 0.8, "level": float(np.log(2))}
CASES: dict[str, Case] = {
    "counts, mean 2, 300, 2 options": Case(**_COUNTS, n=300),
    "counts, mean 2, 500, 3 options": Case(**_COUNTS, n=500, options=3),
    "counts, mean 5, 1000, 2 options": Case(kind="count", dispersion=0.5, level=float(np.log(5)), n=1000),
    "counts, nothing differs, 300, 2 options": Case(**_COUNTS, n=300, effect=_nothing),
    "grades, 300, 2 options": Case(kind="ordinal", n=300),
    "grades, 800, 2 options": Case(kind="ordinal", n=800),
    "grades, 500, 3 options": Case(kind="ordinal", n=500, options=3),
    "grades, two strong differences, 800": Case(kind="ordinal", n=800, effect=_two),
    "grades, odds ratios 0.2 to 1.1, 800": Case(kind="ordinal", n=800, ratios=(0.2, 0.3, 0.5, 0.75, 1.1), tables=16),
    "grades, nothing differs, 800, 2 options": Case(kind="ordinal", n=800, effect=_nothing),
    "yes or no, nothing differs, 400": Case(**_YES, n=400, effect=_nothing),
    "yes or no, one strong difference, 400": Case(**_YES, n=400),
    "yes or no, two strong differences, 400": Case(**_YES, n=400, effect=_two),
    "yes or no, two strong differences, 1000": Case(**_YES, n=1000, effect=_two),
}


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Simulated patients, the first ``n`` for training, and true means of all under every option."""

    X: pd.DataFrame
    y: pd.DataFrame
    treatment: pd.Series[Any]
    truth: pd.DataFrame


def simulate(case: Case, seed: int) -> Tables:
    """Simulate one table of a case."""
    rng, n = np.random.default_rng(seed), case.n + _N_TEST
    columns: dict[str, Any] = {f"x{k}": rng.normal(size=n) for k in range(1, 7)}
    columns |= {f"b{k}": (rng.random(n) < 0.25 + 0.05 * k).astype(int) for k in range(1, 5)}
    X = pd.DataFrame(columns, index=[f"P{row:05d}" for row in range(n)])
    linear = np.stack([case.linear(X, option) for option in range(case.options)])
    tilt = (X["x1"] + 0.7 * X["x2"] - 0.5 * X["b1"]).to_numpy() if case.indicated else np.zeros(n)
    odds = np.column_stack([np.ones(n), *([np.exp(tilt)] * (case.options - 1))])
    edges = np.cumsum(odds, axis=1) / odds.sum(axis=1, keepdims=True)
    taken = (rng.random((n, 1)) > edges[:, :-1]).sum(axis=1)
    value = case.drawn(linear[taken, np.arange(n)], rng)
    return Tables(
        X=X,
        y=pd.DataFrame({"value": value}, index=X.index),
        treatment=pd.Series(_OPTIONS[taken], index=X.index),
        truth=pd.DataFrame({_OPTIONS[k]: case.means(linear[k]) for k in range(case.options)}, index=X.index),
    )


def fitted(case: Case, kind: str, tables: Tables) -> ResponseEffect:
    """Return the model of a kind, fitted to the first ``n`` patients."""
    y = tables.y
    if kind != case.kind and case.kind == "ordinal":
        y = (y >= _AT_LEAST).astype(float)
    model = ResponseEffect(
        reference="standard", randomised=not case.indicated, kind=kind, highest=_HIGHEST, at_least=_AT_LEAST
    )
    return model.fit(tables.X.iloc[: case.n], y.iloc[: case.n], treatment=tables.treatment.iloc[: case.n])


def score(case: Case, model: ResponseEffect, tables: Tables) -> dict[str, float]:
    """Score the differences from the reference in patients who were not fitted.

    coverage    share of true differences within their interval
    false       share of differences whose interval excludes 0 on the wrong side (any, if options are equal)
    power       share of clear differences (0.05, of counts 0.5) whose interval excludes 0 on the right side
    error, bias, width   root mean square and mean error of a difference, mean width of its interval
    mean_cov, mean_bias, mean_width   the same of the mean difference of an option in the training patients
    uneven      share of options with the finding that their odds ratio differs between grades
    """
    X, truth = tables.X.iloc[case.n :], tables.truth
    differences = truth.iloc[:, 1:].sub(truth.iloc[:, 0], axis=0)
    true = differences.iloc[case.n :].to_numpy()
    found = model.effect(X).to_numpy()
    lower, upper = (limit.to_numpy() for limit in model.effect_interval(X))
    known = ~np.isnan(found)
    right = np.where(np.abs(true) > _EQUAL, np.sign(true), 0.0)
    stated = np.where(lower > 0, 1.0, np.where(upper < 0, -1.0, 0.0))
    clear = np.abs(true) > _CLEAR[case.kind]
    effects = model.population_effect()
    means = effects[~effects["measure"].str.contains("ratio")].set_index("option").loc[differences.columns]
    mean = differences.iloc[: case.n].mean()
    return {
        "coverage": ((lower <= true) & (true <= upper))[known].mean(),
        "false": ((stated != 0) & (stated != right)).mean(),
        "power": (stated == right)[clear].mean() if clear.any() else np.nan,
        "error": np.sqrt(((found - true)[known] ** 2).mean()),
        "bias": (found - true)[known].mean(),
        "width": (upper - lower)[known].mean(),
        "mean_cov": ((means["lower"] <= mean) & (mean <= means["upper"])).mean(),
        "mean_bias": (means["estimate"] - mean).mean(),
        "mean_width": (means["upper"] - means["lower"]).mean(),
        "uneven": len([one for one in model.findings_ if one.code == "odds-not-proportional"]) / (case.options - 1),
    }


def main(names: Sequence[str], first: int, repeats: int | None) -> None:
    """Print the table; ``repeats`` tables of each case, by default its own number."""
    print(f"{'case':42}{'model':12}{'tables':>7}" + "".join(f"{name:>10}" for name in _COLUMNS))
    for name in names:
        case = CASES[name]
        kinds = case.kinds()
        scores: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
        for seed in range(first, first + (repeats or case.tables)):
            tables = simulate(case, seed)
            for kind in kinds:
                scores[kind].append(score(case, fitted(case, kind, tables), tables))
        for kind in kinds:
            runs = pd.DataFrame(scores[kind])
            row = runs.mean().to_dict() | {
                "se_cov": runs["coverage"].sem(),
                "worst": runs["coverage"].min(),
                "se_false": runs["false"].sem(),
            }
            print(f"{name:42}{kind:12}{len(runs):7}" + "".join(f"{row[c]:10.3f}" for c in _COLUMNS), flush=True)
