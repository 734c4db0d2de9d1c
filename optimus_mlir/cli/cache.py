"""`optimus cache`: the plans and the compiled code that are kept on this computer."""

from __future__ import annotations

import json

import click

from optimus_mlir.cli.units import readable_bytes


@click.group(
    short_help="Show or clear the plans and the compiled code that are kept.",
    epilog="""\b
Examples:
  optimus cache info
  optimus cache clear
  OPTIMUS_CACHE_DIR=~/optimus-cache optimus run zoo:resnet18
""",
)
def cache() -> None:
    """Show or clear the plans and the machine code that 'optimus run' keeps, to make nothing twice.

    It lies in $OPTIMUS_CACHE_DIR, or else in the folder optimus-mlir of your caches. An entry fits
    one piece of program, one version of the compiler and one kind of CPU.
    """


@cache.command(short_help="Say where it is and how large.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(as_json: bool) -> None:
    """Say where the plans and the compiled code are, in how many files, and how large."""
    from optimus_mlir.runtime.object_cache import ObjectCache

    kept = ObjectCache.of_user()
    sizes = [path.stat().st_size for path in kept.entries()]
    if as_json:
        fields = {"folder": str(kept.folder), "files": len(sizes), "bytes": sum(sizes)}
        click.echo(json.dumps(fields, indent=2))
    else:
        click.echo(f"{kept.folder}: {len(sizes)} files, {readable_bytes(sum(sizes))}")


@cache.command(short_help="Remove all of it.")
def clear() -> None:
    """Remove all plans and compiled code; the next runs make them again."""
    from optimus_mlir.runtime.object_cache import ObjectCache

    kept = ObjectCache.of_user()
    click.echo(f"{kept.folder}: removed {kept.clear()} files")
