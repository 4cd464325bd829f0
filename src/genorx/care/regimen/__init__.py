"""Regimens: days and cycles of treatment, what is checked before and between; the packs that hold them, and plans."""

from genorx.care.regimen.pack import RegimenPack, read_regimens
from genorx.care.regimen.regimen import Check, Hold, Regimen

__all__ = ["Check", "Hold", "Regimen", "RegimenPack", "read_regimens"]
