"""Options of passes: their text, and what a user gets to read when it is wrong."""

from dataclasses import dataclass

import pytest
from fake_passes import MarkPass, NeedsDepthPass

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import Pass, ir


def test_options_are_parsed_by_their_types() -> None:
    values = {"mark-text": "x", "count": "3", "scale": "2.5", "loud": "true", "colour": "blue"}
    assert MarkPass.from_options(values) == MarkPass("x", 3, 2.5, loud=True, colour="blue")


def test_false_is_false() -> None:
    assert not MarkPass.from_options({"loud": "false"}).loud


@pytest.mark.parametrize(
    ("pass_class", "values", "message"),
    [
        (MarkPass, {"count": "few"}, "fake-mark: option count='few': expected an integer"),
        (MarkPass, {"scale": "big"}, "fake-mark: option scale='big': expected a number"),
        (MarkPass, {"loud": "yes"}, "fake-mark: option loud='yes': expected true or false"),
        (MarkPass, {"colour": "green"}, "option colour='green': expected one of red, blue"),
        (MarkPass, {"cuont": "1"}, "unknown option 'cuont' (did you mean 'count'?); its options"),
        (NeedsDepthPass, {}, "fake-needs-depth: option 'depth' is required"),
    ],
)
def test_wrong_options_name_the_cure(
    pass_class: type[Pass], values: dict[str, str], message: str
) -> None:
    with pytest.raises(OptimusError) as raised:
        pass_class.from_options(values)
    assert message in str(raised.value)


def test_help_comes_from_the_class() -> None:
    assert MarkPass.summary() == "Write a mark on the module."
    first = MarkPass.options()[0]
    assert (first.name, first.default, first.meaning) == ("mark-text", "here", "what to write")


def test_text_shows_what_differs_from_the_defaults() -> None:
    assert str(MarkPass()) == "fake-mark"
    assert str(MarkPass("a b", loud=True)) == 'fake-mark{mark-text="a b" loud=true}'


def test_an_option_has_a_plain_type() -> None:
    @dataclass(frozen=True)
    class ListPass(Pass):
        argument = "fake-list"
        sizes: list[int]

        def run(self, module: ir.Module) -> None: ...

    with pytest.raises(TypeError, match=r"ListPass.sizes: an option is a str, int, float or bool"):
        ListPass.options()
