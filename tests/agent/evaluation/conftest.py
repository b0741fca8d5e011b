"""Cases over the agent's small help centre, two of them wrong on purpose."""

from pathlib import Path

import pytest

CASES = """
- id: export
  message: How do I export a board to Excel?
  expect: {action: answer, article: exports/export-board}
- id: wrong-article
  message: How do I export a board to Excel?
  expect: {action: answer, article: billing/invoices}
- id: wrong-words
  set: held_out
  message: How do I export a board to Excel?
  expect: {action: answer, article: exports/export-board, says: [by post]}
- id: person
  message: Can I talk to a real person?
  expect: {action: hand_over, reason: human_request}
- id: either
  message: Do you accept Bitcoin?
  expect: {action: hand_over, reason: [account, no_knowledge]}
- id: thanks
  message: Thanks!
  expect: {action: no_reply}
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.yaml"
    path.write_text(CASES)
    return path
