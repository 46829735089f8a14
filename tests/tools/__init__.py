"""Real programs for the tests: where each is found or how it is built, and `path(name)`, which is all that a test needs.

Here belongs what puts a program on disk. Starting one belongs to the test that owns it (tests/real). Nothing here knows holdfast.
"""

from tests.tools.find import Found, locate, path
from tests.tools.table import TOOLS, ToolError, named

__all__ = ["TOOLS", "Found", "ToolError", "locate", "named", "path"]
