"""Average effects by four estimators: published numbers, exact checks against plain regressions, known truth."""

import re

import numpy as np
import pandas as pd
import pytest

from genorx.datasets import load_nhefs
from genorx.effects import average_effects
from genorx.errors import InputError, SupportError, UsageError

_NUMBERS = ["age", "smokeintensity", "smokeyrs", "wt71"]
_LEVELS = ["sex", "race", "education", "exercise", "active"]


@pytest.fixture(scope="module")
def quitting():
    """The 1,566 people of NHEFS with a known change of weight, covariates as in Hernan and Robins."""
    people = load_nhefs().astype({"seqn": str}).set_index("seqn")
    people = people[people["wt82_71"].notna()]
    X = people[_NUMBERS + _LEVELS].copy()
    for name in _LEVELS:
        X[name] = pd.Categorical(X[name].astype(str))
    return X, people[["wt82_71"]].set_axis(["value"], axis=1), people["qsmk"].map({0: "continue", 1: "quit"})


@pytest.fixture(scope="module")
def averages(quitting):
    X, y, treatment = quitting
    return average_effects(X, y, treatment=treatment, reference="continue", products=["smokeintensity"])


@pytest.mark.parametrize(
    ("method", "kilograms", "interval"),
    [
        ("unadjusted", 2.54, None),
        ("weighted", 3.44, (2.4, 4.5)),
        ("standardised", 3.52, (2.6, 4.5)),
        ("doubly_robust", 3.46, None),
    ],
)
def test_quitting_and_weight_are_those_of_the_book(averages, method, kilograms, interval):
    """Hernan and Robins 2020: chapter 12 (2.54, 3.44 with robust variance, 2.4 to 4.5), chapter 13 (3.52, bootstrap).

    The doubly robust number is that of the two regressions put together by hand with numpy (3.457).
    """
    row = averages.frame.set_index("method").loc[method]
    assert row["estimate"] == pytest.approx(kilograms, abs=0.005)
    assert row["patients"] == 1566
    if interval:
        assert (row["lower"], row["upper"]) == pytest.approx(interval, abs=0.12)


def test_intervals_are_as_wide_as_resampling_says(quitting, averages):
    """The standard deviation over 100 bootstrap samples; its own error is 7 %."""
    X, y, treatment = quitting
    rng, ids = np.random.default_rng(0), pd.Index([str(place) for place in range(len(X))])
    drawn = []
    for _ in range(100):
        rows = rng.integers(0, len(X), len(X))
        again = average_effects(
            X.iloc[rows].set_axis(ids),
            y.iloc[rows].set_axis(ids),
            treatment=treatment.iloc[rows].set_axis(ids),
            reference="continue",
            products=["smokeintensity"],
        )
        drawn.append(again.frame["estimate"].to_numpy())
    assert averages.frame["std_error"].to_numpy() == pytest.approx(np.std(drawn, axis=0), rel=0.2)


def test_weights_are_told(averages):
    """403 quitters; no chance of quitting is below 0.05, so nothing has to be said."""
    table = averages.weights.set_index("option")
    assert table["patients"].to_dict() == {"continue": 1163, "quit": 403}
    assert table.loc["quit", "largest_weight"] == pytest.approx(16.70, abs=0.01)
    assert table.loc["quit", "smallest_chance"] > 0.05
    assert averages.findings == ()
    assert averages.products == ("smokeintensity",)


def test_weighting_makes_the_options_alike(averages, quitting):
    """Before: age by hand (46.17 against 42.79 years over the root of the mean variance); after: nothing above 0.1."""
    X, _, treatment = quitting
    table = averages.balance.set_index("term")
    ages = [X["age"][(treatment == option).to_numpy()].astype(float) for option in ("quit", "continue")]
    by_hand = (ages[0].mean() - ages[1].mean()) / np.sqrt((ages[0].var(ddof=0) + ages[1].var(ddof=0)) / 2)
    assert table.loc["age", "before"] == pytest.approx(by_hand)
    assert table["before"].abs().max() > 0.2
    assert table["after"].abs().max() < 0.1


def test_without_covariates_all_four_are_the_difference_of_means(quitting):
    X, y, treatment = quitting
    found = average_effects(X, y, treatment=treatment, reference="continue", covariates=[])
    assert found.frame["estimate"].to_numpy() == pytest.approx([2.540581] * 4, abs=1e-6)
    plain = [y["value"][(treatment == option).to_numpy()].astype(float) for option in ("quit", "continue")]
    by_hand = np.sqrt(sum(part.var(ddof=0) / len(part) for part in plain))
    assert found.frame["std_error"].to_numpy() == pytest.approx([by_hand] * 4, rel=1e-6)


def _made(n, seed, *, binary=False):
    """Three options given by age; option b adds 1 (or 0.7 to the log odds), c adds -2; age moves the outcome."""
    rng = np.random.default_rng(seed)
    age = rng.normal(size=n)
    chance = np.exp(np.column_stack([np.zeros(n), 0.8 * age, -0.5 * age]))
    option = np.array([rng.choice(3, p=row / row.sum()) for row in chance])
    linear = 2.0 * age + np.array([0.0, 1.0, -2.0])[option]
    value = rng.random(n) < 1 / (1 + np.exp(-linear)) if binary else linear + rng.normal(size=n)
    ids = pd.Index([f"P{place:05d}" for place in range(n)], name="patient_id")
    X = pd.DataFrame({"age": age}, index=ids)
    return X, pd.DataFrame({"value": value.astype(float)}, index=ids), pd.Series(np.array(["a", "b", "c"])[option], ids)


def test_confounding_is_taken_away_for_each_of_three_options():
    """Truth 1 and -2; the unadjusted differences are off by more than one."""
    X, y, treatment = _made(4000, 1)
    frame = average_effects(X, y, treatment=treatment).frame.set_index(["method", "option"])
    for method in ("weighted", "standardised", "doubly_robust"):
        for option, truth in (("b", 1.0), ("c", -2.0)):
            row = frame.loc[(method, option)]
            assert abs(row["estimate"] - truth) < 4 * row["std_error"]
            assert row["std_error"] < 0.2
    assert frame.loc[("unadjusted", "b"), "estimate"] > 2.0
    assert frame.loc[("unadjusted", "c"), "estimate"] < -2.5


def test_intervals_hold_the_truth_19_times_in_20():
    """100 made studies of 300 patients, two options compared: 95 % intervals hold 1 in 88 to 100 of them."""
    held = []
    for seed in range(100):
        X, y, treatment = _made(300, 100 + seed)
        frame = average_effects(X, y, treatment=treatment).frame.query("option == 'b' and method != 'unadjusted'")
        held.append(((frame["lower"] <= 1.0) & (frame["upper"] >= 1.0)).to_numpy())
    assert np.mean(held, axis=0).min() >= 0.88


def test_a_yes_or_no_outcome_has_differences_of_probabilities():
    """Truth by averaging both probabilities over a large sample of the same population."""
    X, y, treatment = _made(6000, 2, binary=True)
    age = np.random.default_rng(9).normal(size=200_000)
    truth = np.mean(1 / (1 + np.exp(-(2 * age + 1))) - 1 / (1 + np.exp(-2 * age)))
    found = average_effects(X, y, treatment=treatment, squares=False)
    frame = found.frame.query("option == 'b'").set_index("method")
    cells = re.findall(r"<td>([+−-]?\d[\d.]*)</td>", found._repr_html_())
    assert {len(cell.partition(".")[2]) for cell in cells if "." in cell} == {3}  # -0.00 said nothing
    assert not any(cell.startswith("-") for cell in cells)
    for method in ("weighted", "standardised", "doubly_robust"):
        assert frame.loc[method, "estimate"] == pytest.approx(truth, abs=4 * frame.loc[method, "std_error"])


def test_doubly_robust_survives_a_wrong_regression_of_the_outcome():
    """The outcome bends with age, no square is allowed: standardising is off by many errors, the double is not."""
    rng = np.random.default_rng(4)
    age = rng.normal(size=6000)
    taken = rng.random(6000) < 1 / (1 + np.exp(1 - age))
    value = np.exp(age) + 1.0 * taken + 0.3 * rng.normal(size=6000)
    ids = pd.Index([f"P{place:04d}" for place in range(6000)])
    frame = average_effects(
        pd.DataFrame({"age": age}, index=ids),
        pd.DataFrame({"value": value}, index=ids),
        treatment=pd.Series(np.where(taken, "b", "a"), index=ids),
        squares=False,
    ).frame.set_index("method")
    assert abs(frame.loc["doubly_robust", "estimate"] - 1) < 3 * frame.loc["doubly_robust", "std_error"]
    assert abs(frame.loc["standardised", "estimate"] - 1) > 3 * frame.loc["standardised", "std_error"]


def test_gaps_are_filled_marked_and_said():
    X, y, treatment = _made(600, 3)
    X["age"] = X["age"].mask(np.arange(600) % 5 == 0)
    found = average_effects(X, y, treatment=treatment)
    assert found.terms == ("intercept", "age", "age^2", "age missing")
    assert ["age (120)" in one.message for one in found.findings if one.code == "imputed"] == [True]


def test_patients_without_outcome_or_option_are_counted():
    X, y, treatment = _made(600, 3)
    found = average_effects(X, y.iloc[20:], treatment=treatment.iloc[:-10])
    assert found.left_out == 30
    assert found.frame["patients"].unique().tolist() == [570]


def test_options_that_hardly_anybody_had_are_named():
    rng = np.random.default_rng(0)
    age = rng.normal(size=3000)
    taken = rng.random(3000) < 1 / (1 + np.exp(-(2.5 * age - 1)))
    ids = pd.Index([f"P{place:04d}" for place in range(3000)])
    found = average_effects(
        pd.DataFrame({"age": age}, index=ids),
        pd.DataFrame({"value": age + rng.normal(size=3000)}, index=ids),
        treatment=pd.Series(np.where(taken, "b", "a"), index=ids),
    )
    assert {one.code for one in found.findings} == {"weights-large"}


def test_a_covariate_that_is_the_option_is_refused():
    X, y, treatment = _made(200, 3)
    X["arm"] = (treatment == "b").astype(float)
    with pytest.raises(SupportError, match="no patients can be compared") as caught:
        average_effects(X, y, treatment=treatment)
    assert caught.value.code == "no-overlap"


def test_an_outcome_that_the_option_tells_is_refused():
    X, _, treatment = _made(200, 3)
    with pytest.raises(SupportError) as caught:
        average_effects(X, (treatment == "b").astype(float).rename("value").to_frame(), treatment=treatment)
    assert caught.value.code == "no-overlap"


def test_chances_are_those_of_an_independent_fit(quitting, averages):
    """scikit-learn's logistic regression without penalty gives the same smallest chance of quitting."""
    from sklearn.linear_model import LogisticRegression

    X, _, treatment = quitting
    numbers = X[_NUMBERS].astype(float)
    levels = pd.get_dummies(X[_LEVELS], drop_first=True).astype(float)
    wide = pd.concat([numbers, (numbers**2).add_suffix("^2"), levels], axis=1)
    wide = (wide - wide.mean()) / wide.std()
    fit = LogisticRegression(C=np.inf, max_iter=5000, tol=1e-10).fit(wide, treatment == "quit")
    smallest = fit.predict_proba(wide)[:, 1].min()
    assert averages.weights.set_index("option").loc["quit", "smallest_chance"] == pytest.approx(smallest, abs=1e-4)


def test_columns_that_others_give_change_nothing(quitting, averages):
    X, y, treatment = quitting
    more = X.assign(weight_lb=X["wt71"] * 2.2046, one=1.0)
    found = average_effects(more, y, treatment=treatment, reference="continue", products=["smokeintensity"])
    assert found.terms != averages.terms  # weight in pounds stands in, sorted by name, for nothing: it is left out
    assert found.frame["estimate"].to_numpy() == pytest.approx(averages.frame["estimate"].to_numpy(), abs=1e-7)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"covariates": ["ages"]}, "no-such-feature"),
        ({"products": ["ages"]}, "no-such-feature"),
        ({"reference": "z"}, "no-such-option"),
    ],
)
def test_names_that_are_not_there_are_refused(options, code):
    X, y, treatment = _made(200, 3)
    with pytest.raises(UsageError) as caught:
        average_effects(X, y, treatment=treatment, **options)
    assert caught.value.code == code


def test_missing_values_and_survival_are_refused():
    X, y, treatment = _made(200, 3)
    with pytest.raises(InputError) as caught:
        average_effects(X, y.mask(np.arange(200)[:, None] == 3), treatment=treatment)
    assert caught.value.code == "value-missing"
    with pytest.raises(UsageError) as refused:
        average_effects(X, pd.DataFrame({"time": 1.0, "event": True}, index=X.index), treatment=treatment)
    assert refused.value.code == "outcome-columns"
