"""Figures of benefit against harm: the benefit-harm plane, and acceptability by willingness to pay."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from genorx._core.figures import legend_above, own_axes, tidy
from genorx.errors import SupportError
from genorx.ranking.answer.answer import Estimate, OptionAnswer, PatientAnswer
from genorx.report import wording
from genorx.report.figures import label_of, one_answer, option_label, outcome_label, styles_of
from genorx.report.trade_off_view import cost_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genorx.ranking.ranking import Ranking

_WIDE = 36  # characters of a line beside an axis
_MAIN = ("rmst", "probability", "value")


def plot_benefit_harm(
    ranking: Ranking, *, harm: str | None = None, patient_id: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw each option of one patient by the primary outcome and one harm, with 95 % intervals; return the Axes.

    Parameters
    ----------
    ranking : Ranking
    harm : str, optional
        An outcome; the first of role ``harm`` when absent.
    patient_id : str, optional
        May be absent where the ranking holds one patient.

    Raises
    ------
    SupportError
        If no option has an estimate of both.
    """
    answer = one_answer(ranking, patient_id)
    name = harm or next(iter(answer.trade_off.harms if answer.trade_off else ()), None)
    pairs = [(option, *_pair(option, ranking.primary, name)) for option in answer.options]
    whole = [(option, good, bad) for option, good, bad in pairs if good is not None and bad is not None]
    if not whole:
        raise SupportError(f"no option of patient {answer.patient_id} has both a benefit and a harm")
    ax = own_axes(ax)
    styles = styles_of(ranking)
    for option, good, bad in _in_order(answer, whole):
        style, name = styles[option.option], label_of(option_label(ranking, option.option))
        x, y = _ends(bad), _ends(good)
        ax.plot(x[1:], [y[0]] * 2, color=style.colour, linewidth=1.2)
        ax.plot([x[0]] * 2, y[1:], color=style.colour, linewidth=1.2)
        ax.plot(x[:1], y[:1], style.marker, color=style.colour, markersize=7, label=name)
    ax.set_xlabel(_label(ranking, whole[0][2], "Harm"), parse_math=False)
    ax.set_ylabel(_label(ranking, whole[0][1], _role(ranking)), parse_math=False)
    legend_above(ax)
    return tidy(ax)


def plot_acceptability(ranking: Ranking, *, patient_id: str | None = None, ax: Axes | None = None) -> Axes:
    """Plot the probability that each option has the largest net benefit, by threshold; return the Axes.

    Raises
    ------
    SupportError
        If the patient's answer has no costs or no thresholds.
    """
    answer = one_answer(ranking, patient_id)
    rows = answer.trade_off.acceptability if answer.trade_off else ()
    if not rows:
        raise SupportError(f"patient {answer.patient_id} has no costs and thresholds to weigh")
    ax = own_axes(ax)
    styles = styles_of(ranking)
    for name in dict.fromkeys(each.option for each in rows):
        own = sorted((each for each in rows if each.option == name), key=lambda each: each.threshold)
        style = styles[name]
        x, y = [each.threshold for each in own], [each.probability for each in own]
        ax.plot(
            x,
            y,
            color=style.colour,
            linestyle=style.line,
            marker=style.marker,
            label=label_of(option_label(ranking, name)),
        )
    ax.set_ylim(-0.02, 1.02)
    ax.xaxis.set_major_formatter(lambda cost, _: f"{cost:,.6g}")
    ax.locator_params(axis="x", nbins=4)
    unit = cost_unit(ranking)
    ax.set_xlabel(f"What a unit of utility may cost{f' ({label_of(unit)})' if unit else ''}", parse_math=False)
    ax.set_ylabel("Chance of the largest net benefit")
    legend_above(ax)
    return tidy(ax)


def _pair(option: OptionAnswer, primary: str, harm: str | None) -> tuple[Estimate | None, Estimate | None]:
    found = dict.fromkeys(("good", "bad")) | {
        "good" if each.outcome == primary else "bad": each
        for each in option.estimates
        if each.measure in _MAIN and each.outcome in (primary, harm)
    }
    return found["good"], found["bad"]


def _in_order(
    answer: PatientAnswer, whole: list[tuple[OptionAnswer, Estimate, Estimate]]
) -> list[tuple[OptionAnswer, Estimate, Estimate]]:
    """Sort options: the reference first, then by name."""
    return sorted(whole, key=lambda each: (each[0].option != answer.reference, each[0].option))


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    scale = 100.0 if wording.is_probability(estimate.measure) else 1.0
    values = (estimate.estimate, estimate.lower, estimate.upper)
    middle, lower, upper = (float("nan") if each is None else scale * each for each in values)
    return middle, lower, upper


def _role(ranking: Ranking) -> str:
    """Return what the primary outcome is beside a harm: a study may rank by a harm."""
    fits = () if ranking.asked is None else ranking.asked.question.fits
    return "Primary outcome" if any(fit.name == ranking.primary and fit.role == "harm" for fit in fits) else "Benefit"


def _label(ranking: Ranking, estimate: Estimate, role: str) -> str:
    free = ranking.free_of(estimate.outcome)
    of = ranking.counted_of(estimate.outcome)
    name = wording.measure_name(estimate.measure, estimate.horizon, estimate.unit, free=free, of=of)
    sign = "\N{NO-BREAK SPACE}(%)" if wording.is_probability(estimate.measure) else ""
    return "\n".join(wrap(f"{role}, {outcome_label(ranking, estimate.outcome)}: {name}{sign}", _WIDE))
