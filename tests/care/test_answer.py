"""A ranking in each of its forms gives one patient's answer; what is no ranking is refused with its place."""

import json
import subprocess
import sys

import pytest

from genorx.care.answer import read_answer
from genorx.care.pharmacogenes import pgx_of, read_pgx
from genorx.errors import InputError, UsageError


def test_all_forms_of_a_ranking_say_the_same(ranking, ranking_file):
    by_object = read_answer(ranking, "P1")
    assert by_object.patient_id == "P1"
    assert [each.option for each in by_object.options] == ["folfiri", "capecitabine", "old"]
    records = json.loads(ranking.to_json())
    for form in (ranking_file, str(ranking_file), records, records[:1]):
        found = read_answer(form, "P1")
        assert (found.patient_id, found.options, found.provenance) == ("P1", by_object.options, by_object.provenance)
    assert read_answer(records[0]).options == by_object.options
    assert by_object.model_name == "model of trial"


def test_several_patients_need_a_name(ranking):
    with pytest.raises(UsageError) as error:
        read_answer(ranking)
    assert error.value.code == "patient-needed"


def test_a_patient_or_option_that_is_not_there_is_named_with_the_nearest(ranking):
    with pytest.raises(UsageError) as error:
        read_answer(ranking, "P11")
    assert (error.value.code, error.value.exit_code) == ("no-such-patient", 2)
    assert "P1" in error.value.hint
    with pytest.raises(UsageError) as error:
        read_answer(ranking, "P1").option("folfirri")
    assert error.value.code == "no-such-option"
    assert "folfiri" in error.value.hint


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda r: r.pop("patient_id"), "[0].patient_id"),
        (lambda r: r.update(options={}), "[0].options"),
        (lambda r: r.update(options=[]), "[0].options"),
        (lambda r: r["options"][0].update(advice="perhaps"), "[0].options[0].advice"),
        (lambda r: r["options"][1].pop("safety"), "[0].options[1].safety"),
        (lambda r: r["options"][0]["safety"][0].update(action="stop"), "[0].options[0].safety[0].action"),
    ],
)
def test_a_ranking_of_another_schema_is_refused(ranking, spoil, place):
    record = json.loads(ranking.to_json())[0]
    spoil(record)
    with pytest.raises(InputError) as error:
        read_answer(record)
    assert (error.value.code, error.value.place) == ("ranking-schema", place)


@pytest.mark.parametrize(("text", "code"), [
    ('[{"patient_id": "a", "patient_id": "b"}]', "json-key-twice"), ("<html>", "not-json"), ("[", "json"),
    ("[]", "ranking-schema"), ('"text"', "ranking-schema"), ("[[1]]", "ranking-schema"),
])  # fmt: skip
def test_a_file_that_is_none_is_refused(tmp_path, text, code):
    path = tmp_path / "ranking.json"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_answer(path)
    assert error.value.code == code


def test_reports_are_read_in_each_form_and_found_by_patient(reports, tmp_path):
    path = tmp_path / "pgx.json"
    path.write_text(json.dumps([each.to_dict() for each in reports]))
    for form in (reports, path, [each.to_dict() for each in reports]):
        assert [each.sample for each in read_pgx(form)] == ["S0001", "S0002"]
    assert read_pgx(reports[0]) == [reports[0]]
    assert pgx_of(reports, "S0002") == (reports[1], ())
    assert pgx_of(None, "S0002") == (None, ())
    nothing, findings = pgx_of(reports, "P1")
    assert nothing is None
    assert [each.code for each in findings] == ["pgx-no-report"]
    with pytest.raises(UsageError) as error:
        read_pgx([reports[0], reports[0]])
    assert error.value.code == "sample-twice"


def test_plans_schedules_and_cards_load_no_statistics(ranking_file):
    """Importing the room loads neither scikit-learn nor scikit-survival."""
    code = (
        "import sys\nfrom genorx import care\npath = sys.argv[1]\n"
        "plan = care.plan(path, 'folfiri', start='2026-03-02', patient_id='P1')\n"
        "made = plan.schedule(care.Calendar(timezone='Europe/Berlin'))\n"
        "plan.to_html(), plan.to_fhir(), made.to_html(), made.to_fhir(), made.to_ics()\n"
        "care.cards(path, hook='patient-view', patient_id='P1')\n"
        "print([m for m in ('sklearn', 'sksurv') if m in sys.modules])\n"
    )
    line = [sys.executable, "-c", code, str(ranking_file)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
