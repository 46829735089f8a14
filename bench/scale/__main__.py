"""``python -m bench.scale``: starts an API server, fills it, lists it bare, runs the exporter on it, tells.

Everything listens on loopback, and everything that was started here is ended here, also when a step fails.
"""

import argparse
import asyncio
import importlib.metadata
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import psutil
from rich.console import Console

from bench.scale.api import Api, BenchError, connect
from bench.scale.figures import Run, document, table
from bench.scale.filling import AT_ONCE, Tell, fill
from bench.scale.fleet import Fleet
from bench.scale.listing import list_all
from bench.scale.measuring import RATE, Measured, measure
from bench.scale.subject import Subject
from tests.real.apiserver import ApiServer
from tests.real.exporter import Exporter
from tests.real.process import StartError
from tests.tools import ToolError

_ROUNDS = 2  # of the bare client: the first finds the server's caches cold
_SCRAPE_TIMEOUT = aiohttp.ClientTimeout(total=120)
_BUFFER = 1 << 20  # bytes read at once: the client must not be what a scrape waits for

_FORESEEN = (BenchError, StartError, ToolError, OSError, aiohttp.ClientError)

# All tiers have an objective, so that every family about objectives has its samples.
_CONFIG = """\
tiers:
  - {name: gold, match: {namespaceLabels: {tier: gold}}, rpo: 1h, rto: 30m, urgency: page}
  - {name: silver, match: {namespaceLabels: {tier: silver}}, rpo: 6h, restoreDrillEvery: 90d}
  - {name: bronze, match: {namespaceLabels: {tier: bronze}}, rpo: 26h}
"""


def main() -> int:
    """The exit code: 1 when a step failed, with one line about it; 130 when asked to end."""
    asked = _arguments()
    console = Console(stderr=True)
    # The harness gives etcd no size; its own limit of 2 GiB is near what the full fleet and its history take.
    os.environ.setdefault("ETCD_QUOTA_BACKEND_BYTES", str(8 << 30))
    signal.signal(
        signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT)
    )  # one way out, that cleans up
    try:
        run = _run(asked, lambda text: console.print(text, style="dim", highlight=False))
    except _FORESEEN as error:
        return _say_failed(console, error)
    except BaseExceptionGroup as group:
        foreseen, others = group.split(_FORESEEN)
        if others is not None or foreseen is None:
            raise
        return _say_failed(console, _first(foreseen))
    except KeyboardInterrupt:
        return 130
    if asked.json:
        asked.json.write_bytes(document(run))
    Console().print(table(run))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.scale", description="Measures Holdfast on a large cluster."
    )
    parser.add_argument(
        "--claims", type=_count(1), default=20_000, help="claims, and as many volumes (%(default)s)"
    )
    parser.add_argument(
        "--pods", type=_count(0), default=60_000, help="pods, those that mount a claim first (%(default)s)"
    )
    parser.add_argument(
        "--churn", type=_count(0), default=20, metavar="SECONDS", help="of changes; 0: none (%(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed is another cluster of that size (%(default)s)"
    )
    parser.add_argument(
        "--limit", type=_count(1), default=7200, metavar="SECONDS", help="for all of it (%(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = parser.parse_args()
    if asked.json and not asked.json.parent.is_dir():
        parser.error(f"--json {asked.json}: there is no folder {asked.json.parent}")
    return asked


def _say_failed(console: Console, error: BaseException) -> int:
    console.print(
        f"the bench failed: {str(error) or repr(error)}",
        style="red",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    return 1


def _count(least: int) -> Callable[[str], int]:
    """Reads a whole number that is not less."""

    def read(text: str) -> int:
        number = int(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"{number} is less than {least}")
        return number

    return read


def _run(asked: argparse.Namespace, tell: Tell) -> Run:
    fleet = Fleet(claims=asked.claims, pods=asked.pods, seed=asked.seed)
    tell("starting an API server")
    with ApiServer() as server, tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        kubeconfig = server.kubeconfig(Path(folder) / "kubeconfig")
        try:
            return asyncio.run(_bench(server, kubeconfig, fleet, asked, tell))
        except TimeoutError as error:
            late = f"no answer in time, or all of it took more than {asked.limit} s (--limit)"
            raise BenchError(str(error) or late) from error


async def _bench(
    server: ApiServer, kubeconfig: Path, fleet: Fleet, asked: argparse.Namespace, tell: Tell
) -> Run:
    at_once = max(AT_ONCE, RATE)
    async with (
        asyncio.timeout(asked.limit),
        connect(server.url, server.ca_file, server.token, connections=at_once) as api,
    ):
        began = time.perf_counter()
        objects = await fill(api, fleet, tell)
        filled = time.perf_counter() - began
        listed = [await list_all(api) for _ in range(_ROUNDS)]
        tell("listed bare in " + " and ".join(f"{one.seconds:.2f} s" for one in listed))
        measured = await _measure_exporter(kubeconfig, api, fleet, asked.churn, tell)
    return Run(
        version=importlib.metadata.version("holdfast"),
        python=platform.python_version(),
        cores=psutil.cpu_count() or 1,
        load=os.getloadavg()[0],
        claims=fleet.claims,
        pods=fleet.pods,
        seed=fleet.seed,
        objects=objects,
        filled=filled,
        listed_bytes=listed[-1].bytes,
        listed=tuple(one.seconds for one in listed),
        measured=measured,
    )


async def _measure_exporter(kubeconfig: Path, api: Api, fleet: Fleet, churn: float, tell: Tell) -> Measured:
    with Exporter(kubeconfig, config=_CONFIG, ready=False) as exporter:
        began = time.perf_counter()  # the process is a few milliseconds old
        process = exporter.process
        if process is None:
            raise BenchError("the exporter has no process")
        session = aiohttp.ClientSession(
            exporter.url, timeout=_SCRAPE_TIMEOUT, auto_decompress=False, read_bufsize=_BUFFER
        )
        async with session:
            subject = Subject(process.pid, session)
            try:
                return await measure(subject, api, fleet, began=began, churn=churn, tell=tell)
            except (BenchError, aiohttp.ClientError, psutil.Error) as error:
                raise BenchError(f"{error}\nThe exporter's log ends:\n{process.log_tail()}") from error


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure of a group; the others are mostly its consequences."""
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


if __name__ == "__main__":
    sys.exit(main())
