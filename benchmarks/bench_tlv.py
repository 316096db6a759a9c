# SPDX-License-Identifier: MIT
"""The one BER-TLV parser of the library against that of pyosmocom, on synthetic EMV templates.

Ours gives rows with exact offsets, the peer nested (tag, value) pairs; a third line turns our rows into such pairs too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import harness
import synthetic_emv

from cardlib.core.tlv import scan

try:
    from osmocom.tlv import bertlv_parse_one_rawtag
except ImportError:
    bertlv_parse_one_rawtag = None

Nested = list[tuple[Any, Any]]


def peer(data: bytes) -> Nested:
    """The whole tree by pyosmocom, whose function reads one object and gives back the rest."""
    found = []
    while data:
        constructed = data[0] & 0x20
        tag, _, value, data = bertlv_parse_one_rawtag(data)
        found.append((tag, peer(value) if constructed else value))
    return found


def nested(data: bytes) -> Nested:
    """Our rows as nested (tag, value) pairs."""
    levels: list[Nested] = [[]]
    for tag, depth, _, body, stop, _ in scan(data):
        del levels[depth + 1 :]
        if int(tag[:2], 16) & 0x20:
            levels.append([])
            levels[depth].append((tag, levels[-1]))
        else:
            levels[depth].append((tag, data[body:stop]))
    return levels[0]


def named(pairs: Nested) -> Nested:
    """The pairs of the peer, their tags as hex."""
    return [
        (f"{tag:02X}", named(value) if isinstance(value, list) else value) for tag, value in pairs
    ]


def dropping(parse: Callable[[bytes], Any], blobs: list[bytes]) -> Callable[[], None]:
    def job() -> None:
        for blob in blobs:
            parse(blob)

    return job


def keeping(parse: Callable[[bytes], Any], blobs: list[bytes]) -> Callable[[], list[Any]]:
    return lambda: [parse(blob) for blob in blobs]


def main() -> None:
    given = harness.options(__doc__ or "", count=20_000, rounds=7)
    made = synthetic_emv.templates(given.count)
    blobs = [synthetic_emv.encode(template) for template in made]
    harness.begin("TLV: cardlib.tlv.scan against pyosmocom", "pyosmocom")
    rows = sum(len(scan(blob)) for blob in blobs)
    size = sum(map(len, blobs))
    print(
        f"  {len(blobs)} templates, {size} bytes ({size / len(blobs):.0f} each), {rows} TLVs",
        end="",
    )
    print(f" ({rows / len(blobs):.1f} each)")
    for template, blob in zip(made, blobs, strict=True):
        assert nested(blob) == template, f"cardlib reads {blob.hex()} otherwise than it was made"
        assert bertlv_parse_one_rawtag is None or named(peer(blob)) == template, (
            f"the peers differ on {blob.hex()}"
        )
    with_peer = bertlv_parse_one_rawtag is not None
    print(f"  equal output: templates as made, cardlib{', pyosmocom' if with_peer else ''}")
    if not given.rounds:
        return
    peers: dict[str, Callable[[bytes], Any]] = {
        "cardlib scan": scan,
        "cardlib scan, as nested pairs": nested,
    }
    if with_peer:
        peers["pyosmocom, nested pairs"] = peer
    for how, wrap, aim in (("dropped", dropping, "aim 1.5"), ("kept", keeping, "aim 1.2")):
        jobs = {f"{name}, {how}": wrap(parse, blobs) for name, parse in peers.items()}
        times = list(harness.alternate(given.rounds, jobs).items())
        for name, own in times:
            harness.show(name, own, f"{rows / own.medians[0] / 1e6:.2f} M TLVs/s")
        if with_peer:
            harness.ratio(f"pyosmocom / scan, {how}", times[-1][1], times[0][1], aim)
            harness.ratio(
                f"pyosmocom / nested pairs, {how}", times[-1][1], times[1][1], "for information"
            )


if __name__ == "__main__":
    main()
