"""Live lines: replaced or voided claims are dropped, and one line of a service billed twice is kept.

A replacement or void repeats a service rightly; so this is settled before any rule is applied.
Source of the frequency codes: National Uniform Billing Committee, type of bill, third digit (7 replacement of a prior
claim, 8 void or cancel of a prior claim).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.audit.claim_table import (
    IN_ERROR,
    NEVER_LIVE,
    REPLACEMENT,
    VOID,
    fault_of,
    in_order,
    place_of_line,
    text_codes,
)
from genorx.audit.days import NO_DAY, days_of
from genorx.errors import Finding

if TYPE_CHECKING:
    from genorx.audit.facts import Facts

#: State of a line: it is live; its claim was replaced or voided; it belongs to a void, or to a FHIR claim that is
#: cancelled or entered in error.
LIVE, REPLACED, VOIDED, IS_VOID, CANCELLED = range(5)
STATES = ("live", "replaced", "voided", "void", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Versions:
    """State of each line of a table of claims.

    Attributes
    ----------
    state : array of int8, shape (n_lines,)
        One of ``LIVE``, ``REPLACED``, ``VOIDED``, ``IS_VOID``, ``CANCELLED``; ``VOIDED`` for a claim that was both
        replaced and voided.
    by : array of str, shape (n_lines,)
        Claim that replaced or voided the line's claim; empty if there is none.
    findings : tuple of Finding
    """

    state: NDArray[np.int8]
    by: NDArray[np.object_]
    findings: tuple[Finding, ...]

    @property
    def live(self) -> NDArray[np.bool_]:
        """Mask of the live lines."""
        found: NDArray[np.bool_] = self.state == LIVE
        return found

    def count(self, *states: int) -> int:
        """Return the number of lines in any of these states."""
        return int(np.isin(self.state, states).sum())


def resolve_versions(claims: pd.DataFrame) -> Versions:
    """Return the state of each line after replacements and voids.

    A claim named by a replacement or void is dropped, even if that one is itself replaced or voided later; so are
    voids, and FHIR claims that are cancelled or entered in error.  All lines of a claim share its state.

    Parameters
    ----------
    claims : DataFrame
        A table of claims.

    Raises
    ------
    TableError
        ``claim-circle``: claims replace each other in a circle; ``claim-chain``: a void voids a void.
    """
    links = _links(claims)
    _refuse_circles(claims, links)
    _refuse_chains(claims, links)
    known = links["original_position"] >= 0
    codes = text_codes(claims["claim_id"])[0]
    state = np.where(claims["frequency"] == VOID, IS_VOID, LIVE).astype(np.int8)
    state = _of_whole_claims(state, codes)
    by = np.full(len(claims), "", dtype=object)
    for frequency, becomes in ((REPLACEMENT, REPLACED), (VOID, VOIDED)):
        chosen = links[known & (links["frequency"] == frequency)].drop_duplicates("original_claim")
        whose = pd.Index(chosen["original_claim"]).get_indexer(claims["claim_id"])
        hit = whose >= 0
        state[hit] = np.maximum(state[hit], becomes)
        by[hit] = chosen["claim_id"].to_numpy(dtype=object)[whose[hit]]
    state[claims["status"].isin(NEVER_LIVE).to_numpy()] = CANCELLED
    return Versions(state=state, by=by, findings=_unknown_originals(links, ~known))


def _of_whole_claims(state: NDArray[np.int8], codes: NDArray[np.int64]) -> NDArray[np.int8]:
    """Return, for each line, the highest state of any line of its claim."""
    highest = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.int8)
    np.maximum.at(highest, codes, state)
    return highest[codes]


def _links(claims: pd.DataFrame) -> pd.DataFrame:
    """Return each distinct replacement or void with the claim that it names, and the first line of that claim."""
    # a void in FHIR is a cancelled claim that names another; a claim entered in error names no other
    replaces = (claims["frequency"] == REPLACEMENT) & ~claims["status"].isin(NEVER_LIVE)
    voids = (claims["frequency"] == VOID) & (claims["status"] != IN_ERROR)
    named = replaces | voids
    found = claims.loc[named, ["claim_id", "original_claim", "frequency"]].drop_duplicates()
    found["position"] = found.index
    first = claims["claim_id"].drop_duplicates()
    at = pd.Index(first).get_indexer(found["original_claim"])
    found["original_position"] = np.where(at >= 0, first.index.to_numpy()[at], -1)
    return found.sort_values(["claim_id", "original_claim"], kind="stable")


def _refuse_circles(claims: pd.DataFrame, links: pd.DataFrame) -> None:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    known = links[links["original_position"] >= 0]
    if known.empty:
        return
    names, pairs = np.unique(known[["claim_id", "original_claim"]].to_numpy(dtype=str), return_inverse=True)
    start, stop = pairs.reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(start)), (start, stop)), shape=(len(names), len(names)))
    parts = connected_components(graph, connection="strong")[1]
    circular = np.flatnonzero(
        parts[start] == parts[stop]
    )  # both ends in one strongly connected part, or one claim at both ends
    if circular.size:
        at = int(known["position"].iloc[circular[0]])
        reason = "the claim replaces or voids itself, by way of the claims that it names"
        raise fault_of(claims, at, reason, code="claim-circle", hint="check the numbers of the original claims")


def _refuse_chains(claims: pd.DataFrame, links: pd.DataFrame) -> None:
    voids = links[links["frequency"] == VOID]
    chained = voids[voids["original_claim"].isin(voids["claim_id"])]
    if len(chained):
        reason = "a void voids a void"
        hint = "send the claim again in place of voiding its void"
        raise fault_of(claims, int(chained["position"].iloc[0]), reason, code="claim-chain", hint=hint)


def _unknown_originals(links: pd.DataFrame, unknown: pd.Series[Any]) -> tuple[Finding, ...]:
    found = links.loc[unknown, "claim_id"].drop_duplicates()
    if found.empty:
        return ()
    message = f"{len(found):,} replacements or voids name a claim that is not in the input; a replacement stays"
    place = place_of_line(str(found.iloc[0]))
    return (Finding(code="original-unknown", severity="warning", message=message, place=place),)


def repeated_services(claims: pd.DataFrame, live: NDArray[np.bool_], facts: Facts) -> NDArray[np.int64]:
    """Return, for each line, the position of the earlier line of the same service; -1 if there is none.

    Two live lines of a drug are the same service if patient, provider, day, code and set of modifiers are the same; the
    first by claim and line stays.  A line whose patient, provider or day is not known matches no other.

    Parameters
    ----------
    claims : DataFrame
        A table of claims.
    live : array of bool, shape (n_lines,)
    facts : Facts

    Returns
    -------
    array of int64, shape (n_lines,)
    """
    days = days_of(claims["service_date"])
    drug = facts.rows_of("drug_codes", [claims["code"]], days) >= 0
    eligible = live & drug & (days != NO_DAY)
    for name in ("patient_id", "npi"):
        eligible &= (claims[name] != "").to_numpy(dtype=bool)
    order = in_order(claims)
    order = order[eligible[order]]
    keys = pd.DataFrame({name: pd.factorize(claims[name])[0][order] for name in ("patient_id", "npi", "code")})
    keys["day"], keys["modifiers"] = days[order], _modifier_sets(claims["modifiers"])[order]
    group = keys.groupby(list(keys.columns), sort=False).ngroup().to_numpy()
    first = np.full(len(order), -1, dtype=np.int64)
    _, start = np.unique(
        group, return_index=True
    )  # groups are numbered in order of appearance: start is their first line
    first[:] = order[start][group]
    found = np.full(len(claims), -1, dtype=np.int64)
    found[order] = np.where(first == order, -1, first)
    return found


def _modifier_sets(modifiers: pd.Series[Any]) -> NDArray[np.int64]:
    """Return a code for each set of modifiers, whatever their order."""
    codes, texts = pd.factorize(modifiers)
    sets = [" ".join(sorted(set(str(text).split()))) for text in texts]
    found: NDArray[np.int64] = pd.factorize(np.asarray(sets, dtype=object))[0]
    return found[codes]
