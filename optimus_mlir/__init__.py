"""Optimus on MLIR: operator fusion for small neural-network accelerators, by an exact cost model."""

__version__ = "0.1.0"
