# SPDX-License-Identifier: MIT
"""Imports point one way: every room imports only rooms before it, every module only modules before it."""

from __future__ import annotations

import ast
import functools
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import cardlib

FOLDER = Path(cardlib.__file__).parent
ROOMS = (
    "core",
    "crypto",
    "formats",
    "apps",
    "road",
    "bare",
    "acts",
    "measure",
    "share",
    "rules",
    "show",
    "corpus",
    "live",
    "cardlib",  # the front
    "cli",
)
FILES = sorted(file.relative_to(FOLDER).as_posix() for file in FOLDER.rglob("*.py"))


def module_of(file: str) -> str:
    """The dotted name of a file below the library; a folder's `__init__` is the folder."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {module_of(file): file for file in FILES}


def room_of(module: str) -> str:
    name = module.split(".")[0]
    return "cardlib" if name in ("__init__", "front") else name


@functools.cache
def targets(file: str) -> set[str]:
    """The modules of the library that a file imports, type checking included; "?x" for a package of others."""
    modules = set()
    package = file.split("/")[:-1]
    for node in ast.walk(ast.parse((FOLDER / file).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {f"?{name.name.split('.')[0]}" for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules.add(f"?{(node.module or '').split('.')[0]}")
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            base += (node.module or "").split(".") if node.module else []
            for name in node.names:
                submodule = ".".join([*base, name.name])
                modules.add(submodule if submodule in MODULES else ".".join(base) or "__init__")
    return modules


def inner(file: str) -> set[str]:
    return {module for module in targets(file) if module[0] != "?"}


def users_of(package: str) -> set[str]:
    return {file for file in FILES if f"?{package}" in targets(file)}


def test_every_room_has_its_place() -> None:
    assert {room_of(module) for module in MODULES} == set(ROOMS)


def test_a_room_imports_only_rooms_before_it() -> None:
    wrong = []
    for file in FILES:
        place = ROOMS.index(room_of(module_of(file)))
        later = [module for module in inner(file) if ROOMS.index(room_of(module)) > place]
        wrong += [f"{file} imports {module}" for module in later]
    assert wrong == []


def test_modules_import_each_other_in_no_circle() -> None:
    graph = {module: inner(file) - {module} for module, file in MODULES.items()}
    # The front of a folder names its files, which may use each other, but not the front.
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" > ".join(circle.args[1]))


def test_nobody_imports_the_library_by_its_own_name() -> None:
    assert users_of("cardlib") == set()


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "cardlib"])
def test_a_room_says_in_its_first_line_what_it_is(room: str) -> None:
    docstring = ast.get_docstring(ast.parse((FOLDER / room / "__init__.py").read_text("utf-8")))
    assert docstring and len(docstring.splitlines()[0]) > 20


def test_rules_for_any_card_know_no_payment() -> None:
    general = [
        file for file in FILES if file.startswith("rules/") and not file.startswith("rules/emv/")
    ]
    assert "rules/engine.py" in general
    used = {module for file in general if file != "rules/__init__.py" for module in inner(file)}
    assert {module for module in used if "emv" in module.split(".")} == set()


def test_nobody_but_payments_imports_payments() -> None:
    """The front of a room names its parts; beside it, only what is about payments knows them."""
    registers = {"apps/__init__.py", "acts/__init__.py", "acts/register.py", "rules/__init__.py"}
    homes = ("apps/emv", "acts/emv/", "rules/emv/", "crypto/")
    strangers = [file for file in FILES if file not in registers and not file.startswith(homes)]
    assert len(strangers) > 100
    for file in strangers:
        assert not [module for module in inner(file) if "emv" in module.split(".")], file


def test_pandas_and_matplotlib_are_used_in_one_place_each() -> None:
    assert users_of("pandas") == {"show/tables.py"}
    assert {file.rpartition("/")[0] for file in users_of("matplotlib")} == {"show/plots"}
    assert users_of("numpy") | users_of("IPython") == set()


def test_pyscard_and_sockets_are_used_for_live_cards_only() -> None:
    assert {room_of(module_of(file)) for file in users_of("smartcard") | users_of("socket")} == {
        "live"
    }
