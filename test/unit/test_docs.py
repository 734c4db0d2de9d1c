import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_excerpts_are_what_the_compiler_prints() -> None:
    command = [sys.executable, str(ROOT / "tools" / "update_docs.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, f"run tools/update_docs.py\n{checked.stdout}{checked.stderr}"


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "docs").glob("*.md"):
        for target in links(page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_code_that_embeds_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(code, names)  # the blocks build on each other
    assert "('conv0', 'conv1')" in capsys.readouterr().out


def links(text: str) -> list[str]:
    """The relative targets of Markdown links, without their anchors."""
    targets = [part.split(")")[0].split("#")[0] for part in text.split("](")[1:]]
    return [target for target in targets if target and "://" not in target]
