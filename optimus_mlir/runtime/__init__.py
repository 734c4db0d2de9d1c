"""The emulator: runs compiled programs and counts every byte that crosses the chip's border."""
