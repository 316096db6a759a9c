# SPDX-License-Identifier: MIT
"""Every ninth answer: two real recordings, and a question that nobody here can answer."""

from __future__ import annotations

from .engine import HERE, Case

RECORDED = ("opensc_late_ack.pcscd.log", "opensc_detects.pcscd.log")
LETTER = """# Every ninth answer

*From the people who made this course. We do not know the answer.*

`opensc_late_ack.pcscd.log` and `opensc_detects.pcscd.log` are real recordings: the same program asks the same card in
software, through a virtual reader that speaks TCP. In the second the receiver of the bytes acknowledges at once. In the
first it does not, and each of the 56 round trips takes some 48 ms, as delayed acknowledgements explain (RFC 1122,
4.2.3.2; RFC 896).

But six of them take **twice** as long: the round trips 8, 17, 26, 35, 44 and 53. **Every ninth.** All times are near
multiples of 4 ms. No rule that we know counts to nine.

1. What can you **exclude** with these two files: the card, the command, its length, the length of the answer, the
   frames, the log itself? For each, the exchanges that exclude it.
2. What is **left**? Name at least two explanations that these files cannot tell apart.
3. Describe **one experiment**, with one option changed, whose outcome decides between them, and what you would see in
   each case. (`docs/live.md` says how to make a virtual reader.)

Half a page, graded by the rubric. There is no machine that could check it.
"""
HINTS = (
    "number the round trips, not the exchanges: an exchange of four frames has two",
    "plot the time of each round trip over the number of bytes, then over its own number",
    "which counters in the path start anew with each connection, and which with each file?",
)


def make(seed: str) -> Case:
    """The two recordings; they are the same for every seed, since they are real."""
    traces = HERE.parent / "traces"
    return Case(
        "expert", LETTER, {name: (traces / name).read_bytes() for name in RECORDED}, HINTS, None
    )
