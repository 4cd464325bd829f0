"""Regimens: days and cycles of treatment, checks before and between; packs of regimens, and plans."""

from genorx.care.regimen.pack import RegimenPack, read_regimens
from genorx.care.regimen.regimen import Check, Hold, Regimen

__all__ = ["Check", "Hold", "Regimen", "RegimenPack", "read_regimens"]
