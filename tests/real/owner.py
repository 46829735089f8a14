"""Runs one program for as long as the process that started it lives: ended when the standard input ends, however that comes.

Here belongs only this. It is a program of its own (`python owner.py SECONDS PROGRAM ARGUMENT...`): a test process that is killed,
or leaves by os._exit as pytest-timeout can, runs no clean-up, but the kernel closes its end of the pipe all the same.
"""

import os
import subprocess
import sys
import threading


def _end_with_input(child: "subprocess.Popen[bytes]", patience: float) -> None:
    while os.read(0, 1024):
        pass
    child.terminate()
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()


def main() -> int:
    """Prints the program's process id, then waits; the exit code is the program's own, or 128 + its signal."""
    patience = float(sys.argv[1])
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=2, stderr=2)
    print(child.pid, flush=True)
    threading.Thread(target=_end_with_input, args=(child, patience), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
