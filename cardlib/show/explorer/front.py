# SPDX-License-Identifier: MIT
"""The front end as one script and one style sheet, put together from modules that are each written to be read alone.

A browser loads no module from a file without a request, so they are joined: each becomes a function that returns what
it exports, behind those that it imports.
"""

from __future__ import annotations

import re
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files

STYLES = ("theme", "layout", "list", "parts", "print")
_IMPORT = re.compile(r'^import \{([^}]+)\} from "\./(\w+)\.js";$', re.M)
# Comments that stand on lines of their own. No text of a module goes over several lines.
_COMMENT = re.compile(r"^ *(?://.*|/\*\*.*|\*.*)$", re.M)
_EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.M)


@cache
def script(host: str) -> str:
    """The front end with one of its hosts, "page_host", "widget_host" or "browser_host"."""
    return "\n".join(_joined(name) for name in _in_order(host))


def strict_script(host: str) -> str:
    """The same for a page in which it is no module: browsers are as strict with it as with one."""
    return f'"use strict";\n{script(host)}'


def _in_order(host: str) -> list[str]:
    """The modules that a host uses, each behind those that it uses."""
    uses: dict[str, list[str]] = {}
    waiting = [host]
    while waiting:
        name = waiting.pop()
        if name not in uses:
            uses[name] = [module for _, module in _IMPORT.findall(_read(f"{name}.js"))]
            waiting += uses[name]
    return list(TopologicalSorter(uses).static_order())


def _joined(name: str) -> str:
    """A module as a function that is called once."""
    text = _read(f"{name}.js")
    exports = ", ".join(export for _, export in _EXPORT.findall(text))
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(r"const {\1} = module_\2;", text))
    lines = [_without_comment(line).strip() for line in _COMMENT.sub("", body).splitlines()]
    body = "\n".join(line for line in lines if line)
    return f"const module_{name} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();\n"


def _without_comment(line: str) -> str:
    """A line without the comment behind its code, if no text can end in it."""
    code, _, comment = line.rpartition(" // ")
    if code.endswith((";", ",", "{")) and not set(comment) & set("\"'`"):
        return code
    return line


@cache
def style() -> str:
    """The style sheet, all of it below `.cardlib-explorer`."""
    return "\n".join(_read(f"{name}.css") for name in STYLES)


@cache
def _read(name: str) -> str:
    return (files(__package__) / "front" / name).read_text("utf-8")
