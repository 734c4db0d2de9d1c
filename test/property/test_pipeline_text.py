"""Any pass can be written as pipeline text and read back."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import Pass, ir, parse_pipeline, registry

TEXT = st.text(st.characters(codec="utf-8", exclude_characters='"', exclude_categories=["C"]))


@dataclass(frozen=True)
class ExamplePass(Pass):
    argument = "example"
    some_text: str = "x"
    number: int = 0
    ratio: float = 0.0
    flag: bool = False

    def run(self, module: ir.Module) -> None: ...


@pytest.fixture(scope="module", autouse=True)
def _registered():
    registry.register(ExamplePass)
    yield
    registry.unregister(ExamplePass.argument)


@given(
    st.lists(st.builds(ExamplePass, TEXT, st.integers(), st.floats(allow_nan=False)), min_size=1)
)
def test_text_of_passes_reads_back(passes: list[ExamplePass]) -> None:
    text = ",".join(map(str, passes))
    assert parse_pipeline(f"builtin.module({text})") == passes


@given(st.text("abc(){}[]=, \"'", max_size=30))
def test_any_text_is_read_or_explained(text: str) -> None:
    try:
        steps = parse_pipeline(text)
    except OptimusError:
        return
    assert all(isinstance(step, str) for step in steps)
