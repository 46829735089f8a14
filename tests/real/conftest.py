"""The servers that tests share, and the installing of their programs before any test's time begins to run.

Here belong fixtures and pytest hooks. Servers that only one test wants are started by that test, in a `with` block.
"""

import uuid
from collections.abc import Iterator

import pytest

from tests import tools
from tests.real.apiserver import ApiServer
from tests.real.velero import Velero
from tests.tools import browser, databases
from tests.tools.table import chosen


def _install_packages(files: set[str]) -> None:
    """What comes from Debian's packages and npm, for the test files that want it."""
    if any(name.startswith("test_probes_") for name in files):
        for server in databases.SERVERS:
            databases.installed(server.name)
    if "test_page.py" in files:
        browser.chromium()
        browser.axe()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Installs what the chosen tests need: a build takes minutes, and must neither count as a test's time nor be silent."""
    if session.config.option.collectonly:
        return
    groups = {"real": "quick", "real_long": "long"}
    wanted = {
        group for item in session.items for mark, group in groups.items() if item.get_closest_marker(mark)
    }
    capture = session.config.pluginmanager.getplugin("capturemanager")
    if "long" in wanted:
        wanted.add("quick")
    try:
        if capture:
            capture.suspend_global_capture()
        for tool in chosen(wanted):
            tools.locate(tool)
        _install_packages({item.path.name for item in session.items})
    except tools.ToolError as error:
        # a worker of xdist that ends is replaced and its text lost: there each test fails with this error instead
        if not hasattr(session.config, "workerinput"):
            pytest.exit(str(error), returncode=2)
    finally:
        if capture:
            capture.resume_global_capture()


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    """An API server alone: objects stay exactly as the test made them."""
    with ApiServer() as server:
        yield server


@pytest.fixture(scope="module")
def living_cluster() -> Iterator[ApiServer]:
    """An API server with kube-controller-manager: claims bind, owners are collected, CronJobs and StatefulSets make objects."""
    with ApiServer(controllers=True) as server:
        yield server


@pytest.fixture(scope="module")
def velero(living_cluster: ApiServer) -> Iterator[Velero]:
    """A Velero with an S3 store on the module's living cluster."""
    with Velero(living_cluster) as server:
        yield server


@pytest.fixture
def namespace(api_server: ApiServer) -> str:
    """A namespace of the test's own on the shared API server."""
    return api_server.namespace(f"t-{uuid.uuid4().hex[:8]}")
