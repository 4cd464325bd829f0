"""The page of an image: slices with the region's outline, histogram, features, and settings.

Self-contained: no script, no network.  Pictures are embedded as PNG inside of SVG, which matplotlib writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.delimited import read_delimited
from genorx._core.page import by_severity, finished, templates
from genorx._core.svg import drawn
from genorx.imaging.codes import FAMILIES, ibsi_code, is_tag, meaning_of, unit_of
from genorx.imaging.feature_table import RegionFeatures
from genorx.imaging.figures import plot_histogram, plot_region, slices_of
from genorx.imaging.image import sizes
from genorx.imaging.settings import Configuration
from genorx.report.wording import true_minus

_FAMILY_NAMES = {
    "morph": "Shape",
    "loc": "Local intensity",
    "stat": "Intensity statistics",
    "ih": "Intensity histogram",
    "ivh": "Intensity-volume histogram",
    "cm": "Co-occurrence of grey levels",
    "rlm": "Run lengths",
    "szm": "Size zones",
    "dzm": "Distance zones",
    "ngt": "Neighbourhood differences",
    "ngl": "Neighbourhood dependence",
}
_FEWEST = 2
#: Modalities of which the code says nothing to a reader.
_MODALITIES = {"OT": "modality not stated"}
_PICTURE = (3.1, 3.1)
_HISTOGRAM = (3.6, 2.4)
#: How texture matrices of directions and slices become one number.
_WAYS = {
    "2D_avg": "by slice, averaged (2D_avg)",
    "2D_comb": "by slice, merged by slice (2D_comb)",
    "2_5D_avg": "by slice, merged by direction (2_5D_avg)",
    "2_5D_comb": "by slice, merged (2_5D_comb)",
    "3D_avg": "by volume, averaged over directions (3D_avg)",
    "3D_comb": "by volume, directions merged (3D_comb)",
}


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One feature on the page."""

    tag: str
    meaning: str
    ibsi: str
    value: str
    unit: str
    percentile: str


@dataclass(frozen=True, kw_only=True)
class ConfigurationView:
    """One configuration on the page: settings in words, histogram, features by family."""

    name: str
    words: tuple[str, ...]
    histogram: str
    families: tuple[tuple[str, tuple[FeatureRow, ...]], ...]
    compared: int


def image_html(features: RegionFeatures, cohort: pd.DataFrame | None = None) -> str:
    """Return the text of the page of a region.

    Parameters
    ----------
    features : RegionFeatures
    cohort : DataFrame, optional
        Features of others, a column a tag: the page says at which percentile each value lies.
    """
    pictures = [_picture(features, k) for k in slices_of(features.mask)]
    context = {
        "title": f"Image features of {features.patient_id}" if features.patient_id else "Image features",
        "facts": _facts(features),
        "pictures": pictures,
        "configurations": [_configuration(features, name, cohort) for name in features.configurations],
        "findings": by_severity(features.findings),
    }
    return finished(templates("genorx.report").get_template("image.html").render(context))


def _picture(features: RegionFeatures, k: int) -> str:
    label = f"slice {k + 1} with the region's outline"
    image, mask = features.image, features.mask
    return drawn(plot_region, image, mask, size=_PICTURE, prefix=f"slice{k}-", label=label, slice_number=k)


def read_cohort(path: str | Path) -> pd.DataFrame:
    """Return the features of a wide table, by configuration if it has that column.

    Raises
    ------
    TableError
        If the file is no table.
    """
    table = read_delimited(path)
    frame = pd.DataFrame(list(table.rows), columns=list(table.columns))
    named = [name for name in frame.columns if is_tag(name)]
    numbers: pd.DataFrame = frame[named].apply(pd.to_numeric, errors="coerce")
    return numbers.assign(config=frame["config"]) if "config" in frame else numbers


def _unit(unit: str) -> str:
    return "intensities without a unit" if unit == "arbitrary" else f"intensities in {unit}"


def _facts(features: RegionFeatures) -> list[tuple[str, str]]:
    image = features.image
    spacing = " × ".join(f"{side:g}" for side in image.spacing)
    modality = _MODALITIES.get(image.modality, image.modality)
    facts = [
        (
            "Image",
            f"{modality}, {sizes(image.shape)} voxels of {spacing} mm, {_unit(image.unit)}",
        ),
        (
            "Region",
            f"label {features.mask.label}, {features.voxels:,} {'voxel' if features.voxels == 1 else 'voxels'}, "
            f"{features.voxels * image.voxel_volume / 1000:.3g} mL",
        ),
        ("Date", image.date),
        ("Study", image.study_uid),
        ("Series", image.series_uid),
    ]
    return [(name, text) for name, text in facts if text]


def _configuration(features: RegionFeatures, name: str, cohort: pd.DataFrame | None) -> ConfigurationView:
    settings, region = features.configurations[name], features.measured[name].region
    levels = region.levels
    others = cohort
    if cohort is not None and "config" in cohort:
        others = cohort[cohort["config"] == name]
    return ConfigurationView(
        name=name,
        words=tuple(settings_in_words(settings, features.image.modality)),
        histogram="" if levels is None else _histogram(levels, name, list(features.configurations).index(name)),
        families=tuple(_families(features.measured[name].values, others, features.image.unit)),
        compared=0 if others is None or len(others) < _FEWEST else len(others),
    )


def _histogram(levels: NDArray[np.int64], name: str, number: int) -> str:
    label = f"histogram of grey levels, configuration {name}"
    return drawn(plot_histogram, levels, size=_HISTOGRAM, prefix=f"histogram{number}-", label=label)


def _families(
    values: Mapping[str, float], cohort: pd.DataFrame | None, unit: str
) -> list[tuple[str, tuple[FeatureRow, ...]]]:
    found = []
    for family in FAMILIES:
        rows = [
            FeatureRow(
                tag,
                meaning_of(tag),
                ibsi_code(tag),
                _described(value),
                unit_of(tag, unit),
                _percentile(tag, value, cohort),
            )
            for tag, value in values.items()
            if tag.partition("_")[0] == family
        ]
        if rows:
            found.append((_FAMILY_NAMES[family], tuple(rows)))
    return found


def _described(value: float) -> str:
    """Format a number with four digits, large ones as integers."""
    if not np.isfinite(value):
        return "undefined"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _percentile(tag: str, value: float, cohort: pd.DataFrame | None) -> str:
    """Return the percentile of a value among others: those below it, and half of those equal."""
    if cohort is None or tag not in cohort or not np.isfinite(value):
        return ""
    others = cohort[tag].to_numpy(dtype=float)
    others = others[np.isfinite(others)]
    if others.size < _FEWEST:
        return ""
    return f"{100 * (np.mean(others < value) + np.mean(others == value) / 2):.0f}"


def settings_in_words(settings: Configuration, modality: str) -> list[str]:
    """Describe the measurement settings in sentences."""
    return [
        _grid_in_words(settings),
        "Intensities are rounded to whole numbers." if settings.rounds(modality) else "Intensities are not rounded.",
        _intensities_in_words(settings),
        _bins_in_words(settings),
        f"Textures: {', '.join(_WAYS[way] for way in settings.ways)}. Settings {settings.digest}.",
    ]


def _grid_in_words(settings: Configuration) -> str:
    if settings.spacing is None:
        return "Voxels are those of the image: nothing is interpolated."
    x, y, z = settings.spacing
    size = f"{x:g} × {y:g} mm within slices" if settings.by_slice else f"{x:g} × {y:g} × {z:g} mm"
    share = f"a voxel of which at least {100 * settings.mask_threshold:g} % is inside belongs to the region"
    return (
        f"Voxels are interpolated to {size}: intensities {settings.interpolation}, "
        f"the mask {settings.mask_interpolation}; {share}."
    )


def _intensities_in_words(settings: Configuration) -> str:
    parts: list[Any] = []
    if settings.intensity_range is not None:
        low, high = settings.intensity_range
        parts.append(true_minus(f"from {low:g} to {high:g}"))
    if settings.outlier_sigma is not None:
        parts.append(f"within {settings.outlier_sigma:g} standard deviations of the mean")
    return f"Intensities taken: {', then those '.join(parts)}." if parts else "All intensities of the region are taken."


def _bins_in_words(settings: Configuration) -> str:
    if settings.bins is not None:
        return f"Grey levels: {settings.bins} bins between the lowest and the highest intensity of the region."
    if settings.bin_width is not None:
        return f"Grey levels: bins of width {settings.bin_width:g}."
    return "Grey levels are the intensities."
