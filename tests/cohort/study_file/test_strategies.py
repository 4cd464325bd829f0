"""Keys of courses and strategies in a study file: what goes together, and what is refused by its line."""

import pytest

from genorx.cohort.course import Strategy
from genorx.cohort.study import Study
from genorx.cohort.study_file.strategies import reference_of, strategies_of
from genorx.errors import StudyError

HEAD = '[study]\nname = "s"\npatient_id = "pid"\n[[tables]]\npath = "c.csv"\nrole = "clinical"\n'
COURSE = """[outcomes.course]
kind = "multistate"
table = "course.csv"
states = ["ill", "remission", "relapse", "dead"]
transitions = [
  ["ill", "remission"], ["ill", "dead"], ["remission", "relapse"], ["remission", "dead"], ["relapse", "dead"]]
start = "ill"
unit = "days"
horizons = [365]
alive = ["ill", "remission", "relapse"]
"""
TREAT = '[treatment]\ntable = "t.csv"\ndesign = "strategy"\nstart = "day"\n'
FIRST = '[strategies.first]\nin = "remission"\ntreatment = "transplant"\nwithin = 180\n'
LATER = '[strategies.later]\nin = "relapse"\ntreatment = "transplant"\nwithin = 120\nshare = "observed"\n'
NEVER = "[strategies.never]\n"
WHOLE = HEAD + COURSE + TREAT + FIRST + LATER + NEVER


def read(folder, text):
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return Study.read(path).content


def test_the_study_of_the_specification_is_read(tmp_path):
    content = read(tmp_path, WHOLE)
    assert strategies_of(content) == (
        Strategy(name="first", state="remission", treatment="transplant", within=180.0),
        Strategy(name="later", state="relapse", treatment="transplant", within=120.0, share="observed"),
        Strategy(name="never"),
    )
    assert reference_of(content) == "never"


def test_the_reference_is_as_said_else_never_else_the_last(tmp_path):
    assert reference_of(read(tmp_path, WHOLE.replace(TREAT, TREAT + 'reference = "later"\n'))) == "later"
    assert reference_of(read(tmp_path, WHOLE.replace(NEVER, ""))) == "later"


def test_a_course_without_strategies_is_a_prognosis(tmp_path):
    assert read(tmp_path, HEAD + COURSE).strategies == {}


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ('in = "remission"', 'in = "remision"', "unknown-state", "remision"),
        ('in = "remission"', 'in = "dead"', "strategy-in-absorbing", "dead"),
        ('in = "relapse"', 'in = "remission"', "strategies-overlap", 'both begin "transplant" in "remission"'),
        (NEVER, NEVER + "[strategies.nobody]\n", "strategies-overlap", "both treat no patient"),
        ('treatment = "transplant"\nwithin = 180\n', "within = 180\n", "missing-key", '"in" and "treatment"'),
        (NEVER, NEVER + "within = 3\n", "wrong-value", '"within" does not apply'),
        (NEVER, NEVER + "share = 0.5\n", "wrong-value", '"share" does not apply'),
        (LATER + NEVER, "", "wrong-value", "one strategy cannot be compared"),
        (FIRST + LATER + NEVER, "", "missing-key", "no strategy is named"),
        (TREAT, "", "missing-key", "strategies need a treatment table"),
        ('start = "day"\n', "", "missing-key", 'needs "start"'),
        (TREAT, TREAT + "landmark = 3\n", "wrong-value", '"landmark" does not apply to a strategy design'),
        (TREAT, TREAT + 'time_zero = "x"\n', "wrong-value", '"time_zero" does not apply'),
        (TREAT, TREAT + "randomised = true\n", "wrong-value", "not randomised"),
        (TREAT, TREAT + 'reference = "nobody"\n', "unknown-reference", "nobody"),
        (TREAT, TREAT + '[treatment.options.graft]\nkind = "HSCT"\n', "unknown-option", "transplant"),
        ('share = "observed"', "share = 1.5", "wrong-value", "share"),
        ('share = "observed"', 'share = "all"', "wrong-value", "share"),
        ("within = 120", "within = -1", "wrong-value", "within"),
        ('kind = "multistate"', 'kind = "survival"', "missing-key", "time"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path, old, new, code, words):
    assert old in WHOLE
    with pytest.raises(StudyError) as caught:
        read(tmp_path, WHOLE.replace(old, new))
    assert caught.value.code == code
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ('["ill", "remission"], ', "", "wrong-value", 'no transition leads to "remission"'),
        ('["relapse", "dead"]]', '["relapse", "remission"]]', "course-ring", "remission, relapse"),
        ('["relapse", "dead"]]', '["relapse", "gone"]]', "unknown-state", "gone"),
        ('["relapse", "dead"]]', '["relapse", "dead"], ["relapse", "dead"]]', "wrong-value", "twice"),
        ('["relapse", "dead"]]', '["relapse"]]', "wrong-value", "transitions"),
        ('start = "ill"', 'start = "well"', "unknown-state", "well"),
        ('start = "ill"\n', "", "missing-key", '"start"'),
        ('"relapse", "dead"]\ntran', '"relapse", "dead", "dead"]\ntran', "wrong-value", "twice"),
        ('alive = ["ill",', 'alive = ["dead", "ill",', "wrong-value", "absorbing"),
        ('alive = ["ill", "remission", "relapse"]', 'alive = ["remission"]', "wrong-value", 'the start, "ill"'),
        ('alive = ["ill", "remission", "relapse"]', 'alive = ["ill", "relapse"]', "wrong-value", '"relapse" counts as'),
        (
            'start = "ill"',
            'start = "ill"\ntimes = {remission = "a", relapse = "a", dead = "c"}\nevent = "e"',
            "wrong-value",
            "twice",
        ),
        (
            'start = "ill"',
            'start = "ill"\ntimes = {remission = "a", relapse = "b", dead = "c"}',
            "missing-key",
            "whose follow-up ended",
        ),
        ('unit = "days"', 'unit = "hours"', "wrong-value", "hours"),
        ('start = "ill"', 'start = "ill"\nevent = "died"', "wrong-value", '"event" does not apply'),
        ('start = "ill"', 'start = "ill"\ncauses = ["x"]', "wrong-value", '"causes" does not apply'),
        ('start = "ill"', 'start = "ill"\ntimes = {remission = "a", relapse = "b"}', "missing-key", "times.dead"),
        (
            'start = "ill"',
            'start = "ill"\ntime = "t"\ntimes = {remission = "a", relapse = "b", dead = "c"}',
            "wrong-value",
            '"time" does not apply',
        ),
    ],
)
def test_states_and_transitions_that_make_no_course_are_refused(tmp_path, old, new, code, words):
    assert old in COURSE
    with pytest.raises(StudyError) as caught:
        read(tmp_path, HEAD + COURSE.replace(old, new))
    assert caught.value.code == code
    assert words in str(caught.value)


def test_strategies_need_states_to_be_ranked_by(tmp_path):
    os = '[outcomes.os]\nkind = "survival"\ntable = "o.csv"\ntime = "t"\nevent = "e"\nunit = "days"\nhorizons = [365]\n'
    with pytest.raises(StudyError) as caught:
        read(tmp_path, HEAD + os + TREAT + FIRST + NEVER)
    assert caught.value.code == "strategies-without-states"


def test_another_design_still_needs_its_reference(tmp_path):
    with pytest.raises(StudyError, match='treatment needs "reference"'):
        read(tmp_path, HEAD + COURSE + '[treatment]\ntable = "t.csv"\ncolumn = "arm"\n')
