"""Keys of a study file: every fault with its line."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.cohort import Study
from genorx.cohort.study_file.rules import primary_of
from genorx.cohort.study_file.toml_lines import line_of
from genorx.cohort.study_file.utility import utility_of
from genorx.errors import StudyError

HEAD = '[study]\nname = "s"\npatient_id = "pid"\n[[tables]]\npath = "c.csv"\nrole = "clinical"\n'
OS = '[outcomes.os]\ntable = "o.csv"\nkind = "survival"\ntime = "t"\nevent = "e"\nunit = "days"\nhorizons = [365]\n'
UTILITY = "[utility]\n"
GRADE = '[outcomes.tox]\ntable = "o.csv"\nkind = "ordinal"\nvalue = "grade"\n'
COST = '[outcomes.cost]\ntable = "o.csv"\nkind = "continuous"\nvalue = "eur"\nrole = "cost"\n'
TREAT = '[treatment]\ntable = "t.csv"\nreference = "b"\n'
OPTIONS = '[treatment.options.a]\ndrug = "A"\n[treatment.options.b]\n'


def weighs(keys, name="os"):
    return f"[utility.outcomes.{name}]\n{keys}\n"


def read(folder: Path, text: str) -> Study:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return Study.read(path)


def fault(folder: Path, text: str) -> StudyError:
    with pytest.raises(StudyError) as caught:
        read(folder, text)
    assert caught.value.file == str(folder / "study.toml")
    return caught.value


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("", None),
        ('[ranking]\nby = "primary"\n', False),
        (UTILITY + weighs("quality = 1.0"), None),
        ('[ranking]\nby = "utility"\n' + UTILITY + weighs("quality = 1.0"), True),
    ],
)
def test_by_what_options_are_ordered_may_be_left_unsaid(tmp_path, text, orders):
    """The guide: what a study of patients does not say stays as the model has it."""
    found = utility_of(read(tmp_path, HEAD + OS + text).content)
    assert (None if found is None else found.orders) is orders


def test_the_example_of_the_contract_is_read(tmp_path):
    """docs/guide/study_file.md, key by key."""
    study = read(
        tmp_path,
        """
[study]
name = "AML knowledge bank"
patient_id = "pdid"
[variants]
files = ["cohort.vcf.gz"]
assembly = "GRCh37"
origin = "somatic"
absent = "reference"
filters = ["PASS", "."]
panel = "panel.toml"
[[tables]]
path = "clinical.csv"
role = "clinical"
exclude = ["eln2010_risk"]
[tables.columns.wbc_1e9_per_l]
unit = "10^9/L"
type = "number"
levels = ["0", "1", "2"]
missing = [-9, 999]
[treatment]
table = "treatments.csv"
design = "landmark"
time_zero = "cr_day"
landmark = 120
start = "day"
randomised = false
strata = ["study"]
reference = "chemotherapy"
[treatment.options.transplant]
treatment = "HSCT"
phase = "CR1"
[treatment.options.chemotherapy]
[outcomes.os]
table = "outcomes.csv"
kind = "survival"
time = "os_days"
event = "os_event"
unit = "days"
horizons = [365, 1096, 1826]
better = "longer"
role = "benefit"
[ranking]
primary = "os"
horizon = 1096
""",
    )
    assert study.name == "AML knowledge bank"
    assert list(study.content.treatment.options) == ["transplant", "chemotherapy"]
    assert study.content.treatment.landmark == 120
    assert study.content.tables[0].columns["wbc_1e9_per_l"].missing == [-9, 999]


def test_an_unknown_key_is_named_with_line_and_near_name(tmp_path):
    error = fault(tmp_path, HEAD.replace("role =", "colums = 1\nrole ="))
    assert (error.code, error.place) == ("unknown-key", "6")
    assert "tables.0.colums" in error.reason
    assert error.hint == 'did you mean "columns"?'


def test_an_unknown_section_lists_the_sections(tmp_path):
    error = fault(tmp_path, HEAD + "[zzz]\na = 1\n")
    assert (error.code, error.place) == ("unknown-key", "7")
    assert "treatment" in error.hint


def test_a_missing_key_is_named_at_its_section(tmp_path):
    error = fault(tmp_path, HEAD.replace('role = "clinical"\n', ""))
    assert (error.code, error.place) == ("missing-key", "4")
    assert "tables.0.role" in error.reason


def test_a_wrong_value_is_named_with_its_line(tmp_path):
    error = fault(tmp_path, HEAD.replace('"clinical"', '"klinical"'))
    assert (error.code, error.place) == ("wrong-value", "6")
    assert "klinical" in error.reason


def test_all_faults_are_told_at_once(tmp_path):
    error = fault(tmp_path, HEAD.replace("role =", "colums = 1\nrle =") + "[zzz]\n")
    for stated in ("and 3 more", "colums", "rle", "zzz", "role"):
        assert stated in error.reason


def test_a_toml_fault_has_its_line(tmp_path):
    error = fault(tmp_path, HEAD + "[ranking]\nprimary = os\n")
    assert (error.code, error.place) == ("toml", "8")


def test_a_cut_toml_file_has_its_last_line(tmp_path):
    error = fault(tmp_path, HEAD + 'x = """abc')
    assert (error.code, error.place) == ("toml", "7")


def test_a_table_in_place_of_a_study_file_gets_a_hint(tmp_path):
    path = tmp_path / "clinical.csv"
    path.write_text("pid,age\n1,50\n")
    with pytest.raises(StudyError, match="genorx study init TABLE") as caught:
        Study.read(path)
    assert caught.value.code == "toml"


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path):
    path = tmp_path / "study.toml"
    path.write_bytes(b'[study]\nname = "\xe9"\n')
    with pytest.raises(StudyError) as caught:
        Study.read(path)
    assert (caught.value.code, caught.value.place) == ("encoding", "2")


def test_an_absent_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(StudyError) as caught:
        Study.read(tmp_path / "none.toml")
    assert caught.value.code == "file-not-found"
    with pytest.raises(StudyError) as caught:
        Study.read(tmp_path)
    assert caught.value.code == "not-a-file"


def test_a_file_that_is_too_large_is_refused(tmp_path):
    (tmp_path / "study.toml").write_bytes(b"#" * (4 * 2**20 + 1))
    with pytest.raises(StudyError) as caught:
        Study.read(tmp_path / "study.toml")
    assert caught.value.code == "too-large"


@pytest.mark.parametrize(
    ("text", "code", "stated"),
    [
        ('[study]\nname = "s"\npatient_id = "p"\n', "no-features", "names no features"),
        (HEAD + '[[tables]]\npath = "c.csv"\nrole = "clinical"\n', "table-twice", "c.csv"),
        (HEAD + OS.replace('"survival"', '"competing"'), "missing-key", '"causes"'),
        (HEAD + OS.replace('"survival"', '"competing"\ncauses = ["x", "x"]'), "wrong-value", "twice"),
        (HEAD + OS.replace('"survival"', '"competing"\ncauses = ["x"]\ncause = "y"'), "unknown-cause", '"y" is none'),
        (HEAD + OS + 'cause = "y"\n', "wrong-value", '"cause" does not apply'),
        (
            HEAD + OS.replace('"survival"', '"competing"\ncauses = ["x"]') + OS.replace(".os]", '."os:x"]'),
            "wrong-value",
            "an outcome and a cause",
        ),
        (HEAD + GRADE + OS.replace(".os]", '."tox:3"]'), "wrong-value", "an outcome and a grade"),
        (HEAD + OS.replace('"survival"', '"count"'), "missing-key", '"value"'),
        (HEAD + OS + UTILITY + 'rule = "weighted"\n' + weighs("weight = 0.9\nscale = [0, 5]"), "weights-sum", "0.9"),
        (HEAD + OS + UTILITY + 'rule = "weighted"\n' + weighs("weight = 1.0"), "missing-key", '"scale"'),
        (HEAD + OS + UTILITY + 'rule = "weighted"\n' + weighs("weight = 1.0\nscale = [5, 5]"), "wrong-value", "same"),
        (
            HEAD + OS + UTILITY + 'rule = "weighted"\n' + weighs("weight = 1.0\nscale = [5, 0]"),
            "wrong-value",
            'longer "os" is better',
        ),
        (HEAD + OS + UTILITY + weighs("loss = 0.9"), "missing-key", '"quality"'),
        (HEAD + OS + UTILITY + weighs("quality = 1.0\nloss = 0.9"), "wrong-value", '"loss" does not apply'),
        (HEAD + OS + UTILITY + weighs("quality = 1.0", "pain"), "wrong-value", "not an outcome"),
        (HEAD + OS + UTILITY, "missing-key", "names no outcome"),
        (HEAD + OS + UTILITY + "thresholds = [5]\n" + weighs("quality = 1.0"), "wrong-value", "role"),
        (HEAD + OS + '[ranking]\nby = "utility"\n', "wrong-value", "no [utility]"),
        (HEAD + OS + 'better = "shorter"\n' + UTILITY + weighs("quality = 1.0"), "wrong-value", "counts time as good"),
        (
            HEAD + OS + GRADE + '[ranking]\nprimary = "os"\n' + UTILITY + weighs("loss = 1", "tox"),
            "missing-key",
            "no time",
        ),
        (
            HEAD
            + OS
            + COST
            + COST.replace("cost]", "beds]")
            + '[ranking]\nprimary = "os"\n'
            + UTILITY
            + "thresholds = [5]\n"
            + weighs("quality = 1.0"),
            "wrong-value",
            "2 outcomes of role",
        ),
        (HEAD + GRADE + "at_least = 0\n", "wrong-value", "no grade above the lowest"),
        (HEAD + GRADE + 'levels = ["PD", "SD", "PR"]\n', "missing-key", '"at_least"'),
        (HEAD + GRADE + 'levels = ["no", "yes"]\nat_least = "yes"\n', "wrong-value", "three grades"),
        (HEAD + GRADE.replace("ordinal", "continuous") + 'levels = ["a"]\n', "wrong-value", '"levels"'),
        (HEAD + OS + TREAT + 'design = "time_varying"\n' + OPTIONS, "landmark-without-start", "start"),
        (HEAD + OS.replace('event = "e"\n', ""), "missing-key", '"event"'),
        (HEAD + OS.replace("horizons = [365]\n", 'value = "v"\nhorizons = [365]\n'), "wrong-value", '"value"'),
        (HEAD + OS.replace("days", "fortnights"), "wrong-value", "fortnights"),
        (HEAD + OS.replace("horizons = [365]", 'horizons = [365]\nbetter = "lower"'), "wrong-value", "lower"),
        (HEAD + OS.replace("horizons = [365]\n", ""), "missing-key", "horizons"),
        (HEAD + OS + TREAT, "wrong-value", "column"),
        (HEAD + OS + TREAT + 'column = "arm"\n' + OPTIONS, "wrong-value", "not both"),
        (HEAD + OS + TREAT + "[treatment.options.b]\n", "wrong-value", "one option"),
        (HEAD + OS + TREAT.replace('"b"', '"bb"') + OPTIONS, "unknown-reference", "bb"),
        (HEAD + OS + TREAT + "[treatment.options.b]\n[treatment.options.a]\nx = 1\n", "unreachable-option", '"b"'),
        (HEAD + OS + TREAT + "landmark = 5\n" + OPTIONS, "wrong-value", "landmark"),
        (HEAD + OS + TREAT + 'design = "landmark"\nlandmark = 9\n' + OPTIONS, "landmark-without-start", "start"),
        (HEAD + OS + TREAT + 'design = "landmark"\nstart = "day"\n' + OPTIONS, "missing-key", "landmark"),
        (HEAD + OS + '[ranking]\nprimary = "so"\n', "unknown-primary", "so"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(tmp_path, text, code, stated):
    """Rules of docs/guide/study_file.md; "ever against never" cannot be written (docs/guide/designs.md)."""
    error = fault(tmp_path, text)
    assert error.code == code
    assert stated in error.reason
    assert error.exit_code == 3


@pytest.mark.parametrize(("written", "unit"), [("d", "days"), ("wk", "weeks"), ("mo", "months"), ("a", "years")])
def test_times_may_have_the_codes_of_ucum(tmp_path, written, unit):
    """UCUM 2.1, table of units of time; an amount of the same code keeps it."""
    study = read(tmp_path, HEAD + OS.replace('"days"', f'"{written}"') + COST + f'unit = "{written}"\n')
    assert [each.unit for each in study.content.outcomes.values()] == [unit, written]


def test_the_horizon_of_the_ranking_stands_in_for_horizons(tmp_path):
    study = read(tmp_path, HEAD + OS.replace("horizons = [365]\n", "") + '[ranking]\nprimary = "os"\nhorizon = 365\n')
    assert study.content.ranking.horizon == 365


def test_lines_are_found_under_arrays_dotted_keys_and_inline_tables():
    """By counting lines of the text."""
    text = '[a]\nb.c = 1\n[[t]]\nx = 1\n[[t]]\nx = 2\n[t.columns."odd name"]\nunit = "g"\n[d]\ne = { f = 1 }\n'
    assert line_of(text, ("a", "b", "c")) == 2
    assert line_of(text, ("t", 1, "x")) == 6
    assert line_of(text, ("t", 1, "columns", "odd name", "unit")) == 8
    assert line_of(text, ("d", "e", "f")) == 10
    assert line_of(text, ("nothing",)) is None


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_study_error(tmp_path_factory, text):
    """Whatever stands in the file, the only error is ours."""
    path = tmp_path_factory.mktemp("any") / "study.toml"
    path.write_text(HEAD + text, encoding="utf-8", errors="replace")
    with contextlib.suppress(StudyError):
        assert Study.read(path).text


def test_a_negative_control_is_never_the_primary_outcome(tmp_path):
    """It counts for nothing but the check; the one other outcome is the primary."""
    control = OS.replace("[outcomes.os]", "[outcomes.fall]") + 'role = "negative_control"\n'
    study = read(tmp_path, HEAD + OS + control + "[ranking]\nhorizon = 200\nsmallest_difference = 30\n")
    assert primary_of(study.content) == "os"
    assert study.content.ranking.smallest_difference == 30
    named = fault(tmp_path, HEAD + OS + control + '[ranking]\nprimary = "fall"\n')
    assert named.code == "unknown-primary"
    assert "negative control" in named.reason
    assert fault(tmp_path, HEAD + control).code == "unknown-primary"


def test_other_landmarks_belong_to_a_landmark_design(tmp_path):
    found = fault(tmp_path, HEAD + OS + TREAT + "sensitivity_landmarks = [30, 60]\n" + OPTIONS)
    assert found.code == "wrong-value"
    assert "sensitivity_landmarks" in found.reason
