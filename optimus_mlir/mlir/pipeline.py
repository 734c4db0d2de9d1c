"""The text of a pipeline, in MLIR's syntax, as steps to run.

MLIR cannot look up a Python pass by name, so `builtin.module(canonicalize,optimus-group{...})` is
taken apart here; what is not a Python pass stays text, for MLIR to read.
"""

from collections.abc import Iterable, Iterator

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import registry
from optimus_mlir.mlir.pass_base import CompositePass, Pass, Step

MODULE_ANCHOR = "builtin.module"

_CLOSING = {"(": ")", "{": "}", "[": "]"}


def parse_pipeline(text: str) -> list[Step]:
    """`a,func.func(b),c{x=1}`, with or without `builtin.module(...)` around it, as module passes."""
    steps: list[Step] = []
    for element in _split(text, ","):
        steps += _parse_element(element, pipeline=text)
    return steps


def make_step(name: str, options: str = "") -> Step:
    """The step behind one flag and the options given to it, as in `--name="a=1 b=2"`."""
    pass_class = registry.find_pass(name)
    if pass_class is None:
        return f"{name}{{{options}}}" if options else name
    return pass_class.from_options(_parse_options(name, options))


def flatten(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps with composites replaced by their parts, and text cut at the passes it names."""
    for step in steps:
        if isinstance(step, CompositePass):
            yield from flatten(step.passes())
        elif isinstance(step, Pass):
            yield step
        else:
            yield from _flatten_text(step)


def _flatten_text(text: str) -> Iterator[Step]:
    for step in parse_pipeline(text):
        if isinstance(step, CompositePass):
            yield from flatten(step.passes())
        else:
            yield step


def _parse_element(element: str, pipeline: str) -> list[Step]:
    if not element:
        raise OptimusError(f"pass pipeline {pipeline!r}: a pass name is missing at a comma")
    name, bracket, inner = _take_apart(element)
    if bracket == "{":
        return [make_step(name, inner)]
    if bracket == "":
        return [make_step(name)]
    if name == MODULE_ANCHOR:  # a manager for modules would nest it: run it on modules inside ours
        return parse_pipeline(inner)
    _reject_nested_python_passes(name, inner)
    return [element]


def _take_apart(element: str) -> tuple[str, str, str]:
    """`a{x=1}` as ("a", "{", "x=1"), `op(b)` as ("op", "(", "b"), `a` as ("a", "", "")."""
    start = next((i for i, c in enumerate(element) if c in "({"), None)
    if start is None:
        return element, "", ""
    name, bracket, inner = element[:start].strip(), element[start], element[start + 1 : -1]
    if not element.endswith(_CLOSING[bracket]):
        raise OptimusError(f"pass pipeline: unexpected text after {bracket!r} in {element!r}")
    return name, bracket, inner.strip()


def _reject_nested_python_passes(anchor: str, inner: str) -> None:
    for element in _split(inner, ","):
        name, bracket, deeper = _take_apart(element)
        if bracket == "(":
            _reject_nested_python_passes(name, deeper)
        elif registry.find_pass(name):
            raise OptimusError(
                f"{name} runs on the whole module: move it out of {anchor}(...) in the pipeline"
            )


def _parse_options(argument: str, text: str) -> dict[str, str]:
    """`a=1 b="x y" c` as {"a": "1", "b": "x y", "c": "true"}."""
    options: dict[str, str] = {}
    for word in filter(None, _split(text, " \t\n")):
        name, equals, value = word.partition("=")
        if name in options:
            raise OptimusError(f"{argument}: option {name!r} is given twice")
        options[name] = _unquote(value) if equals else "true"
    return options


def _unquote(value: str) -> str:
    quoted = len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0]
    return value[1:-1] if quoted else value


def _split(text: str, separators: str) -> list[str]:
    """`text` cut at the separators that are outside brackets and quotes."""
    parts, start, awaited = [], 0, ""  # awaited: the closing brackets and quotes, innermost last
    for at, char in enumerate(text):
        quoted = awaited.endswith(('"', "'"))
        if awaited and char == awaited[-1]:
            awaited = awaited[:-1]
        elif quoted:
            continue
        elif char in "\"'":
            awaited += char
        elif char in "({[":
            awaited += _CLOSING[char]
        elif char in ")}]":
            raise OptimusError(f"unbalanced {char!r} in {text!r}")
        elif char in separators and not awaited:
            parts.append(text[start:at].strip())
            start = at + 1
    if awaited:
        raise OptimusError(f"missing {awaited[-1]!r} in {text!r}")
    return [*parts, text[start:].strip()]
