"""Digests of what every model says on three made cohorts, to see that a change of structure changes no number.

``python scripts/golden_digests.py write golden.json`` before the change, ``... compare golden.json`` after it: on the
same machine and libraries each digest must be the same; ``--only Logistic`` (a pattern) takes a part.  Digests are of
the saved state, predictions, draws and contributions of every public outcome model, of both effect estimators, and of
the ranking JSON of each kind of outcome.  Not a test: the last bits of linear algebra differ between machines.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import inspect
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import genorx as gx
from genorx import outcomes
from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.cohort import Cohort
from genorx.cohort.design.design import Design
from genorx.cohort.outcome import Outcome
from genorx.errors import GenorxError
from genorx.ranking import TreatmentRanker, load_model

TIMES = np.array([0.5, 1.0, 2.0])
OPTIONS = ("standard", "new")
_SETS = {"mixed": (260, 5, 4), "genes": (200, 2, 25), "few": (110, 3, 2)}
_PREDICTIONS = ("predict_risk", "predict_probability", "predict_value", "predict_interval", "predict_grades", "predict")
_TIMED = ("predict_survival", "predict_cumulative_incidence")
_DRAWN = ("sample_survival", "sample_cumulative_incidence", "sample_probability", "sample_value", "sample_grades")


@dataclasses.dataclass(frozen=True)
class Made:
    """One made cohort: features, specs, option taken and the outcome of each kind."""

    X: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    taken: pd.Series
    y: dict[str, Any]


def make(name: str) -> Made:
    """Numbers with gaps, a category, genes (some rare); every kind of outcome depends on the first number and gene."""
    n, numbers, genes = _SETS[name]
    rng = np.random.default_rng([len(name), n])
    index = pd.Index([f"{name}{i:04d}" for i in range(n)], name="patient_id")
    columns: dict[str, Any] = {}
    for i in range(numbers):
        column = pd.array(rng.normal(50, 10, n).round(1), dtype="Float64")
        column[rng.random(n) < (0.1 if i % 2 else 0.0)] = pd.NA
        columns[f"x{i}"] = column
    for i in range(genes):
        columns[f"g{i}"] = pd.array((rng.random(n) < (0.3 if i < 2 else 0.06)).astype(int), dtype="Int8")
    columns["site"] = pd.Categorical(rng.choice(["a", "b", "c"], n), categories=["a", "b", "c"])
    X = pd.DataFrame(columns, index=index)
    taken = pd.Series(pd.Categorical(np.where(rng.random(n) < 0.5, "new", "standard"), categories=OPTIONS), index=index)
    new = (taken == "new").to_numpy()
    risk = 0.06 * (X["x0"].to_numpy(float) - 50) + 0.8 * X["g0"].to_numpy(float) - 0.6 * new
    return Made(X=X, specs=_specs(X), taken=taken, y=_outcomes(risk, index, rng))


def _specs(X: pd.DataFrame) -> tuple[FeatureSpec, ...]:
    kinds = {"x": ("number", "clinical"), "g": ("boolean", "gene"), "s": ("category", "clinical")}
    levels = {"site": ("a", "b", "c")}
    return tuple(
        FeatureSpec(name=name, kind=kinds[name[0]][0], group=kinds[name[0]][1], levels=levels.get(name, ()))
        for name in map(str, X.columns)
    )


def _outcomes(risk: np.ndarray, index: pd.Index, rng: np.random.Generator) -> dict[str, Any]:
    n = len(index)
    first, second = rng.exponential(np.exp(-risk)), rng.exponential(2.0, n)
    censored = rng.uniform(1.0, 5.0, n)
    time = np.minimum(np.minimum(first, second), censored)
    cause = np.where(time == first, 1, np.where(time == second, 2, 0))
    frame = pd.DataFrame({"time": time, "event": cause > 0}, index=index)
    return {
        "survival": frame,
        "competing": frame.assign(cause=cause),
        "binary": pd.Series((rng.random(n) < 1 / (1 + np.exp(-risk))).astype(float), index=index),
        "continuous": pd.Series(30 + 4 * risk + rng.normal(0, 3, n), index=index),
        "count": pd.Series(rng.poisson(np.exp(0.4 + 0.5 * risk)).astype(float), index=index),
        "ordinal": pd.Series(np.clip(np.round(1.5 + risk + rng.normal(0, 1, n)), 0, 3), index=index),
    }


def kind_of(cls: type) -> str:
    """Return the kind of outcome that a model class is for, by what it offers."""
    for method, kind in (
        ("predict_cumulative_incidence", "competing"),
        ("predict_survival", "survival"),
        ("predict_grades", "ordinal"),
        ("predict_probability", "binary"),
    ):
        if hasattr(cls, method):
            return kind
    return "count" if "Count" in cls.__name__ else "continuous"


def models() -> Iterator[type]:
    """Yield every public outcome model that can be fitted to a frame; a course of states is no frame."""
    for name in sorted(outcomes.__all__):
        cls = getattr(outcomes, name)
        if (
            inspect.isclass(cls)
            and hasattr(cls, "state")
            and hasattr(cls, "fit")
            and not hasattr(cls, "predict_states")
            and not getattr(cls, "_is_protocol", False)
        ):
            yield cls


def digest(value: Any) -> str:
    """Return a digest of arrays, frames and JSON values, to the bit."""
    held = hashlib.sha256()
    _feed(held, value)
    return held.hexdigest()[:16]


def _feed(held: Any, value: Any) -> None:
    if isinstance(value, pd.DataFrame | pd.Series):
        held.update(value.to_json(double_precision=15, orient="split", default_handler=str).encode())
    elif isinstance(value, np.ndarray):
        held.update(f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            held.update(str(key).encode())
            _feed(held, value[key])
    elif isinstance(value, tuple | list):
        for each in value:
            _feed(held, each)
    else:
        held.update(repr(value).encode())


def _of_model(model: Any, X: pd.DataFrame) -> Iterator[tuple[str, str]]:
    some = X.iloc[:25]
    yield "state", digest(model.state())
    for name in (*_PREDICTIONS, *_TIMED, *_DRAWN, "contributions"):
        call: Callable[..., Any] | None = getattr(model, name, None)
        if call is None:
            continue
        timed = name in _TIMED or name in _DRAWN[:2]
        more = {"n_draws": 12, "seed": 3} if name in _DRAWN else {}
        yield name, digest(call(some, TIMES, **more) if timed else call(some, **more))


def of_outcomes(made: Made, name: str, only: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield digests of each outcome model fitted to one cohort."""
    for cls in models():
        if not only.search(f"{name}/{cls.__name__}/"):
            continue
        parameters = inspect.signature(cls).parameters
        given = {"specs": list(made.specs)} if "specs" in parameters else {}
        model = cls(**given)
        try:
            model.fit(made.X, made.y[kind_of(cls)])
        except GenorxError as error:
            yield f"{name}/{cls.__name__}/refused", digest(str(error))
            continue
        for what, text in _of_model(model, made.X):
            yield f"{name}/{cls.__name__}/{what}", text


def cohort_of(made: Made, kind: str) -> Cohort:
    """Return a cohort with a design and one outcome."""
    y = made.y[kind]
    frame = y if isinstance(y, pd.DataFrame) else y.to_frame("value")
    timed = kind in ("survival", "competing")
    outcome = Outcome(
        name="out",
        kind=kind,
        frame=frame,
        unit="years" if timed else "",
        horizons=(1.0, 2.0) if timed else (),
        better="longer" if timed else "lower",
        **({"causes": ("first", "second"), "cause": "first"} if kind == "competing" else {}),
        **({"levels": tuple("0123"), "at_least": "2"} if kind == "ordinal" else {}),
    )
    design = Design(
        kind="baseline",
        options=OPTIONS,
        reference="standard",
        treatment=made.taken,
        origin=pd.Series(0.0, index=made.X.index),
        strata=pd.Series("all", index=made.X.index),
        assumptions=("No unmeasured confounding.",),
    )
    return Cohort(
        features=made.X,
        specs=made.specs,
        outcomes={"out": outcome},
        design=design,
        name="golden",
        primary="out",
        horizon=2.0 if timed else None,
        digest="0" * 64,
    )


def of_rankings(made: Made, name: str, only: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield digests of effects and of the ranking of each kind, from memory and from the model file."""
    for kind in made.y:
        if not only.search(f"{name}/rank-{kind}/"):
            continue
        cohort = cohort_of(made, kind)
        patients = Cohort(features=made.X.iloc[:6], specs=made.specs, digest="1" * 64)
        try:
            ranker = TreatmentRanker(n_draws=60).fit(cohort)
        except GenorxError as error:
            yield f"{name}/rank-{kind}/refused", digest(str(error))
            continue
        text = _without_date(ranker.rank(patients).to_json())
        yield f"{name}/rank-{kind}/json", digest(text)
        yield f"{name}/rank-{kind}/predict", digest(ranker.predict(patients))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "golden.model"
            ranker.save(path)
            again = load_model(path)
        yield f"{name}/rank-{kind}/loaded", digest(_without_date(again.rank(patients).to_json()))


def of_evaluations(made: Made, name: str, only: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield digests of the scores of a quick model of each kind, and of effects under the option that was taken."""
    specs, shared = list(made.specs), {"folds": 3, "n_boot": 20}
    timed = shared | {"horizons": (1.0, 2.0)}
    calls: dict[str, Callable[[], Any]] = {
        "survival": lambda: outcomes.evaluate_survival(
            outcomes.GroupShrunkCox(specs), made.X, made.y["survival"], **timed
        ),
        "competing": lambda: outcomes.evaluate_competing(
            outcomes.CauseSpecificCox(specs), made.X, made.y["competing"], **timed
        ),
        "binary": lambda: outcomes.evaluate_binary(
            outcomes.GroupShrunkLogistic(specs, folds=0), made.X, made.y["binary"], **shared
        ),
        "continuous": lambda: outcomes.evaluate_value(
            outcomes.GroupShrunkRegression(specs), made.X, made.y["continuous"], **shared
        ),
        "count": lambda: outcomes.evaluate_value(outcomes.GroupShrunkCounts(specs), made.X, made.y["count"], **shared),
        "ordinal": lambda: outcomes.evaluate_ordinal(
            outcomes.GroupShrunkOrdinal(specs, highest=3, at_least=2), made.X, made.y["ordinal"], **shared
        ),
    }
    for kind, call in calls.items():
        ranker = TreatmentRanker()
        for what, made_by in (("model", call), ("factual", lambda: ranker.evaluate(cohort_of(made, kind), folds=3))):  # noqa: B023
            if not only.search(f"{name}/evaluate-{kind}/{what}"):
                continue
            try:
                found = made_by()
                text = [found.scores, found.calibration, found.predictions, found.counts, repr(found.findings)]
            except GenorxError as error:
                text = [str(error)]
            yield f"{name}/evaluate-{kind}/{what}", digest(text)


def _without_date(text: str) -> list[Any]:
    answers: list[Any] = json.loads(text)
    for answer in answers:
        for key in ("date", "model", "model_digest"):
            answer.get("provenance", {}).pop(key, None)
    return answers


def digests(only: re.Pattern[str]) -> dict[str, str]:
    """Return every digest by its name, of the models and rankings that the pattern is found in."""
    found: dict[str, str] = {}
    for name in _SETS:
        made = make(name)
        for source in (of_outcomes, of_rankings, of_evaluations):
            for key, text in source(made, name, only):
                found[key] = text
                sys.stderr.write(f"{key} {text}\n")
    return found


def main() -> int:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["write", "compare"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="pattern: few/GroupShrunkCox/, rank-")
    arguments = parser.parse_args()
    found = digests(arguments.only)
    if arguments.what == "write":
        arguments.file.write_text(json.dumps(found, indent=1) + "\n")
        return 0
    known = {key: text for key, text in json.loads(arguments.file.read_text()).items() if arguments.only.search(key)}
    changed = sorted(key for key in known.keys() | found.keys() if known.get(key) != found.get(key))
    sys.stdout.write(f"{len(known)} digests, {len(changed)} differ (genorx {gx.__version__})\n")
    for key in changed:
        sys.stdout.write(f"  {key}: {known.get(key)} -> {found.get(key)}\n")
    return int(bool(changed))


if __name__ == "__main__":
    sys.exit(main())
