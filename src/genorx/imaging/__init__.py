"""Image biomarkers: from images and masks to named features with units, codes and findings."""

from genorx.imaging.clusters import FeatureClusters
from genorx.imaging.extraction import IBSIFeatures, read_settings
from genorx.imaging.figures import plot_region
from genorx.imaging.image import Image, Mask
from genorx.imaging.mask import read_mask
from genorx.imaging.measurements import read_measurements
from genorx.imaging.reading import read_image
from genorx.imaging.stability import stability

__all__ = [
    "FeatureClusters",
    "IBSIFeatures",
    "Image",
    "Mask",
    "plot_region",
    "read_image",
    "read_mask",
    "read_measurements",
    "read_settings",
    "stability",
]
