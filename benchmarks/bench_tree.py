# SPDX-License-Identifier: MIT
"""Bytes to a tree of which every text is read, against the `emv` package, on synthetic EMV templates.

The texts differ (ours explain bits, the peer shows most values as bytes), so what must be equal is the tags and values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import harness
import synthetic_emv

from cardlib.core.facts import facts
from cardlib.core.tlv import scan, tree

try:
    from emv.protocol.structures import TLV
except ImportError:
    TLV = None

FACTS = facts("iso7816", "emv")


def ours(data: bytes) -> list[str]:
    """The text of every node."""
    pending = list(tree(data, scan(data), FACTS))
    texts = []
    for node in pending:
        texts.append(node.text)
        pending += node.children
    return texts


def theirs(data: list[int]) -> str:
    """The peer's text of the whole tree; it takes bytes as a list of numbers."""
    return repr(TLV.unmarshal(data))


def tolerates(data: list[int]) -> bool:
    """Whether the peer reads this at all."""
    try:
        theirs(data)
    except Exception:
        return False
    return True


def our_objects(data: bytes) -> Counter[tuple[str, str]]:
    """Tag and value of each data object; a template's value is left out."""
    return Counter(
        (tag, "" if int(tag[:2], 16) & 0x20 else data[a:b].hex())
        for tag, _, _, a, b, _ in scan(data)
    )


def their_objects(found: Any) -> Iterable[tuple[str, str | None]]:
    """The same of the peer; None where it keeps something else than the bytes."""
    for tag, value in found.items():
        name = bytes(tag.value if isinstance(tag.value, list) else [tag.value]).hex().upper()
        for one in (
            value if type(value) is list and value and not isinstance(value[0], int) else [value]
        ):
            if isinstance(one, TLV):
                yield name, ""
                yield from their_objects(one)
            else:
                yield name, bytes(one).hex() if type(one) is list else None


def agree(data: bytes) -> bool:
    """Whether both see the same objects, and the same bytes in those that the peer keeps as bytes."""
    left = our_objects(data)
    for tag, value in their_objects(TLV.unmarshal(list(data))):
        key = (
            (tag, value)
            if value is not None
            else next((key for key in left if key[0] == tag), (tag, ""))
        )
        if not left[key]:
            return False
        left[key] -= 1
    return not left.total()


def main() -> None:
    given = harness.options(__doc__ or "", count=5_000, rounds=5)
    made = synthetic_emv.templates(given.count)
    blobs = [synthetic_emv.encode(template) for template in made]
    harness.begin("Tree with every text: cardlib against emv", "emv", "pycountry")
    with_peer = TLV is not None
    lists = [list(blob) for blob in blobs]
    kept = [index for index, data in enumerate(lists) if not with_peer or tolerates(data)]
    blobs, lists = [blobs[index] for index in kept], [lists[index] for index in kept]
    nodes = sum(len(ours(blob)) for blob in blobs)
    objects = sum(len(scan(blob)) for blob in blobs)
    print(
        f"  {given.count} templates, of which the peer raises on {given.count - len(blobs)}: the other {len(blobs)}"
    )
    print(
        f"  have {objects} TLVs, and {nodes} nodes with a text (entries of lists and parts of values too)"
    )
    for blob in blobs:
        assert not with_peer or agree(blob), f"the peers see other objects in {blob.hex()}"
        assert all(isinstance(text, str) for text in ours(blob))
    print(
        "  equal tags and values"
        if with_peer
        else "  emv is not installed: nothing to compare with"
    )
    if not given.rounds:
        return
    jobs = {"cardlib scan + tree + texts": lambda: [ours(blob) for blob in blobs]}
    if with_peer:
        jobs["emv unmarshal + repr"] = lambda: [theirs(data) for data in lists]
    times = list(harness.alternate(given.rounds, jobs).items())
    for name, own in times:
        harness.show(name, own, f"{1e6 * own.medians[0] / len(blobs):.1f} us a template")
    if with_peer:
        harness.ratio("emv / cardlib", times[1][1], times[0][1], "aim 3")


if __name__ == "__main__":
    main()
