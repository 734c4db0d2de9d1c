"""Where tables go."""

import os

from rich.console import Console

COLUMNS_OF_A_FILE = 100


def stdout_console() -> Console:
    """Stdout: as wide as the terminal; $COLUMNS or 100 columns and no colours in files and pipes."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = COLUMNS_OF_A_FILE
    return console
