"""Which questions bring back the advice: five answers in the order of ``care.questions``, and in other orders.

    OMP_NUM_THREADS=1 python benchmarks/questions.py made [--seeds 10] [--first 0] [--strength 0.6] [--patients 40]
    OMP_NUM_THREADS=1 python benchmarks/questions.py time

``made``: trials of 900 patients, three arms by lot, 16 inputs (five of them yes or no, correlated in pairs), of which
six move the differences; survival in months, the mean up to 36 months decides.  ``strength`` is the standard deviation
of the log hazard ratios of the six.  Of the first patients of each trial three quarters of what is known is hidden.
Where the first option is then another than with all known, five cells are shown again, and three things are counted:
the first option is the right one; the advice on all options is; the share that is left of the outcome lost, by the
model that knows all.  Orders: at random; four simple ones, global importance (mean size of an input's part in the log
hazard ratios), local spread of the leading difference, gain and chance of change of each input alone;
``care.questions``.
``time``: seconds of ``care.questions`` for a patient with 12 missing inputs, best of five.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

import genorx as gx
from genorx.care import questions
from genorx.cohort import Cohort
from genorx.ranking import Ranking, TreatmentRanker

_N, _INPUTS, _MOVING, _HIDDEN, _ASKED, _DRAWS = 900, 16, 6, 0.75, 5, 4
_SIMPLE = {"local spread": "width_after", "gain": "expected_gain", "chance": "p_change"}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A fitted trial, and what its patients are like."""

    features: pd.DataFrame
    cohort: Cohort
    ranker: TreatmentRanker


def make(seed: int, strength: float) -> Made:
    """Return a trial with its model."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(_N, _INPUTS))
    latent[:, 1::2] = 0.4 * latent[:, ::2] + np.sqrt(1 - 0.4**2) * latent[:, 1::2]
    flags = np.arange(_INPUTS) % 3 == 2
    cuts = rng.uniform(0.5, 0.85, _INPUTS)
    seen = np.where(flags, latent > np.quantile(latent, cuts, axis=0).diagonal(), np.round(latent, 3))
    score = (seen - seen.mean(axis=0)) / seen.std(axis=0)
    moving = rng.choice(_INPUTS, _MOVING, replace=False)
    log_ratio = np.zeros((_N, 3))
    for arm in (1, 2):
        log_ratio[:, arm] = rng.normal(0, 0.1) + score[:, moving] @ rng.normal(0, strength, _MOVING)
    arm = rng.integers(0, 3, _N)
    hazard = score @ rng.normal(0, 0.2, _INPUTS) + log_ratio[np.arange(_N), arm]
    event, end = rng.exponential(size=_N) * 24 * np.exp(-hazard), rng.uniform(12, 72, _N)
    names = [f"x{place:02d}" for place in range(_INPUTS)]
    index = pd.Index([f"P{row:03d}" for row in range(_N)], name="patient_id")
    features = pd.DataFrame(seen, columns=names, index=index).astype("Float64")
    table = features.assign(
        months=np.minimum(event, end), died=(event <= end).astype(int), arm=np.array(list("ABC"))[arm]
    )
    survival = {"kind": "survival", "time": "months", "event": "died", "unit": "months", "horizons": [36]}
    cohort = Cohort.from_frames(
        table, outcomes={"os": survival}, treatment="arm", design={"reference": "A", "randomised": True}
    )
    return Made(features=features, cohort=cohort, ranker=TreatmentRanker(n_draws=500, seed=0).fit(cohort))


def hide(features: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return patients of whom three quarters of what is known is hidden."""
    rng, left = np.random.default_rng([seed, 1]), features.copy()
    for row in range(len(left)):
        gone = rng.choice(_INPUTS, int(_HIDDEN * _INPUTS), replace=False)
        left.iloc[row, gone] = pd.NA
    return left


def orders(made: Made, hidden: Ranking, seed: int) -> dict[str, dict[str, list[str]]]:
    """Return the inputs in each order, by order and patient."""
    ours = questions(hidden, cohort=made.cohort, top=_ASKED, draws=_DRAWS, seed=seed)
    found = {"care.questions": {name: list(own["feature"]) for name, own in ours.groupby("patient_id")}}
    every = questions(hidden, cohort=made.cohort, top=_INPUTS, draws=_DRAWS, seed=seed)
    every["feature"] = every["feature"].astype(str)
    for name, column in _SIMPLE.items():
        ordered = every.sort_values([column, "feature"], ascending=[column == "width_after", True], kind="stable")
        found[name] = {patient: list(own["feature"]) for patient, own in ordered.groupby("patient_id")}
    size = made.ranker.fits_[0].model.summary().groupby("feature")["size"].mean()
    rng = np.random.default_rng([seed, 2])
    missing = {patient: sorted(own["feature"]) for patient, own in every.groupby("patient_id")}
    found["global importance"] = {p: sorted(own, key=lambda name: (-size[name], name)) for p, own in missing.items()}
    found["random"] = {patient: list(rng.permutation(own)) for patient, own in missing.items()}
    return found


def _advice(answer: object) -> dict[str, str]:
    return {each.option: each.advice for each in answer.options}


def _outcome(answer: object, option: str) -> float:
    own = next(each for each in answer.options if each.option == option)
    return next(each.estimate for each in own.estimates if each.measure == "rmst")


def _estimated(*answers: object) -> bool:
    return all(each.rank is not None for answer in answers for each in answer.options)


def compared(made: Made, seed: int, n_patients: int) -> dict[str, list[tuple[bool, bool, float, float]]]:
    """Return, by order, what became of each patient whose first option had changed."""
    known = made.features.iloc[:n_patients]
    unknown = hide(known, seed)
    full, before = made.ranker.rank(known), made.ranker.rank(unknown)
    turned = [
        patient
        for patient in full.patients
        if _estimated(full[patient], before[patient])
        and full[patient].options[0].option != before[patient].options[0].option
    ]
    if not turned:
        return {}
    ranked = made.ranker.rank(unknown.loc[turned])
    found: dict[str, list[tuple[bool, bool, float, float]]] = {}
    for name, order in orders(made, ranked, seed).items():
        shown = unknown.loc[turned].copy()
        for patient in turned:
            for feature in order[patient][:_ASKED]:
                shown.loc[patient, feature] = known.loc[patient, feature]
        after = made.ranker.rank(shown)
        found[name] = [_counted(full[patient], before[patient], after[patient]) for patient in turned]
    return found


def _counted(full: object, before: object, after: object) -> tuple[bool, bool, float, float]:
    best = full.options[0].option
    first = after.options[0].option
    lost = _outcome(full, best) - _outcome(full, before.options[0].option)
    return first == best, _advice(after) == _advice(full), _outcome(full, best) - _outcome(full, first), lost


def measure(seeds: Sequence[int], strength: float, n_patients: int) -> None:
    """Print the table of orders, after each trial."""
    rows = defaultdict(list)
    for seed in seeds:
        for name, own in compared(make(seed, strength), seed, n_patients).items():
            rows[name] += own
        show(rows, f"seeds {seeds[0]} to {seed}")


def show(rows: dict[str, list[tuple[bool, bool, float, float]]], what: str) -> None:
    """Print what was counted so far, a line an order."""
    print(f"{what:20} {'n':>5} first option  whole advice  loss left")
    for name, own in rows.items():
        first, advice, left, lost = np.array(own, dtype=float).T
        counts = f"{first.mean():12.3f} {advice.mean():13.3f} {left.sum() / lost.sum():10.3f}"
        print(f"{name:20} {len(own):5} {counts}", flush=True)


def best_of(work: Callable[[], object], times: int = 5) -> float:
    """Return the seconds of the processor that the quickest of some runs takes."""
    took = []
    for _ in range(times):
        begin = time.process_time()
        work()
        took.append(time.process_time() - begin)
    return min(took)


def clock() -> None:
    """Print the seconds for one patient with 12 missing inputs."""
    made = make(0, 0.6)
    ranked = made.ranker.rank(hide(made.features.iloc[:1], 0))
    seconds = best_of(lambda: questions(ranked, cohort=made.cohort))
    print(f"questions for one patient, 12 missing inputs, 20 draws: {seconds:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["made", "time"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--strength", type=float, default=0.6)
    parser.add_argument("--patients", type=int, default=40)
    told = parser.parse_args()
    print(f"genorx {gx.__version__}")
    if told.what == "time":
        clock()
    else:
        measure(range(told.first, told.first + told.seeds), told.strength, told.patients)


if __name__ == "__main__":
    main()
