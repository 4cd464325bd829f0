"""The page of a monitor: result of the last look, calibration over time, sites, looks and models, the policy.

One self-contained HTML file; every text of a user is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from genorx._core.number_words import number
from genorx._core.page import finished, templates
from genorx._core.svg import drawn
from genorx.report.monitor_figures import plot_calibration_over_time, plot_site_funnel, plot_timeline

if TYPE_CHECKING:
    from genorx.monitor.look_report import LookReport

_SIZE, _FLAT = (5.0, 2.9), (5.0, 2.2)
_WORDS = {
    "keep": "keep the model",
    "hold": "hold: look at the data first",
    "recalibrate_baseline": "recalibrate the baseline",
    "recalibrate_slope": "recalibrate baseline and slope",
    "refit": "refit",
}


def monitor_html(
    reports: Sequence[LookReport],
    *,
    models: Sequence[tuple[float, str]] = (),
    policy: Sequence[tuple[str, str, str]] = (),
) -> str:
    """Return the text of the page.

    Parameters
    ----------
    reports : sequence of LookReport
        In their order, at least one.
    models : sequence of (float, str)
        Date and name of models.
    policy : sequence of (str, str, str)
        Item of the policy, its value, and the result.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_monitoring_history(patients=300)
    >>> monitor = gx.monitor.Monitor.from_tables(made.base, made.spec)
    >>> day, table = next(iter(made.snapshots.items()))
    >>> "<h1" in monitor_html([monitor.check(table, as_of=day)])
    True
    """
    last = reports[-1]
    page = templates("genorx.report").get_template("monitor.html")
    sites = not last.calibration.empty and (last.calibration["group"] == "site").any()
    return finished(
        page.render(
            last=last,
            words=_WORDS,
            reports=reports,
            update=_update_rows(last),
            serious=[each for each in last.tests if each.severity in ("hold", "alarm", "shift")],
            calibration=_figure(plot_calibration_over_time, reports, "calibration", "calibration over time"),
            funnel=_figure(plot_site_funnel, last, "funnel", "observed by expected events by site") if sites else "",
            timeline=drawn(plot_timeline, reports, models, size=_FLAT, prefix="timeline", label="looks and models"),
            policy=policy,
        )
    )


def _figure(plot: Any, stated: Any, prefix: str, label: str) -> str:
    return drawn(plot, stated, size=_SIZE, prefix=prefix, label=label)


def _update_rows(report: LookReport) -> list[tuple[str, str, str]]:
    """Return part, name and value with interval of each changed coefficient."""
    rows = []
    for each in report.updates:
        stated = each.to_dict()
        values = {"intercept": stated["intercept"], "slope": stated["slope"], **stated["coefficients"]}
        for name, value in values.items():
            lower, upper = stated["intervals"][name]
            span = f" ({number(lower, 3)} to {number(upper, 3)})" if lower < upper else ", held fixed"
            rows.append((each.part, name, f"{number(value, 3)}{span}"))
    return rows
