"""Imported by the server from which worker processes are forked, so that none of them does it again.

Reading a part of a cohort file takes compiled loops and libdeflate; each takes longer to load than a small part to
read.  Nothing else may import this module.
"""

from __future__ import annotations

import gc

from genorx._core.compiled import load_kept
from genorx.features import files
from genorx.variants.files import load_libdeflate

__all__ = ["files"]

load_libdeflate()
load_kept()
gc.freeze()  # what is shared with the processes is not touched by them
