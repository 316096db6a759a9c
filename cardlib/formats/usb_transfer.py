# SPDX-License-Identifier: MIT
"""USB bulk transfers in packets of usbmon (link types 189, 220) and of USBPcap (249)."""

from __future__ import annotations

from ..core.model import Frame, Sender, record
from .packet_window import Packet

_USBMON_HEADERS = {189: 48, 220: 64}  # by link type
_USBPCAP = 249
_USBPCAP_HEADER = 27
LINKS = (*_USBMON_HEADERS, _USBPCAP)

_BULK = 3  # the same number in both
_FROM_CARD = 0x80  # of an endpoint: it leads to the host
_SUBMITTED, _COMPLETED = 0x53, 0x43  # "S" and "C", events of usbmon


@record
class Transfer:
    """Bytes of a bulk transfer: to or from which device, and where they stand."""

    device: str
    frame: Frame


@record
class _Header:
    """What the header of a packet says; `length` is of the data behind it."""

    size: int
    device: str
    endpoint: int
    is_bulk: bool
    length: int


def transfer_of(packet: Packet, link: int) -> Transfer | str:
    """The bytes of a bulk transfer, read as a packet of this link type; else what is wrong with it.

    Empty if it is another kind of transfer, or one without bytes.
    """
    unit, start, stop, time_ns, _, data = packet
    header = _header_of(data, link)
    if header is None:
        return "shorter than the header of its link type"
    if not header.is_bulk or not header.length:
        return ""
    head, length, size = header.size, header.length, len(data)
    if head + length != size or head < _USBPCAP_HEADER:
        return f"the lengths say {head} and {length} bytes, {size} are here"
    sender: Sender = "reader"
    if header.endpoint & _FROM_CARD:
        sender = "card"
    frame = Frame(0, time_ns, sender, "apdu", data[head:], unit, start, stop)
    return Transfer(header.device, frame)


def _header_of(data: bytes, link: int) -> _Header | None:
    """The header of a packet of this link type; None if the packet is too short for one."""
    if link == _USBPCAP:
        if len(data) < _USBPCAP_HEADER:
            return None
        return _usbpcap_header(data)
    size = _USBMON_HEADERS[link]
    if len(data) < size:
        return None
    return _usbmon_header(data, size)


def _usbmon_header(data: bytes, size: int) -> _Header:
    event, transfer_type, endpoint, device = data[8:12]
    bus = int.from_bytes(data[12:14], "little")
    # Bytes to the card stand in the request, bytes from the card in what completes it.
    event_with_data = _SUBMITTED
    if endpoint & _FROM_CARD:
        event_with_data = _COMPLETED
    is_bulk = transfer_type == _BULK and event == event_with_data
    length = int.from_bytes(data[36:40], "little")
    return _Header(size, f"bus {bus} device {device}", endpoint, is_bulk, length)


def _usbpcap_header(data: bytes) -> _Header:
    size = int.from_bytes(data[:2], "little")
    bus = int.from_bytes(data[17:19], "little")
    device = int.from_bytes(data[19:21], "little")
    endpoint, transfer_type = data[21:23]
    length = int.from_bytes(data[23:27], "little")
    return _Header(size, f"bus {bus} device {device}", endpoint, transfer_type == _BULK, length)
