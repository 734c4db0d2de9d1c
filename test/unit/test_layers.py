"""Imports are the architecture: they point down, and two doors are guarded."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "optimus_mlir"

BELOW = {  # what each layer may import directly; what those may import, it may too
    "errors": [],
    "workload": ["errors"],
    "target": ["errors"],
    "cost": ["workload", "target"],
    "fusion": ["cost"],
    "mlir": ["errors"],
    "analysis": ["mlir", "cost"],
    "normalize": ["analysis"],
    "accel": ["analysis"],
    "tiling": ["analysis"],
    "codegen": ["accel"],
    "passes": ["normalize", "tiling", "accel", "codegen", "fusion"],
    "frontends": ["passes"],
    "runtime": ["passes"],
    "cli": ["frontends", "runtime"],
}
PURE = {"errors", "workload", "target", "cost", "fusion"}
DOOR_TO_MLIR = "mlir"
DOOR_TO_TORCH = "frontends"


def allowed(layer: str) -> set[str]:
    """The layer itself and everything below it."""
    return {layer}.union(*map(allowed, BELOW[layer]))


def complaints(layer: str, source: str) -> list[str]:
    """What is wrong with the imports of a file of `layer`."""
    tree = ast.parse(source)
    return [
        f"line {node.lineno}: {layer} must not import {name}{why}"
        for node, name in imports(tree)
        if (why := reason(layer, name, inside_function=node not in tree.body))
    ]


def imports(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports here are absolute"
            module = str(node.module)
            if module == PACKAGE:  # `from optimus_mlir import cost` imports a layer
                yield from ((node, f"{PACKAGE}.{alias.name}") for alias in node.names)
            else:
                yield node, module


def reason(layer: str, name: str, *, inside_function: bool) -> str | None:
    top, *rest = name.split(".")
    if top == PACKAGE:
        imported = rest[0] if rest else ""
        return ": it is not below" if imported in BELOW.keys() - allowed(layer) else None
    if top == "torch_mlir":
        return None if layer == DOOR_TO_MLIR else f": {DOOR_TO_MLIR} is the only door"
    if top == "torch":
        is_open = layer == DOOR_TO_TORCH and inside_function
        return None if is_open else f": only functions of {DOOR_TO_TORCH} may"
    return None


def layers() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        layer = path.relative_to(ROOT / PACKAGE).parts[0].removesuffix(".py")
        if layer != "__init__":
            yield layer, path
    yield from (("passes", path) for path in sorted((ROOT / "passes").rglob("*.py")))


@pytest.mark.parametrize(
    ("layer", "path"), [pytest.param(*each, id=str(each[1].relative_to(ROOT))) for each in layers()]
)
def test_imports_point_down(layer: str, path: Path) -> None:
    assert layer in BELOW, f"{layer} is a new layer: say in BELOW what it may import"
    assert complaints(layer, path.read_text()) == []


def test_the_package_itself_imports_nothing() -> None:
    assert not list(imports(ast.parse((ROOT / PACKAGE / "__init__.py").read_text())))


def test_pure_layers_do_not_reach_mlir() -> None:
    assert all(allowed(layer) <= PURE for layer in PURE)


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ("cost", "from optimus_mlir.fusion.plan import Plan"),
        ("cost", "from optimus_mlir import fusion"),
        ("cost", "import optimus_mlir.mlir"),
        ("workload", "def f():\n    from optimus_mlir.mlir import ir"),
        ("runtime", "from optimus_mlir.frontends import zoo"),
        ("accel", "from torch_mlir import ir"),
        ("passes", "import torch_mlir.ir"),
        ("frontends", "import torch"),
        ("cli", "def f():\n    import torch.nn"),
    ],
)
def test_a_forbidden_import_is_found(layer: str, source: str) -> None:
    assert len(complaints(layer, source)) == 1


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ("cost", "from optimus_mlir.errors import OptimusError"),
        ("cli", "from optimus_mlir import __version__"),
        ("mlir", "from torch_mlir import ir"),
        ("frontends", "def f():\n    import torch"),
    ],
)
def test_an_allowed_import_passes(layer: str, source: str) -> None:
    assert complaints(layer, source) == []
