"""The report document of odd input: what could not be read, times beyond the calendar, any text."""

import json

import msgspec

from holdfast.app.account.document import report_document
from holdfast.cluster.documents import FileError
from tests.report.scenery import NOW, claim, engine_of, obj
from tests.report.test_report_document import only, told


def test_errors_name_file_and_line() -> None:
    """What could not be read is listed as it was found; a file as a whole has no line."""
    errors = [
        FileError(file="a.yaml", line=3, message="no YAML"),
        FileError(file="b", line=None, message="denied"),
    ]
    document = json.loads(msgspec.json.encode(report_document(engine_of(), NOW, errors)))
    assert document["errors"] == [
        {"file": "a.yaml", "line": 3, "message": "no YAML"},
        {"file": "b", "line": None, "message": "denied"},
    ]


def test_odd_times() -> None:
    """A creation that nobody told is unknown, and a time beyond the calendar is its last second."""
    timeless = claim("a/b", creationTimestamp=None)
    doomed = claim("a/c", deletionTimestamp="9999-12-31T23:59:59-12:00")
    first, second = told(timeless, doomed)["claims"]
    assert (first["created"], first["unknown"]["created"]) == (None, "the object does not tell")
    assert second["terminating"]["since"] == "9999-12-31T23:59:59Z"
    assert second["terminating"]["seconds"] == 0.0


def test_any_text_survives() -> None:
    """Names with quotes, newlines and any Unicode come out of the JSON as they went in."""
    name = 'quo"te\nline \u202e \x1b[31m 漢字 🎈'
    labelled = obj("v1", "Namespace", "dev")
    document = told(labelled, claim("dev/b", annotations={"owner": name}))
    assert only(document["claims"])["owner"] == name
