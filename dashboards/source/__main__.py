"""Writes every dashboard to dashboards/<uid>.json."""

from dashboards.source.files import FOLDER, rendered


def main() -> None:
    for name, text in rendered().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"dashboards/{name}")


main()
