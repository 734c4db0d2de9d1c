"""Accelerators: presets, fields, and errors that name file, field, value and cure."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimus_mlir.errors import OptimusError
from optimus_mlir.target import (
    Accelerator,
    load_accelerator,
    parse_bytes,
    preset_names,
    with_fields,
)

EYERISS = load_accelerator("eyeriss")


def test_presets_are_named_like_their_files():
    assert preset_names() == ["eyeriss", "generic", "optimus-64reg"]
    assert [load_accelerator(name).name for name in preset_names()] == preset_names()


def test_eyeriss_is_the_configuration_of_the_artefact():
    assert EYERISS.scratchpad_bytes == 185_856
    assert (EYERISS.pe_rows, EYERISS.pe_columns, EYERISS.register_file_bytes) == (12, 14, 512)
    assert (EYERISS.element_bytes, EYERISS.accumulator_bytes) == (2, 4)
    assert (EYERISS.dram_access_pj, EYERISS.buffer_access_pj, EYERISS.hop_pj) == (200, 6, 0.25)


@pytest.mark.parametrize("name", preset_names())
def test_scalars_and_back(name: str):
    accelerator = load_accelerator(name)
    fields = accelerator.to_dict()
    assert all(isinstance(value, str | int | float | bool) for value in fields.values())
    assert Accelerator.from_dict(fields) == accelerator


@pytest.mark.parametrize(
    ("text", "size"),
    [("65536", 65536), ("64KiB", 65536), ("1MiB", 2**20), ("64kB", 64000), ("1.5 KiB", 1536)],
)
def test_sizes(text: str, size: int):
    assert parse_bytes(text) == size


@given(st.integers(0, 2**40))
def test_every_size_in_bytes_is_a_size(size: int):
    assert parse_bytes(str(size)) == parse_bytes(f"{size} B") == size


@pytest.mark.parametrize("text", ["", "KiB", "-1", "64 apples", "1.5", "0.3KiB", "1e3"])
def test_not_a_size(text: str):
    with pytest.raises(OptimusError, match=text.strip() or "not a size"):
        parse_bytes(text)


def test_fields_can_be_changed():
    changed = with_fields(EYERISS, ["scratchpad_bytes=64KiB", "element_bits=8", "hop_pj=1"])
    assert (changed.scratchpad_bytes, changed.element_bits, changed.hop_pj) == (65536, 8, 1.0)
    assert with_fields(EYERISS, ["double_buffering=true"]).double_buffering
    assert EYERISS.scratchpad_bytes == 185_856


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("scratchpad=1", "scratchpad: unknown field (did you mean 'scratchpad_bytes'?)"),
        ("zzz=1", "zzz: unknown field: the fields are name, "),
        ("element_bits=12", "element_bits: must be 8, 16 or 32, got 12"),
        ("dram_access_pj=-1", "dram_access_pj: must be at least 0, got -1"),
        ("dram_access_pj=.nan", "dram_access_pj: must be a finite number, got nan"),
        ("frequency_mhz=0", "frequency_mhz: must be more than 0, got 0"),
        ("scratchpad_bytes=64XB", "scratchpad_bytes: not a size in bytes: '64XB'"),
        ("scratchpad_bytes=0", "scratchpad_bytes: must be at least 1, got 0"),
        ("pe_rows=true", "pe_rows: must be a valid integer, got True"),
        ("accumulator_bits=8", "accumulator_bits: must be at least element_bits (16), got 8"),
        ("pe_rows", "'pe_rows': write it like scratchpad_bytes=64KiB"),
    ],
)
def test_wrong_fields(field: str, message: str):
    with pytest.raises(OptimusError) as error:
        with_fields(EYERISS, [field])
    assert str(error.value).startswith(f"eyeriss: {message}")


def test_a_file_of_ones_own(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    fields = {**EYERISS.to_dict(), "scratchpad_bytes": "48KiB"}
    del fields["name"]
    path.write_text("\n".join(f"{name}: {value!r}" for name, value in fields.items()).lower())
    accelerator = load_accelerator(str(path))
    assert (accelerator.name, accelerator.scratchpad_bytes) == ("mine", 49152)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("element_bits: [", "mine.yaml:1:16: not YAML: "),
        ("- 1", "mine.yaml: must be a mapping of fields"),
        ("", "mine.yaml: must be a mapping of fields"),
        ("pe_rows: 1", "mine.yaml: description: missing"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, message: str):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(OptimusError) as error:
        load_accelerator(str(path))
    assert message in str(error.value)


def test_unknown_accelerators(tmp_path: Path):
    with pytest.raises(
        OptimusError, match=r"'eyeris' .*: choose eyeriss, generic, optimus-64reg, or"
    ):
        load_accelerator("eyeris")
    with pytest.raises(OptimusError, match=r"none\.yaml: No such file"):
        load_accelerator(str(tmp_path / "none.yaml"))
    folder = tmp_path / "folder.yml"
    folder.mkdir()
    with pytest.raises(OptimusError, match=r"folder\.yml: Is a directory"):
        load_accelerator(str(folder))
