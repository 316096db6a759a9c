# SPDX-License-Identifier: MIT
"""A folder with a page that decodes in the browser: `python benchmarks/page.py FOLDER`.

Python for browsers (Pyodide, MPL-2.0) is a package of npm, which `npm` brings once; it is checked and never committed.
The folder needs a server of files, and no other server: `python3 -m http.server --bind 127.0.0.1 --directory FOLDER`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from cardlib.show.explorer.front import script, style

ROOT = Path(__file__).resolve().parent.parent
FILES = Path(__file__).resolve().parent / "page_files"
KEPT = ROOT / ".pyodide"
VERSION = "314.0.7"
SHA256 = "66b7949e5a0cba2250b586d7e368bf12fb482800748d182c4618254b685ffaa0"
# What runs in a browser, of the package; and what says whose it is.
CORE = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
    "package.json",
    "README.md",
)
LEFT_OUT = ("cli", "live", "plots", "front")  # folders that no decoding needs
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # equal sources make an equal archive


def package() -> Path:
    """The package from npm, fetched once."""
    path = KEPT / f"pyodide-{VERSION}.tgz"
    if not path.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("npm is missing, which brings Pyodide: apt install npm")
        KEPT.mkdir(exist_ok=True)
        command = [npm, "pack", f"pyodide@{VERSION}", "--silent", "--pack-destination", str(KEPT)]
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            raise SystemExit(f"npm could not bring pyodide {VERSION}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        path.unlink()
        raise SystemExit(f"pyodide {VERSION} is not what it was: its check sum is another one")
    return path


def unpack(package: Path, folder: Path) -> None:
    """Its core, and nothing else of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(package) as archive:
        for name in CORE:
            member = archive.extractfile(f"package/{name}")
            assert member is not None, name
            (folder / name).write_bytes(member.read())


def sources() -> Iterator[Path]:
    """The files of the library that decoding needs."""
    for path in sorted((ROOT / "cardlib").rglob("*")):
        parts = path.relative_to(ROOT).parts
        if path.suffix in (".py", ".toml") and not set(parts) & set(LEFT_OUT):
            yield path
    yield ROOT / "LICENSE"


def pack_library(path: Path) -> None:
    """The library as an archive that Python imports from."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in sources():
            entry = zipfile.ZipInfo(source.relative_to(ROOT).as_posix(), LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, source.read_bytes())


def build(folder: Path) -> None:
    """Write the page into a folder, over what is there."""
    unpack(package(), folder / "pyodide")
    pack_library(folder / "cardlib.zip")
    (folder / "explorer.js").write_text(script("browser_host"), "utf-8")
    (folder / "explorer.css").write_text(style(), "utf-8")
    for file in FILES.iterdir():
        shutil.copyfile(file, folder / file.name)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "page")
    build(folder)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{size / 1e6:.1f} MB written to {folder}; to look at it:")
    print(f"python3 -m http.server --bind 127.0.0.1 --directory {folder}")


if __name__ == "__main__":
    main()
