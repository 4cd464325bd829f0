"""Entry point to all importers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from genorx.errors import UsageError, shown
from genorx.oncology.importers.cgi import import_cgi
from genorx.oncology.importers.civic import import_civic
from genorx.oncology.importers.generic import import_generic
from genorx.oncology.importers.moalmanac import import_moalmanac
from genorx.oncology.importers.oncokb import import_oncokb
from genorx.oncology.table import EvidenceTable

#: Importers by the name of their source.
SOURCES: dict[str, Callable[..., EvidenceTable]] = {
    "civic-tsv": import_civic,
    "moalmanac-json": import_moalmanac,
    "cgi-tsv": import_cgi,
    "oncokb-annotated": import_oncokb,
    "generic-tsv": import_generic,
}


def import_evidence(source: str, path: str | Path, *, release: str | None = None) -> EvidenceTable:
    """Return the evidence table in a file of a public source.

    Parameters
    ----------
    source : {"civic-tsv", "moalmanac-json", "cgi-tsv", "oncokb-annotated", "generic-tsv"}
        Kind of file; its column set or shape is detected, and refused if unknown.
    path : path
        The file, plain or gzip; for MOAlmanac's normalised tables the folder.
    release : str, optional
        Name of the release; by default the month of the newest row.

    Returns
    -------
    EvidenceTable
        Rows read = ``len(table) + len(table.rejected)``; each rejected row has its reason.

    Raises
    ------
    UsageError
        If the source is unknown.
    InputError
        ``evidence-file`` if the file cannot be read, ``evidence-columns`` if its columns are not known.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> from genorx.oncology import default_evidence
    >>> _ = default_evidence().write(folder / "own")
    >>> table = import_evidence("generic-tsv", folder / "own" / "evidence.tsv.gz")
    >>> len(table) == len(default_evidence())
    True
    """
    if source not in SOURCES:
        raise UsageError(f'evidence source "{shown(source)}" is unknown', hint=f"one of {', '.join(SOURCES)}")
    return SOURCES[source](path, release=release)
