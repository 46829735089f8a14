"""The commands themselves: what each is called, what it takes, what it prints, and how it ends."""

import io
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import msgspec
import typer
import yaml
from rich.console import Console

from holdfast import __version__
from holdfast.app.account.document import report_document
from holdfast.app.account.explain import Explanation, explain_claim
from holdfast.app.compose import select
from holdfast.app.look import Look, Origin
from holdfast.app.rbac import roles
from holdfast.app.serve import ServeOptions, serve
from holdfast.cli.arguments import (
    CONFIG,
    CONTEXT,
    FROM,
    HISTORY,
    KUBECONFIG,
    LOG_FORMAT,
    LOG_LEVEL,
    NOW,
    parse_now,
    refuse_unknown,
    set_up_logging,
)
from holdfast.cli.checklist_command import checklist
from holdfast.cli.explain_text import print_explanation
from holdfast.cli.report_table import print_report
from holdfast.cli.rules_command import rules
from holdfast.cli.running import end, fail, refuse_empty, run, settings_of, take_look
from holdfast.cli.waste_command import waste
from holdfast.demo import demo_config, write_demo
from holdfast.http.addresses import AddressError, parse_address
from holdfast.http.server import Bound, HttpOptions
from holdfast.http.web import WebFile
from holdfast.model.identity import ClaimRef
from holdfast.settings import load_web_settings

_FORMATS = ("table", "json", "openmetrics", "prometheus")

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Is the persistent data of this cluster safe?"
)
explain_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Say where every figure comes from."
)
config_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at the configuration.")
app.add_typer(explain_app, name="explain")
app.add_typer(config_app, name="config")
app.command("checklist")(checklist)
app.command("rules")(rules)
app.command("waste")(waste)


def main() -> None:
    """The program ``holdfast``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # names may hold what a terminal's encoding does not
    app()


@app.callback()
def _program() -> None: ...


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


@app.command("serve")
def serve_command(  # noqa: PLR0913 - one parameter a flag
    folder: FROM = None,
    config: CONFIG = None,
    kubeconfig: KUBECONFIG = None,
    context: CONTEXT = None,
    history: HISTORY = None,
    now: NOW = None,
    listen: Annotated[
        list[str] | None,
        typer.Option(
            "--web.listen-address", metavar="ADDRESS", help="Where to listen, repeatable; :10123 by default."
        ),
    ] = None,
    web_config: Annotated[
        Path | None, typer.Option("--web.config.file", metavar="FILE", help="TLS, passwords and headers.")
    ] = None,
    probe: Annotated[
        str, typer.Option("--web.probe-address", metavar="ADDRESS", help="Empty for none.")
    ] = ":10124",
    log_level: LOG_LEVEL = "info",
    log_format: LOG_FORMAT = "text",
) -> None:
    """Run the exporter (default addresses :10123, and :10124 for probes alone)."""
    set_up_logging(log_level, log_format)
    if folder is None and (history is not None or now is not None):
        raise typer.BadParameter(
            "--history and --now go with --from; of a cluster, history.path says where history is"
        )
    if folder is not None and (kubeconfig is not None or context is not None):
        raise typer.BadParameter("--from reads no cluster; leave --kubeconfig and --context away")
    options = ServeOptions(
        origin=Origin(folder=folder, kubeconfig=kubeconfig, context=context, history=history),
        http=_http_options(listen or [":10123"], probe, web_config),
        now=parse_now(now),
    )
    settings = settings_of(config)
    run(lambda watch: serve(settings, msgspec.structs.replace(options, watch=watch)))


@app.command()
def report(  # noqa: PLR0913 - one parameter a flag
    folder: FROM = None,
    output: Annotated[str, typer.Option("--format", metavar="FORMAT", help=", ".join(_FORMATS))] = "table",
    config: CONFIG = None,
    kubeconfig: KUBECONFIG = None,
    context: CONTEXT = None,
    history: HISTORY = None,
    now: NOW = None,
    log_level: LOG_LEVEL = "warning",
    log_format: LOG_FORMAT = "text",
) -> None:
    """Look once and print what was found, worst first. Ends with 0 whatever state the data is in."""
    set_up_logging(log_level, log_format)
    refuse_unknown(output, "format", _FORMATS, "--format")
    origin = Origin(folder=folder, kubeconfig=kubeconfig, context=context, history=history)
    taken = take_look(settings_of(config), origin, now)
    refuse_empty(taken, folder)
    _print_look(taken, output)
    end(taken)


@explain_app.command("pvc")
def explain_pvc(  # noqa: PLR0913 - one parameter a flag
    claim: Annotated[str, typer.Argument(metavar="NAMESPACE/NAME")],
    folder: FROM = None,
    server: Annotated[
        str | None, typer.Option("--server", metavar="URL", help="Ask a running exporter instead.")
    ] = None,
    output: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json")] = "text",
    config: CONFIG = None,
    kubeconfig: KUBECONFIG = None,
    context: CONTEXT = None,
    history: HISTORY = None,
    now: NOW = None,
    log_level: LOG_LEVEL = "warning",
    log_format: LOG_FORMAT = "text",
) -> None:
    """Print each figure of a claim with the objects it came from and the rule that decided it."""
    set_up_logging(log_level, log_format)
    namespace, slash, name = claim.partition("/")
    if not (slash and namespace and name) or "/" in name:
        raise typer.BadParameter(f"{claim!r} names no claim; write NAMESPACE/NAME")
    refuse_unknown(output, "format", ("text", "json"), "--format")
    ref = ClaimRef(namespace, name)
    if server is not None:
        explanation: Explanation | None = _ask(server, ref)
        taken = None
    else:
        origin = Origin(folder=folder, kubeconfig=kubeconfig, context=context, history=history)
        taken = take_look(settings_of(config), origin, now)
        explanation = explain_claim(taken.engine, ref, taken.now)
    if explanation is None:
        fail(f"{ref}: no such claim; 'holdfast report' lists those there are")
    if output == "json":
        print(msgspec.json.encode(explanation).decode())
    else:
        print_explanation(explanation, Console())
    if taken is not None:
        end(taken)


@config_app.command("check")
def config_check(config: CONFIG = None) -> None:
    """Check configuration files; say all that is wrong with them at once."""
    settings = settings_of(config)
    off = [source.name for source in select(settings).disabled]
    own = [source.name for source in settings.generic_sources]
    print(f"configuration is good: {len(settings.tiers)} tiers, sources off: {', '.join(off) or 'none'}")
    if own:
        print(f"sources of your own: {', '.join(own)}")


@app.command()
def rbac(
    config: CONFIG = None,
    name: Annotated[str, typer.Option("--name", help="What the role is to be called.")] = "holdfast",
) -> None:
    """Print the role that the sources of this configuration need."""
    settings = settings_of(config)
    chosen = select(settings)
    made = roles(
        chosen.enabled,
        name=name,
        namespaces=chosen.namespaces or (),
        own=chosen.own_namespaces,
        usage=settings.usage,
    )
    print(yaml.safe_dump_all(made, sort_keys=False), end="")


@app.command()
def demo(
    listen: Annotated[
        list[str] | None,
        typer.Option("--web.listen-address", metavar="ADDRESS", help="127.0.0.1:10123 by default."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="DIR", help="Write the objects to this folder, and end.")
    ] = None,
    now: NOW = None,
    log_level: LOG_LEVEL = "warning",
) -> None:
    """Run the exporter on an embedded example cluster; nothing else is needed."""
    set_up_logging(log_level, "text")
    fixed = parse_now(now)
    if write is not None:
        write_demo(write, time.time() if fixed is None else fixed)
        print(f"wrote the example cluster to {write}; look at it with: holdfast report --from {write}")
        return
    settings = settings_of([demo_config()])
    options = ServeOptions(
        origin=Origin(demo=True),
        http=_http_options(listen or ["127.0.0.1:10123"], "", None),
        now=fixed,
        started=_greet,
    )
    run(lambda watch: serve(settings, msgspec.structs.replace(options, watch=watch)))


def _greet(bound: Bound) -> None:
    base = f"http://{bound.listen[0]}"
    print(
        f"The example cluster is served; open\n\n  {base}/          the page for people\n"
        f"  {base}/metrics   what Prometheus would scrape\n\nand ask, in another terminal:\n\n"
        f"  holdfast explain pvc shop/orders-db-0 --server {base}\n\nCtrl-C ends it.",
        flush=True,
    )


def _http_options(listen: list[str], probe: str, web_config: Path | None) -> HttpOptions:
    try:
        return HttpOptions(
            listen=tuple(parse_address(text) for text in listen),
            probe=parse_address(probe) if probe else None,
            web=WebFile(path=web_config, load=load_web_settings) if web_config else None,
        )
    except AddressError as error:
        fail(str(error))


def _ask(server: str, ref: ClaimRef) -> Explanation | None:
    url = (
        f"{server.rstrip('/')}/api/v1/explain/pvc/{quote(ref.namespace, safe='')}/{quote(ref.name, safe='')}"
    )
    if not url.startswith(("http://", "https://")):
        fail(f"{server}: is no http address; write http://HOST:PORT")
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - http and https alone, see above
            return msgspec.json.decode(answer.read(), type=Explanation)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        if error.code == 503:  # it says what it waits for
            fail(
                f"{url}: {msgspec.json.decode(error.read(), type=dict[str, str]).get('error', error.reason)}"
            )
        fail(f"{url}: answered {error.code} {error.reason}")
    except (urllib.error.URLError, TimeoutError, msgspec.DecodeError) as error:
        fail(f"{url}: {error}; is that where the exporter listens?")


def _print_look(taken: Look, output: str) -> None:
    if output == "table":
        print_report(report_document(taken.engine, taken.now, taken.errors), Console())
    elif output == "json":
        print(msgspec.json.encode(report_document(taken.engine, taken.now, taken.errors)).decode())
    else:
        text = b"".join(taken.engine.text(taken.now)) + (b"# EOF\n" if output == "openmetrics" else b"")
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
