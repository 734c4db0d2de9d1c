from collections.abc import Iterator

import fake_passes
import pytest


@pytest.fixture
def fakes() -> Iterator[None]:
    """The passes of fake_passes.py, by their flags."""
    with fake_passes.registered():
        yield


@pytest.fixture(autouse=True)
def no_cache_of_the_user(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled code goes to a folder of this test run."""
    folder = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("OPTIMUS_CACHE_DIR", str(folder))
