"""What one variant file says of its samples, before the files of a study are put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genorx.errors import Finding, GenorxError
from genorx.features.sites import SiteCells, SiteKey
from genorx.variants.identity import SampleIdentity

if TYPE_CHECKING:
    from genorx.pgx.cohort import CohortPart


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileTally:
    """Results for the samples of one file.

    Attributes
    ----------
    samples : tuple of str
    genes : dict of symbol to bytes, one per sample
        Bits as in ``features.genes``.
    sites : dict of SiteKey to SiteCells
    changes, looked, no_calls : int64 arrays of shape (n_samples,)
    counts : dict
        Records read, filtered, and so on.
    identity : SampleIdentity or None
        Of a germline file.
    pharmacogenes : (DataFrame, findings) or GenorxError or None
        Of all samples of the file, if the panel requests them, or why they cannot be called.
    """

    path: Path
    samples: tuple[str, ...]
    genes: dict[str, bytearray]
    sites: dict[SiteKey, SiteCells]
    changes: NDArray[np.int64]
    looked: NDArray[np.int64]
    no_calls: NDArray[np.int64]
    any_gene_looked: NDArray[np.bool_]
    counts: dict[str, Any]
    findings: tuple[Finding, ...]
    assembly: str | None
    identity: SampleIdentity | None = None
    pharmacogenes: CohortPart | GenorxError | None = None
