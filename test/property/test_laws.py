"""The laws of meaning, traffic and space, on random networks under random plans and every solver."""

from hypothesis import given, note, settings
from laws import Case, cases, chance, check_laws, solvers

# many a case is compiled to machine code twice: plainly, and for the emulator
a_third = settings(max_examples=max(1, settings.default.max_examples // 3))


@a_third
@given(cases(solvers, [("jit",), ("numpy",)]))
def test_every_solver_obeys_the_laws(case: Case) -> None:
    obeys_the_laws(case)


@given(cases(chance, [("jit",), ("numpy",), ("numpy",), ("numpy",)]))
def test_every_plan_obeys_the_laws(case: Case) -> None:
    """Random groups with random schedules, in a scratchpad of exactly their footprint."""
    obeys_the_laws(case)


def obeys_the_laws(case: Case) -> None:
    note(case.network)
    planned = case.planned()
    note(planned.operation.get_asm())
    check_laws(case.network, planned, case.back_ends)
