"""Figures on a page: the layout that is taken at once is the one that matplotlib's own saving would give."""

import io

from matplotlib.figure import Figure

from genorx._core.svg import inline_svg


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
