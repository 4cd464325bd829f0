"""Figures of a ranking: survival under each option, differences from the reference, drivers of the estimate.

Each takes ``ax=None`` and returns the ``Axes``; none shows, saves or sets a style.  Options differ by line and marker,
not by colour alone, so that a grey print still tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx._core.figures import fits_inside, legend_above, own_axes, ratio_axis, tidy
from genorx._visible import visible
from genorx.effects.option_styles import OptionStyle, option_order, styles_in_order
from genorx.errors import SupportError, UsageError, shown
from genorx.ranking.answer.answer import Curve, Difference, OptionAnswer, PatientAnswer, Reason
from genorx.report import wording
from genorx.report.estimate_tables import ratio_name
from genorx.report.labelled_text import named
from genorx.report.patient_record import specs_by_label, value_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genorx.ranking.ranking import Ranking

_DARK, _BLUE = "#1f2933", "#1d6fa5"
_BAND = 0.13
_LONGEST = 40
_LINE, _LINES = 32, 4  # characters and lines of the name of a row
#: Below this, numbers on an axis have so many decimals that few fit.
_LONG_NUMBERS = 0.01
#: From here on thousands are set apart.
_THOUSANDS = 10_000.0
_OF_SHARES = ("Predicted probability", "Observed share")
#: Ticks of an axis of probabilities, by its end: rare events would crowd in a corner of an axis that ends at 1.  That
#: of frequent ones begins as far below 1.
_SHARE_TICKS = {0.1: (0.0, 0.05, 0.1), 0.2: (0.0, 0.1, 0.2), 0.5: (0.0, 0.25, 0.5), 1.0: (0.0, 0.25, 0.5, 0.75, 1.0)}
_TRUTH: dict[str, Any] = {
    "marker": "D",
    "markerfacecolor": "white",
    "markersize": 5.5,
    "linestyle": "none",
    "zorder": 5,
}


def plot_differences(
    ranking: Ranking,
    *,
    patient_id: str | None = None,
    ax: Axes | None = None,
    truth: Mapping[tuple[str, str], float] | None = None,
    most: int | None = None,
) -> Axes:
    """Draw each option's difference from the reference with its 95 % interval; return the Axes.

    Parameters
    ----------
    ranking : Ranking
    patient_id : str, optional
        All patients, one below the other, when absent.
    truth : mapping of (patient_id, option) to float, optional
        True differences of simulated patients, drawn as open diamonds.
    most : int, optional
        Options of each patient that are drawn, best first; all when absent.
    """
    ax = own_axes(ax)
    chosen, styles = _chosen(ranking, patient_id), styles_of(ranking)
    rows = [(answer, option) for answer in chosen for option in compared_options(answer)[:most]]
    if not rows:
        raise UsageError("the ranking holds no option besides the reference, so there is no difference to draw")
    first = next((option.difference for _, option in rows if option.difference is not None), None)
    scale = 100.0 if first is not None and wording.is_probability(first.measure) else 1.0
    ax.axvline(0.0, color="#6b7280", linewidth=0.9)
    for place, (answer, option) in enumerate(rows):
        _draw_difference(ax, place, option, scale, styles[option.option])
        true = (truth or {}).get((answer.patient_id, option.option))
        if true is not None and option.difference is not None:
            ax.plot([true * scale], [place], color=_DARK, label=_once(ax, "truth (simulated)"), **_TRUTH)
    alone = len(chosen) == 1
    names = [option_label(ranking, option.option) for _, option in rows]
    texts = [name if alone else f"{answer.patient_id}  {name}" for (answer, _), name in zip(rows, names, strict=True)]
    ax.set_yticks(range(len(rows)), labels=[_broken(text) for text in texts], parse_math=False, multialignment="right")
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel(_difference_label(ranking, first), parse_math=False)
    _plain_ticks(ax)
    tidy(ax, keep_left=False)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, loc="best", fontsize="medium")
    return ax


def compared_options(answer: PatientAnswer) -> list[OptionAnswer]:
    """Return the options of a patient except the reference, best first."""
    return [option for option in answer.options if option.option != answer.reference]


def lines_of(name: str) -> int:
    """Return on how many lines the name of a row of ``plot_differences`` stands."""
    return _broken(name).count("\n") + 1


def option_label(ranking: Ranking, name: str) -> str:
    """Return what the study calls an option in figures and on pages."""
    return ranking.labels.get("options", {}).get(name, name)


def outcome_label(ranking: Ranking, name: str) -> str:
    """Return what the study calls an outcome in figures and on pages."""
    return named(name, ranking.labels.get("outcomes", {}))


def _plain_ticks(ax: Axes) -> None:
    """Format tick labels without an offset factor, which is easily overlooked; fewer ticks for long labels."""
    ax.ticklabel_format(axis="x", style="plain", useOffset=False)
    if max(abs(end) for end in ax.get_xlim()) < _LONG_NUMBERS:
        ax.locator_params(axis="x", nbins=3)


def plot_survival(
    ranking: Ranking,
    *,
    patient_id: str | None = None,
    outcome: str | None = None,
    ax: Axes | None = None,
    truth: Mapping[tuple[str, str], float] | None = None,
) -> Axes:
    """Draw one patient's survival under each option with pointwise 95 % bands; return the Axes.

    Parameters
    ----------
    ranking : Ranking
    patient_id : str, optional
        May be absent where the ranking holds one patient.
    outcome : str, optional
        A survival outcome; the primary one when absent.
    truth : mapping of (patient_id, option) to float, optional
        True probabilities at the ranking's horizon, drawn as open diamonds.

    Raises
    ------
    SupportError
        If no option has a curve of this outcome.
    """
    ax = own_axes(ax)
    answer = one_answer(ranking, patient_id)
    name = outcome or ranking.primary
    curves = curves_of(answer, name)
    if not curves:
        raise SupportError(f"no option of patient {shown(answer.patient_id)} has a survival curve of {shown(name)!r}")
    known = {option: true for (patient, option), true in (truth or {}).items() if patient == answer.patient_id}
    colours = draw_curves(ax, ranking, curves, truth=bool(known))
    for option, colour in colours.items():
        if option in known and ranking.horizon is not None:
            ax.plot([ranking.horizon], [known[option]], color=colour, clip_on=False, **_TRUTH)
    ax.set_ylim(0.0, 1.02)
    said = label_of(outcome_label(ranking, name))
    ax.set_ylabel(f"Probability {ranking.free_of(name)} ({said})", parse_math=False)
    time_axis(ax, curves[0][1].unit)
    return ax


def plot_reasons(
    ranking: Ranking, option: str, *, patient_id: str | None = None, ax: Axes | None = None, most: int = 8
) -> Axes:
    """Draw the drivers of one patient's estimate under an option: the ``most`` largest contributions; return the Axes.

    Bars are hazard or odds ratios against the average patient, on a logarithmic scale; of a model without such a ratio
    they are contributions to its linear scale.  Plain bars move all options alike (prognosis), hatched ones move this
    option against the reference (effect).
    """
    ax = own_axes(ax)
    answer = one_answer(ranking, patient_id)
    found = next((each for each in answer.options if each.option == option), None)
    if found is None or not found.reasons:
        raise UsageError(f"patient {answer.patient_id} has no reasons under option {option!r}")
    reasons = sorted(found.reasons, key=lambda each: -abs(each.size))[:most]
    ratio = ratio_name(answer)
    for place, reason in enumerate(reasons):
        _draw_reason(ax, place, reason, ratio=bool(ratio))
    ax.axvline(1.0 if ratio else 0.0, color="#6b7280", linewidth=0.9)
    labels = [label_of(_reason_label(ranking, reason)) for reason in reasons]
    ax.set_yticks(range(len(reasons)), labels=labels, parse_math=False)
    ax.set_ylim(len(reasons) - 0.5, -0.5)
    if ratio:
        reach = max(1.25, exp(1.15 * max(abs(reason.size) for reason in reasons)))
        ratio_axis(ax, "x", 1.0 / reach, reach)
    falls = "better" if any((each.size < 0) == (each.direction == "better") for each in reasons) else "worse"
    rises = "worse" if falls == "better" else "better"
    ax.set_xlabel(f"{falls}  ←  {ratio.capitalize() or 'Contribution, linear scale of the model'}  →  {rises}")
    if len(ax.get_legend_handles_labels()[1]) > 1:
        legend_above(ax)
    return tidy(ax, keep_left=False)


def _reason_label(ranking: Ranking, reason: Reason) -> str:
    """Return a feature by its label, and its value in words."""
    label = ranking.labels.get("features", {}).get(reason.feature, reason.feature)
    spec = specs_by_label(ranking).get(label)
    return f"{label}: {value_in_words(reason.value, spec)}" if reason.value else label


def plot_calibration(curve: pd.DataFrame, *, ax: Axes | None = None, label: str = "") -> Axes:
    """Draw observed against predicted risk in groups of patients, with 95 % intervals; return the Axes.

    Parameters
    ----------
    curve : DataFrame
        ``predicted``, ``observed`` and, where known, ``lower``, ``upper``: probabilities, or amounts where one of them
        lies outside of 0 to 1; one row a group.
    """
    missing = {"predicted", "observed"} - set(curve.columns)
    if missing:
        raise UsageError(f"a calibration curve needs the column {min(missing)!r}")
    ax = own_axes(ax)
    ends, names = _calibration_axis(curve)
    if names == _OF_SHARES:
        ticks = _share_ticks(ends)
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.plot(ends, ends, color="#9aa5b1", linewidth=0.9, linestyle=(0, (5, 2)))
    x, y = curve["predicted"].to_numpy(float), curve["observed"].to_numpy(float)
    if {"lower", "upper"} <= set(curve.columns):
        ax.vlines(x, curve["lower"].to_numpy(float), curve["upper"].to_numpy(float), color=_BLUE, linewidth=1.1)
    ax.plot(x, y, "o-", color=_BLUE, markersize=4.5, linewidth=1.1, label=label or None)
    ax.set_xlim(*ends)
    ax.set_ylim(*ends)
    ax.set_aspect("equal")
    for axis in (ax.xaxis, ax.yaxis) if ends[1] >= _THOUSANDS else ():
        axis.set_major_formatter(lambda amount, _: f"{amount:,.6g}")
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])
    if label:
        ax.set_title(label, fontsize="medium", parse_math=False)
    tidy(ax)
    return ax


def _share_ticks(ends: tuple[float, float]) -> list[float]:
    low, high = ends
    return [*_SHARE_TICKS[high]] if low == 0.0 else [round(1.0 - tick, 3) for tick in _SHARE_TICKS[round(1.0 - low, 3)]]


def _calibration_axis(curve: pd.DataFrame) -> tuple[tuple[float, float], tuple[str, str]]:
    """Return the limits and names of both axes: for a probability from 0 to its end or from its start to 1.

    An amount has its range.
    """
    seen = curve[["predicted", "observed"]].to_numpy(float)
    whole = curve[[name for name in ("predicted", "observed", "lower", "upper") if name in curve]].to_numpy(float)
    if seen.size == 0:
        return (0.0, 1.0), _OF_SHARES
    if seen.min() >= 0.0 and seen.max() <= 1.0:
        end = next((end for end in _SHARE_TICKS if np.nanmax(whole) <= end), 1.0)
        below = next((end for end in _SHARE_TICKS if np.nanmin(whole) >= 1.0 - end), 1.0)
        return ((0.0, end) if end <= below else (1.0 - below, 1.0)), _OF_SHARES
    low, high = float(np.nanmin(whole)), float(np.nanmax(whole))
    margin = 0.05 * (high - low)
    return (low - margin, high + margin), ("Predicted", "Observed mean")


def _chosen(ranking: Ranking, patient_id: str | None) -> tuple[PatientAnswer, ...]:
    return ranking.answers if patient_id is None else (ranking[patient_id],)


def one_answer(ranking: Ranking, patient_id: str | None) -> PatientAnswer:
    """Return the result of the named patient, otherwise of the only one."""
    if patient_id is not None:
        return ranking[patient_id]
    if len(ranking.answers) != 1:
        raise UsageError(f"the ranking holds {len(ranking.answers)} patients", hint="say which with patient_id=")
    return ranking.answers[0]


def curves_of(answer: PatientAnswer, name: str) -> list[tuple[str, Curve]]:
    """Return the curve of an outcome under each option that has one."""
    return [(each.option, curve) for each in answer.options for curve in each.curves if curve.outcome == name]


def styles_of(ranking: Ranking) -> dict[str, OptionStyle]:
    """Return the style of each option: fixed by name for all patients and figures of a ranking.

    Options of the model come first, so that therapies that only evidence lists change the style of none.
    """
    names = {label: name for name, label in ranking.labels.get("options", {}).items()}  # labels change no style
    known = {"model": list[str](), "evidence": list[str]()}
    for answer in ranking.answers:
        for option in answer.options:
            known[option.listed_by].append(option.option)
    ordered = option_order(names.get(ranking.reference, ranking.reference), (names.get(n, n) for n in known["model"]))
    label_of_name = {name: label for label, name in names.items() if label in known["model"]}
    first = dict.fromkeys(label_of_name.get(name, name) for name in ordered)
    others = sorted(set(known["evidence"]) - set(first))
    return styles_in_order([*first, *others])


def draw_curves(
    ax: Axes, ranking: Ranking, curves: Sequence[tuple[str, Curve]], *, truth: bool = False
) -> dict[str, str]:
    """Draw curves with their pointwise bands and a legend; return the colour of each option."""
    styles = styles_of(ranking)
    for option, curve in curves:
        style = styles[option]
        ax.plot(curve.times, curve.estimate, color=style.colour, linestyle=style.line, linewidth=1.6)
        ax.fill_between(curve.times, curve.lower, curve.upper, color=style.colour, alpha=_BAND, linewidth=0)
    _survival_legend(ax, {option_label(ranking, option): styles[option] for option, _ in curves}, truth=truth)
    return {option: styles[option].colour for option, _ in curves}


def time_axis(ax: Axes, unit: str) -> None:
    """Start the time axis at 0 and label its unit."""
    ax.set_xlim(left=0.0)
    ax.set_xlabel(f"Time ({unit})" if unit else "Time", parse_math=False)
    tidy(ax)


def _draw_difference(ax: Axes, place: int, option: OptionAnswer, scale: float, style: OptionStyle) -> None:
    found = option.difference
    if found is None:
        ax.annotate(
            "no estimate", (0.5, place), xycoords=("axes fraction", "data"), ha="center", va="center", color="#6b7280"
        )
        return
    settled = found.lower > 0.0 or found.upper < 0.0
    ax.plot([found.lower * scale, found.upper * scale], [place, place], color=style.colour, linewidth=1.8)
    face = style.colour if settled else "white"
    ax.plot([found.estimate * scale], [place], style.marker, color=style.colour, markerfacecolor=face, markersize=6.5)


def _draw_reason(ax: Axes, place: int, reason: Reason, *, ratio: bool) -> None:
    width = exp(reason.size) - 1.0 if ratio else reason.size
    effect = reason.kind == "effect"
    words = "moves this option against the reference" if effect else "moves all options alike"
    ax.barh(
        place,
        width,
        left=1.0 if ratio else 0.0,
        height=0.62,
        color="#d7e6f1" if effect else _BLUE,
        edgecolor=_BLUE,
        linewidth=0.8,
        hatch="////" if effect else None,
        label=_once(ax, words),
    )


def _survival_legend(ax: Axes, styles: Mapping[str, OptionStyle], *, truth: bool) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=each.colour, linestyle=each.line, linewidth=1.6) for each in styles.values()]
    crowded = not fits_inside(styles)
    labels = [_hidden_by_none(visible(name)) if crowded else label_of(name) for name in styles]
    if truth:
        handles.append(Line2D([], [], color=_DARK, **_TRUTH))
        labels.append("truth (simulated)")
    if crowded:
        legend_above(ax, entries=(handles, labels))
        return
    legend = ax.legend(handles, labels, frameon=False, loc="best", fontsize="medium", handlelength=2.8)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _once(ax: Axes, words: str) -> str:
    """Return a legend label only the first time; a leading underscore excludes it from the legend."""
    return f"_{words}" if words in ax.get_legend_handles_labels()[1] else words


def label_of(text: str) -> str:
    """Return a user's text for a figure: printable, short, and not hidden by a leading underscore."""
    clean = shown(text)
    clean = clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"
    return _hidden_by_none(clean)


def _hidden_by_none(name: str) -> str:
    """Return a name for a legend, which would leave out one with a leading underscore."""
    return f" {name}" if name.startswith("_") else name


def _broken(text: str) -> str:
    """Return a user's text for a row of a figure, wrapped to up to four lines."""
    lines = wrap(visible(text), _LINE, max_lines=_LINES, placeholder=" …", break_on_hyphens=False)
    return "\n".join(lines) if len(lines) > 1 else label_of(text)


def _difference_label(ranking: Ranking, first: Difference | None) -> str:
    against = f"Difference against {label_of(option_label(ranking, ranking.reference))}"
    if first is None:
        return against
    text = f"{against} ({wording.difference_unit(first)})"
    return text if len(text) <= _LONGEST else f"{against}\n({wording.difference_unit(first)})"
