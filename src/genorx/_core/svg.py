"""Matplotlib figures as inline SVG: deterministic bytes, and ids that do not collide on one page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from math import cos, radians, sin
from typing import TYPE_CHECKING, Any

from genorx._core.figures import break_labels, keep_labels_inside
from genorx._visible import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text remains text: it can be read aloud, searched and selected
    "svg.hashsalt": "genorx",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],  # shipped with matplotlib: the layout does not depend on the machine
    "font.size": 10.0,
    "legend.fontsize": 10.0,
    "axes.linewidth": 0.7,
    "axes.edgecolor": "#6b7280",
    "axes.labelcolor": "#1f2933",
    "xtick.color": "#4b5563",
    "ytick.color": "#1f2933",
}
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
#: SVG values for a line that ends, or is centred, at its anchor.
_ANCHORS = {"right": "end", "center": "middle"}
_PLACED = re.compile(r"translate\(([-\d.]+) ([-\d.]+)\)(?: rotate\(([-\d.]+)\))?")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
#: Colours in dark mode, as far from the background as the original from white.
DARK_COLOURS = {
    "1f2933": "e4e9ee", "1d6fa5": "6cb4e4", "c2641b": "f0a05f", "4f7f3f": "8fc77b", "7b4b94": "c79be0",
    "8a6d1d": "dcbb5a", "4b5563": "b9c2cd", "6b7280": "a3adb9", "9aa5b1": "7b8794", "c9ced6": "4a5563",
    "e4e7eb": "36404c", "ffffff": "171c22", "d7e6f1": "24435a", "f3f4f6": "232a32", "b8c1cc": "566270",
    "9b2c2c": "f08a8a", "b00020": "ff8a9a", "b45309": "f0a05f", "e07b00": "f0a05f", "e3b587": "7d5a34",
    "cbb6d6": "5f4b6b", "d7e6f3": "24435a", "5b9bc9": "4b88b4", "9fc48f": "4a6d3d", "8b93a0": "78828f",
    "c3c8cf": "4a525c", "eef3f8": "1e2a36",
}  # fmt: skip
_KNOWN_COLOUR = re.compile(rf"#({'|'.join(DARK_COLOURS)})\b")
_PAGE_FONT = '-apple-system, "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif'


def drawn(
    plot: Callable[..., Axes], *inputs: Any, size: tuple[float, float], prefix: str, label: str, **more: Any
) -> str:
    """Return the drawing of ``plot`` on axes of ``size`` (inches) as inline SVG, in the style of a page.

    The figure is not added to pyplot's list of open figures, and no setting of matplotlib is changed.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        plot(*inputs, ax=figure.subplots(), **more)
        return inline_svg(figure, prefix=prefix, label=label)


def drawn_figure(plot: Callable[..., Figure], *, size: tuple[float, float], prefix: str, label: str) -> str:
    """Return the drawing of ``plot`` on a figure of ``size`` (inches), passed as ``figure=``, as inline SVG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        return inline_svg(plot(figure=Figure(figsize=size, layout="constrained")), prefix=prefix, label=label)


def inline_svg(figure: Figure, *, prefix: str, label: str) -> str:
    """Return the figure as an ``<svg>`` element.

    Parameters
    ----------
    figure : Figure
        The figure.
    prefix : str
        Prefix of every id, which must differ between the figures of a page.
    label : str
        Description of the figure for screen readers.
    """
    from xml.etree import ElementTree as ET

    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # the reader's own fonts draw the text: a glyph missing in DejaVu only affects spacing
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        _laid_out(figure, FigureCanvasSVG)
        several = _several_lines(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ET.fromstring(visible(buffer.getvalue()))  # noqa: S314  only what matplotlib has just written
    _align_lines(root, several)
    _own_ids(root, prefix)
    _named_colours(root)
    for node in [child for child in root if child.tag.endswith("metadata")]:
        root.remove(node)
    size = root.attrib.pop("width", "").removesuffix("pt")
    root.attrib.pop("height", None)
    root.attrib |= {"role": "img", "aria-label": label, "style": f"width:100%;max-width:{float(size) * 4 / 3:.0f}px"}
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    return ET.tostring(root, encoding="unicode").replace("'DejaVu Sans'", _PAGE_FONT.replace('"', "'"))


def _laid_out(figure: Figure, canvas: type[FigureCanvasSVG]) -> None:
    """Apply the layout engine once, so that ``savefig`` need not draw everything twice.

    A layout leaves room for a label across its axis, not along it: longer labels are wrapped.
    """
    layout = figure.get_layout_engine()
    if layout is None:
        return
    canvas(figure)
    figure.set_dpi(72)  # resolution of the format
    break_labels(figure)
    layout.execute(figure)
    figure.set_layout_engine("none")
    keep_labels_inside(figure)


def _several_lines(figure: Figure) -> dict[str, tuple[str, list[float]]]:
    """Return the alignment, and the width of each line in points, of texts on several lines, by their ids."""
    from matplotlib.text import Text
    from matplotlib.textpath import text_to_path

    found: dict[str, tuple[str, list[float]]] = {}
    for text in figure.findobj(Text):
        lines = text.get_text().split("\n")
        anchor = _ANCHORS.get(text.get_horizontalalignment())
        if anchor and len(lines) > 1 and text.get_visible():
            font = text.get_fontproperties()
            widths = [text_to_path.get_text_width_height_descent(line, font, ismath=False)[0] for line in lines]
            text.set_gid(f"lines_{len(found)}")
            found[f"lines_{len(found)}"] = (anchor, widths)
    return found


def _align_lines(root: object, several: dict[str, tuple[str, list[float]]]) -> None:
    """Anchor each line of a text at its end or middle: the reader's font is narrower than the one of the layout.

    matplotlib positions every line by its start, so lines of a narrower font would end, or be centred, elsewhere.
    """
    for group in root.iter(f"{{{_SVG}}}g"):  # type: ignore[attr-defined]
        anchor, widths = several.get(group.attrib.get("id", ""), ("", []))
        lines = group.findall(f"{{{_SVG}}}text")
        if len(lines) != len(widths):
            continue
        for line, width in zip(lines, widths, strict=True):
            placed = _PLACED.match(line.attrib.get("transform", ""))
            if placed is None:
                continue
            x, y, angle = (float(each or 0.0) for each in placed.groups())
            along = width * (1.0 if anchor == "end" else 0.5)
            x, y = x + along * cos(radians(angle)), y + along * sin(radians(angle))
            turned = "" if placed[3] is None else f" rotate({placed[3]})"
            line.attrib["transform"] = f"translate({x:.3f} {y:.3f}){turned}"
            line.attrib["style"] = f"{line.attrib.get('style', '')}; text-anchor: {anchor}".lstrip("; ")


def _named_colours(root: object) -> None:
    """Replace a figure's colours by CSS variables of the page, with the original colours as fallback."""
    for node in root.iter():  # type: ignore[attr-defined]
        if "style" in node.attrib:
            node.attrib["style"] = _KNOWN_COLOUR.sub(r"var(--f\1,#\1)", node.attrib["style"])


def _own_ids(root: object, prefix: str) -> None:
    for node in root.iter():  # type: ignore[attr-defined]
        for name, value in node.attrib.items():
            if name == "id":
                node.attrib[name] = prefix + value
            elif name.endswith("href") and value.startswith("#"):
                node.attrib[name] = f"#{prefix}{value[1:]}"
            elif "url(#" in value:
                node.attrib[name] = _REFERENCE.sub(rf"url(#{prefix}\1)", value)
