"""A folder of dumped objects: all of it that can be read is handed over, and what cannot is named by file and line."""

import asyncio
import os
import tracemalloc
from collections.abc import Callable, Collection
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.cluster import documents, yaml_tree
from holdfast.cluster.folder import Dump, Folder
from holdfast.cluster.yaml_tree import DamagedError, Tree, trees
from holdfast.model.feed import Feed
from holdfast.model.identity import ObjectKey
from tests.cluster.recorder import BACKUPS, NODES, PODS, Meta, Note, Recorder, feed

POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: {}, namespace: x}}\nsize: {}\n"
FEEDS = (feed("core", PODS), feed("nodes", NODES), feed("velero", BACKUPS, Note))


class Read(msgspec.Struct):
    dump: Dump
    sink: Recorder

    @property
    def errors(self) -> list[tuple[str, int | None, str]]:
        return [(Path(error.file).name, error.line, error.message) for error in self.dump.errors]

    @property
    def pods(self) -> list[str]:
        return self.sink.names("core")


Reading = Callable[..., Read]


@pytest.fixture
def read(tmp_path: Path) -> Reading:
    """Writes the files, whose names and contents are given, and reads the folder."""

    def read(files: dict[str, str | bytes], feeds: Collection[Feed] = FEEDS, **scope: Any) -> Read:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        sink = Recorder()
        return Read(asyncio.run(Folder(tmp_path, feeds, sink, **scope).run()), sink)

    return read


def test_every_form_that_kubectl_writes_is_read(read: Reading) -> None:
    """Single objects, lists, typed lists, many documents, JSON and YAML, in sub-folders."""
    result = read(
        {
            "one.yaml": POD.format("a", 1),
            "many.yml": f"# all\n---\n{POD.format('b', 2)}---\n{POD.format('c', 3)}...\n---\n",
            "deep/er/list.json": '{"apiVersion":"v1","kind":"List","items":['
            '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"d","namespace":"x"}},'
            '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}]}',
            "typed.json": '{"apiVersion":"v1","kind":"PodList","metadata":{},"items":[{"metadata":{"name":"e"}}]}',
            "list.yaml": "apiVersion: v1\nitems:\n- apiVersion: velero.io/v1\n  kind: Backup\n"
            "  metadata: {name: f, namespace: velero}\n  text: 2026-01-02T03:04:05Z\nkind: List\n",
            "really.yaml": '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"g","namespace":"x"}}',
            "twice.json": '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"h"}}\n'
            '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"i"}}\n',
            "empty.json": '{"apiVersion":"v1","kind":"List","items":[]}',
        }
    )
    assert result.errors == []
    assert result.pods == ["e", "h", "i", "x/a", "x/b", "x/c", "x/d", "x/g"]
    assert result.sink.names("nodes") == ["n"]
    assert result.sink.objects["velero"][ObjectKey("velero", "f")].text == "2026-01-02T03:04:05Z"
    assert result.dump.seen == {"Pod", "Node", "Backup.velero.io"}


def test_a_kind_without_an_object_was_looked_at(read: Reading) -> None:
    """Its feed is up and empty; ``seen`` lacks it, for those to whom no pod at all means that pods were not dumped."""
    result = read({"one.yaml": POD.format("a", 1)})
    assert result.sink.states == {
        "core": ["starting", "up"],
        "nodes": ["starting", "up"],
        "velero": ["starting", "up"],
    }
    assert result.dump.seen == {"Pod"}


def test_unknown_kinds_are_skipped_and_counted(read: Reading) -> None:
    """They are no errors; their group is told where the name alone would not do."""
    result = read(
        {
            "a.yaml": "kind: Secret\napiVersion: v1\n---\nkind: Secret\napiVersion: v1\n"
            "---\nkind: Backup\napiVersion: k8up.io/v1\nmetadata: {name: b}\n",
        }
    )
    assert dict(result.dump.skipped) == {"Backup.k8up.io": 1, "Secret": 2}
    assert result.errors == []


def test_another_version_of_a_known_kind_is_tried(read: Reading) -> None:
    """The group and the kind decide: an old dump is better than none."""
    result = read({"a.yaml": "kind: Backup\napiVersion: velero.io/v0\nmetadata: {name: b}\n"})
    assert result.sink.names("velero") == ["b"]


def test_another_version_of_a_declared_kind_cannot_be_decoded(read: Reading) -> None:
    """An owner told where things stand in some versions; in others nothing is known of them. A list may tell it for all."""
    declared = msgspec.structs.replace(BACKUPS, group="acme.example", declared="genericSources, acme")
    backup = "kind: Backup\napiVersion: acme.example/{0}\nmetadata: {{name: {0}}}\n"
    listed = "kind: BackupList\napiVersion: acme.example/v4\nitems: [{metadata: {name: v4}}]\n"
    result = read(
        {"a.yaml": f"{backup.format('v1')}---\n{backup.format('v3')}", "b.yaml": listed},
        [feed("acme", declared)],
    )
    told = "and genericSources, acme tells of v2 or v1"
    assert result.sink.names("acme") == ["v1"]
    assert result.errors == [
        ("a.yaml", 5, f"Backup v3 cannot be decoded: its version is v3, {told}"),
        ("b.yaml", 3, f"Backup v4 cannot be decoded: its version is v4, {told}"),
    ]
    assert set(result.sink.odd["acme"]) == {("", "v3"), ("", "v4")}


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("a.json", '{"kind": "Pod",\n "metadata": {"name": x}}', 2, "no valid JSON: invalid character"),
        ("a.json", '{"kind": "Pod",\n "metadata": {', 2, "no valid JSON: Input data was truncated"),
        ("a.json", '{"kind": "Pod"} garbage', 1, "no valid JSON: invalid character"),
        ("a.json", '{"a":' + "[" * 100_000, 1, "nested too deeply"),
        ("a.json", "[1]", 1, "not an object of the API: Expected `object`, got `array`"),
        ("a.json", '\n{"a": 1}', 2, "not an object of the API: it has no kind"),
        ("a.json", '{"kind": 5}', 1, "not an object of the API: Expected `str | null`, got `int` - at `$.kind`"),
        ("a.json", '{"kind": "PodList",\n"items": [\n5]}', 3, "not an object of the API: Expected `object`, got `int`"),
        ("a.yaml", "a: b\nkind: {", 3, "no valid YAML: while parsing a flow node, did not find expected node content"),
        ("a.yaml", "kind: Pod\n\ttab: x", 2, "no valid YAML: while scanning a plain scalar, found a tab character that violates indentation"),
        ("a.yaml", "- 1", 1, "not an object of the API: Expected `object`, got `array`"),
        ("a.yaml", "just text", 1, "not an object of the API: Expected `object`, got `str`"),
        ("a.yaml", "a: &x [*x]", 1, "no anchor 'x' ends before this alias"),
        ("a.yaml", f"a: &x {'[' * 150}{']' * 150}\nb: &y {'[' * 45}*x{']' * 45}\nc: [[[[*y]]]]\nd: [[[[[*y]]]]]", 4, "nested deeper than 200, with aliases followed"),
        ("a.yaml", "kind: a\n? [a]\n: b", 2, "a key is not a scalar"),
        ("a.yaml", "a: " + "[" * 100_000, 1, "nested deeper than 200"),
        ("a.yaml", "a: 1\nb: \x01", 2, "no valid YAML: control characters are not allowed"),
        ("a.yaml", b"a: 1\nb: \xff", 2, "no valid YAML: invalid leading UTF-8 octet"),
        ("a.yaml", "# nothing\n", None, "holds no object"),
        ("a.yaml", "", None, "empty"),
        ("a.json", " \n", None, "empty"),
        ("a.yaml", b"\xff\xfea\x00b", 1, "no valid utf-16: 'utf-16-le' codec can't decode byte 0x62 in position 4: truncated data"),
        ("a.yaml", POD.format("''", 1), 1, "a Pod without a name"),
        ("a.yaml", "a: 1\n---\n" + POD.format("b", "many"), 3, "Pod x/b cannot be decoded: Expected `int`, got `str` - at `$.size`"),
    ],
)  # fmt: skip  # a table
def test_what_cannot_be_read_is_named_by_file_and_line(
    name: str, content: str | bytes, line: int | None, message: str, read: Reading
) -> None:
    """The damage, and where it is said to be; the neighbours in the folder are read all the same."""
    result = read({name: content, "b.yaml": POD.format("good", 1)})
    assert (name, line, message) in result.errors
    assert "x/good" in result.pods


def test_a_damaged_document_hurts_no_other_of_its_file(read: Reading) -> None:
    """What stands between two separators is read for itself; lines count from the file's beginning."""
    result = read({"a.yaml": f"{POD.format('a', 1)}---\nkind: [\n---\n{POD.format('b', 2)}"})
    assert result.pods == ["x/a", "x/b"]
    assert result.errors == [
        ("a.yaml", 7, "no valid YAML: while parsing a flow node, did not find expected node content")
    ]


def test_an_undecodable_item_of_a_list_is_named_by_its_own_line(read: Reading) -> None:
    """In JSON and in YAML; the sink hears of it too."""
    bad = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"size":"many"}'
    result = read(
        {
            "a.json": '{"kind":"List","items":[\n\n' + bad % "j" + "]}",
            "b.yaml": "kind: List\nitems:\n- kind: Pod\n  apiVersion: v1\n  metadata: {name: y}\n  size: z\n",
        }
    )
    assert [(name, line) for name, line, _ in result.errors] == [("a.json", 3), ("b.yaml", 3)]
    assert sorted(key.name for key in result.sink.odd["core"]) == ["j", "y"]
    assert result.sink.errors == {("core", "decode"): 2}
    assert result.dump.seen == {"Pod"}


def test_the_newest_of_two_objects_of_one_name_counts(read: Reading, tmp_path: Path) -> None:
    """By resourceVersion; where that does not decide, the one read last. It is said which one."""
    version = "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, resourceVersion: '{}'}}\nsize: {}\n"
    result = read(
        {"1.yaml": version.format(10, 1), "2.yaml": version.format(9, 2), "3.yaml": version.format(10, 3)}
    )
    assert [thing.size for thing in result.sink.objects["core"].values()] == [3]
    assert [message.replace(f"{tmp_path}/", "") for message in result.dump.duplicates] == [
        "Pod a stands twice: the one in 1.yaml counts, not the one in 2.yaml",
        "Pod a stands twice: the one in 3.yaml counts, not the one in 1.yaml",
    ]


def test_objects_come_in_one_order_wherever_they_stood(read: Reading) -> None:
    """By source, kind, namespace and name."""
    result = read(
        {"z.yaml": POD.format("a", 1), "a.yaml": POD.format("c", 1), "m/b.yaml": POD.format("b", 1)}
    )
    assert [name for call, _, name in result.sink.calls if call == "put"] == ["a", "b", "c"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_any_unicode_encoding_is_read(encoding: str, suffix: str, read: Reading) -> None:
    """A shell on Windows writes UTF-16, some editors a mark before UTF-8."""
    text = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "grün"}}'
    assert read({f"a.{suffix}": text.encode(encoding)}).pods == ["grün"]


def test_volume_statistics_are_left_to_others(read: Reading, tmp_path: Path) -> None:
    """Their files are listed, and nothing else in the folder is an error for having another name."""
    result = read({"a.prom": "x 1", "b/c.om": "# EOF", "notes.txt": "{", "d.yaml": POD.format("a", 1)})
    assert [path.relative_to(tmp_path).as_posix() for path in result.dump.samples] == ["a.prom", "b/c.om"]
    assert result.errors == []


def test_links_are_followed_and_loops_are_named(read: Reading, tmp_path: Path) -> None:
    """A file that is reached twice counts once; a folder within itself is said and ends nothing."""
    (tmp_path / "real").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.yaml").symlink_to(tmp_path / "self.yaml")
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "again.yaml").symlink_to(tmp_path / "real" / "a.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    result = read({"real/a.yaml": POD.format("a", 1)})
    assert result.pods == ["x/a"]
    assert result.dump.duplicates == ()
    assert result.errors == [
        ("gone.json", None, "No such file or directory"),
        ("loop", None, "a link back to a folder that holds it"),
        ("self.yaml", None, "Too many levels of symbolic links"),
        ("pipe.yaml", None, "not a regular file"),
    ]


def test_an_unreadable_file_is_named(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when it belongs to another user."""
    bytes_of = Path.read_bytes

    def denied(path: Path) -> bytes:
        if path.name == "a.yaml":
            raise PermissionError(13, "Permission denied")
        return bytes_of(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    result = read({"a.yaml": POD.format("a", 1), "b.yaml": POD.format("b", 1)})
    assert (result.errors, result.pods) == ([("a.yaml", None, "Permission denied")], ["x/b"])


def test_a_file_that_is_too_large_is_named(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""
    monkeypatch.setitem(documents.LARGEST, ".yaml", 0)
    result = read({"a.yaml": POD.format("a", 1)})
    assert result.errors == [("a.yaml", None, "larger than 0 MiB; split it, or write it as JSON")]


@pytest.mark.parametrize("name", ["none", "notes.txt"])
async def test_a_path_that_is_no_dump_is_named(name: str, tmp_path: Path) -> None:
    """A folder that is not there, and a file of another kind."""
    (tmp_path / "notes.txt").write_text("x")
    dump = await Folder(tmp_path / name, FEEDS, Recorder()).run()
    assert [(Path(error.file).name, error.line) for error in dump.errors] == [(name, None)]


async def test_a_single_file_may_be_given(tmp_path: Path) -> None:
    """In place of a folder."""
    (tmp_path / "a.yaml").write_text(POD.format("a", 1))
    sink = Recorder()
    await Folder(tmp_path / "a.yaml", FEEDS, sink).run()
    assert sink.names("core") == ["x/a"]


def test_a_name_that_is_not_unicode_can_be_printed(read: Reading, tmp_path: Path) -> None:
    """A file system allows any bytes."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")).write_text("{")
    (error,) = read({}).dump.errors
    assert Path(error.file).name == "\N{REPLACEMENT CHARACTER}.yaml"
    assert error.file.encode()


def test_namespaces_mean_the_same_as_for_a_cluster(read: Reading) -> None:
    """Objects outside are not handed over, kinds without a namespace are out of scope; that there were some is told."""
    files = {"a.yaml": f"{POD.format('a', 1)}---\n{POD.format('b', 1).replace('x', 'y')}"}
    result = read(files, namespaces=["y"])
    assert result.pods == ["y/b"]
    assert result.sink.now("nodes") == "out_of_scope"


# -- YAML whose aliases stand for more than anyone could hold

BOMB = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: bomb, namespace: x}\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
    + "".join(f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 10)}]\n" for level in range(1, 9))
)
TOO_MANY = "aliases expand to more than 1000000 nodes; split the document, or write it without aliases"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(BOMB, 9, id="lists of lists"),
        pytest.param(BOMB.replace("x8", "metadata"), 9, id="where a shape reads"),
        pytest.param(f"kind: Pod\na: &a {'t' * 64_000}\nb: [{', '.join(['*a'] * 1000)}]\n", 3, id="long text"),
        pytest.param(f"kind: Pod\na: &a {{{'t' * 640}: 1}}\nb: [{', '.join(['*a'] * 90_000)}]\n", 3, id="long keys"),
        pytest.param(
            "a0: &x0 {<<: [{k: 1}, {k: 2}]}\n"
            + "".join(f"a{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * 10)}]}}\n" for n in range(1, 9)),
            6,
            id="merges",
        ),
    ],
)  # fmt: skip  # a table
def test_a_bomb_of_aliases_is_refused_before_it_goes_off(content: str, line: int, read: Reading) -> None:
    """Few bytes that stand for gigabytes are named by file and line, at once; the neighbours are read."""
    tracemalloc.start()
    begun = perf_counter()
    result = read({"a.yaml": f"{content}---\n{POD.format('same-file', 1)}", "b.yaml": POD.format("good", 1)})
    took, (_, most) = perf_counter() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.errors == [("a.yaml", line, TOO_MANY)]
    assert result.pods == ["x/good", "x/same-file"]
    assert most < 20 * 1024**2
    assert took < 5  # seconds, while memory is traced and other tests run


def test_a_bomb_of_nine_levels_is_refused_within_a_second() -> None:
    """The reading ends at the alias that is too many, whatever stands after it."""
    begun = perf_counter()
    (damage,) = trees(BOMB.encode())
    assert perf_counter() - begun < 1
    assert isinstance(damage, DamagedError)
    assert (damage.line, damage.message) == (9, TOO_MANY)


def test_each_document_has_its_own_aliases_and_only_they_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many nodes as the bound may be borrowed; what is written out is no alias, however much it is."""
    monkeypatch.setattr(yaml_tree, "MOST_BORROWED", 8)
    text = "a: &a [1, 2, 3]\nb: [*a, *a]\nc: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n"
    first, second, third = trees(f"{text}---\n{text}---\n{text}d: *a\n".encode())
    assert isinstance(first, Tree)
    assert isinstance(second, Tree)
    assert first.root["b"] == second.root["b"] == [[1, 2, 3], [1, 2, 3]]
    assert isinstance(third, DamagedError)
    assert third.line == 12


# -- YAML as the API's own library reads it


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("1:30", "1:30"),
        ("=", "="),
        ("yes", True),
        ('"yes"', "yes"),
        ("!!str 5", "5"),
        ("0644", 0o644),
        ("0x1F", 31),
        ("-1_000", -1000),
        ("1.5e3", 1500.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        (".", "."),
        ("-", "-"),
        ("+", "+"),
        ("0x", "0x"),
        ("0b_", "0b_"),
        ("1.2.3", "1.2.3"),
        ("9" * 5000, "9" * 5000),
        ("~", None),
        ("", None),
        ("|\n  --- \n  x", "--- \nx\n"),
    ],
)
def test_a_scalar_means_what_the_api_takes_it_for(text: str, value: Any) -> None:
    """YAML text beside the value of the field."""
    if text == "-":
        text, value = "['-']", ["-"]
    (tree,) = trees(f"a: {text}\n".encode())
    assert not isinstance(tree, DamagedError)
    assert tree.root == {"a": value}
    assert type(tree.root["a"]) is type(value)


def test_anchors_and_merges_are_followed() -> None:
    """Hand-written manifests use them; keys are text whatever they look like."""
    (tree,) = trees(b"x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}\nz: [*x]\n1: yes\nyes: no\n")
    assert not isinstance(tree, DamagedError)
    assert tree.root == {
        "x": {"a": 1, "b": 2},
        "y": {"a": 1, "b": 3},
        "z": [{"a": 1, "b": 2}],
        "1": True,
        "yes": False,
    }


texts = st.text(max_size=12)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
structures = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(texts, structures, min_size=1, max_size=3))
def test_what_is_written_as_yaml_is_read_back(value: dict[str, Any]) -> None:
    """Any structure of text, numbers, lists and mappings, as PyYAML writes it."""
    (tree,) = trees(yaml.safe_dump(value).encode())
    assert not isinstance(tree, DamagedError)
    assert tree.root == value


@settings(deadline=None)
@given(st.text(alphabet="-: \n\t[]{}&*!|>'\"#%@`a0,?~=.") | st.text())
def test_no_text_is_too_odd(text: str) -> None:
    """Whatever a file holds, reading it ends in objects or in errors with a line of the file."""
    data = text.encode()
    for tree in trees(data):
        if isinstance(tree, DamagedError):
            assert 1 <= tree.line <= data.count(b"\n") + 2


def test_metadata_is_read_by_the_shape_alone(read: Reading) -> None:
    """The object that is handed over is the feed's shape and nothing else."""
    result = read({"a.yaml": POD.format("a", 7)})
    assert result.sink.objects["core"][ObjectKey("x", "a")] == FEEDS[0].shape(
        metadata=Meta(name="a", namespace="x"), size=7
    )
