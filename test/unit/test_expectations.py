"""`expected-*` comments and the messages that meet them."""

import pytest

from optimus_mlir.cli.expectations import complaints, read_expectations
from optimus_mlir.mlir.diagnostics import Diagnostic, Position


def error_in_line(line: int, message: str = "bad tile", severity: str = "error") -> Diagnostic:
    return Diagnostic(severity, Position("f.mlir", line, 1), message)


def unmet(source: str, *found: Diagnostic) -> list[str]:
    return [d.message for d in complaints(read_expectations(source), found, "f.mlir")]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("op // expected-error {{bad}}", 1),
        ("\n// expected-error@-1 {{bad}}", 1),
        ("// expected-error @+2 {{bad}}", 3),
        ("// expected-error @below {{bad}}", 2),
        ("// expected-error @below {{bad}}\n// expected-note @below {{why}}\nop", 3),
        ("op\n// expected-error@above {{bad}}", 1),
        ("// expected-error-re @+1 {{b{{[a-z]}}d t}}", 2),
    ],
)
def test_a_message_in_the_right_line_meets_it(source: str, line: int) -> None:
    notes = (Diagnostic("note", Position("f.mlir", line, 1), "why"),)
    assert unmet(source, Diagnostic("error", Position("f.mlir", line, 1), "bad tile", notes)) == []
    assert 'expected error "b' in unmet(source, error_in_line(line + 1))[1]


def test_a_place_may_be_unknown() -> None:
    assert unmet("// expected-error @unknown {{bad}}", Diagnostic("error", None, "bad")) == []


def test_each_is_met_once() -> None:
    source = "op // expected-error {{bad}}"
    assert unmet(source, error_in_line(1), error_in_line(1)) == ["unexpected error: bad tile"]


def test_severities_differ() -> None:
    source = "op // expected-remark {{bad}}"
    assert unmet(source, error_in_line(1, severity="remark")) == []
    assert len(unmet(source, error_in_line(1))) == 2


def test_plain_text_is_no_regex() -> None:
    assert len(unmet("op // expected-error {{b.d}}", error_in_line(1))) == 2


def test_unexpected_notes_are_tolerated() -> None:
    noted = Diagnostic("error", Position("f.mlir", 1, 1), "bad", (error_in_line(9, "x", "note"),))
    assert unmet("op // expected-error {{bad}}", noted) == []
