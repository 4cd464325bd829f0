"""From study file to cohort: who is in, what is read, what is refused."""

import subprocess
import sys

import pandas as pd
import pytest

from genorx.cohort import Study
from genorx.errors import InputError, StudyError, SupportError, TableError, UsageError, VariantFileError

CLINICAL = "pid,age_years,sex\na,50,f\nb,61,m\nc,72,f\nd,43,m\n"
OUTCOMES = "pid,days,died\na,40,1\nb,60,0\nc,70,1\ne,30,0\n"


def test_a_cohort_has_patients_with_features_and_a_known_outcome(make_study):
    """By hand: d has no outcome, e no features; a, b, c remain."""
    cohort = Study.read(make_study({"c.csv": CLINICAL, "o.csv": OUTCOMES})).load()
    assert cohort.patients.tolist() == ["a", "b", "c"]
    assert cohort.groups == {"age_years": "clinical", "sex": "clinical"}
    assert cohort.flow.to_numpy().tolist() == [
        ["in a feature table, variant file or o.csv", 5, 0, ""],
        ["in a feature table or variant file", 4, 1, "only in o.csv"],
        ["os known", 3, 1, "no row in o.csv"],
    ]
    assert "no-features-of-patient" in {finding.code for finding in cohort.findings}
    assert cohort.outcomes["os"].frame.index.tolist() == ["a", "b", "c"]
    assert cohort.design is None


def test_prediction_needs_no_outcomes_and_no_treatment(make_study):
    """The outcome table is not there: nobody looks for it."""
    cohort = Study.read(make_study({"c.csv": CLINICAL})).load(outcomes=False)
    assert cohort.patients.tolist() == ["a", "b", "c", "d"]
    assert dict(cohort.outcomes) == {}
    with pytest.raises(InputError) as caught:
        Study.read(make_study({"c.csv": CLINICAL})).load()
    assert "o.csv" in caught.value.file


def test_a_treatment_without_outcome_is_named_and_not_used(make_study):
    more = '[treatment]\ntable = "t.csv"\ncolumn = "arm"\nreference = "A"\n'
    tables = {"c.csv": CLINICAL, "t.csv": "pid,arm\na,A\nb,B\nc,A\nd,B\n"}
    cohort = Study.read(make_study(tables, more=more, outcome=False)).load()
    assert cohort.design is None
    assert [finding.code for finding in cohort.findings] == ["treatment-not-used"]


def test_the_schema_of_a_fit_types_the_features_of_new_patients(make_study):
    """One new patient: sex is constant, "x" was not seen, age is outside 43-72, height is not in the model."""
    wanted = Study.read(make_study({"c.csv": CLINICAL, "o.csv": OUTCOMES})).load().specs
    new = make_study({"c.csv": "pid,height_cm,sex,age_years\nz,170,x,95\n"})
    cohort = Study.read(new).load(outcomes=False, schema=wanted)
    assert cohort.features.columns.tolist() == ["age_years", "sex"]
    assert cohort.specs == wanted
    assert cohort.features.loc["z", "age_years"] == 95
    assert pd.isna(cohort.features.loc["z", "sex"])
    codes = {finding.code for finding in cohort.findings}
    assert {"unseen-level", "outside-training-range", "column-not-in-model"} <= codes


def test_a_feature_absent_at_prediction_is_missing_and_serious(make_study):
    wanted = Study.read(make_study({"c.csv": CLINICAL, "o.csv": OUTCOMES})).load().specs
    cohort = Study.read(make_study({"c.csv": "pid,age_years\nz,50\n"})).load(outcomes=False, schema=wanted)
    assert cohort.features["sex"].isna().all()
    absent = [finding for finding in cohort.findings if finding.code == "feature-absent"]
    assert [finding.severity for finding in absent] == ["serious"]


def test_two_tables_of_one_role_are_two_groups(make_study):
    tables = {"c.csv": CLINICAL, "l.csv": "pid,crp\na,1\nb,2\nc,3\nd,9\n", "m.csv": "pid,ldh\na,200\nb,300\nc,340\n"}
    roles = {"c.csv": "clinical", "l.csv": "laboratory", "m.csv": "laboratory"}
    cohort = Study.read(make_study(tables | {"o.csv": OUTCOMES}, roles=roles)).load()
    assert cohort.groups["crp"] == "laboratory:l"
    assert cohort.groups["ldh"] == "laboratory:m"
    assert cohort.features.loc["a", "crp"] == 1


def test_a_feature_equal_to_the_outcome_is_left_out_and_named(make_study):
    """Forty patients; column dead is the event."""
    clinical = "pid,age_years,dead\n" + "".join(f"p{i},{30 + i},{i % 2}\n" for i in range(40))
    outcomes = "pid,days,died\n" + "".join(f"p{i},{10 + (i * 7) % 40},{i % 2}\n" for i in range(40))
    cohort = Study.read(make_study({"c.csv": clinical, "o.csv": outcomes})).load()
    assert cohort.features.columns.tolist() == ["age_years"]
    found = {finding.code: finding.place for finding in cohort.findings if finding.severity == "serious"}
    assert found == {"horizon-beyond-follow-up": "o.csv", "leakage-suspect": 'c.csv: column "dead"'}


@pytest.mark.parametrize(
    ("tables", "error", "code"),
    [
        ({"c.csv": CLINICAL + "a,50,f\n"}, TableError, "duplicate-patient"),
        ({"o.csv": OUTCOMES + "a,40,1\n"}, TableError, "duplicate-patient"),
        ({"o.csv": "pid,days,died\na,40,1\nb,60,2\nc,70,1\n"}, TableError, "event-coding"),
        ({"o.csv": "pid,days,died\nx,40,1\ny,60,0\n"}, StudyError, "no-patient-in-common"),
        ({"o.csv": "pid,days,died\na,,1\nb,60,\n"}, SupportError, "support"),
        ({"c.csv": "pid,age_years,age_years\na,1,2\n"}, TableError, "doubled-column"),
        ({"c.csv": "id,age_years\na,1\n"}, TableError, "no-id-column"),
        ({"c.csv": "pid,note\na,x\nb,x\nc,x\n"}, StudyError, "no-features"),
    ],
)
def test_bad_tables_are_refused_with_their_code(make_study, tables, error, code):
    path = make_study({"c.csv": CLINICAL, "o.csv": OUTCOMES} | tables)
    with pytest.raises(error) as caught:
        Study.read(path).load()
    assert caught.value.code == code


def test_faults_of_all_tables_are_told_at_once(make_study):
    tables = {"c.csv": CLINICAL + "a,50,f\n", "o.csv": "pid,days,died\na,40,1\nb,60,2\nc,70,1\n"}
    with pytest.raises(TableError) as caught:
        Study.read(make_study(tables)).load()
    assert caught.value.code == "duplicate-patient"
    assert "neither 0 nor 1" in caught.value.reason


def test_a_variant_file_that_is_not_there_is_refused(make_study):
    more = '[variants]\nfiles = ["*.vcf.gz"]\norigin = "somatic"\n'
    with pytest.raises(StudyError) as caught:
        Study.read(make_study({"c.csv": CLINICAL}, more=more, outcome=False)).load()
    assert caught.value.code == "file-not-found"


def test_a_broken_variant_file_is_told_with_the_faults_of_tables(make_study, tmp_path):
    (tmp_path / "v.vcf").write_text("not a vcf\n", encoding="utf-8")
    more = '[variants]\nfiles = ["v.vcf"]\norigin = "somatic"\n'
    study = Study.read(make_study({"c.csv": CLINICAL + "a,1,f\n"}, more=more, outcome=False))
    with pytest.raises(TableError) as caught:
        study.load()
    assert "v.vcf" in caught.value.reason
    assert [type(fault) for fault in study.audit().faults] == [TableError, VariantFileError]


def test_strata_come_from_any_table_and_a_missing_one_is_a_level(make_study):
    """Centre stands in the treatment table, which is not a feature table; d's is empty."""
    treatments = "pid,arm,ward\na,A,w1\nb,B,w1\nc,B,w1\nd,B,\n"
    outcomes = OUTCOMES + "d,20,1\n"
    more = '[treatment]\ntable = "t.csv"\ncolumn = "arm"\nreference = "A"\nstrata = ["ward", "sex"]\n'
    path = make_study({"c.csv": CLINICAL, "o.csv": outcomes, "t.csv": treatments}, more=more)
    cohort = Study.read(path).load()
    assert cohort.design.strata.to_dict() == {"a": "w1 / f", "b": "w1 / m", "c": "w1 / f", "d": "(missing) / m"}
    assert "missing-stratum" in {finding.code for finding in cohort.findings}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ('strata = ["nowhere"]\n', "no-such-column"),
        ('strata = ["age_years"]\n', "stratum-ambiguous"),
        ('design = "landmark"\nstart = "day"\nlandmark = 1\ntime_zero = "cr"\n', "no-such-column"),
    ],
)
def test_columns_of_the_design_that_are_not_there_or_contradict_are_refused(make_study, more, code):
    treatments = "pid,arm,day,age_years\na,A,0,50\nb,B,0,61\nc,A,0,1\n"
    said = f'[treatment]\ntable = "t.csv"\ncolumn = "arm"\nreference = "A"\n{more}'
    path = make_study({"c.csv": CLINICAL, "o.csv": OUTCOMES, "t.csv": treatments}, more=said)
    with pytest.raises(StudyError) as caught:
        Study.read(path).load()
    assert caught.value.code == code


def test_a_landmark_without_survival_outcome_is_refused(make_study):
    """A yes-or-no outcome does not say who was alive at the landmark."""
    more = '[treatment]\ntable = "t.csv"\ncolumn = "arm"\nreference = "A"\n'
    more += 'design = "landmark"\nstart = "day"\nlandmark = 1\n'
    binary = '[outcomes.response]\ntable = "o.csv"\nkind = "binary"\nvalue = "died"\n'
    tables = {"c.csv": CLINICAL, "o.csv": OUTCOMES, "t.csv": "pid,arm,day\na,A,0\nb,B,0\nc,A,0\n"}
    with pytest.raises(StudyError) as caught:
        Study.read(make_study(tables, more=more + binary, outcome=False)).load()
    assert caught.value.code == "landmark-without-survival"


def test_what_is_found_in_tables_of_outcomes_is_told_once_and_without_folder(make_study, tmp_path):
    """A byte-order mark in the outcome table, which two outcomes share."""
    more = '[outcomes.response]\ntable = "o.csv"\nkind = "binary"\nvalue = "died"\n'
    path = make_study({"c.csv": CLINICAL, "o.csv": "\ufeff" + OUTCOMES}, more=more)
    cohort = Study.read(path).load()
    marks = [finding.place for finding in cohort.findings if finding.code == "byte-order-mark"]
    assert marks == ["o.csv"]
    assert not [finding for finding in cohort.findings if str(tmp_path) in f"{finding.place} {finding.message}"]


def test_importing_the_room_is_light():
    """What opens a study file or checks a frame is imported when it is used."""
    code = (
        "import sys, genorx.cohort; print([n for n in ('pydantic', 'pandera', 'scipy', 'sksurv') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_hostile_text_stays_text(make_study):
    """An id with a path and markup, a formula as a level: kept, compared, never run."""
    clinical = 'pid,sex\n../../etc/passwd,f\n<b>x</b>,"=cmd()"\n"c\x07",f\n'
    outcomes = "pid,days,died\n../../etc/passwd,1,1\n<b>x</b>,2,0\n"
    study = Study.read(make_study({"c.csv": clinical, "o.csv": outcomes}))
    assert study.load().patients.tolist() == ["../../etc/passwd", "<b>x</b>"]
    assert "<b>" not in study.audit()._repr_html_()
    assert "\x07" not in str(study.audit())


def test_the_digest_is_of_content_and_not_of_place(make_study, tmp_path):
    """Moved files give the same digest, one changed byte another."""
    path = make_study({"c.csv": CLINICAL, "o.csv": OUTCOMES})
    digest = Study.read(path).load().digest
    other = tmp_path / "moved"
    other.mkdir()
    for name in ("study.toml", "c.csv", "o.csv"):
        (other / name).write_bytes((tmp_path / name).read_bytes())
    assert Study.read(other / "study.toml").digest() == digest
    (other / "o.csv").write_text(OUTCOMES + "f,1,1\n", encoding="utf-8")
    assert Study.read(other / "study.toml").digest() != digest


def test_loading_does_not_depend_on_the_working_directory(make_study, monkeypatch, tmp_path):
    study = make_study({"c.csv": CLINICAL, "o.csv": OUTCOMES})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(Study.read(study).load().patients) == 3


def test_aml_gives_features_of_tables_and_genes(aml, write_aml_study, tmp_path):
    """README: 1,068 patients; 54 genes of gene_matrix.csv (names as in the VCF); 647 deaths."""
    cohort = Study.read(write_aml_study(tmp_path, aml)).load()
    assert len(cohort.patients) == 1068
    assert sum(group == "gene" for group in cohort.groups.values()) == 54
    assert set(cohort.groups.values()) == {"clinical", "laboratory:cytogenetics", "laboratory:molecular_lab", "gene"}
    assert int(cohort.outcomes["os"].frame["event"].sum()) == 647
    assert cohort.assembly == "GRCh37"
    assert set(cohort.releases) == {"panel"}
    assert not {"centre", "karyotype", "eln2010_risk", "cytogenetic_risk"} & set(cohort.features.columns)


def test_one_new_aml_patient_has_the_features_of_the_fit(aml, write_aml_study, tmp_path):
    """A single-sample file has no record in most genes: 0 where absent means looked at, and as in the cohort."""
    cohort = Study.read(write_aml_study(tmp_path, aml)).load()
    sample = sorted((aml / "vcf").glob("*.vcf.gz"))[0]
    patient = sample.name.partition(".")[0]
    text = write_aml_study(tmp_path, aml, treatment=False, outcomes=False).read_text(encoding="utf-8")
    (tmp_path / "one.toml").write_text(text.replace(str(aml / "cohort.vcf.gz"), str(sample)), encoding="utf-8")
    one = Study.read(tmp_path / "one.toml").load(outcomes=False, schema=cohort.specs)
    pd.testing.assert_series_equal(one.features.loc[patient], cohort.features.loc[patient])


def test_the_columns_of_a_trial_in_one_table_are_not_all_features(make_study):
    """One file holds covariates, arm and outcome: only the covariates are features."""
    trial = "pid,age_years,arm,days,died\n" + "".join(
        f"p{i},{40 + i},{'AB'[i % 2]},{9 + i},{i % 3 % 2}\n" for i in range(12)
    )
    more = '[treatment]\ntable = "o.csv"\ncolumn = "arm"\nreference = "A"\nrandomised = true\n'
    cohort = Study.read(make_study({"o.csv": trial}, roles={"o.csv": "clinical"}, more=more)).load()
    assert cohort.features.columns.tolist() == ["age_years"]
    named = {finding.place for finding in cohort.findings if finding.code == "design-column"}
    assert named == {f'o.csv: column "{name}"' for name in ("arm", "days", "died")}
    assert cohort.design.treatment.value_counts().to_dict() == {"A": 6, "B": 6}


def test_times_after_randomisation_are_no_features_of_the_myeloid_trial(shared, tmp_path):
    """Data of R's survival: transplant, remission and relapse times stand beside sex and FLT3; 317 in A, 329 in B."""
    table = shared / "data" / "trials" / "myeloid.csv"
    if not table.is_file():
        pytest.skip("myeloid absent from the development data")
    text = f"""
[study]
name = "myeloid"
patient_id = "id"
[[tables]]
path = "{table}"
role = "clinical"
[treatment]
table = "{table}"
column = "trt"
reference = "A"
randomised = true
[outcomes.os]
table = "{table}"
kind = "survival"
time = "futime"
event = "death"
unit = "days"
horizons = [730]
"""
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    cohort = Study.read(tmp_path / "study.toml").load()
    assert cohort.features.columns.tolist() == ["sex", "flt3"]
    assert cohort.design.treatment.value_counts().to_dict() == {"B": 329, "A": 317}
    late = [finding.place for finding in cohort.findings if finding.code == "after-time-zero"]
    assert late == [f'myeloid.csv: column "{name}"' for name in ("txtime", "crtime", "rltime")]


def test_files_of_one_patient_each_are_found_by_a_glob(aml, write_aml_study, tmp_path):
    """The 24 single-sample files; genes of the other 1,044 patients are missing, not zero, and are counted."""
    text = write_aml_study(tmp_path, aml, treatment=False).read_text(encoding="utf-8")
    (tmp_path / "vcf").symlink_to(aml / "vcf")
    path = tmp_path / "glob.toml"
    path.write_text(text.replace(f"{aml}/cohort.vcf.gz", "vcf/*.vcf.gz"), encoding="utf-8")
    cohort = Study.read(path).load()
    genes = [name for name, group in cohort.groups.items() if group == "gene"]
    assert len(cohort.patients) == 1068
    assert int(cohort.features[genes].notna().all(axis=1).sum()) == 24
    absent = [finding.message for finding in cohort.findings if finding.code == "patient-not-in-table"]
    assert len(absent) == 1
    assert absent[0].startswith("1044 of 1068 patients")


def test_some_patients_of_a_cohort_are_taken_in_the_order_asked_for(make_study):
    cohort = Study.read(make_study({"c.csv": CLINICAL, "o.csv": OUTCOMES})).load()
    some = cohort.only(["c", "a"])
    assert some.patients.tolist() == ["c", "a"]
    assert (dict(some.outcomes), some.design) == ({}, None)
    with pytest.raises(UsageError) as caught:
        cohort.only(["nobody"])
    assert caught.value.code == "no-such-patient"


def test_an_interaction_that_is_no_feature_is_refused(make_study):
    """Named in the study, with the nearest feature."""
    tables = {
        "c.csv": "pid,age_years,stage\n" + "".join(f"P{i},{40 + i * 7 % 30},{i % 3}\n" for i in range(30)),
        "o.csv": "pid,days,died\n" + "".join(f"P{i},{60 + i},{i % 2}\n" for i in range(30)),
        "t.csv": "pid,arm\n" + "".join(f"P{i},{'ab'[i % 2]}\n" for i in range(30)),
    }
    said = '\n[treatment]\ntable = "t.csv"\ncolumn = "arm"\nreference = "a"\ninteractions = ["{}"]\n'
    design = Study.read(make_study(tables, more=said.format("age_years"))).load().design
    assert design.interactions == ("age_years",)
    with pytest.raises(StudyError, match="age_year") as caught:
        Study.read(make_study(tables, more=said.format("age_year"))).load()
    assert (caught.value.code, 'did you mean "age_years"' in caught.value.hint) == ("no-such-feature", True)


def test_each_table_is_read_once_also_where_a_model_says_what_is_wanted(make_study, monkeypatch):
    """A table of a biobank takes minutes; it was read for its header and again for its cells."""
    from genorx.cohort.tables import by_name

    tables = {"c.csv": "pid,age_years\nz,50\ny,60\n", "l.csv": "pid,wbc_1e9_per_l\nz,5\ny,6\n"}
    study = Study.read(make_study(tables, roles={"c.csv": "clinical", "l.csv": "laboratory"}, outcome=False))
    wanted = study.load(outcomes=False).specs
    read, names = by_name.read_raw, []
    monkeypatch.setattr(by_name, "read_raw", lambda path: names.append(path.name) or read(path))
    cohort = study.load(outcomes=False, schema=wanted)
    assert names == ["c.csv", "l.csv"]
    assert list(cohort.features.columns) == [spec.name for spec in wanted]
