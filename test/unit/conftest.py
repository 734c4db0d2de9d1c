from collections.abc import Iterator

import fake_passes
import pytest


@pytest.fixture
def fakes() -> Iterator[None]:
    """The passes of fake_passes.py, by their flags."""
    with fake_passes.registered():
        yield
