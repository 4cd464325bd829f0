"""Public names that the page of Python does not list, such as classes of results, for a page of their own."""

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import genorx

API = Path(__file__).resolve().parent / "reference" / "api.md"
_HEAD = """# Python: other names

What each room offers beside [the page of Python](api.md): classes of results, protocols, helpers and constants.
"""


def listed_names() -> list[tuple[str, str]]:
    """Return the module and the name of each entry of the page of Python, in its order."""
    found, module = [], ""
    for line in API.read_text(encoding="utf-8").splitlines():
        if line.startswith(".. currentmodule:: "):
            module = line.split()[-1]
        elif re.fullmatch(r"   \w+", line):
            found.append((module, line.strip()))
    return found


def other_names() -> dict[str, list[str]]:
    """Return the public names of each room that are not listed; those of ``genorx`` itself are listed under it."""
    listed = {(module, name) for module, name in listed_names()}
    top = {name for module, name in listed if module == "genorx"}
    rooms = {name: getattr(genorx, name) for name in genorx.__all__}
    found = {
        f"genorx.{room}": [name for name in value.__all__ if (f"genorx.{room}", name) not in listed and name not in top]
        for room, value in rooms.items()
        if isinstance(value, ModuleType) and hasattr(value, "__all__")
    }
    return {module: names for module, names in found.items() if names}


def names_page() -> str:
    """Return the page as Markdown."""
    return "\n".join([_HEAD, *(_section(module, names) for module, names in other_names().items())])


def _section(module: str, names: list[str]) -> str:
    purpose = (import_module(module).__doc__ or "").splitlines()[0]
    table = "\n".join(f"   {name}" for name in names)
    return f"""## {module}

{purpose}

```{{eval-rst}}
.. currentmodule:: {module}

.. autosummary::
   :toctree: generated
   :nosignatures:

{table}
```
"""
