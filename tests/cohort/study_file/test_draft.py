"""A first study file from a table: it can be read and loaded as it is, and guesses nothing."""

import tomllib

import pandas as pd
import pytest

from genorx.cohort import Study
from genorx.cohort.study_file.draft import draft_study
from genorx.errors import GenorxError, TableError, UsageError


@pytest.fixture
def clinical(tmp_path):
    """Forty patients: ids, an age with its unit, a marker without, two arms, a time and an event."""
    rows = pd.DataFrame(
        {
            "pid": [f"P{n}" for n in range(40)],
            "age_years": [40 + n * 7 % 40 for n in range(40)],
            "sex": ["f", "f", "m", "m"] * 10,
            "arm": ["new"] * 15 + ["old"] * 25,
            "os_days": [30 * (n + 1) for n in range(40)],
            "status": ["1:DECEASED", "0:LIVING"] * 20,
            "dead": [1, 0] * 20,
        }
    )
    rows.to_csv(tmp_path / "clinical.csv", index=False)
    return tmp_path / "clinical.csv"


def test_the_file_loads_as_it_is(clinical, tmp_path):
    target = tmp_path / "studies" / "study.toml"
    target.parent.mkdir()
    text = draft_study(clinical, target, treatment="arm", outcome=["os_days", "dead"])
    target.write_text(text)
    said = tomllib.loads(text)
    assert said["study"]["patient_id"] == "pid"
    assert said["tables"] == [{"path": "../clinical.csv", "role": "clinical"}]
    assert said["treatment"]["reference"] == "old"  # the most frequent
    assert said["treatment"]["randomised"] is False
    assert said["outcomes"]["os"]["horizons"] == [365, 1096]  # follow-up ends at day 1200: not five years
    cohort = Study.read(target).load()
    assert {"age_years", "sex"} <= {spec.name for spec in cohort.specs}
    assert sorted(cohort.design.options) == ["new", "old"]
    assert "# age_years: integer; 40 to 79" in text or "# age_years: number; a; 40 to 79" in text


def test_an_outcome_that_is_not_death_alone_is_not_named_os(clinical, tmp_path):
    """Pages say "alive" of patients without the event of "os": it was said of progression too."""
    frame = pd.read_csv(clinical)
    frame.assign(progressed_or_died=frame["dead"]).to_csv(clinical, index=False)
    text = draft_study(clinical, tmp_path / "study.toml", outcome=["os_days", "progressed_or_died"])
    assert list(tomllib.loads(text)["outcomes"]) == ["efs"]
    assert "[outcomes.efs]  # CHECK" in text
    dead = draft_study(clinical, tmp_path / "study.toml", outcome=["os_days", "dead"])
    assert "[outcomes.os]  # CHECK" in dead


def test_options_coded_as_numbers_get_labels_that_a_sentence_can_hold(clinical, tmp_path):
    """A page said "On average 1 comes first against 0" of sksurv.datasets.load_aids."""
    frame = pd.read_csv(clinical)
    frame.assign(tx=(frame["arm"] == "new").astype(int)).to_csv(clinical, index=False)
    target = tmp_path / "study.toml"
    target.write_text(draft_study(clinical, target, treatment="tx", outcome=["os_days", "dead"]))
    assert Study.read(target).load().labels["options"] == {"0": "tx 0", "1": "tx 1"}
    assert "labels" not in draft_study(clinical, target, treatment="arm", outcome=["os_days", "dead"])


def test_codes_of_competing_causes_become_an_outcome_of_that_kind(clinical, tmp_path):
    """0 for none, then 1, 2, 3, as in sksurv.datasets.load_cgvhd; codes with a gap are asked for."""
    frame = pd.read_csv(clinical)
    frame.assign(status=[0, 1, 2, 3] * 10).to_csv(clinical, index=False)
    target = tmp_path / "study.toml"
    target.write_text(draft_study(clinical, target, outcome=["os_days", "status"]))
    outcome = tomllib.loads(target.read_text())["outcomes"]["os"]
    assert (outcome["kind"], outcome["causes"]) == ("competing", ["cause 1", "cause 2", "cause 3"])
    assert Study.read(target).load().outcomes["os"].frame["cause"].value_counts().to_dict() == dict.fromkeys(
        range(4), 10
    )
    frame.assign(status=[0, 1, 3, 3] * 10).to_csv(clinical, index=False)
    with pytest.raises(UsageError, match="not coded 0 and 1"):
        draft_study(clinical, target, outcome=["os_days", "status"])


def test_words_of_an_event_and_a_unit_are_asked_for_and_not_guessed(clinical, tmp_path):
    target = tmp_path / "study.toml"
    with pytest.raises(UsageError, match="not coded 0 and 1") as caught:
        draft_study(clinical, target, outcome=["os_days", "status"])
    assert "--event-value" in str(caught.value.hint)
    text = draft_study(clinical, target, outcome=["os_days", "status"], event_value="1:DECEASED")
    target.write_text(text)
    assert Study.read(target).load().outcomes["os"].frame["event"].sum() == 20
    pd.read_csv(clinical).rename(columns={"os_days": "time"}).to_csv(clinical, index=False)
    with pytest.raises(UsageError, match="the name of 'time' gives no unit") as caught:
        draft_study(clinical, target, outcome=["time", "dead"])
    assert "time,dead,UNIT" in str(caught.value.hint)
    assert 'unit = "weeks"' in draft_study(clinical, target, outcome=["time", "dead", "weeks"])


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"treatment": "drug"}, TableError),
        ({"outcome": ["os_days", "died"]}, TableError),
        ({"outcome": ["os_days"]}, UsageError),
        ({"outcome": ["os_days", "dead", "fortnights"]}, UsageError),
        ({"patient_id": "nobody"}, TableError),
    ],
)
def test_what_is_not_there_is_refused(clinical, tmp_path, more, error):
    with pytest.raises(error):
        draft_study(clinical, tmp_path / "study.toml", **more)


def test_a_study_without_outcome_says_what_is_missing_and_can_be_checked(clinical, tmp_path):
    target = tmp_path / "study.toml"
    target.write_text(draft_study(clinical, target))
    assert "# [outcomes.os]" in target.read_text()
    assert Study.read(target).audit() is not None


HEAD = "#{0}\n#{0}\n#STRING\n#1\n".format("\t".join("abcd"))


def _cbioportal(folder, samples):
    folder.mkdir()
    people = "".join(f"P{n}\t{40 + n * 7 % 30}\t{'1:DECEASED' if n % 2 else '0:LIVING'}\t{n + 1}\n" for n in range(60))
    (folder / "data_clinical_patient.txt").write_text(f"{HEAD}PATIENT_ID\tAGE\tOS_STATUS\tOS_MONTHS\n{people}")
    rows = "".join(f"{patient}\t{sample}\t{n % 3}\n" for n, (patient, sample) in enumerate(samples))
    (folder / "data_clinical_sample.txt").write_text(f"{HEAD}PATIENT_ID\tSAMPLE_ID\tGRADE\n{rows}")
    return folder


@pytest.mark.parametrize(
    ("days", "horizons"),
    [
        ([2000] * 50 + [400] * 50, [365, 1096, 1826]),
        ([400] * 96 + [2000] * 4, [30, 91, 183, 365]),  # 4 % are followed for three years: no horizon rests on four
        ([40] * 50 + [60] * 50, [30]),
        ([8, 10], [5]),  # none of the usual times: half the longest
    ],
)
def test_horizons_are_proposed_where_one_in_twenty_is_still_followed(tmp_path, days, horizons):
    path = tmp_path / "clinical.csv"
    pd.DataFrame({"pid": [f"P{n}" for n in range(len(days))], "os_days": days, "dead": 1}).to_csv(path, index=False)
    text = draft_study(path, tmp_path / "study.toml", outcome=["os_days", "dead"])
    assert tomllib.loads(text)["outcomes"]["os"]["horizons"] == horizons


@pytest.mark.parametrize("several", [False, True])
def test_a_folder_of_a_cbioportal_study_becomes_a_study(tmp_path, several):
    """The samples' table is joined where it has one row a patient."""
    samples = [(f"P{n}", f"P{n}-01") for n in range(60)] + [("P1", "P1-02")] * several
    folder = _cbioportal(tmp_path / "brca", samples)
    target = tmp_path / "study.toml"
    target.write_text(draft_study(folder, target))
    study = Study.read(target)
    paths = [each.path for each in study.content.tables]
    assert paths == ["brca/data_clinical_patient.txt", "brca/data_clinical_sample.txt"][: 2 - several]
    outcome = study.load().outcomes["os"]
    assert (outcome.unit, outcome.horizons, int(outcome.frame["event"].sum())) == ("months", (12.0, 36.0), 30)


def test_mutations_of_a_cbioportal_study_are_its_variants(tmp_path):
    folder = _cbioportal(tmp_path / "brca", [(f"P{n}", f"P{n}-01") for n in range(60)])
    rows = "".join(f"TP53\tMissense_Mutation\tP{n}-01\n" for n in range(0, 60, 3))
    header = "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\n"
    (folder / "data_mutations.txt").write_text(header + rows)
    target = tmp_path / "study.toml"
    target.write_text(draft_study(folder, target).replace('absent = "missing"', 'absent = "reference"'))
    cohort = Study.read(target).load()
    assert int(cohort.features["TP53"].sum()) == 20


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(GenorxError) as caught:
        draft_study(tmp_path, tmp_path / "study.toml")
    assert caught.value.code == "no-file"


def test_names_with_signs_of_toml_are_written_as_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('pid,"a""b\\c",t_days,e\n' + "".join(f"P{n},{n},{n + 1},{n % 2}\n" for n in range(20)))
    target = tmp_path / "study.toml"
    target.write_text(draft_study(path, target, treatment='a"b\\c', outcome=["t_days", "e"]))
    assert Study.read(target).content.treatment.column == 'a"b\\c'
