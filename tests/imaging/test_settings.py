"""Settings: files, what is refused, and the digest."""

import json

import pytest

import genorx as gx
from genorx.imaging.settings import Configuration, checked, read_configurations

read_settings = gx.imaging.read_settings


def _write(tmp_path, text):
    path = tmp_path / "s.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_one_configuration_at_the_top_is_default(tmp_path):
    found = read_settings(_write(tmp_path, 'modality = "CT"\nbins = 16\nspacing = 2\nintensity_range = [-1000, inf]\n'))
    assert list(found) == ["default"]
    settings = found["default"].configuration
    assert (settings.bins, settings.spacing, settings.intensity_range) == (16, (2, 2, 2), (-1000, float("inf")))
    assert read_configurations(tmp_path / "s.toml")[1] == "CT"


def test_named_configurations_keep_their_order(tmp_path):
    text = (
        "[configuration.b]\nby_slice = true\nbin_width = 25\n[configuration.a]\nbins = 8\nfamilies = ['cm', 'stat']\n"
    )
    found = read_settings(_write(tmp_path, text))
    assert list(found) == ["b", "a"]
    assert found["b"].configuration.ways == ("2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb")
    assert found["a"].configuration.ways == ("3D_avg", "3D_comb")
    assert found["a"].configuration.families == ("stat", "cm")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("binz = 3", "binz"),
        ("bins = 3\nbin_width = 2", "bins and bin_width"),
        ("ivh_bins = 3\nivh_bin_width = 2", "ivh_bins and ivh_bin_width"),
        ("bins = 0", "bins"),
        ("bins = 2.5", "bins"),
        ("bins = true", "bins"),
        ("bin_width = -1", "bin_width"),
        ("spacing = [1, 2]", "spacing"),
        ("spacing = 0", "spacing"),
        ("spacing = '2'", "spacing"),
        ("interpolation = 'spline'", "interpolation"),
        ("mask_threshold = 0", "mask_threshold"),
        ("mask_threshold = 1.5", "mask_threshold"),
        ("round_intensities = 1", "round_intensities"),
        ("intensity_range = [5, 1]", "intensity_range"),
        ("intensity_range = [nan, 1]", "intensity_range"),
        ("intensity_range = 5", "intensity_range"),
        ("outlier_sigma = 0", "outlier_sigma"),
        ("families = ['xx']", "families"),
        ("families = []", "families"),
        ("aggregations = ['2D']", "aggregations"),
        ("modality = 'XX'", "modality"),
        ("by_slice = 1", "by_slice"),
        ("bins = 3\n[configuration.a]\nbins = 3", "bins"),
        ("[configuration.a]\nbinz = 3", "binz"),
        ("configuration = 3", "configuration"),
        ("[configuration]\na = 3", "configuration"),
        ("bins = = 3", "TOML"),
    ],
)
def test_settings_that_cannot_be(tmp_path, text, word):
    with pytest.raises(gx.GenorxError) as caught:
        read_settings(_write(tmp_path, text))
    assert (caught.value.code, caught.value.exit_code) == ("settings", 3)
    assert word in str(caught.value)
    assert caught.value.file.endswith("s.toml")


def test_absent_file(tmp_path):
    with pytest.raises(gx.GenorxError) as caught:
        read_settings(tmp_path / "absent.toml")
    assert caught.value.code == "file-absent"


def test_digest_is_that_of_the_meaning():
    """Defaults written out, one number for three, and whole numbers for decimals change nothing."""
    plain = checked({"spacing": 2, "bins": 32}).digest
    assert (
        checked({"spacing": [2.0, 2.0, 2.0], "bins": 32.0, "interpolation": "linear", "families": "all"}).digest
        == plain
    )
    assert checked({"spacing": 2, "bins": 31}).digest != plain
    assert len(plain) == 12
    assert int(plain, 16) >= 0


def test_settings_are_values_of_json():
    values = checked({"intensity_range": [float("-inf"), 3]}).to_dict()
    assert json.loads(json.dumps(values, allow_nan=False))["intensity_range"] == ["-inf", 3.0]
    assert set(values) == set(Configuration().to_dict())
