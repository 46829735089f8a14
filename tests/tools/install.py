"""The installer's command line: `python -m tests.tools.install [quick|long|all|NAME ...]`, quick when nothing is named.

Here belongs what a person sees. What is installed from where belongs to table.py and find.py.
"""

import sys
import time

from tests.tools import cache
from tests.tools.find import locate
from tests.tools.table import TOOLS, ToolError, chosen


def main(words: list[str]) -> int:
    """Installs what is named; 0 when all of it is there, 2 when something cannot be had."""
    if {"-h", "--help"} & set(words):
        print(__doc__.splitlines()[0] if __doc__ else "")
        for tool in TOOLS:
            print(f"  {tool.name:26}{tool.group:7}{tool.variable}")
        return 0
    started = time.monotonic()
    try:
        for tool in chosen(words or ["quick"]):
            found = locate(tool)
            print(f"{tool.name:26}{found.origin:40}{found.path}", flush=True)
    except ToolError as error:
        print(f"tools: {error}", file=sys.stderr)
        return 2
    cache.say(f"ready in {cache.took(time.monotonic() - started)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
