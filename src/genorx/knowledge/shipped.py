"""The pack shipped with genorx, loaded once per process."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

from genorx.knowledge.pack import Pack, load_pack

#: Made by ``scripts/make_pgx_pack.py`` from PharmCAT's data files of 2025-11-05 and guidance of 2024-03-25.
_NAME = "pharmcat-2025-11-05.json.gz"


@cache
def default_pack() -> Pack:
    """Return the shipped pack of pharmacogenes.

    Examples
    --------
    >>> pack = default_pack()
    >>> "CYP2C19" in pack.genes
    True
    """
    with as_file(files("genorx.knowledge") / "packs" / _NAME) as path:
        return load_pack(path)


def list_packs() -> list[dict[str, str]]:
    """Return name, release, guidance release, checksum and licences of each pack shipped with genorx."""
    pack = default_pack()
    return [
        {
            "name": pack.name,
            "release": pack.release,
            "guidance_release": pack.guidance_release,
            "genes": str(len(pack.genes)),
            "drugs": str(len(pack.drugs)),
            "sha256": pack.digest,
            "licences": "; ".join(pack.licences),
        }
    ]
