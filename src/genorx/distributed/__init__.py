"""Work on several machines by Dask: the results are those of one process, to the byte."""

from genorx.distributed.cluster import cluster

__all__ = ["cluster"]
