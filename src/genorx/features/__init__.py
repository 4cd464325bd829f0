"""Features from variants by a panel: genes, sites, burden, pharmacogenes, polygenic scores."""

from genorx._core.feature_spec import FeatureSpec
from genorx.features.panel import Burden, Panel, Site
from genorx.features.pharmacogenes import Pharmacogenes
from genorx.features.study import VariantFeatures, features_of_files, variant_features

__all__ = [
    "Burden",
    "FeatureSpec",
    "Panel",
    "Pharmacogenes",
    "Site",
    "VariantFeatures",
    "features_of_files",
    "variant_features",
]
