"""Numbers as people read them."""

UNITS = ("KiB", "MiB", "GiB", "TiB")


def readable_bytes(count: int) -> str:
    """Three digits and a unit: `512 B`, `1.50 KiB`, `23.4 MiB`."""
    if count < 1024:
        return f"{count} B"
    power = 1
    while count / 1024**power >= 999.5 and power < len(UNITS):
        power += 1
    return f"{three_digits(count / 1024**power)} {UNITS[power - 1]}"


def readable_energy(picojoules: float) -> str:
    """`1.50 mJ`, `23.4 uJ`, `512 nJ`."""
    unit, size = energy_unit(picojoules)
    return f"{three_digits(picojoules / size)} {unit}"


def energy_unit(picojoules: float) -> tuple[str, float]:
    """The unit to write it in, and its picojoules."""
    units = (("mJ", 1e9), ("uJ", 1e6), ("nJ", 1e3))
    return next((unit for unit in units if picojoules >= unit[1]), ("pJ", 1))


def readable_count(count: float) -> str:
    """`1.50 M`; small numbers as they are."""
    return f"{three_digits(count / 1e6)} M" if count >= 1e5 else f"{count:.0f}"


def three_digits(value: float) -> str:
    """`1.50`, `23.4`, `512`."""
    for limit, decimals in ((9.995, 2), (99.95, 1)):
        if value < limit:
            return f"{value:.{decimals}f}"
    return f"{value:.0f}"


def percent(part: float, whole: float) -> str:
    """`12.3 %`; a dash if there is no whole."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def number_of(number: int, what: str) -> str:
    """`1 group`, `3 groups`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
