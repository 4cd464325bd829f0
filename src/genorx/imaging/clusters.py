"""Selection of one feature per cluster of correlated features: a transformer, fitted inside the fold.

Source: average linkage on 1 - |Spearman's correlation|; the medoid of a cluster is the feature that is closest to the
others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from genorx.errors import UsageError
from genorx.imaging.transformer import Transformer

if TYPE_CHECKING:
    import pandas as pd


class FeatureClusters(Transformer):
    """Keep one feature from each cluster of highly correlated features.

    Parameters
    ----------
    max_correlation : float, default 0.9
        Absolute rank correlation above which, on average over a cluster, features are in one cluster.

    Attributes
    ----------
    features_ : list of str
        Kept features, in the order of the frame.
    clusters_ : dict of str to list of str
        Features of the cluster of each kept feature, itself included.  Constant features are in no cluster and are left
        out.
    """

    _defaults: ClassVar = {"max_correlation": 0.9}

    def __init__(self, max_correlation: float = 0.9) -> None:
        self.max_correlation = max_correlation

    def fit(self, X: pd.DataFrame, y: Any = None) -> FeatureClusters:  # noqa: ARG002
        """Learn clusters from a numeric frame, one row per patient; missing values are dropped pairwise.

        Raises
        ------
        UsageError
            If ``max_correlation`` is not in (0, 1].
        """
        from scipy.cluster.hierarchy import fcluster, linkage
        from scipy.spatial.distance import squareform

        if not 0 < self.max_correlation <= 1:
            raise UsageError("max_correlation must be above 0 and at most 1")
        varying = [name for name in X.columns if X[name].nunique() > 1]
        distance = _distances(X[varying]) if varying else np.zeros((0, 0))
        groups = np.ones(len(varying), dtype=int)
        if len(varying) > 1:
            tree = linkage(squareform(distance, checks=False), method="average")
            groups = fcluster(tree, t=1 - self.max_correlation + 1e-12, criterion="distance")
        self.clusters_: dict[str, list[str]] = {}
        for group in dict.fromkeys(groups):
            members = np.flatnonzero(groups == group)
            medoid = members[int(np.argmin(distance[np.ix_(members, members)].sum(axis=1)))]
            self.clusters_[varying[medoid]] = [varying[each] for each in members]
        self.features_ = [name for name in X.columns if name in self.clusters_]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the selected features.

        Raises
        ------
        UsageError
            If the frame lacks one of them (``no-such-column``).
        """
        absent = [name for name in self.features_ if name not in X.columns]
        if absent:
            raise UsageError(f"{len(absent)} of the selected features are not in the frame", code="no-such-column")
        return X[self.features_]

    def fit_transform(self, X: pd.DataFrame, y: Any = None) -> pd.DataFrame:
        """Return ``fit(X).transform(X)``."""
        return self.fit(X, y).transform(X)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Return the names of the selected features."""
        return np.array(self.features_, dtype=object)


def _distances(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Return 1 - |Spearman's correlation| of all pairs; 1 where undefined."""
    correlation = frame.astype(float).corr(method="spearman").abs().fillna(0.0).to_numpy()
    distance: NDArray[np.float64] = np.clip(1 - correlation, 0.0, 1.0)
    np.fill_diagonal(distance, 0.0)
    return distance
