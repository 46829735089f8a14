"""The table of tools: what each is, which version will do, and where it can come from.

Here belong facts, and the release read from the pinned go.mod. Looking and building belong to find.py, debian.py and gobuild.py.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MODULES = Path(__file__).parent / "modules"

Group = Literal["quick", "long"]


class ToolError(Exception):
    """A tool cannot be had. The text says which, why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class GoModule:
    """A folder of `modules/` with go.mod and go.sum; `linked` are Go variables that the linker sets, NAME=VALUE."""

    name: str
    linked: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return MODULES / self.name


@dataclass(frozen=True, kw_only=True)
class DebianFile:
    """A program inside a Debian package, which is downloaded and unpacked without root."""

    package: str
    file: str


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One program. `variable` names it outright; `least` is the lowest version that is taken from PATH or Debian."""

    name: str
    group: Group
    variable: str
    least: tuple[int, int]
    module: GoModule
    package: str
    build_time: str
    programs: tuple[str, ...] = ()
    ask_version: tuple[str, ...] = ("--version",)
    debian: DebianFile | None = None

    @property
    def names_on_path(self) -> tuple[str, ...]:
        return self.programs or (self.name,)

    @property
    def release(self) -> str:
        """The version that a Go build gives, from the pin in go.mod: "1.36.3"."""
        return release(self.package, (self.module.folder / "go.mod").read_text())


_KUBERNETES = GoModule(
    name="kubernetes",
    linked=(
        "k8s.io/component-base/version.gitVersion=v{release}",
        "k8s.io/component-base/version.gitMajor={major}",
        "k8s.io/component-base/version.gitMinor={minor}",
    ),
)
_PROMETHEUS = GoModule(name="prometheus", linked=("github.com/prometheus/common/version.Version={release}",))
_VELERO = GoModule(
    name="velero",
    linked=(
        "github.com/vmware-tanzu/velero/pkg/buildinfo.Version=v{release}",
        # else it also listens on port 8080 of every address, which no flag of Velero changes
        "sigs.k8s.io/controller-runtime/pkg/metrics/server.DefaultBindAddress=0",
    ),
)
_VELERO_PLUGIN = GoModule(name="velero-plugin-for-aws")
_CSI = GoModule(name="csi", linked=("main.version=v{release}",))

_ASSETS = "KUBEBUILDER_ASSETS"  # the folder that the envtest of the Kubernetes ecosystem downloads
_PROMETHEUS_CMD = "github.com/prometheus/prometheus/cmd/"
_ALERTMANAGER_CMD = "github.com/prometheus/alertmanager/cmd/"
_SNAPSHOTTER_CMD = "github.com/kubernetes-csi/external-snapshotter/v8/cmd/"

# "quick" is what `make test` needs: one Go build where Debian has the rest. "long" is added by `make test-real`.
TOOLS: tuple[Tool, ...] = (
    Tool(
        name="etcd",
        group="quick",
        variable=_ASSETS,
        least=(3, 5),
        module=_KUBERNETES,
        package="go.etcd.io/etcd/server/v3",
        build_time="1 minute",
    ),
    Tool(
        name="kube-apiserver",
        group="quick",
        variable=_ASSETS,
        least=(1, 33),
        module=_KUBERNETES,
        package="k8s.io/kubernetes/cmd/kube-apiserver",
        build_time="5 to 8 minutes",
    ),
    Tool(
        name="prometheus",
        group="quick",
        variable="HOLDFAST_PROMETHEUS",
        least=(2, 42),
        module=_PROMETHEUS,
        package=_PROMETHEUS_CMD + "prometheus",
        build_time="8 to 11 minutes",
        debian=DebianFile(package="prometheus", file="usr/bin/prometheus"),
    ),
    Tool(
        name="promtool",
        group="quick",
        variable="HOLDFAST_PROMTOOL",
        least=(2, 42),
        module=_PROMETHEUS,
        package=_PROMETHEUS_CMD + "promtool",
        build_time="8 to 11 minutes",
        debian=DebianFile(package="prometheus", file="usr/bin/promtool"),
    ),
    Tool(
        name="alertmanager",
        group="quick",
        variable="HOLDFAST_ALERTMANAGER",
        least=(0, 25),
        module=_PROMETHEUS,
        package=_ALERTMANAGER_CMD + "alertmanager",
        build_time="2 minutes",
        # installed, Debian's is good; unpacked it is not: it opens /usr/share/prometheus/alertmanager/default.tmpl
        programs=("alertmanager", "prometheus-alertmanager"),
    ),
    Tool(
        name="amtool",
        group="quick",
        variable="HOLDFAST_AMTOOL",
        least=(0, 25),
        module=_PROMETHEUS,
        package=_ALERTMANAGER_CMD + "amtool",
        build_time="2 minutes",
        debian=DebianFile(package="prometheus-alertmanager", file="usr/bin/amtool"),
    ),
    Tool(
        name="kube-controller-manager",
        group="long",
        variable="HOLDFAST_KUBE_CONTROLLER_MANAGER",
        least=(1, 33),
        module=_KUBERNETES,
        package="k8s.io/kubernetes/cmd/kube-controller-manager",
        build_time="2 to 4 minutes",
    ),
    Tool(
        name="kubectl",
        group="long",
        variable=_ASSETS,
        least=(1, 33),
        module=_KUBERNETES,
        package="k8s.io/kubernetes/cmd/kubectl",
        build_time="1 to 2 minutes",
        ask_version=("version", "--client"),
    ),
    Tool(
        name="velero",
        group="long",
        variable="HOLDFAST_VELERO",
        least=(1, 17),
        module=_VELERO,
        package="github.com/vmware-tanzu/velero/cmd/velero",
        build_time="5 to 8 minutes",
        ask_version=("version", "--client-only"),
    ),
    Tool(
        name="velero-plugin-for-aws",
        group="long",
        variable="HOLDFAST_VELERO_PLUGIN_FOR_AWS",
        least=(1, 13),
        module=_VELERO_PLUGIN,
        package="github.com/vmware-tanzu/velero-plugin-for-aws/velero-plugin-for-aws",
        build_time="2 minutes",
        ask_version=(),  # a plugin speaks only to Velero: it has no version to ask, so PATH is not looked at
    ),
    Tool(
        name="snapshot-controller",
        group="long",
        variable="HOLDFAST_SNAPSHOT_CONTROLLER",
        least=(8, 6),  # the first that serves and asks for v1 of the group kinds
        module=_CSI,
        package=_SNAPSHOTTER_CMD + "snapshot-controller",
        build_time="3 to 6 minutes",
    ),
    Tool(
        name="csi-snapshotter",
        group="long",
        variable="HOLDFAST_CSI_SNAPSHOTTER",
        least=(8, 6),
        module=_CSI,
        package=_SNAPSHOTTER_CMD + "csi-snapshotter",
        build_time="3 to 6 minutes",
    ),
    Tool(
        name="promtool3",
        group="long",
        variable="HOLDFAST_PROMTOOL3",
        least=(3, 10),
        module=_PROMETHEUS,
        package=_PROMETHEUS_CMD + "promtool",
        build_time="8 to 11 minutes",
        programs=("promtool",),
    ),
)


def named(name: str) -> Tool:
    """The tool of that name. Raises ToolError, with the nearest and all valid names."""
    for tool in TOOLS:
        if tool.name == name:
            return tool
    valid = [tool.name for tool in TOOLS]
    near = difflib.get_close_matches(name, valid, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ToolError(f"there is no tool {name!r}.{hint} Tools: {', '.join(valid)}")


def chosen(words: Iterable[str]) -> list[Tool]:
    """The tools meant by names and by the words quick, long and all, in the table's order. Raises ToolError."""
    groups = {"quick": {"quick"}, "long": {"long"}, "all": {"quick", "long"}}
    wanted: set[str] = set()
    for word in words:
        if word in groups:
            wanted |= {tool.name for tool in TOOLS if tool.group in groups[word]}
        else:
            wanted.add(named(word).name)
    return [tool for tool in TOOLS if tool.name in wanted]


def release(package: str, go_mod: str) -> str:
    """The release of the module that holds `package`, by the longest path that go.mod requires. Raises ToolError."""
    pins = dict(re.findall(r"^\s*(?:require )?(\S+/\S+) v(\d+\.\d+\.\d+)", go_mod, re.MULTILINE))
    holders = [path for path in pins if package == path or package.startswith(path + "/")]
    if not holders:
        raise ToolError(f"go.mod requires no module that holds {package}: add it to go.mod and tools.go")
    module = max(holders, key=len)
    pin = str(pins[module])
    if module == "github.com/prometheus/prometheus" and pin.startswith("0."):
        # Prometheus tags its Go module v0.310.0 for release 3.10.0 (its RELEASE.md)
        _, number, patch = pin.split(".")
        return f"{int(number) // 100}.{int(number) % 100}.{patch}"
    return pin
