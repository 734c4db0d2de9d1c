"""Compiled code on disk, so that no function is compiled twice on one computer.

An entry is one file called `KEY-DIGEST.SUFFIX`. DIGEST is that of the content: an entry that was
cut short or changed does not fit its name and counts as missing. Files appear by renaming, so
another process sees a whole entry or none.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from optimus_mlir.errors import OptimusError

FOLDER_VARIABLE = "OPTIMUS_CACHE_DIR"
DIGEST_CHARACTERS = 32


@dataclass(frozen=True)
class ObjectCache:
    """Files of compiled code in one folder, which is made when something is put into it."""

    folder: Path

    @staticmethod
    def of_user() -> ObjectCache:
        """In $OPTIMUS_CACHE_DIR, or `optimus-mlir` in the user's folder for caches."""
        if chosen := os.environ.get(FOLDER_VARIABLE):
            return ObjectCache(Path(chosen))
        caches = os.environ.get("XDG_CACHE_HOME")
        return ObjectCache((Path(caches) if caches else Path.home() / ".cache") / "optimus-mlir")

    def find(self, key: str, suffix: str) -> Path | None:
        """The entry, if there is one and it is whole; what is not whole is removed."""
        for path in self.folder.glob(f"{key}-*{suffix}"):
            content = _content(path)
            if content is not None and path.name == _name(key, content, suffix):
                return path
            path.unlink(missing_ok=True)
        return None

    def read(self, key: str, suffix: str) -> bytes | None:
        path = self.find(key, suffix)
        return path and _content(path)

    def put(self, key: str, suffix: str, content: bytes) -> Path:
        path = self.folder / _name(key, content, suffix)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as part:
                part.write(content)
            Path(part.name).replace(path)
        except OSError as error:
            raise OptimusError(
                f"cannot keep compiled code in {self.folder}: {error.strerror}; "
                f"name another folder in ${FOLDER_VARIABLE}, or use --no-cache"
            ) from None
        return path

    def entries(self) -> Iterator[Path]:
        """Every file in the folder, also parts of entries that a killed process left behind."""
        yield from (path for path in self.folder.glob("*") if path.is_file())

    def clear(self) -> int:
        """Remove every entry; how many there were."""
        entries = list(self.entries())
        for path in entries:
            path.unlink(missing_ok=True)
        return len(entries)


@contextmanager
def temporary_cache() -> Iterator[ObjectCache]:
    """A cache that ends with the `with`; code loaded from it stays."""
    with tempfile.TemporaryDirectory(prefix="optimus-") as folder:
        yield ObjectCache(Path(folder))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGEST_CHARACTERS]


def _name(key: str, content: bytes, suffix: str) -> str:
    return f"{key}-{digest(content)}{suffix}"


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # another process has just cleared the cache
        return None
