"""Conventional order and labels of allele names: ``*4`` before ``*17``, references first."""

from __future__ import annotations

import re
from typing import Any

from genorx.pgx.matching.gene_rules import follows

_RUNS = re.compile(r"\d+|\D+")
_STAR = re.compile(r"\*(\d+)(.*)", re.DOTALL)

Key = tuple[Any, ...]


def name_key(name: str) -> Key:
    """Return a sort key for an allele or a combination.

    Plain names come before combinations; star alleles by number, then by the remainder; other names by their digits as
    numbers and the rest as text; combinations by size, then by component, partial alleles last.
    """
    if name.startswith("[") and name.endswith("]"):
        parts = name[1:-1].split(" + ")
        return (1, len(parts), tuple((is_partial(part), _plain_key(part)) for part in parts))
    if is_partial(name):
        return (1, 1, ((True, _plain_key(name)),))
    return (0, 1, ((False, _plain_key(name)),))


def _plain_key(name: str) -> Key:
    star = _STAR.fullmatch(name)
    if star:
        return ((0, int(star.group(1)), ""), (1, 0, star.group(2)))
    return tuple((0, int(run), "") if run.isdigit() else (1, 0, run) for run in _RUNS.findall(name))


def is_partial(name: str) -> bool:
    """Return whether a component is a partial allele, named by its change on the genome."""
    return name.startswith("g.")


def components(name: str) -> tuple[str, ...]:
    """Return the alleles of a combination; a plain name is its only component."""
    return tuple(name[1:-1].split(" + ")) if name.startswith("[") and name.endswith("]") else (name,)


def join(alleles: tuple[str, ...]) -> str:
    """Return the name of a diplotype, or of the single allele of a haploid gene."""
    return "/".join(alleles)


def label(gene: str, alleles: tuple[str, ...], reference: str | None) -> str:
    """Return the display name of a pair: usually ``*1/*2``; for some genes only what differs from the reference."""
    if not follows(gene, "label-by-difference") or reference is None or len(alleles) != 2:
        return join(alleles)
    others = [name for name in alleles if name != reference]
    if not others:
        return "Reference/Reference"
    return f"{others[0]} (heterozygous)" if len(others) == 1 else join(alleles)
