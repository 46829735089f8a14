"""The messages of the Container Storage Interface that a driver of snapshots speaks, by the numbers of their fields.

Here belongs what stands on the wire: https://github.com/container-storage-interface/spec/blob/v1.13.0/csi.proto. Fields that
no test reads are left out, protobuf skips them. What a driver answers belongs to csi_driver.py.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto

_PACKAGE = "holdfast.csi"

# A capability of a plugin, a controller or a group controller looks the same on the wire: a number in a message in a message.
_CAPABILITIES = {"capabilities": (1, "Capability*")}
_MESSAGES: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "Empty": {},
    "Timestamp": {"seconds": (1, "int64"), "nanos": (2, "int32")},
    "Bool": {"value": (1, "bool")},
    "Number": {"type": (1, "int32")},
    "Capability": {"kind": (1, "Number")},
    "Capabilities": _CAPABILITIES,
    "PluginInfo": {"name": (1, "string"), "vendor_version": (2, "string")},
    "Probed": {"ready": (1, "Bool")},
    "Snapshot": {
        "size_bytes": (1, "int64"),
        "snapshot_id": (2, "string"),
        "source_volume_id": (3, "string"),
        "creation_time": (4, "Timestamp"),
        "ready_to_use": (5, "bool"),
        "group_snapshot_id": (6, "string"),
    },
    "Group": {
        "group_snapshot_id": (1, "string"),
        "snapshots": (2, "Snapshot*"),
        "creation_time": (3, "Timestamp"),
        "ready_to_use": (4, "bool"),
    },
    "CreateSnapshot": {"source_volume_id": (1, "string"), "name": (2, "string")},
    "SnapshotAnswer": {"snapshot": (1, "Snapshot")},  # of CreateSnapshot, and an entry of ListSnapshots
    "DeleteSnapshot": {"snapshot_id": (1, "string")},
    "ListSnapshots": {"source_volume_id": (3, "string"), "snapshot_id": (4, "string")},
    "Snapshots": {"entries": (1, "SnapshotAnswer*")},
    "CreateGroup": {"name": (1, "string"), "source_volume_ids": (2, "string*")},
    "NamedGroup": {"group_snapshot_id": (1, "string"), "snapshot_ids": (2, "string*")},
    "GroupAnswer": {"group_snapshot": (1, "Group")},
}

# Service, method: what is asked and what is answered.
METHODS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("Identity", "GetPluginInfo"): ("Empty", "PluginInfo"),
    ("Identity", "GetPluginCapabilities"): ("Empty", "Capabilities"),
    ("Identity", "Probe"): ("Empty", "Probed"),
    ("Controller", "ControllerGetCapabilities"): ("Empty", "Capabilities"),
    ("Controller", "CreateSnapshot"): ("CreateSnapshot", "SnapshotAnswer"),
    ("Controller", "DeleteSnapshot"): ("DeleteSnapshot", "Empty"),
    ("Controller", "ListSnapshots"): ("ListSnapshots", "Snapshots"),
    ("GroupController", "GroupControllerGetCapabilities"): ("Empty", "Capabilities"),
    ("GroupController", "CreateVolumeGroupSnapshot"): ("CreateGroup", "GroupAnswer"),
    ("GroupController", "DeleteVolumeGroupSnapshot"): ("NamedGroup", "Empty"),
    ("GroupController", "GetVolumeGroupSnapshot"): ("NamedGroup", "GroupAnswer"),
}

PLUGIN_CAPABILITIES = (1, 3)  # CONTROLLER_SERVICE, GROUP_CONTROLLER_SERVICE
CONTROLLER_CAPABILITIES = (5, 6)  # CREATE_DELETE_SNAPSHOT, LIST_SNAPSHOTS
GROUP_CAPABILITIES = (1,)  # CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT

Answer = Callable[[Any, grpc.ServicerContext], Mapping[str, Any]]
"""From a request and its call to the fields of the answer."""


def services(answers: Mapping[str, Answer]) -> "list[grpc.GenericRpcHandler[Any, Any]]":
    """gRPC handlers of every method, each answered by the function that `answers` has under the method's name."""
    handlers: dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]] = {}
    for (service, method), (asked, told) in METHODS.items():
        handlers.setdefault(service, {})[method] = _handler(answers[method], asked, told)
    return [
        grpc.method_handlers_generic_handler(f"csi.v1.{service}", methods)
        for service, methods in handlers.items()
    ]


def capabilities(numbers: tuple[int, ...]) -> Mapping[str, Any]:
    """The answer that names these capabilities."""
    return {"capabilities": [{"kind": {"type": number}} for number in numbers]}


def timestamp(nanoseconds: int) -> Mapping[str, int]:
    """A point in time as the interface spells it."""
    return {"seconds": nanoseconds // 10**9, "nanos": nanoseconds % 10**9}


def _handler(answer: Answer, asked: str, told: str) -> "grpc.RpcMethodHandler[Any, Any]":
    request, response = _CLASSES[asked], _CLASSES[told]
    return grpc.unary_unary_rpc_method_handler(
        lambda message, context: response(**answer(message, context)),
        request_deserializer=request.FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )


def _file() -> FileDescriptorProto:
    file = FileDescriptorProto(name="holdfast/csi.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, spelling) in fields.items():
            message.field.append(_field(field, number, spelling))
    return file


def _field(name: str, number: int, spelling: str) -> FieldDescriptorProto:
    kind = spelling.rstrip("*")
    label = (
        FieldDescriptorProto.LABEL_REPEATED if spelling.endswith("*") else FieldDescriptorProto.LABEL_OPTIONAL
    )
    if re.match("[A-Z]", kind):
        return FieldDescriptorProto(
            name=name, number=number, label=label,
            type=FieldDescriptorProto.TYPE_MESSAGE, type_name=f".{_PACKAGE}.{kind}",
        )  # fmt: skip  # the pair of type and its name belongs on one line
    scalar = FieldDescriptorProto.Type.Value(f"TYPE_{kind.upper()}")
    return FieldDescriptorProto(name=name, number=number, label=label, type=scalar)


def _classes() -> Mapping[str, Any]:
    pool = (
        descriptor_pool.DescriptorPool()
    )  # one of its own: another library may have the real interface in the default one
    pool.Add(_file())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }


_CLASSES = _classes()
