"""`EXAMPLES=10000 make property` tries as many random cases per test; without, the same few."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "optimus",
    max_examples=int(os.environ.get("EXAMPLES", "100")),
    derandomize="EXAMPLES" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("optimus")
