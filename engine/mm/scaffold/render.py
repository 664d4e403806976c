"""From templates to the texts of a distribution's files. Writes nothing."""

import json
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Final

from mm.api import API_VERSION
from mm.scaffold.names import Names

_SUFFIX: Final = ".tmpl"
"""Keeps linters and builders from taking a template for what it makes."""


_NEEDS_TRIO: Final = ("connector",)
"""Kinds whose parts are tasks; the others are pure."""


def render(names: Names) -> dict[str, str]:
    """Fill in the templates.

    Returns:
        Path below the distribution's folder (with ``/``) to text, sorted by path.
    """
    words = _words(names)
    templates = files("mm.scaffold") / "templates"
    made = {
        path.replace("package", names.package): Template(text).substitute(words)
        for folder in ("common", names.kind)
        for path, text in _texts(templates / folder, "")
    }
    return dict(sorted(made.items()))


def _words(names: Names) -> dict[str, str]:
    """Say what stands for what in a template."""
    major, minor, *_ = version("mm-engine").split(".")
    needs = ["attrs>=24.2", f"mm-engine>={major}.{minor},<{int(major) + 1}", "numpy>=2.0"]
    needs += ["trio>=0.31"] if names.kind in _NEEDS_TRIO else []
    return {
        "kind": names.kind,
        "dist": names.dist,
        "package": names.package,
        "cls": names.cls,
        "offer": names.offer,
        "table": names.offer.lower(),
        "dependencies": json.dumps(needs),
        "api": repr(API_VERSION),
    }


def _texts(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    """Give (path, text) of every template below a folder."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _texts(entry, f"{path}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            yield path + entry.name.removesuffix(_SUFFIX), entry.read_text(encoding="utf-8")
