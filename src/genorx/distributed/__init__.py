"""Work on several machines by Dask, with the results of one process, to the byte."""

from genorx.distributed.cluster import cluster

__all__ = ["cluster"]
