"""The catalogue: one file per flag of `optimus-opt`."""
