"""Imputation of uncalled site dosages from linked sites of the same patient.

Links are learnt from the rows given to ``fit``, so that other folds are not used within a fold.  A filled dosage is an
expectation (0.3 alleles), not a call; it is counted and reported.
Source: conditional mean of a multivariate normal, as in Little RJA, Rubin DB (2019). Statistical Analysis with Missing
Data, 3rd ed., section 11.2, with covariances from all pairs of known calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import Finding, shown
from genorx.outcomes.encoding.pairwise import PairwiseMoments, nearest_positive

Floats = NDArray[np.float64]
_RS = re.compile(r"^(.*_)?rs\d+$")
_LEAST_LINK = 0.3  # least correlation of dosages for one site to predict another
_FEWEST_PAIRS = 50  # fewest patients in whom both sites are known
_MOST_SITES = 500  # number of sites above which nothing is filled: pairs grow with the square
_PARTNERS = 10
_NOISE = 0.02  # share of a site's variance that no other site explains: genotyping error


@dataclass(frozen=True, kw_only=True)
class _Link:
    """One site and its predictors, the strongest first."""

    name: str
    partners: tuple[str, ...]
    mean: float
    partner_means: Floats
    covariance: Floats  # covariance with the partners
    among: Floats  # covariance of the partners

    def expected(self, own: Floats, others: Floats) -> Floats:
        """Return dosages with gaps filled if a linked site is known; row-wise sums, independent of other patients."""
        filled = own.copy()
        gaps = np.flatnonzero(np.isnan(own))
        known = ~np.isnan(others[gaps])
        for pattern in np.unique(known, axis=0):
            if not pattern.any():
                continue
            rows = gaps[(known == pattern).all(axis=1)]
            weights = np.linalg.solve(self.among[np.ix_(pattern, pattern)], self.covariance[pattern])
            centred = (others[np.ix_(rows, np.flatnonzero(pattern))] - self.partner_means[pattern]) * weights
            filled[rows] = np.clip(self.mean + centred.sum(axis=1), 0.0, 2.0)
        return filled


class LinkedSites(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Impute missing dosages of sites from linked sites (linkage disequilibrium).

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Sites are the features of group ``site``; by default columns named by an rs number.

    Attributes
    ----------
    links_ : dict of str to tuple of str
        For each site that can be filled, the sites from which it is filled, the strongest link first.
    filled_ : DataFrame
        Counts in the rows of ``fit``: ``site``, ``missing``, ``filled``.
    findings_ : tuple of Finding
        ``linked-site`` if gaps were filled, ``too-many-sites`` if that was not tried.

    Examples
    --------
    >>> import genorx as gx
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"rs1": [0, 1, 2, 0, 1, 2] * 20, "rs2": [0, 1, 2, 0, 1, 2] * 20}, dtype="Int64")
    >>> specs = [gx.features.FeatureSpec(name=name, kind="integer", group="site", lower=0, upper=2) for name in sites]
    >>> linked = gx.outcomes.LinkedSites(specs).fit(sites)
    >>> sites.loc[0, "rs2"] = pd.NA
    >>> round(float(linked.transform(sites)["rs2"][0]), 1)
    0.0
    """

    def __init__(self, specs: Iterable[FeatureSpec] | None = None) -> None:
        self.specs = specs

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: ARG002 (scikit-learn's signature)
        """Learn means and covariances of dosages from ``X`` (patients x features)."""
        names = self._sites(X)
        self._links: tuple[_Link, ...] = ()
        findings: list[Finding] = []
        if len(names) > _MOST_SITES:
            message = f"{len(names)} sites are more than {_MOST_SITES}: gaps are not filled from linked sites"
            findings.append(Finding(code="too-many-sites", severity="info", message=message))
        elif len(names) > 1:
            self._links = tuple(_learn(_dosages(X, names), names))
        self.links_ = {link.name: link.partners for link in self._links}
        self.filled_ = self._count(X, self.transform(X))
        findings += [_finding(row) for row in self.filled_.to_dict("records") if row["filled"]]
        self.findings_ = tuple(findings)
        return self

    def _sites(self, X: pd.DataFrame) -> list[str]:
        if self.specs is not None:
            sites = {spec.name for spec in self.specs if spec.group == "site"}
            return [str(name) for name in X.columns if name in sites]
        numeric = X.select_dtypes("number").columns
        return [str(name) for name in numeric if isinstance(name, str) and _RS.match(name)]

    def _count(self, X: pd.DataFrame, filled: pd.DataFrame) -> pd.DataFrame:
        rows = []
        for name, partners in self.links_.items():
            gaps, left = int(X[name].isna().sum()), int(filled[name].isna().sum())
            rows.append({"site": name, "missing": gaps, "filled": gaps - left, "from": ", ".join(partners)})
        return pd.DataFrame(rows, columns=["site", "missing", "filled", "from"])

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with expected dosages (``Float64``) in gaps; a gap without a known linked site remains."""
        check_is_fitted(self, "links_")
        made = {}
        for link in self._links:
            own = _dosages(X, [link.name])[:, 0]
            if np.isnan(own).any():
                made[link.name] = pd.array(link.expected(own, _dosages(X, link.partners)), dtype="Float64")
        return X.assign(**made) if made else X

    def findings(self, X: pd.DataFrame) -> tuple[Finding, ...]:
        """Return one finding for each patient and site that is imputed in ``X``."""
        filled = self.transform(X)
        found = []
        for name, partners in self.links_.items():
            done = (X[name].isna() & filled[name].notna()).to_numpy(bool)
            for patient, dosage in zip(X.index[done], filled[name][done], strict=True):
                message = f"{shown(name)} is not known: {dosage:.2f} alleles are expected from {_some(partners)}"
                found.append(Finding(code="linked-site", severity="warning", message=message, patient_id=str(patient)))
        return tuple(found)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:
        """Return the input names: no column is added."""
        return np.asarray(input_features, dtype=object)

    def state(self) -> list[dict[str, Any]]:
        """Return the learnt content as JSON values."""
        return [
            {
                "name": link.name,
                "partners": list(link.partners),
                "mean": link.mean,
                "partner_means": link.partner_means.tolist(),
                "covariance": link.covariance.tolist(),
                "among": link.among.tolist(),
            }
            for link in self._links
        ]

    @classmethod
    def from_state(cls, values: Sequence[Mapping[str, Any]]) -> Self:
        """Restore fitted links from ``state``."""
        links = cls()
        links._links = tuple(
            _Link(
                name=one["name"],
                partners=tuple(one["partners"]),
                mean=float(one["mean"]),
                partner_means=np.asarray(one["partner_means"], dtype=float),
                covariance=np.asarray(one["covariance"], dtype=float),
                among=np.asarray(one["among"], dtype=float),
            )
            for one in values
        )
        links.links_ = {link.name: link.partners for link in links._links}
        links.filled_ = pd.DataFrame(columns=["site", "missing", "filled", "from"])
        links.findings_ = ()
        return links


def _dosages(X: pd.DataFrame, names: Sequence[str]) -> Floats:
    if not len(names):
        return np.empty((len(X), 0))
    return np.column_stack([np.asarray(X[name].to_numpy(dtype=float, na_value=np.nan)) for name in names])


def _learn(dosage: Floats, names: Sequence[str]) -> list[_Link]:
    """Learn the links from pairs of known calls."""
    pairs = PairwiseMoments.of(dosage)
    enough = pairs.counts >= _FEWEST_PAIRS
    stated = np.where(enough, np.abs(pairs.correlation), 0.0)
    np.fill_diagonal(stated, 0.0)
    means = pairs.means
    covariance = nearest_positive(np.where(enough, pairs.covariance, 0.0) + np.diag(_NOISE * pairs.variances))
    links = []
    for place, name in enumerate(names):
        order = np.argsort(-stated[place], kind="stable")[:_PARTNERS]
        partners = order[stated[place, order] >= _LEAST_LINK]
        if partners.size:
            links.append(
                _Link(
                    name=name,
                    partners=tuple(names[i] for i in partners),
                    mean=float(means[place]),
                    partner_means=means[partners],
                    covariance=covariance[place, partners],
                    among=covariance[np.ix_(partners, partners)],
                )
            )
    return links


def _finding(row: Mapping[Any, Any]) -> Finding:
    text = f"{shown(row['site'])} was not called in {row['missing']} training patients, {row['filled']} of them"
    message = f"{text} have the dosage expected from linked sites ({shown(row['from'])})"
    return Finding(code="linked-site", severity="info", message=message, place=str(row["site"]))


def _some(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > 3 else ""
    return ", ".join(map(shown, names[:3])) + more
