"""Shape features of a region: volume, surface, extent and axes; and the spatial distribution of intensities.

Surface, volume, diameter, hull and bounding box are those of the mesh (marching cubes at half, of the morphological
mask padded by one voxel); axes are those of the voxel centres.
Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 3.1.
"""

from __future__ import annotations

import numpy as np

from genorx._core.extras import require
from genorx.imaging.families.neighbours import Bools, Floats
from genorx.imaging.families.spatial_correlation import spatial_correlation

#: Features in the order of tables, without ``morph_``.
NAMES = (
    *("volume", "vol_approx", "area_mesh", "av", "comp_1", "comp_2", "sph_dispr", "sphericity", "asphericity", "com"),
    *("diam", "pca_maj_axis", "pca_min_axis", "pca_least_axis", "pca_elongation", "pca_flatness", "vol_dens_aabb"),
    *("area_dens_aabb", "vol_dens_aee", "area_dens_aee", "vol_dens_conv_hull", "area_dens_conv_hull", "integ_int"),
    *("moran_i", "geary_c"),
)
_LEGENDRE_ORDER = 20
_ROWS = 1024


def morphology(image: Floats, intensity_mask: Bools, mask: Bools, spacing: tuple[float, ...]) -> dict[str, float]:
    """Return the 25 features of shape by name; lengths in mm."""
    vertices, faces = _mesh(mask, spacing)
    volume, area = _volume(vertices, faces), _area(vertices, faces)
    hull = _Hull.of(vertices)
    variances = _variances(mask, spacing)
    sides = np.ptp(vertices, axis=0)
    moran, geary = spatial_correlation(image, intensity_mask, spacing)
    return {
        "volume": volume,
        "vol_approx": _approximate_volume(mask, spacing),
        "area_mesh": area,
        **_compactness(volume, area),
        "com": _centre_shift(image, intensity_mask, mask, spacing),
        "diam": _diameter(hull.corners),
        **_axes(variances),
        "vol_dens_aabb": volume / float(np.prod(sides)),
        "area_dens_aabb": area / float(2 * (sides[0] * sides[1] + sides[0] * sides[2] + sides[1] * sides[2])),
        **_ellipsoid_densities(volume, area, variances),
        "vol_dens_conv_hull": volume / hull.volume,
        "area_dens_conv_hull": area / hull.area,
        "integ_int": volume * float(image[intensity_mask].mean()),
        "moran_i": moran,
        "geary_c": geary,
    }


def flat_morphology(image: Floats, intensity_mask: Bools, mask: Bools, spacing: tuple[float, ...]) -> dict[str, float]:
    """Return the shape features of a single-slice image: approximate volume and integrated intensity."""
    volume = _approximate_volume(mask, spacing)
    return {"vol_approx": volume, "integ_int": volume * float(image[intensity_mask].mean())}


def _approximate_volume(mask: Bools, spacing: tuple[float, ...]) -> float:
    return float(mask.sum() * np.prod(spacing))


def _mesh(mask: Bools, spacing: tuple[float, ...]) -> tuple[Floats, np.ndarray]:
    measure = require("skimage.measure", extra="imaging")
    vertices, faces, *_ = measure.marching_cubes(np.pad(mask, 1).astype(np.float32), 0.5, spacing=spacing)
    return np.asarray(vertices, dtype=float), np.asarray(faces)


def _volume(vertices: Floats, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return abs(float(np.einsum("ij,ij->", a, np.cross(b, c)))) / 6


def _area(vertices: Floats, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()) / 2


def _compactness(volume: float, area: float) -> dict[str, float]:
    ratio = 36 * np.pi * volume**2 / area**3
    sphericity = float(ratio ** (1 / 3))
    return {
        "av": area / volume,
        "comp_1": float(volume / (np.sqrt(np.pi) * area**1.5)),
        "comp_2": float(ratio),
        "sph_dispr": 1 / sphericity,
        "sphericity": sphericity,
        "asphericity": 1 / sphericity - 1,
    }


class _Hull:
    """Convex hull of a mesh: its vertices, volume and area."""

    def __init__(self, corners: Floats, volume: float, area: float) -> None:
        self.corners, self.volume, self.area = corners, volume, area

    @classmethod
    def of(cls, vertices: Floats) -> _Hull:
        from scipy.spatial import ConvexHull

        hull = ConvexHull(vertices)
        return cls(vertices[hull.vertices], float(hull.volume), float(hull.area))


def _diameter(corners: Floats) -> float:
    """Return the largest distance between two vertices, in blocks to save memory."""
    from scipy.spatial.distance import cdist

    return max(float(cdist(corners[start : start + _ROWS], corners).max()) for start in range(0, len(corners), _ROWS))


def _variances(mask: Bools, spacing: tuple[float, ...]) -> Floats:
    """Return the variances of voxel centres along the principal axes, largest first; NaN for one voxel."""
    centres = np.argwhere(mask) * np.asarray(spacing)
    if len(centres) < 2:
        return np.full(3, np.nan)
    found = np.linalg.eigvalsh(np.cov(centres.T))[::-1]
    return np.where(found > found[0] * 1e-12, found, 0.0)


def _axes(variances: Floats) -> dict[str, float]:
    longest, middle, least = (float(each) for each in np.sqrt(variances))
    return {
        "pca_maj_axis": 4 * longest,
        "pca_min_axis": 4 * middle,
        "pca_least_axis": 4 * least,
        "pca_elongation": middle / longest,
        "pca_flatness": least / longest,
    }


def _ellipsoid_densities(volume: float, area: float, variances: Floats) -> dict[str, float]:
    a, b, c = (float(each) for each in 2 * np.sqrt(variances))
    around = 4 / 3 * np.pi * a * b * c
    skin = _ellipsoid_area(a, b, c)
    return {
        "vol_dens_aee": volume / around if around else np.nan,
        "area_dens_aee": area / skin if skin else np.nan,
    }


def _ellipsoid_area(a: float, b: float, c: float) -> float:
    """Return the area of an ellipsoid by the Legendre series of the manual.

    The series is in (alpha beta)^v P_v((alpha^2 + beta^2) / (2 alpha beta)); the recurrence is that of P_v times
    (alpha beta)^v, which has no division and holds for spheroids and spheres too.
    """
    alpha, beta = 1 - (b / a) ** 2, 1 - (c / a) ** 2
    half, product = (alpha + beta) / 2, alpha * beta
    before, now = 0.0, 1.0
    total = 0.0
    for v in range(_LEGENDRE_ORDER + 1):
        total += now / (1 - 4 * v**2)
        before, now = now, ((2 * v + 1) * half * now - v * product * before) / (v + 1)
    return float(4 * np.pi * a * b * total)


def _centre_shift(image: Floats, intensity_mask: Bools, mask: Bools, spacing: tuple[float, ...]) -> float:
    """Return the distance between the centre of shape and the centre of intensity; NaN if intensities sum to 0."""
    weights = image[intensity_mask]
    if not weights.sum():
        return float("nan")
    weighted = (np.argwhere(intensity_mask) * weights[:, None]).sum(axis=0) / weights.sum()
    return float(np.linalg.norm((np.argwhere(mask).mean(axis=0) - weighted) * np.asarray(spacing)))
