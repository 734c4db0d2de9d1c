"""The cache of compiled code: what it finds, and what it must not find."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from optimus_mlir.cli.optimus import main
from optimus_mlir.errors import OptimusError
from optimus_mlir.runtime.object_cache import ObjectCache, digest, temporary_cache


@pytest.fixture
def cache(tmp_path: Path) -> ObjectCache:
    return ObjectCache(tmp_path / "cache")


def test_what_was_put_is_found(cache: ObjectCache) -> None:
    path = cache.put("key", ".o", b"code")
    assert cache.find("key", ".o") == path
    assert cache.read("key", ".o") == b"code"


@pytest.mark.parametrize(("key", "suffix"), [("other", ".o"), ("key", ".so"), ("ke", ".o")])
def test_what_was_not_put_is_not_found(cache: ObjectCache, key: str, suffix: str) -> None:
    cache.put("key", ".o", b"code")
    assert cache.find(key, suffix) is None


@pytest.mark.parametrize("content", [b"", b"cod", b"c0de", b"code and more"])
def test_a_corrupted_entry_is_missing_and_removed(cache: ObjectCache, content: bytes) -> None:
    path = cache.put("key", ".o", b"code")
    path.write_bytes(content)
    assert cache.find("key", ".o") is None
    assert not path.exists()


def test_of_two_entries_the_whole_one_is_found(cache: ObjectCache) -> None:
    cache.put("key", ".o", b"old").write_bytes(b"broken")
    whole = cache.put("key", ".o", b"new")
    assert cache.find("key", ".o") == whole


def test_clear_removes_everything_and_counts(cache: ObjectCache) -> None:
    cache.put("a", ".o", b"1")
    cache.put("b", ".so", b"2")
    (cache.folder / "left-behind.part").write_bytes(b"")
    assert cache.clear() == 3
    assert list(cache.entries()) == []


def test_a_folder_that_cannot_be_made_is_an_error_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptimusError, match=r"\$OPTIMUS_CACHE_DIR, or use --no-cache"):
        ObjectCache(tmp_path / "file" / "cache").put("key", ".o", b"code")


def test_many_writers_leave_whole_entries(cache: ObjectCache) -> None:
    contents = [bytes([n]) * 100_000 for n in range(4)]

    def write() -> None:
        for content in contents:
            cache.put(digest(content), ".o", content)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(cache.read(digest(c), ".o") or b"" for c in contents) == contents
    assert len(list(cache.entries())) == len(contents)


def test_the_folder_is_that_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPTIMUS_CACHE_DIR", "/chosen")
    assert ObjectCache.of_user().folder == Path("/chosen")
    monkeypatch.delenv("OPTIMUS_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert ObjectCache.of_user().folder == Path("/caches/optimus-mlir")


def test_a_temporary_cache_leaves_nothing() -> None:
    with temporary_cache() as cache:
        path = cache.put("key", ".o", b"code")
    assert not path.exists()


def test_info_and_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPTIMUS_CACHE_DIR", str(tmp_path))
    ObjectCache(tmp_path).put("key", ".o", b"code")
    assert main(["cache", "info", "--json"]) == 0
    fields = json.loads(capsys.readouterr().out)
    assert fields == {"folder": str(tmp_path), "files": 1, "bytes": 4}
    assert main(["cache", "clear"]) == 0
    assert capsys.readouterr().out == f"{tmp_path}: removed 1 files\n"
    assert main(["cache", "info"]) == 0
    assert capsys.readouterr().out == f"{tmp_path}: 0 files, 0 B\n"
