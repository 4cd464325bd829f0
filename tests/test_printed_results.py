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
from genorx import (
    audit,
    care,
    datasets,
    effects,
    features,
    imaging,
    interop,
    knowledge,
    monitor,
    oncology,
    outcomes,
    pgx,
    published,
    report,
    survival,
)
from genorx.cohort import ColumnSpec, TableSpec, Utility, Weight, load_table
from genorx.ranking import read_bundle

pytestmark = pytest.mark.slow
_MOST = 2000
_DEEPEST = 7
_PARTS = 40  # of a list or mapping that are walked through
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
    ranked = _ranked()
    parts = (ranked, _pharmacogenes(home), _tumours(), _claims(home), _monitored(), _published(home), _care())
    parts += (_strategies(), _images(), _curves(), _asked_of_a_ranking(home, ranked), _requests(ranked["ranking"]))
    parts += (_models(), _exchanged(home), _declared(home))
    return {name: value for part in parts for name, value in part.items()}


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
    path = home / "pgx.vcf"
    datasets.write_pgx_cohort(path, n=4, seed=0)
    found = pgx.estimate_frequencies(path)
    likely = pgx.call(path, frequencies=found)
    pack = knowledge.default_pack()
    return {
        "reports of pharmacogenes": pgx.call(path),
        "with probabilities": likely,
        "genotypes": gx.read_genotypes(path),
        "frequencies": found,
        "phenoconversion": pgx.phenoconvert(likely[0], ["paroxetine", "levothyroxine", "no such drug"]),
        "safety": pgx.drug_safety(likely[0], {"a": ["clopidogrel", "codeine"], "b": "warfarin"}),
        "pack": pack,
        "of a gene not read": pgx.call(path, frequencies={"CYP2D6": {"*1": 0.6, "*4": 0.4}}),
        "changes": knowledge.diff(dataclasses.replace(pack, genes={}), pack),
        "features of pharmacogenes": features.features_of_files([path], "pgx", origin="germline"),
    }


def _tumours():
    hits = oncology.match(["BRAF V600E", "KRAS G12D", "EML4::ALK"], "COAD")
    options = oncology.rank_therapies(hits)
    table = oncology.default_evidence()
    return {
        "hits": hits,
        "therapies": options,
        "not matched": oncology.why_not(hits),
        "evidence": table,
        "alterations": oncology.read_text("BRAF V600E; PTEN loss"),
    }


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
    return {"history": history, "monitor": watch, "look": look, "clock": report.Clock(unit="months")}


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


def _asked_of_a_ranking(home, ranked):
    """What is asked of a ranking and of its model afterwards."""
    ranker, ranking, cohort, trial = (ranked[each] for each in ("ranker", "ranking", "cohort", "trial"))
    time = {"table": trial.outcomes[["time", "event"]], "unit": "months", "horizons": [12]}
    people = gx.Cohort.from_frames(trial.features[["age_years"]], outcomes={"os": time})
    plain = gx.TreatmentRanker(models={"survival": outcomes.GroupShrunkCox()}, n_draws=20).fit(people)
    ranker.save(home / "m.genorx")
    asked = care.questions(ranker.rank(cohort.only(cohort.patients[:2])), cohort=cohort, draws=2)
    return {
        "what if": ranking.what_if({"smoking_status": "former"}),
        "model file": read_bundle(home / "m.genorx"),
        "questions": care.QuestionSection(asked),
        "compared models": monitor.compare(plain, plain, people),
    }


def _requests(ranking):
    """A request to a payer, its answer, a call of CDS Hooks and the cards; the request lacks nearly everything."""
    patient, option = ranking.patients[0], ranking.answers[0].options[0].option
    order = {"kind": "medication", "system": "urn:x", "code": "1", "display": "drug"}
    file = {"request": {"author": "A Person"}, "patient": {"family": "Made"}, "insurer": {"name": "I"}}
    file |= {"provider": {"name": "P"}, "coverage": {"subscriber_id": "S"}, "order": [order] * 30}
    request = care.authorization(ranking, option, request=file, patient_id=patient, created="2026-03-01T10:00:00Z")
    claim, person = (_resource(request.bundle, kind) for kind in ("Claim", "Patient"))
    answer = {"resourceType": "ClaimResponse", "id": "a", "status": "active", "use": "preauthorization",
              "outcome": "complete", "created": "2026-03-05", "patient": {"reference": person["fullUrl"]},
              "request": {"reference": claim["fullUrl"]}}  # fmt: skip
    entries = [{"fullUrl": "urn:uuid:a", "resource": answer}, person]
    answered = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    call = {"hook": "patient-view", "hookInstance": "i", "context": {"userId": "u", "patientId": patient}}
    return {
        "request": request,
        "request read": care.read_request(request.bundle),
        "answer": care.read_response(answered, request.bundle),
        "call": care.read_hook(call),
        "cards": care.cards(ranking, hook="patient-view", patient_id=patient),
    }


def _resource(bundle, kind):
    return next(each for each in bundle["entry"] if each["resource"]["resourceType"] == kind)


def _models():
    """Fits by themselves, doses, and predictions judged on those who were followed."""
    trial = datasets.make_trial(300, genes=0, seed=0)
    X, time, event = trial.features, trial.outcomes["time"].to_numpy(), trial.outcomes["event"].to_numpy()
    Z = np.random.default_rng(0).normal(size=(len(X), 40))
    fit = outcomes.fit_cox(Z, time, event, group=np.zeros(40, int))
    columns = X[["age_years", "ldh_u_per_l"]]
    dose = pd.Series(20 + 10 * np.random.default_rng(0).random(len(X)), index=X.index)
    start = pd.Series(np.where(np.arange(len(X)) % 3 == 0, 1.0, np.nan), index=X.index)
    risk, cause = np.clip(time / time.max(), 0.05, 0.95)[::-1], np.where(event, 1, 0)
    women = pd.DataFrame([_WOMAN, _WOMAN | {"patient_id": "B", "age": 40}])
    return {
        "cox fit": fit,
        "cox draws": fit.draw(50, np.random.default_rng(0)),
        "logistic fit": outcomes.fit_logistic(Z, event.astype(int), group=np.zeros(40, int)),
        "doses": outcomes.evaluate_dose(outcomes.DoseModel(unit="mg", standard=25.0), columns, dose, folds=3, n_boot=5),
        "clones": effects.clone_censor_difference(
            columns, trial.outcomes[["time", "event"]], start, grace=3.0, horizon=12.0, n_boot=5
        ),
        "validation": published.validate(risk, time, event, horizon=12.0),
        "recalibrated risk": survival.recalibrate(risk, time, cause, horizon=12.0),
        "published compared": published.compare(["predict-breast@2.2", "predict-breast@3.1"], women),
    }


def _exchanged(home):
    """A polygenic score of 300 samples, and records of an exchange format."""
    samples = [f"S{n}" for n in range(300)]
    head = "##fileformat=VCFv4.2\n##contig=<ID=1,length=248956422>\n"
    head += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
    line = "1\t100\t.\tG\tA\t.\tPASS\t.\tGT\t" + "\t".join(["0/1"] * 300)
    (home / "s.vcf").write_text(head + "\t".join(samples) + "\n" + line + "\n")
    columns = "chr_name\tchr_position\teffect_allele\tother_allele\teffect_weight"
    (home / "s.txt").write_text(f"#pgs_id=PGS9\n#genome_build=GRCh38\n{columns}\n1\t100\tA\tG\t0.2\n")
    maf = ["Hugo_Symbol\tChromosome\tStart_Position\tReference_Allele\tTumor_Seq_Allele2\tTumor_Sample_Barcode"]
    maf += [f"G{n}\t1\t{n + 1}\tA\tC\tT{n % 7}" for n in range(200)]
    (home / "x.maf").write_text("\n".join(maf) + "\n")
    return {
        "scoring file": interop.read_score(home / "s.txt"),
        "scores": interop.score(home / "s.vcf", home / "s.txt", assembly="GRCh38"),
        "records of a MAF": interop.read_maf(home / "x.maf"),
    }


def _declared(home):
    """What a user declares, as long as somebody might."""
    names = tuple(f"GENE{n}" for n in range(500))
    roles = monitor.TableRoles.read(
        {"id": "id", "arrived": "a", "time": "t", "event": "e", "expected": "h", "linear_predictor": "lp",
         "covariates": list(names), "horizon": 24.0}
    )  # fmt: skip
    rows = "".join(f"P{n},{n},{n % 3}\n" for n in range(300))
    (home / "t.csv").write_text(f"patient_id,age_years,stage\n{rows}")
    spec = TableSpec(path=home / "t.csv", role="clinical", patient_id="patient_id", exclude=("stage",))
    sites = tuple(features.Site(id=each, chrom="1", positions={"GRCh38": 1}, ref="A", alt="C") for each in names)
    return {
        "tables": datasets.make_effect_tables("constant", n=60, n_test=5),
        "table": load_table(spec),
        "table spec": spec,
        "column": ColumnSpec(unit="mm", levels=names),
        "utility": Utility(outcomes={name: Weight(quality=0.5) for name in names}),
        "limits": gx.Limits(),
        "panel": gx.Panel(name="p", genes=names, burden=features.Burden(), pgx=features.Pharmacogenes(genes=names),
                          sites=sites),
        "options of calling": pgx.CallOptions(),
        "bill": audit.Billing(units=1, discarded=0, modifier="JZ", vials=((1.0, 1),) * 500, waste_mg=0.0),
        "effect of an option": datasets.OptionEffect(main=-0.3, modifiers=dict.fromkeys(names, 0.1)),
        "scenario": datasets.Scenario(ratio=0.7),
        "demonstration": datasets.write_demo(home / "demo"),
        "roles": roles,
        "policy": monitor.Policy(subgroups=names),
        "estimate": oncology.ModelEstimate(estimate=0.1, lower=0.0, upper=0.2),
        "relative effect": published.RelativeEffect("statin", 0.78, (0.76, 0.80), applies_to="mi"),
        "screening": published.ScreeningOptions.of(_DECLARED),
        "evaluation of screening": published.ScreeningSpec(
            id="p", risk="r", time="t", cause="c", horizon=6.0, thresholds=(0.0151,), by=names
        ),
    }  # fmt: skip


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
    """A new public class of a result must be made above."""
    printed = {type(value) for result in results.values() for value in _held(result)}
    missing = {name for kind, name in _public().items() if not any(issubclass(each, kind) for each in printed)}
    assert missing == set()
