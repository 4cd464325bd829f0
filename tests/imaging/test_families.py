"""Families against loops over voxels written from the reference manual, on a region with holes and empty levels."""

import itertools

import numpy as np
import pytest

import genorx as gx
from genorx.imaging.codes import stems_of
from genorx.imaging.families import (
    cooccurrence,
    intensity_statistics,
    intensity_volume,
    neighbourhood_dependence,
    neighbourhood_difference,
    run_length,
    zones,
)
from genorx.imaging.families import (
    local_intensity as peaks,
)
from genorx.imaging.families import (
    morphology as shape,
)
from genorx.imaging.families.local_intensity import local_intensity
from genorx.imaging.families.morphology import _ellipsoid_area, morphology
from genorx.imaging.families.spatial_correlation import spatial_correlation
from genorx.imaging.families.zones import border_distance

RNG = np.random.default_rng(8)
SHAPE = (7, 6, 5)
LEVELS = RNG.choice([1, 2, 5, 9], p=[0.5, 0.2, 0.2, 0.1], size=SHAPE)
MASK = RNG.uniform(size=SHAPE) < 0.85
MASK[3, 3, 2] = False
MASK[:, :, 4] = False
MASK[0, 0, 4] = True
FLAT = [(1, 0, 0), (0, 1, 0), (1, 1, 0), (1, -1, 0)]
DEEP = [each for each in itertools.product((-1, 0, 1), repeat=3) if each > (0, 0, 0)]
VOXELS = [tuple(int(i) for i in each) for each in np.argwhere(MASK)]


@pytest.fixture(scope="module")
def row():
    pair = (
        gx.imaging.Image(array=LEVELS.astype(float), spacing=(0.7, 1.1, 2.0), patient_id="P1"),
        gx.imaging.Mask(array=MASK),
    )
    ways = ["2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb"]
    return gx.imaging.IBSIFeatures(aggregations=ways).fit([pair]).transform([pair]).iloc[0]


def _inside(at):
    return all(0 <= i < n for i, n in zip(at, SHAPE, strict=True)) and MASK[at]


def _next(at, way):
    return tuple(i + step for i, step in zip(at, way, strict=True))


def _matrix(entries):
    found = np.zeros((10, 10))
    for i, j in entries:
        found[i, j] += 1
    return found


def _pairs(way, k=None):
    for at in VOXELS:
        other = _next(at, way)
        if _inside(other) and k in (None, at[2]):
            yield LEVELS[at], LEVELS[other]
            yield LEVELS[other], LEVELS[at]


def _runs(way, k=None):
    for at in VOXELS:
        before = _next(at, tuple(-step for step in way))
        if k not in (None, at[2]) or (_inside(before) and LEVELS[before] == LEVELS[at]):
            continue
        length, here = 1, at
        while _inside(_next(here, way)) and LEVELS[_next(here, way)] == LEVELS[at]:
            here, length = _next(here, way), length + 1
        yield LEVELS[at], length


def _aggregated(entries, feature, way):
    base, how = way.rsplit("_", 1)
    directions = DEEP if base == "3D" else FLAT
    slices = range(SHAPE[2]) if base == "2D" else [None]
    sets = [[d] for d in directions] if how == "avg" else [directions]
    matrices = [_matrix([e for d in part for e in entries(d, k)]) for k in slices for part in sets]
    return np.mean([feature(each) for each in matrices if each.sum()])


ROW, COL = np.indices((10, 10))
WAYS = ["2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb"]


@pytest.mark.parametrize("way", WAYS)
def test_cooccurrence(row, way):
    features = {
        "contrast": lambda m: ((ROW - COL) ** 2 * m).sum() / m.sum(),
        "energy": lambda m: ((m / m.sum()) ** 2).sum(),
        "inv_diff_norm": lambda m: (m / (1 + abs(ROW - COL) / 9)).sum() / m.sum(),
        "inv_var": lambda m: (np.where(ROW != COL, m, 0) / np.maximum(1, (ROW - COL) ** 2)).sum() / m.sum(),
    }
    for name, feature in features.items():
        assert row[f"cm_{name}_{way}"] == pytest.approx(_aggregated(_pairs, feature, way), rel=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_run_length(row, way):
    features = {
        "lre": lambda m: (COL**2 * m).sum() / m.sum(),
        "glnu": lambda m: (m.sum(axis=1) ** 2).sum() / m.sum(),
        "srhge": lambda m: (ROW[:, 1:] ** 2 / COL[:, 1:] ** 2 * m[:, 1:]).sum() / m.sum(),
    }
    for name, feature in features.items():
        assert row[f"rlm_{name}_{way}"] == pytest.approx(_aggregated(_runs, feature, way), rel=1e-12)


def _zones(ways):
    left = set(VOXELS)
    while left:
        zone, edge = [], [left.pop()]
        while edge:
            at = edge.pop()
            zone.append(at)
            for way in ways:
                for other in (_next(at, way), _next(at, tuple(-step for step in way))):
                    if other in left and LEVELS[other] == LEVELS[at]:
                        left.discard(other)
                        edge.append(other)
        yield zone


def _distance(at, ways):
    """Steps to the nearest place outside, by breadth."""
    reached, edge, steps = {at}, [at], 0
    while True:
        steps += 1
        edge = [_next(each, way) for each in edge for way in ways]
        if any(not _inside(each) for each in edge):
            return steps
        edge = list(set(edge) - reached)
        reached |= set(edge)


CITY = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]


def test_zones(row):
    deep = list(_zones(DEEP))
    sizes = np.array([len(zone) for zone in deep])
    assert row["szm_lze_3D"] == pytest.approx((sizes**2).mean())
    assert row["szm_z_perc_3D"] == pytest.approx(len(sizes) / len(VOXELS))
    distances = np.array([min(_distance(at, CITY) for at in zone) for zone in deep])
    assert row["dzm_lde_3D"] == pytest.approx((distances**2).mean())
    flat = list(_zones(FLAT))
    by_slice = [[len(zone) for zone in flat if zone[0][2] == k] for k in range(SHAPE[2])]
    assert row["szm_lze_2D"] == pytest.approx(np.mean([np.mean(np.square(each)) for each in by_slice if each]))
    assert row["szm_lze_2_5D"] == pytest.approx(np.mean(np.square(np.concatenate(by_slice))))
    near = [min(_distance(at, CITY[:4]) for at in zone) for zone in flat]
    assert row["dzm_lde_2_5D"] == pytest.approx(np.mean(np.square(near)))


def _neighbours(at, ways):
    both = [*ways, *(tuple(-step for step in way) for way in ways)]
    return [LEVELS[_next(at, way)] for way in both if _inside(_next(at, way))]


def test_dependence(row):
    for tag, ways in (("2_5D", FLAT), ("3D", DEEP)):
        dependence = np.array([1 + sum(each == LEVELS[at] for each in _neighbours(at, ways)) for at in VOXELS])
        assert row[f"ngl_hde_{tag}"] == pytest.approx((dependence**2).mean())
        assert row[f"ngl_dc_perc_{tag}"] == 1


def test_difference(row):
    for tag, ways in (("2_5D", FLAT), ("3D", DEEP)):
        known = [(LEVELS[at], _neighbours(at, ways)) for at in VOXELS if _neighbours(at, ways)]
        n, s = np.zeros(10), np.zeros(10)
        for level, around in known:
            n[level] += 1
            s[level] += abs(level - np.mean(around))
        p = n / n.sum()
        assert row[f"ngt_coarseness_{tag}"] == pytest.approx(1 / (p * s).sum())
        i = np.arange(10)
        there = np.outer(p > 0, p > 0)
        busyness = (p * s).sum() / np.abs(np.subtract.outer(i * p, i * p))[there].sum()
        assert row[f"ngt_busyness_{tag}"] == pytest.approx(busyness)
        strength = (np.add.outer(p, p) * np.subtract.outer(i, i) ** 2)[there].sum() / s.sum()
        assert row[f"ngt_strength_{tag}"] == pytest.approx(strength)


def test_spatial_correlation_is_that_of_all_pairs():
    """Over all pairs with weights 1/distance, as the manual has it: no sample of them, no approximation."""
    image = RNG.normal(size=SHAPE)
    places = np.argwhere(MASK) * (0.7, 1.1, 2.0)
    values = image[MASK]
    distance = np.linalg.norm(places[:, None] - places, axis=2)
    w = np.where(distance > 0, 1 / np.where(distance > 0, distance, 1), 0)
    away = values - values.mean()
    n = len(values)
    moran = n / w.sum() * (w * np.outer(away, away)).sum() / (away**2).sum()
    geary = (n - 1) / (2 * w.sum()) * (w * np.subtract.outer(values, values) ** 2).sum() / (away**2).sum()
    assert spatial_correlation(image, MASK, (0.7, 1.1, 2.0)) == pytest.approx((moran, geary), rel=1e-10)


@pytest.mark.parametrize("spacing", [(2.0, 1.5, 3.0), (1.0, 0.9, 1.5), (9.0, 4.0, 7.0)])
def test_peaks_are_means_over_a_sphere(spacing):
    image = RNG.normal(100, 1, size=(12, 11, 9))
    mask = np.zeros(image.shape, bool)
    mask[4:8, 3:9, 2:5] = True
    every = np.argwhere(np.ones(image.shape, bool)) * spacing
    flat = image.ravel()
    means = {}
    for at in np.argwhere(mask):
        near = np.linalg.norm(every - at * spacing, axis=1) <= (3000 / (4 * np.pi)) ** (1 / 3)
        means[tuple(at)] = flat[near].mean()
    highest = max(means, key=lambda at: image[at])
    np.testing.assert_allclose(local_intensity(image, mask, spacing), [means[highest], max(means.values())])


def test_shape_of_a_box():
    """A box of 4 x 3 x 2 voxels: half a voxel is cut from every edge of the mesh; volumes and axes by hand."""
    mask = np.zeros((6, 6, 6), bool)
    mask[1:5, 1:4, 1:3] = True
    spacing = (2.0, 1.0, 3.0)
    found = morphology(np.ones(mask.shape), mask, mask, spacing)
    assert found["vol_approx"] == 24 * 6
    assert found["pca_maj_axis"] == pytest.approx(4 * np.sqrt(24 / 23 * (4**2 - 1) / 12 * 4))
    assert found["vol_dens_aabb"] == pytest.approx(found["volume"] / (8 * 3 * 6))
    assert found["com"] == pytest.approx(0, abs=1e-12)
    assert found["integ_int"] == pytest.approx(found["volume"])
    assert found["sphericity"] == pytest.approx(1 / found["sph_dispr"])


@pytest.mark.parametrize("axes", [(3.0, 2.0, 1.0), (5.0, 4.0, 0.5), (9.0, 3.0, 2.9)])
def test_area_of_an_ellipsoid_is_the_series_of_the_manual(axes):
    """The sum as it stands in the manual, by SciPy's polynomials; it is no exact area (48.9 for axes 3, 2, 1)."""
    from scipy.special import eval_legendre

    a, b, c = axes
    alpha, beta = np.sqrt(1 - b**2 / a**2), np.sqrt(1 - c**2 / a**2)
    v = np.arange(21)
    terms = (alpha * beta) ** v / (1 - 4 * v**2) * eval_legendre(v, (alpha**2 + beta**2) / (2 * alpha * beta))
    assert _ellipsoid_area(a, b, c) == pytest.approx(4 * np.pi * a * b * terms.sum(), rel=1e-12)


def test_area_of_a_sphere_and_a_flat_ellipsoid():
    """The sphere divides by zero in the manual's form of the series; the recurrence does not."""
    assert _ellipsoid_area(2, 2, 2) == pytest.approx(16 * np.pi)
    assert np.isfinite(_ellipsoid_area(2, 2, 1))
    assert _ellipsoid_area(2, 1, 0) > 0


def test_border_voxels_have_distance_one():
    mask = np.ones((5, 5, 3), bool)
    deep, flat = border_distance(mask, "3D"), border_distance(mask, "2D")
    assert deep[2, 2, 1] == 2
    assert (deep[:, :, 0] == 1).all()
    assert (flat[2, 2] == 3).all()


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("morph", shape.NAMES),
        ("loc", peaks.NAMES),
        ("stat", intensity_statistics.NAMES),
        ("ih", intensity_statistics.HISTOGRAM_NAMES),
        ("ivh", intensity_volume.NAMES),
        ("cm", cooccurrence.NAMES),
        ("rlm", run_length.NAMES),
        ("szm", zones.SIZE_NAMES),
        ("dzm", zones.DISTANCE_NAMES),
        ("ngt", neighbourhood_difference.NAMES),
        ("ngl", neighbourhood_dependence.NAMES),
    ],
)
def test_the_order_of_a_family_is_that_of_tables(family, names):
    """Families give arrays without names; tables take them in the order of codes.tsv, by which tags are known."""
    assert stems_of(family) == tuple(f"{family}_{name}" for name in names)
