# SPDX-License-Identifier: MIT
"""What the bytes of an exchange say: a tree of nodes, decoded once for as long as a consumer works."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

from ..apps import chips, decode_of, facts_of, management
from ..apps.fields import is_select
from ..apps.instructions import FETCHED_FROM_A_SIM, SIM
from ..core.apdu import command_nodes, name_of, response_nodes, status_words
from ..core.facts import Facts
from ..core.model import (
    Card,
    Command,
    Context,
    Exchange,
    Fact,
    Node,
    Origin,
    Response,
    Side,
)
from .follow import after, before
from .opened import opened_tree
from .tunnel import opened
from .unlock import in_clear, opening_of

NO_COMMAND = "answer without a command"
COMMAND, RESPONSE = Fact("", "command"), Fact("", "response")
MAX_VIEWS = 50_000  # trees that are kept at the same time

_P = ParamSpec("_P")
_T = TypeVar("_T")


def decode(exchange: Exchange, context: Context | None = None) -> Node:
    """The meaning of an exchange as a tree: below the root the command and the response, each tiling its bytes.

    Pure: the same exchange and context give an equal tree. Total: what cannot be decoded is bytes with an error.
    """
    context = context or exchange.context
    opening = opening_of(exchange, context)
    if opening is not None:
        return opened_tree(exchange, context, opening, _wire_tree)
    return _wire_tree(exchange, context)


def _wire_tree(exchange: Exchange, context: Context) -> Node:
    """The tree of an exchange as its bytes stand there."""
    command, response = exchange.command, exchange.response
    facts = facts_of(context)
    if exchange.protocol != "apdu":
        return _native(exchange, context, facts)
    if command and is_select(command, facts):  # its answer is in the terms of what it selected
        card = Card(None, (context,), context.listed)
        context = before(after(card, command, response), command)
        facts = facts_of(context)
    command_data: tuple[Node, ...] = ()
    response_data: tuple[Node, ...] = ()
    error = ""
    try:
        decode_data = decode_of(context.application)
        command_data, response_data = management.decode(
            context, command, response, facts, decode_data
        )
        command_data, response_data = opened(exchange, context, command_data, response_data, decode)
    except Exception as fault:  # it costs its own meaning, never the bytes or the neighbours
        error = f"the decoder of {context.application} broke ({type(fault).__name__}): bytes only"
    halves = []
    if command:
        nodes = command_nodes(command, facts, command_data)
        halves.append(_half(COMMAND, command.raw, nodes, command.error or error, exchange.origin))
    if response:
        nodes = response_nodes(response, command, facts, response_data)
        half = _half(RESPONSE, response.raw, nodes, response.error or error, exchange.origin)
        note = _fetched(command, response) or _denied(half, response)
        halves.append(replace(half, note=note))
    title = name_of(command, facts) if command else NO_COMMAND
    root = Fact("", title)
    return Node(root, b"", 0, 0, 0, tuple(halves), "", error, origin=exchange.origin)


def _native(exchange: Exchange, context: Context, facts: Facts) -> Node:
    """The tree of an exchange of a chip with commands of its own."""
    command, response = exchange.command, exchange.response
    command_nodes: tuple[Node, ...] = ()
    response_nodes: tuple[Node, ...] = ()
    error = ""
    try:
        command_nodes, response_nodes = chips.decode(context, command, response, facts)
    except Exception as fault:  # as above
        error = f"the decoder of {exchange.protocol} broke ({type(fault).__name__}): bytes only"
    halves = []
    if command:
        shown = command.error or error
        halves.append(_half(COMMAND, command.raw, command_nodes, shown, exchange.origin))
    if response:
        shown = response.error or error
        halves.append(_half(RESPONSE, response.raw, response_nodes, shown, exchange.origin))
    root = Fact("", chips.name_of(command, facts) if command else NO_COMMAND)
    return Node(root, b"", 0, 0, 0, tuple(halves), "", error, origin=exchange.origin)


def _half(
    fact: Fact, raw: bytes, nodes: tuple[Node, ...], error: str, origin: Origin | None
) -> Node:
    return Node(fact, raw, 0, 0, len(raw), nodes, "", error, origin=origin)


def _fetched(command: Command | None, response: Response) -> str:
    """That a SIM had its answer fetched where it must give it at once (TS 51.011, 9.2 and 9.4.7)."""
    if command is None or command.cla != SIM or command.ins in FETCHED_FROM_A_SIM:
        return ""
    for sw in response.earlier:
        if sw >> 8 == 0x9F:
            return f"{sw:04X} came first, which this command must not give: TS 51.011, 9.4.7"
    return ""


def failure(half: Node) -> Node | None:
    """The element of an answer that says that the card did not do what it was asked, whatever the status word says."""
    for _, node in half.walk():
        says = node.fact.failure
        if says == "always" or (says == "not 0" and any(node.value)):
            return node
    return None


def _denied(half: Node, response: Response) -> str:
    """That the data of an answer speak of a failure where its status word does not."""
    node = failure(half)
    if node is None or response.sw is None or response.sw >> 8 not in (0x90, 0x91):
        return ""
    return f"{response.sw:04X}, but the data say that it failed: {node.name}"


class Views:
    """Exchanges with their trees, kept for the time of one consumer: each is decoded once while there is room.

    Exchanges of the same bytes in the same context share one tree: a long capture repeats itself.
    """

    def __init__(self, room: int = MAX_VIEWS) -> None:
        self.room = room
        # By identity, which the exchange beside the tree keeps taken
        self._trees: dict[int, tuple[Exchange, Node]] = {}
        self._alike: dict[Hashable, Node] = {}
        self._drawn: dict[int, dict[Any, Any]] = {}  # by the identity of a tree in _alike

    def tree(self, exchange: Exchange) -> Node:
        """The tree of an exchange in its own context."""
        entry = self._trees.get(id(exchange))
        if entry is not None:
            return entry[1]
        node = self._tree_of_alike(exchange)
        if len(self._trees) < self.room:
            self._trees[id(exchange)] = exchange, node
        return node

    def _tree_of_alike(self, exchange: Exchange) -> Node:
        content = _content(exchange)
        try:
            node = self._alike.get(content)
        except TypeError:  # an application keeps what has no hash in its context
            return decode(exchange)
        if node is None:
            node = decode(exchange)
            if len(self._alike) < self.room:
                self._alike[content] = node
                self._drawn[id(node)] = {}
        return node

    def drawn(self, exchange: Exchange, draw: Callable[[Node], _T]) -> _T:
        """What `draw` makes of the tree of an exchange; made once for all that share the tree."""
        node = self.tree(exchange)
        results = self._drawn.get(id(node))
        if results is None:
            return draw(node)
        if draw not in results:
            results[draw] = draw(node)
        result: _T = results[draw]
        return result


def _content(exchange: Exchange) -> Hashable:
    """All that the tree of an exchange depends on."""
    command, response = exchange.command, exchange.response
    sent, answered = None, None
    if command:
        sent = (command.raw, command.data, command.error, len(command.pieces), command.protocol)
    if response:
        answered = (
            response.raw,
            response.data,
            response.error,
            response.protocol,
            len(response.pieces),
            response.earlier,
        )
    # A tree knows the capture that it comes from, so two captures share none.
    return sent, answered, exchange.context, exchange.origin


_views: ContextVar[Views | None] = ContextVar("views", default=None)


@contextmanager
def views() -> Iterator[Views]:
    """For the time of this block every exchange is decoded once; a block inside another shares its views."""
    outer = _views.get()
    if outer is not None:
        yield outer
        return
    inner = Views()
    token = _views.set(inner)
    try:
        yield inner
    finally:
        _views.reset(token)


def with_views(consumer: Callable[_P, _T]) -> Callable[_P, _T]:
    """A consumer that looks at exchanges more than once, and decodes each once."""

    @functools.wraps(consumer)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with views():
            return consumer(*args, **kwargs)

    return wrapped


def tree(exchange: Exchange, context: Context | None = None) -> Node:
    """The tree of an exchange, from the views of the consumer where it has any; in another context made anew."""
    current = _views.get()
    if context is not None or current is None:
        return decode(exchange, context)
    return current.tree(exchange)


def drawn(exchange: Exchange, draw: Callable[[Node], _T]) -> _T:
    """What a function makes of the tree of an exchange, kept with it by the views of the consumer.

    `draw` is named, not made on the spot, and asks for nothing but the tree.
    """
    current = _views.get()
    if current is None:
        return draw(decode(exchange))
    return current.drawn(exchange, draw)


def halves(exchange: Exchange, context: Context | None = None) -> Iterator[tuple[Side, Node]]:
    """The decoded halves with their names."""
    return halves_of(tree(exchange, context))


def halves_of(root: Node) -> Iterator[tuple[Side, Node]]:
    """The halves below the root of a tree with their names."""
    for node in root.children:
        yield ("command" if node.fact is COMMAND else "response"), node


def name(exchange: Exchange) -> str:
    """What the command is called in its context."""
    exchange = in_clear(exchange)
    if exchange.command is None:
        return NO_COMMAND
    facts = facts_of(exchange.context)
    if exchange.protocol != "apdu":
        return chips.name_of(exchange.command, facts)
    return name_of(exchange.command, facts)


def status(exchange: Exchange) -> tuple[str, str]:
    """What the status word says in its context, and what it means for a person; empty without one."""
    exchange = in_clear(exchange)
    response = exchange.response
    if response and response.protocol != "apdu" and response.sw is None:
        return _native_status(response, facts_of(exchange.context))
    if response is None or response.sw is None:
        return "", ""
    return status_words(response.sw, exchange.command, facts_of(exchange.context))


def _native_status(response: Response, facts: Facts) -> tuple[str, str]:
    """What the answer of a chip says about success."""
    if not response.status:
        return "done", ""
    return facts.native_status(response.status)
