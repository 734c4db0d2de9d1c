"""Where modules come from: PyTorch, files, and a zoo of networks; and inputs to run them on."""
