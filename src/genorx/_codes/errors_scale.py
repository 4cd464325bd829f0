"""Error codes of stores of VCF Zarr and of clusters, and what each says."""

from __future__ import annotations

CODES: dict[str, str] = {
    # stores of VCF Zarr
    "store-exists": "The store to make is already there, or the file to convert is a store.",
    "zarr-foreign": "A folder or archive is no store of VCF Zarr that can be read: no group, version or codec of it.",
    "zarr-cut": "A store of VCF Zarr lacks arrays or chunks: half written, or not copied whole.",
    "zarr-damaged": "An array of a store of VCF Zarr cannot be read, or contradicts the others.",
    "zarr-not-made": "A variant file cannot be converted to a store of VCF Zarr.",
    # regions of a file
    "region-file": "A file of regions has a line that is none, or names no region.",
    "region-index": "Regions are asked for of a file that has no index that fits.",
    "regions": "Regions are asked for of what needs a whole file.",
    "regions-overlap": "Two regions of a file overlap: a record in both would be taken twice.",
    # clusters
    "cluster-address": "The address of a cluster cannot be understood.",
    "cluster-absent": "No scheduler answers at the address of a cluster.",
    "cluster-empty": "A cluster has no worker, and none came.",
    "cluster-lost": "The scheduler of a cluster went away before the end.",
    "cluster-version": "Workers of a cluster have another version of genorx, of its knowledge or of a library.",
}
