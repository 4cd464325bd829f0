"""Changing how patients live: what follows by hand calculation, what is refused, and what stays."""

import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.lifestyle.change import change_lifestyle, why_fixed
from genorx.errors import UsageError

_STATUS = ("never", "former", "current")


def _spec(name, kind="number", *, unit=None, levels=(), group="lifestyle"):
    return FeatureSpec(name=name, kind=kind, group=group, unit=unit, levels=levels)


def _patients(**columns):
    """Features of patients P1, P2, ... and their specs; a column is (spec, values)."""
    frame = {}
    for name, (spec, values) in columns.items():
        if spec.kind in ("category", "ordinal"):
            frame[name] = pd.Categorical(values, categories=list(spec.levels), ordered=spec.kind == "ordinal")
        else:
            frame[name] = pd.array(values, dtype="Float64")
    index = pd.Index([f"P{row + 1}" for row in range(len(next(iter(frame.values()))))], name="patient_id")
    return pd.DataFrame(frame, index=index), tuple(spec for spec, _ in columns.values())


def _smokers(**more):
    return _patients(
        smoking_status=(_spec("smoking_status", "category", levels=_STATUS), ["never", "former", "current", None]),
        pack_years=(_spec("pack_years", unit="{pack}.a"), [0, 12, 30, 5]),
        **more,
    )


def test_who_smokes_becomes_a_former_smoker_and_keeps_pack_years():
    X, specs = _smokers()
    made = change_lifestyle(X, specs, {"smoking_status": "former"})
    assert made.X["smoking_status"].astype(object).where(made.X["smoking_status"].notna(), None).tolist() == [
        "never",
        "former",
        "former",
        None,
    ]
    assert made.X["pack_years"].tolist() == [0, 12, 30, 5]
    assert made.kept == ["pack_years"]
    assert made.refused == {
        "P1": "a patient who never smoked cannot become a former smoker",
        "P4": "the smoking status before the change is not known",
    }


def test_nobody_who_smoked_becomes_a_never_smoker():
    X, specs = _smokers()
    made = change_lifestyle(X, specs, {"smoking_status": "never"})
    assert set(made.refused) == {"P2", "P3", "P4"}
    assert X.equals(made.X)


def test_current_smoking_and_the_time_since_quitting_follow():
    """Who quits today quit 0 years ago; who was a former smoker before keeps the time; a relapse has none."""
    more = {
        "current_smoker": (_spec("current_smoker", "boolean"), [0, 0, 1, None]),
        "years_since_quitting": (_spec("years_since_quitting", unit="a"), [None, 7, None, None]),
    }
    X, specs = _smokers(**more)
    made = change_lifestyle(X, specs, {"smoking_status": "former"})
    assert made.X["current_smoker"].tolist()[:3] == [0, 0, 0]
    assert made.X["years_since_quitting"].tolist()[1:3] == [7, 0]
    assert made.followed == ["current_smoker", "years_since_quitting"]
    again = change_lifestyle(X, specs, {"smoking_status": "current"})
    assert again.X["years_since_quitting"].isna().all()
    assert "P2" not in again.refused


def test_the_age_of_quitting_is_the_present_one():
    """Beside the years since then, which follow from it: who quits at 50 quit 0 years ago."""
    more = {
        "age_years": (_spec("age_years", unit="a", group="clinical"), [40, 60, 50, 70]),
        "quit_age": (_spec("quit_age"), [None, 53, None, None]),
        "years_since_quitting": (_spec("years_since_quitting", unit="a"), [None, 7, None, None]),
        "quit_year": (_spec("quit_year"), [None, 2015, None, None]),
    }
    X, specs = _smokers(**more)
    made = change_lifestyle(X, specs, {"smoking_status": "former"}).X
    assert made["quit_age"].tolist()[1:3] == [53, 50]
    assert made["years_since_quitting"].tolist()[1:3] == [7, 0]
    assert made["quit_year"].isna().tolist() == [True, False, True, True]


def test_the_status_follows_current_smoking():
    X, specs = _smokers(current_smoker=(_spec("current_smoker", "boolean"), [0, 0, 1, None]))
    made = change_lifestyle(X, specs, {"current_smoker": "no"})
    assert made.X["smoking_status"].astype(str).tolist()[:3] == ["never", "former", "former"]
    assert set(made.refused) == {"P4"}


def test_current_smoking_alone_can_be_changed_where_it_is_known():
    X, specs = _patients(current_smoker=(_spec("current_smoker", "boolean", group="clinical"), [1, 0, None]))
    made = change_lifestyle(X, specs, {"current_smoker": False})
    assert made.X["current_smoker"].tolist()[:2] == [0, 0]
    assert set(made.refused) == {"P3"}


def test_who_smokes_no_cigarette_has_quit():
    X, specs = _smokers(cigarettes_per_day=(_spec("cigarettes_per_day", unit="{cigarette}/d"), [0, 0, 20, 10]))
    made = change_lifestyle(X, specs, {"cigarettes_per_day": 0})
    assert made.refused == {"P3": "a patient who smokes no cigarettes any more is a former smoker: change the status"}
    more = change_lifestyle(X, specs, {"cigarettes_per_day": 5})
    assert more.refused == {"P1": "after the change: never smoked, but cigarettes a day above 0"}


def _bodies(with_height):
    height = {"height_cm": (_spec("height_cm", unit="cm", group="clinical"), [175, 180, None, 170])}
    return _patients(
        weight_kg=(_spec("weight_kg", unit="kg", group="clinical"), [70, 81, 60, None]),
        bmi_kg_per_m2=(_spec("bmi_kg_per_m2", unit="kg/m2"), [22.857, 25, 20, 30]),
        **(height if with_height else {}),
    )


@pytest.mark.parametrize("with_height", [True, False])
def test_body_mass_index_follows_weight(with_height):
    """63 kg at 175 cm: 20.571; 60 kg at index 20 is 173.2 cm, so 63 kg is 21; without a weight nothing is known."""
    X, specs = _bodies(with_height)
    made = change_lifestyle(X, specs, {"weight_kg": 63})
    known = made.X["bmi_kg_per_m2"].tolist()
    assert known[0] == pytest.approx(20.571, abs=1e-3)
    assert known[2] == pytest.approx(21.0)
    assert made.followed == ["bmi_kg_per_m2"]
    assert set(made.refused) == {"P4"}
    assert known[3] == 30


def test_weight_follows_body_mass_index():
    X, specs = _bodies(with_height=True)
    made = change_lifestyle(X, specs, {"bmi_kg_per_m2": lambda index: index * 0.9})
    assert made.X["weight_kg"].tolist()[:3] == pytest.approx([63, 72.9, 54])


def test_weight_and_an_index_that_is_not_its_own_are_refused():
    X, specs = _bodies(with_height=True)
    made = change_lifestyle(X, specs, {"weight_kg": 90, "bmi_kg_per_m2": 22})
    assert "weight and height" in made.refused["P1"]


def test_alcohol_follows_from_how_often_and_how_much():
    """1 drink of 14 g on 2.5 days of 7 is 5 g/day."""
    often = _spec("alcohol_frequency", "category", levels=("never", "daily", "2-3 times/week"))
    X, specs = _patients(
        alcohol_frequency=(often, ["daily", "daily", "never"]),
        drinks_per_occasion=(_spec("drinks_per_occasion", unit="{drink}"), [1, None, None]),
        alcohol_g_per_day=(_spec("alcohol_g_per_day", unit="g/d"), [14, 30, 0]),
    )
    made = change_lifestyle(X, specs, {"alcohol_frequency": "2-3 times/week"})
    assert made.X["alcohol_g_per_day"].tolist()[0] == pytest.approx(5.0)
    assert set(made.refused) == {"P2", "P3"}  # how much they would drink at a time is not known
    sober = change_lifestyle(X, specs, {"alcohol_frequency": "never"})
    assert sober.X["alcohol_g_per_day"].tolist() == [0, 0, 0]
    assert sober.X["drinks_per_occasion"].isna().all()
    with pytest.raises(UsageError) as caught:
        change_lifestyle(X, specs, {"alcohol_g_per_day": 5})
    assert (caught.value.code, "alcohol_frequency" in caught.value.hint) == ("change-the-parts", True)


def test_alcohol_follows_from_how_much_in_words():
    """1.5 drinks of 14 g every day are 21 g/day."""
    often = _spec("alcohol_frequency", "category", levels=("never", "daily"))
    much = _spec("drinks_per_occasion", "category", levels=("1-2", "3-4"))
    X, specs = _patients(
        alcohol_frequency=(often, ["daily", "never"]),
        drinks_per_occasion=(much, ["3-4", None]),
        alcohol_g_per_day=(_spec("alcohol_g_per_day", unit="g/d"), [49, 0]),
    )
    assert change_lifestyle(X, specs, {"drinks_per_occasion": "1-2"}).X["alcohol_g_per_day"].tolist() == [21, 0]
    sober = change_lifestyle(X, specs, {"alcohol_frequency": "never"})
    assert (sober.X["alcohol_g_per_day"].tolist(), sober.X["drinks_per_occasion"].isna().all()) == ([0, 0], True)
    with pytest.raises(UsageError):
        change_lifestyle(X, specs, {"alcohol_g_per_day": 5})


def test_drinking_and_its_amount_follow_each_other():
    X, specs = _patients(
        drinks_alcohol=(_spec("drinks_alcohol", "boolean"), [1, 0]),
        alcohol_g_per_day=(_spec("alcohol_g_per_day", unit="g/d"), [20, 0]),
    )
    assert change_lifestyle(X, specs, {"alcohol_g_per_day": 0}).X["drinks_alcohol"].tolist() == [0, 0]
    assert change_lifestyle(X, specs, {"drinks_alcohol": False}).X["alcohol_g_per_day"].tolist() == [0, 0]
    assert set(change_lifestyle(X, specs, {"drinks_alcohol": True}).refused) == {"P2"}


def test_an_abstainer_by_words_cannot_be_given_alcohol():
    words = _spec("alcohol_use", "category", levels=("none", "weekly"))
    X, specs = _patients(
        alcohol_use=(words, ["none", "weekly"]),
        alcohol_g_per_day=(_spec("alcohol_g_per_day", unit="g/d"), [0, 10]),
    )
    made = change_lifestyle(X, specs, {"alcohol_g_per_day": 5})
    assert made.refused == {"P1": "after the change: does not drink, but alcohol above 0"}


def test_the_level_of_activity_follows_its_amount():
    level = _spec("activity_level", "ordinal", levels=("low", "moderate", "high"))
    X, specs = _patients(
        activity_met_min_per_week=(_spec("activity_met_min_per_week", unit="[MET].min/wk"), [100, 900]),
        activity_level=(level, ["low", "moderate"]),
    )
    made = change_lifestyle(X, specs, {"activity_met_min_per_week": 3000})
    assert made.X["activity_level"].tolist() == ["high", "high"]
    with pytest.raises(UsageError) as caught:
        change_lifestyle(X, specs, {"activity_level": "high"})
    assert caught.value.code == "change-the-parts"


@pytest.mark.parametrize(
    ("name", "group", "reason"),
    [
        ("age_years", "clinical", "fixed"),
        ("sex", "clinical", "fixed"),
        ("height_cm", "lifestyle", "fixed"),
        ("BRAF", "gene", "genotype"),
        ("CYP2C9_phenotype", "pgx", "genotype"),
        ("rs9923231", "site", "genotype"),
        ("BRAF class", "gene class", "genotype"),
        ("pack_years", "lifestyle", "past"),
        ("ever_smoker", "lifestyle", "past"),
        ("weight_6_months_ago_kg", "lifestyle", "past"),
        ("ldh_u_per_l", "laboratory", "measurement"),
        ("sbp", "clinical", "measurement"),
    ],
)
def test_what_no_patient_can_change_says_why(name, group, reason):
    kind = "boolean" if name == "ever_smoker" else "number"
    assert reason in (why_fixed(_spec(name, kind, group=group)) or "")


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("weight_kg", "clinical"),
        ("bmi_kg_per_m2", "clinical"),
        ("alcohol_g_per_day", "clinical"),
        ("sleep", "lifestyle"),
    ],
)
def test_what_patients_can_change_is_not_fixed(name, group):
    assert why_fixed(_spec(name, group=group)) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "wrong-value"),
        ({"smoke": "former"}, "no-such-feature"),
        ({"smoking_status": "vaping"}, "wrong-value"),
        ({"pack_years": 0}, "not-modifiable"),
        ({"weight_kg": "heavy"}, "wrong-value"),
        ({"weight_kg": float("nan")}, "wrong-value"),
        ({"drinks_alcohol": 3}, "wrong-value"),
        ({"drinks_alcohol": lambda column: column}, "wrong-value"),
    ],
)
def test_changes_that_say_nothing_are_refused(changes, code):
    more = {
        "weight_kg": (_spec("weight_kg", unit="kg"), [70, 80, 90, 60]),
        "drinks_alcohol": (_spec("drinks_alcohol", "boolean"), [0, 1, 0, 1]),
    }
    X, specs = _smokers(**more)
    with pytest.raises(UsageError) as caught:
        change_lifestyle(X, specs, changes)
    assert caught.value.code == code
