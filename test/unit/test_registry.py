"""Passes found by their entry points."""

from importlib.metadata import EntryPoint

import pytest
from fake_passes import MarkPass

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import registry


def install(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    point = EntryPoint(name, value, registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry, "_installed", lambda: {name: point})


def test_our_flags_are_installed() -> None:
    assert {"optimus-normalize", "optimus-group", "optimus-fuse"} <= set(registry.pass_names())


def test_an_entry_point_is_loaded_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "fake-mark", "fake_passes:MarkPass")
    assert registry.find_pass("fake-mark") is MarkPass


def test_what_is_no_python_pass_is_left_to_mlir() -> None:
    assert registry.find_pass("canonicalize") is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("x", "no_such_module:X", "pass x: cannot load no_such_module:X: No module named"),
        ("x", "fake_passes:Nothing", "pass x: cannot load fake_passes:Nothing: "),
        ("x", "fake_passes:MarkPass", "pass x: fake_passes:MarkPass calls itself 'fake-mark'"),
    ],
)
def test_a_broken_entry_point_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    install(monkeypatch, name, value)
    with pytest.raises(OptimusError) as raised:
        registry.find_pass(name)
    assert message in str(raised.value)
