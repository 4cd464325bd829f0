"""Page section on the differences between options: identification, and the value of individual choice.

Texts only, escaped by the template, and figures as SVG.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.svg import drawn
from genorx._core.workers import map_in_order
from genorx.effects import EffectReport, report_figures
from genorx.effects.assessment.policy_value import GAINS, LOSES, NOT_SHOWN
from genorx.effects.averages.balance import ALIKE
from genorx.effects.intervals import Interval
from genorx.effects.option_styles import OptionStyle
from genorx.errors import shown
from genorx.report import wording
from genorx.report.effect_figures import Line, analyses, difference_unit, plot_mean_differences

if TYPE_CHECKING:
    from genorx.ranking.evaluation.outcome_effect import OutcomeEffect

Styles = Mapping[str, OptionStyle]
_MOST_OPTIONS = 3  # options of an outcome that get figures
_WIDE, _TALL = 3.95, 2.3  # inches; as wide as the figures of a patient
_MOST_COLUMNS = 12  # columns of a figure of balance: the table says how many differ
#: Patients by the size of the difference that models of the other folds predicted.
_THIRDS = (
    "Third with the least predicted difference",
    "Middle third",
    "Third with the largest predicted difference",
)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of texts: caption, heads, rows."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class EffectView:
    """One outcome: a title, the conclusion in sentences, tables, figures as (caption, svg), assumptions.

    ``balance`` are the figures of balance, taller than the others.  ``tabled`` are captions of figures that paper does
    without: a table has their numbers, or those of the first outcome show as much, who had which option.
    """

    title: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    figures: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    assumptions: tuple[str, ...]
    balance: tuple[tuple[str, str], ...] = ()
    tabled: frozenset[str] = frozenset()


def effect_views(
    effects: Sequence[OutcomeEffect],
    styles: Styles | None = None,
    *,
    free_of: Callable[[str], str] | None = None,
    counted_of: Callable[[str], str] | None = None,
) -> tuple[EffectView, ...]:
    """Return the section of each outcome, in the given order.

    ``styles`` are those of the page's options; ``free_of`` gives the word for those without the event of an outcome,
    ``counted_of`` what the probability of a graded one is of.
    """
    free = free_of or (lambda name: wording.free_word([name]))
    wanted = [
        list(_figures(effect, number, styles or {}, free(effect.outcome))) for number, effect in enumerate(effects)
    ]
    drawings = map_in_order(partial(_drawing, tuple(effects)), [figure for own in wanted for figure in own])
    views = []
    for effect, own in zip(effects, wanted, strict=True):
        words = {"free": free(effect.outcome), "of": "" if counted_of is None else counted_of(effect.outcome)}
        made = [(figure.plot is report_figures.plot_balance, (figure.label, next(drawings))) for figure in own]
        views.append(
            replace(
                _view(effect, words),
                figures=tuple(each for is_balance, each in made if not is_balance),
                balance=tuple(each for is_balance, each in made if is_balance),
                tabled=frozenset(figure.label for figure in own if figure.tabled),
            )
        )
    return tuple(views)


def _view(effect: OutcomeEffect, words: Mapping[str, str]) -> EffectView:
    """Return what is said of an outcome, without figures."""
    what = wording.measure_name(effect.measure, effect.horizon, effect.unit, **words)
    title = f"{effect.outcome}: {what}"
    if effect.report is None:
        said = (f"Not identified: {effect.reason}.",)
        return EffectView(title=title, sentences=said, tables=(), figures=(), warnings=(), assumptions=())
    write = _Writer(effect)
    found = effect.report
    tables = (
        write.averages(found),
        *(write.analyses(option) for option in effect.identified),
        write.calibration(found),
        write.policy(found),
    )
    return EffectView(
        title=title,
        sentences=tuple(write.sentences(found)),
        tables=tuple(table for table in tables if table.rows),
        figures=(),
        warnings=tuple(_policy(text) for text in found.warnings if NOT_SHOWN not in text),  # the policies say it
        assumptions=found.assumptions,
    )


def control_rows(controls: pd.DataFrame | None) -> tuple[tuple[str, ...], ...]:
    """Return the cells of the negative controls: outcome, option, difference with limits, whether it passes."""
    if controls is None:
        return ()
    rows = []
    for row in controls.to_dict(orient="records"):
        scale = 100.0 if str(row["measure"]).startswith("probability") else 1.0
        numbers = [wording.signed(float(row[name]) * scale, 2) for name in ("estimate", "lower", "upper")]
        text = f"{numbers[0]} ({numbers[1]} to {numbers[2]}){' percentage points' if scale > 1 else ''}"
        rows.append((shown(row["outcome"]), shown(row["option"]), text, "yes" if row["holds"] else "no: confounded"))
    return tuple(rows)


class _Writer:
    """Formats one outcome's numbers as text."""

    def __init__(self, effect: OutcomeEffect) -> None:
        self.effect = effect
        self.scale = 100.0 if wording.is_probability(effect.measure) else 1.0
        self.unit = difference_unit(effect)

    def sentences(self, report: EffectReport) -> list[str]:
        """Return the conclusions from these data, in sentences."""
        said = [self._mean(row) for row in report.averages.to_dict(orient="records")]
        said += [
            f"{shown(row['option'])} against {shown(row['reference'])}: not identified: {row['reason']}."
            for row in report.options.to_dict(orient="records")
            if not row["identified"]
        ]
        if len(report.policy) > 1:
            said.append(self._verdict(report.policy.to_dict(orient="records")[1]))
        claims = f"A recommendation goes to {_percent(report.claims)} of the patients"
        if not pd.isna(report.claims_by_chance):
            claims += f"; {_percent(report.claims_by_chance)} would get one had the options been assigned at random"
        return [*said, f"{claims}."]

    def _mean(self, row: dict[Any, Any]) -> str:
        option, reference = shown(row["option"]), shown(self.effect.reference)
        text = f"{option} against {reference}, on average: {self._interval(row)} {self.unit}"
        if pd.isna(row["e_value"]):
            return f"{text}; options were randomised."
        return (
            f"{text}, adjusted, observational. An unmeasured confounder would have to be associated with option and "
            f"outcome by a risk ratio of {row['e_value']:.2f} each to explain it away (E-value){_limit(row)}"
        )

    def _verdict(self, row: dict[Any, Any]) -> str:
        gain = f"{self._interval(row, 'gain')} {self.unit} over giving {shown(row['option'])} to all"
        if _gain_of(row).is_zero:
            return f"Choosing by patient means {shown(row['option'])} for all, so there is no gain to estimate."
        words = {GAINS: "Choosing by patient helps", LOSES: "Choosing by patient does worse than one option for all"}
        said = words.get(str(row["verdict"]), "These patients do not show that choosing by patient helps")
        return f"{said}: it gains {gain}."

    def averages(self, report: EffectReport) -> Table:
        """Return the options with the basis of their mean difference."""
        differences = {row["option"]: row for row in report.averages.to_dict(orient="records")}
        means = {row["option"]: row for row in report.means.to_dict(orient="records")}
        worst = {str(name): own for name, own in report.balance.groupby("option", sort=False)}
        rows = []
        for row in report.options.to_dict(orient="records"):
            name = row["option"]
            if not row["identified"]:
                cells: tuple[str, ...] = (f"not identified: {row['reason']}", *("–",) * 5)
            else:
                cells = (
                    f"{self._interval(differences[name])}",
                    self._interval(means[name], signed=False),
                    f"{row['compared']:.0f} ({row['without_overlap']:.0f})",
                    f"{row['effective_n']:.0f} of {row['patients']:.0f}, "
                    f"{row['effective_n_reference']:.0f} of {row['patients_reference']:.0f}",
                    _percent(row["clipped"]),
                    f"{_largest(worst[name], 'before')}, {_largest(worst[name], 'after')}",
                )
            rows.append((shown(name), *cells))
        return Table(
            caption=f"Doubly robust means, 95 % intervals, in {self.unit if self.scale == 1 else 'per cent'}; against "
            f"{shown(self.effect.reference)}",
            heads=(
                "Option",
                "Mean difference",
                "Mean if everyone had it",
                "Compared (without overlap)",
                "Effective patients, option and reference",
                "Weights capped",
                "Largest standardised difference before, after weighting",
            ),
            rows=tuple(rows),
        )

    def analyses(self, option: str) -> Table:
        """Return the mean difference of one option by each analysis."""
        rows = tuple(
            (line.label, self._line(line), "–" if line.patients is None else str(line.patients))
            for line in analyses(self.effect, option)
        )
        caption = f"{shown(option)}: sensitivity of the mean difference to the analysis ({self.unit})"
        return Table(caption=caption, heads=("Analysis", "Mean difference", "Patients"), rows=rows)

    def calibration(self, report: EffectReport) -> Table:
        """Return slope, thirds and targeting of each option."""
        rates = {row["option"]: row for row in report.rate.to_dict(orient="records")}
        rows = []
        for row in report.slopes.to_dict(orient="records"):
            slope = _minus(f"{row['slope']:.2f} ({row['lower']:.2f} to {row['upper']:.2f})")
            thirds = report.thirds[report.thirds["option"] == row["option"]].to_dict(orient="records")
            found = [f"{self._interval(each)}; predicted {self._signed(each['predicted'])}" for each in thirds]
            found += ["–"] * (len(_THIRDS) - len(thirds))
            rate = rates.get(row["option"])
            rows.append((shown(row["option"]), slope, *found, "–" if rate is None else self._interval(rate, "autoc")))
        return Table(
            caption=f"Are the predicted differences between patients real? Out of fold; differences in {self.unit}",
            heads=(
                "Option",
                "Calibration slope (1 is right, 0 is noise)",
                *_THIRDS,
                "Gain of treating first those predicted to gain most (RATE, AUTOC; 0 is none)",
            ),
            rows=tuple(rows),
        )

    def _signed(self, value: float) -> str:
        return wording.signed(value * self.scale, self.digits)

    def policy(self, report: EffectReport) -> Table:
        """Return the value of individual choice."""
        rows = []
        for place, row in enumerate(report.policy.to_dict(orient="records")):
            value = {"estimate": row["value"], "lower": row["value_lower"], "upper": row["value_upper"]}
            mean = self._interval(value, signed=False)
            gain, verdict = ("–", "–") if place == 0 else (self._interval(row, "gain"), str(row["verdict"]) or "–")
            if place and _gain_of(row).is_zero:
                gain, verdict = "none to estimate", "choosing by patient means this option for all"
            rows.append((_policy(str(row["policy"])), mean, gain, verdict))
        caption = f"Mean outcome under each policy, and what choosing by patient gains over it ({self.unit})"
        return Table(caption=caption, heads=("Policy", "Mean outcome", "Gain", "Verdict"), rows=tuple(rows))

    def _line(self, line: Line) -> str:
        if line.estimate is None:
            return f"not identified: {line.reason}"
        if line.lower is None:
            return self._signed(line.estimate)
        return self._interval({"estimate": line.estimate, "lower": line.lower, "upper": line.upper})

    def _interval(self, row: dict[Any, Any], name: str = "estimate", *, signed: bool = True) -> str:
        write: Callable[[float, int], str] = wording.signed if signed else wording.number
        numbers = [row[key] * self.scale for key in (name, "lower", "upper")]
        hidden = any(each and not round(each, self.digits) for each in numbers)  # on which side of 0 it is must be read
        value, lower, upper = (write(each, self.digits + hidden) for each in numbers)
        return f"{value} ({lower} to {upper})"

    @cached_property
    def digits(self) -> int:
        """Decimals of all numbers of this outcome: those that its least certain mean difference deserves."""
        report = self.effect.report
        if report is None or report.averages.empty:
            return 1
        width = float((report.averages["upper"] - report.averages["lower"]).max()) * self.scale
        return 0 if width >= 30 else 1 if width >= 2 else 2


@dataclass(frozen=True, kw_only=True)
class _Figure:
    """A figure to draw: its effect, its plot function, and whether it uses the effect or its report.

    ``tabled`` where a table has its numbers, or a figure of an earlier outcome shows as much.
    """

    number: int
    label: str
    prefix: str
    plot: Callable[..., Any]
    of_report: bool = True
    tabled: bool = False
    tall: float = _TALL
    more: Mapping[str, Any]


def _drawing(effects: tuple[OutcomeEffect, ...], figure: _Figure) -> str:
    effect = effects[figure.number]
    source = effect.report if figure.of_report else effect
    size = (_WIDE, figure.tall)
    return drawn(figure.plot, source, size=size, prefix=figure.prefix, label=figure.label, **figure.more)


def _figures(effect: OutcomeEffect, number: int, styles: Styles, free: str) -> Iterator[_Figure]:
    """Yield the figures of an outcome; none if it is not identified.

    ``free`` is the word for those without its event.
    """
    report = effect.report
    if report is None:
        return
    scale = 100.0 if wording.is_probability(effect.measure) else 1.0
    scaled = {"unit": difference_unit(effect) if scale > 1 else effect.unit, "scale": scale}
    own = list(enumerate(effect.identified[:_MOST_OPTIONS], start=1))
    for place, option in own:
        height = 1.2 + 0.3 * len(analyses(effect, option))
        jobs: list[tuple[str, Callable[..., Any], dict[str, Any], float, bool]] = [
            ("mean difference by each analysis", plot_mean_differences, {}, height, True),
            ("overlap", report_figures.plot_overlap, {}, _TALL, number > 0),
            ("calibration of effects", report_figures.plot_effect_calibration, scaled, _TALL, True),
            ("predicted differences of the cohort", report_figures.plot_waterfall, scaled, _TALL, False),
        ]
        for step, (caption, plot, more, tall, tabled) in enumerate(jobs):
            yield _Figure(
                number=number,
                label=f"{shown(option)}: {caption}",
                prefix=f"e{number + 1}-{place}-{step}-",
                plot=plot,
                of_report=plot is not plot_mean_differences,
                tabled=tabled,
                tall=tall,
                more={"option": option, **more},
            )
    if not report.curves.empty:
        of = "survival" if free == "alive" else f"probability {free}"
        yield _Figure(
            number=number,
            label=f"Mean {of} of the cohort if everyone had the option, with 95 % bands",
            prefix=f"e{number + 1}-s-",
            plot=report_figures.plot_mean_survival,
            more={"unit": effect.unit, "styles": styles, "free": "" if free == "alive" else free},
        )
    for place, option in own:  # taller than the others: side by side
        yield _Figure(
            number=number,
            label=f"{shown(option)}: balance before and after weighting",
            prefix=f"e{number + 1}-{place}-b-",
            plot=report_figures.plot_balance,
            tabled=number > 0,
            tall=_balance_height(report, option),
            more={"option": option, "most": _MOST_COLUMNS},
        )


def _balance_height(report: EffectReport, option: str) -> float:
    """Return the height in inches of a balance figure: a legend, an axis, and a line per column."""
    columns = int((report.balance["option"] == option).sum())
    return 1.6 + 0.17 * min(columns, _MOST_COLUMNS)


def _gain_of(row: Mapping[Any, Any]) -> Interval:
    """Return the gain of individual choice over a policy."""
    return Interval(estimate=row["gain"], lower=row["lower"], upper=row["upper"])


def _limit(row: Mapping[Any, Any]) -> str:
    """Return how strong a confounder would move the interval to no effect; 1 means that it is there already."""
    if row["e_value_limit"] > 1:
        return f", and of {row['e_value_limit']:.2f} to move the interval so far that it includes no effect."
    if row["lower"] <= 0 <= row["upper"]:
        return "; the interval includes no effect as it is."
    return "; the interval of the model's ratio includes no effect as it is, though that of this difference does not."


def _policy(text: str) -> str:
    """Return the display name of a policy."""
    return re.sub(r"^everybody (.*) \((best single option|reference)\)", r"\1 for all (\2)", text)


def _largest(balance: pd.DataFrame, when: str) -> str:
    size = balance[when].abs()
    return f"{size.max():.2f} ({int((size > ALIKE).sum())} of {len(size)} above {ALIKE:g})"


def _percent(share: float) -> str:
    return "–" if pd.isna(share) else f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.1f} %"


def _minus(text: str) -> str:
    return text.replace("-", "−")
