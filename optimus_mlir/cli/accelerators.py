"""`optimus accelerators`: the presets, and the check of a description of one's own."""

from __future__ import annotations

import json

import click

from optimus_mlir.cli.units import readable_bytes

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(
    short_help="List, show or check accelerators.",
    invoke_without_command=True,
    epilog="""\b
Describe your own:
  optimus accelerators show eyeriss > mine.yaml
  optimus accelerators validate mine.yaml
  optimus accelerators schema > accelerator.schema.json
  optimus run zoo:resnet18 --accelerator mine.yaml
""",
)
@as_json
@click.pass_context
def accelerators(context: click.Context, as_json: bool) -> None:
    """List the accelerators that come with the package; show or check one."""
    if context.invoked_subcommand is None:
        list_presets(as_json)


@accelerators.command("list", short_help="List the presets.")
@as_json
def list_command(as_json: bool) -> None:
    """List the presets (the same as without a command)."""
    list_presets(as_json)


@accelerators.command(short_help="Print every field of one, as YAML.")
@click.argument("name")
@as_json
def show(name: str, as_json: bool) -> None:
    """Print every field of the preset (or YAML file) NAME, as YAML that can be changed and used."""
    import yaml

    from optimus_mlir.target import load_accelerator

    accelerator = load_accelerator(name)
    if as_json:
        click.echo(json.dumps(accelerator.model_dump(), indent=2))
    else:
        click.echo(yaml.safe_dump(accelerator.to_dict(), sort_keys=False), nl=False)


@accelerators.command(short_help="Check a YAML description.")
@click.argument("file")
def validate(file: str) -> None:
    """Check the YAML description in FILE; every mistake is named with its field."""
    from optimus_mlir.target import load_accelerator

    accelerator = load_accelerator(file)
    click.echo(
        f"{file}: valid: {accelerator.name}, {readable_bytes(accelerator.scratchpad_bytes)} "
        f"scratchpad, {accelerator.element_bits}-bit elements, "
        f"{accelerator.pe_rows}x{accelerator.pe_columns} PEs, {accelerator.dataflow}"
    )


@accelerators.command(short_help="Print the JSON schema of a description.")
def schema() -> None:
    """Print the JSON schema of a YAML description: editors complete and check fields with it."""
    from optimus_mlir.target import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def list_presets(as_json: bool) -> None:
    from optimus_mlir.target import load_accelerator, preset_names

    presets = [load_accelerator(name) for name in preset_names()]
    if as_json:
        click.echo(json.dumps([preset.model_dump() for preset in presets], indent=2))
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from optimus_mlir.cli.terminal import stdout_console

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("name", no_wrap=True)
    for column in ("scratchpad", "bits", "PEs"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("dataflow", no_wrap=True)
    table.add_column("description")
    for preset in presets:
        table.add_row(
            preset.name,
            readable_bytes(preset.scratchpad_bytes),
            str(preset.element_bits),
            f"{preset.pe_rows}x{preset.pe_columns}",
            preset.dataflow,
            preset.description,
        )
    stdout_console().print(table)
