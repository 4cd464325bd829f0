"""Make the shipped pack of pharmacogenes from a folder of PharmCAT's data files.

Usage: python scripts/make_pgx_pack.py FOLDER
"""

import sys
from pathlib import Path

from genorx.knowledge.importer import import_pharmcat

PACKS = Path(__file__).resolve().parent.parent / "src" / "genorx" / "knowledge" / "packs"


def main(folder: str) -> None:
    """Write ``pharmcat-DAY.json.gz`` beside the others."""
    pack = import_pharmcat(folder)
    path = PACKS / f"pharmcat-{pack.release[:10]}.json.gz"
    pack.save(path)
    sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes, {len(pack.genes)} genes, {len(pack.drugs)} drugs\n")


if __name__ == "__main__":
    main(sys.argv[1])
