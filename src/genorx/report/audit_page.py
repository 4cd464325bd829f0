"""The page of an audit of claims: amounts by rule, providers, lines with their records, what was not assessed.

One self-contained HTML file; ids only; every text of a user is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.number_words import p_text
from genorx._core.page import finished, templates
from genorx._core.svg import drawn
from genorx.report.audit_figures import plot_amounts, plot_provider_funnel

if TYPE_CHECKING:
    from genorx.audit import Auditor, Explanation

_SIZE = (5.4, 3.8)
#: Lines of a rule that the page explains one by one: those with the largest amounts.
EXPLAINED = 20
#: Providers of the table of counts: those with most findings.
_COUNTED = 20
_OPPORTUNITIES = {"C03": "drug lines without the modifier JW (drug discarded)", "C09": "patients"}


def audit_html(auditor: Auditor, found: pd.DataFrame, providers: pd.DataFrame | None = None, **provenance: Any) -> str:
    """Return the text of the page.

    Parameters
    ----------
    auditor : Auditor
        After ``check``.
    found : DataFrame
        As ``check`` returned it.
    providers : DataFrame, optional
        As ``Auditor.providers`` returned it; without it no provider is compared.
    **provenance
        As ``Auditor.info`` takes it.
    """
    info = auditor.info(**provenance)
    flagged = [] if providers is None else providers[providers["flagged"] == 1].to_dict("records")
    titles = {rule.number: rule.title for rule in auditor.rules_}
    severities = {rule.number: rule.severity for rule in auditor.rules_}
    page = templates("genorx.report").get_template("audit.html")
    return finished(
        page.render(
            info=info,
            findings=auditor.findings_,
            titles=titles,
            severities=severities,
            serious=[rule for rule in info["by_rule"] if severities.get(rule) == "serious"],
            p_text=p_text,
            flagged_lines=int(pd.Series(auditor.judgement_.at).nunique()),
            amounts=_amounts(info["by_rule"], titles),
            funnels=[] if providers is None else _funnels(providers),
            compared=providers is not None,
            flagged=flagged,
            flagged_providers=len({each["npi"] for each in flagged}),
            counts=_counts(found),
            rules=_explained(auditor, found),
            most=EXPLAINED,
        )
    )


def _amounts(by_rule: dict[str, Any], titles: dict[str, str]) -> str:
    if not by_rule:
        return ""
    size = (_SIZE[0], 0.9 + 0.4 * len(by_rule))  # no wider, or its text would be too small on a phone
    return drawn(plot_amounts, by_rule, size=size, prefix="amounts", label="amounts by rule", titles=titles)


def _funnels(providers: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return rule, description of its opportunities, and figure, for each rule by which providers were compared."""
    return [
        (rule, opportunities, drawn(plot_provider_funnel, rows, size=_SIZE, prefix=rule, label=f"providers by {rule}"))
        for rule, opportunities in _OPPORTUNITIES.items()
        if len(rows := providers[providers["rule"] == rule])
    ]


def _counts(found: pd.DataFrame) -> tuple[list[str], list[tuple[str, list[int], int]]]:
    """Return the rules, and for the providers with most findings the lines by rule and in total."""
    table = pd.crosstab(found["npi"].astype(object), found["rule"].astype(object))
    total = table.sum(axis=1)
    order = sorted(table.index, key=lambda npi: (-int(total[npi]), str(npi)))[:_COUNTED]
    return list(table.columns), [(str(npi), [int(n) for n in table.loc[npi]], int(total[npi])) for npi in order]


_Explained = list[tuple[dict[Hashable, Any], "Explanation"]]


def _explained(auditor: Auditor, found: pd.DataFrame) -> list[tuple[str, int, _Explained]]:
    """Return rule, number of its lines, and the lines with the largest amounts, each with its explanation."""
    rules = []
    for rule, rows in found.groupby("rule", sort=True):
        largest = rows.assign(known=rows["amount"].fillna(0.0)).sort_values("known", ascending=False, kind="stable")
        chosen = largest.head(EXPLAINED).sort_index().to_dict("records")
        explained = [(row, auditor.explain(row["claim_id"], int(row["line"]))) for row in chosen]
        rules.append((str(rule), len(rows), explained))
    return rules
