"""`// expected-error @+1 {{text}}` comments, for --verify-diagnostics as in mlir-opt."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optimus_mlir.mlir.diagnostics import Diagnostic, Position

_COMMENT = re.compile(
    r"expected-(?P<severity>error|warning|remark|note)(?P<regex>-re)?[ \t]*"
    r"(?:@(?P<where>[+-]\d+|above|below|unknown))?[ \t]*\{\{(?P<text>.*)\}\}\s*$"
)


@dataclass(frozen=True)
class Expectation:
    """A message that must come, once. `line` counts from 1; None is "at no known place"."""

    severity: str
    line: int | None
    text: str
    is_regex: bool
    comment_line: int

    def is_met_by(self, found: Diagnostic) -> bool:
        line = found.position.line or None if found.position else None  # line 0: the whole file
        return (self.severity, self.line) == (found.severity, line) and self._matches(found.message)

    def _matches(self, message: str) -> bool:
        if not self.is_regex:
            return self.text in message
        return re.search(_as_regex(self.text), message) is not None


def read_expectations(source: str) -> list[Expectation]:
    lines = source.split("\n")
    return [
        Expectation(
            severity=comment["severity"],
            line=_line(comment["where"], number, lines),
            text=comment["text"],
            is_regex=bool(comment["regex"]),
            comment_line=number,
        )
        for number, line in enumerate(lines, start=1)
        if (comment := _COMMENT.search(line))
    ]


def complaints(
    expectations: Iterable[Expectation], found: Iterable[Diagnostic], file: str
) -> Iterator[Diagnostic]:
    """What came without being expected (notes may), then what was expected and did not come."""
    unmet = list(expectations)
    for diagnostic in (d for top in found for d in (top, *top.notes)):
        met = next((e for e in unmet if e.is_met_by(diagnostic)), None)
        if met is not None:
            unmet.remove(met)
        elif diagnostic.severity != "note":
            message = f"unexpected {diagnostic.severity}: {diagnostic.message}"
            yield Diagnostic("error", diagnostic.position, message, diagnostic.notes)
    for e in unmet:
        message = f'expected {e.severity} "{e.text}" was not produced'
        yield Diagnostic("error", Position(file, e.comment_line, 1), message)


def _line(where: str | None, number: int, lines: list[str]) -> int | None:
    """The line that a comment in line `number` speaks about."""
    match where:
        case None:
            return number
        case "unknown":
            return None
        case "above":
            return _next_without_comment(lines, number, step=-1)
        case "below":
            return _next_without_comment(lines, number, step=+1)
        case _:
            return number + int(where)


def _next_without_comment(lines: list[str], number: int, step: int) -> int:
    """The nearest line that holds no expectation itself, so that several can be stacked."""
    number += step
    while 1 <= number <= len(lines) and _COMMENT.search(lines[number - 1]):
        number += step
    return number


def _as_regex(text: str) -> str:
    r"""`a{{[0-9]+}}.` as the regular expression `a[0-9]+\.`"""
    parts = re.split(r"\{\{(.*?)\}\}", text)  # plain text and expressions in turns
    return "".join(part if i % 2 else re.escape(part) for i, part in enumerate(parts))
