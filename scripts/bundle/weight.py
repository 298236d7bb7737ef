"""A bundle's files, size, zipped size, and digest."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Weight:
    """Sizes in bytes, and a digest of all paths and contents. `compiled` means that it has bytecode."""

    compiled: bool
    files: int
    unpacked: int
    zipped: int
    digest: str

    def __str__(self) -> str:
        sizes = f"{self.unpacked / 1e6:5.2f} MB in {self.files:4} files, {self.zipped / 1e6:4.2f} MB zipped"
        return f"{sizes}, {'with' if self.compiled else 'without'} bytecode, sha256 {self.digest[:16]}"


def weigh(folder: Path) -> Weight:
    """The weight of the files in a folder."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    compiled = any(name.endswith(".pyc") for name in files)
    return Weight(compiled, len(files), sum(map(len, files.values())), zipped(files), digest(files))


def zipped(files: Mapping[str, bytes]) -> int:
    """The size of a zip archive of the files."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return len(package.getvalue())


def digest(files: Mapping[str, bytes]) -> str:
    """A SHA-256 over names, lengths and contents, so that no other split into files gives the same digest."""
    total = hashlib.sha256()
    for name, content in files.items():
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()
