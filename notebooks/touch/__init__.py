# SPDX-License-Identifier: MIT
"""Things to touch: each is shown as a worked example, and with controls where a kernel runs."""

import sys
from pathlib import Path

sys.path[:0] = [place for place in [str(Path(__file__).resolve().parent.parent.parent)] if place not in sys.path]

from .bytes_on_the_wire import bench, speed, tlv_puzzle  # noqa: E402
from .decisions import action_codes, cvm_list  # noqa: E402
from .engine import Touch  # noqa: E402
from .middle_of_it import flip_a_bit, in_the_middle, notice_map, play  # noqa: E402

__all__ = [
    "Touch",
    "action_codes",
    "bench",
    "cvm_list",
    "flip_a_bit",
    "in_the_middle",
    "notice_map",
    "play",
    "speed",
    "tlv_puzzle",
]
