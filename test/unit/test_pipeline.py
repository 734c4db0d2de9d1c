"""The text of pipelines, taken apart."""

import pytest
from fake_passes import BothPass, MarkPass

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import parse_pipeline
from optimus_mlir.mlir.pipeline import flatten, make_step

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("cse", ["cse"]),
        (
            "builtin.module(cse, func.func(cse,canonicalize))",
            ["cse", "func.func(cse,canonicalize)"],
        ),
        ("builtin.module(cse),fake-mark", ["cse", MarkPass()]),
        ("cse{a=1 b={c=2,d}},sccp", ["cse{a=1 b={c=2,d}}", "sccp"]),
        ('fake-mark{mark-text="a, (b" count=2},cse', [MarkPass("a, (b", 2), "cse"]),
        ("fake-mark{mark-text='say \"hi\"' loud}", [MarkPass('say "hi"', loud=True)]),
        ("builtin.module(\n  fake-mark {count=2},\n  cse\n)", [MarkPass(count=2), "cse"]),
    ],
)
def test_pipelines_become_steps(text: str, steps: list[object]) -> None:
    assert parse_pipeline(text) == steps


def test_composites_become_their_parts() -> None:
    steps = ["cse,fake-mark", BothPass("x")]
    assert list(flatten(steps)) == [
        "cse",
        MarkPass(),
        MarkPass("x"),
        "canonicalize",
        "func.func(cse)",
    ]


def test_options_of_a_flag() -> None:
    assert make_step("fake-mark", "mark-text=a count=2") == MarkPass("a", 2)
    assert make_step("canonicalize", "max-iterations=2") == "canonicalize{max-iterations=2}"
    assert make_step("canonicalize") == "canonicalize"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cse,", "a pass name is missing"),
        ("", "a pass name is missing"),
        ("builtin.module(cse", "missing ')'"),
        ("cse)", "unbalanced ')'"),
        ("func.func(cse)x", "unexpected text after '('"),
        (
            "func.func(cse,fake-mark)",
            "fake-mark runs on the whole module: move it out of func.func",
        ),
        ("func.func(scf.for(fake-both))", "move it out of scf.for"),
        ("fake-mark{count=1 count=2}", "option 'count' is given twice"),
        ("fake-mark{nothing=1}", "unknown option 'nothing'"),
    ],
)
def test_mistakes_are_explained(text: str, message: str) -> None:
    with pytest.raises(OptimusError) as raised:
        parse_pipeline(text)
    assert message in str(raised.value)
