"""The command ``rules``: prints the alert rules, or writes them as files, for whoever installs no chart."""

from pathlib import Path
from typing import Annotated, get_args

import typer

from holdfast.app.rules_pack import RUNBOOKS, PackError, PackForm, areas, rules_pack, rules_text

_FORMS: tuple[PackForm, ...] = get_args(PackForm)


def rules(
    area: Annotated[
        list[str] | None, typer.Option("--area", metavar="AREA", help="Of this area only, repeatable.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(_FORMS)}.")] = "prometheus",
    runbooks: Annotated[
        str, typer.Option("--runbook-base-url", metavar="URL", help="Where the runbooks are served.")
    ] = RUNBOOKS,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="DIR", help="Write a file for each area to this folder, and end."),
    ] = None,
) -> None:
    """Print the alert rules, for Prometheus, the Prometheus operator or Mimir."""
    if form not in _FORMS:
        raise typer.BadParameter(f"there is no format {form!r}; write one of {', '.join(_FORMS)}")
    chosen = list(dict.fromkeys(area)) if area else list(areas())
    try:
        if write is None:
            print(rules_pack(chosen, form, runbooks), end="")
            return
        texts = {name: rules_text(name, runbooks) for name in chosen}
    except PackError as error:
        raise typer.BadParameter(str(error)) from None
    if form != "prometheus":
        raise typer.BadParameter(f"--write makes files for Prometheus; print the format {form} instead")
    _write(write, texts)


def _write(folder: Path, texts: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / f"holdfast-{name}.yaml").write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{folder}: {error.strerror}; name a folder that can be written") from None
    print(f"wrote {len(texts)} files to {folder}; name them under rule_files: {folder}/holdfast-*.yaml")
