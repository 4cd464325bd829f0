"""Tags of image biomarkers, their order in tables and their permanent IBSI codes.

A tag names family, feature and, for textures, the aggregation: ``cm_contrast_3D_avg``.
Source: Zwanenburg A et al. 2020, Radiology 295:328, reference manual arXiv:1612.07003; names of PyRadiomics are from
its own table of correspondences (AIM-Harvard/pyradiomics, BSD-3-Clause).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from genorx._core.packaged import packaged_rows
from genorx.imaging.families.aggregation import DIRECTIONAL, PLAIN, plain_of

#: Families in the order of tables.
FAMILIES = ("morph", "loc", "stat", "ih", "ivh", "cm", "rlm", "szm", "dzm", "ngt", "ngl")
#: Families with directional matrices, and with matrices without direction.
WITH_DIRECTION = ("cm", "rlm")
WITHOUT_DIRECTION = ("szm", "dzm", "ngt", "ngl")
#: Families that are computed from grey levels.
LEVELLED = ("ih", *WITH_DIRECTION, *WITHOUT_DIRECTION)
_AGGREGATION_CODES = {
    "2D_avg": "BTW3",
    "2D_comb": "SUJT",
    "2_5D_avg": "JJUI",
    "2_5D_comb": "ZW7Z",
    "3D_avg": "ITBB",
    "3D_comb": "IAZD",
    "2D": "8QNN",
    "2_5D": "62GR",
    "3D": "KOBO",
}

_SHAPE_UNITS = {
    "morph_volume": "mm³",
    "morph_vol_approx": "mm³",
    "morph_area_mesh": "mm²",
    "morph_av": "1/mm",
    **dict.fromkeys(("morph_com", "morph_diam"), "mm"),
    **dict.fromkeys(("morph_pca_maj_axis", "morph_pca_min_axis", "morph_pca_least_axis"), "mm"),
}
_SQUARED = ("stat_var", "stat_energy")
_INTENSITIES = (
    *("loc_peak_loc", "loc_peak_glob", "stat_mean", "stat_median", "stat_min", "stat_p10", "stat_p90", "stat_max"),
    *("stat_iqr", "stat_range", "stat_mad", "stat_rmad", "stat_medad", "stat_rms"),
)


@dataclass(frozen=True, slots=True)
class Biomarker:
    """One image biomarker, without aggregation.

    Attributes
    ----------
    stem : str
        Tag without aggregation, such as ``cm_contrast``.
    ibsi : str
        Permanent IBSI code.
    pyradiomics : str
        Class and feature of PyRadiomics with the same definition (such as ``glcm_Contrast``); empty if there is none.
    meaning : str
        Name in the reference manual.
    """

    stem: str
    ibsi: str
    pyradiomics: str
    meaning: str

    @property
    def family(self) -> str:
        """Name of the family."""
        return self.stem.partition("_")[0]


@cache
def biomarkers() -> tuple[Biomarker, ...]:
    """Return all biomarkers in the order of tables."""
    rows = packaged_rows("genorx.imaging", "codes.tsv")
    return tuple(Biomarker(row["tag"], row["ibsi"], row["pyradiomics"], row["meaning"]) for row in rows)


def stems_of(family: str) -> tuple[str, ...]:
    """Return the features of a family, without aggregation, in the order of tables."""
    return tuple(each.stem for each in biomarkers() if each.family == family)


def ways_of(family: str, aggregations: Sequence[str]) -> tuple[str, ...]:
    """Return the aggregations of a family for a list of directional ways; one empty text if it has none."""
    if family in WITH_DIRECTION:
        return tuple(name for name in DIRECTIONAL if name in aggregations)
    return plain_of(aggregations) if family in WITHOUT_DIRECTION else ("",)


def tag_of(stem: str, aggregation: str) -> str:
    """Return the tag of a feature and an aggregation, which is empty for features without aggregation."""
    return f"{stem}_{aggregation}" if aggregation else stem


def tags(families: Iterable[str] = FAMILIES, aggregations: Sequence[str] = DIRECTIONAL) -> tuple[str, ...]:
    """Return the tags of families under aggregations, in the order of tables."""
    requested = set(families)
    found = []
    for family in (name for name in FAMILIES if name in requested):
        found += [tag_of(stem, way) for way in ways_of(family, aggregations) for stem in stems_of(family)]
    return tuple(found)


@cache
def _codes() -> dict[str, str]:
    every = {
        tag_of(each.stem, way): f"{each.ibsi}.{_AGGREGATION_CODES[way]}" if way else each.ibsi
        for each in biomarkers()
        for way in ways_of(each.family, DIRECTIONAL)
    }
    return {tag: every[tag] for tag in tags()}


def ibsi_code(tag: str) -> str:
    """Return the permanent code of a tag, with that of its aggregation; empty if it is not a biomarker.

    >>> ibsi_code("stat_mean"), ibsi_code("cm_joint_max_3D_avg"), ibsi_code("szm_sze_3D"), ibsi_code("age")
    ('Q4LE', 'GYBY.ITBB', '5QRC.KOBO', '')
    """
    return _codes().get(tag, "")


def is_tag(name: str) -> bool:
    """Return whether a name is the tag of a biomarker."""
    return name in _codes()


def stem_of(tag: str) -> str:
    """Return a tag without its aggregation.

    >>> stem_of("cm_contrast_2_5D_avg"), stem_of("stat_mean")
    ('cm_contrast', 'stat_mean')
    """
    for way in (*DIRECTIONAL, *PLAIN):
        if tag.endswith(f"_{way}"):
            return tag[: -len(way) - 1]
    return tag


def meaning_of(tag: str) -> str:
    """Return the reference manual's name of a tag's feature; the tag itself if it is not a biomarker."""
    return next((each.meaning for each in biomarkers() if each.stem == stem_of(tag)), tag)


def unit_of(tag: str, intensity: str) -> str:
    """Return the unit of a feature of shape, local intensity or intensity statistics; empty if it has none.

    Parameters
    ----------
    tag : str
    intensity : str
        Unit of the image intensities.

    Examples
    --------
    >>> unit_of("morph_volume", "HU"), unit_of("stat_var", "HU"), unit_of("stat_skew", "HU")
    ('mm³', 'HU²', '')
    """
    if tag in _SHAPE_UNITS:
        return _SHAPE_UNITS[tag]
    if intensity == "arbitrary":  # no common unit between images
        return ""
    if tag == "morph_integ_int":
        return f"{intensity}·mm³"
    if tag in _SQUARED:
        return f"{intensity}²"
    return intensity if tag in _INTENSITIES else ""


@cache
def tag_of_code() -> dict[str, str]:
    """Return the tag of each code that belongs to a single tag."""
    found: dict[str, list[str]] = {}
    for tag, code in _codes().items():
        found.setdefault(code, []).append(tag)
        if "." in code:
            found.setdefault(code.partition(".")[0], []).append(tag)
    return {code: named[0] for code, named in found.items() if len(named) == 1}
