"""Imported by the server from which worker processes are forked, so that none of them does it again.

Reading a part of a cohort file needs compiled loops and libdeflate; loading either takes longer than reading a small
part.  Nothing else may import this module.
"""

from __future__ import annotations

import gc

from genorx._core.compiled import load_kept
from genorx.features import files
from genorx.variants.files import load_libdeflate

__all__ = ["files"]

load_libdeflate()
load_kept()
gc.freeze()  # memory shared with the processes is not modified by them
