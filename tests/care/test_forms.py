"""Questionnaires of a study's tables and answers back to rows: types, the way there and back, every bad answer."""

import contextlib
import copy
import json
import random

import pandas as pd
import pytest

from genorx.care import answers, questionnaire
from genorx.care.forms import audit_answers
from genorx.care.forms.cells import day_form, spelling_of
from genorx.care.forms.form import Form
from genorx.cli.app import run
from genorx.cohort import Study
from genorx.cohort.tables.numbers import read_number
from genorx.datasets import write_demo
from genorx.errors import InputError, StudyError, UsageError

_STUDY = """
[study]
name = "made"
patient_id = "id"
[[tables]]
path = "clinical.csv"
role = "clinical"
exclude = ["internal"]
[tables.columns.visits]
type = "integer"
unit = "{visit}"
missing = [-9]
[tables.columns.stage]
type = "ordinal"
levels = ["I", "II", "III", "IV"]
[tables.columns.score]
missing = [999]
[[tables]]
path = "laboratory.csv"
role = "laboratory"
[treatment]
table = "clinical.csv"
column = "arm"
reference = "old"
[outcomes.os]
table = "clinical.csv"
kind = "survival"
time = "months"
event = "died"
unit = "months"
horizons = [12]
"""
_HEADER = "id,age_years,score,visits,diabetes,sex,stage,seen,note,site_code,constant,smoking_status,pack_years,internal"


def _clinical():
    rows = [_HEADER + ",arm,months,died"]
    for row in range(24):
        notes = ("no complaint since the last visit", "=1+1, he said", "tired and cold, sleeps badly", "")
        never = row % 3 == 0
        cells = [
            f"P{row:02d}", 40 + row, "999" if row == 5 else f"{row / 8 - 1:.3f}", "-9" if row == 2 else row % 7,
            "" if row == 4 else ("yes" if row % 2 else "no"), ("female", "male")[row % 2], ("I", "II", "III")[row % 3],
            f"{row % 28 + 1:02d}.0{row % 9 + 1}.2020", f'"{notes[row % 4]} {row}"' if notes[row % 4] else "",
            f"{row % 12:03d}", "7", ("never", "former", "current")[row % 3], "" if never else row * 1.5, "x",
            ("old", "new")[row % 2], 3 + row, row % 2,
        ]  # fmt: skip
        rows.append(",".join(map(str, cells)))
    return "\n".join(rows) + "\n"


@pytest.fixture
def study(tmp_path):
    """24 patients; the last ten have no row in the laboratory's table."""
    (tmp_path / "clinical.csv").write_text(_clinical())
    rows = [f"P{row:02d},{0.5 + row / 10:.1f},{'<0.3' if row == 3 else 4 + row}" for row in range(14)]
    (tmp_path / "laboratory.csv").write_text("\n".join(["id,creatinine_mg_per_dl,crp", *rows]) + "\n")
    (tmp_path / "study.toml").write_text(_STUDY)
    return tmp_path / "study.toml"


def _items(made):
    return {item["linkId"]: item for group in made["item"] for item in group["item"]}


def _answered(response):
    return {item["linkId"]: item["answer"][0] for group in response["item"] for item in group["item"]}


def test_each_column_is_an_item_of_its_type_but_id_excluded_outcome_and_treatment(study):
    """The types are those of the columns as written above; a column with a detection limit in it is text."""
    made = questionnaire(study)
    types = {link: item["type"] for link, item in _items(made).items()}
    assert types == {
        "clinical/age_years": "quantity", "clinical/score": "decimal", "clinical/visits": "integer",
        "clinical/diabetes": "boolean", "clinical/sex": "choice", "clinical/stage": "choice", "clinical/seen": "date",
        "clinical/note": "text", "clinical/site_code": "text", "clinical/constant": "integer",
        "clinical/smoking_status": "choice", "clinical/pack_years": "quantity",
        "laboratory/creatinine_mg_per_dl": "quantity", "laboratory/crp": "text",
    }  # fmt: skip
    assert (made["resourceType"], made["status"], [g["type"] for g in made["item"]]) == (
        "Questionnaire",
        "draft",
        ["group", "group"],
    )
    assert "required" not in json.dumps(made)


def test_an_item_says_unit_limits_and_levels(study):
    items = _items(questionnaire(study))
    age = items["clinical/age_years"]
    assert age["text"] == "age_years (a)"
    unit, low, high = age["extension"]
    assert unit["valueCoding"] == {"system": "http://unitsofmeasure.org", "code": "a", "display": "a"}
    assert (low["url"].rpartition("/")[2], low["valueDecimal"]) == ("minValue", 0.0)
    assert high["valueDecimal"] == 125.0  # the variable's own limit, not the oldest patient
    visits = items["clinical/visits"]["extension"]
    assert [each["url"].rpartition("/")[2] for each in visits] == ["questionnaire-unit"]
    stages = [each["valueCoding"] for each in items["clinical/stage"]["answerOption"]]
    assert [each["code"] for each in stages] == ["I", "II", "III", "IV"]  # IV is declared, and nobody has it
    assert {each["system"] for each in stages} == {"urn:genorx:clinical:stage"}
    assert "extension" not in items["clinical/score"]


def test_pack_years_are_asked_unless_never_smoked_or_not_told(study):
    item = _items(questionnaire(study))["clinical/pack_years"]
    first, second = item["enableWhen"]
    assert item["enableBehavior"] == "any"
    assert first == {"question": "clinical/smoking_status", "operator": "exists", "answerBoolean": False}
    assert (second["operator"], second["answerCoding"]["code"]) == ("!=", "never")


def test_a_condition_that_a_row_contradicts_is_not_set(study):
    text = (study.parent / "clinical.csv").read_text()
    (study.parent / "clinical.csv").write_text(text.replace("never,,", "never,0,", 1))
    assert "enableWhen" not in _items(questionnaire(study))["clinical/pack_years"]


def test_a_response_has_what_is_known_with_its_source_and_nothing_for_what_is_missing(study):
    made, response = questionnaire(study, fill="P04")
    known = _answered(response)
    assert response["questionnaire"] == made["url"]
    assert response["subject"]["identifier"]["value"] == "P04"
    assert response["status"] == "completed"
    assert "clinical/diabetes" not in known  # empty in the file: never "no"
    assert known["clinical/age_years"]["valueQuantity"] == {
        "value": 44, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a",
    }  # fmt: skip
    assert known["clinical/seen"]["valueDate"] == "2020-05-05"
    assert known["clinical/age_years"]["extension"] == [
        {"url": "urn:genorx:source", "valueString": "clinical.csv: row 6"}
    ]
    assert "clinical/visits" not in _answered(questionnaire(study, fill="P02")[1])  # -9 is declared missing
    assert "clinical/score" not in _answered(questionnaire(study, fill="P05")[1])


def _same(there, back, item):
    if there is None or pd.isna(back):
        return there is None and pd.isna(back)
    if item.kind in ("quantity", "decimal", "integer"):
        return read_number(there, item.cells.decimal) == read_number(back, item.cells.decimal)
    return there == back


def _differing(study, patients=None):
    """Return every cell that does not come back, through JSON; and how many were compared."""
    form, read = Form.of(study), 0
    _, responses = questionnaire(study, fill="all")
    found = []
    for patient in patients or responses:
        rows = answers(json.loads(json.dumps(responses[patient])), study)
        for table in form.tables:
            there = table.records[table.rows[patient]] if patient in table.rows else {}
            assert next(iter(rows[table.stem])) == form.patient_id
            assert rows[table.stem][form.patient_id].tolist() == [patient]
            for item in table.items:
                read += 1
                back = rows[table.stem][item.column].iloc[0]
                if not _same(there.get(item.column), back, item):
                    found.append((patient, item.link, there.get(item.column), back))
    return found, read


def test_there_and_back_changes_no_value_of_the_made_study(study):
    found, read = _differing(Study.read(study))
    assert (found, read) == ([], 24 * 14)


def test_there_and_back_changes_no_value_of_the_demonstration_study(tmp_path):
    files = write_demo(tmp_path / "demo")
    found, read = _differing(Study.read(files.study), patients=None)
    assert not found
    assert read > 1000


@pytest.mark.slow
def test_there_and_back_changes_no_value_of_the_knowledge_bank(tmp_path, aml, write_aml_study):
    """1,068 patients, three tables; the karyotype is free text with signs."""
    found, read = _differing(Study.read(write_aml_study(tmp_path, aml)))
    assert (found, read) == ([], 1068 * 49)


@pytest.mark.slow
def test_there_and_back_changes_no_value_of_nhefs(tmp_path, shared):
    source = shared / "data" / "nhefs" / "nhefs.csv"
    if not source.is_file():
        pytest.skip("NHEFS absent from the development data")
    said = {"name": "NHEFS", "patient_id": "seqn", "path": str(source)}
    text = '[study]\nname = "{name}"\npatient_id = "{patient_id}"\n[[tables]]\npath = "{path}"\nrole = "lifestyle"\n'
    (tmp_path / "study.toml").write_text(text.format(**said))
    found, read = _differing(Study.read(tmp_path / "study.toml"))
    assert (found, read) == ([], 1629 * 66)


def test_variant_files_are_not_opened(study):
    text = study.read_text() + '[variants]\nfiles = ["none.vcf"]\norigin = "somatic"\n'
    study.write_text(text)
    assert questionnaire(study)["item"]


def test_rows_have_the_file_s_columns_in_its_order_and_spelling(study):
    rows = answers(questionnaire(study, fill="P13")[1], study)
    assert list(rows) == ["clinical", "laboratory"]
    assert list(rows["clinical"]) == [name for name in _HEADER.split(",") if name != "internal"]
    own = rows["clinical"].iloc[0]
    assert (own["diabetes"], own["seen"], own["site_code"]) == ("yes", "14.05.2020", "001")
    assert rows["laboratory"]["crp"].tolist() == ["17"]


def test_a_patient_without_a_row_in_a_table_has_a_row_of_missing_values(study):
    rows = answers(questionnaire(study, fill="P20")[1], study)
    assert rows["laboratory"].iloc[0].tolist()[1:] == [pd.NA, pd.NA]


def test_another_patient_is_refused_with_the_nearest_names(study):
    with pytest.raises(UsageError, match="P03") as raised:
        questionnaire(study, fill="P033")
    assert raised.value.code == "no-such-patient"


def _changed(study, link, answer, patient="P01"):
    """Return a response in which one item is answered so."""
    response = copy.deepcopy(questionnaire(study, fill=patient)[1])
    for group in response["item"]:
        for item in group["item"]:
            if item["linkId"] == link:
                item["answer"] = answer if isinstance(answer, list) else [answer]
    return response


_BAD = [
    ("clinical/score", {"valueString": "1.5"}, "answer-type"),
    ("clinical/score", {"valueDecimal": "1.5"}, "answer-type"),
    ("clinical/score", {"valueDecimal": True}, "answer-type"),
    ("clinical/score", {"valueDecimal": 1.5, "valueString": "a"}, "answer-type"),
    ("clinical/visits", {"valueInteger": 1.5}, "answer-type"),
    ("clinical/diabetes", {"valueBoolean": "yes"}, "answer-type"),
    ("clinical/diabetes", {"valueBoolean": 1}, "answer-type"),
    ("clinical/sex", {"valueString": "male"}, "answer-type"),
    ("clinical/sex", {"valueCoding": {"code": "Male"}}, "answer-level"),
    ("clinical/sex", {"valueCoding": {"code": "male", "system": "urn:genorx:clinical:stage"}}, "answer-level"),
    ("clinical/stage", {"valueCoding": {"code": "V"}}, "answer-level"),
    ("clinical/seen", {"valueDate": "2021-02-30"}, "answer-type"),
    ("clinical/seen", {"valueDate": "2021-02"}, "answer-type"),  # the file has days
    ("clinical/age_years", {"valueDecimal": 60}, "answer-type"),
    ("clinical/age_years", {"valueQuantity": {"value": "60", "code": "a"}}, "answer-type"),
    ("clinical/age_years", {"valueQuantity": {"value": 60, "comparator": "<", "unit": "a"}}, "answer-type"),
    ("clinical/age_years", {"valueQuantity": {"value": 60}}, "answer-unit"),
    ("clinical/age_years", {"valueQuantity": {"value": 60, "unit": "kg"}}, "answer-unit"),
    ("clinical/age_years", {"valueQuantity": {"value": 60, "unit": "furlong"}}, "answer-unit"),
    ("clinical/note", {"valueInteger": 5}, "answer-type"),
    ("clinical/score", [{"valueDecimal": 1.0}, {"valueDecimal": 2.0}], "answer-twice"),
]


@pytest.mark.parametrize(("link", "answer", "code"), _BAD)
def test_a_bad_answer_is_refused_with_its_place_and_repeats_no_value(study, link, answer, code):
    with pytest.raises(InputError) as raised:
        answers(_changed(study, link, answer), study)
    assert raised.value.code == code
    assert raised.value.exit_code == 3
    assert raised.value.place.startswith("item[0].item[")
    assert link in raised.value.reason


def test_an_unknown_item_an_item_twice_and_an_answered_group_are_refused(study):
    response = copy.deepcopy(questionnaire(study, fill="P01")[1])
    items = response["item"][0]["item"]
    items += [{"linkId": "clinical/nowhere", "answer": [{"valueString": "x"}]}, copy.deepcopy(items[0])]
    response["item"][0]["answer"] = [{"valueString": "x"}]
    with pytest.raises(InputError) as raised:
        answers(response, study)
    text = str(raised.value)
    assert "and 2 more" in text
    for part in ("clinical/nowhere", "answered twice", "has an answer of its own"):
        assert part in text


def test_all_that_is_wrong_is_said_at_once(study):
    response = _changed(study, "clinical/score", {"valueString": "1.5"})
    response["item"][0]["item"][0]["answer"] = [{"valueQuantity": {"value": 60, "unit": "kg"}}]
    response["item"][0]["item"].append({"linkId": "clinical/nowhere"})
    with pytest.raises(InputError, match="and 2 more"):
        answers(response, study)


def test_a_unit_that_can_be_converted_is_with_a_finding(study):
    """100 umol/L of creatinine are 1.131 mg/dL (113.12 g/mol); 600 months are 50 years."""
    given = {"valueQuantity": {"value": 100, "unit": "umol/L"}}
    rows = answers(_changed(study, "laboratory/creatinine_mg_per_dl", given), study)
    assert float(rows["laboratory"]["creatinine_mg_per_dl"].iloc[0]) == pytest.approx(1.1312, rel=1e-4)
    assert [each.code for each in rows["laboratory"].attrs["findings"]] == ["answer-converted"]
    given = {"valueQuantity": {"value": 600, "code": "mo", "system": "http://unitsofmeasure.org"}}
    rows = answers(_changed(study, "clinical/age_years", given), study)
    assert float(rows["clinical"]["age_years"].iloc[0]) == pytest.approx(50)


def test_another_spelling_of_the_unit_is_no_conversion(study):
    given = {"valueQuantity": {"value": 60, "unit": "years"}}
    rows = answers(_changed(study, "clinical/age_years", given, "P02"), study)
    assert rows["clinical"]["age_years"].tolist() == ["60"]
    assert rows["clinical"].attrs["findings"] == ()


def test_a_text_that_begins_as_a_formula_is_kept_and_named(study):
    rows = answers(_changed(study, "clinical/note", {"valueString": "=SUM(A1)"}), study)
    assert rows["clinical"]["note"].tolist() == ["=SUM(A1)"]
    assert [each.code for each in rows["clinical"].attrs["findings"]] == ["answer-formula"]


def test_answers_to_another_questionnaire_are_refused(study):
    response = questionnaire(study, fill="P01")[1]
    (study.parent / "laboratory.csv").write_text("id,creatinine_mg_per_dl,crp\nP01,1,2\nP02,2,3\n")
    with pytest.raises(InputError) as raised:
        answers(response, study)
    assert raised.value.code == "other-questionnaire"


def test_a_version_behind_the_questionnaire_s_address_is_no_other_questionnaire(study):
    made, response = questionnaire(study, fill="P01")
    rows = answers(response | {"questionnaire": f"{made['url']}|1.0"}, study)
    assert rows["clinical"]["age_years"].tolist() == ["41"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"subject": {}}, "no-subject"),
        ({"subject": {"identifier": {"value": " "}}}, "no-subject"),
        ({"status": "entered-in-error"}, "response-status"),
        ({"resourceType": "Patient"}, "fhir"),
        ({"resourceType": None}, "fhir"),
    ],
)
def test_a_response_that_is_none_or_of_nobody_is_refused(study, change, code):
    response = questionnaire(study, fill="P01")[1] | change
    with pytest.raises(InputError) as raised:
        answers(response, study)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"resourceType": "QuestionnaireResponse", "status": 1, "status": 2}', "json-key-twice"),
        ('{"resourceType": "QuestionnaireResponse", "item": [{"answer": [{"valueDecimal": NaN}]}]}', "json-number"),
        ("<QuestionnaireResponse/>", "not-json"),
        ('{"resourceType": "QuestionnaireResponse"', "json"),
        ('{"resourceType": "QuestionnaireResponse", "item": [{"answer": [{"valueDate": "2021-02-30"}]}]}', "date"),
        ('{"resourceType": "QuestionnaireResponse", "authored": "YYYY-MM-DD"}', "other-questionnaire"),
        ('{"resourceType": "Bundle", "entry": []}', "fhir"),
        ("[" * 200 + "]" * 200, "json-depth"),
        ('{"resourceType": "QuestionnaireResponse", "item": 5}', "other-questionnaire"),
    ],
)
def test_a_file_of_answers_is_read_as_strictly_as_any_fhir(study, text, code):
    path = study.parent / "response.json"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        answers(path, study)
    assert raised.value.code == code


def test_what_the_study_s_rules_say_of_a_row_is_said_of_answers(study):
    """An age of 200 is none that a patient can have."""
    given = {"valueQuantity": {"value": 200, "unit": "a"}}
    rows = answers(_changed(study, "clinical/age_years", given), study)
    found = audit_answers(rows, study)
    assert "impossible-value" in {each.code for each in found}
    assert {each.patient_id for each in found} == {"P01"}


def test_a_study_whose_table_is_broken_is_refused_as_when_it_is_loaded(study):
    text = (study.parent / "clinical.csv").read_text()
    (study.parent / "clinical.csv").write_text(text + text.splitlines()[1] + "\n")
    with pytest.raises(InputError, match="is already in row 2"):
        questionnaire(study)
    study.write_text("[study]\nname = 'a'\n")
    with pytest.raises(StudyError):
        questionnaire(study)


def test_two_tables_of_one_name_have_groups_of_their_own(study):
    (study.parent / "late").mkdir()
    (study.parent / "late" / "laboratory.csv").write_text("id,ldh\nP01,200\nP02,250\n")
    study.write_text(
        study.read_text().replace(
            "[treatment]", '[[tables]]\npath = "late/laboratory.csv"\nrole = "laboratory"\n[treatment]'
        )
    )
    assert [group["linkId"] for group in questionnaire(study)["item"]] == [
        "clinical",
        "laboratory",
        "late/laboratory",
    ]


def test_decimal_commas_come_back_as_commas(tmp_path):
    (tmp_path / "clinical.csv").write_text("id;crp_mg_l;ratio\nP1;1,5;0,25\nP2;12,0;3\nP3;;1,75\n")
    said = '[study]\nname = "comma"\npatient_id = "id"\n[[tables]]\npath = "clinical.csv"\nrole = "laboratory"\n'
    (tmp_path / "study.toml").write_text(said)
    study = Study.read(tmp_path / "study.toml")
    known = _answered(questionnaire(study, fill="P1")[1])
    assert known["clinical/crp_mg_l"]["valueQuantity"]["value"] == 1.5
    assert known["clinical/ratio"]["valueDecimal"] == 0.25
    assert _differing(study) == ([], 6)
    rows = answers(questionnaire(study, fill="P1")[1], study)
    assert rows["clinical"]["ratio"].tolist() == ["0,25"]


def test_data_frames_are_a_study_too():
    clinical = pd.DataFrame({"id": ["a", "b"], "age_years": [61, 52], "asthma": [True, False]})
    said = {"study": {"name": "small", "patient_id": "id"}, "tables": [{"path": "clinical", "role": "clinical"}]}
    study = Study.from_frames(said, {"clinical": clinical})
    assert _differing(study) == ([], 4)


def test_levels_that_no_code_of_fhir_may_be_are_text(study):
    """Two spaces side by side (FHIR R4, data type code)."""
    text = (study.parent / "clinical.csv").read_text()
    (study.parent / "clinical.csv").write_text(text.replace(",current,", ",smokes  now,"))
    assert _items(questionnaire(study))["clinical/smoking_status"]["type"] == "text"
    assert _differing(Study.read(study))[0] == []


@pytest.mark.parametrize(
    ("texts", "first", "padded"),
    [
        (["2020-01-31"], "year", True),
        (["31.12.2020", "01.02.2021"], "day", True),
        (["31.12.2020", "1.2.2021"], "day", False),
        (["12/31/2020", "02/01/2021"], "month", True),
    ],
)
def test_days_are_written_back_as_the_column_writes_them(texts, first, padded):
    form = day_form(texts)
    assert (form.first, form.padded) == (first, padded)
    assert [form.write(form.read(text)) for text in texts] == texts


@pytest.mark.parametrize("texts", [["01.02.2021"], ["31.12.2020", "2020-01-01"], ["31.12.20"], ["30.02.2020"], []])
def test_days_of_which_the_order_is_not_clear_are_text(texts):
    assert day_form(texts) is None


def test_more_than_two_words_for_yes_and_no_have_no_spelling():
    assert spelling_of(["0", "1", "NO", "YES"]) is None
    assert spelling_of(["TRUE"]).no == "FALSE"


def test_the_command_writes_questionnaire_and_response_and_takes_the_answers(study, tmp_path):
    made, filled, rows = tmp_path / "q.json", tmp_path / "r.json", tmp_path / "rows"
    line = ["care", "questionnaire", str(study), "--patient", "P03", "--filled", str(filled), "--out", str(made)]
    assert run(line) == 0
    assert json.loads(made.read_text()) == questionnaire(study)
    assert json.loads(filled.read_text()) == questionnaire(study, fill="P03")[1]
    assert run(["care", "answers", str(filled), "--study", str(study), "--out", str(rows)]) == 0
    assert sorted(path.name for path in rows.iterdir()) == ["clinical.csv", "laboratory.csv"]
    back = pd.read_csv(rows / "clinical.csv", dtype=str, keep_default_na=False)
    there = pd.read_csv(study.parent / "clinical.csv", dtype=str, keep_default_na=False).iloc[[3]]
    assert back.iloc[0].tolist() == there[list(back)].iloc[0].tolist()


def test_negative_numbers_are_numbers_in_the_written_rows(study, tmp_path):
    response = tmp_path / "r.json"
    response.write_text(json.dumps(_changed(study, "clinical/score", {"valueDecimal": -1.5})))
    assert run(["care", "answers", str(response), "--study", str(study), "--out", str(tmp_path / "rows")]) == 0
    assert pd.read_csv(tmp_path / "rows" / "clinical.csv")["score"].tolist() == [-1.5]


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        (["questionnaire", "STUDY", "--patient", "P01", "--out", "q.json"], 2, "must be given together"),
        (["questionnaire", "STUDY", "--patient", "X", "--filled", "f.json", "--out", "q.json"], 2, "no-such-patient"),
        (["questionnaire", "STUDY", "--out", "STUDY"], 2, "out-is-input"),
        (["questionnaire", "STUDY", "--patient", "P01", "--filled", "q.json", "--out", "q.json"], 2, "out-twice"),
        (["answers", "none.json", "--study", "STUDY", "--out", "rows"], 3, "file-not-found"),
        (["answers", "none.json", "--study", "STUDY", "--out", "-"], 2, "out-folder"),
        (["answers", "clinical.csv", "--study", "STUDY", "--out", "."], 3, "json"),
    ],
)
def test_a_line_that_cannot_be_done_ends_with_its_status(study, monkeypatch, capfd, line, status, said):
    monkeypatch.chdir(study.parent)
    assert run(["care", *(str(study) if word == "STUDY" else word for word in line)]) == status
    assert said in capfd.readouterr().err


def test_answers_do_not_take_the_place_of_the_study_s_own_tables(study, capfd):
    response = study.parent / "r.json"
    response.write_text(json.dumps(questionnaire(study, fill="P01")[1]))
    before = (study.parent / "clinical.csv").read_text()
    assert run(["care", "answers", str(response), "--study", str(study), "--out", str(study.parent)]) == 2
    assert "out-is-input" in capfd.readouterr().err
    assert (study.parent / "clinical.csv").read_text() == before


_ODD = (
    None,
    True,
    0,
    -1.5,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "x",
    [],
    [None],
    [[]],
    {},
    {"item": []},
    {"linkId": []},
)


def _anywhere(value, rng, odd):
    """Put an odd value somewhere into a response."""
    holders = [value]
    for each in holders:
        holders += [
            inner for inner in (each.values() if isinstance(each, dict) else each) if isinstance(inner, dict | list)
        ]
    holder = rng.choice([each for each in holders if each])
    holder[rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))] = odd


@pytest.mark.parametrize("seed", range(8))
def test_whatever_stands_in_a_response_it_is_rows_or_an_error_of_genorx(study, seed):
    """40 damaged responses a seed: an odd value at one to three places."""
    rng = random.Random(seed)
    whole = questionnaire(study, fill="P01")[1]
    for _ in range(40):
        response = copy.deepcopy(whole)
        for _ in range(rng.randint(1, 3)):
            _anywhere(response, rng, rng.choice(_ODD))
        with contextlib.suppress(InputError):
            assert list(answers(response, study)) == ["clinical", "laboratory"]
