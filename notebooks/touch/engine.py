# SPDX-License-Identifier: MIT
"""Things to touch: a function from a few settings to lines of text, with examples that anybody can read.

What is stored, printed or shown without a kernel is the examples, as text and as HTML. Where ipywidgets is there, the
same function stands under controls: a check box for True or False, a list for choices, a slider for (low, high, start),
a field for a text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cardlib.core.escape import escape

Lines = list[str]
WIDGET = "application/vnd.jupyter.widget-view+json"
STYLE = "border-left:3px solid #0072B2;padding-left:8px;margin:4px 0;white-space:pre-wrap;font-family:monospace"


class Touch:
    """One thing to touch. `answer` is what belongs overleaf."""

    def __init__(
        self,
        title: str,
        controls: Mapping[str, Any],
        show: Callable[..., Lines],
        examples: Sequence[Mapping[str, Any]],
        answer: str = "",
    ) -> None:
        self.title, self.controls, self.show = title, dict(controls), show
        self.examples, self.answer = examples, answer

    def start(self) -> dict[str, Any]:
        """The settings with which it begins."""
        return {name: _start(control) for name, control in self.controls.items()}

    def lines(self, **settings: Any) -> Lines:
        """What it shows for some settings, the others as they begin; one line for settings that are none."""
        try:
            return self.show(**(self.start() | settings))
        except Exception as fault:  # whatever was typed in, a learner gets a line and no traceback
            return [f"this cannot be shown: {' '.join(str(fault).split())[:100] or type(fault).__name__}"]

    def __repr__(self) -> str:
        parts = [self.title]
        for example in self.examples:
            if example:
                settings = ", ".join(f"{name} {value}" for name, value in example.items())
                parts.append(f"-- {settings}")
            parts += [f"   {line}" for line in self.lines(**example)]
        if self.answer:
            parts += ["-- overleaf", f"   {self.answer}"]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        rows = []
        for example in self.examples:
            head = ", ".join(f"{name} <b>{escape(str(value), 'html')}</b>" for name, value in example.items())
            body = escape_lines(self.lines(**example))
            rows.append(f'<div>{head}</div><pre style="{STYLE}">{body}</pre>')
        overleaf = ""
        if self.answer:
            overleaf = f"<details><summary>overleaf</summary>{escape(self.answer, 'html')}</details>"
        return f"<div><strong>{escape(self.title, 'html')}</strong>{''.join(rows)}{overleaf}</div>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self), "text/html": self._repr_html_()}
        widget = self.widget()
        if widget is not None:
            bundle[WIDGET] = widget._repr_mimebundle_()[WIDGET]
        return bundle

    def widget(self) -> Any:
        """The controls with what they show; None where ipywidgets is missing."""
        try:
            import ipywidgets
        except ImportError:
            return None
        fields = {name: _field(ipywidgets, name, control) for name, control in self.controls.items()}
        shown = ipywidgets.HTML()

        def again(_change: object = None) -> None:
            lines = self.lines(**{name: field.value for name, field in fields.items()})
            shown.value = f'<pre style="{STYLE}">{escape_lines(lines)}</pre>'

        for field in fields.values():
            field.observe(again, names="value")
        again()
        heading = ipywidgets.HTML(f"<strong>{escape(self.title, 'html')}</strong>")
        return ipywidgets.VBox([heading, *fields.values(), shown])


def escape_lines(lines: Lines) -> str:
    """Lines as HTML."""
    return "\n".join(escape(line, "html") for line in lines)


def _start(control: Any) -> Any:
    if isinstance(control, tuple):
        return control[2]
    if isinstance(control, list):
        return control[0]
    return control


def _field(widgets: Any, name: str, control: Any) -> Any:
    """The control for a setting."""
    options = {"description": name, "style": {"description_width": "12em"}, "layout": {"width": "40em"}}
    if isinstance(control, bool):
        return widgets.Checkbox(value=control, **options)
    if isinstance(control, tuple):
        low, high, start = control
        return widgets.IntSlider(value=start, min=low, max=high, continuous_update=False, **options)
    if isinstance(control, list):
        return widgets.Dropdown(options=control, **options)
    return widgets.Text(value=control, continuous_update=False, **options)


def from_hex(text: str, size: int | None = None) -> bytes:
    """Bytes from what was typed; ValueError says what is wrong."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{text[:20]!r} is no hex: two digits make a byte") from None
    if size is not None and len(data) != size:
        raise ValueError(f"{text[:20]!r} has {len(data)} bytes, {size} are needed")
    return data
