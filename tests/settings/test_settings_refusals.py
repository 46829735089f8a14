"""Every refusal in full next to the file that it refuses: NAME.yaml and NAME.expect.txt.

``HOLDFAST_APPROVE=1`` writes what is said now; read the difference before you commit it.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from holdfast.settings import Known, SettingsError, load_settings, load_web_settings

HERE = Path(__file__).parent
CONFIGURATIONS = sorted(path.name for path in (HERE / "invalid").glob("*.yaml"))
WEB = sorted(path.name for path in (HERE / "invalid-web").glob("*.yaml"))


def compare(folder: Path, name: str, load: Callable[[Path], object]) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(Path(name))
    expected = folder / f"{name.removesuffix('.yaml')}.expect.txt"
    if os.environ.get("HOLDFAST_APPROVE"):
        expected.write_text(f"{refusal.value}\n")
    assert f"{refusal.value}\n" == expected.read_text()


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_wrong_configuration_is_refused_in_these_words(
    name: str, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE / "invalid")
    compare(HERE / "invalid", name, lambda path: load_settings([path], known))


@pytest.mark.parametrize("name", WEB)
def test_a_wrong_web_configuration_is_refused_in_these_words(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE / "invalid-web")
    compare(HERE / "invalid-web", name, load_web_settings)


def test_every_expectation_has_its_file() -> None:
    for folder in (HERE / "invalid", HERE / "invalid-web"):
        texts = {path.name.removesuffix(".expect.txt") for path in folder.glob("*.expect.txt")}
        assert texts == {path.stem for path in folder.glob("*.yaml")}
