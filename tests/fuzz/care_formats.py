"""Files of care, a valid one of each format, and what reads them."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from genorx import care
from genorx._core.strict_json import parse_json, typed
from genorx.care.forms import audit_answers
from genorx.care.pharmacogenes import read_pgx
from genorx.cohort import Study

from .names import NAME

_REGIMENS = f"""
[regimen.folfiri]
title = "{NAME}"
drugs = ["irinotecan"]
cycle_days = 14
days = [1, 8]
cycles = 3
window = 2
laboratory = ["neutrophils"]
source = "{NAME}"
check = [{{ name = "gene", when = "day", day = 8, reason = "r", source = "s", code = "c", system = "http://a.org" }}]
hold = [{{ measure = "neutrophils", below = 1.5, unit = "10*9/L", action = "hold", source = "s" }}]
"""
_CALENDAR = """
[calendar]
weekdays = "mon-fri"
closed = [2026-03-09, { start = 2026-03-23, end = "2026-03-25" }]
timezone = "Europe/Berlin"
visit_time = "09:00"
laboratory_time = 08:00:00
minutes = 60
"""
_CLOSED = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260309\r\nDTEND;VALUE=DATE:20260311\r\n"
    f"SUMMARY:{NAME}\r\n  folded\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260401\r\nDURATION:P1W\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)
_SAFETY = {"gene": "UGT1A1", "phenotype": "Poor Metabolizer", "drug": "irinotecan", "action": "avoid"}
_EVIDENCE = {"source": "civic", "id": "civic:EID1", "tier": "R-I", "therapy": "Irinotecan", "reason": NAME}
_GAP = {"outcome": "os", "measure": "rmst", "horizon": 365, "unit": "days", "estimate": 20.5, "lower": 5, "upper": 40}
_RANKING = [
    {
        "patient_id": "P1",
        "reference": "old",
        "options": [
            {"option": "folfiri", "rank": 1, "advice": "recommend", "difference": _GAP, "safety": [_SAFETY],
             "evidence": [_EVIDENCE]},
            {"option": "old", "rank": None, "advice": "no_estimate", "safety": [], "evidence": []},
        ],
        "comparison": {"study": "trial"}, "provenance": {"model": "m", "knowledge": {"civic": "1"}},
    }
]  # fmt: skip
_ORDER = {"resourceType": "MedicationRequest", "id": "1", "status": "draft", "authoredOn": "2026-03-02",
          "medicationCodeableConcept": {"text": "irinotecan"}, "subject": {"display": NAME},
          "note": [{"text": NAME}]}  # fmt: skip
_HOOK = {"hook": "order-sign", "hookInstance": "i", "fhirServer": "https://example.org",
         "fhirAuthorization": {"access_token": NAME},
         "context": {"patientId": "P1", "userId": "Practitioner/1", "selections": ["MedicationRequest/1"],
                     "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": _ORDER}]}},
         "prefetch": {"patient": {"resourceType": "Patient", "name": [{"family": NAME}]}}}  # fmt: skip
_FEEDBACK = {"feedback": [{"card": "a", "outcome": "overridden", "outcomeTimestamp": "2026-03-02T10:00:00Z",
                           "overrideReason": {"reason": {"code": "c", "system": "s"},
                                              "userComment": NAME}}]}  # fmt: skip
_PGX = [
    {
        "sample": "P1", "assembly": "GRCh38", "knowledge": {"release": "1", "guidance_release": "1"},
        "genes": {"UGT1A1": {"called": True, "source": "vcf", "diplotypes": ["*28/*28"], "printed": ["*28/*28"],
                             "lookup_pairs": [["*28", "*28"]], "phenotypes": ["Poor Metabolizer"],
                             "lookup_keys": ["Poor Metabolizer"]}},
        "drugs": {"irinotecan": [{"source": "DPWG", "guideline_id": "1", "lookup_keys": {"UGT1A1": "Poor Metabolizer"},
                                  "action": "reduce", "classification": "Strong"}]},
    }
]  # fmt: skip


def _study():
    """One patient with a column of each kind of answer."""
    clinical = pd.DataFrame(
        {"id": ["P1", "P2"], "age_years": [61.5, 52], "visits": [3, 4], "asthma": [True, False], "sex": ["f", "m"],
         "seen": ["2020-01-31", "2020-02-01"], "note": [f"{NAME} was seen twice", "he did not come again"]}
    )  # fmt: skip
    said = {"study": {"name": "made", "patient_id": "id"}, "tables": [{"path": "clinical", "role": "clinical"}]}
    return Study.from_frames(said, {"clinical": clinical})


def _plan():
    return care.plan(_RANKING, "folfiri", start="2026-03-02")


def care_seeds() -> dict[str, bytes]:
    """One valid file of each format."""
    schedule = _plan().schedule(care.Calendar(timezone="Europe/Berlin"), today="2026-01-01")
    values = {"ranking.json": _RANKING, "hook": _HOOK, "feedback": _FEEDBACK, "pgx.json": _PGX}
    return {
        "regimens": _REGIMENS.encode(),
        "calendar": _CALENDAR.encode(),
        "closed-days": _CLOSED.encode(),
        "plan.json": _plan().to_json().encode(),
        "schedule.json": schedule.to_json().encode(),
        "cards.json": care.cards(_RANKING, hook="patient-view").to_json().encode(),
        "answers": json.dumps(care.questionnaire(_study(), fill="P1")[1]).encode(),
        **{name: json.dumps(value).encode() for name, value in values.items()},
    }


def _regimens(path: Path) -> None:
    for each in care.read_regimens(path).values():
        care.plan(None, None, regimen=each, start="2026-03-02").schedule(care.Calendar(), today="2026-01-01").to_ics()


def _calendar(path: Path) -> None:
    made = _plan().schedule(path, today="2026-01-01")
    made.to_json()
    made.to_ics()


def _closed(path: Path) -> None:
    care.Calendar(closed=str(path))


def _read_plan(path: Path) -> None:
    plan = care.read_plan(path)
    plan.to_json()
    plan.to_fhir()
    plan.schedule(care.Calendar(), today="2026-01-01")


def _previous(path: Path) -> None:
    made = _plan().schedule(care.Calendar(closed=["2026-03-02"]), today="2026-01-01", previous=path)
    made.to_ics()
    made.to_json()


def _ranking(path: Path) -> None:
    made = care.cards(path, hook="patient-view", patient_id="P1")
    assert care.check_cards(made.message) == []
    care.plan(path, "folfiri", start="2026-03-02", patient_id="P1").to_json()


def _hook(path: Path) -> None:
    call = care.read_hook(path)
    made = care.cards(_RANKING, hook="order-sign", request=call)
    assert care.check_cards(made.message) == []
    assert NAME not in json.dumps(call.to_dict())


def _pgx(path: Path) -> None:
    for report in read_pgx(path):
        care.plan(_RANKING, "folfiri", start="2026-03-02", pgx=[report])
        report.to_fhir()


CARE_READERS: dict[str, tuple[Callable[[Path], object], ...]] = {
    "regimens": (_regimens,),
    "calendar": (_calendar,),
    "closed-days": (_closed,),
    "plan.json": (_read_plan,),
    "schedule.json": (_previous,),
    "cards.json": (lambda path: care.check_cards(typed(parse_json(path.read_bytes(), path))),),
    "ranking.json": (_ranking,),
    "hook": (_hook,),
    "feedback": (care.read_feedback,),
    "pgx.json": (_pgx,),
    "answers": (lambda path: audit_answers(care.answers(path, _study()), _study()),),
}
CARE_SUFFIXES = {
    "regimens": "toml", "calendar": "toml", "closed-days": "ics", "plan.json": "json", "schedule.json": "json",
    "cards.json": "json", "ranking.json": "json", "hook": "json", "feedback": "json", "pgx.json": "json",
    "answers": "json",
}  # fmt: skip
CARE_COMMANDS = {
    "plan.json": ("care", "schedule", "FILE", "--calendar", "FILE", "--out", "OUT"),
    "cards.json": ("care", "check-cards", "FILE", "--out", "OUT"),
    "ranking.json": ("care", "cards", "FILE", "--hook", "patient-view", "--out", "OUT"),
    "hook": ("care", "read-hook", "FILE", "--out", "OUT"),
}
