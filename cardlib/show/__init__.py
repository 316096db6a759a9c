# SPDX-License-Identifier: MIT
"""Everything that a person looks at: text, HTML, JSON, tables, pictures, pages.

Importing it, as the first print does, sets how the types of `core.model` that are `Printed` print themselves.
"""

from __future__ import annotations

from ..core.model import Node
from ..core.printing import Printed, print_with
from . import html, text, trees


class _Printer:
    """Prints through this room: masked, escaped, bounded."""

    def text(self, thing: Printed) -> str:
        return text.printed(thing)

    def html(self, thing: Printed) -> str:
        return html.html(thing)

    def brief(self, node: Node) -> str:
        return trees.brief(node)


print_with(_Printer())
