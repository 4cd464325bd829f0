"""Shipped data: evidence of CIViC, label facts, and disease vocabularies, each with its manifest.

Made by ``scripts/make_oncology_pack.py``; loaded without network access, and refused if a byte has changed.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from genorx.knowledge.pack_folder import read_manifest
from genorx.oncology.table import EvidenceTable, read_table_folder, stack

DATA = Path(__file__).parent / "data"
_LAYERS = ("civic", "label")


@lru_cache(maxsize=1)
def default_evidence() -> EvidenceTable:
    """Return the embedded evidence: CIViC, then facts of drug labels for tumour-agnostic approvals.

    Raises
    ------
    PackError
        ``pack-checksum`` if a file does not have the checksum of its manifest.

    Examples
    --------
    >>> table = default_evidence()
    >>> table.select(evidence_type="predictive").counts()["level"]["A"]
    188
    """
    return stack(*(read_table_folder(DATA / name) for name in _LAYERS))


def list_packs() -> list[dict[str, Any]]:
    """Return the manifests of the embedded packs: name, release, sha256, licence, attribution, source, created.

    Examples
    --------
    >>> [pack["name"] for pack in list_packs()]
    ['civic-evidence', 'label-evidence', 'disease-vocabularies']
    """
    return [read_manifest(DATA / name) for name in _LAYERS] + [read_manifest(DATA)]


def releases(table: EvidenceTable) -> list[str]:
    """Return name and release of each layer of ``table``, and of the vocabularies of diseases."""
    layers = [*table.layers, read_manifest(DATA)]
    return [f"{layer.get('name') or layer.get('source')} {layer.get('release')}" for layer in layers]


def attributions(table: EvidenceTable) -> list[str]:
    """Return the attributions that a report on ``table`` must show, with licence and release of each layer."""
    layers = [*table.layers, read_manifest(DATA)]
    return [
        f"{layer.get('attribution')} (release {layer.get('release')}, licence {layer.get('licence')})"
        for layer in layers
    ]
