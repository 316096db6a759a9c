# SPDX-License-Identifier: MIT
"""The explorer in a notebook: a widget by anywidget that carries the chunks; without it, the first lines and a hint.

Data go as messages, never as synchronised traits: those would be written into the notebook. Filter, notes and what is
chosen are traits: they are text of the user, and small.
"""

from __future__ import annotations

from typing import Any, Protocol

from ...core.escape import counted, escape
from ...core.model import Capture, Exchange
from ...road.meaning import name
from ...share.ours import revealed
from ..exchanges import is_timed, line
from ..lines import duration, lines_html
from .front import script, style
from .notes import Notes

MAX_LINES = 200  # of what is shown instead of the widget
MAX_DECODED = 5_000  # exchanges of a capture whose lines say what they mean
MAX_NAME = 32  # characters of the name of a chunk
NO_WIDGET = "The explorer needs anywidget: pip install anywidget. Or: explorer.save('page.html')"
STATIC = "The explorer works while its kernel runs; here are the first lines."


class Page(Protocol):
    """A page of an explorer in a notebook."""

    def follow(self, explorer: Any) -> None:
        """Show what is chosen and filtered there."""


def bundle(explorer: Any, **given: Any) -> Any:
    """What a notebook stores and shows: the widget, and plain lines for whoever shows none."""
    try:
        widget = widget_of(explorer)
    except ImportError:
        return {"text/plain": repr(explorer), "text/html": fallback(explorer, NO_WIDGET)}
    made = widget._repr_mimebundle_(**given)
    data, metadata = made if isinstance(made, tuple) else (made, {})
    page = {"text/plain": repr(explorer), "text/html": fallback(explorer, STATIC)}
    return {**data, **page}, metadata


def widget_of(explorer: Any) -> Any:
    """A widget of an explorer; ImportError without anywidget."""
    import anywidget
    import traitlets

    class ExplorerWidget(anywidget.AnyWidget):
        _esm = f"{script('widget_host')}\nexport default {{ render: module_widget_host.render }};\n"
        _css = style()
        captures = traitlets.Int(1).tag(sync=True)
        filter = traitlets.Unicode().tag(sync=True)
        notes = traitlets.Dict().tag(sync=True)
        chosen: Any = traitlets.List().tag(sync=True)

        def follow(self, source: Any) -> None:
            """Take over what is chosen and filtered in Python."""
            self.filter = source.filter
            self.notes = source.notes.rows()
            if self.chosen != source.place:
                self.chosen = list(source.place)

    widget = ExplorerWidget(captures=len(explorer.sources))
    widget.follow(explorer)
    answers = _Answers(explorer, widget)
    widget.on_msg(answers.answer)
    widget.observe(answers.take, ["filter", "notes", "chosen"])
    explorer.pages.append(widget)
    return widget


class _Answers:
    """Answers what a page asks for. Notebooks call this from another thread than that of their cells."""

    def __init__(self, explorer: Any, widget: Any) -> None:
        self.explorer = explorer
        self.widget = widget
        self.stores = explorer.growing_stores()

    def answer(self, widget: Any, content: Any, buffers: Any) -> None:
        """Send the chunk that is asked for, or nothing under its number."""
        if not isinstance(content, dict) or content.get("kind") != "read":
            return
        number = content.get("id")
        answer = {"kind": "chunk", "id": number if isinstance(number, int) else 0}
        try:
            chunk = self._chunk(str(content.get("name", ""))[:MAX_NAME])
        except Exception as fault:  # the page must not wait for ever; the notebook logs what it was
            self.widget.send({**answer, "fault": type(fault).__name__}, [])
            raise
        self.widget.send(answer, [] if chunk is None else [chunk])

    def _chunk(self, asked: str) -> bytes | None:
        if asked == "pairs":
            pairs: bytes | None = self.explorer.pairs()
            return pairs
        number, _, rest = asked.partition("-")
        for place, store in enumerate(self.stores):
            if number == str(place):
                chunk: bytes | None = store.chunk(rest)
                return chunk
        return None

    def take(self, change: Any) -> None:
        """Take over what the user did in the page."""
        value = change["new"]
        if change["name"] == "notes":
            self.explorer.notes = Notes(value)
        elif change["name"] == "chosen":
            self.explorer.place = list(value)
        else:
            self.explorer.typed(value)


def fallback(explorer: Any, hint: str) -> str:
    """The first exchanges, a line each; of a long capture without what takes decoding all of it."""
    rows = [hint]
    for source in explorer.sources:
        reveal = revealed(source.path, explorer.reveal)
        count = len(source.exchanges)
        exchanges = source.exchanges[:MAX_LINES]
        is_decoded = reveal or (isinstance(source, Capture) and count <= MAX_DECODED)
        timed = is_timed(exchanges)
        for exchange in exchanges:
            rows.append(line(exchange, reveal, timed) if is_decoded else _short(exchange))
        if not isinstance(source, Capture):
            rows.append(f"... more than {counted(count - MAX_LINES, 'more exchange')}")
        elif count > MAX_LINES:
            rows.append(f"... {counted(count - MAX_LINES, 'more exchange')}")
    return lines_html(rows)


def _short(exchange: Exchange) -> str:
    response = exchange.response
    status = "----" if response is None or response.sw is None else f"{response.sw:04X}"
    took = duration(exchange.duration_ns)
    return escape(f"{exchange.index:>5}  {took:>8}  {name(exchange):24}  {status}")
