# SPDX-License-Identifier: MIT
"""An exchange, a frame, a session: each in one aligned line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..apps import facts_of, iso7816
from ..core.atr import describe_card
from ..core.codec import to_hex
from ..core.dictionary import status_text
from ..core.escape import cut, escape
from ..core.model import Exchange, Frame, Node, Session
from ..road.pipeline import name
from ..share.masking import Shown, frame_note, shown
from .lines import WIDTH, counted, duration

LEAST_WIDTH = 80
NAME_WIDTH = 24
NOTE_WIDTH = 44
MAX_FRAME = 24  # bytes of a frame
PC_SC = 0xFF  # the class of commands to the reader (PC/SC part 3, 3.2.2)
NAMES = ("DF name (AID)", "file identifier", "path")  # what SELECT names, the best first
PARAMETERS = ("P1", "P2")
ASKED = frozenset((*NAMES, *PARAMETERS))
TAG_LIST = "5C/"  # the tags that GET DATA asks for (ISO 7816-4, 11.4.3)


def line(exchange: Exchange, reveal: bool = False, timed: bool = True, width: int = WIDTH) -> str:
    """One aligned line an exchange: number, time if asked for, command, what it asks, status, what came."""
    width = max(width, LEAST_WIDTH)
    asked_width = 26 if timed else 38
    asked_width += (width - WIDTH) * 2 // 5
    asked, answered = gist(exchange, shown(exchange, reveal))
    columns = [
        f"{cut(name(exchange), NAME_WIDTH):{NAME_WIDTH}}",
        f"{cut(asked, asked_width):{asked_width}}",
        _status_word(exchange),
        answered,
    ]
    if timed:
        columns.insert(0, f"{duration(exchange.duration_ns):>8}")
    mark = "?" if is_unsure(exchange) else " "
    row = f"{exchange.index:>5}{mark} {'  '.join(columns)}"
    return cut(escape(row).rstrip(), width)


def is_timed(exchanges: Iterable[Exchange]) -> bool:
    """Whether there is a duration to show."""
    return any(exchange.duration_ns is not None for exchange in exchanges)


def is_unsure(exchange: Exchange) -> bool:
    """Whether the meaning of a command hangs on something that is not known; SELECT by name never does."""
    if exchange.command is not None and exchange.command.ins == iso7816.SELECT:
        return False
    return exchange.context.how in ("unknown", "assumed")


def _status_word(exchange: Exchange) -> str:
    response = exchange.response
    if response is None or response.sw is None:
        return "----"
    return f"{response.sw:04X}"


def gist(exchange: Exchange, views: Sequence[Shown]) -> tuple[str, str]:
    """What matters in the command, and in the answer, in a few words each."""
    asked, answered = "", "no answer"
    for view in views:
        if view.side == "command":
            asked = _asked(exchange, view)
        else:
            answered = _answered(exchange, view)
    return asked, answered


def _asked(exchange: Exchange, view: Shown) -> str:
    """What a command is about: a name, a list of tags, a data object, or what P1 and P2 say."""
    texts = {node.name: view.text_of(node) for node in view.node.children if node.name in ASKED}
    named = next((texts[key] for key in NAMES if key in texts), "")
    parameters = [texts[key] for key in PARAMETERS if texts.get(key)]
    return named or _tag_list(view) or _data_object(exchange) or ", ".join(parameters)


def _tag_list(view: Shown) -> str:
    """The data objects that a tag list asks for."""
    nodes = [node for path, node in view.node.walk() if path.startswith(TAG_LIST)]
    return ", ".join(f"{node.tag} {node.name}".strip() for node in nodes)


def _data_object(exchange: Exchange) -> str:
    """What GET DATA asks for, from P1 and P2; empty for other commands."""
    command = exchange.command
    if command is None or command.cla == PC_SC or command.ins != iso7816.GET_DATA:
        return ""
    number = command.p1 << 8 | command.p2
    if number == 0:
        return ""
    tag = f"{number:04X}" if command.p1 else f"{number:02X}"
    return f"{tag} {facts_of(exchange.context).find(tag).name}"


def _answered(exchange: Exchange, view: Shown) -> str:
    """What a status word says, if not 9000; the kind of a cryptogram; the tags that came, or how many bytes."""
    response = exchange.response
    if response is None or response.sw is None:
        return view.node.error or "no status word"
    ins = exchange.command.ins if exchange.command else None
    leaves = [node for _, node in view.node.walk() if _is_leaf(node)]
    words = []
    if response.sw != 0x9000:
        words.append(status_text(response.sw, ins)[0])
    if ins != iso7816.READ_RECORD:
        words += [view.text_of(node) for node in leaves if node.tag == "9F27"][:1]
    if response.data:
        tags = " ".join(_word(node) for node in leaves)
        words.append(tags or counted(len(response.data), "byte"))
    return ", ".join(words)


def _word(node: Node) -> str:
    """A data element in a word: its tag, or the name of a file."""
    if node.name.startswith("EF."):
        return node.name.split(" ")[0]
    return node.tag


def _is_leaf(node: Node) -> bool:
    """Whether it is a data element that has a value and holds no other."""
    holds_others = any(child.tag for child in node.children)
    return bool(node.tag) and node.stop > node.body and not holds_others


def frame_line(frame: Frame, reveal: bool) -> str:
    """A frame that belongs to no exchange in one line; its bytes only if all may be seen."""
    content = to_hex(frame.data[:MAX_FRAME]) if reveal else counted(len(frame.data), "byte")
    note = cut(frame_note(frame, reveal) or frame.kind, NOTE_WIDTH)
    return escape(f"       {frame.sender:6}  {note:{NOTE_WIDTH}}  {content}")


def session_line(session: Session) -> str:
    """A session in one line."""
    count = counted(len(session.exchanges), "exchange")
    return f"session {session.index}: {describe_card(session.atr)}, clock {session.clock}, {count}"
