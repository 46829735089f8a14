"""The core source: what a StorageClass tells, and how little of its parameters."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.facts import StorageClass
from tests.sources.core_cases import fixture, minimal, read_one


def storage_class(provisioner: str = "p", **fields: Any) -> StorageClass:
    found = read_one(minimal("StorageClass", provisioner=provisioner, **fields))
    assert isinstance(found, StorageClass)
    return found


def encryption(provisioner: str, **parameters: Any) -> str | None:
    return storage_class(provisioner, parameters=parameters).encryption


def parameters_hash(parameters: Any, options: Any = None) -> str:
    return storage_class(parameters=parameters, mountOptions=options).parameters_hash


def test_storage_class() -> None:
    """A class tells how it binds, whether volumes grow, what becomes of them, and that it is the default."""
    found = read_one(fixture("default-storage-class"))
    assert found == StorageClass(
        name="gp3",
        provisioner="ebs.csi.aws.com",
        binding_mode="WaitForFirstConsumer",
        reclaim_policy="Retain",
        allows_expansion=True,
        is_default=True,
        parameters_hash=found.parameters_hash,
    )


def test_storage_class_that_says_little() -> None:
    """What a class leaves out is what the API takes it for."""
    assert storage_class() == StorageClass(
        name="x",
        provisioner="p",
        binding_mode="Immediate",
        reclaim_policy="Delete",
        allows_expansion=False,
        is_default=False,
    )


def test_default_class_of_old() -> None:
    """The beta annotation makes a class the default as well; no other value than "true" does."""
    for annotation, value, default in (
        ("storageclass.beta.kubernetes.io/is-default-class", "true", True),
        ("storageclass.kubernetes.io/is-default-class", "false", False),
        ("storageclass.kubernetes.io/is-default-class", "yes", False),
    ):
        metadata = {"name": "x", "annotations": {annotation: value}}
        assert storage_class(metadata=metadata).is_default is default


def test_encrypted_class() -> None:
    found = read_one(fixture("encrypted-storage-class"))
    assert (found.encryption, found.topologies) == (
        "true",
        ("topology.ebs.csi.aws.com/zone=eu-west-1a|eu-west-1b",),
    )


@pytest.mark.parametrize(
    ("provisioner", "parameters", "told"),
    [
        ("ebs.csi.aws.com", {"encrypted": "true"}, "true"),
        ("ebs.csi.aws.com", {"ENCRYPTED": "false"}, "false"),
        ("ebs.csi.aws.com", {"kmsKeyId": "arn"}, None),
        ("ebs.csi.eks.amazonaws.com", {"encrypted": "true"}, "true"),
        ("kubernetes.io/aws-ebs", {"encrypted": "true"}, "true"),
        ("rbd.csi.ceph.com", {"encrypted": "true"}, "true"),
        ("rook-ceph.rbd.csi.ceph.com", {"encrypted": "true"}, "true"),
        ("openshift-storage.cephfs.csi.ceph.com", {"encrypted": "false"}, "false"),
        ("rook-ceph.rbd.csi.ceph.com", {"Encrypted": "true"}, None),
        ("driver.longhorn.io", {"encrypted": "true"}, "true"),
        ("pxd.portworx.com", {"secure": "true"}, "true"),
        ("kubernetes.io/portworx-volume", {"secure": "true"}, "true"),
        ("linodebs.csi.linode.com", {"linodebs.csi.linode.com/encrypted": "true"}, "true"),
        ("linodebs.csi.linode.com", {"linodebs.csi.linode.com/luks-encrypted": "true"}, "true"),
        ("csi.scaleway.com", {"encrypted": "true"}, "true"),
        ("csi.cloudscale.ch", {"csi.cloudscale.ch/luks-encrypted": "true"}, "true"),
        ("storage.csi.upcloud.com", {"encryption": "data-at-rest"}, "data-at-rest"),
        ("diskplugin.csi.alibabacloud.com", {"encrypted": "true"}, "true"),
        ("vpc.block.csi.ibm.io", {"encrypted": "false"}, None),
        ("example.com/own", {"encrypted": "true"}, None),
    ],
)
def test_each_driver_has_its_own_word_for_encryption(
    provisioner: str, parameters: Any, told: str | None
) -> None:
    """A word that the driver would not understand tells nothing, nor does one that just chooses the key."""
    assert encryption(provisioner, **parameters) == told


def test_of_two_ways_to_encrypt_one_is_enough() -> None:
    own, luks = "linodebs.csi.linode.com/encrypted", "linodebs.csi.linode.com/luks-encrypted"
    for one, other, told in (("true", "false", "true"), ("false", "true", "true"), ("false", "no", "false")):
        assert encryption("linodebs.csi.linode.com", **{own: one, luks: other}) == told


@pytest.mark.parametrize(
    ("value", "told"), [(True, "true"), ("", None), (None, None), ([1], "[1]"), ("s" * 9999, "s" * 60)]
)
def test_a_value_that_no_driver_takes_loses_no_class(value: Any, told: str | None) -> None:
    assert encryption("driver.longhorn.io", encrypted=value) == told


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (None, ()),
        ([], ()),
        ([None, {}, {"matchLabelExpressions": [None]}], ()),
        ([{"matchLabelExpressions": [{"values": ["a"]}]}], ()),
        ([{"matchLabelExpressions": [{"key": "zone", "values": ["b", "a", "b"]}]}], ("zone=a|b",)),
        (
            [
                {"matchLabelExpressions": [{"key": "zone", "values": ["b"]}]},
                {
                    "matchLabelExpressions": [
                        {"key": "zone", "values": ["a"]},
                        {"key": "rack", "values": ["7"]},
                    ]
                },
            ],
            ("rack=7,zone=a", "zone=b"),
        ),
    ],
)
def test_topologies(terms: Any, told: tuple[str, ...]) -> None:
    """Where volumes may be made is spelled the same way whatever the order in the object."""
    assert storage_class(allowedTopologies=terms).topologies == told


PARAMETERS = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=5)


@given(PARAMETERS, st.randoms())
def test_equal_parameters_have_one_hash_in_any_order(parameters: dict[str, str], chance: Any) -> None:
    order = list(parameters)
    chance.shuffle(order)
    assert parameters_hash(parameters) == parameters_hash({name: parameters[name] for name in order})


@given(PARAMETERS, PARAMETERS)
def test_other_parameters_have_another_hash(one: dict[str, str], other: dict[str, str]) -> None:
    assert (parameters_hash(one) == parameters_hash(other)) == (one == other)


def test_mount_options_are_part_of_the_hash() -> None:
    """In their order: of two that contradict each other the last one counts."""
    assert parameters_hash(None) == parameters_hash({}, []) == ""
    told = [parameters_hash({"a": "1"}, options) for options in (None, ["ro"], ["ro", "rw"], ["rw", "ro"])]
    assert len(set(told)) == 4


def test_no_parameter_can_be_read_from_the_record() -> None:
    """They name secrets, accounts and keys."""
    found = read_one(fixture("encrypted-storage-class"))
    assert "not-for-us" not in repr(found)
    assert len(found.parameters_hash) == 16
