"""Tumour-wide markers, each with its method: mutational burden, microsatellite and repair states, signatures.

Nothing is guessed: a burden needs its megabases, and neither a share of indels nor a signature becomes a state.
Source: Merino DM et al. 2020, J Immunother Cancer 8:e000147 (harmonised mutational burden); label threshold 10/Mb.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from genorx._core.numerals import decimal_number
from genorx.errors import Finding, InputError, TableError, shown
from genorx.oncology.alteration import Alteration
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.criteria import Atom, plain
from genorx.oncology.reading.text_table import TextTable
from genorx.oncology.reading.whose import Tumours

NUMERATORS: tuple[str, ...] = ("coding", "non-silent", "missense")
#: Mutations per megabase from which a burden is high by the label.
TMB_HIGH = 10.0
_LEAST, _WARNED = 0.5, 1.0
_MSI_STATES = {
    **dict.fromkeys(("msih", "msihigh", "high", "dmmr", "mmrd", "unstable", "deficient", "instable"), "High"),
    **dict.fromkeys(("msil", "msilow", "low"), "Low"),
    **dict.fromkeys(("mss", "stable", "pmmr", "mmrp", "proficient"), "Stable"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationalBurden:
    """Mutations per megabase, with the counted changes and the covered size.

    Examples
    --------
    >>> round(mutational_burden(204, 29.908096, numerator="non-silent").value, 3)
    6.821
    """

    mutations: int
    megabases: float
    numerator: str
    filtered: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def value(self) -> float:
        """Mutations per megabase."""
        return self.mutations / self.megabases

    @property
    def high(self) -> bool:
        """Whether the burden reaches the label's 10 mutations per megabase."""
        return self.value >= TMB_HIGH

    def alteration(self) -> Alteration:
        """Return the burden as an alteration for ``match``."""
        note = f"{self.mutations} {self.numerator} mutations over {self.megabases:g} Mb = {self.value:.2f}/Mb"
        note += f"; {self.filtered}" if self.filtered else ""
        atom = Atom(type="signature", name="TMB", value="High" if self.high else "Low")
        return Alteration(atom=atom, origin="somatic", notes=(note,), details={"value": self.value})


def mutational_burden(mutations: int, megabases: float, *, numerator: str, filtered: str = "") -> MutationalBurden:
    """Return the tumour mutational burden.

    Parameters
    ----------
    mutations : int
        Mutations counted by the rule of ``numerator``.
    megabases : float
        Size of the covered coding sequence: that of the panel; 34 for an exome whose size is not known.
    numerator : {"coding", "non-silent", "missense"}
        Kind of the counted mutations; ``coding`` includes silent ones.
    filtered : str
        Filter passed by the counted mutations, in words; empty by default.

    Raises
    ------
    InputError
        ``tmb-input`` for fewer than 0.5 megabases, a negative count or an unknown numerator.
    """
    if numerator not in NUMERATORS:
        raise InputError(f'numerator "{shown(numerator)}" is not one of {", ".join(NUMERATORS)}', code="tmb-input")
    if mutations < 0 or not megabases >= _LEAST:
        reason = f"{mutations} mutations over {megabases:g} megabases: a burden needs at least {_LEAST} megabases"
        raise InputError(reason, code="tmb-input")
    findings: tuple[Finding, ...] = ()
    if megabases < _WARNED:
        text = f"a burden from {megabases:g} megabases is imprecise; use panels of at least {_WARNED:g}"
        findings = (Finding(code="tmb-panel-small", severity="warning", message=text),)
    return MutationalBurden(
        mutations=mutations, megabases=megabases, numerator=numerator, filtered=filtered, findings=findings
    )


def _place(fact: Alteration) -> Hashable:
    """Return the identity of a change: its genomic position, or its text if that is not known."""
    place = (fact.details.get("chrom"), fact.details.get("pos"), fact.details.get("alt"), fact.place)
    return fact.atom if place == (None, None, None, None) else place


def burden_of(alterations: AlterationSet, megabases: float) -> MutationalBurden:
    """Return the mutational burden from the accepted non-silent small changes.

    Examples
    --------
    >>> from genorx.oncology import burden_of, read_text
    >>> burden_of(read_text("BRAF V600E; TP53 R248Q"), megabases=1.0).mutations
    2
    """
    small = [fact for fact in alterations if fact.accepted and fact.non_silent and fact.origin != "germline"]
    places = {_place(fact) for fact in small}
    filtered = "changes that the file's filters accept"
    return mutational_burden(len(places), megabases, numerator="non-silent", filtered=filtered)


def microsatellite(status: str | float, *, cutoff: float | None = None, method: str = "") -> Alteration:
    """Return a microsatellite or mismatch-repair state as an alteration.

    Parameters
    ----------
    status : str or float
        A state, such as ``MSI-H``, ``MSI-L``, ``MSS``, ``dMMR`` or ``pMMR``, or the score of a tool.
    cutoff : float, optional
        Score from which the tool calls a tumour unstable; required for a score, since tools differ.
    method : str
        Method or tool that gave the state; required for a score, empty by default.

    Raises
    ------
    InputError
        ``marker-state`` for an unknown state, or a score without cut-off and method.

    Examples
    --------
    >>> microsatellite("MSI-H").atom.name
    'MSI'
    """
    if not isinstance(status, str):
        return _scored(float(status), cutoff, method)
    state = _MSI_STATES.get(plain(status))
    if state is None:
        raise InputError(
            f'microsatellite state "{shown(status)}" is not known',
            hint="MSI-H, MSI-L, MSS, dMMR, pMMR",
            code="marker-state",
        )
    return Alteration(
        atom=Atom(type="signature", name="MSI", value=state),
        origin="somatic",
        notes=(f"by {method}",) if method else (),
    )


def _scored(score: float, cutoff: float | None, method: str) -> Alteration:
    if cutoff is None or not method or not math.isfinite(score):
        raise InputError(
            f"a microsatellite score of {score:g} needs the cut-off of its tool and the tool's name",
            hint="cutoff= and method=",
            code="marker-state",
        )
    state = "High" if score >= cutoff else "Stable"
    note = f"score {score:g}, {method} calls {cutoff:g} and more unstable"
    return Alteration(atom=Atom(type="signature", name="MSI", value=state), origin="somatic", notes=(note,))


def repair_score(score: float, *, cutoff: float, platform: str) -> Alteration:
    """Return a score of homologous recombination deficiency as an alteration, with its platform and cut-off.

    Examples
    --------
    >>> repair_score(55, cutoff=42, platform="MyChoice").atom.type
    'signature'
    """
    state = "High" if score >= cutoff else "Low"
    note = f"score {score:g}, {platform} calls {cutoff:g} and more deficient"
    return Alteration(atom=Atom(type="signature", name="HRD", value=state), origin="somatic", notes=(note,))


def read_signatures(path: str | Path, *, least: float = 0.06) -> Tumours:
    """Return the signatures of each tumour of a table ``signature, contribution``.

    Shares below ``least`` (by default 0.06) are counted and left out.

    Raises
    ------
    TableError
        ``table-columns``; ``signature-shares`` if a share is not a number from 0 to 1, or the sum exceeds 1.
    """
    table = TextTable(path)
    table.need(("signature",), ("contribution", "share", "weight"))
    tumours, sums = Tumours("signatures"), defaultdict[str | None, float](float)
    for number, cells, out in tumours.rows(table):
        name, share = table.first(cells, "signature"), _share(table.first(cells, "contribution", "share", "weight"))
        if share is None:
            raise TableError(
                "a contribution is not a number from 0 to 1", file=path, place=number, code="signature-shares"
            )
        sums[out.sample] += share
        if share < least:
            out.left_out[f"signatures below {least:g}"] += 1
            continue
        atom = Atom(type="signature", name=name)
        out.alterations.append(
            Alteration(atom=atom, origin="somatic", place=f"line {number}", details={"contribution": share})
        )
    most = max(sums.values(), default=0.0)
    if most > 1.01:
        raise TableError(f"contributions add up to {most:.3f}, more than 1", file=path, code="signature-shares")
    return tumours.stated(path)


def _share(text: str) -> float | None:
    number = decimal_number(text)
    return number if number is not None and 0 <= number <= 1 else None
