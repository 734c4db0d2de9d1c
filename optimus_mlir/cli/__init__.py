"""The command-line tools: `optimus-opt` for MLIR files, `optimus` for models."""
