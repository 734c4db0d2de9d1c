"""The rewrites of linalg on tensors that bring any network into one form: `--optimus-normalize`."""
