"""Tables of treatments as features: a row each treatment becomes 0/1 columns, checked against time zero."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import genorx as gx

IDS = [f"P{number:02d}" for number in range(40)]
RNG = np.random.default_rng(20)
STUDY = """
[study]
name = "treatments"
patient_id = "patient_id"
[[tables]]
path = "clinical.csv"
role = "clinical"
[[tables]]
path = "treatments.csv"
{keys}
[outcomes.death]
table = "outcomes.csv"
kind = "survival"
time = "time"
event = "event"
unit = "days"
horizons = [365]
{more}
"""
ROLE = 'role = "treatment"\nwide = "treatment"\n'


def _rows(*given):
    """Rows of patient number, treatment, day."""
    made = [{"patient_id": IDS[number], "treatment": name, "day": day} for number, name, day in given]
    return pd.DataFrame(made)


def _given():
    """ATRA at day 0 in twelve patients, VPA in six, VPA after day 0 in three more, a rare one in two, HSCT later."""
    early = [(place, "ATRA", 0) for place in range(12)] + [(place, "VPA", -1) for place in range(10, 16)]
    late = [(place, "VPA", 3) for place in range(20, 23)] + [(place, "HSCT", 90) for place in range(8)]
    return _rows(*early, *late, (30, "arsenic", 0), (31, "arsenic", 0))


def _study(folder, treatments, *, keys=ROLE, more="", clinical=None):
    clinical = pd.DataFrame({"patient_id": IDS, "age": RNG.integers(40, 80, 40)}) if clinical is None else clinical
    outcomes = {"patient_id": IDS, "time": RNG.integers(30, 900, 40), "event": RNG.integers(0, 2, 40), "cr_day": 5}
    for name, frame in {"clinical": clinical, "treatments": treatments, "outcomes": pd.DataFrame(outcomes)}.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "study.toml").write_text(STUDY.format(keys=keys, more=more), encoding="utf-8")
    return gx.Study.read(folder / "study.toml")


def _finding(cohort, code):
    found = [each for each in cohort.findings if each.code == code]
    assert len(found) == 1, [each.code for each in cohort.findings]
    return found[0]


def _refused(code, make):
    with pytest.raises(gx.GenorxError) as caught:
        make()
    assert caught.value.code == code, caught.value
    return caught.value


def _who(cohort, name):
    return [patient for patient, value in cohort.features[name].items() if value == 1]


def test_each_treatment_up_to_time_zero_is_a_column_of_zeros_and_ones(tmp_path):
    """By hand: twelve with ATRA, six with VPA by day 0; who has no row has 0, since the table is complete."""
    cohort = _study(tmp_path, _given()).load()
    assert [spec.name for spec in cohort.specs] == ["age", "treatment_ATRA", "treatment_VPA"]
    assert {(spec.kind, spec.group, spec.source) for spec in cohort.specs[1:]} == {
        ("boolean", "treatment", "treatments.csv")
    }
    assert _who(cohort, "treatment_ATRA") == IDS[:12]
    assert _who(cohort, "treatment_VPA") == IDS[10:16]
    assert (cohort.features["treatment_VPA"] == 0).sum() == 34
    assert str(cohort.features["treatment_ATRA"].dtype) == "Int8"


def test_rows_from_after_time_zero_are_counted_and_not_used(tmp_path):
    """By hand: three rows of VPA and eight of HSCT, of eleven patients."""
    finding = _finding(_study(tmp_path, _given()).load(), "after-time-zero")
    assert finding.message.startswith("11 rows of 11 patients")
    assert (finding.place, finding.severity) == ("treatments.csv", "warning")


def test_of_treatments_assigned_by_design_every_row_counts(tmp_path):
    """The three with VPA on day 3 had it; a table without days will do."""
    keys = ROLE + 'assigned = true\nlevels = ["VPA"]'
    cohort = _study(tmp_path, _given().drop(columns="day"), keys=keys).load()
    assert _who(cohort, "treatment_VPA") == IDS[10:16] + IDS[20:23]
    assert "after-time-zero" not in {each.code for each in cohort.findings}
    assert [spec.name for spec in cohort.specs] == ["age", "treatment_VPA"]


def test_the_day_may_have_another_name_and_a_rare_level_that_is_named_is_a_column(tmp_path):
    """Levels keep the order of the study; two patients had arsenic."""
    keys = ROLE + 'day = "given"\nlevels = ["arsenic", "ATRA"]'
    cohort = _study(tmp_path, _given().rename(columns={"day": "given"}), keys=keys).load()
    assert [spec.name for spec in cohort.specs] == ["age", "treatment_arsenic", "treatment_ATRA"]
    assert _who(cohort, "treatment_arsenic") == [IDS[30], IDS[31]]


def test_rare_treatments_are_no_features_and_are_named(tmp_path):
    """By day 0 nobody had HSCT and two had arsenic: below five."""
    finding = _finding(_study(tmp_path, _given()).load(), "treatment-rare")
    assert finding.message.startswith("2 treatments")
    assert finding.message.endswith("treatment_HSCT, treatment_arsenic")


def test_what_a_row_leaves_open_is_missing_and_not_zero(tmp_path):
    """A row without a day leaves its treatment open, a row without a name each one that no other row tells."""
    treatments = pd.concat([_given(), _rows((25, "ATRA", None), (0, None, 0), (26, None, 0))])
    cohort = _study(tmp_path, treatments).load()
    atra, vpa = cohort.features["treatment_ATRA"], cohort.features["treatment_VPA"]
    assert list(atra[atra.isna()].index) == [IDS[25], IDS[26]]
    assert list(vpa[vpa.isna()].index) == [IDS[0], IDS[26]]
    said = [each.message for each in cohort.findings if each.code == "treatment-unknown"]
    assert [message.partition(":")[0] for message in said] == [
        "1 row has no day, or their patient no time zero",
        "2 rows name no treatment",
    ]


def test_use_features_is_another_way_to_say_the_role(tmp_path):
    """Both spellings make the same cohort."""
    other = _study(tmp_path, _given(), keys='use = "features"\nwide = "treatment"').load()
    both = _study(tmp_path, _given(), keys=ROLE + 'use = "features"').load()
    assert other.features.drop(columns="age").equals(both.features.drop(columns="age"))
    assert "treatment_ATRA" in both.features


def test_time_zero_of_a_design_is_the_day_that_counts(tmp_path):
    """Remission on day 5: VPA of day 3 was given before; the compared option HSCT is no feature."""
    design = '[treatment]\ntable = "treatments.csv"\ndesign = "landmark"\ntime_zero = "cr_day"\nlandmark = 20\n'
    design += 'start = "day"\nreference = "none"\n[treatment.options.transplant]\ntreatment = "HSCT"\n'
    design += "[treatment.options.none]\n"
    treatments = _given().replace({"day": {90: 10}})
    cohort = _study(tmp_path, treatments, more=design).load()
    assert _who(cohort, "treatment_VPA") == IDS[10:16] + IDS[20:23]
    assert "treatment_HSCT" not in cohort.features
    assert "design-column" in {each.code for each in cohort.findings}


def test_patients_with_treatments_alone_are_left_out_and_counted(tmp_path):
    """Who has no clinical record is no patient of the study."""
    clinical = pd.DataFrame({"patient_id": IDS[:30], "age": RNG.integers(40, 80, 30)})
    cohort = _study(tmp_path, _given(), clinical=clinical).load()
    assert len(cohort.features) == 30
    assert _finding(cohort, "treatment-without-record").message.startswith("2 patients")


def test_new_patients_get_the_columns_of_the_model(tmp_path):
    """A treatment that is in no row was not given: 0; one that the model does not know is named."""
    model = _study(tmp_path, _given()).load().specs
    new = tmp_path / "new"
    new.mkdir()
    study = _study(new, _rows((0, "VPA", 0), (1, "magrolimab", 0)))
    cohort = study.load(outcomes=False, schema=model)
    assert list(cohort.features.columns) == ["age", "treatment_ATRA", "treatment_VPA"]
    assert _who(cohort, "treatment_VPA") == [IDS[0]]
    assert (cohort.features["treatment_ATRA"] == 0).all()
    assert "magrolimab" in _finding(cohort, "column-not-in-model").message


def test_patients_without_a_treatment_table_have_unknown_treatments(tmp_path):
    """Nobody said: missing and named, never 0."""
    model = _study(tmp_path, _given()).load().specs
    rows = pd.DataFrame({"patient_id": IDS[:3], "age": [50, 60, 70]})
    said = {"study": {"name": "new", "patient_id": "patient_id"}, "tables": [{"path": "clinical", "role": "clinical"}]}
    cohort = gx.Study.from_frames(said, {"clinical": rows}).load(outcomes=False, schema=model)
    assert cohort.features["treatment_ATRA"].isna().all()
    assert "feature-absent" in {each.code for each in cohort.findings}


def test_the_audit_says_who_had_which(tmp_path):
    """A row each column, with counts; what is no feature has its reason."""
    columns = _study(tmp_path, _given()).audit().columns.set_index("column")
    assert columns.loc["treatment_ATRA", "note"] == "12 patients had it"
    assert not columns.loc["treatment_HSCT", "used"]
    assert columns.loc["treatment_HSCT", "note"] == "fewer than 5 patients had it by time zero"


@pytest.mark.parametrize(
    ("keys", "code", "words"),
    [
        ('role = "treatment"', "missing-key", "wide"),
        (ROLE + 'levels = ["ATAR"]', "unknown-level", 'did you mean "ATRA"'),
        (ROLE + 'levels = ["ATRA", "ATRA"]', "wrong-value", "named twice"),
        (ROLE + 'day = "start"', "no-column", "start"),
        ('role = "treatment"\nwide = "drug"', "no-column", "drug"),
        (ROLE + 'taken = "day"', "wrong-value", "taken"),
        (ROLE + 'exclude = ["day"]', "wrong-value", "exclude"),
        ('role = "laboratory"\nwide = "treatment"', "wrong-value", "wide"),
        ('role = "laboratory"\nuse = "features"', "wrong-value", "use"),
    ],
)
def test_keys_that_do_not_fit_are_refused(keys, code, words, tmp_path):
    """Each with its reason."""
    refused = _refused(code, lambda: _study(tmp_path, _given(), keys=keys).load())
    assert words in str(refused)


def test_a_table_without_days_is_refused_unless_assigned(tmp_path):
    """What was given when is not known."""
    refused = _refused("no-column", lambda: _study(tmp_path, _given().drop(columns="day")).load())
    assert "assigned = true" in str(refused)


def test_a_day_that_is_no_number_is_refused_with_its_row(tmp_path):
    """Row 5 of the file, as a spreadsheet counts."""
    treatments = _given().astype({"day": object})
    treatments.loc[3, "day"] = "soon"
    assert "row 5" in str(_refused("not-a-number", lambda: _study(tmp_path, treatments).load()))


def test_ids_of_another_hospital_are_refused(tmp_path):
    """Else all patients would have 0."""
    treatments = _given().assign(patient_id=lambda frame: "X" + frame["patient_id"])
    _refused("no-patient-in-common", lambda: _study(tmp_path, treatments).load())


def test_a_treatment_table_is_not_read_in_batches(tmp_path):
    """It has several rows a patient."""
    from genorx.cohort.batches import BatchedStudy

    study = _study(tmp_path, _given())
    alone = "".join(study.text.partition('[[tables]]\npath = "clinical.csv"\nrole = "clinical"\n')[::2])
    (tmp_path / "alone.toml").write_text(alone.partition("[outcomes")[0], encoding="utf-8")
    _refused("batch-study", lambda: BatchedStudy.of(gx.Study.read(tmp_path / "alone.toml"), ()))


def test_aml_trial_arms_are_features():
    """Published data: 321 patients with ATRA and 85 with valproate by arm (rows of the table)."""
    folder = Path(os.environ.get("GENORX_SHARED", "../shared")) / "data" / "aml_knowledge_bank"
    if not folder.is_dir():
        pytest.skip("the AML knowledge bank is not on this machine")
    said = {"study": {"name": "aml", "patient_id": "pdid"}, "tables": [{"path": "clinical", "role": "clinical"}]}
    said["tables"].append({"path": "given", "role": "treatment", "wide": "treatment", "levels": ["ATRA", "VPA"]})
    said["tables"][1]["assigned"] = True
    frames = {"clinical": pd.read_csv(folder / "clinical.csv"), "given": pd.read_csv(folder / "treatments.csv")}
    cohort = gx.Study.from_frames(said, frames).load(outcomes=False)
    assert int((cohort.features["treatment_ATRA"] == 1).sum()) == 321
    assert int((cohort.features["treatment_VPA"] == 1).sum()) == 85
    assert not cohort.features["treatment_ATRA"].isna().any()
