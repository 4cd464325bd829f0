"""What is printed of a result is read at a glance: at most 2,000 characters, whatever it holds.

Results are real ones of every room.  From each one all that it holds is walked through, so that parts are printed too.
"""

import contextlib
import dataclasses
import importlib
import inspect
import io
import pkgutil

import numpy as np
import pandas as pd
import pytest

import genorx as gx
from genorx import audit, care, datasets, effects, imaging, knowledge, monitor, oncology, pgx, published, survival

pytestmark = pytest.mark.slow
_MOST = 2000
_DEEPEST = 7
_PARTS = 40  # of a list or mapping that are walked through
#: Public classes of which no result is made: what a user declares, what a file holds, what one room hands to another.
_NOT_RESULTS = {
    "Burden", "CallOptions", "Check", "ColumnSpec", "Conversion", "FeatureSpec", "Hold", "InputColumn", "Limits",
    "ModelEstimate", "OptionEffect", "Panel", "Pharmacogenes", "Policy", "Position", "Reading", "RelativeEffect",
    "Scenario", "ScreeningOptions", "ScreeningSpec", "Site", "TableRoles", "TableSpec", "Utility", "Weight",
    "Calendar", "Likely", "Unknown", "Change", "DemoFiles", "Billing",
    # printed in tests of their own rooms, since their inputs are long
    "Authorization", "HookRequest", "PayerRequest", "PayerResponse", "Bundle", "Comparison", "ScoreResult",
    "ScoringFile", "RecordTables", "VariantFeatures", "CoxDraws", "Validation", "RiskRecalibration", "Phenoconversion",
    "DoseEvaluation", "CloneDifference", "QuestionSection", "HaplotypeFrequencies", "DrugSafety", "WhatIf",
    "LogisticFit", "AlterationSet", "Cards", "Table", "CoxFit",
}  # fmt: skip
_WOMAN = {
    "patient_id": "A", "age": 57, "size": 29, "grade": 3, "nodes": 5, "er": 1, "pr": 1, "her2": 1, "ki67": 1,
    "screen": 0, "generation": 3, "smoker": 0, "heart_gy": 2.0, "postmenopausal": 1,
}  # fmt: skip
_DECLARED = {
    "screening": {
        "reference": "do_not_screen",
        "effect": {"relative_risk": 0.8, "lower": 0.7, "upper": 0.9, "source": "s"},
        "fatality": {"value": 0.6, "source": "s"},
    }
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Real results, by what they are."""
    home = tmp_path_factory.mktemp("results")
    parts = (_ranked(), _pharmacogenes(home), _tumours(), _claims(home), _monitored(), _published(home), _care())
    made = {name: value for part in (*parts, _strategies(), _images(), _curves()) for name, value in part.items()}
    return made | {"pack": knowledge.default_pack(), "tables": datasets.make_effect_tables("constant", n=60, n_test=5)}


def _ranked():
    trial = datasets.make_trial(240, genes=2, seed=0)
    cohort = trial.cohort()
    ranker = gx.TreatmentRanker(seed=0, n_draws=50).fit(cohort)
    amounts = pd.DataFrame({"value": trial.outcomes["time"].to_numpy()}, index=trial.features.index)
    few = trial.features[["age_years"]]
    return {
        "trial": trial,
        "cohort": cohort,
        "ranker": ranker,
        "ranking": ranker.rank(cohort.only(cohort.patients[:20])),
        "evaluation": ranker.evaluate(cohort, folds=2, n_boot=5),
        "draws": ranker.fits_[0].model.sample(trial.features.head(3)),
        "averages": effects.average_effects(few, amounts, treatment=trial.treatment),
    }


def _pharmacogenes(home):
    datasets.write_pgx_cohort(home / "pgx.vcf", n=4, seed=0)
    genotypes = gx.read_genotypes(home / "pgx.vcf")
    return {"reports of pharmacogenes": pgx.call(home / "pgx.vcf"), "genotypes": genotypes}


def _tumours():
    hits = oncology.match(["BRAF V600E", "KRAS G12D", "EML4::ALK"], "COAD")
    options = oncology.rank_therapies(hits)
    table = oncology.default_evidence()
    return {"hits": hits, "therapies": options, "not matched": oncology.why_not(hits), "evidence": table}


def _claims(home):
    practice = datasets.make_claims_practice(patients=300, seed=0)
    practice.write(home / "practice")
    records = audit.Records.load(home / "practice" / "records")
    facts = audit.Facts.load(home / "practice" / "facts")
    auditor = audit.Auditor(as_of="2026-01-01").fit(records)
    claims = audit.read_claims(home / "practice" / "claims.csv")
    flagged = auditor.check(claims, facts)
    explained = auditor.explain(str(flagged["claim_id"].iloc[0]), int(flagged["line"].iloc[0]))
    return {"practice": practice, "records": records, "facts": facts, "auditor": auditor, "explained": explained}


def _monitored():
    history = datasets.make_monitoring_history("baseline_up", seed=1, patients=600, per_month=25)
    watch = monitor.Monitor.from_tables(history.base, history.spec)
    look = watch.check(history.snapshots[24.0], as_of=24.0, look=7)
    return {"history": history, "monitor": watch, "look": look}


def _published(home):
    model = published.load("predict-breast@3.1")
    people = datasets.make_screening_cohort(400, seed=0)
    plco = published.load("plcom2012@2013")
    declared = published.ScreeningOptions.of(_DECLARED)
    people.people.to_csv(home / "people.csv", index=False)
    spec = published.ScreeningSpec(
        id="patient_id", risk="risk", time="time", cause="cause", horizon=6.0, thresholds=(0.0151,)
    )
    return {
        "published ranking": model.rank(pd.DataFrame([_WOMAN, _WOMAN | {"patient_id": "B", "age": 20}])),
        "card": model.card,
        "screening cohort": people,
        "risks": published.screening_risks(plco, people.people),
        "decision": published.screening_decision(plco, people.people.head(50), declared),
        "followed up": published.evaluate_table(home / "people.csv", spec, n_boot=20),
    }


def _care():
    plan = care.plan(None, None, regimen="folfiri", start="2026-03-02")
    return {
        "plan": plan,
        "schedule": plan.schedule(care.Calendar(), today="2026-01-01"),
        "regimens": care.read_regimens(),
    }


def _strategies():
    course = datasets.make_course_cohort(300, seed=0)
    study = course.study()
    cohort = study.load()
    model = effects.StrategyEffect(horizon=1096.0, specs=course.specs, n_draws=10)
    model.fit(course.features, course.course, course.design)
    return {
        "course": course,
        "study": study,
        "cohort of courses": cohort,
        "audit": study.audit(),
        "strategy draws": model.sample(course.features.head(3)),
    }


def _images():
    region = np.zeros((6, 6, 6), dtype=bool)
    region[2:4, 2:4, 2:4] = True
    return {
        "image": imaging.Image(array=np.zeros((6, 6, 6)), spacing=(1.0, 1.0, 1.0)),
        "mask": imaging.Mask(array=region),
    }


def _curves():
    rng = np.random.default_rng(0)
    time, cause = rng.exponential(10, 3000), rng.integers(0, 3, 3000)
    ways = [(0, 1), (0, 2), (1, 2)]
    ends = rng.integers(1, 3, 3000)
    rising = [[[0.0, 2.0]] * 3]
    hazards = survival.transition_hazards(np.zeros(3000, int), np.zeros(3000), time, ends, transitions=ways)
    return {
        "hazards": hazards,
        "paths": survival.simulate_paths(rising, [0.0, 20.0], transitions=ways, n_states=3, n_paths=50),
        "occupation": survival.state_occupation(hazards, transitions=ways, n_states=3),
        "calibration": survival.calibrate(time, cause > 0, np.exp(-5.0 / 10 * rng.random(3000)), horizon=5.0),
        "kaplan meier": survival.kaplan_meier(time, cause > 0),
        "incidence": survival.cumulative_incidence(time, cause),
        "restricted mean": survival.restricted_mean(time, cause > 0, horizon=5.0),
    }


def _held(value, depth=0, seen=None):
    """Yield a value and all that it holds that is of a class of genorx, or a list of such."""
    seen = set() if seen is None else seen
    if depth > _DEEPEST or id(value) in seen or isinstance(value, str | bytes):
        return
    seen.add(id(value))
    own = type(value).__module__.startswith("genorx") and not isinstance(value, type)
    if own:
        yield value
    if dataclasses.is_dataclass(value) and own:
        parts = [getattr(value, each.name) for each in dataclasses.fields(value)]
    elif own:
        parts = list(vars(value).values()) if hasattr(value, "__dict__") else []
    else:
        parts = []
    if isinstance(value, dict):
        parts = list(value.values())[:_PARTS]
    elif isinstance(value, list | tuple):
        parts += list(value)[:_PARTS]
    for each in parts:
        yield from _held(each, depth + 1, seen)


def _printed(value):
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        print(value)
    return shown.getvalue()


def _public():
    """Return the public classes of results, by name."""
    rooms = [f"genorx.{each.name}" for each in pkgutil.iter_modules(gx.__path__) if each.name[0] != "_"]
    found = {}
    for room in ("genorx", *(each for each in rooms if each != "genorx.cli")):
        module = importlib.import_module(room)
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.isclass(value) and dataclasses.is_dataclass(value) and not hasattr(value, "get_params"):
                found[value] = name
    return found


def test_every_result_and_all_that_it_holds_is_printed_in_at_most_two_thousand_characters(results):
    """People page 6.  A card is a document, which its ``str`` writes out; its ``repr`` is short."""
    long = {}
    for name, result in results.items():
        for value in _held(result):
            text = repr(value) if isinstance(value, published.Card) else _printed(value)
            if len(text) > _MOST:
                long[type(value).__name__] = (name, len(text))
    assert long == {}


def test_lists_of_results_are_printed_short(results):
    lists = {name: value for name, value in results.items() if isinstance(value, list)}
    assert {"reports of pharmacogenes", "therapies", "not matched"} <= set(lists)
    assert {name: len(_printed(value)) for name, value in lists.items() if len(_printed(value)) > _MOST} == {}


def test_every_public_result_is_among_those_that_are_printed(results):
    """A new public class of a result must be made above, or named as none."""
    printed = {type(value) for result in results.values() for value in _held(result)}
    missing = {
        name
        for kind, name in _public().items()
        if name not in _NOT_RESULTS and not any(issubclass(each, kind) for each in printed)
    }
    assert missing == set()
