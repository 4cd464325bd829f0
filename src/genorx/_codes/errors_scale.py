"""Error codes of VCF Zarr stores and of clusters, with their meanings."""

from __future__ import annotations

CODES: dict[str, str] = {
    # VCF Zarr stores
    "store-exists": "The store to create already exists, or the file to convert is a store.",
    "zarr-foreign": "A folder or archive is not a readable VCF Zarr store: its group, version or codec is unknown.",
    "zarr-cut": "A VCF Zarr store lacks arrays or chunks: it was not completely written or copied.",
    "zarr-damaged": "An array of a VCF Zarr store cannot be read, or contradicts the others.",
    "zarr-not-made": "A variant file cannot be converted to a VCF Zarr store.",
    # regions of a file
    "region-file": "A file of regions has an invalid line, or no region.",
    "region-index": "Regions were requested of a file without a matching index.",
    "regions": "Regions were requested for features that need the whole file.",
    "regions-overlap": "Two regions overlap: a record in both would be counted twice.",
    # clusters
    "cluster-address": "The address of a cluster is not valid.",
    "cluster-absent": "No scheduler answers at the address of a cluster.",
    "cluster-empty": "A cluster has no worker, and none joined.",
    "cluster-lost": "The scheduler of a cluster was lost before the end.",
    "cluster-version": "Workers of a cluster have another version of genorx, of its knowledge or of a library.",
}
