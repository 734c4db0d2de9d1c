#!/usr/bin/env python3
"""Write the IR excerpts of the documents anew, or with --check say which of them are out of date.

A document marks the place of an excerpt by its name:

    <!-- excerpt: tiled -->
    (the fenced block between the markers is generated)
    <!-- end -->

How an excerpt is cut out of the program is said in EXCERPTS, what is left out of every one of
them in ELISIONS. Between the stages runs nothing but the compiler.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
DOCS = ROOT / "docs"
EXAMPLE = DOCS / "residual-block.mlir"
LIT = ROOT / "test" / "lit" / "passes"
TARGET = ("generic", "scratchpad_bytes=800")

PLACE = re.compile(r"(<!-- excerpt: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)

# What a reader of an excerpt can do without: pattern, replacement.
ELISIONS = (
    (r"indexing_maps = \[[^]]*\], iterator_types = \[[^]]*\]", "..."),
    (r"dilations = dense<1> : vector<2xi64>(, )?", ""),
    (r"(, )?strides = dense<1> : vector<2xi64>", ""),
    (r"cast = #linalg.type_fn<cast_signed>(, )?", ""),
    (r" {alignment = 64 : i64}", ""),
    (r" {} ", " "),
    (r"(= -?\d+) : i64\b", r"\1"),
    (
        r"optimus.accelerator = {.*?(name = \"\w+\").*?(scratchpad_bytes = \d+).*?}",
        r"optimus.accelerator = {..., \1, ..., \2, ...}",
    ),
    (r"(ins|outs)\((%\w+(?:, %\w+)*) : [^)]*\)", r"\1(\2)"),
    (r"(tensor\.(?:extract|insert)_slice .*?) \[1(?:, 1)*\] : .*", r"\1"),
    (r"(memref\.subview .*?) \[1(?:, 1)*\] : .*", r"\1"),
    (r'("accel\.(?:load|store|move)"\(.*?\)) : .*', r"\1"),
    (r"(func\.call .*?\)|= call .*}) : .*", r"\1"),
    (r"(memref<[\dxfi]+), strided<[^>]*>", r"\1"),
    (r"attrs =  ", "attrs = "),
    (r"{\n\s*} ", "{...} "),
)


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if outdated"
    )
    check = arguments.parse_args().check
    outdated = [path for path in sorted(DOCS.glob("*.md")) if not is_current(path, write=not check)]
    for path in outdated:
        print(f"{'outdated' if check else 'updated'}: {path.relative_to(ROOT)}")
    return 1 if check and outdated else 0


def is_current(path: Path, *, write: bool) -> bool:
    """Whether the excerpts of a document are what the compiler does today; else writes or shows."""
    before = path.read_text(encoding="utf-8")
    after = PLACE.sub(lambda place: place[1] + fenced(place[2]) + place[3], before)
    if write:
        path.write_text(after, encoding="utf-8")
    else:
        sys.stdout.writelines(
            difflib.unified_diff(before.splitlines(True), after.splitlines(True), path.name, "now")
        )
    return before == after


def fenced(name: str) -> str:
    if name not in EXCERPTS:
        raise SystemExit(f"no excerpt is called {name}: choose one of {', '.join(EXCERPTS)}")
    language = "text" if name == "run" else "mlir"
    return f"```{language}\n{EXCERPTS[name]()}\n```\n"


# Programs ---------------------------------------------------------------------------------------


@cache
def stages() -> dict[str, str]:
    """The example after each pass, by the name of the pass; by "" before all of them."""
    accelerator, changed = TARGET
    with tempfile.TemporaryDirectory() as folder:
        fuse = f"--optimus-fuse=accelerator={accelerator} set={changed}"
        clean = ["--canonicalize", "--cse"]
        opt([str(EXAMPLE), fuse, "--dump-after-all", folder])
        found = {path.stem[3:]: path.read_text() for path in Path(folder).iterdir()}
    found["optimus-tile-and-fuse"] = opt(["-", *clean], found["optimus-tile-and-fuse"])
    found["llvm"] = opt(["-", "--convert-accel-to-llvm", *clean], found["convert-linalg-to-accel"])
    found[""] = EXAMPLE.read_text()
    return {name: with_maps_inside(text) for name, text in found.items()}


def opt(arguments: Iterable[str], source: str | None = None) -> str:
    return output_of(["optimus-opt", *arguments], source)


def output_of(command: list[str], source: str | None = None) -> str:
    done = subprocess.run(
        [str(TOOLS / command[0]), *command[1:]],
        input=source,
        capture_output=True,
        text=True,
        check=False,
        cwd=DOCS,
        env={**os.environ, "COLUMNS": "100"},
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stderr}")
    return done.stdout


def before_test(path: str) -> str:
    """The program of a lit test."""
    lines = (LIT / path).read_text().splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.startswith("//"))


def after_test(path: str) -> str:
    """What the passes in the RUN line of a lit test make of it."""
    run = re.search(r"// RUN: optimus-opt %s (.*) \| FileCheck", (LIT / path).read_text())
    assert run is not None
    flags = [flag.replace('"', "") for flag in re.findall(r'--[\w-]+(?:="[^"]*")?', run[1])]
    return with_maps_inside(opt([str(LIT / path), *flags]))


def transform_schedule(path: str) -> str:
    """The transform schedule that the program of a lit test is tiled by."""
    flag = "--optimus-tile-and-fuse=print-schedule=/dev/stdout"
    return opt([str(LIT / path), flag, "-o", "/dev/null"]).rstrip()


def with_maps_inside(text: str) -> str:
    """An affine.apply says what it computes, and not where that is said."""
    maps = dict(re.findall(r"^(#map\d*) = (.*)$", text, re.MULTILINE))
    return re.sub(r"affine\.apply (#map\d*)", lambda use: f"affine.apply {maps[use[1]]}", text)


# Cutting ----------------------------------------------------------------------------------------


def function(text: str, name: str) -> list[str]:
    """The lines of one function."""
    return region(text.splitlines(), rf"(?:llvm|func)\.func .*@{name}\(")


def region(lines: list[str], opening: str) -> list[str]:
    """From the first line that matches to the one that closes it."""
    first = next(i for i, line in enumerate(lines) if re.search(opening, line))
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    last = next(i for i in range(first + 1, len(lines)) if lines[i].startswith(indent + "}"))
    return lines[first : last + 1]


def without(lines: list[str], *patterns: str) -> list[str]:
    return [line for line in lines if not any(re.search(p, line) for p in patterns)]


def only(lines: list[str], *patterns: str) -> list[str]:
    """The lines that match, with an ellipsis for each run of others."""
    short: list[str] = []
    for line in lines:
        if any(re.search(p, line) for p in patterns):
            short.append(line)
        elif short and short[-1].strip() != "...":
            short.append(line[: len(line) - len(line.lstrip())] + "...")
    return short


def through_casts(lines: list[str]) -> list[str]:
    """Casts only forget where a buffer lies: name what they cast instead."""
    short: list[str] = []
    sources: dict[str, str] = {}
    for line in lines:
        cast = re.match(r"\s*(%\w+) = memref.cast (%\w+) ", line)
        if cast:
            sources[cast[1]] = cast[2]
        else:
            short.append(re.sub(r"%\w+", lambda name: sources.get(name[0], name[0]), line))
    return short


def with_what_it_uses(loop: list[str], around: list[str]) -> list[str]:
    """A loop and the ops before it that define what it uses."""
    kept = list(loop)
    for line in reversed(around[: around.index(loop[0])]):
        name = re.match(r"\s*(%\w+) =", line)
        if name and re.search(rf"{re.escape(name[1])}\b", "\n".join(kept)):
            kept.insert(0, line)
    return kept


def shown(lines: Iterable[str]) -> str:
    """Lines as a document shows them: elided, wrapped before attributes, not indented."""
    text = "\n".join(lines)
    for pattern, replacement in ELISIONS:
        text = re.sub(pattern, replacement, text)
    wrapped = (wrap(line) for line in text.splitlines())
    short = "\n".join(wrapped).splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in short if line.strip())
    return "\n".join(line[indent:].rstrip() for line in short)


def wrap(line: str) -> str:
    if len(line) <= 100:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return re.sub(
        r" (optimus\.(?:price|schedule|operators)|attrs = |attributes (?={optimus.schedule))",
        rf"\n{indent}\1",
        line,
    )


# Excerpts ---------------------------------------------------------------------------------------

BODY = (
    r"\^bb0\(",
    r"^\s+%\w+ = (arith|math)\.(?!constant)",
    r"cf\.assert",
    r"linalg\.yield",
    r"tensor\.yield",
)


def normalized() -> str:
    lines = function(stages()["optimus-normalize"], "main")
    return shown(without(lines, r"tensor\.yield", r"\^bb0\(.*: index"))


def grouped() -> str:
    lines = stages()["optimus-group"].splitlines()
    return shown(only(without(lines, r"^#map"), r"^module", r"func\.func", r"optimus\.group"))


def outlined() -> str:
    text = stages()["optimus-outline"]
    main_function = only(function(text, "main"), r"func\.func", r"call @", r"return", r"^  }")
    return shown([*main_function, *without(function(text, "group_0"), *BODY)])


def tiled() -> str:
    loop = region(function(stages()["optimus-tile-and-fuse"], "group_0"), r"scf\.for")
    first = next(i for i, line in enumerate(loop) if "alloc_tensor() {memory_space" in line)
    last = next(i for i, line in enumerate(loop) if i > first and "affine.apply" in line)
    return shown(without([*loop[:first], "      ...", *loop[last:]], *BODY))


def program() -> str:
    lines = through_casts(function(stages()["convert-linalg-to-accel"], "group_0"))
    loop = region(lines, r"scf\.for")
    return shown(without(with_what_it_uses(loop, lines), r"arith\.constant", r'"accel.end"'))


def launch() -> str:
    lines = function(stages()["convert-linalg-to-accel"], "main")
    return shown(without(lines, "get_global", r"memref\.alloc", r'"accel.end"'))


def kernel() -> str:
    """The kernel that the loop calls first: the first convolution."""
    text = stages()["convert-linalg-to-accel"]
    called = re.search(r"@(kernel_\d+)\(", "\n".join(region(text.splitlines(), r"scf\.for")))
    assert called is not None
    return shown(without(function(text, called[1]), r"arith\.constant"))


def counted_load(text: str) -> str:
    lines = function(text, "group_0")
    call = next(i for i, line in enumerate(lines) if "llvm.call @copy_" in line)
    short = "\n".join(lines[call - 5 : call + 1])
    return shown(re.sub(r"(@copy_rows\(%\d+, %\d+, ).*", r"\1...)", short).splitlines())


def run_table() -> str:
    accelerator, changed = TARGET
    command = ["optimus", "run", EXAMPLE.name, "--accelerator", accelerator, "--set", changed]
    lines = output_of([*command, "--quiet"]).splitlines()
    return "\n".join(line.rstrip() for line in without(lines, "^time", "^difference"))


GROUP_TEST = "optimus-group/chain-that-fits.mlir"
OUTLINE_TEST = "optimus-outline/group-becomes-function.mlir"
TILE_TEST = "optimus-tile-and-fuse/recompute-without-window.mlir"
ACCEL_TEST = "convert-linalg-to-accel/group-becomes-program.mlir"
VECTORS_TEST = "convert-linalg-to-vectors/without-fill-it-accumulates.mlir"
OVERLAP_TEST = "convert-linalg-to-accel/steps-overlap.mlir"
LLVM_TEST = "convert-accel-to-llvm/transfers-are-counted.mlir"
NORMALIZE_TEST = "optimus-normalize/bias-after-fill.mlir"

EXCERPTS: dict[str, Callable[[], str]] = {
    # how-it-works.md
    "input": lambda: shown(without(function(stages()[""], "main"), r"constant", *BODY)),
    "normalized": normalized,
    "grouped": grouped,
    "outlined": outlined,
    "tiled": tiled,
    "program": program,
    "launch": launch,
    "kernel": kernel,
    "llvm": lambda: counted_load(stages()["llvm"]),
    "run": run_table,
    # passes.md
    "normalize-before": lambda: shown(function(before_test(NORMALIZE_TEST), "main")),
    "normalize-after": lambda: shown(function(after_test(NORMALIZE_TEST), "main")),
    "group-before": lambda: shown(function(before_test(GROUP_TEST), "main")),
    "group-after": lambda: shown(function(after_test(GROUP_TEST), "main")),
    "outline-before": lambda: shown(function(before_test(OUTLINE_TEST), "main")),
    "outline-after": lambda: shown(without(after_test(OUTLINE_TEST).splitlines(), "^module", "^}")),
    "tile-before": lambda: shown(function(before_test(TILE_TEST), "group_0")),
    "tile-after": lambda: shown(function(after_test(TILE_TEST), "group_0")),
    "tile-schedule": lambda: transform_schedule(TILE_TEST),
    "accel-before": lambda: shown(function(before_test(ACCEL_TEST), "group_0")),
    "accel-after": lambda: shown(
        without(through_casts(function(after_test(ACCEL_TEST), "group_0")), r'"accel.end"')
    ),
    "llvm-before": lambda: shown(
        without(function(before_test(LLVM_TEST), "group_0"), r'"accel.end"')
    ),
    "vectors-before": lambda: shown(function(before_test(VECTORS_TEST), "accumulate")),
    "vectors-after": lambda: shown(function(after_test(VECTORS_TEST), "accumulate")),
    # accel-dialect.md
    "overlap": lambda: shown(
        without(through_casts(function(after_test(OVERLAP_TEST), "group_0")), '"accel.end"')
    ),
    "llvm-after": lambda: counted_load(after_test(LLVM_TEST)),
}


if __name__ == "__main__":
    sys.exit(main())
