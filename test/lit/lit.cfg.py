"""lit finds the tools beside the Python that runs it; `not` is part of lit's own shell."""

import os
import sys
from pathlib import Path

import lit.formats

SOURCE = Path(__file__).parent
TOOLS = Path(sys.executable).parent

config.name = "optimus-mlir"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = str(SOURCE)
config.test_exec_root = str(SOURCE.parent.parent / "build" / "lit")
config.environment["OPTIMUS_CACHE_DIR"] = str(SOURCE.parent.parent / "build" / "lit" / "cache")
config.environment["PATH"] = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
config.substitutions.append((r"\bFileCheck\b", "filecheck"))
