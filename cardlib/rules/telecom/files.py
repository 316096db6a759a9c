# SPDX-License-Identifier: MIT
"""Rules about the files of a SIM: what anybody may read or write, session keys, how the identity is concealed."""

from __future__ import annotations

from collections.abc import Iterator

from ...apps.files import BINARY, RECORD, UPDATE_BINARY, UPDATE_RECORD, levels, place_of
from ...apps.instructions import SELECT, SIM, accepted
from ...core.escape import counted
from ...core.model import Evidence, Exchange, Node, Side, record
from ...road.meaning import halves, tree
from ..chips.dialogue import bytes_of, fields
from ..engine import Case, Result, Results, fails_if, rule
from .codes import TELECOM

ACCESS = "ETSI TS 102 221, 9.2, 11.1.1.4.7; 3GPP TS 51.011, 9.3"
READ, UPDATE = 0x01, 0x02  # bits of an access mode (TS 102 221, 9.2.2)
ACCESS_MODE, ALWAYS = "80", "90"
# Objects that begin a rule: an access mode, an instruction, a command header, a class (ISO/IEC 7816-4, 9.3.3)
RULE_BEGINS = frozenset(f"8{digit:X}" for digit in range(16))
FILE_IDENTIFIER, WRITTEN_OUT, REFERENCE = "83", "AB", "8B"
RULES_OF_CARD = "2F06"  # EF.ARR of the MF; that of an application is 6F06
REFERENCE_SIZE = 3  # file and record; longer ones depend on the security environment
BY_IDENTIFIER = 0x00
# Files that only the user's PIN opens (3GPP TS 31.102, 4.2)
PERSONAL = {
    "6F07": "IMSI",
    "6F08": "keys of calls",
    "6F09": "keys of data",
    "6F3A": "phone book",
    "6F3C": "short messages",
    "6F40": "own number",
    "6F44": "last numbers",
    "6F73": "place, for data",
    "6F7E": "place",
}
# Files with the keys of a connection: 3GPP TS 31.102, 4.2.3, 4.2.4, 4.2.92, 4.4.3, 4.4.11; TS 51.011, 10.3.3, 10.3.31
SESSION_KEYS = {
    "ADF.USIM": ("6F08", "6F09", "6FE4", "sfi 08", "sfi 09", "sfi 18"),
    "5FC0": ("4F03", "4F04", "4F05", "sfi 03", "sfi 04", "sfi 05"),
    "7F20": ("6F20", "6F52"),
    "5F3B": ("4F20", "4F52", "sfi 01", "sfi 02"),
}
# What a phone keeps of its bootstrapping (GBA), which it writes itself: 3GPP TS 31.102, 4.2.79; TS 31.103, 4.2.9
BOOTSTRAPPING = ("6FD6", "6FD5")
LEAST_KEY = 8  # bytes, of Kc
FILE_COMMANDS = (*BINARY, *RECORD)
UPDATES = (UPDATE_BINARY, UPDATE_RECORD)
CONCEALING = ("4F07", "sfi 07")
NULL_SCHEME = "null"


@record
class Rights:
    """What anybody may do with a file: read and update, each None where nothing says it; and the bytes that say so."""

    file: str
    read: bool | None
    update: bool | None
    places: tuple[Evidence, ...]


def rights(case: Case) -> Iterator[Rights]:
    """The rights to each file that was selected, as far as its rules are in the capture."""
    records = dict(_records(case))
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or command.ins != SELECT:
            continue
        if not response.data or not accepted(response):
            continue
        if command.cla == SIM:
            yield from _in_sim(exchange)
        elif exchange.context.application == TELECOM:
            yield from _in_uicc(exchange, records)


Key = tuple[int, tuple[str, ...], int]
Record = tuple[Node, Evidence]


def _records(case: Case) -> Iterator[tuple[Key, Record]]:
    """The records of access rules that were read, by session, path of the file and number."""
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or command.ins not in RECORD:
            continue
        place = place_of(exchange.context, command)
        if place is None or not place.record or not accepted(response):
            continue
        if place.path[-1] not in (RULES_OF_CARD, "6F06"):
            continue
        for node in tree(exchange).children[-1].children[:1]:
            if node.name.startswith("EF.ARR"):
                key = (exchange.session, _path(place.path), place.record)
                yield key, (node, bytes_of(exchange, "response", node))


def _path(path: tuple[str, ...]) -> tuple[str, ...]:
    """A path; the rules of the MF are the same wherever they are called from."""
    if path[-1] == RULES_OF_CARD:
        return (RULES_OF_CARD,)
    return path


def _in_sim(exchange: Exchange) -> Iterator[Rights]:
    """The rights in the answer to SELECT of a SIM."""
    parts = fields(exchange, "response")
    if {"file", "READ", "UPDATE"} <= set(parts):
        read, update = parts["READ"], parts["UPDATE"]
        place = bytes_of(exchange, "response", read, update)
        is_open = read.text == "always", update.text == "always"
        yield Rights(parts["file"].value.hex().upper(), *is_open, (place,))


def _in_uicc(exchange: Exchange, records: dict[Key, Record]) -> Iterator[Rights]:
    """The rights in the answer to SELECT of a UICC, or in the record that it refers to."""
    parts = {node.tag: node for _, node in tree(exchange).children[-1].walk() if not node.error}
    kind = fields(exchange, "response").get("kind")
    if FILE_IDENTIFIER not in parts or kind is None or not kind.text.endswith("EF"):
        return
    file = parts[FILE_IDENTIFIER].value.hex().upper()
    if WRITTEN_OUT in parts:
        rules = parts[WRITTEN_OUT]
        places: tuple[Evidence, ...] = (bytes_of(exchange, "response", rules),)
    elif REFERENCE in parts:
        reference = parts[REFERENCE]
        key = _referred(exchange, reference.value)
        if key not in records:
            return
        rules, where = records[key]
        places = (bytes_of(exchange, "response", reference), where)
    else:
        return
    yield Rights(file, always_allowed(rules, READ), always_allowed(rules, UPDATE), places)


def _referred(exchange: Exchange, reference: bytes) -> Key | None:
    """Which record of which file a reference names (TS 102 221, 11.1.1.4.7.3)."""
    command = exchange.command
    if command is None or command.p1 != BY_IDENTIFIER or len(reference) != REFERENCE_SIZE:
        return None
    file = reference[:2].hex().upper()
    path = _path((*levels(exchange.context), file))
    return exchange.session, path, reference[2]


def always_allowed(rules: Node, mode: int) -> bool | None:
    """Whether a rule lets anybody do this; None where no rule is about it, or one is broken."""
    allowed: bool | None = None
    is_about = False
    for node in rules.children:
        if node.error:
            return None
        if node.tag in RULE_BEGINS:
            is_about = node.tag == ACCESS_MODE and bool(node.value[0] & mode)
            if is_about:
                allowed = bool(allowed)
        elif is_about and node.tag == ALWAYS:
            allowed = True
    return allowed


@rule("S27", "medium", "anybody may write a file of a SIM", ACCESS)
def open_for_writing(case: Case) -> Results:
    """The access rules of a file let anybody update it, without a PIN or the administrator's code: whoever has the card
    for a moment can change what the phone does with it. Do: require the PIN or the administrator's code.
    """
    for right in rights(case):
        if right.update is not None:
            detail = f"UPDATE of file {right.file}: {_who(right.update)}"
            yield fails_if(right.update, detail, *right.places)


@rule("S28", "low", "anybody may read what is personal", f"{ACCESS}; 3GPP TS 31.102, 4.2")
def open_for_reading(case: Case) -> Results:
    """The access rules let anybody read the identity, keys, numbers or messages on the card, where the specification
    asks for the PIN. Do: require the PIN.
    """
    for right in rights(case):
        name = PERSONAL.get(right.file)
        if name and right.read is not None:
            detail = f"READ of file {right.file} ({name}): {_who(right.read)}"
            yield fails_if(right.read, detail, *right.places)


def _who(is_open: bool) -> str:
    if is_open:
        return "always"
    return "not for everybody"


@rule(
    "S06", "info", "keys of a connection in clear", "3GPP TS 31.102, 4.2.3; 3GPP TS 51.011, 10.3.3"
)
def session_keys(case: Case) -> Results:
    """The phone keeps the keys of its connection on the card (CK and IK, Kc): together with a radio recording they open
    the calls of that time. Do: usual; redact this capture.
    """
    for exchange, path in _files(case, FILE_COMMANDS):
        if not _holds_keys(path):
            continue
        for side, half in halves(exchange):
            nodes = [node for _, node in half.walk() if _is_key(node)]
            if nodes:
                yield _in_clear(exchange, side, nodes, f"file {path[-1]}: {len(nodes)} keys")


def _files(case: Case, instructions: tuple[int, ...]) -> Iterator[tuple[Exchange, tuple[str, ...]]]:
    """The commands of these kinds that a SIM did, each with the path of its file."""
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or command.ins not in instructions:
            continue
        if exchange.context.application != TELECOM or not accepted(response):
            continue
        place = place_of(exchange.context, command)
        if place is not None:
            yield exchange, place.path


def _in_clear(exchange: Exchange, side: Side, nodes: list[Node], detail: str) -> Result:
    is_there = any(node.value.strip(b"\xff") for node in nodes)
    detail += f", {_stored(is_there)}"
    return fails_if(is_there, detail, bytes_of(exchange, side, *nodes))


@rule(
    "S18",
    "high",
    "a secret of the card is written in clear",
    "ETSI TS 102 221, 9.2, 11.1.4; ETSI TS 102 225, 4",
)
def secret_written(case: Case) -> Results:
    """UPDATE wrote a key that stays on the card, or one of its codes, to a file without secure messaging: whoever taps
    the contacts can copy the card or unlock it. Do: write such files over a secure channel or as secured packets (OTA);
    change what was written here. Keys of a connection are judged by S06.
    """
    for exchange, path in _files(case, UPDATES):
        if _holds_keys(path) or path[-1] in BOOTSTRAPPING:
            continue
        half = tree(exchange).children[0]
        nodes = [node for _, node in half.walk() if _is_secret(node)]
        if nodes:
            detail = f"file {path[-1]}: {counted(len(nodes), 'secret')}"
            yield _in_clear(exchange, "command", nodes, detail)


def _is_secret(node: Node) -> bool:
    """Whether this is a whole key or code: not its number, and not what a phone keeps of one connection."""
    if node.error or node.children:
        return False
    return node.fact.sensitive in ("key", "pin") and len(node.value) >= LEAST_KEY


def _is_key(node: Node) -> bool:
    """Whether this is a key, and not its number, which is hidden too."""
    if node.children or node.fact.sensitive != "key":
        return False
    return len(node.value) >= LEAST_KEY


def _stored(is_there: bool) -> str:
    if is_there:
        return "in clear"
    return "none stored"


def _holds_keys(path: tuple[str, ...]) -> bool:
    directory = path[-2] if len(path) > 1 else ""
    return path[-1] in SESSION_KEYS.get(directory, ())


@rule(
    "S05",
    "medium",
    "the identity is not concealed",
    "3GPP TS 31.102, 4.4.11.8; 3GPP TS 33.501, 6.12",
)
def null_scheme(case: Case) -> Results:
    """The only protection scheme for the identity in 5G is the null scheme: the phone sends its IMSI in clear, and a
    false base station learns who is near. Do: give the card a key of the home network and profile A or B.
    """
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or command.ins not in BINARY or command.data:
            continue
        if exchange.context.application != TELECOM:
            continue
        place = place_of(exchange.context, command)
        if place is None or place.path[-1] not in CONCEALING:
            continue
        half = tree(exchange).children[-1]
        nodes = [node for _, node in half.walk() if node.name == "scheme" and not node.children]
        if nodes and not any(node.error for _, node in half.walk()):
            names = [node.text for node in nodes]
            is_null = set(names) == {NULL_SCHEME}
            where = bytes_of(exchange, "response", *nodes)
            yield fails_if(is_null, f"protection schemes: {', '.join(names)}", where)
