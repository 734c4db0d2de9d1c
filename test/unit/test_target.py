"""Accelerators: presets, fields, and errors that name file, field, value and cure."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from optimus_mlir.errors import OptimusError
from optimus_mlir.target import (
    Accelerator,
    json_schema,
    load_accelerator,
    parse_bytes,
    preset_names,
    with_fields,
)

EYERISS = load_accelerator("eyeriss")


def test_presets_are_named_like_their_files():
    wanted = {"eyeriss", "shidiannao", "nvdla-small", "tpu-v1", "gemmini", "ethos-u65", "generic"}
    assert wanted < set(preset_names())
    assert preset_names() == sorted(preset_names())
    assert [load_accelerator(name).name for name in preset_names()] == preset_names()


def test_eyeriss_is_the_configuration_of_the_artefact():
    assert EYERISS.scratchpad_bytes == 185_856
    assert (EYERISS.pe_rows, EYERISS.pe_columns, EYERISS.register_file_bytes) == (12, 14, 512)
    assert (EYERISS.element_bytes, EYERISS.accumulator_bytes) == (2, 4)
    assert (EYERISS.dram_access_pj, EYERISS.buffer_access_pj, EYERISS.hop_pj) == (200, 6, 0.25)


@pytest.mark.parametrize("name", preset_names())
def test_plain_values_and_back(name: str):
    accelerator = load_accelerator(name)
    fields = accelerator.to_dict()
    assert all(isinstance(value, str | int | float | bool | list) for value in fields.values())
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
        ("unrolled_rows=kernel-rows", "unrolled_rows: must be a list, like [output-channels], got"),
        ("unrolled_rows=[batch,batch]", "unrolled_rows: 'batch' is named twice: once is enough"),
        ("unrolled_columns=[batch,kernel]", "unrolled_columns[1]: must be 'batch', 'groups', "),
        ("dataflow=weight", "dataflow: must be 'row-stationary', 'weight-stationary', "),
        (
            "registers_hold=[ifmap]",
            "registers_hold: row-stationary needs 'filter' in the register files: add it, or",
        ),
        ("macs_per_pe=0", "macs_per_pe: must be at least 1, got 0"),
        ("pe_rows", "'pe_rows': write it like scratchpad_bytes=64KiB"),
    ],
)
def test_wrong_fields(field: str, message: str):
    with pytest.raises(OptimusError) as error:
        with_fields(EYERISS, [field])
    assert str(error.value).startswith(f"eyeriss: {message}")


def test_a_misspelt_word_is_recognised():
    with pytest.raises(OptimusError, match=r"got 'kernl-rows' \(did you mean 'kernel-rows'\?\)"):
        with_fields(EYERISS, ["unrolled_rows=[kernl-rows]"])


def test_lists_can_be_changed():
    changed = with_fields(EYERISS, ["unrolled_rows=[groups, batch]", "registers_hold=[filter]"])
    assert changed.unrolled_rows == ("groups", "batch")
    assert changed.operands_kept == ("filter",)


def test_register_files_hold_what_rests_in_them():
    holds = {
        "weight-stationary": ("filter",),
        "output-stationary": ("psum",),
        "no-local-reuse": (),
        "row-stationary": ("ifmap", "filter", "psum"),
    }
    for dataflow, operands in holds.items():
        assert with_fields(EYERISS, [f"dataflow={dataflow}"]).operands_kept == operands


def test_old_descriptions_are_still_read():
    new = ("dataflow", "unrolled_rows", "unrolled_columns", "registers_hold", "macs_per_pe")
    fields = {name: v for name, v in EYERISS.to_dict().items() if name not in new}
    assert Accelerator.from_dict(fields).dataflow == "output-stationary"


def test_every_field_is_in_the_schema():
    schema = json_schema()
    assert set(schema["properties"]) == set(Accelerator.model_fields)
    assert "name" not in schema["required"]
    assert schema["properties"]["scratchpad_bytes"]["description"]


@pytest.mark.parametrize(
    ("name", "buffer_bytes", "registers", "pes", "energies"),
    [
        ("optimus-64reg", 131_072, 64, (32, 32), (0.1, 6, 200)),
        ("optimus-512reg", 131_072, 512, (16, 16), (1, 6, 200)),
        ("optimus-256kb", 262_144, 64, (32, 32), (0.1, 9, 200)),
        ("optimus-512kb", 524_288, 32, (32, 32), (0.05, 12, 200)),
        ("optimus-shidiannao", 185_856, 64, (8, 8), (0.1, 6, 200)),
        ("optimus-lowerbound", 177_664, 128, (32, 32), (0.5, 6, 200)),
    ],
)
def test_the_artefacts_accelerators(name, buffer_bytes, registers, pes, energies):
    one = load_accelerator(name)
    assert (one.scratchpad_bytes, one.register_file_bytes) == (buffer_bytes, registers)
    assert (one.pe_rows, one.pe_columns) == pes
    assert (one.register_access_pj, one.buffer_access_pj, one.dram_access_pj) == energies


def test_a_file_of_ones_own(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    fields = {**EYERISS.to_dict(), "scratchpad_bytes": "48KiB"}
    del fields["name"]
    path.write_text(yaml.safe_dump(fields))
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
        OptimusError, match=r"'eyeris' .*: choose ethos-u65, eyeriss, .*, tpu-v1, or"
    ):
        load_accelerator("eyeris")
    with pytest.raises(OptimusError, match=r"none\.yaml: No such file"):
        load_accelerator(str(tmp_path / "none.yaml"))
    folder = tmp_path / "folder.yml"
    folder.mkdir()
    with pytest.raises(OptimusError, match=r"folder\.yml: Is a directory"):
        load_accelerator(str(folder))
