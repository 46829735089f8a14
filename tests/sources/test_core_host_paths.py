"""Which directories of its node a pod may write to: the object in, the record out."""

from typing import Any

import pytest

from holdfast.model.ephemeral import ScratchPod
from holdfast.model.facts import Pod
from tests.sources.core_cases import fixture, minimal, read


def paths(obj: Any) -> tuple[str, ...]:
    (found,) = (record for record in read(obj) if isinstance(record, ScratchPod))
    return found.host_paths


def pod(path: Any = "/data", *, read_only: Any = None, **host_path: Any) -> Any:
    """A pod whose one container mounts the path."""
    mount = {"name": "v", "mountPath": "/v", "readOnly": read_only}
    volume = {"name": "v", "hostPath": {"path": path, **host_path}}
    return minimal("Pod", spec={"volumes": [volume], "containers": [{"name": "a", "volumeMounts": [mount]}]})


def test_a_pod_tells_which_directories_of_its_node_it_may_fill() -> None:
    """An init container may fill what the others only read. What all just read, and sockets, are no data."""
    assert paths(fixture("agent-pod")) == ("/var/lib/agent",)
    assert paths(fixture("pod-with-claims")) == ()


@pytest.mark.parametrize("kind", [None, "", "Directory", "DirectoryOrCreate"])
def test_a_directory_may_hold_data(kind: Any) -> None:
    assert paths(pod(type=kind)) == ("/data",)


@pytest.mark.parametrize("kind", ["Socket", "CharDevice", "BlockDevice", "File", "FileOrCreate"])
def test_a_socket_a_device_and_a_single_file_are_no_data(kind: str) -> None:
    assert paths(pod(type=kind)) == ()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/run/containerd/containerd.sock", ()),
        ("/var/run/docker.sock", ()),
        ("/run/sockets", ("/run/sockets",)),
        ("/data//a/../b/", ("/data/b",)),
        ("/", ("/",)),
        ("C:\\data", ("C:\\data",)),
        ("", ()),
        (None, ()),
    ],
)
def test_a_path_without_a_type_is_judged_by_its_name(path: Any, told: tuple[str, ...]) -> None:
    assert paths(pod(path)) == told


@pytest.mark.parametrize(("read_only", "told"), [(True, ()), (False, ("/data",)), (None, ("/data",))])
def test_what_is_mounted_just_to_be_read_is_no_data(read_only: Any, told: tuple[str, ...]) -> None:
    assert paths(pod(read_only=read_only)) == told


def test_what_no_container_mounts_is_no_data() -> None:
    for containers in (None, [], [None], [{"name": "a", "volumeMounts": [None, {"name": "other"}, {}]}]):
        obj = pod()
        obj["spec"]["containers"] = containers
        assert paths(obj) == ()


def test_one_container_that_writes_is_enough() -> None:
    obj = pod(read_only=True)
    for kind in ("containers", "initContainers"):
        obj["spec"][kind] = [
            {"name": "a", "volumeMounts": [{"name": "v", "readOnly": True}]},
            {"name": "b", "volumeMounts": [{"name": "v"}]},
        ]
        assert paths(obj) == ("/data",)
        obj["spec"][kind] = None


def test_directories_are_told_once_and_in_order() -> None:
    """Two volumes of one directory are one; equal pods hold what they say once."""
    spec = {
        "volumes": [
            {"name": name, "hostPath": {"path": path}}
            for name, path in (("one", "/b"), ("two", "/a"), ("three", "/b/"))
        ],
        "containers": [{"name": "m", "volumeMounts": [{"name": name} for name in ("one", "two", "three")]}],
    }
    first, second = (paths(minimal("Pod", spec=spec)) for _ in range(2))
    assert first == ("/a", "/b")
    assert first is second


@pytest.mark.parametrize("path", ["/etc/localtime", "/etc/hosts", "/etc//machine-id"])
def test_a_well_known_file_needs_no_type(path: str) -> None:
    """Nobody says of them that they are files. A type that says directory is believed."""
    assert paths(pod(path)) == ()
    assert paths(pod(path, type="DirectoryOrCreate"))


@pytest.mark.parametrize(
    ("of_volume", "of_mounts", "read_only"),
    [
        (None, [], False),
        (None, [None], False),
        (None, [True], True),
        (None, [True, None], False),
        (True, [None], True),
    ],
)
def test_a_pod_that_just_reads_a_claim(of_volume: Any, of_mounts: list[Any], read_only: bool) -> None:
    """By the volume, or by all mounts of it."""
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "data", "readOnly": of_volume}}
    mounts = [{"name": "v", "readOnly": each} for each in of_mounts]
    obj = minimal("Pod", spec={"volumes": [volume], "containers": [{"name": "a", "volumeMounts": mounts}]})
    (found,) = (record for record in read(obj) if isinstance(record, Pod))
    assert [mount.read_only for mount in found.mounts] == [read_only]
