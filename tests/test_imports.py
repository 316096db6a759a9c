# SPDX-License-Identifier: MIT
"""Imports point one way only: every module of the library imports what stands before it in one list."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cardlib

FOLDER = Path(cardlib.__file__).parent
ORDER = [
    "model",
    "errors",
    "codec",
    "escape",
    "values",
    "dictionary",
    "tlv",
    "crypto",
    "apdu",
    "atr",
    "blocks",
    "transport",
    "formats",
    "apps",
    "follow",
    "pipeline",
    "search",
    "activation",
    "masking",
    "payment",
    "export",
    "wire",
    "redaction",
    "timing",
    "checks",
    "tables",
    "display",
    "align",
    "display_html",
    "display_json",
    "display_findings",
    "plots",
    "page",
    "virtual",
    "live",
    "cardlib",
    "progress",
    "cli_live",
    "cli_check",
    "cli",
]
FILES = sorted(file.relative_to(FOLDER).as_posix() for file in FOLDER.rglob("*.py"))


def unit(file: str) -> str:
    """What stands in the list: a module, a folder, or the front."""
    name = file.split("/")[0].removesuffix(".py")
    return "cardlib" if name == "__init__" else name


def imports(file: str) -> set[str]:
    """The units that a file imports anywhere in it, type checking included; "?x" for what is not the library's."""
    found = set()
    depth = file.count("/")
    for node in ast.walk(ast.parse((FOLDER / file).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {f"?{name.name.split('.')[0]}" for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(f"?{(node.module or '').split('.')[0]}")
        elif isinstance(node, ast.ImportFrom):
            found |= _own(node, file, depth)
    return found


def _own(node: ast.ImportFrom, file: str, depth: int) -> set[str]:
    if node.level <= depth:
        return {unit(file)}
    if node.module:
        return {node.module.split(".")[0]}
    found = {name.name for name in node.names}
    return {name if (FOLDER / f"{name}.py").exists() or (FOLDER / name).is_dir() else "cardlib" for name in found}


def test_the_list_names_every_module_once() -> None:
    assert sorted({unit(file) for file in FILES}) == sorted(ORDER)
    assert len(ORDER) == len(set(ORDER))


@pytest.mark.parametrize("file", FILES)
def test_a_module_imports_only_what_stands_before_it(file: str) -> None:
    own = unit(file)
    later = {name for name in imports(file) if name[0] != "?" and name != own and ORDER.index(name) >= ORDER.index(own)}
    assert later == set()


@pytest.mark.parametrize("file", FILES)
def test_nobody_imports_the_library_by_its_own_name(file: str) -> None:
    assert "?cardlib" not in imports(file)


def test_pandas_and_matplotlib_are_used_in_one_place_each() -> None:
    users = {name: {unit(file) for file in FILES if f"?{name}" in imports(file)} for name in ("pandas", "matplotlib")}
    assert users == {"pandas": {"tables"}, "matplotlib": {"plots"}}
    others = {name for file in FILES for name in imports(file)} & {"?numpy", "?IPython"}
    assert others == set()


def test_pyscard_and_sockets_are_used_for_live_cards_only() -> None:
    users = {name: {unit(file) for file in FILES if f"?{name}" in imports(file)} for name in ("smartcard", "socket")}
    assert users == {"smartcard": {"live"}, "socket": {"virtual"}}
