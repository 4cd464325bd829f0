"""Cards: complete, by their schema, and the same as the code."""

import json
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from genorx import published
from genorx.errors import UsageError
from genorx.published.cards.card import card_files, card_of
from genorx.published.cards.card_schema import card_schema
from genorx.published.registry import _HOMES
from genorx.published.tables import DATA, load_table

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", published.names())
def test_every_card_fits_its_schema(name):
    """The schema that is in ``data_schemas/``."""
    card = published.load(name).card
    jsonschema.validate(json.loads(json.dumps(card.to_dict())), card_schema())
    assert card.id == name
    assert len(card.coefficients) == 64
    assert card.title in str(card)
    assert published.load(name).columns["name"].tolist() == [each.name for each in card.inputs]


def test_the_committed_schema_is_that_of_the_code():
    committed = (ROOT / "data_schemas" / "published_card.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == card_schema()


def test_every_family_has_a_card_and_every_card_a_family():
    assert sorted(card_files()) == sorted(_HOMES)


def test_the_packs_tables_are_those_that_the_script_makes(shared, tmp_path, monkeypatch):
    """The tables are converted, not typed: the script gives the committed bytes."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("pack", ROOT / "scripts" / "make_published_pack.py")
    pack = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack)
    monkeypatch.setattr(pack, "HOME", tmp_path)
    pack.main(shared / "data" / "published_models")
    for path in (DATA / "tables").glob("*.json"):
        assert (tmp_path / path.name).read_text() == path.read_text(), path.name


def test_log_effects_of_the_cards_are_those_of_the_tables():
    """A card is checked against the code: PREDICT's options."""
    for version in ("2.2", "3.1", "3.2"):
        effects = {
            each["name"]: each["log_effect"] for each in published.load(f"predict-breast@{version}").card.options
        }
        table = load_table(f"predict-breast@{version}")["treatment"]
        expected = {"h": table["hormone"], "H": table["hormone_years_11_15"], "t": table["trastuzumab"]}
        expected |= {"c": table["chemotherapy"]["2"], "b": table["bisphosphonate"]}
        expected |= {"r": table["radiotherapy"]} if version != "2.2" else {}
        assert effects == pytest.approx(expected)
    radical = published.load("predict-prostate@2025.03").card.options[1]["log_effect"]
    assert radical == load_table("predict-prostate@2025.03")["treatment"]["radical"]


def test_a_model_to_come_needs_no_change_of_code():
    """The card schema must take PREDICT Breast 4.0."""
    values = published.load("predict-breast@3.1").card.to_dict()
    inputs = published.load("predict-breast@3.1").card.inputs
    later = {key: value for key, value in values.items() if key != "inputs"}
    later |= {"id": "predict-breast@4.0", "version": "4.0", "released": "2025-08", "horizons": [10]}
    made = card_of(later, inputs)
    jsonschema.validate(json.loads(json.dumps(made.to_dict())), card_schema())
    with pytest.raises(UsageError):
        card_of(later | {"mood": "good"}, inputs)


@pytest.mark.parametrize("name", published.names())
def test_models_have_the_shape_of_scikit_learn(name):
    """get_params, set_params, clone, set_output."""
    model = published.load(name, trusted=("x",)[:0])
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert copy.set_output(transform="pandas") is copy
    assert copy.set_params(trusted=()) is copy
    with pytest.raises(UsageError):
        model.set_params(colour="red")


def test_importing_the_room_is_quick_and_loads_no_survival_library():
    """``import genorx.published`` <= 0.5 s, without scikit-survival.

    pandas alone takes 0.3 s of an idle machine, so the room may add 0.2 s of processor time: 0.7 of what pandas takes,
    a ratio that holds on any machine.  The best of three.
    """
    code = (
        "import time, sys, json; begin = time.process_time(); import pandas; middle = time.process_time(); "
        "import genorx.published; end = time.process_time(); "
        "print(json.dumps([middle - begin, end - middle, sorted(sys.modules)]))"
    )
    runs = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        runs.append(json.loads(done.stdout))
    assert not {name.partition(".")[0] for name in runs[0][2]} & {"sksurv", "lifelines", "matplotlib", "sklearn"}
    assert min(room for _, room, _ in runs) < 0.7 * min(pandas for pandas, _, _ in runs)


def test_patients_are_not_walked_through_one_by_one(heart, breast):
    """10,000 x 16 options <= 2 s, 100,000 of PREVENT <= 2 s; with room for a busy machine."""
    women = breast().iloc[np.zeros(10_000, dtype=int)].reset_index(drop=True)
    model = published.load("predict-breast@3.2")
    start = time.process_time()
    model.predict(women, horizons=[10], options=model.all_options()[:16])
    assert time.process_time() - start < 4
    rng = np.random.default_rng(0)
    people = heart().iloc[np.zeros(100_000, dtype=int)].reset_index(drop=True)
    people = people.assign(age=rng.integers(30, 79, 100_000))
    start = time.process_time()
    published.load("prevent@2023").evaluate(people)
    assert time.process_time() - start < 4


def test_a_class_and_a_version_are_the_same_as_its_name(breast):
    """``gx.published.PredictBreast(version="3.2")``."""
    made = published.PredictBreast(version="3.2")
    pd.testing.assert_frame_equal(made.evaluate(breast()), published.load("predict-breast@3.2").evaluate(breast()))
    with pytest.raises(TypeError):
        published.PredictBreast()
    assert published.__all__ == sorted(set(published.__all__))
    assert all(hasattr(published, name) for name in published.__all__)
