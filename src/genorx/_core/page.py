"""Parts shared by all HTML pages: head, style, and findings at the top by severity."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from genorx._core.number_words import true_minus
from genorx._core.svg import DARK_COLOURS
from genorx._core.version import __version__
from genorx._visible import visible
from genorx.errors import Finding

if TYPE_CHECKING:
    from jinja2 import Environment

#: Least number of characters of a table cell that counts as a sentence.
_LONG = 60
#: Least number of characters of a word, such as a digest, that is broken in print; shorter ones are kept whole.
_BREAKS = 15
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TAG = re.compile("<[^>]*>")
#: Places of severities in a list of findings: the worst is first.
SEVERITY_ORDER = {"serious": 0, "warning": 1, "info": 2}
_SHARED = "genorx._core"
#: Begin of a box that scrolls sideways if its content is wider than the screen; it is reachable by keyboard.
_SCROLL_BOX = '<div class="scroll" tabindex="0" role="group" aria-label="{what}: scrolls sideways where it is wide">'


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Return distinct findings, serious ones first, otherwise in their order."""
    return sorted(dict.fromkeys(findings), key=lambda each: SEVERITY_ORDER[each.severity])


def findings_block(findings: Iterable[Finding], *, severities: Iterable[str] = tuple(SEVERITY_ORDER)) -> str:
    """Return findings as HTML paragraphs, serious ones first; empty text if there are none."""
    requested = set(severities)
    return "\n".join(_paragraph(each) for each in by_severity(findings) if each.severity in requested)


def _paragraph(finding: Finding) -> str:
    whose = f"patient {finding.patient_id}: " if finding.patient_id else ""
    where = f", {finding.place}" if finding.place else ""
    text = escape(f"{whose}{true_minus(finding.message)}")
    return (
        f'<p class="finding {finding.severity}"><strong>{finding.severity}</strong> {text} '
        f"<small>({escape(finding.code + where)})</small></p>"
    )


def templates(package: str) -> Environment:
    """Return the jinja environment of a package's templates, with the shared head and style.

    Texts are escaped; unknown names are errors.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    loaders = [PackageLoader(name) for name in dict.fromkeys((package, _SHARED))]
    environment = Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["findings_block"] = findings_block
    for name, what in (("scroll_box", "Table"), ("scroll_figure", "Figure")):
        environment.globals[name] = Markup(_SCROLL_BOX.format(what=what))  # noqa: S704  a constant of this module
    environment.globals["dark_colours"] = DARK_COLOURS
    environment.globals["genorx_version"] = __version__
    return environment


def whole_page(title: str, body: str, *, heading: str = "", versions: Iterable[str] = ()) -> str:
    """Return HTML content as a complete page.

    Parameters
    ----------
    title : str
        Title of the document.
    body : str
        HTML, with all user text escaped.
    heading : str
        Text of the ``h1``; empty (default) if the body has one.
    versions : iterable of str
        Versions of the data of the page, shown at the end after the version of genorx.
    """
    page = templates(_SHARED).get_template("whole.html")
    known = [f"genorx {__version__}", *versions]
    return finished(page.render(document_title=title, heading=heading, body=body, versions=known))


def notebook_part(body: str) -> str:
    """Return HTML content as a fragment with the style of the pages, for a notebook."""
    return finished(templates(_SHARED).get_template("part.html").render(body=body))


def html_table(head: Iterable[str], rows: Iterable[Iterable[str]], *, caption: str = "") -> str:
    """Return a table in a box that scrolls on a narrow screen; empty text if it has no rows.

    Without a head the first cell of a row is its header.  A column with a head and no text in any row is left out.
    """
    from markupsafe import escape as unless_made  # leaves HTML unchanged

    heads, rows = _with_text(list(head), [list(row) for row in rows])
    first = ("<td>", "</td>") if any(heads) else ('<th scope="row">', "</th>")
    lines = []
    for row in rows:
        head_cell, *cells = (unless_made(cell) for cell in row)
        lines.append(f"<tr>{first[0]}{head_cell}{first[1]}{''.join(map(_cell, cells))}</tr>")
    if not lines:
        return ""
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    top = f"<thead><tr>{names}</tr></thead>" if any(heads) else ""
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    body = f'<table class="kept">{above}{top}<tbody>{"".join(lines)}</tbody></table>'
    return f"{_SCROLL_BOX.format(what='Table')}{body}</div>"


def _with_text(heads: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows without the columns that are empty in every row."""
    kept = [at for at in range(len(heads)) if any(row[at] for row in rows)] if any(heads) else []
    if not kept:
        return heads, rows
    return [heads[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _cell(text: str) -> str:
    """Return a table cell: a long text gets a width that keeps its row low, a date is kept on one line."""
    plain = _TAG.sub("", text)
    kind = "long" if len(plain) > _LONG else "num" if _DAY.fullmatch(plain) else ""
    if not kind and max(map(len, plain.split()), default=0) >= _BREAKS:
        kind = "word"
    return f'<td class="{kind}">{text}</td>' if kind else f"<td>{text}</td>"


def scrolling_figure(svg: str) -> str:
    """Return a wide figure in a box that scrolls on a narrow screen."""
    return f"{_SCROLL_BOX.format(what='Figure')}{svg}</div>"


def finished(page: str) -> str:
    """Return the final text of a page with hidden characters escaped, including those in figures."""
    return visible(page)
