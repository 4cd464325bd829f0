"""The page of a monitor: result of the last look, calibration over time, sites, looks and models, the policy.

One self-contained HTML file; every text of a user is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import TYPE_CHECKING, Any

from genorx._core.number_words import number, p_text
from genorx._core.page import finished, templates
from genorx._core.svg import drawn
from genorx.report.clock import Clock
from genorx.report.monitor_figures import NO_UNIT, plot_calibration_over_time, plot_site_funnel, plot_timeline

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
_CHANGED = (
    "Outcomes of recent patients differ from what the model expects. The data do not say why: find the reason before "
    "the update is used."
)
#: What an action means, and what it does not.
_MEANS = {
    "keep": "This does not show that the model is right: with few events only a large change would be seen.",
    "hold": "Until the data have been checked, compare no outcomes: what follows on calibration cannot be relied on.",
    "recalibrate_baseline": _CHANGED,
    "recalibrate_slope": _CHANGED,
    "refit": _CHANGED,
}


def monitor_html(
    reports: Sequence[LookReport],
    *,
    models: Sequence[tuple[float, str]] = (),
    policy: Sequence[tuple[str, str, str]] = (),
    clock: Clock = NO_UNIT,
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
    clock : Clock
        Unit of the times, or that they are dates.

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
            means=_MEANS[last.action],
            clock=clock,
            # a reason is said once
            findings=[each for each in last.findings if each.message not in last.reasons],
            overall=_overall_rows(last),
            p_text=p_text,
            reports=reports,
            update=_update_rows(last),
            serious=[each for each in last.tests if each.severity in ("hold", "alarm", "shift")],
            calibration=_figure(
                plot_calibration_over_time, reports, "calibration", "calibration over time", clock=clock
            ),
            funnel=_figure(plot_site_funnel, last, "funnel", "observed by expected events by site") if sites else "",
            timeline=drawn(
                plot_timeline, reports, models, size=_FLAT, prefix="timeline", label="looks and models", clock=clock
            ),
            policy=policy,
        )
    )


def _figure(plot: Any, stated: Any, prefix: str, label: str, **more: Any) -> str:
    return drawn(plot, stated, size=_SIZE, prefix=prefix, label=label, **more)


def _overall_rows(report: LookReport) -> list[tuple[str, ...]]:
    """Return part, patients, observed and expected events and their ratio with interval, of all together."""
    table = report.calibration
    if table.empty:
        return []
    return [
        (
            str(row["part"]),
            f"{row['patients']:,}",
            f"{row['events']:,}",
            number(row["expected"]),
            f"{number(row['ratio'], 2)} ({number(row['lower'], 2)} to {number(row['upper'], 2)})",
        )
        for row in table[table["group"] == "all"].to_dict("records")
    ]


def _update_rows(report: LookReport) -> list[tuple[str, str, str, str]]:
    """Return part, name and value with interval of each changed coefficient, and what it multiplies."""
    rows = []
    for each in report.updates:
        stated = each.to_dict()
        values = {"intercept": stated["intercept"], "slope": stated["slope"], **stated["coefficients"]}
        for name, value in values.items():
            lower, upper = stated["intervals"][name]
            held = not lower < upper
            span = ", held fixed" if held else f" ({number(lower, 3)} to {number(upper, 3)})"
            ratio = "–"
            if name != "slope":
                ends = "" if held else f" ({number(exp(lower), 2)} to {number(exp(upper), 2)})"
                ratio = f"× {number(exp(value), 2)}{ends}"
            rows.append((each.part, name, f"{number(value, 3)}{span}", ratio))
    return rows
