# SPDX-License-Identifier: MIT
"""Five fields of each packet of a GSMTAP capture: number, time, logical channel, INS and SW.

As tshark does, an ATR is shown as if it were a command, so that the output can be compared byte for byte.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from cardlib import Exchange, stream


def rows(items: Iterable[object]) -> Iterator[str]:
    """A line for each frame, in the order of the file."""
    for item in items:
        frames = (
            item.frames
            if isinstance(item, Exchange)
            else (item,)
            if hasattr(item, "sender")
            else ()
        )
        for frame in frames:
            data, ns = frame.data, str(frame.time_ns)
            yield f"{frame.unit}\t{ns[:-9]}.{ns[-9:]}\t{data[0] & 3}\t0x{data[1]:02x}\t0x{data[-2:].hex()}\n"


if __name__ == "__main__":
    sys.stdout.writelines(rows(stream(sys.argv[1])))
