"""What a user declares of screening: read as it stands, refused where a number has no source or cannot be."""

import copy

import pytest

from genorx.errors import InputError, UsageError
from genorx.published import ScreeningOptions

from ...screening_options import SCREENING_OPTIONS


def test_a_file_is_read_as_it_stands(tmp_path):
    """Numbers as they stand in the text of the file."""
    path = tmp_path / "options.toml"
    path.write_text(SCREENING_OPTIONS)
    found = ScreeningOptions.read(path)
    assert (found.reference, found.threshold, found.fatality.value) == ("do_not_screen", 0.0151, 0.6)
    assert (found.effect.relative_risk, found.effect.lower, found.effect.upper) == (0.80, 0.70, 0.92)
    assert (found.costs.screen, found.costs.cancer_found, found.costs.currency) == (900.0, 20000.0, "USD")
    assert (found.harms[0].name, found.harms[0].among, found.harms[0].weight) == ("false_positive", "without", 0.004)
    assert found.multipliers[0].column == "polygenic"
    assert found.weighed
    assert found.sources["harm false_positive"] == "doi:10.1/h"


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["effect"].pop("source"),
        lambda s: s["fatality"].update(source=" "),
        lambda s: s["harms"][0].pop("source"),
        lambda s: s.update(multipliers=[{"column": "polygenic", "scale": "odds_ratio"}]),
        lambda s: s["effect"].update(source=3),
    ],
)
def test_a_number_without_a_source_is_refused(options, change):
    content = copy.deepcopy(options())
    change(content["screening"])
    with pytest.raises(InputError) as caught:
        ScreeningOptions.of(content)
    assert (caught.value.code, caught.value.exit_code) == ("options-source", 3)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: s.update(refrence="x"), "unknown-key"),
        (lambda s: s["effect"].update(hr=0.8), "unknown-key"),
        (lambda s: s["harms"][0].update(prob=0.8), "unknown-key"),
        (lambda s: s.pop("effect"), "options-key"),
        (lambda s: s.pop("reference"), "options-key"),
        (lambda s: s["fatality"].pop("value"), "options-key"),
        (lambda s: s.update(reference="nothing"), "options-value"),
        (lambda s: s["effect"].update(upper=0.75), "options-value"),
        (lambda s: s["effect"].update(lower=0.0), "options-value"),
        (lambda s: s["effect"].update(relative_risk="0.8"), "options-value"),
        (lambda s: s["fatality"].update(value=60), "options-value"),
        (lambda s: s["harms"][0].update(among="some"), "options-value"),
        (lambda s: s["harms"][0].update(weight=-1), "options-value"),
        (lambda s: s["harms"][0].update(name="cancer_death"), "options-value"),
        (lambda s: s.update(harms=2 * s["harms"]), "options-value"),
        (lambda s: s.update(harms={"name": "x"}), "options-value"),
        (lambda s: s["costs"].update(screen=float("nan")), "options-value"),
        (lambda s: s.update(multipliers=[{"column": "p", "scale": "log", "source": "x"}]), "options-value"),
        (lambda s: s.update(effect=0.8), "options-value"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(options, change, code):
    content = copy.deepcopy(options())
    change(content["screening"])
    with pytest.raises(InputError) as caught:
        ScreeningOptions.of(content)
    assert (caught.value.code, caught.value.exit_code) == (code, 3)
    assert caught.value.place.startswith("screening")


def test_a_threshold_in_per_cent_is_refused(options):
    with pytest.raises(UsageError) as caught:
        ScreeningOptions.of(options(threshold=1.51))
    assert caught.value.code == "threshold"


@pytest.mark.parametrize(("text", "code"), [("[screening", "options-toml"), (None, "file-absent")])
def test_a_file_that_is_none_is_refused(tmp_path, text, code):
    path = tmp_path / "options.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError) as caught:
        ScreeningOptions.read(path)
    assert caught.value.code == code
    assert caught.value.file == str(path)


def test_costs_need_no_source_and_may_have_one(options):
    costs = {"screen": 1.0, "cancer_found": 2.0, "currency": "EUR"}
    assert "costs" not in ScreeningOptions.of(options(costs=costs)).sources
    assert ScreeningOptions.of(options(costs=costs | {"source": "doi:10.1/c"})).sources["costs"] == "doi:10.1/c"


def test_harms_without_a_weight_are_not_weighed(options):
    harm = {"name": "biopsy", "probability": 0.02, "among": "all", "source": "doi:10.1/b"}
    assert not ScreeningOptions.of(options(harms=[*options()["screening"]["harms"], harm])).weighed
    assert not ScreeningOptions.of(options(harms=None)).weighed
