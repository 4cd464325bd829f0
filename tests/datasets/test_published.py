"""Anchors of the packaged studies, by lifelines and by the papers' numbers."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from genorx import datasets


def hazard_ratio(table, *, time, event, arm, against):
    """Hazard ratio and 95 % interval by lifelines' Cox model of all arms (Efron ties)."""
    from lifelines import CoxPHFitter

    arms = pd.get_dummies(table["arm"].astype(str), dtype=float).drop(columns=against)
    frame = arms.assign(t=table[time].astype(float), e=table[event].astype(int))
    summary = CoxPHFitter().fit(frame, "t", "e").summary.loc[arm]
    return [summary["exp(coef)"], summary["exp(coef) lower 95%"], summary["exp(coef) upper 95%"]]


def test_colon_death_hazard_ratios_are_those_of_the_trial():
    """README of the data: Lev 0.97 (0.78-1.21), Lev+5FU 0.69 (0.55-0.87)."""
    table = datasets.load_colon()
    assert table["arm"].value_counts().to_dict() == {"observation": 315, "levamisole": 310, "levamisole+5FU": 304}
    both = hazard_ratio(table, time="death_days", event="death", arm="levamisole+5FU", against="observation")
    assert both == pytest.approx([0.69, 0.55, 0.87], abs=0.006)
    alone = hazard_ratio(table, time="death_days", event="death", arm="levamisole", against="observation")
    assert alone == pytest.approx([0.97, 0.78, 1.21], abs=0.006)


def test_colon_recurrence_is_kept_apart_from_death():
    """R survival's coxph of recurrence alone: 0.60; README of the data, recurrence or death: 0.62 (0.50-0.77)."""
    table = datasets.load_colon()
    arms = {"arm": "levamisole+5FU", "against": "observation"}
    alone = hazard_ratio(table, time="recurrence_days", event="recurrence", **arms)
    assert alone[0] == pytest.approx(0.599, abs=0.001)
    either = table.assign(
        event=(table["recurrence"] + table["death"]).clip(upper=1),
        days=table["recurrence_days"].where(table["recurrence"] == 1, table["death_days"]),
    )
    assert hazard_ratio(either, time="days", event="event", **arms) == pytest.approx([0.62, 0.50, 0.77], abs=0.008)


def test_actg320_hazard_ratio_is_that_of_the_trial():
    """Hammer 1997 in the teaching table: 96 events, 0.50 (0.33-0.77)."""
    table = datasets.load_actg320()
    assert table["event"].sum() == 96
    ratio = hazard_ratio(table, time="event_days", event="event", arm="indinavir", against="control")
    assert ratio == pytest.approx([0.50, 0.33, 0.77], abs=0.006)


@pytest.mark.parametrize(("flt3", "ratio"), [("A", 0.50), ("B", 0.85), ("C", 0.63)])
def test_myeloid_hazard_ratios_by_flt3_class(flt3, ratio):
    """README of the data, death, arm B against A."""
    table = datasets.load_myeloid().query("flt3_class == @flt3")
    found = hazard_ratio(table, time="follow_up_days", event="death", arm="B", against="A")
    assert found[0] == pytest.approx(ratio, abs=0.006)


def test_nhefs_weight_gain_of_quitters_is_that_of_the_book():
    """Hernan and Robins, chapter 12: unadjusted difference 2.54 kg among 1,566 people, 403 quitters."""
    table = datasets.load_nhefs().dropna(subset=["wt82_71"])
    assert (len(table), int(table["qsmk"].sum())) == (1566, 403)
    means = table.groupby("qsmk")["wt82_71"].mean()
    assert means[1] - means[0] == pytest.approx(2.54, abs=0.005)
    described = set(datasets.load_nhefs_codebook()["variable"])
    assert {"qsmk", "wt71", "smokeintensity", "alcoholfreq", "exercise"} <= described


def test_iwpc_counts_and_holes_are_those_of_its_readme():
    """README of the data: 6,256 patients, smoking missing for 2,480, one dose of 315 mg a week."""
    table = datasets.load_iwpc()
    assert table.shape == (6256, 42)
    assert table["current_smoker"].isna().sum() == 2480
    assert table["dose_mg_week"].max() == 315
    everywhere = table.groupby("site")["current_smoker"].agg(lambda site: site.isna().mean())
    assert (everywhere == 1.0).sum() == 7


def test_every_packaged_table_is_typed_and_missing_is_not_zero():
    """Nullable or categorical columns only: a missing 0/1 stays missing."""
    for load in (datasets.load_colon, datasets.load_actg320, datasets.load_myeloid, datasets.load_iwpc):
        table = load()
        assert not any(isinstance(dtype, np.dtype) for dtype in table.dtypes), load.__name__
    assert datasets.load_myeloid()["transplant_days"].isna().sum() > 0


def test_packaged_data_stay_small_and_carry_their_licence():
    """Task: under 1.5 MB; the IWPC folder has its own licence (CC BY-SA 4.0)."""
    home = files("genorx.datasets")
    packed = [path for folder in ("tables", "iwpc") for path in (home / folder).iterdir()]
    assert sum(len(path.read_bytes()) for path in packed) < 1_500_000
    assert "CC BY-SA 4.0" in (home / "iwpc" / "LICENSE").read_text()
    assert "changed" in (home / "iwpc" / "README.md").read_text()
