"""Figures on a page: the layout that is taken at once is the one that matplotlib's own saving would give."""

import io
import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import genorx
from genorx._core.figures import legend_above, ratio_axis, tidy
from genorx._core.svg import DARK_COLOURS, inline_svg


def _figure():
    figure = Figure(figsize=(4, 2), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1, 2], [0.2, 0.5, 0.3], label="a long name")
    ax.set(xlabel="Time (months)", ylabel="Survival", title="Two lines\nof title")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def test_axes_stand_where_saving_without_us_would_put_them():
    """matplotlib by itself is the reference: it lays out while it saves."""
    ours, plain = _figure(), _figure()
    inline_svg(ours, prefix="a-", label="a line")
    plain.savefig(io.StringIO(), format="svg")
    assert ours.axes[0].get_position().bounds == plain.axes[0].get_position().bounds
    assert ours.axes[0].get_position().bounds != Figure(figsize=(4, 2)).subplots().get_position().bounds


def test_a_figure_without_layout_is_drawn_as_it_stands():
    figure = Figure(figsize=(4, 2))
    ax = figure.subplots()
    before = ax.get_position().bounds
    assert inline_svg(figure, prefix="a-", label="a line").startswith("<svg")
    assert ax.get_position().bounds == before


def test_every_colour_of_our_figures_can_be_shown_on_a_dark_ground():
    """Each colour in the source has a dark one; those of options have the contrast that WCAG 2.1 asks of text."""
    source = Path(genorx.__file__).parent
    drawn = {each for file in source.rglob("*.py") for each in re.findall(r'"#([0-9a-f]{6})"', file.read_text("utf-8"))}
    assert drawn - set(DARK_COLOURS) == set()
    options = ("1f2933", "1d6fa5", "c2641b", "4f7f3f", "7b4b94", "8a6d1d")
    assert min(_contrast(DARK_COLOURS[each], "171c22") for each in options) > 4.5


def test_a_figure_names_its_colours_and_keeps_them_where_no_page_says_otherwise():
    figure = _figure()
    figure.axes[0].lines[0].set_color("#1f2933")
    svg = inline_svg(figure, prefix="a-", label="a line")
    assert "var(--f1f2933,#1f2933)" in svg


@pytest.mark.parametrize("text", ["A new option against the option that was usual (months)", "Time " * 30])
def test_a_label_of_an_axis_ends_inside_the_figure(text):
    """Beside long names of rows the axis is short, and its label ran out of the figure of a page."""
    figure = Figure(figsize=(4.6, 2.5), layout="constrained")
    ax = figure.subplots()
    ax.plot([-1, 3], [0, 1])
    ax.set_yticks([0, 1], labels=["a method with a name that takes half of the figure", "b"])
    ax.set_xlabel(text)
    inline_svg(figure, prefix="a-", label="a line")
    box = ax.xaxis.label.get_window_extent()
    assert box.x0 >= -1.0
    assert box.x1 <= figure.bbox.x1 + 1.0
    assert ax.get_xlabel().split() == text.split()


def test_a_legend_above_the_axes_covers_none_of_them():
    figure = Figure(figsize=(4, 3), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], label="one option")
    legend_above(ax)
    figure.canvas.draw()
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1 - 1


@pytest.mark.parametrize("name", ["x" * 80, "a treatment whose name is longer than a line", " _hidden"])
def test_a_long_name_in_a_legend_leaves_the_axes_their_room_and_an_underscore_is_shown(name):
    """Of an option with a long name the axes of a page's figure had no width."""
    figure = Figure(figsize=(4.6, 3), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], label=name)
    legend_above(ax)
    inline_svg(figure, prefix="a-", label="a line")
    assert ax.get_window_extent().width > 0.5 * figure.bbox.width
    assert ax.get_legend().get_texts()[0].get_text().strip()[:5] == name.strip()[:5]


@pytest.mark.parametrize(("low", "high"), [(0.8, 1.25), (0.2, 5.0), (0.05, 20.0), (0.002, 500.0)])
def test_an_axis_of_ratios_has_the_ratio_one_and_others_at_its_ticks(low, high):
    ax = Figure().subplots()
    ratio_axis(ax, "x", low, high)
    ticks = ax.get_xticks()
    assert 3 <= len(ticks) <= 9
    assert 1.0 in ticks
    assert low <= ticks.min() <= ticks.max() <= high


def _contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.1."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _lines(svg, words):
    """Return (x, anchor) of the line of a text that holds the words."""
    style, place = re.search(
        rf'<text style="([^"]*)" transform="translate\(([-\d.]+) [^"]*"[^>]*>{words}<', svg
    ).groups()
    return float(place), re.search(r"text-anchor: (\w+)", style)[1]


def test_lines_of_a_label_end_at_its_row_in_any_font():
    """matplotlib places each line by its beginning, so that in a font that is not its own lines ended apart."""
    figure = Figure(figsize=(4, 2), layout="constrained")
    ax = figure.subplots()
    ax.set_yticks([0], ["prostatectomy or radical\nradiotherapy"])
    ax.set_xlabel("Difference against management\n(months)")
    svg = inline_svg(figure, prefix="a-", label="rows")
    first, last = _lines(svg, "prostatectomy or radical"), _lines(svg, "radiotherapy")
    assert first == last
    assert first[1] == "end"
    assert _lines(svg, "Difference against management")[0] == pytest.approx(_lines(svg, r"\(months\)")[0], abs=0.01)


def test_the_last_number_beside_long_names_of_rows_is_not_cut():
    """A cost difference of 29,167 stood on an axis that ended with "3000" of 30000."""
    figure = Figure(figsize=(4.6, 2.6), layout="constrained")
    ax = figure.subplots()
    ax.set_yticks([0, 1], ["trimmed to propensities of 0.01 or more", "doubly robust"])
    ax.plot([29167, 0], [0, 1])
    tidy(ax, keep_left=False)
    svg = inline_svg(figure, prefix="a-", label="costs")
    numbers = re.findall(r'text-anchor: middle[^>]* x="([\d.]+)"[^>]*>([\d,]+)<', svg)
    assert numbers
    width = 4.6 * 72
    assert all(float(x) + 3.2 * len(text) <= width for x, text in numbers)  # a digit is 6.4 points wide


@pytest.mark.parametrize(("end", "said"), [(30_000, "20,000"), (2_026, "2000")])
def test_long_numbers_beside_an_axis_are_written_as_in_tables(end, said):
    """Five digits and more; four may be a calendar year."""
    figure = Figure()
    ax = tidy(figure.subplots())
    ax.set_xlim(0, end)
    figure.canvas.draw()
    assert said in [label.get_text() for label in ax.get_xticklabels()]
