"""Machine code for tiles: linalg ops on buffers of static shape as loops around blocks of vectors."""
