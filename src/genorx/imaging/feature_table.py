"""Features of regions as tables and JSON: long, wide, with provenance.

No other elements of a header are written: no name, birth date, accession number, institution or physician.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from genorx._core.progress import track
from genorx._core.provenance import versions
from genorx.errors import Finding
from genorx.imaging.codes import ibsi_code, tags
from genorx.imaging.diagnostics import diagnostics
from genorx.imaging.extraction import Measured, measure
from genorx.imaging.image import Image, Mask
from genorx.imaging.settings import Configuration

if TYPE_CHECKING:
    import pandas as pd

#: Columns of the long table.
LONG = ("patient_id", "config", "tag", "ibsi", "value", "note")
#: Columns of the wide table before the tags: the provenance of a row, never features.
PROVENANCE = (
    *("patient_id", "config", "modality", "unit", "study_uid", "series_uid", "date", "settings"),
    *("spacing_x_mm", "spacing_y_mm", "spacing_z_mm", "voxels"),
)
_UNDEFINED = "undefined"
_NOTHING = np.empty((0, 0, 0))
_EMPTY: dict[str, Any] = {
    "image": _NOTHING, "mask": _NOTHING.astype(bool), "intensity_mask": _NOTHING.astype(bool), "levels": None
}  # fmt: skip
_LIBRARIES = ("pydicom", "nibabel", "scikit-image")
_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class RegionFeatures:
    """Features of one region under several configurations.

    Attributes
    ----------
    image, mask : Image, Mask
    patient_id : str
    voxels : int
        Number of voxels of the mask, as read.
    measured : mapping of name to Measured
        Features, by the name of the configuration.
    diagnosed : mapping of name to mapping of tag to float
        Diagnostics, by the name of the configuration; empty unless requested.
    configurations : mapping of name to Configuration
    """

    image: Image
    mask: Mask
    patient_id: str
    voxels: int
    measured: Mapping[str, Measured]
    diagnosed: Mapping[str, Mapping[str, float]]
    configurations: Mapping[str, Configuration]

    def without_voxels(self) -> RegionFeatures:
        """Return features and provenance without arrays: sufficient for tables, not for figures."""
        regions = {name: replace(each.region, **_EMPTY) for name, each in self.measured.items()}
        return replace(
            self,
            image=replace(self.image, array=_NOTHING),
            mask=replace(self.mask, array=_NOTHING.astype(bool)),
            measured={name: replace(each, region=regions[name]) for name, each in self.measured.items()},
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Distinct findings of reading and measuring."""
        found = [finding for each in self.measured.values() for finding in each.region.findings]
        return tuple(dict.fromkeys([*self.image.findings, *self.mask.findings, *found]))

    def values(self, name: str) -> dict[str, float]:
        """Return features, then diagnostics, of a configuration."""
        return {**self.measured[name].values, **self.diagnosed.get(name, {})}


def measure_region(
    image: Image, mask: Mask, configurations: Mapping[str, Configuration], *, diagnose: bool = False
) -> RegionFeatures:
    """Return the features of a region under each configuration.

    Raises
    ------
    ImageError, RegionError
        As ``chain.region_of``.
    """
    measured: dict[str, Measured] = {}
    for name in track(configurations, "measure", len(configurations)):
        measured[name] = measure(image, mask, configurations[name])
    diagnosed = {
        name: diagnostics(image, mask, measured[name].region, settings)
        for name, settings in configurations.items()
        if diagnose
    }
    return RegionFeatures(
        image=image,
        mask=mask,
        patient_id=image.patient_id,
        voxels=int(mask.array.sum()),
        measured=measured,
        diagnosed=diagnosed,
        configurations=configurations,
    )


def long_rows(features: RegionFeatures) -> list[dict[str, object]]:
    """Return one row per feature and configuration; an undefined value is missing, with its reason."""
    return [
        {
            "patient_id": features.patient_id,
            "config": name,
            "tag": tag,
            "ibsi": ibsi_code(tag),
            "value": value,
            "note": "" if np.isfinite(value) else _UNDEFINED,
        }
        for name in features.configurations
        for tag, value in features.values(name).items()
    ]


def wide_rows(features: RegionFeatures) -> list[dict[str, object]]:
    """Return one row per configuration: provenance, then features."""
    image = features.image
    x, y, z = image.spacing
    own = (image.modality, image.unit, image.study_uid, image.series_uid, image.date)
    return [
        dict(zip(PROVENANCE, (features.patient_id, name, *own, settings.digest, x, y, z, features.voxels), strict=True))
        | features.values(name)
        for name, settings in features.configurations.items()
    ]


def table_of(rows: Sequence[Mapping[str, object]], *, wide: bool) -> pd.DataFrame:
    """Return rows as a table; a wide one has its columns in the standard order."""
    import pandas as pd

    if not wide:
        return pd.DataFrame(list(rows), columns=list(LONG))
    named = dict.fromkeys(name for row in rows for name in row)
    known = [tag for tag in tags() if tag in named]
    others = [name for name in named if name not in PROVENANCE and name not in set(known)]
    return pd.DataFrame(list(rows), columns=[*PROVENANCE, *known, *others])


def provenance(features: RegionFeatures) -> dict[str, Any]:
    """Return the provenance of features: image, mask, settings, findings and versions, as JSON values."""
    image, mask = features.image, features.mask
    return {
        "schema_version": _SCHEMA,
        "image": {
            "modality": image.modality,
            "unit": image.unit,
            "spacing_mm": list(image.spacing),
            "shape": [int(size) for size in image.shape],
            "patient_id": features.patient_id,
            "study_uid": image.study_uid,
            "series_uid": image.series_uid,
            "frame_of_reference_uid": image.frame_of_reference_uid,
            "date": image.date,
        },
        "mask": {
            "label": mask.label,
            "source": mask.source,
            "voxels": features.voxels,
            "volume_ml": features.voxels * image.voxel_volume / 1000,
        },
        "configurations": {
            name: {**settings.to_dict(), "settings": settings.digest}
            for name, settings in features.configurations.items()
        },
        "findings": [finding.to_dict() for finding in features.findings],
        "versions": versions(*_LIBRARIES),
    }
