"""Panel of variant features to derive, as a TOML file or an object.

Variants are read by ``variants``; columns are made by ``features.genes`` and ``features.sites``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from genorx._core.files import FileKind
from genorx._core.nearest import did_you_mean
from genorx._core.provenance import file_digest, json_digest
from genorx._core.short_repr import short
from genorx.errors import GenorxError, PanelError, shown
from genorx.features.pharmacogenes import COLUMNS, Pharmacogenes, callable_genes, columns_of
from genorx.features.scores import OPTIONS, PanelScore
from genorx.knowledge import default_pack
from genorx.variants import normal_assembly

_BASES = re.compile(r"[ACGT]+")
_SHORT = 12  # characters of a digest to show


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A known variant whose dosage is a feature; ``positions`` by assembly, 1-based, ``""`` for no named assembly.

    Examples
    --------
    >>> from genorx.features import Panel, Site
    >>> site = Site(id="rs4244285", chrom="10", positions={"GRCh38": 94781859, "GRCh37": 96541616}, ref="G", alt="A")
    >>> Panel(sites=(site,)).sites[0].positions["GRCh38"]
    94781859
    """

    id: str
    chrom: str
    positions: Mapping[str, int]
    ref: str
    alt: str

    def position(self, assembly: str | None) -> int | None:
        """Position on an assembly; None if the panel has none."""
        only = next(iter(self.positions.values())) if len(self.positions) == 1 and assembly is None else None
        return self.positions.get(assembly or "", self.positions.get("", only))


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """Number of accepted non-silent changes as a feature.

    Examples
    --------
    >>> from genorx.features import Burden, Panel
    >>> Panel(burden=Burden(callable_mb=1.3)).burden.callable_mb
    1.3
    """

    name: str = "burden"
    callable_mb: float | None = None
    max_no_call: float = 0.1


@short
@dataclass(frozen=True, kw_only=True)
class Panel:
    """Variant features to derive from a file.

    Read from TOML by ``Panel.read``.  At least one of the tables ``genes``, ``sites``, ``burden``, ``pgx`` and
    ``scores`` is required; an unknown key is an error::

        name = "myeloid"
        assembly = "GRCh37"             # of `pos` and of the gene table

        [genes]
        include = ["TP53", "NPM1"]      # default: every gene of the file
        by_class = true                 # or a list of genes: columns TP53_truncating, _missense, _inframe,
                                        # _splice, _other in place of TP53
        table = "genes.tsv"             # chrom, start0, end0, gene: used if the file has no annotations, and to
                                        # know which genes a gVCF block covers

        [aliases]                       # symbol in the file = name of the column
        KMT2A = "MLL"

        [[sites]]                       # one dosage column (0, 1, 2) per site
        id = "rs4244285"
        chrom = "10"                    # with or without chr
        pos_GRCh37 = 96541616           # or `pos` with the panel's assembly
        pos_GRCh38 = 94781859
        ref = "G"
        alt = "A"

        [burden]
        name = "tmb"                    # column of counts; default burden
        callable_mb = 1.2               # adds tmb_per_mb
        max_no_call = 0.1               # missing if a larger share of the non-silent sites is a no-call

        [pgx]                           # pharmacogenes, germline
        genes = ["CYP2C19", "DPYD"]     # default: every gene that can be called from a VCF
        columns = ["phenotype", "activity"]  # CYP2C19_phenotype, ordered; DPYD_activity, a number; default both

        [[scores]]                      # one column per polygenic score, germline
        file = "PGS000001_hmPOS_GRCh38.txt.gz"
        name = "breast_score"           # default: the score's id in lower case
        min_overlap = 0.75              # and impute, ambiguous, unusual, absent, fasta as of genorx.interop.score

    Attributes
    ----------
    name : str
    genes : tuple of str or None
        Symbols of the genes with columns; empty for all of the file, None for no gene columns.
    by_class : bool or frozenset of str
        Genes with one column per class of consequence; True for all, False for none.
    gene_table : path or None
        File of gene intervals.
    aliases : mapping of symbol to name
        Names of columns by symbol in the file.
    sites : tuple of Site
        Variants with a dosage column.
    all_sites : bool
        Whether every allele of the file has a dosage column.
    burden : Burden or None
        Column of the number of non-silent changes.
    pgx : Pharmacogenes or None
        Columns of pharmacogenes.
    scores : tuple of PanelScore
        Columns of polygenic scores.
    assembly : str or None
        Assembly of ``pos`` and of the gene table.
    """

    name: str = "panel"
    genes: tuple[str, ...] | None = None
    by_class: bool | frozenset[str] = False
    gene_table: Path | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    sites: tuple[Site, ...] = ()
    all_sites: bool = False
    burden: Burden | None = None
    pgx: Pharmacogenes | None = None
    scores: tuple[PanelScore, ...] = ()
    assembly: str | None = None

    @classmethod
    def read(cls, path: str | Path) -> Panel:
        """Read a panel file.

        Raises
        ------
        PanelError
            ``panel-file``, ``panel-toml``, ``panel-key``, ``panel-value``, ``panel-empty``, ``panel-name-twice``.
        """
        return _PanelFile(Path(path)).panel()

    @classmethod
    def of(cls, panel: str | Path | Panel) -> Panel:
        """Return a panel for ``"genes"``, ``"sites"``, ``"burden"``, ``"pgx"``, a file or a panel."""
        if isinstance(panel, Panel):
            return panel
        named = {"genes": cls(name="genes", genes=()), "sites": cls(name="sites", all_sites=True)}
        named |= {"burden": cls(name="burden", burden=Burden()), "pgx": cls(name="pgx", pgx=Pharmacogenes())}
        return named[panel] if isinstance(panel, str) and panel in named else cls.read(panel)

    def releases(self) -> dict[str, str]:
        """Return the versions on which the columns depend: digest of the panel, release of pharmacogenomic knowledge.

        A panel has the same digest under any file name.
        """
        content = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in ("name", "pgx")}
        content["by_class"] = self.by_class if isinstance(self.by_class, bool) else sorted(self.by_class)
        content["gene_table"] = None if self.gene_table is None else file_digest(self.gene_table)
        content["sites"] = [asdict(site) for site in self.sites]
        content["scores"] = [(file_digest(each.file), each.name, each.options) for each in self.scores]
        content["pharmacogenes"] = None if self.pgx is None else list(self.pgx.names())
        releases = {"panel": json_digest(content)[:_SHORT]}
        return releases if self.pgx is None else releases | {"pharmacogene knowledge": default_pack().release}

    def splits(self, gene: str) -> bool:
        """Return whether a gene's column is split by class."""
        return self.by_class if isinstance(self.by_class, bool) else gene in self.by_class

    @property
    def germline(self) -> bool:
        """Whether the panel asks for germline variants: pharmacogenes, scores, or dosages of sites and nothing else."""
        only_sites = bool(self.sites or self.all_sites) and not self.wants_genes()
        return only_sites or self.pgx is not None or bool(self.scores)

    def wants_genes(self) -> bool:
        """Return whether consequence annotations must be read."""
        return self.genes is not None or self.burden is not None


def _panel_file(path: Path) -> FileKind:
    names = ("genes", "sites", "burden", "pgx")
    hint = did_you_mean(path.name, names, "give genes, sites, burden, pgx or a panel file")
    return FileKind(
        name="panel file",
        error=PanelError,
        code="panel-file",
        damaged="panel-toml",
        absent_hint=hint,
    )


class _PanelFile:
    """Checks of a panel file; each error names its key."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values = _panel_file(path).read_toml(path)

    def panel(self) -> Panel:
        values = self.values
        self._known(values, "", ("name", "assembly", "genes", "aliases", "sites", "burden", "pgx", "scores"))
        assembly = self._typed(values, "", "assembly", str, None)
        genes = self._typed(values, "", "genes", dict, None)
        sites = self._sites(self._assembly(assembly))
        if genes is None and not sites and not {"burden", "pgx", "scores"} & set(values):
            reason = "a panel needs [genes], [[sites]], [burden], [pgx] or [[scores]]"
            raise PanelError(reason, file=self.path, code="panel-empty")
        genes = genes if genes is not None else {}
        self._known(genes, "genes", ("include", "by_class", "table"))
        include = self._texts(genes, "genes", "include")
        table = self._typed(genes, "genes", "table", str, None)
        return Panel(
            name=self._typed(values, "", "name", str, self.path.stem),
            genes=include if "genes" in values else None,
            by_class=self._by_class(genes, include),
            gene_table=None if table is None else self.path.parent / table,
            aliases=self._aliases(),
            sites=sites,
            burden=self._burden(),
            pgx=self._pgx(),
            scores=self._scores(),
            assembly=self._assembly(assembly),
        )

    def _assembly(self, text: str | None) -> str | None:
        try:
            return None if text is None else normal_assembly(text)
        except GenorxError as error:
            raise self._fault("assembly", error.reason) from error

    def _by_class(self, genes: dict[str, Any], include: tuple[str, ...]) -> bool | frozenset[str]:
        value = genes.get("by_class", False)
        if isinstance(value, bool):
            return value
        split = frozenset(self._texts(genes, "genes", "by_class"))
        if include and (strange := sorted(split - set(include))):
            raise self._fault("genes.by_class", f"{shown(strange[0])!r} is not in genes.include")
        return split

    def _aliases(self) -> dict[str, str]:
        aliases = self._typed(self.values, "", "aliases", dict, {})
        for symbol in aliases:
            if not self._typed(aliases, "aliases", symbol, str, ""):
                raise self._fault(f"aliases.{symbol}", "is empty")
        return dict(aliases)

    def _sites(self, assembly: str | None) -> tuple[Site, ...]:
        rows = self._typed(self.values, "", "sites", list, [])
        sites = tuple(self._site(row, f"sites[{number}]", assembly) for number, row in enumerate(rows, start=1))
        seen: set[str] = set()
        for number, site in enumerate(sites, start=1):
            if site.id in seen:
                raise self._fault(f"sites[{number}].id", f"{shown(site.id)!r} appears twice", "panel-name-twice")
            seen.add(site.id)
        return sites

    def _site(self, row: Any, key: str, assembly: str | None) -> Site:
        if not isinstance(row, dict):
            raise self._fault(key, "is not a table")
        self._known(row, key, ("id", "chrom", "pos", "pos_GRCh37", "pos_GRCh38", "ref", "alt"))
        positions: dict[str, int] = {}
        for name, of in (("pos", assembly or ""), ("pos_GRCh37", "GRCh37"), ("pos_GRCh38", "GRCh38")):
            position = self._typed(row, key, name, int, None)
            if position is not None and position < 1:
                raise self._fault(f"{key}.{name}", f"{position} is less than 1")
            if position is not None and positions.setdefault(of, position) != position:
                raise self._fault(f"{key}.{name}", "contradicts another position")
        texts = {name: self._typed(row, key, name, str, "") for name in ("id", "chrom", "ref", "alt")}
        for name, text in texts.items():
            if not text:
                raise self._fault(f"{key}.{name}", "is needed")
        ref, alt = texts["ref"].upper(), texts["alt"].upper()
        if not positions:
            raise self._fault(key, "needs pos, pos_GRCh37 or pos_GRCh38")
        if not (_BASES.fullmatch(ref) and _BASES.fullmatch(alt)) or ref == alt:
            raise self._fault(f"{key}.ref", "ref and alt are two sequences of A, C, G, T")
        return Site(id=texts["id"], chrom=texts["chrom"], positions=positions, ref=ref, alt=alt)

    def _burden(self) -> Burden | None:
        values = self._typed(self.values, "", "burden", dict, None)
        if values is None:
            return None
        self._known(values, "burden", ("name", "callable_mb", "max_no_call"))
        size = self._typed(values, "burden", "callable_mb", (int, float), None)
        share = self._typed(values, "burden", "max_no_call", (int, float), 0.1)
        if size is not None and not 0 < size < 4000:
            raise self._fault("burden.callable_mb", f"{size} is not the size of a panel or genome in megabases")
        if not 0 <= share <= 1:
            raise self._fault("burden.max_no_call", f"{share} is not between 0 and 1")
        name = self._typed(values, "burden", "name", str, "burden")
        return Burden(name=name, callable_mb=size, max_no_call=share)

    def _pgx(self) -> Pharmacogenes | None:
        values = self._typed(self.values, "", "pgx", dict, None)
        if values is None:
            return None
        self._known(values, "pgx", ("genes", "columns"))
        kinds = self._texts(values, "pgx", "columns") or COLUMNS
        for kind in kinds:
            if kind not in COLUMNS:
                raise self._fault("pgx.columns", f"{shown(kind)!r} is not one of {', '.join(COLUMNS)}")
        columns = tuple(kind for kind in COLUMNS if kind in kinds)
        made = Pharmacogenes(genes=self._texts(values, "pgx", "genes"), columns=columns)
        for gene in made.genes:
            if gene not in callable_genes():
                reason = (
                    f"the phenotype of {shown(gene)!r} cannot be called from a variant file; that of these genes can: "
                    f"{', '.join(callable_genes())}"
                )
                raise self._fault("pgx.genes", reason)
            if not columns_of(gene, made):
                raise self._fault("pgx.columns", f"{gene} has no activity score")
        return made

    def _scores(self) -> tuple[PanelScore, ...]:
        made = []
        for number, row in enumerate(self._typed(self.values, "", "scores", list, []), start=1):
            key = f"scores[{number}]"
            if not isinstance(row, dict):
                raise self._fault(key, "is not a table")
            self._known(row, key, ("file", "name", *OPTIONS))
            file = self._typed(row, key, "file", str, "")
            if not file:
                raise self._fault(f"{key}.file", "is needed")
            options = {name: self._typed(row, key, name, kind, None) for name, kind in OPTIONS.items() if name in row}
            if "fasta" in options:
                options["fasta"] = self.path.parent / options["fasta"]
            name = self._typed(row, key, "name", str, None)
            made.append(PanelScore(file=self.path.parent / file, name=name, options=tuple(options.items())))
        return tuple(made)

    def _texts(self, values: dict[str, Any], key: str, name: str) -> tuple[str, ...]:
        items = self._typed(values, key, name, list, [])
        if any(not isinstance(item, str) or not item for item in items):
            raise self._fault(f"{key}.{name}", "has a value that is not text")
        if len(set(items)) < len(items):
            raise self._fault(f"{key}.{name}", "names a gene twice", "panel-name-twice")
        return tuple(items)

    def _typed(self, values: dict[str, Any], key: str, name: str, kind: Any, default: Any) -> Any:
        value = values.get(name, default)
        if name in values and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            raise self._fault(f"{key}.{name}" if key else name, f"{shown(value)!r} has the wrong type")
        return value

    def _known(self, values: Mapping[str, Any], key: str, names: Collection[str]) -> None:
        for name in values:
            if name not in names:
                hint = did_you_mean(name, names, f"known are {', '.join(names)}")
                place = f"{key}.{shown(name)}" if key else shown(name)
                raise PanelError("unknown key", file=self.path, place=place, hint=hint, code="panel-key")

    def _fault(
        self, key: str, reason: str, code: Literal["panel-value", "panel-name-twice"] = "panel-value"
    ) -> PanelError:
        return PanelError(reason, file=self.path, place=key, code=code)
