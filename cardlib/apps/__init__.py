# SPDX-License-Identifier: MIT
"""Card applications: a data file each, Python where a procedure is needed; which one a card speaks, by evidence.

Evidence is the AID's row in a data file, what a directory lists, what an answer to SELECT says, an ATR, and commands
that no other application has. Without any the card is read as any card is (iso7816).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from ..core import tlv
from ..core.addresses import parameters_of
from ..core.dictionary import load, shipped
from ..core.facts import Facts, facts
from ..core.model import ANY_CARD, Command, Context
from ..core.native import FORMS
from . import chips, desfire, egk, emv, euicc, fido, iso7816, messages, phone_book, pkcs15
from .application import Application, Claim, Decode, Follow, application

__all__ = [
    "ANY_CARD",
    "Application",
    "by_aid",
    "by_answer",
    "by_atr",
    "claimed_by",
    "decode_of",
    "facts_of",
    "follow_of",
    "get",
    "is_native",
]

# Hex digits of a registered provider: alone it names a provider, not an application
RID_DIGITS = 10
# The applications that need a procedure; all others are read by their rows alone.
PROCEDURES: dict[str, tuple[Follow, Decode]] = {
    "emv": (emv.follow, emv.decode),
    "desfire": (desfire.follow, desfire.decode),
    "egk": (iso7816.follow, egk.decode),
    "fido": (iso7816.follow, fido.decode),
    "ndef": (desfire.follow, desfire.decode),
    "euicc": (euicc.follow, euicc.decode),
    "pkcs15": (pkcs15.follow, iso7816.decode),
    "telecom": (phone_book.follow, messages.decode),
}


# Those that chips have without APDUs; DESFire has both.
_NATIVE = frozenset(form.application for form in FORMS.values()) - {"desfire"}


def is_native(name: str) -> bool:
    """Whether an application is the command set of a chip, which no APDU can belong to."""
    return name in _NATIVE


def follow_of(name: str) -> Follow:
    """How an application changes the context."""
    if is_native(name):
        return chips.follow
    return PROCEDURES[name][0] if name in PROCEDURES else iso7816.follow


def decode_of(name: str) -> Decode:
    """How the data fields of an application decode."""
    if is_native(name):
        return chips.decode_through_reader
    return PROCEDURES[name][1] if name in PROCEDURES else iso7816.decode


@cache
def _shipped_applications() -> tuple[Application, ...]:
    applications = (application(name) for name in shipped())
    return tuple(app for app in applications if app)


@lru_cache(maxsize=64)
def applications(dictionaries: tuple[str, ...] = ()) -> tuple[Application, ...]:
    """All applications and overlays, those of the caller's files first."""
    users = (application(name) for name in reversed(dictionaries))
    return (*(app for app in users if app), *_shipped_applications())


@lru_cache(maxsize=256)
def get(name: str) -> Application:
    """The application of that name; any card for a name that nobody has."""
    if name == ANY_CARD or name.endswith(".toml") or name in shipped():
        return application(name) or Application(name, name)
    return get(ANY_CARD)


@lru_cache(maxsize=1024)
def by_aid(aid: str, dictionaries: tuple[str, ...] = ()) -> tuple[str, int]:
    """The application whose AID prefix is the longest that fits, and the length of that prefix; any card, 0."""
    best, length = ANY_CARD, 0
    for app in applications(dictionaries):
        for prefix in app.aids:
            if len(prefix) > length and aid.startswith(prefix):
                best, length = app.over or app.key, len(prefix)
    return best, length


def by_answer(data: bytes, dictionaries: tuple[str, ...] = ()) -> str:
    """The application that an answer to SELECT shows by its data objects; empty where it shows none."""
    if data[:1] not in (b"\x6f", b"\x62"):
        return ""
    paths: set[str] | None = None
    for app in applications(dictionaries):
        for path in app.fci:
            if bytes.fromhex(path.rpartition("/")[2]) not in data:
                continue
            paths = _paths(data) if paths is None else paths
            if path in paths:
                return app.key
    return ""


def _paths(data: bytes) -> set[str]:
    """The paths of tags in a template."""
    paths = set()
    above: list[str] = []
    for tag, depth, *_ in tlv.scan(data):
        del above[depth:]
        above.append(tag)
        paths.add("/".join(above))
    return paths


def by_atr(atr: bytes, dictionaries: tuple[str, ...] = ()) -> str:
    """The application that a card with this ATR speaks at once; empty where that is not known."""
    text = atr.hex().upper()
    for app in applications(dictionaries):
        for pattern in app.atrs:
            if re.fullmatch(pattern, text):
                return app.key
    return ""


def listing(aid: str, dictionaries: tuple[str, ...] = ()) -> str:
    """The application whose directory has this AID; empty for any other."""
    for app in applications(dictionaries):
        if aid in app.directories:
            return app.key
    return ""


def claimed_by(command: Command, context: Context) -> str:
    """The application that alone has this command; where another is selected that nobody knows, by its data alone."""
    claims = _claims(command.ins, context.dictionaries)
    if not claims:
        return ""
    parameters = parameters_of(command)
    for key, claim in claims:
        if (claim.strong or not context.aid) and claim.holds(command, parameters):
            return key
    return ""


@lru_cache(maxsize=512)
def _claims(ins: int, dictionaries: tuple[str, ...]) -> tuple[tuple[str, Claim], ...]:
    """The claims of all applications to commands of one instruction, each with its application."""
    claims = []
    for app in applications(dictionaries):
        claims += [(app.key, claim) for claim in app.claims if claim.ins == ins]
    return tuple(claims)


def facts_of(context: Context) -> Facts:
    """The data files in force: any card's, the application's, those of the scheme, the caller's."""
    return _facts(context.application, context.aid, context.dictionaries)


@lru_cache(maxsize=256)
def _facts(name: str, aid: str, dictionaries: tuple[str, ...]) -> Facts:
    names = [ANY_CARD]
    app = get(name)
    if app.key != ANY_CARD:
        names += [*app.uses, app.key]
        names += _overlays(app.key, aid, dictionaries)
    names += [path for path in dictionaries if path not in names and _is_plain(path)]
    return facts(*dict.fromkeys(names))


def _overlays(name: str, aid: str, dictionaries: tuple[str, ...]) -> list[str]:
    """The overlays of an application for this AID, the closest last."""
    fitting = []
    for app in applications(dictionaries):
        lengths = [len(prefix) for prefix in app.aids if aid and aid.startswith(prefix)]
        if app.over == name and lengths:
            fitting.append((max(lengths), app.key))
    return [key for _, key in sorted(fitting)]


def _is_plain(path: str) -> bool:
    """Whether a file of the caller only has rows, which hold for every application."""
    return "name" not in load(path).head
