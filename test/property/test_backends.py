"""The JIT and the NumPy interpreter agree on results, bytes and peak, on random networks and plans."""

from hypothesis import given, note, settings
from laws import Case, cases, chance, check_laws

a_fifth = settings(max_examples=max(1, settings.default.max_examples // 5))


@a_fifth
@given(cases(chance, [("numpy", "jit")]))
def test_both_back_ends_agree(case: Case) -> None:
    """Each with what was promised and what is computed plainly, and so with each other."""
    note(case.network)
    planned = case.planned()
    note(planned.operation.get_asm())
    check_laws(case.network, planned, case.back_ends)
