"""From linalg IR to the workload that the cost model prices."""
