# SPDX-License-Identifier: MIT
"""What an application is: two functions, and the AIDs, dictionaries and commands it goes by."""

from __future__ import annotations

from collections.abc import Callable

from ..core.dictionary import Facts
from ..core.model import Command, Context, Node, Response, record

Nodes = tuple[Node, ...]
Follow = Callable[[Context, Command, Response | None], Context]
Decode = Callable[[Context, Command | None, Response | None, Facts], tuple[Nodes, Nodes]]


@record
class Application:
    """One card application.

    `aids` are hex prefixes; `claims` the (CLA, INS) that nobody else has; `follow` gives the Context after a command;
    `decode` the nodes of the two data fields, an empty tuple where it has nothing to say.
    """

    name: str
    aids: tuple[str, ...]
    dictionaries: tuple[str, ...]
    follow: Follow
    decode: Decode
    claims: tuple[tuple[int, int], ...] = ()
