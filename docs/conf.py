# SPDX-License-Identifier: MIT
"""How Sphinx makes the site of the project (`make docs`): from the pages and notebooks as they stand in the repository.

The source folder of the site is the root of the repository, so that links between pages and notebooks work in both.
"""

from __future__ import annotations

from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from cardlib.core.version import VERSION

project = "Card Protocol Notebooks"
copyright = "Card Protocol Notebooks contributors. Text and notebooks: CC BY 4.0"
version = release = VERSION

root_doc = "README"
include_patterns = [
    "README.md",
    "docs/*.md",
    "notebooks/*.ipynb",
    "investigations/rubric.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
]
exclude_patterns = [".*"]
extensions = ["myst_nb", "sphinx.ext.autodoc"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the notebooks hold their outputs, and tests compare them
nb_render_markdown_format = "myst"  # so that links in printed tables lead to pages
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # these scripts would come from elsewhere

autodoc_typehints = "none"  # the signature shows them
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sphinx = False

CONTENTS = {
    "Learn": ["docs/notebooks", "docs/teaching", "investigations/rubric", "docs/glossary"],
    "Notebooks": ["notebooks/*"],
    "Use": [
        "docs/commands",
        "docs/explorer",
        "docs/filter",
        "docs/bare",
        "docs/formats",
        "docs/rules",
        "docs/phases",
        "docs/personalisation",
        "docs/live",
        "docs/corpus",
        "docs/privacy",
    ],
    "Extend": [
        "docs/applications",
        "docs/layouts",
        "docs/dictionaries",
        "docs/api",
        "docs/architecture",
        "CONTRIBUTING",
    ],
    "Check": ["docs/specs", "CHANGELOG"],
}

FRONT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Card Protocol Notebooks</title>
<meta http-equiv="refresh" content="0; url=README.html">
<p><a href="README.html">Card Protocol Notebooks</a></p>
</html>
"""


def _contents() -> str:
    """The list of all pages, which the site shows beside each of them."""
    lines = []
    for part, pages in CONTENTS.items():
        lines += ["", "```{toctree}", f":caption: {part}", ":hidden:", ":glob:", ""]
        lines += [*pages, "```"]
    return "\n".join([*lines, ""])


def _add_contents(app: Sphinx, name: str, source: list[str]) -> None:
    """The first page of the site is the README; a repository lists its files by itself."""
    if name == root_doc:
        source[0] += _contents()


def _write_front(app: Sphinx, error: Exception | None) -> None:
    """A host shows index.html of the topmost folder."""
    if error is None:
        Path(app.outdir, "index.html").write_text(FRONT, "utf-8")


def setup(app: Sphinx) -> None:
    """What the site needs beside the settings: the layouts of records are plain text."""
    app.add_lexer("layout", TextLexer)
    app.connect("source-read", _add_contents)
    app.connect("build-finished", _write_front)
