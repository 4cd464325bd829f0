"""What each allele of a record shows at a known site, and whether a call states all copies of a person.

A record may be written with bases around the change, for others beside it or by habit of its caller: ``CG>TG``,
``AC>AT`` and ``ACG>ATG,A`` all hold the change of one base that a site has.  Every room that looks up a site uses this.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from genorx.variants.allele import trim
from genorx.variants.assembly import AUTOSOMES, bare_contig
from genorx.variants.calls import Call, Kind

#: A base that is deleted, replaced by several, or not described in bases.
GONE = ""
Shown = tuple[str | None, ...]


def alleles_at(
    site: int, known: Collection[str], position: int, ref: str, alts: Sequence[str], *, reference: str = ""
) -> Shown | None:
    """Return the allele that REF and each ALT show at a site.

    Parameters
    ----------
    site : int
        Position of the site.
    known : collection of str
        Alleles of the site.
    position, ref, alts : int, str, sequence of str
        A record, in capitals.
    reference : str, optional
        The site's allele in the reference sequence, if it is known: of two lengths either may be it.

    Returns
    -------
    tuple or None
        A text for each allele; ``GONE`` for one that shows none, and None where a change of several bases holds an
        allele of the site among others.  None in place of the tuple for a record that does not describe the site.

    Examples
    --------
    >>> alleles_at(100, {"C", "T"}, 100, "CG", ["TG", "C", "TA"])
    ('C', 'T', 'C', None)
    >>> alleles_at(100, {"C", "T"}, 99, "AC", ["AT", "A", "GC"])
    ('C', 'T', '', 'C')
    >>> alleles_at(100, {"C", "CAA"}, 100, "CG", ["CAAG", "TG"])
    ('C', 'CAA', '')
    >>> alleles_at(100, {"T", "TA"}, 100, "TA", ["T"]), alleles_at(100, {"T", "TA"}, 100, "TA", ["T"], reference="T")
    (('TA', 'T'), ('T', ''))
    """
    at = site - position
    if not 0 <= at < len(ref):
        return None
    if all(len(allele) == 1 for allele in known):
        return (ref[at], *(_base_at(at, ref, alt, known) for alt in alts))
    for own in (reference,) if reference else sorted(known, key=len, reverse=True):
        if not ref.startswith(own, at):
            continue
        changes = {trim(site, own, other): other for other in known if other != own}
        shown = [changes.get(trim(position, ref, alt), GONE) for alt in alts]
        if reference or any(shown):
            return (own, *shown)
    return (ref, *alts) if at == 0 else None


def _base_at(at: int, ref: str, alt: str, known: Collection[str]) -> str | None:
    """Return the base of an ALT in place of a base of REF."""
    if not alt.isalpha():
        return GONE
    start, ref_part, alt_part = trim(0, ref, alt)
    place = at - start
    if not 0 <= place < len(ref_part):
        return ref[at]
    if len(ref_part) != len(alt_part):
        return ref[at] if place == 0 and ref_part[0] == alt_part[0] else GONE
    base = alt_part[place]
    held = len(ref_part) > 1 and base != ref[at] and base in known
    return None if held else base


def least_alleles(contig: str) -> int:
    """Return the least number of alleles of a call that leaves nothing open.

    A single allele of an autosome leaves the other unknown; of X, Y and the mitochondrial genome it may be all there
    is, and of other contigs what is written stands.

    >>> least_alleles("chr10"), least_alleles("X"), least_alleles("chrM")
    (2, 1, 1)
    """
    return 2 if bare_contig(contig) in AUTOSOMES else 1


def is_whole(call: Call, least: int) -> bool:
    """Return whether a call is known, with the least number of alleles of its contig (``least_alleles``)."""
    return call.kind <= Kind.CHANGED and len(call.genotype.alleles) >= least
