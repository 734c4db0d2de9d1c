# The bindings are C++ without type stubs: to the type checker all of them is Any.
from typing import Any

def __getattr__(name: str) -> Any: ...
