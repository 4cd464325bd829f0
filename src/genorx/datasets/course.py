"""A simulated multistate cohort with the known effect of each strategy.

The equations are in ``datasets.course_paths``.  Times are in days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import ArrayLike, NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx._core.short_repr import short
from genorx.cohort import Study
from genorx.cohort.course import Course, Strategy, StrategyDesign
from genorx.datasets.course_paths import Mechanism, Paths, Plan, draw_paths, mechanism
from genorx.errors import UsageError

Floats = NDArray[np.float64]

#: Strategies of a simulated cohort: treatment in first remission, treatment after relapse, no treatment.
STRATEGIES = (
    Strategy(name="first_remission", state="remission", treatment="transplant", within=180.0),
    Strategy(name="after_relapse", state="relapse", treatment="transplant", within=120.0),
    Strategy(name="never"),
)
_WAITS = {"remission": (30.0, 180.0), "relapse": (15.0, 120.0)}
_AGE, _LDH = (57.0, 12.0), (5.6, 0.5)


@short
@dataclass(frozen=True, kw_only=True)
class CourseCohort:
    """Simulated patients, the states they entered, the treatment that began, and the generating mechanism.

    Attributes
    ----------
    features : DataFrame, index ``patient_id``
        Features at time 0.
    specs : tuple of FeatureSpec
        One per column of ``features``.
    course : Course
        Observed course, in days, with horizons 365, 1096 and 1826.
    design : StrategyDesign
        Treatment in first remission, after relapse, or never (the reference).
    mechanism : Mechanism
        Equations from which the patients were drawn.
    """

    features: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    course: Course
    design: StrategyDesign
    mechanism: Mechanism

    def study(self) -> Study:
        """Return the cohort as a study of data frames, with the sections of a study file."""
        course, ended = self.course, self.course.followed
        dead = course.entries.loc[course.entries["state"].isin(course.absorbing), "patient_id"]
        open_ = ended[~ended.index.isin(dead)].rename("time").rename_axis("patient_id").reset_index()
        sections = {
            "study": {"name": "made course", "patient_id": "patient_id"},
            "tables": [
                {
                    "path": "features",
                    "role": "clinical",
                    "columns": {
                        "age_years": {"unit": "a"},
                        "ldh_u_per_l": {"unit": "U/L"},
                    },
                }
            ],
            "treatment": {"table": "treatments", "design": "strategy", "start": "day"},
            "outcomes": {
                "course": {
                    "table": "course",
                    "kind": "multistate",
                    "states": list(course.states),
                    "transitions": [list(pair) for pair in course.transitions],
                    "start": course.start,
                    "alive": list(course.alive),
                    "unit": course.unit,
                    "horizons": list(course.horizons),
                }
            },
            "strategies": {each.name: _section(each) for each in self.design.strategies},
            "ranking": {"primary": "course", "horizon": 1096.0},
        }
        tables = {
            "features": self.features,
            "course": pd.concat([course.entries, open_.assign(state="censored")], ignore_index=True),
            "treatments": self.design.begins.rename(columns={"time": "day"})[["patient_id", "treatment", "day"]],
        }
        return Study.from_frames(sections, tables)

    def truth(
        self,
        horizon: float = 1096.0,
        *,
        strategies: Iterable[Strategy] | None = None,
        waits: Mapping[str, ArrayLike] | None = None,
        patients: Iterable[str] | None = None,
        paths: int = 200,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Return each patient's true outcome under each strategy, by paths drawn from the mechanism.

        Parameters
        ----------
        horizon : float, default 1096.0
            Horizon in days.
        strategies : iterable of Strategy, optional
            Strategies to compare; by default those of the design.
        waits : mapping of strategy to array-like, optional
            Days from entry into the state to the start of the treatment, from which random draws are taken; by default
            uniform over the days in which the treatment starts in these data, up to the strategy's window.
        patients : iterable of str, optional
            Patients of the result; by default all.
        paths : int, default 200
            Number of paths per patient; the same random numbers are used under all strategies.
        seed : int
            The same seed gives the same paths.

        Returns
        -------
        DataFrame
            One row per patient and strategy: ``patient_id``, ``strategy``, ``rmst`` (days alive up to ``horizon``),
            ``survival`` (at ``horizon``), ``p_STATE`` and ``mean_STATE`` (probability of each state at ``horizon``,
            days in it up to then), ``delta_rmst`` and ``delta_survival`` against the reference of the design, if that
            is among the strategies.
        """
        requested = self.design.strategies if strategies is None else tuple(strategies)
        chosen = self.features if patients is None else self.features.loc[list(patients)]
        scores = np.repeat(_scores(chosen), paths, axis=0)
        frames = []
        for strategy in requested:
            drawn, planned = (default_rng(child) for child in SeedSequence([seed, 20]).spawn(2))
            plan = _plan(strategy, len(scores), planned, (waits or {}).get(strategy.name))
            made = draw_paths(self.mechanism, scores, until=horizon, rng=drawn, plan=plan)
            frames.append(self._summary(made, strategy.name, chosen.index, horizon))
        truth = pd.concat(frames, ignore_index=True)
        if self.design.reference in {each.name for each in requested}:
            reference = truth[truth["strategy"] == self.design.reference].set_index("patient_id")
            for name in ("rmst", "survival"):
                truth[f"delta_{name}"] = truth[name] - truth["patient_id"].map(reference[name])
        return truth

    def _summary(self, made: Paths, strategy: str, patients: pd.Index, horizon: float) -> pd.DataFrame:
        states = self.mechanism.states
        alive = np.array([state in self.course.alive for state in states])
        n = len(patients)
        spent = made.times_in_states(horizon).reshape(n, -1, len(states)).mean(axis=1)
        at = made.states_at(horizon).reshape(n, -1)
        share = np.stack([(at == place).mean(axis=1) for place in range(len(states))], axis=1)
        row: dict[str, object] = {"patient_id": patients, "strategy": strategy}
        row |= {"rmst": spent[:, alive].sum(axis=1), "survival": share[:, alive].sum(axis=1)}
        row |= {f"p_{state}": share[:, place] for place, state in enumerate(states)}
        row |= {f"mean_{state}": spent[:, place] for place, state in enumerate(states)}
        return pd.DataFrame(row)


def make_course_cohort(
    n: int = 600,
    *,
    states: Literal[3, 5] = 3,
    effect: Literal["benefit", "none"] = "benefit",
    markov: bool = True,
    overlap: bool = True,
    confounding: float = 1.0,
    noise: int = 0,
    seed: int = 0,
) -> CourseCohort:
    """Simulate patients with remission, relapse and death, whose treatment starts by indication.

    Parameters
    ----------
    n : int, default 600
        Number of patients.
    states : {3, 5}
        Remission, relapse and death; or also induction before, and a second remission after relapse.
    effect : {"benefit", "none"}
        benefit: the treatment prevents relapse but increases mortality in remission, more so with age; it helps after
        relapse.  none: it has no effect, so that all strategies are equal.
    markov : bool
        Whether the course after relapse is independent of the day of relapse; otherwise late relapses do better.
    overlap : bool
        Whether patients of every age may be treated; otherwise no patient older than 57 years is ever treated.
    confounding : float
        Strength with which younger age and the adverse marker, which also affect the prognosis, make a start of
        treatment more likely.
    noise : int
        Number of columns without effect.
    seed : int
        The same seed gives the same patients.

    Returns
    -------
    CourseCohort

    Raises
    ------
    UsageError
        If ``n`` < 2, or ``states`` or ``effect`` is none of these.

    Examples
    --------
    >>> made = make_course_cohort(200, seed=1)
    >>> made.course.counts()[["from", "to"]].to_numpy().tolist()
    [['remission', 'relapse'], ['remission', 'dead'], ['relapse', 'dead']]
    >>> from genorx.effects import StrategyEffect, check_strategy
    >>> known = (made.features, made.course, made.design)
    >>> effect = StrategyEffect(horizon=1096, specs=made.specs, n_draws=20).fit(*known)
    >>> effect.options_
    ('never', 'first_remission', 'after_relapse')
    >>> check_strategy(effect, *known, "first_remission", methods=("model",))["method"].tolist()
    ['model', 'model']
    """
    if n < 2:
        raise UsageError(f"n is {n}, but a cohort needs at least 2 patients")
    if states not in (3, 5) or effect not in ("benefit", "none"):
        raise UsageError(f"states is {states!r} and effect {effect!r}", hint="states 3 or 5; effect benefit or none")
    drawn, walked, left = (default_rng(child) for child in SeedSequence([seed, 2]).spawn(3))
    features, specs = _features(n, noise, drawn)
    made = mechanism(states, effect=effect, markov=markov, overlap=overlap, confounding=confounding)
    end = left.uniform(900.0, 3300.0, n)
    paths = draw_paths(made, _scores(features), until=3300.0, rng=walked)
    course, begins = _seen(made, paths, features.index, end)
    design = StrategyDesign(
        strategies=STRATEGIES,
        reference="never",
        begins=begins,
        strata=pd.Series("(all)", index=features.index, dtype="str"),
    )
    return CourseCohort(features=features, specs=specs, course=course, design=design, mechanism=made)


def _section(strategy: Strategy) -> dict[str, object]:
    """Return the study-file section of a strategy."""
    if strategy.never:
        return {}
    return {"in": strategy.state, "treatment": strategy.treatment, "within": strategy.within, "share": strategy.share}


def _features(n: int, noise: int, rng: Generator) -> tuple[pd.DataFrame, tuple[FeatureSpec, ...]]:
    columns = {
        "age_years": pd.array(np.clip(rng.normal(*_AGE, n), 18.0, 90.0).round(1), dtype="Float64"),
        "ldh_u_per_l": pd.array(np.exp(rng.normal(*_LDH, n)).round(0), dtype="Float64"),
        "TP53": pd.array((rng.random(n) < 0.3).astype(int), dtype="Int8"),
        "NPM1": pd.array((rng.random(n) < 0.35).astype(int), dtype="Int8"),
    }
    more = rng.normal(size=(n, noise))
    columns |= {f"noise_{place + 1}": pd.array(more[:, place], dtype="Float64") for place in range(noise)}
    width = max(4, len(str(n)))
    index = pd.Index([f"P{number:0{width}d}" for number in range(1, n + 1)], name="patient_id", dtype="str")
    frame = pd.DataFrame(columns, index=index)
    units = {"age_years": "a", "ldh_u_per_l": "U/L"}
    groups = {"age_years": "clinical", "TP53": "gene", "NPM1": "gene"}
    specs = [
        FeatureSpec(
            name=name,
            kind="boolean" if groups.get(name) == "gene" else "number",
            group=groups.get(name, "laboratory"),
            unit=units.get(name),
            lower=float(frame[name].min()),
            upper=float(frame[name].max()),
        )
        for name in columns
    ]
    return frame, tuple(specs)


def _scores(features: pd.DataFrame) -> Floats:
    """Return the scores of ``datasets.course_paths``, shape (n, 4)."""
    age = (features["age_years"].to_numpy(dtype=float) - _AGE[0]) / _AGE[1]
    ldh = (np.log(features["ldh_u_per_l"].to_numpy(dtype=float)) - _LDH[0]) / _LDH[1]
    genes = features[["TP53", "NPM1"]].to_numpy(dtype=float)
    return np.column_stack([age, genes, ldh])


def _plan(strategy: Strategy, n: int, rng: Generator, waits: ArrayLike | None) -> Plan:
    """Return the treatment plan of each path; in no state under a strategy without treatment."""
    if strategy.state is None or isinstance(strategy.share, str):
        if isinstance(strategy.share, str):
            raise UsageError(f"the truth of {strategy.name!r} needs a share that is a number")
        return Plan(state="", waits=np.full(n, np.inf))
    if waits is None:
        first, last = _WAITS[strategy.state]
        drawn = rng.uniform(first, last if strategy.within is None else min(last, strategy.within), n)
    else:
        drawn = rng.choice(np.asarray(waits, dtype=float), n)
    treated = rng.random(n) < strategy.share
    return Plan(state=strategy.state, waits=np.where(treated, drawn, np.inf))


def _seen(made: Mechanism, paths: Paths, patients: pd.Index, end: Floats) -> tuple[Course, pd.DataFrame]:
    """Return the observed course until follow-up ends, and the treatments begun until then."""
    entered = np.where(paths.entered > end[:, None], np.nan, paths.entered)
    who, which = np.nonzero(~np.isnan(entered))
    names = np.array(made.states)
    entries = pd.DataFrame({"patient_id": patients[who], "state": names[which], "time": entered[who, which]})
    entries = entries.iloc[np.lexsort([entries["time"].to_numpy(dtype=float), who])].reset_index(drop=True)
    dead = entered[:, -1]
    course = Course(
        states=made.states,
        transitions=made.pairs,
        start=made.states[0],
        alive=made.states[:-1],
        unit="days",
        horizons=(365.0, 1096.0, 1826.0),
        entries=entries,
        followed=pd.Series(np.where(np.isnan(dead), end, dead), index=patients),
    )
    began = np.flatnonzero(paths.began <= np.where(np.isnan(dead), end, dead))
    at = np.where(np.isnan(entered) | (entered > paths.began[:, None]), -np.inf, entered).argmax(axis=1)
    begins = pd.DataFrame(
        {
            "patient_id": patients[began],
            "treatment": "transplant",
            "time": paths.began[began],
            "state": names[at[began]],
        }
    )
    return course, begins
