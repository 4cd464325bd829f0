"""A small ranking made by hand: three options, one without estimate."""

import numpy as np
import pytest

from genorx.errors import FINDINGS, Finding
from genorx.ranking.answer.answer import Curve, Difference, Estimate, OptionAnswer, PatientAnswer, Reason, Support
from genorx.ranking.ranking import Ranking


def difference(estimate, lower, upper, better):
    return Difference(
        outcome="os",
        measure="rmst",
        horizon=36.0,
        unit="months",
        estimate=estimate,
        lower=lower,
        upper=upper,
        probability_better=better,
    )


def option(name, rank, advice, found, rate, **more):
    times = np.linspace(0.0, 36.0, 37)
    curve = Curve(
        outcome="os",
        unit="months",
        times=times,
        estimate=np.exp(-rate * times),
        lower=np.exp(-1.3 * rate * times),
        upper=np.exp(-0.75 * rate * times),
    )

    def estimate(measure, horizon, unit, *numbers, outcome="os", gap=None):
        low, mid, high = sorted(n for n in numbers if n is not None) if None not in numbers else (None, None, None)
        return Estimate(
            outcome=outcome,
            measure=measure,
            horizon=horizon,
            unit=unit,
            estimate=mid,
            lower=low,
            upper=high,
            difference=gap,
        )

    end = float(curve.estimate[-1])
    numbers = (
        estimate("rmst", 36.0, "months", 21.9, 24.0, 26.3, gap=found),
        estimate("survival", 36.0, "months", end - 0.1, end, end + 0.1),
        estimate("median", None, "months", None, None, None),
        estimate("probability", None, "", 0.11, 0.18, 0.29, outcome="severe_toxicity"),
    )
    return OptionAnswer(
        option=name,
        rank=rank,
        advice=advice,
        estimates=numbers,
        difference=found,
        probability_best=0.9,
        support=Support(effective_n=61.0, patients=200, propensity=0.31),
        curves=(curve,),
        **more,
    )


def _answer(patient_id="P0001", reference="chemotherapy", new="targeted", absent="combination", findings=()):
    reasons = (
        Reason(feature="BRAF", value="1", kind="effect", direction="better", size=-0.8),
        Reason(feature="age_years", value="59.5", kind="prognosis", direction="worse", size=0.25),
    )
    plain = (Reason(feature="age_years", value="59.5", kind="prognosis", direction="worse", size=0.25),)
    return PatientAnswer(
        patient_id=patient_id,
        reference=reference,
        options=(
            option(new, 1, "recommend", difference(4.2, 1.3, 7.0, 0.997), 0.012, reasons=reasons),
            option(reference, 2, "not_advised", None, 0.025, reasons=plain),
            OptionAnswer(
                option=absent,
                rank=None,
                advice="no_estimate",
                no_estimate_reason="age_years 80.5 is above 74.9, the highest of 171 patients under this option",
            ),
        ),
        findings=findings,
    )


def _ranking(*answers, **more):
    provenance = {
        "model": "a1" * 32,
        "study": "b2" * 32,
        "knowledge": {},
        "versions": {"genorx": "0.1.0", "numpy": "2.0.0"},
        "seed": 0,
        "date": "2026-01-31",
    }
    given = {
        "answers": answers or (_answer(),),
        "provenance": provenance,
        "primary": "os",
        "horizon": 36.0,
        "unit": "months",
        "name": "a study",
        "notes": ("Options are compared from baseline on.", "No unmeasured confounding."),
    }
    return Ranking(**(given | more))


@pytest.fixture
def make_answer():
    return _answer


@pytest.fixture
def make_ranking():
    return _ranking


@pytest.fixture
def ranking():
    return _ranking()


@pytest.fixture
def any_finding():
    """A finding of whichever code the house has first."""

    def make(message, severity="warning"):
        return Finding(code=sorted(FINDINGS)[0], severity=severity, message=message)

    return make
