# SPDX-License-Identifier: MIT
"""What matters in an exchange, in a few words: what the command asks for, and what the answer says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..apps import facts_of, iso7816
from ..core.addresses import parameters_of
from ..core.escape import counted
from ..core.model import Exchange, Node
from ..road.meaning import status
from ..share.masking import Shown
from .trees import node_title

PC_SC = 0xFF  # the class of commands to the reader (PC/SC part 3, 3.2.2)
SHORT_NAME = "sfi "  # a file of which only the short identifier is known
SUCCESS = 0x9000
CRYPTOGRAM_INFORMATION = "9F27"
NAMES = ("DF name (AID)", "file identifier", "path")  # what SELECT names, the best first
TAG_LIST = "5C/"  # the tags that GET DATA asks for (ISO 7816-4, 11.4.3)


def gist(exchange: Exchange, views: Sequence[Shown]) -> tuple[str, str]:
    """What matters in the command, and in the answer, in a few words each."""
    asked = ""
    answered = "no answer"
    for view in views:
        if exchange.protocol != "apdu" and view.side == "command":
            asked = ", ".join(list(_native_words(view))[:MAX_WORDS])
        elif view.side == "command":
            asked = _asked(exchange, view)
        else:
            answered = ", ".join(_answer_words(exchange, view))
    return asked, answered


def _asked(exchange: Exchange, view: Shown) -> str:
    """What a command is about: a name, a list of tags, a data object, or what P1 and P2 say."""
    return _named(view) or _tag_list(view) or _data_object(exchange) or _parameters(view)


def _named(view: Shown) -> str:
    """The application, file or path that a command names."""
    texts = {}
    for node in view.node.children:
        if node.name in NAMES:
            texts[node.name] = view.text_of(node)
    for name in NAMES:
        if name in texts:
            return texts[name]
    return ""


def _tag_list(view: Shown) -> str:
    """The data objects that a tag list asks for."""
    titles = []
    for path, node in view.node.walk():
        if path.startswith(TAG_LIST):
            titles.append(node_title(node))
    return ", ".join(titles)


def _data_object(exchange: Exchange) -> str:
    """What GET DATA asks for, from P1 and P2; empty for other commands."""
    command = exchange.command
    if command is None or command.cla == PC_SC or command.ins != iso7816.GET_DATA:
        return ""
    number = command.p1 << 8 | command.p2
    if number == 0:
        return ""
    tag = f"{number:04X}" if command.p1 else f"{number:02X}"
    facts = facts_of(exchange.context)
    answer = facts.answer(command.cla, command.ins, parameters_of(command))
    if answer and not facts.has(tag):
        return f"{tag} {answer.name}"
    return f"{tag} {facts.find(tag).name}"


def _parameters(view: Shown) -> str:
    """What P1 and P2 say."""
    parameters = [node for node in view.node.children if node.name in ("P1", "P2")]
    texts = [view.text_of(node) for node in parameters]
    return ", ".join(text for text in texts if text)


# Of native commands and answers: what stands around their fields, and a cell with its number
_AROUND = ("length", "flags", "command", "response code", "status", "reserved")
_CELL = re.compile(r"^(page|block) \d+$")
MAX_WORDS = 4


def _native_words(view: Shown) -> Iterator[str]:
    """What a native command or answer says: the values of its fields, as far as there is room."""
    kinds: dict[str, int] = {}
    for _, node in view.node.walk():
        if node.children or node.name.startswith(_AROUND) or node.stop == node.body:
            continue
        text = view.text_of(node)
        if node.fact.tells or (view.side == "command" and text):
            yield f"{node.name} {text}"
        elif view.side == "response":
            kind = _CELL.sub(r"\1", node.name)
            kinds[kind] = kinds.get(kind, 0) + 1
    for kind, count in list(kinds.items())[:MAX_WORDS]:
        yield kind if count == 1 else counted(count, kind)


def _answer_words(exchange: Exchange, view: Shown) -> Iterator[str]:
    """What a status word says, if not 9000; the kind of a cryptogram; the tags that came, or how many bytes."""
    response = exchange.response
    if response and response.protocol != "apdu":
        if response.status:
            yield status(exchange)[0]
        else:
            yield from list(_native_words(view))[:MAX_WORDS]
        return
    if response is None or response.sw is None:
        yield view.node.error or "no status word"
        return
    ins = exchange.command.ins if exchange.command else None
    facts = facts_of(exchange.context)
    if response.sw != SUCCESS or (ins is not None and facts.refuses(response.sw, ins)):
        yield status(exchange)[0]
    leaves = [node for _, node in view.node.walk() if _is_leaf(node)]
    if ins != iso7816.READ_RECORD:
        kinds = [view.text_of(node) for node in leaves if node.tag == CRYPTOGRAM_INFORMATION]
        yield from kinds[:1]
    if response.data:
        tags = " ".join(_word(node) for node in leaves)
        yield tags or counted(len(response.data), "byte")


def _word(node: Node) -> str:
    """A data element in a word: its tag, or the name of a file."""
    if node.name.startswith("EF."):
        return node.name.split(" ")[0]
    if node.tag.startswith(SHORT_NAME):
        return node.name
    return node.tag


def _is_leaf(node: Node) -> bool:
    """Whether it is a data element that has a value and holds no other."""
    holds_others = any(child.tag for child in node.children)
    return bool(node.tag) and node.stop > node.body and not holds_others
