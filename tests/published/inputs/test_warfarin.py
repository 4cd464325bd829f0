"""Inputs of the warfarin formulas and their fillings; expected values by hand from the rules."""

import numpy as np
import pandas as pd
import pytest

from genorx import published
from genorx.errors import TableError, UsageError

ROW = {"age_decade": "60 - 69", "height_cm": 170.0, "weight_kg": 80.0, "sex": "male", "race": "White"}


def _patients(*changes):
    return pd.DataFrame([ROW | change for change in changes], index=[f"P{i}" for i in range(len(changes))])


def test_vkorc1_follows_from_linked_sites_by_race():
    """The paper's rules; rs2359612 and rs8050894 say nothing of black patients; the called site goes first."""
    sites = [
        {"rs9923231": 1, "rs9934438": 2},
        {"rs2359612": 2},
        {"rs2359612": 2, "race": "Black or African American"},
        {"rs9934438": 1, "race": "Black or African American"},
        {"rs8050894": 0},
        {},
    ]
    made = published.warfarin_inputs(_patients(*sites))
    assert made["vkorc1"].where(made["vkorc1"].notna(), None).tolist() == ["AG", "AA", None, "AG", "GG", None]
    said = " ".join(each["message"] for each in made.attrs["findings"])
    assert {each["code"] for each in made.attrs["findings"]} == {"warfarin-filled"}
    assert "1 patient: VKORC1 rs9923231 was not called, and imputed from rs8050894" in said


def test_height_weight_and_drugs_are_filled_and_counted():
    """Median of the sex; a drug not listed is not used; one inducer is enough."""
    made = published.warfarin_inputs(
        _patients(
            {"height_cm": 180.0, "carbamazepine": 1, "rifampin": np.nan},
            {"height_cm": np.nan, "carbamazepine": 0, "rifampin": np.nan},
            {"height_cm": 150.0, "sex": "female", "carbamazepine": np.nan, "rifampin": 0},
        )
    )
    assert made["height_cm"].tolist() == [180.0, 180.0, 150.0]
    assert made["inducer"].tolist() == [1.0, 0.0, 0.0]
    assert made["age_decade"].tolist() == [6, 6, 6]
    said = [each["message"] for each in made.attrs["findings"]]
    assert "1 patient: height_cm is not known, and set to the median of the sex" in said
    assert "2 patients: carbamazepine, phenytoin, rifampin: not known, counted as not used" in said


def test_the_dose_is_the_formulas():
    """By hand from the paper's coefficients."""
    patients = _patients({"rs9923231": 2, "rs1799853": 0, "rs1057910": 1, "amiodarone": 1})
    root = 5.6044 - 0.2614 * 6 + 0.0087 * 170 + 0.0128 * 80 - 1.6974 - 0.9357 - 0.5503
    assert published.warfarin_formula()(patients).iloc[0] == pytest.approx(root**2)
    root = 4.0376 - 0.2546 * 6 + 0.0118 * 170 + 0.0134 * 80 - 0.5695
    assert published.warfarin_formula(variant="clinical")(patients).iloc[0] == pytest.approx(root**2)


def test_what_cannot_be_is_refused():
    with pytest.raises(TableError) as caught:
        published.warfarin_inputs(_patients({"rs1799853": 2, "rs1057910": 1}))
    assert caught.value.code == "contradiction"
    with pytest.raises(TableError, match="height_cm"):
        published.warfarin_inputs(_patients({}).drop(columns="height_cm"))
    with pytest.raises(UsageError, match="gage"):
        published.warfarin_formula("gage@2008")


def test_bases_are_counted_whichever_is_the_reference(tmp_path):
    """T of rs9923231 is A on the gene's strand; A of rs2359612 is T there, as REF or as ALT."""
    head = ["##fileformat=VCFv4.3", "##contig=<ID=chr10,length=133797422>", "##contig=<ID=chr16,length=90338345>"]
    head.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">')
    rows = [
        "chr10 94942290 . C T . PASS . GT 0/1",
        "chr16 31092475 . A G . PASS . GT 0/1",
        "chr16 31096368 . C T . PASS . GT ./.",
    ]
    columns = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT S1"
    path = tmp_path / "a.vcf"
    path.write_text(
        "".join("\t".join(line.split()) + "\n" if line[1] != "#" else line + "\n" for line in [*head, columns, *rows])
    )
    made = published.warfarin_sites(path).loc["S1"]
    assert (made["rs1799853"], made["rs2359612"]) == (1, 1)
    assert made[["rs9923231", "rs9934438", "rs8050894", "rs1057910"]].isna().all()
    called = published.warfarin_sites(path, absent="reference").loc["S1"]
    assert (called["rs9934438"], called["rs1057910"]) == (0, 0)
    assert np.isnan(called["rs8050894"])  # its reference base is not taken for granted
