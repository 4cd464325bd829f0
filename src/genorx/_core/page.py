"""What every HTML page shares: nothing hidden in it, and its findings on top, those that matter most first."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from genorx._visible import visible
from genorx.errors import Finding

if TYPE_CHECKING:
    from jinja2 import Environment

_ORDER = {"serious": 0, "warning": 1, "info": 2}
#: Style of ``findings_block`` for pages without one of their own.
FINDINGS_CSS = (
    ".finding { border-left: 4px solid #888; padding-left: 0.6rem; } .finding.serious { border-color: #b00020; }"
)


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings once each, serious ones first, else in their order."""
    return sorted(dict.fromkeys(findings), key=lambda each: _ORDER[each.severity])


def findings_block(findings: Iterable[Finding], *, severities: Iterable[str] = tuple(_ORDER)) -> str:
    """Return findings as HTML paragraphs, serious ones first; empty text where there are none."""
    wanted = set(severities)
    return "\n".join(_paragraph(each) for each in by_severity(findings) if each.severity in wanted)


def _paragraph(finding: Finding) -> str:
    whose = f"patient {finding.patient_id}: " if finding.patient_id else ""
    where = f", {finding.place}" if finding.place else ""
    text = escape(f"{whose}{finding.message}")
    return (
        f'<p class="finding {finding.severity}"><strong>{finding.severity}</strong> {text} '
        f"<small>({escape(finding.code + where)})</small></p>"
    )


def templates(package: str) -> Environment:
    """Return the jinja environment of a package's templates: texts escaped, unknown names refused."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["findings_block"] = findings_block
    return environment


def finished(page: str) -> str:
    """Return the text of a page as it is shown: hidden characters, also those of figures, are escapes."""
    return visible(page)
