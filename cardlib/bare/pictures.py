# SPDX-License-Identifier: MIT
"""The codes in a picture, read by zxing-cpp and Pillow where they are installed; nothing else here needs them."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import Any

from ..core.errors import CaptureError

MAX_FILE = 20 << 20  # bytes
MAX_PIXELS = 50_000_000
_BEGINNINGS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"BM")
_NEEDED = "reading a picture needs two packages: pip install zxing-cpp pillow"


def is_picture(head: bytes) -> bool:
    """Whether a file begins like a PNG, JPEG, GIF or BMP."""
    return head.startswith(_BEGINNINGS)


def texts_in_picture(data: bytes) -> list[str]:
    """The texts of the QR codes in a picture, from the top; raises CaptureError where it cannot be read."""
    try:
        decoder, pictures = import_module("zxingcpp"), import_module("PIL.Image")
    except ImportError:
        raise CaptureError(_NEEDED) from None
    if len(data) > MAX_FILE:
        raise CaptureError(f"a picture of {len(data)} bytes is too large, at most {MAX_FILE}")
    picture = _opened(pictures, data)
    codes = decoder.read_barcodes(picture)
    return [code.text for code in codes if code.text]


def _opened(pictures: Any, data: bytes) -> Any:
    """The picture in grey; a file may claim more pixels than it has bytes."""
    try:
        picture = pictures.open(BytesIO(data))
        width, height = picture.size
        if width * height > MAX_PIXELS:
            reason = f"a picture of {width} x {height} pixels is too large"
            raise CaptureError(reason)
        return picture.convert("L")
    except CaptureError:
        raise
    except Exception as error:  # a decoder of pictures may fail on wild bytes in any way
        raise CaptureError(f"the picture cannot be read: {type(error).__name__}") from None
