"""Tables of image features in a study: dated before time zero, one row a patient, stable, in a group of their own."""

import numpy as np
import pandas as pd
import pytest

import genorx as gx

N = 60
IDS = [f"P{number:03d}" for number in range(N)]
RNG = np.random.default_rng(12)

STUDY = """
[study]
name = "images"
patient_id = "patient_id"
[[tables]]
path = "clinical.csv"
role = "clinical"
exclude = ["diagnosed"]
[[tables]]
path = "images.csv"
role = "imaging"
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


def _images(**columns):
    """A wide table as ``genorx image --wide`` writes it, one row a patient."""
    frame = pd.DataFrame(
        {
            "patient_id": IDS,
            "config": "default",
            "modality": "CT",
            "unit": "HU",
            "study_uid": "1.2",
            "series_uid": "1.3",
            "date": "2020-01-01",
            "settings": "abcdef012345",
            "spacing_x_mm": 1.0,
            "spacing_y_mm": 1.0,
            "spacing_z_mm": 2.0,
            "voxels": np.arange(N),
            "stat_mean": RNG.normal(50, 10, N),
            "rlm_glnu_3D_comb": np.arange(N),  # ascending whole numbers: by itself an identifier
            "cm_joint_max_3D_avg": RNG.uniform(size=N),
            "day": -5,
        }
    )
    return frame.assign(**columns)


def _study(folder, images, *, keys='taken = "day"', more="", **tables):
    clinical = pd.DataFrame({"patient_id": IDS, "age": RNG.integers(40, 80, N), "diagnosed": "2020-03-01"})
    outcomes = pd.DataFrame(
        {"patient_id": IDS, "time": RNG.integers(30, 900, N), "event": RNG.integers(0, 2, N), "zero": 20}
    )
    made = {"clinical": clinical, "images": images, "outcomes": outcomes} | tables
    for name, frame in made.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "study.toml").write_text(STUDY.format(keys=keys, more=more), encoding="utf-8")
    return gx.Study.read(folder / "study.toml")


def _refused(code, make):
    with pytest.raises(gx.GenorxError) as caught:
        make()
    assert caught.value.code == code, caught.value
    return caught.value


def _finding(cohort, code):
    return next(finding for finding in cohort.findings if finding.code == code)


def test_tags_are_measurements_and_provenance_is_none(tmp_path):
    cohort = _study(tmp_path, _images()).load()
    images = [spec for spec in cohort.specs if spec.group == "imaging"]
    assert [spec.name for spec in images] == ["stat_mean", "rlm_glnu_3D_comb", "cm_joint_max_3D_avg"]
    assert {spec.kind for spec in images} == {"number"}
    assert cohort.features["rlm_glnu_3D_comb"].tolist() == list(range(N))
    assert {spec.group for spec in cohort.specs} == {"clinical", "imaging"}


def test_images_after_time_zero_are_left_out_and_counted(tmp_path):
    late = _images(day=[1] * 4 + [0] * 6 + [-3] * (N - 10))
    cohort = _study(tmp_path, late).load()
    assert cohort.features["stat_mean"].isna().tolist() == [True] * 4 + [False] * (N - 4)
    assert _finding(cohort, "image-after-time-zero").message.startswith("4 rows")
    assert _finding(cohort, "patient-not-in-table").place == "images.csv"


TREATMENT = """
[treatment]
table = "treatment.csv"
column = "arm"
reference = "a"
design = "landmark"
time_zero = "zero"
landmark = 10
start = "start"
"""


def test_time_zero_and_landmark_of_the_study(tmp_path):
    """Time zero is day 20 and the landmark 10 days later: an image of day 30 counts, one of day 31 does not."""
    treatment = pd.DataFrame({"patient_id": IDS, "arm": ["a", "b"] * (N // 2), "start": 21})
    images = _images(day=[31] * 5 + [30] * (N - 5))
    cohort = _study(tmp_path, images, more=TREATMENT, treatment=treatment).load()
    assert cohort.features["stat_mean"].isna().sum() == cohort.patients.isin(IDS[:5]).sum()
    assert _finding(cohort, "image-after-time-zero").message.startswith("5 rows")


def test_one_of_several_images(tmp_path):
    own = np.arange(N) / 100
    first, second, third = (_images(day=day, stat_mean=k + own) for day, k in ((-90, 1.0), (-8, 2.0), (4, 3.0)))
    images = pd.concat([second, third, first])
    for keys, value in (("", 2.0), ('several = "last"', 2.0), ('several = "first"', 1.0), ('several = "nearest"', 2.0)):
        cohort = _study(tmp_path, images, keys=f'taken = "day"\n{keys}').load()
        np.testing.assert_allclose(cohort.features["stat_mean"].astype(float), value + own)
        assert len(cohort.features) == N
    study = _study(tmp_path, images, keys='taken = "day"\nseveral = "refuse"')
    assert "images.csv" in _refused("duplicate-patient", study.load).file
    _refused("duplicate-patient", _study(tmp_path, pd.concat([first, first])).load)
    alone = _study(tmp_path, pd.concat([first, third]), keys='taken = "day"\nseveral = "refuse"').load()
    np.testing.assert_allclose(alone.features["stat_mean"].astype(float), 1 + own)


def test_dates_count_from_a_date_of_a_clinical_table(tmp_path):
    images = _images().drop(columns="day").assign(scanned=["2020-03-02"] * 3 + ["2020-03-01"] * (N - 3))
    cohort = _study(tmp_path, images, keys='taken = "scanned"\norigin = "diagnosed"').load()
    assert cohort.features["stat_mean"].isna().sum() == 3
    _refused("no-such-column", _study(tmp_path, images, keys='taken = "scanned"\norigin = "nothing"').load)
    _refused("not-a-number", _study(tmp_path, images, keys='taken = "scanned"').load)
    bad = images.assign(scanned=["soon", *["2020-03-01"] * (N - 1)])
    error = _refused("not-a-date", _study(tmp_path, bad, keys='taken = "scanned"\norigin = "diagnosed"').load)
    assert "soon" not in str(error)
    longer = images.assign(scanned=["2020-03-011", *["2020-03-01"] * (N - 1)])
    _refused("not-a-date", _study(tmp_path, longer, keys='taken = "scanned"\norigin = "diagnosed"').load)
    days = images.assign(scanned=["29/03/2020"] * 3 + ["01/03/2020"] * (N - 3))  # day first, as in other tables
    cohort = _study(tmp_path, days, keys='taken = "scanned"\norigin = "diagnosed"').load()
    assert cohort.features["stat_mean"].isna().sum() == 3


def test_an_image_of_an_unknown_day_is_left_out(tmp_path):
    cohort = _study(tmp_path, _images(day=[np.nan] * 2 + [-1] * (N - 2))).load()
    assert cohort.features["stat_mean"].isna().sum() == 2
    assert _finding(cohort, "image-after-time-zero")


def test_keys_of_images(tmp_path):
    _refused("missing-key", lambda: _study(tmp_path, _images(), keys=""))
    _refused("no-column", _study(tmp_path, _images(), keys='taken = "nothing"').load)
    study = lambda keys: _study(tmp_path, _images(), keys=keys)  # noqa: E731
    for keys in (
        'taken = "day"\nmin_icc = 0.8',
        'taken = "day"\nmin_icc = 1.5\nretest = "r.csv"',
        'taken = "day"\nseveral = "all"',
    ):
        with pytest.raises(gx.GenorxError) as caught:
            study(keys)
        assert caught.value.exit_code == 3
    study('taken = "day"')
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(
        text.replace('role = "clinical"', 'role = "clinical"\ntaken = "age"'), encoding="utf-8"
    )
    with pytest.raises(gx.GenorxError, match="does not apply to a table of role"):
        gx.Study.read(tmp_path / "study.toml")


def test_rows_measured_in_different_ways_are_refused(tmp_path):
    mixed = _images(settings=["abcdef012345"] * (N - 1) + ["000000000000"])
    assert _refused("settings-mixed", _study(tmp_path, mixed).load).exit_code == 3
    both = _images(config=["a"] * (N - 1) + ["b"])
    _refused("settings-mixed", _study(tmp_path, both).load)
    long = pd.DataFrame(
        {"patient_id": IDS, "config": "a", "tag": "stat_mean", "ibsi": "Q4LE", "value": 1.0, "note": "", "day": -1}
    )
    assert "--wide" in str(_refused("image-table-long", _study(tmp_path, long).load))


def _again(images, noise):
    """The features once more, with noise of so many standard deviations for each."""
    copy = images.copy()
    for name, share in noise.items():
        copy[name] = images[name] + RNG.normal(size=N) * share * images[name].std()
    return copy


NOISE = {"stat_mean": 0.05, "cm_joint_max_3D_avg": 1.5}


def test_features_that_do_not_repeat_are_left_out(tmp_path):
    images = _images()
    retest = _again(images, NOISE).drop(columns="rlm_glnu_3D_comb")
    cohort = _study(tmp_path, images, keys='taken = "day"\nretest = "retest.csv"', retest=retest).load()
    assert [spec.name for spec in cohort.specs if spec.group == "imaging"] == ["stat_mean", "rlm_glnu_3D_comb"]
    assert _finding(cohort, "unstable-feature").message.startswith("1 of 3 features")
    kept = _study(tmp_path, images, keys='taken = "day"\nretest = "retest.csv"\nmin_icc = 0.0', retest=retest).load()
    assert "cm_joint_max_3D_avg" in kept.features


def test_a_table_of_repetitions_stands_for_itself(tmp_path):
    """People of a test-retest study need not be those of the study."""
    images = _images()
    repeated = pd.concat([images, _again(images, NOISE)]).assign(patient_id=lambda frame: "T" + frame["patient_id"])
    study = _study(tmp_path, images, keys='taken = "day"\nretest = "retest.csv"', retest=repeated)
    assert "cm_joint_max_3D_avg" not in study.load().features
    assert "stat_mean" in study.load().features
    assert tmp_path / "retest.csv" in study.files()


def test_patients_of_a_model_need_no_retest(tmp_path):
    """The model knows which features are stable; the table of repetitions need not be there."""
    keys = 'taken = "day"\nretest = "retest.csv"'
    specs = _study(tmp_path, _images(), keys=keys, retest=_again(_images(), NOISE)).load().specs
    text = (tmp_path / "study.toml").read_text(encoding="utf-8").replace('retest = "retest.csv"', "")
    (tmp_path / "new.toml").write_text(text, encoding="utf-8")
    cohort = gx.Study.read(tmp_path / "new.toml").load(outcomes=False, schema=specs)
    assert cohort.specs == specs


def test_several_images_are_audited_too(tmp_path):
    audit = _study(tmp_path, pd.concat([_images(), _images(day=-20)])).audit()
    assert not audit.faults


def test_two_tables_of_images_have_names_of_their_own(tmp_path):
    """The same tag of two configurations is two features; what only one table has keeps its name."""
    study = _study(tmp_path, _images())
    other = _images(stat_mean=RNG.normal(size=N), settings="000000000000").drop(columns="rlm_glnu_3D_comb")
    other.to_csv(tmp_path / "fine.csv", index=False)
    text = study.text.replace(
        "[outcomes.death]",
        '[[tables]]\npath = "fine.csv"\nrole = "imaging"\ntaken = "day"\n'
        'exclude = ["cm_joint_max_3D_avg"]\n[outcomes.death]',
    )
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = gx.Study.read(tmp_path / "study.toml")
    cohort = study.load()
    names = ["images.stat_mean", "rlm_glnu_3D_comb", "images.cm_joint_max_3D_avg", "fine.stat_mean"]
    assert [spec.name for spec in cohort.specs if spec.group.startswith("imaging")] == names
    assert cohort.groups["fine.stat_mean"] == "imaging:fine"
    np.testing.assert_allclose(cohort.features["fine.stat_mean"].astype(float), other["stat_mean"])
    again = study.load(outcomes=False, schema=cohort.specs)
    pd.testing.assert_frame_equal(again.features, cohort.features)
