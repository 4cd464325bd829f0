"""``genorx image``: outputs, options and how it ends."""

import csv
import hashlib
import json

import nibabel
import numpy as np
import pandas as pd
import pytest

from genorx.cli.app import run
from genorx.imaging.codes import tags
from genorx.imaging.feature_table import PROVENANCE

SHAPE = (14, 12, 6)


@pytest.fixture
def made(dicom, tmp_path):
    """A CT series and a structure set of it."""
    rng = np.random.default_rng(9)
    series = dicom.write_series(tmp_path / "series", rng.integers(900, 1200, SHAPE), spacing=(1.0, 1.0, 2.0))
    box = np.array([(-7.5, -17.5), (-0.5, -17.5), (-0.5, -10.5), (-7.5, -10.5)])
    contours = [np.column_stack([box, np.full(4, 5.0 + 2 * k)]) for k in (1, 2, 3, 4)]
    return series, dicom.write_contours(tmp_path / "rt.dcm", [("tumour", contours)])


def _run(*arguments):
    return run(["image", *map(str, arguments)])


def _rows(path):
    with open(path, encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def _error(capsys):
    return json.loads(capsys.readouterr().err.strip().splitlines()[-1])


def _settings(tmp_path, text):
    path = tmp_path / "s.toml"
    path.write_text(text, encoding="utf-8")
    return path


TWO = "[configuration.volume]\nspacing = 2\nbins = 16\n[configuration.slices]\nby_slice = true\nbin_width = 25\n"


def test_long_table(made, tmp_path, dicom):
    series, mask = made
    assert _run(series, "--mask", mask, "--out", tmp_path / "f.csv") == 0
    rows = _rows(tmp_path / "f.csv")
    assert list(rows[0]) == ["patient_id", "config", "tag", "ibsi", "value", "note"]
    assert [row["tag"] for row in rows] == list(tags(aggregations=["3D_avg", "3D_comb"]))
    assert {row["patient_id"] for row in rows} == {dicom.PATIENT}
    assert {row["config"] for row in rows} == {"default"}
    found = {row["tag"]: row for row in rows}
    assert found["ih_max"]["value"] == "32.0"
    assert found["cm_joint_max_3D_avg"]["ibsi"] == "GYBY.ITBB"
    assert len(found["stat_var"]["value"]) > 10  # full precision


def test_undefined_values_are_empty_and_say_so(phantom, tmp_path):
    mask = tmp_path / "m.nii"
    one = np.zeros((5, 4, 4), np.uint8)
    one[2, 2, 2] = 1
    nibabel.save(nibabel.Nifti1Image(one, nibabel.load(phantom / "digital_mask.nii.gz").affine), mask)
    assert _run(phantom / "digital_phantom.nii.gz", "--mask", mask, "--out", tmp_path / "f.csv") == 0
    found = {row["tag"]: row for row in _rows(tmp_path / "f.csv")}
    assert (found["morph_moran_i"]["value"], found["morph_moran_i"]["note"]) == ("", "undefined")
    assert (found["stat_mean"]["note"], found["stat_skew"]["value"]) == ("", "0.0")


def test_wide_table_and_two_configurations(made, tmp_path, dicom):
    series, mask = made
    settings = _settings(tmp_path, TWO)
    assert _run(series, "--mask", mask, "--settings", settings, "--wide", "--out", tmp_path / "f.csv") == 0
    frame = pd.read_csv(tmp_path / "f.csv")
    assert tuple(frame.columns[: len(PROVENANCE)]) == PROVENANCE
    assert frame["config"].tolist() == ["volume", "slices"]
    assert frame["modality"].unique().tolist() == ["CT"]
    assert frame["unit"].unique().tolist() == ["HU"]
    assert frame["date"].unique().tolist() == ["2020-01-03"]
    assert frame["series_uid"].unique().tolist() == [dicom.SERIES]
    assert frame[["spacing_x_mm", "spacing_y_mm", "spacing_z_mm"]].iloc[0].tolist() == [1, 1, 2]
    assert frame["voxels"].tolist() == [7 * 7 * 4] * 2
    assert frame["settings"].str.fullmatch("[0-9a-f]{12}").all()
    assert frame["settings"].nunique() == 2
    assert list(frame.columns[len(PROVENANCE) :]) == list(tags())
    assert frame.loc[0, "cm_contrast_3D_avg"] > 0
    assert np.isnan(frame.loc[0, "cm_contrast_2D_avg"])


def test_diagnostics(made, tmp_path):
    series, mask = made
    settings = _settings(tmp_path, "spacing = 2\nbins = 16\nintensity_range = [-50, 100]\n")
    call = (series, "--mask", mask, "--settings", settings, "--diagnostics", "--out", tmp_path / "f.csv")
    assert _run(*call) == 0
    found = {row["tag"]: float(row["value"] or "nan") for row in _rows(tmp_path / "f.csv")}
    assert len(found) == 210 + 60
    assert [found[f"img_dim_{axis}_init_img"] for axis in "xyz"] == [14, 12, 6]
    assert [found[f"img_dim_{axis}_interp_img"] for axis in "xyz"] == [7, 6, 6]
    assert [found[f"vox_dim_{axis}_interp_img"] for axis in "xyz"] == [2, 2, 2]
    assert [found[f"int_mask_dim_{axis}_reseg_roi"] for axis in "xyz"] == [7, 6, 6]
    assert [found[f"morph_mask_bb_dim_{axis}_init_roi"] for axis in "xyz"] == [7, 7, 4]
    assert found["int_mask_vox_count_init_roi"] == found["morph_mask_vox_count_init_roi"] == 196
    assert found["int_mask_vox_count_reseg_roi"] < found["morph_mask_vox_count_reseg_roi"]
    assert found["int_mask_min_int_reseg_roi"] >= -50
    assert found["int_mask_min_int_interp_roi"] == np.rint(found["int_mask_min_int_interp_roi"])
    assert found["min_int_init_img"] <= found["int_mask_min_int_init_roi"]


def test_info_says_where_features_come_from(made, tmp_path, dicom):
    series, mask = made
    settings = _settings(tmp_path, TWO + "intensity_range = [-inf, 500]\n")
    files = ("--settings", settings, "--out", tmp_path / "f.csv", "--info", tmp_path / "i.json")
    assert _run(series, "--mask", mask, *files) == 0
    info = json.loads((tmp_path / "i.json").read_text())
    assert list(info) == ["schema_version", "image", "mask", "configurations", "findings", "versions"]
    assert info["image"] == {
        "modality": "CT", "unit": "HU", "spacing_mm": [1.0, 1.0, 2.0], "shape": list(SHAPE),
        "patient_id": dicom.PATIENT, "study_uid": dicom.STUDY, "series_uid": dicom.SERIES,
        "frame_of_reference_uid": dicom.FRAME, "date": "2020-01-03",
    }  # fmt: skip
    assert info["mask"] == {"label": "tumour", "source": "rtstruct", "voxels": 196, "volume_ml": pytest.approx(0.392)}
    assert info["configurations"]["volume"]["bins"] == 16
    assert info["configurations"]["slices"]["intensity_range"] == ["-inf", 500.0]
    assert len(info["configurations"]["slices"]["settings"]) == 12
    assert "pydicom" in info["versions"]


def test_page_is_self_contained_and_names_nobody(made, tmp_path):
    series, mask = made
    files = ("--out", tmp_path / "f.csv", "--report", tmp_path / "p.html", "--settings", _settings(tmp_path, TWO))
    assert _run(series, "--mask", mask, *files, "--info", tmp_path / "i.json") == 0
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3 + 2
    assert "window" in page
    row = page[: page.index(">morph_volume<")].rpartition("<tr>")[2]
    assert row.startswith(
        '<td class="word">Volume</td><td class="num">'
    )  # value and unit before codes: a narrow screen
    assert "mm³" in row
    assert "label tumour, 196 voxels, 0.392 mL" in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org/", "")
    for path in ("p.html", "f.csv", "i.json"):
        for secret in ("Mustermann", "Erika", "19640812"):
            assert secret not in (tmp_path / path).read_text(encoding="utf-8")


def test_page_tells_the_percentile_of_others(made, tmp_path):
    """The value itself is one of four others below, one equal, one above: (4 + 0.5) / 6 = 75 %."""
    series, mask = made
    assert _run(series, "--mask", mask, "--wide", "--out", tmp_path / "f.csv") == 0
    value = pd.read_csv(tmp_path / "f.csv")["stat_mean"].iloc[0]
    others = [value - k for k in (4, 3, 2, 1)] + [value, value + 1]
    pd.DataFrame({"patient_id": range(6), "config": "default", "stat_mean": others}).to_csv(
        tmp_path / "c.csv", index=False
    )
    files = ("--out", tmp_path / "g.csv", "--report", tmp_path / "p.html", "--cohort", tmp_path / "c.csv")
    assert _run(series, "--mask", mask, *files) == 0
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    row = page[: page.index("stat_mean")].rpartition("<tr>")[2]
    assert ">75<" in row
    assert "Percentile among 6 others" in page


def test_nifti_is_named_by_its_file_or_by_the_option(phantom, tmp_path):
    call = (phantom / "digital_phantom.nii.gz", "--mask", phantom / "digital_mask.nii.gz", "--out", tmp_path / "f.csv")
    assert _run(*call) == 0
    assert {row["patient_id"] for row in _rows(tmp_path / "f.csv")} == {"digital_phantom"}
    assert _run(*call, "--patient", "P0007", "--modality", "CT", "--wide") == 0
    row = _rows(tmp_path / "f.csv")[0]
    assert (row["patient_id"], row["modality"], row["unit"]) == ("P0007", "CT", "HU")


def test_modality_of_the_settings(phantom, tmp_path, capsys):
    call = (phantom / "digital_phantom.nii.gz", "--mask", phantom / "digital_mask.nii.gz", "--out", tmp_path / "f.csv")
    settings = ("--settings", _settings(tmp_path, 'modality = "MR"\nbins = 4\n'))
    assert _run(*call, *settings, "--wide") == 0
    assert _rows(tmp_path / "f.csv")[0]["modality"] == "MR"
    assert _run(*call, *settings, "--modality", "CT", "--errors", "json") == 3
    assert _error(capsys)["code"] == "modality-mismatch"


def test_same_bytes_whatever_the_workers(made, tmp_path):
    series, mask = made
    digests = set()
    for workers in (1, 4):
        out = tmp_path / f"{workers}.csv"
        assert _run(series, "--mask", mask, "--out", out, "--workers", workers) == 0
        digests.add(hashlib.sha256(out.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_standard_output(phantom, capsys):
    assert _run(phantom / "digital_phantom.nii.gz", "--mask", phantom / "digital_mask.nii.gz", "--out", "-") == 0
    assert capsys.readouterr().out.startswith("patient_id,config,tag,ibsi,value,note\n")


def _list(tmp_path, phantom, rows, header="patient_id,image,mask"):
    for name in ("digital_phantom.nii.gz", "digital_mask.nii.gz"):
        (tmp_path / name).write_bytes((phantom / name).read_bytes())
    path = tmp_path / "list.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


GOOD = "digital_phantom.nii.gz,digital_mask.nii.gz"


def test_list_of_images(phantom, tmp_path):
    listed = _list(
        tmp_path, phantom, [f"P2,{GOOD},1,,CT", f"P1,{GOOD},,,"], "patient_id,image,mask,label,series,modality"
    )
    assert _run("--list", listed, "--wide", "--out", tmp_path / "f.csv") == 0
    rows = _rows(tmp_path / "f.csv")
    assert [(row["patient_id"], row["modality"]) for row in rows] == [("P2", "CT"), ("P1", "OT")]
    assert rows[0]["stat_mean"] == rows[1]["stat_mean"]


def test_list_has_the_same_bytes_whatever_the_workers(phantom, tmp_path):
    listed = _list(tmp_path, phantom, [f"P{number},{GOOD}" for number in range(3)])
    for workers in (1, 2):
        out = tmp_path / f"{workers}.csv"
        assert _run("--list", listed, "--wide", "--out", out, "--workers", workers) == 0
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_all_faults_of_a_list_are_told_at_once(phantom, tmp_path, capsys):
    listed = _list(
        tmp_path, phantom, [f"P1,{GOOD}", "P2,absent.nii,digital_mask.nii.gz", "P3,digital_phantom.nii.gz,list.csv"]
    )
    assert _run("--list", listed, "--out", tmp_path / "f.csv", "--errors", "json") == 3
    error = _error(capsys)
    assert error["code"] == "file-absent"
    assert "and 1 more" in error["reason"]
    assert not (tmp_path / "f.csv").exists()
    assert _run("--list", listed, "--out", tmp_path / "f.csv", "--skip-faulty") == 0
    assert "image-left-out" in capsys.readouterr().err
    assert {row["patient_id"] for row in _rows(tmp_path / "f.csv")} == {"P1"}


def test_a_list_of_nothing_but_faults_is_an_error(phantom, tmp_path, capsys):
    listed = _list(tmp_path, phantom, ["P2,absent.nii,digital_mask.nii.gz"])
    assert _run("--list", listed, "--out", tmp_path / "f.csv", "--skip-faulty", "--errors", "json") == 3
    assert _error(capsys)["code"] == "file-absent"


@pytest.mark.parametrize(
    ("header", "row", "code"),
    [
        ("patient_id,image", "P1,a", "no-such-column"),
        ("patient_id,image,mask,extra", f"P1,{GOOD},1", "unknown-key"),
        ("patient_id,image,mask", f",{GOOD}", "missing-id"),
        ("patient_id,image,mask", "P1,,m", "missing-value"),
        ("patient_id,image,mask,modality", f"P1,{GOOD},XX", "unknown-level"),
        ("patient_id,image,mask", "P1,a", "table"),
        ("patient_id,image,mask", "", "table"),
        ("patient_id,image,mask,mask", f"P1,{GOOD},x", "duplicate-column"),
    ],
)
def test_lists_that_cannot_be_read(phantom, tmp_path, capsys, header, row, code):
    listed = _list(tmp_path, phantom, [row], header)
    assert _run("--list", listed, "--out", tmp_path / "f.csv", "--errors", "json") == 3
    assert _error(capsys)["code"] == code


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("--mask", "m.nii", "--list", "l.csv"),
        ("--mask", "m.nii", "--skip-faulty"),
        ("--mask", "m.nii", "--cohort", "c.csv"),
        ("--mask", "m.nii", "--modality", "XX"),
        ("--mask", "m.nii", "--suv", "lbm"),
    ],
)
def test_calls_that_are_wrong(tmp_path, more):
    assert _run(tmp_path / "i.nii", *more, "--out", tmp_path / "f.csv") == 2


@pytest.mark.parametrize("option", ["--label", "--series", "--patient", "--info", "--report"])
def test_options_of_one_image_are_refused_for_a_list(tmp_path, option):
    assert _run("--list", tmp_path / "l.csv", option, tmp_path / "x", "--out", tmp_path / "f.csv") == 2


def test_region_without_a_voxel_is_exit_4(phantom, tmp_path, capsys):
    settings = _settings(tmp_path, "bins = 4\nintensity_range = [100, 200]\n")
    call = (phantom / "digital_phantom.nii.gz", "--mask", phantom / "digital_mask.nii.gz", "--settings", settings)
    assert _run(*call, "--out", tmp_path / "f.csv", "--errors", "json") == 4
    assert _error(capsys)["code"] == "region-lost"


def test_output_is_no_input(phantom, tmp_path):
    image = tmp_path / "i.nii.gz"
    image.write_bytes((phantom / "digital_phantom.nii.gz").read_bytes())
    assert _run(image, "--mask", phantom / "digital_mask.nii.gz", "--out", image) == 2
    (tmp_path / "other").mkdir()
    for same in (tmp_path / "f.csv", tmp_path / "other" / ".." / "f.csv"):
        both = ("--out", tmp_path / "f.csv", "--info", same)
        assert _run(image, "--mask", phantom / "digital_mask.nii.gz", *both) == 2
