# SPDX-License-Identifier: MIT
"""What an application is: the head of its data file, and where it needs one, a procedure in Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from ..core.addresses import Conditions, holds, is_object, parse_address
from ..core.dictionary import Row, head_of, shipped
from ..core.errors import DictionaryError
from ..core.facts import Facts
from ..core.model import Command, Context, Node, Response, record
from ..core.registers import aid_name

Nodes = tuple[Node, ...]
Follow = Callable[[Context, Command, Response | None], Context]
Decode = Callable[[Context, Command | None, Response | None, Facts], tuple[Nodes, Nodes]]


@record
class Claim:
    """A command that no other application has: its class (of any channel) and instruction, on conditions.

    A claim is strong if it asks for the bytes of the data field: then it holds although an application is selected
    that nobody knows.
    """

    cla: int
    ins: int
    conditions: Conditions
    strong: bool

    def holds(self, command: Command, parameters: Mapping[str, str]) -> bool:
        """Whether a command, of which these are the parameters (core/addresses.py), is the one that is claimed."""
        if command.ins != self.ins or (command.cla != self.cla and command.cla & 0xF0 != self.cla):
            return False
        return holds(self.conditions, parameters)


@record
class Application:
    """A card application, or an overlay of one (a scheme, a generation of cards).

    `key` is the name of its data file; `aids` are hex prefixes; `over` the application that it overlays; `uses` the
    files whose rows stand below its own; `directories` the AIDs of directories that list such applications; `fci` the
    paths of tags in an answer to SELECT, and `atrs` the ATRs (hex, a dot for any half byte), that only its cards have;
    `roots` the names of directories for AIDs; `required` the objects and files that every card of it has.
    """

    key: str
    title: str
    aids: tuple[str, ...] = ()
    over: str = ""
    uses: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    fci: tuple[str, ...] = ()
    atrs: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    roots: tuple[tuple[str, str], ...] = ()
    required: tuple[str, ...] = ()

    def root(self, aid: str) -> str:
        """The name of the directory of that application in paths of files."""
        for prefix, name in self.roots:
            if aid.startswith(prefix):
                return name
        return "ADF"


_LISTS = ("aids", "uses", "directories", "fci", "atrs", "claims", "required")
_AID = re.compile(r"(?:[0-9A-Fa-f]{2}){1,16}")
_ATR = re.compile(r"(?:[0-9A-F.]{2}){2,33}")
_REQUIRED = re.compile(r"file [0-9A-F]{4}|(?:[0-9A-F]{2}){1,4}")
_HEX = "is not hex of whole bytes"


@lru_cache(maxsize=512)
def application(key: str) -> Application | None:
    """The application of a data file; None for a file that only has rows. Raises DictionaryError for a wrong head."""
    head = head_of(key)
    if "name" not in head:
        return None
    _check(head, key)
    roots = head.get("roots", {})
    return Application(
        key,
        str(head["name"]),
        tuple(aid.upper() for aid in head.get("aids", [])),
        str(head.get("over", "")),
        tuple(head.get("uses", [])),
        tuple(head.get("directories", [])),
        tuple(head.get("fci", [])),
        tuple(head.get("atrs", [])),
        tuple(_claim(claim, key) for claim in head.get("claims", [])),
        tuple((str(aid), str(name)) for aid, name in roots.items()),
        tuple(head.get("required", [])),
    )


def _check(head: Row, key: str) -> None:
    """Raise DictionaryError for a head that could not be honoured."""
    for name in _LISTS:
        rows = head.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
            raise DictionaryError(f"{name} is a list of texts", key, "application")
    if not isinstance(head.get("roots", {}), dict):
        raise DictionaryError("roots is a table of AIDs and names", key, "application")
    for reason in _reasons(head):
        raise DictionaryError(reason, key, "application")


def _reasons(head: Row) -> Iterator[str]:
    """What is wrong with the single texts of a head."""
    for name in ("aids", "directories", "roots"):
        yield from (
            f"{name}: {aid!r} {_HEX}" for aid in head.get(name, ()) if not _AID.fullmatch(aid)
        )
    for atr in head.get("atrs", ()):
        if not _ATR.fullmatch(atr):
            yield f"atrs: {atr!r} is not hex with dots for any half byte"
    for path in head.get("fci", ()):
        if not is_object(path):
            yield f"fci: {path!r} is not a path of tags"
    yield from _wrong_addresses(head.get("required", ()))
    overlaid = [head["over"]] if head.get("over") else []
    for name, files in (("uses", head.get("uses", ())), ("over", overlaid)):
        for file in files:
            if file not in shipped() and not str(file).endswith(".toml"):
                yield f"{name}: there is no data file {file!r}"


def _wrong_addresses(addresses: Iterable[str]) -> Iterator[str]:
    for address in addresses:
        if not _REQUIRED.fullmatch(address):
            yield f"required: {address!r} is neither a tag nor a file with its identifier"


def _claim(text: str, key: str) -> Claim:
    """A claim like "80A8 data=83"; INS .. would claim a class whole, which none may."""
    try:
        address = parse_address(f"command {text}")
    except DictionaryError as error:
        raise DictionaryError(f"claim {text!r}: {error.reason}", key, "application") from None
    cla, ins = int(address.place[:2], 16), int(address.place[2:], 16)
    strong = any(name == "data" for name, _ in address.conditions)
    return Claim(cla, ins, address.conditions, strong)


def title_of(context: Context) -> str:
    """The name of what an AID selected: from the register of AIDs, else from the head of its data file; or empty."""
    name = aid_name(context.aid)
    if name or not context.aid:
        return name
    app = application(context.application)
    if app and any(context.aid.startswith(prefix) for prefix in app.aids):
        return app.title
    return ""
