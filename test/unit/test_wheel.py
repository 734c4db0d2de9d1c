"""What an installed package contains."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def copy_of_sources(folder: Path) -> Path:
    for name in ("optimus_mlir", "passes"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_of_sources(folder / "source")  # a build folder in the tree would keep old files
    wheel = ["wheel", str(source), "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *wheel], check=True)
    (file,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(file).namelist())


def test_there_is_one_top_level_package(content: set[str]) -> None:
    top_level = {name.split("/")[0] for name in content}
    assert {name for name in top_level if not name.endswith(".dist-info")} == {"optimus_mlir"}


def test_every_source_file_is_in_it(content: set[str]) -> None:
    package = {str(p.relative_to(ROOT)) for p in (ROOT / "optimus_mlir").rglob("*.py")}
    passes = {f"optimus_mlir/{p.relative_to(ROOT)}" for p in (ROOT / "passes").rglob("*.py")}
    sources = {name for name in content if name.endswith(".py")}
    assert sources == package | passes


def test_data_is_in_it(content: set[str]) -> None:
    presets = {str(p.relative_to(ROOT)) for p in (ROOT / "optimus_mlir").rglob("*.yaml")}
    assert presets
    assert presets | {"optimus_mlir/py.typed"} <= content
