"""The processing chain: hand calculations, SciPy, and what is refused."""

import numpy as np
import pytest

import genorx as gx
from genorx.imaging.discretisation import fixed_count, fixed_width, volume_levels
from genorx.imaging.families.intensity_volume import intensity_volume
from genorx.imaging.resampling import Grid, interpolated, share_inside
from genorx.imaging.resegmentation import intensity_mask

Image, Mask, IBSIFeatures = gx.imaging.Image, gx.imaging.Mask, gx.imaging.IBSIFeatures
RNG = np.random.default_rng(2)


def _pair(array, mask=None, **more):
    array = np.asarray(array, float)
    mask = np.ones(array.shape, bool) if mask is None else mask
    return Image(array=array, **{"spacing": (1.0, 1.0, 1.0), "patient_id": "P1", **more}), Mask(array=mask)


def _row(pair, **settings):
    return IBSIFeatures(**settings).fit([pair]).transform([pair])


def _refused(code, pair, **settings):
    with pytest.raises(gx.GenorxError) as caught:
        _row(pair, **settings)
    assert caught.value.code == code
    return caught.value


def _codes(frame):
    return [each["code"] for each in frame.attrs["findings"]]


# interpolation


def test_grids_have_one_centre():
    """n' = ceil(n s / s' - 1e-5); voxel i' lies at (n - 1)/2 + (i' - (n' - 1)/2) s'/s: by hand for 5 x 0.9 -> 2.0."""
    grid = Grid.over((5, 4, 3), (0.9, 1.0, 3.0), (2.0, 1.0, 1.5), by_slice=False)
    assert grid.shape == (3, 4, 6)
    np.testing.assert_allclose(grid.positions(0), [2 - 2.0 / 0.9, 2, 2 + 2.0 / 0.9])
    np.testing.assert_allclose(grid.positions(2), 1 + (np.arange(6) - 2.5) / 2)
    assert Grid.over((5, 4, 3), (0.9, 1.0, 3.0), (2.0, 2.0, 1.5), by_slice=True).shape == (3, 2, 3)
    assert Grid.over((10, 1, 1), (0.1, 1.0, 1.0), (1.0, 1.0, 1.0), by_slice=False).shape == (1, 1, 1)


@pytest.mark.parametrize(("method", "order"), [("nearest", 0), ("linear", 1), ("cubic", 3)])
def test_interpolation_agrees_with_scipy(method, order):
    """Within the image; windows of the whole give the same values."""
    from scipy.ndimage import map_coordinates

    array = RNG.normal(size=(60, 9, 7))
    grid = Grid.over(array.shape, (0.9, 1.1, 2.0), (1.3, 0.7, 2.0), by_slice=False)
    whole = interpolated(array, grid, grid.everything, method)
    places = np.meshgrid(*(np.clip(grid.positions(axis), 0, array.shape[axis] - 1) for axis in range(3)), indexing="ij")
    np.testing.assert_allclose(whole, map_coordinates(array, places, order=order, mode="nearest"), atol=2e-6)
    window = (slice(5, 9), slice(2, 6), slice(1, 4))
    np.testing.assert_allclose(interpolated(array, grid, window, method), whole[window], atol=1e-12)


def test_beyond_the_edge_the_edge_value_holds():
    grid = Grid.over((3, 1, 1), (1.0, 1.0, 1.0), (0.4, 1.0, 1.0), by_slice=False)
    values = interpolated(np.array([1.0, 2.0, 4.0]).reshape(3, 1, 1), grid, grid.everything, "linear").ravel()
    np.testing.assert_allclose(grid.positions(0)[[0, -1]], [-0.4, 2.4])
    np.testing.assert_allclose(values[[0, -1]], [1, 4])


def test_half_a_voxel_is_inside():
    grid = Grid.over((4, 1, 1), (1.0, 1.0, 1.0), (2.0, 1.0, 1.0), by_slice=False)
    mask = np.array([False, True, True, True]).reshape(4, 1, 1)
    np.testing.assert_array_equal(share_inside(mask, grid, grid.everything, "linear", 0.5).ravel(), [True, True])
    np.testing.assert_array_equal(share_inside(mask, grid, grid.everything, "linear", 0.51).ravel(), [False, True])


def test_only_ct_is_rounded_unless_it_is_said():
    array = RNG.uniform(1, 9, (4, 4, 3))
    for modality, rounding, whole in (
        ("CT", "auto", True),
        ("PT", "auto", False),
        ("PT", True, True),
        ("CT", False, False),
    ):
        pair = _pair(array, modality=modality)
        mean = _row(pair, families=["stat"], round_intensities=rounding)["stat_mean"].iloc[0]
        assert mean == pytest.approx(np.rint(array).mean() if whole else array.mean())


# re-segmentation


def test_range_then_sigma():
    """The mean and the (biased) deviation are those of what the range left: 1, 2, 3, 10 of 0, 1, 2, 3, 10, 99."""
    values = np.array([0, 1, 2, 3, 10, 99.0]).reshape(6, 1, 1)
    mask = np.ones(values.shape, bool)
    kept = intensity_mask(values, mask, intensity_range=(1, 10), outlier_sigma=1.5)
    np.testing.assert_array_equal(values[kept], [1, 2, 3])
    kept = intensity_mask(values, mask, intensity_range=(-np.inf, 10), outlier_sigma=None)
    np.testing.assert_array_equal(values[kept], [0, 1, 2, 3, 10])


def test_shape_keeps_what_intensities_lose():
    array = np.arange(1.0, 65).reshape(4, 4, 4)
    row = _row(_pair(array), intensity_range=[1, 32], bins=4)
    assert row["morph_vol_approx"].iloc[0] == 64
    assert row["stat_max"].iloc[0] == 32


# discretisation


def test_bins_of_fixed_number_and_width():
    values = np.array([0.0, 1, 4.9, 5, 10])
    np.testing.assert_array_equal(fixed_count(values, 2), [1, 1, 1, 2, 2])
    np.testing.assert_array_equal(fixed_count(np.array([3.0, 3]), 8), [1, 1])
    np.testing.assert_array_equal(fixed_width(values, 2.5, -5.0), [3, 3, 4, 5, 7])


def test_bins_begin_at_the_range_where_it_is_finite():
    array = np.array([3.0, 8, 13]).reshape(3, 1, 1)
    for low, levels in ((0, [1, 2, 3]), (-np.inf, [1, 2, 3]), (-10, [3, 4, 5])):
        row = _row(_pair(np.repeat(array, 2, 2)), families=["ih"], bin_width=5, intensity_range=[low, np.inf])
        assert (row["ih_min"].iloc[0], row["ih_max"].iloc[0]) == (levels[0], levels[2])


@pytest.mark.parametrize("array", [[0.5, 1, 2], [0, 1, 2], [-1, 1, 2]])
def test_without_bins_levels_are_whole_numbers_from_one(array):
    pair = _pair(np.repeat(np.array(array, float).reshape(3, 1, 1), 2, 2))
    _refused("discretisation-missing", pair)
    assert "stat_mean" in _row(pair, families=["morph", "loc", "stat", "ivh"])


def test_bins_beyond_all_number_are_refused():
    _refused("discretisation-missing", _pair(np.arange(8.0).reshape(2, 2, 2) * 1e6), bin_width=1e-6)


# intensity-volume histogram: hand calculations


def _ivh(values, intensity_range=None, **settings):
    made = {"ivh_bins": None, "ivh_bin_width": None, **settings}
    steps, first, step, number = volume_levels(np.asarray(values, float), intensity_range=intensity_range, **made)
    return intensity_volume(steps, first=first, step=step, number=number), number


def test_volume_histogram_of_whole_intensities():
    """Values 1 1 1 1 1 1 1 1 5 11: G = 1..11; V10 at G = 2 is 2/10, V90 at G = 10 is 1/10; I10 = 6, I90 = 2."""
    found, number = _ivh([1] * 8 + [5, 11])
    assert number == 11
    np.testing.assert_allclose(found, [0.2, 0.1, 6, 2, 0.1, 4])


def test_volume_histogram_over_a_range():
    """G = 0..20: V10 at G = 2, V90 at G = 18; I10: first G with a share of at most 0.1."""
    found, number = _ivh([1] * 8 + [5, 11], intensity_range=(0, 20))
    assert number == 21
    np.testing.assert_allclose(found, [0.2, 0.0, 6, 2, 0.2, 4])


def test_volume_histogram_of_fixed_width():
    """Width 5 from 0: centres 2.5 (8 values), 7.5 (5) and 12.5 (11); G = 2.5, 7.5, 12.5, 17.5."""
    found, number = _ivh([1] * 8 + [5, 11], intensity_range=(0, 20), ivh_bin_width=5.0)
    assert number == 4
    np.testing.assert_allclose(found, [0.2, 0.0, 12.5, 7.5, 0.2, 5])


def test_volume_histogram_of_other_intensities_has_1000_bins():
    values = RNG.normal(size=500)
    by_default, number = _ivh(values)
    assert number == 1000
    np.testing.assert_allclose(by_default, _ivh(values, ivh_bins=1000)[0])
    bins = fixed_count(values, 1000)
    nu = np.array([(bins >= g).mean() for g in range(1, 1001)])
    assert by_default[0] == pytest.approx(nu[100])  # gamma = 100/999, the first of at least 0.1
    assert by_default[2] == np.flatnonzero(nu <= 0.1)[0] + 1


# what is refused, and what is said


def test_what_is_no_number():
    array = RNG.integers(1, 5, (4, 4, 3)).astype(float)
    mask = np.zeros(array.shape, bool)
    mask[1:3, 1:3, 1] = True
    array[0, 0, 0] = np.nan
    array[0, 1, 0] = np.inf
    row = _row(_pair(array, mask))
    assert _codes(row) == ["image-not-finite-outside"]
    array[1, 1, 1] = np.inf
    assert _refused("image-not-finite", _pair(array, mask)).place == "slice 2"


def test_regions_that_are_lost():
    array = np.ones((8, 8, 4))
    mask = np.zeros(array.shape, bool)
    mask[3, 3, 1] = True
    assert _refused("region-lost", _pair(array, mask), spacing=3.0, bins=4).exit_code == 4
    assert _refused("region-lost", _pair(array), intensity_range=[5, 9], bins=4).exit_code == 4
    assert _refused("mask-empty", _pair(array, np.zeros(array.shape, bool)), bins=4).exit_code == 4
    assert _refused("mask-geometry", _pair(array, np.ones((8, 8, 3), bool)), bins=4).exit_code == 3


def test_one_voxel():
    array = np.arange(1.0, 28).reshape(3, 3, 3)
    mask = np.zeros(array.shape, bool)
    mask[1, 1, 1] = True
    row = _row(_pair(array, mask))
    assert _codes(row) == ["region-too-small"]
    assert row["stat_mean"].iloc[0] == 14
    assert row["stat_skew"].iloc[0] == row["stat_kurt"].iloc[0] == 0
    assert row[["morph_moran_i", "cm_contrast_3D_avg", "morph_pca_flatness", "ngt_contrast_3D"]].isna().all(axis=None)
    assert row["szm_sze_3D"].iloc[0] == 1


def test_flat_region():
    """Values of the reference manual for a single grey level; what divides by zero is missing."""
    row = _row(_pair(np.full((4, 4, 4), 3.0)), aggregations=["2D_avg", "3D_comb"])
    assert _codes(row) == ["region-flat"]
    known = {
        "stat_skew": 0, "stat_kurt": 0, "stat_cov": 0, "ih_entropy": 0, "ih_uniformity": 1, "cm_corr_3D_comb": 1,
        "cm_info_corr1_3D_comb": 0, "cm_info_corr2_3D_comb": 0, "ngt_coarseness_3D": 1e6, "ngt_contrast_3D": 0,
        "ngt_busyness_3D": 0, "cm_joint_max_2D_avg": 1, "szm_lze_3D": 64**2,
    }  # fmt: skip
    for tag, value in known.items():
        assert row[tag].iloc[0] == value, tag
    assert row[["morph_moran_i", "morph_geary_c", "ivh_v10", "ivh_diff_v10_v90"]].isna().all(axis=None)
    assert np.isfinite(row["ivh_i10"].iloc[0])


def test_values_that_divide_by_zero_are_missing():
    row = _row(_pair(np.array([-1.0, 1, -1, 1, -1, 1, -1, 1]).reshape(2, 2, 2)), families=["stat", "morph"])
    assert row[["stat_cov", "stat_qcod", "morph_com"]].isna().all(axis=None)


def test_one_slice_has_no_volume():
    array = RNG.integers(1, 5, (6, 5, 1)).astype(float)
    row = _row(_pair(array, spacing=(2.0, 2.0, 3.0)), aggregations=["2D_avg", "3D_avg"])
    assert [tag for tag in row if tag.startswith("morph")] == ["morph_vol_approx", "morph_integ_int"]
    assert row["morph_vol_approx"].iloc[0] == 30 * 12
    assert row["morph_integ_int"].iloc[0] == pytest.approx(30 * 12 * array.mean())
    assert not [tag for tag in row if "_3D" in tag]
    assert "cm_contrast_2D_avg" in row


def test_widths_need_units():
    pair = _pair(RNG.uniform(1, 9, (4, 4, 3)), modality="MR")
    assert _codes(_row(pair, bin_width=1)) == ["arbitrary-units"]
    assert _codes(_row(pair, bins=8)) == []
    assert _codes(_row(_pair(RNG.uniform(1, 9, (4, 4, 3)), modality="CT", unit="HU"), bin_width=1)) == []


def test_nothing_outside_of_the_region_is_seen():
    """But by the peaks, which count what lies within 6.2 mm."""
    array = RNG.integers(1, 6, (9, 9, 9)).astype(float)
    mask = np.zeros(array.shape, bool)
    mask[2:7, 2:7, 2:7] = True
    other = np.where(mask, array, 99.0)
    families = ["morph", "stat", "ih", "ivh", "cm", "rlm", "szm", "dzm", "ngt", "ngl"]
    first, second = (_row(_pair(each, mask), families=families) for each in (array, other))
    np.testing.assert_array_equal(first.to_numpy(), second.to_numpy())
    assert _row(_pair(other, mask), families=["loc"]).iloc[0, 0] > _row(_pair(array, mask), families=["loc"]).iloc[0, 0]


def test_the_crop_changes_nothing():
    """A region amid a large image, and the same in an image cut 9 mm around it."""
    array = RNG.integers(1, 6, (40, 41, 30)).astype(float)
    mask = np.zeros(array.shape, bool)
    mask[15:24, 14:25, 12:18] = RNG.uniform(size=(9, 11, 6)) < 0.8
    part = (slice(6, 33), slice(5, 34), slice(3, 27))
    whole = _row(_pair(array, mask), aggregations=["2D_avg", "2_5D_comb", "3D_avg"])
    cut = _row(_pair(array[part], mask[part]), aggregations=["2D_avg", "2_5D_comb", "3D_avg"])
    np.testing.assert_allclose(whole.to_numpy(), cut.to_numpy(), rtol=1e-9)
