# SPDX-License-Identifier: MIT
"""The toolkit: what the card asked of the phone and got, and what the phone reported (ETSI TS 102 223, 4)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from ...apps.messages import ENVELOPE, FETCH, TERMINAL_RESPONSE
from ...core.escape import counted
from ...core.model import Evidence, Exchange, Node, record
from ...road import meaning
from ..act import whole_answer

INSTRUCTIONS = (FETCH, TERMINAL_RESPONSE, ENVELOPE)
_MENU, _SELECT_ITEM, _DISPLAY_TEXT = b"\x25", b"\x24", b"\x21"
_SHOWN = (_MENU, _DISPLAY_TEXT)
_PERFORMED = b"\0"
_MENU_CHOICE, _EVENT, _TIMER = "D3", "D6", "D7"
# Tags without the bit for comprehension (ETSI TS 101 220, 7.2)
_DETAILS, _RESULT, _TEXT, _ITEM, _CHOSEN, _EVENTS, _TIMER_NUMBER = 1, 3, 13, 15, 16, 25, 36
MAX_TEXT = 40
MAX_ITEMS = 5
MAX_LOOK_BACK = 1000  # exchanges before an act in which its menu may have been set up


@record
class Happening:
    """One thing of a toolkit: a command of the card with its result, or a report of the phone; `text`: in words."""

    name: str
    text: str
    exchanges: tuple[Exchange, ...]

    @property
    def evidence(self) -> Evidence:
        """The half that shows it."""
        exchange = self.exchanges[0]
        if exchange.command and exchange.command.ins == FETCH and exchange.response:
            return whole_answer(exchange)
        size = len(exchange.command.raw) if exchange.command else 0
        return Evidence(exchange.index, "command", 0, size)


def is_of_toolkit(exchange: Exchange) -> bool:
    """Whether an exchange is FETCH, TERMINAL RESPONSE or ENVELOPE."""
    command = exchange.command
    if command is None or command.ins not in INSTRUCTIONS:
        return False
    return command.cla & 0xF0 in (0x80, 0xA0)


def menu_before(first: Exchange, beside: Sequence[Exchange]) -> dict[int, str]:
    """The items of the last menu that the card set up before an exchange, in the same session."""
    stop = bisect_left(beside, first.index, key=lambda exchange: exchange.index)
    start = max(0, stop - MAX_LOOK_BACK)
    for exchange in reversed(beside[start:stop]):
        if exchange.session != first.session:
            break
        if is_of_toolkit(exchange) and _instruction(exchange) == FETCH:
            items = _items(objects_of(halves(exchange)[1]))
            if items:
                return items
    return {}


def happenings(
    exchanges: Sequence[Exchange], menu: dict[int, str] | None = None
) -> Iterator[Happening]:
    """What the toolkit did, in the order of time; `menu`: items that were set up before."""
    items = dict(menu or {})
    waiting: tuple[Exchange, Objects] | None = None
    for exchange in filter(is_of_toolkit, exchanges):
        command_half, response_half = halves(exchange)
        if _instruction(exchange) == FETCH:
            if waiting:
                yield _command(*waiting, None, {})
            asked = objects_of(response_half)
            waiting = None
            if asked.get(_DETAILS):
                waiting = exchange, asked
                items = _items(asked) or items
        elif _instruction(exchange) == TERMINAL_RESPONSE:
            result = objects_of(command_half)
            if waiting and _number(waiting[1]) == _number(result):
                yield _command(*waiting, exchange, result)
            waiting = None
        else:
            happening = _report(exchange, command_half, items)
            if happening:
                yield happening
    if waiting:
        yield _command(*waiting, None, {})


Objects = dict[int, list[Node]]


def _instruction(exchange: Exchange) -> int:
    return exchange.command.ins if exchange.command else -1


def halves(exchange: Exchange) -> tuple[Node | None, Node | None]:
    """The decoded command and response."""
    by_side = dict(meaning.halves(exchange))
    return by_side.get("command"), by_side.get("response")


def objects_of(half: Node | None) -> Objects:
    """The objects of COMPREHENSION-TLV in a half, by their tags without the bit for comprehension."""
    objects: Objects = {}
    if half is None:
        return objects
    for _, node in half.walk():
        if len(node.tag) == 2 and not node.error:
            tag = int(node.tag, 16)
            if tag < 0xD0:
                objects.setdefault(tag & 0x7F, []).append(node)
    return objects


def _part(objects: Objects, tag: int, name: str) -> Node | None:
    """The part of that name of the first object with a tag."""
    for node in objects.get(tag, ())[:1]:
        for _, part in node.walk():
            if part.name == name:
                return part
    return None


def _number(objects: Objects) -> bytes:
    """Number and type of a command."""
    for node in objects.get(_DETAILS, ())[:1]:
        return node.value[:2]
    return b""


def shown_text(node: Node | None) -> str:
    """The text of a node in quotation marks, shortened; empty where it is hidden."""
    if node is None or node.fact.sensitive or not node.text:
        return ""
    text = node.text
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT] + "..."
    return text


def _items(objects: Objects) -> dict[int, str]:
    """The items of a menu by number."""
    items = {}
    for node in objects.get(_ITEM, ()):
        number, text = node.value[:1], node.children[-1:]
        if number and text:
            items[number[0]] = shown_text(text[0])
    return items


def _command(
    fetch: Exchange, asked: Objects, answer: Exchange | None, result: Objects
) -> Happening:
    """A command of the card and what became of it."""
    kind = _part(asked, _DETAILS, "type")
    name = kind.text if kind else "proactive command"
    text = name + _content(asked)
    if answer is None:
        return Happening(name, f"{text}: no answer of the phone", (fetch,))
    text += f": {_result(result, kind)}"
    chosen = _part(result, _CHOSEN, "item identifier") or _first(result, _CHOSEN)
    if chosen is not None:
        text += f"; user chose {_choice(chosen, _items(asked))}"
    return Happening(name, text, (fetch, answer))


def _first(objects: Objects, tag: int) -> Node | None:
    return next(iter(objects.get(tag, ())), None)


def _content(asked: Objects) -> str:
    """What a command shows: its items or its text."""
    items = _items(asked)
    if items:
        names = [text for text in items.values() if text][:MAX_ITEMS]
        if len(items) > len(names):
            names.append("...")
        return f" of {counted(len(items), 'item')}: {', '.join(names)}"
    text = shown_text(_part(asked, _TEXT, "text"))
    return f" {text!r}" if text else ""


def _result(result: Objects, kind: Node | None) -> str:
    general = _part(result, _RESULT, "general result")
    if general is None:
        return "answered without a result"
    if general.value == _PERFORMED and kind is not None and kind.value in _SHOWN:
        return "shown"
    reason = _part(result, _RESULT, "reason")
    if reason is not None:
        return f"{general.text} ({reason.text})"
    return general.text


def _choice(chosen: Node, items: dict[int, str]) -> str:
    number = chosen.value[0] if chosen.value else 0
    name = items.get(number, "")
    return f"{number} ({name})" if name else str(number)


def _report(exchange: Exchange, half: Node | None, items: dict[int, str]) -> Happening | None:
    """What the phone reports in an ENVELOPE."""
    templates = [node for _, node in half.walk() if node.tag[:1] == "D"] if half else []
    if not templates:
        return None
    template = templates[0]
    objects = objects_of(half)
    name = template.name
    text = name
    if template.tag == _MENU_CHOICE:
        chosen = _first(objects, _CHOSEN)
        if chosen is not None:
            text = f"user chose {_choice(chosen, items)}"
    elif template.tag == _EVENT:
        events = _first(objects, _EVENTS)
        if events is not None and events.children:
            text = f"event: {', '.join(part.text for part in events.children)}"
    elif template.tag == _TIMER:
        number = _first(objects, _TIMER_NUMBER)
        if number is not None:
            text = f"timer {number.text} expired"
    return Happening(name, text, (exchange,))
