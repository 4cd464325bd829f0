"""Extraction of image biomarkers: a transformer from pairs of image and mask to a table.

Source: Zwanenburg A et al. 2020, Radiology 295:328, reference manual arXiv:1612.07003.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from genorx.errors import Finding
from genorx.imaging.chain import Region, region_of
from genorx.imaging.codes import WITH_DIRECTION, WITHOUT_DIRECTION, ibsi_code, stems_of, tag_of, tags, ways_of
from genorx.imaging.discretisation import volume_levels
from genorx.imaging.families.cooccurrence import cooccurrence
from genorx.imaging.families.intensity_statistics import histogram_features, intensity_statistics
from genorx.imaging.families.intensity_volume import intensity_volume
from genorx.imaging.families.local_intensity import local_intensity
from genorx.imaging.families.morphology import flat_morphology, morphology
from genorx.imaging.families.neighbourhood_dependence import neighbourhood_dependence
from genorx.imaging.families.neighbourhood_difference import neighbourhood_difference
from genorx.imaging.families.neighbours import Floats, LevelledVoxels
from genorx.imaging.families.run_length import run_length
from genorx.imaging.families.zones import border_distance, distance_zones, size_zones
from genorx.imaging.image import Image, Mask
from genorx.imaging.settings import KEYS, Configuration, checked, read_configurations
from genorx.imaging.transformer import Transformer

if TYPE_CHECKING:
    import pandas as pd

_DIRECTIONAL = {"cm": cooccurrence, "rlm": run_length}
_PLAIN = {"szm": size_zones, "ngt": neighbourhood_difference, "ngl": neighbourhood_dependence}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Features of one region under one configuration.

    Attributes
    ----------
    values : dict of str to float
        Features by tag, in the order of tables; NaN if a feature is undefined.
    region : Region
        Region from which they were computed.
    """

    values: dict[str, float]
    region: Region


def measure(image: Image, mask: Mask, settings: Configuration) -> Measured:
    """Return the features of a region under a configuration.

    Raises
    ------
    ImageError, RegionError
        As ``chain.region_of``.
    """
    region = region_of(image, mask, settings)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _plain_features(region, settings) | _textures(region, settings)
    order = [tag for tag in tags(settings.families, settings.ways) if tag in found]
    return Measured(values={tag: _known(found[tag]) for tag in order}, region=region)


def _known(value: float) -> float:
    return float(value) if np.isfinite(value) else float("nan")


def _plain_features(region: Region, settings: Configuration) -> dict[str, float]:
    """Return features without aggregation."""
    makers: dict[str, Callable[[], Iterable[float]]] = {
        "loc": lambda: local_intensity(region.image, region.intensity_mask, region.spacing),
        "stat": lambda: intensity_statistics(region.values),
        "ih": lambda: histogram_features(region.levels),  # type: ignore[arg-type]
        "ivh": lambda: _intensity_volume(region, settings),
    }
    found = _shape(region) if "morph" in settings.families else {}
    for family in (name for name in makers if name in settings.families):
        found |= dict(zip(stems_of(family), makers[family](), strict=True))
    return found


def _shape(region: Region) -> dict[str, float]:
    make = morphology if region.slices > 1 else flat_morphology
    values = make(region.image, region.intensity_mask, region.mask, region.spacing)
    return {f"morph_{name}": value for name, value in values.items()}


def _intensity_volume(region: Region, settings: Configuration) -> Floats:
    values, first, step, number = volume_levels(
        region.values,
        ivh_bins=settings.ivh_bins,
        ivh_bin_width=settings.ivh_bin_width,
        intensity_range=settings.intensity_range,
    )
    return intensity_volume(values, first=first, step=step, number=number)


def _textures(region: Region, settings: Configuration) -> dict[str, float]:
    """Return texture features under all aggregations; they are NaN for an empty matrix."""
    requested = [family for family in settings.families if family in (*WITH_DIRECTION, *WITHOUT_DIRECTION)]
    if not requested or region.levels is None:
        return {}
    voxels = LevelledVoxels(region.intensity_mask, region.levels)
    found: dict[str, float] = {}
    for family in requested:
        stems = stems_of(family)
        for way, values in _family(family, voxels, region, _ways(family, region, settings)).items():
            filled = np.full(len(stems), np.nan) if values is None else values
            found |= {tag_of(stem, way): float(value) for stem, value in zip(stems, filled, strict=True)}
    return found


def _family(family: str, voxels: LevelledVoxels, region: Region, ways: Sequence[str]) -> Mapping[str, Floats | None]:
    """Return the features of a family of textures under each aggregation."""
    if family in _DIRECTIONAL:
        return _DIRECTIONAL[family](voxels, ways)
    if family == "dzm":
        inside = region.intensity_mask
        return {way: distance_zones(voxels, border_distance(region.mask, way)[inside], way) for way in ways}
    return {way: _PLAIN[family](voxels, way) for way in ways}


def _ways(family: str, region: Region, settings: Configuration) -> list[str]:
    """Return the aggregations of a family, without those by volume for an image of one slice."""
    requested = ways_of(family, settings.ways)
    return [way for way in requested if region.slices > 1 or not way.startswith("3D")]


class IBSIFeatures(Transformer):
    """Image biomarkers by the definitions of the Image Biomarker Standardisation Initiative.

    A transformer of pairs ``(Image, Mask)`` without learnt parameters.  It works in a ``Pipeline`` and with
    ``sklearn.base.clone``, and does not load scikit-learn.

    Parameters
    ----------
    by_slice : bool, default False
        Whether features are 2D: no interpolation between slices, and textures by slice.
    spacing : float or sequence of three floats, optional
        Size of voxels after interpolation, in mm; by default no interpolation.
    interpolation, mask_interpolation : {"linear", "nearest", "cubic"}, default "linear"
        Interpolation of the image, and of the mask.
    mask_threshold : float, default 0.5
        Smallest share of a new voxel inside the region at which it counts as inside.
    round_intensities : bool or "auto", default "auto"
        Whether intensities are rounded to whole numbers after interpolation; ``"auto"``: for CT only.
    intensity_range : (low, high), optional
        Range of intensities that are used, limits included, in the unit of the image; a limit may be infinite.
    outlier_sigma : float, optional
        Only intensities within this many standard deviations of the mean are used.
    bins, bin_width : int, float, optional
        Grey levels: a fixed number of bins, or bins of a fixed width in the unit of the image.
    ivh_bins, ivh_bin_width : int, float, optional
        The same for the intensity-volume histogram.
    families : "all" or list of str, default "all"
        Families of features, of ``morph loc stat ih ivh cm rlm szm dzm ngt ngl``.
    aggregations : list of str, optional
        Aggregations of textures, of ``2D_avg 2D_comb 2_5D_avg 2_5D_comb 3D_avg 3D_comb`` (the first four by slice, the
        last two by volume); by default those of the dimension.

    References
    ----------
    Zwanenburg A et al. 2020, Radiology 295:328; reference manual arXiv:1612.07003.
    """

    _defaults: ClassVar = {key: getattr(Configuration(), key) for key in KEYS} | {"families": "all"}

    def __init__(
        self,
        *,
        by_slice: bool = False,
        spacing: float | Sequence[float] | None = None,
        interpolation: str = "linear",
        mask_interpolation: str = "linear",
        mask_threshold: float = 0.5,
        round_intensities: bool | str = "auto",
        intensity_range: Sequence[float] | None = None,
        outlier_sigma: float | None = None,
        bins: int | None = None,
        bin_width: float | None = None,
        ivh_bins: int | None = None,
        ivh_bin_width: float | None = None,
        families: str | Sequence[str] = "all",
        aggregations: Sequence[str] | None = None,
    ) -> None:
        self.by_slice = by_slice
        self.spacing = spacing
        self.interpolation = interpolation
        self.mask_interpolation = mask_interpolation
        self.mask_threshold = mask_threshold
        self.round_intensities = round_intensities
        self.intensity_range = intensity_range
        self.outlier_sigma = outlier_sigma
        self.bins = bins
        self.bin_width = bin_width
        self.ivh_bins = ivh_bins
        self.ivh_bin_width = ivh_bin_width
        self.families = families
        self.aggregations = aggregations

    @property
    def configuration(self) -> Configuration:
        """The settings, validated.

        Raises
        ------
        ImageError
            ``settings``.
        """
        return checked(self.get_params())

    def fit(self, X: Iterable[tuple[Image, Mask]], y: Any = None) -> IBSIFeatures:  # noqa: ARG002
        """Validate the settings; nothing is learnt.

        Raises
        ------
        ImageError
            ``settings``.
        """
        self.configuration_ = self.configuration
        return self

    def transform(self, X: Iterable[tuple[Image, Mask]]) -> pd.DataFrame:
        """Return a row of features for each pair of image and mask.

        Returns
        -------
        DataFrame, index ``patient_id``
            One column per tag; NaN if a feature is undefined.  ``attrs`` has ``settings`` (digest), ``ibsi``
            (code of each tag) and ``findings``.

        Raises
        ------
        ImageError, RegionError
        """
        import pandas as pd

        settings = self.configuration
        pairs = list(X)
        measured = [measure(image, mask, settings) for image, mask in pairs]
        index = pd.Index([image.patient_id for image, _ in pairs], name="patient_id", dtype=object)
        columns = [tag for tag in tags(settings.families, settings.ways) if any(tag in m.values for m in measured)]
        rows = [[each.values.get(tag, np.nan) for tag in columns] for each in measured]
        frame = pd.DataFrame(rows, index=index, columns=columns, dtype=float)
        found: dict[Finding, None] = {}
        for (image, mask), each in zip(pairs, measured, strict=True):
            found |= dict.fromkeys((*image.findings, *mask.findings, *each.region.findings))
        frame.attrs = {
            "settings": settings.digest,
            "ibsi": {tag: ibsi_code(tag) for tag in columns},
            "findings": [finding.to_dict() for finding in found],
        }
        return frame

    def fit_transform(self, X: Iterable[tuple[Image, Mask]], y: Any = None) -> pd.DataFrame:
        """Return ``fit(X).transform(X)``."""
        return self.fit(X, y).transform(X)


def read_settings(path: str | Path) -> dict[str, IBSIFeatures]:
    r"""Return the configurations of a settings file (TOML) by name.

    Raises
    ------
    ImageError
        ``settings``; or as any file that cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "settings.toml").write_text('[configuration.ct]\nbin_width = 25\n')
    >>> read_settings(folder / "settings.toml")["ct"].bin_width
    25.0
    """
    configurations, _ = read_configurations(path)
    return {name: IBSIFeatures(**_arguments(each)) for name, each in configurations.items()}


def _arguments(settings: Configuration) -> dict[str, Any]:
    return {key: getattr(settings, key) for key in KEYS}
