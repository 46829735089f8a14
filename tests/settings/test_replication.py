"""The keys ``prometheus`` and ``replication``: file in, specs out, or refusal in full."""

import re
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from holdfast.model.asking import ProbeSpec, PrometheusSpec, QuerySpec, TlsSpec
from holdfast.settings import Known, Settings, SettingsError, load_settings

Load = Callable[[str], Settings]
Refuse = Callable[[str], list[str]]


@pytest.fixture
def load(known: Known, tmp_path: Path) -> Load:
    def read(text: str) -> Settings:
        file = tmp_path / "a.yaml"
        file.write_text(dedent(text))
        return load_settings([file], known)

    return read


@pytest.fixture
def refused(load: Load, tmp_path: Path) -> Refuse:
    """The lines of the refusal, without the file's name."""

    def read(text: str) -> list[str]:
        with pytest.raises(SettingsError) as refusal:
            load(text)
        return [line.removeprefix(f"{tmp_path / 'a.yaml'}:") for line in str(refusal.value).splitlines()]

    return read


WHOLE = """
    prometheus:
      url: https://mimir.example:8080/prometheus/
      tenant: team-a
      headers: {X-Foo: bar}
      basicAuth: {username: u, passwordFile: /etc/p}
      tls: {caFile: /ca, certFile: /crt, keyFile: /key, serverName: mimir}
      matchers: {cluster: a}
      timeout: 30s
    replication:
      concurrency: 4
      probes:
        - name: orders
          type: postgresql
          host: orders-db.shop.svc
          port: 5433
          user: monitor
          passwordFile: /etc/holdfast/orders/password
          database: postgres
          tls: {caFile: /ca}
          interval: 20s
          timeout: 4s
          objective: 1m
          namespace: shop
          claim: data-orders-db-0
          replicas: 2
          slotWalLimit: 10Gi
      queries:
        - name: kafka-mirror
          query: max by (namespace, topic) (kafka_mirror_lag_seconds)
          replication: topic
          namespaceLabel: exported_namespace
          claimLabel: pvc
          means: timestamp
          interval: 2m
          objective: 5m
"""


def test_a_whole_prometheus_is_a_spec(load: Load) -> None:
    section = load(WHOLE).prometheus
    assert section is not None
    assert section.spec() == PrometheusSpec(
        url="https://mimir.example:8080/prometheus",
        tenant="team-a",
        headers={"X-Foo": "bar"},
        username="u",
        password_file=Path("/etc/p"),
        tls=TlsSpec(ca_file=Path("/ca"), cert_file=Path("/crt"), key_file=Path("/key"), server_name="mimir"),
        matchers={"cluster": "a"},
        timeout=30.0,
    )


def test_a_whole_probe_is_a_spec(load: Load) -> None:
    assert load(WHOLE).replication.probe_specs() == (
        ProbeSpec(
            name="orders",
            kind="postgresql",
            host="orders-db.shop.svc",
            port=5433,
            namespace="shop",
            claim="data-orders-db-0",
            user="monitor",
            password_file=Path("/etc/holdfast/orders/password"),
            database="postgres",
            tls=TlsSpec(ca_file=Path("/ca")),
            interval=20.0,
            timeout=4.0,
            objective=60.0,
            replicas=2,
            slot_wal_limit=10 * 2**30,
        ),
    )


def test_a_whole_query_is_a_spec(load: Load) -> None:
    assert load(WHOLE).replication.query_specs() == (
        QuerySpec(
            name="kafka-mirror",
            query="max by (namespace, topic) (kafka_mirror_lag_seconds)",
            replication_label="topic",
            namespace_label="exported_namespace",
            claim_label="pvc",
            means="timestamp",
            interval=120.0,
            objective=300.0,
        ),
    )


def test_the_examples_of_the_documentation_are_taken(load: Load) -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n((?:prometheus|replication):.*?)```", page, re.DOTALL)
    asked = load("".join(blocks))
    assert asked.prometheus is not None
    assert [spec.name for spec in asked.replication.probe_specs()] == ["orders", "billing"]
    assert [spec.name for spec in asked.replication.query_specs()] == ["kafka-mirror"]


def test_nobody_is_asked_unless_somebody_is_named(load: Load) -> None:
    nothing = load("")
    assert nothing.prometheus is None
    assert (nothing.replication.probe_specs(), nothing.replication.query_specs()) == ((), ())


@pytest.mark.parametrize(
    ("kind", "user", "port"),
    [("postgresql", "user: m", 5432), ("mysql", "user: m", 3306), ("redis", "", 6379)],
)
def test_the_least_probe_has_the_port_of_its_type(kind: str, user: str, port: int, load: Load) -> None:
    (spec,) = load(
        f"""
        replication:
          probes:
            - name: a
              type: {kind}
              host: db
              {user}
        """
    ).replication.probe_specs()
    expected = ProbeSpec(name="a", kind=kind, host="db", port=port, user="m" if user else "")  # type: ignore[arg-type]  # of the table above
    assert spec == expected


def test_a_query_needs_no_more_than_a_name_and_itself(load: Load) -> None:
    asked = load("{prometheus: {url: 'http://p:9090'}, replication: {queries: [{name: a, query: up}]}}")
    assert asked.replication.query_specs() == (QuerySpec(name="a", query="up"),)


def test_no_value_of_a_header_is_shown(load: Load) -> None:
    asked = load("prometheus: {url: 'http://p', headers: {X-Key: s3cret}}")
    assert "s3cret" not in f"{asked!r} {asked}"


@pytest.mark.parametrize(
    "name",
    [
        "X-Api-Key", "api-key", "APIKEY", "X_API_KEY", "X-Auth-Token", "x-vault-token", "Client-Secret", "AuthToken",
        "X-Access-Key", "Password", "X-Forwarded-Authorization", "Set-Cookie", "COOKIE",
    ],
)  # fmt: skip
def test_a_header_that_names_a_credential_is_refused_without_its_value(name: str, refused: Refuse) -> None:
    (line,) = refused(prometheus("url: 'http://p'", f"headers: {{{name}: s3cret}}"))
    assert line == (
        f"3: prometheus.headers.{name}: names a credential, and those stand in files; name the file with "
        "bearerTokenFile or basicAuth"
    )


@pytest.mark.parametrize("name", ["X-Foo", "X-Keyspace", "Tokens-Left", "X-Partition-Key", "X-Cookies-Off"])
def test_a_header_that_names_no_credential_is_taken(name: str, load: Load) -> None:
    section = load(prometheus("url: 'http://p'", f"headers: {{{name}: a}}")).prometheus
    assert section is not None
    assert section.spec().headers == {name: "a"}


def test_another_probe_is_another_configuration(load: Load) -> None:
    assert load(WHOLE).config_hash != load(WHOLE.replace("5433", "5434")).config_hash


def probe(*lines: str) -> str:
    """A file with one probe; line 2 is its name."""
    return "\n".join(["replication: {probes: [{", "name: a,", *(f"{line}," for line in lines), "}]}"])


def prometheus(*lines: str) -> str:
    return "\n".join(["prometheus: {", *(f"{line}," for line in lines), "}"])


REFUSED = [
    (
        probe("type: postgres", "host: db", "user: u"),
        [
            (
                "3: replication.probes[0].type: 'postgres' is none of the choices; did you mean postgresql? "
                "Valid values: postgresql, mysql, redis"
            )
        ],
    ),
    (
        probe("type: postgresql", "host: db"),
        ["1: replication.probes[0]: user is missing, and postgresql asks for one; write it"],
    ),
    (probe("type: redis"), ["1: replication.probes[0].host: is missing; write one"]),
    (
        probe("type: redis", "host: 'db:6379'"),
        ["4: replication.probes[0].host: 'db:6379' is no host; a port belongs under `port`"],
    ),
    (
        probe("type: redis", "host: 'u:s3cret@db'"),
        [
            "4: replication.probes[0].host: is no host; write its name or address alone, without scheme, user or path"
        ],
    ),
    (
        probe("type: redis", "host: db", "port: 70000"),
        ["5: replication.probes[0].port: is 70000; the most is 65535"],
    ),
    (
        probe("type: redis", "host: db", "interval: 4s", "timeout: 1s"),
        ["5: replication.probes[0].interval: is 4s; the least is 5s"],
    ),
    (
        probe("type: redis", "host: db", "interval: 10s", "timeout: 10s"),
        ["6: replication.probes[0].timeout: timeout (10s) is not below interval (10s); change one"],
    ),
    (
        probe("type: redis", "host: db", "interval: 5s"),
        ["5: replication.probes[0].interval: timeout (5s) is not below interval (5s); change one"],
    ),
    (
        probe("type: postgresql", "host: db", "user: u", "heartbeatTable: a.b"),
        ["6: replication.probes[0].heartbeatTable: is for mysql and not for postgresql; remove it"],
    ),
    (
        probe("type: mysql", "host: db", "user: u", "slotWalLimit: 1Gi"),
        ["6: replication.probes[0].slotWalLimit: is for postgresql and not for mysql; remove it"],
    ),
    (
        probe("type: mysql", "host: db", "user: u", "heartbeatTable: heartbeat"),
        [
            (
                "6: replication.probes[0].heartbeatTable: 'heartbeat' names no table; write SCHEMA.TABLE, "
                "as in percona.heartbeat"
            )
        ],
    ),
    (
        probe("type: postgresql", "host: db", "user: u", "slotWalLimit: 10GB"),
        [
            (
                "6: replication.probes[0].slotWalLimit: '10GB' is no size; write a whole number and Ki, Mi, Gi "
                "or Ti, as in 10Gi"
            )
        ],
    ),
    (
        probe("type: redis", "host: db", "database: a"),
        [
            "5: replication.probes[0].database: is not for redis, whose replication is of all databases; remove it"
        ],
    ),
    (
        probe("type: redis", "host: db", "claim: data-0"),
        ["5: replication.probes[0].claim: says nothing without its namespace; add namespace"],
    ),
    (
        probe("type: redis", "host: db", "tls: {certFile: a}"),
        ["5: replication.probes[0].tls.certFile: is of no use alone; add keyFile"],
    ),
    (
        probe("type: redis", "host: db", "tls: {caFile: a, insecureSkipVerify: true}"),
        [
            (
                "5: replication.probes[0].tls.caFile: is not looked at while insecureSkipVerify is true; "
                "remove one of the two"
            )
        ],
    ),
    (
        probe("type: redis", "host: db", "password: s3cret"),
        [
            (
                "5: replication.probes[0].password: unknown key; did you mean passwordFile? Valid keys: name, type, "
                "host, port, user, passwordFile, database, tls, interval, timeout, objective, namespace, claim, "
                "replicas, heartbeatTable, slotWalLimit"
            )
        ],
    ),
    (
        "replication: {probes: [{name: a, type: redis, host: b}, {name: a, type: redis, host: c, port: 0}]}",
        [
            "1: replication.probes[1].port: is 0; the least is 1",
            "1: replication.probes[1].name: 'a' is already the name of probes[0]; choose another",
        ],
    ),
    (
        (
            "prometheus: {url: 'http://p'}\n"
            "replication:\n  probes: [{name: a, type: redis, host: b}]\n  queries: [{name: a, query: up}]"
        ),
        ["4: replication.queries[0].name: 'a' is already the name of probes[0]; choose another"],
    ),
    (
        "replication:\n  queries: [{name: a, query: up}]",
        ["2: replication.queries: are asked of a Prometheus-compatible API; add the top-level `prometheus`"],
    ),
    (
        "prometheus: {url: 'http://p'}\nreplication: {queries: [{name: a, query: ' ', means: seconds, replication: a-b}]}",
        [
            "2: replication.queries[0].query: is empty; write a query in PromQL",
            "2: replication.queries[0].replication: 'a-b' can be no name of a label; write letters, digits and '_'",
            "2: replication.queries[0].means: 'seconds' is none of the choices; valid values: lag, timestamp",
        ],
    ),
    (prometheus("tenant: a"), ["1: prometheus.url: is missing; write one"]),
    (
        prometheus("url: 'https//u:s3cret@p'"),
        ["2: prometheus.url: is no URL; write http://HOST:PORT/PATH or https://…"],
    ),
    (
        prometheus("url: 'https://u:s3cret@p'"),
        ["2: prometheus.url: holds a user or a password; name the file of the password with basicAuth"],
    ),
    (
        prometheus("url: 'https://p?token=s3cret'"),
        ["2: prometheus.url: holds what follows ? or #; write it without, /api/v1 is added to the path"],
    ),
    (
        prometheus("url: 'http://p/api/v1/'"),
        ["2: prometheus.url: 'http://p/api/v1/' ends in /api/v1, which is added; leave it out"],
    ),
    (
        prometheus("url: 'http://p'", "headers: {authorization: Bearer s3cret}"),
        [
            (
                "3: prometheus.headers.authorization: cannot be set here; name the file of the credentials with "
                "bearerTokenFile or basicAuth"
            )
        ],
    ),
    (
        prometheus("url: 'http://p'", "headers: {X-Scope-OrgID: a}"),
        ["3: prometheus.headers.X-Scope-OrgID: cannot be set here; write tenant"],
    ),
    (
        prometheus("url: 'http://p'", r'headers: {X-A: "a\nX-B: c"}'),
        [
            (
                "3: prometheus.headers.X-A: holds a line break or another character that no header may; "
                "write one line of ASCII"
            )
        ],
    ),
    (
        prometheus("url: 'http://p'", "basicAuth: {username: 'a:b', passwordFile: /p}"),
        ["3: prometheus.basicAuth.username: 'a:b' can be no user; write a name without a colon"],
    ),
    (
        prometheus("url: 'http://p'", "bearerTokenFile: /t", "basicAuth: {username: u, passwordFile: /p}"),
        [
            (
                "4: prometheus.basicAuth: stands beside bearerTokenFile; a request carries one of the two, "
                "remove the other"
            )
        ],
    ),
    (
        prometheus("url: 'http://p'", "tls: {}"),
        [
            "3: prometheus.tls: does nothing at a URL that begins with http://; write https:// there, or remove it"
        ],
    ),
    (
        prometheus("url: 'http://p'", "matchers: {a-b: c}"),
        [
            "3: prometheus.matchers.a-b: can be no name of a label in Prometheus; write letters, digits and '_'"
        ],
    ),
    (prometheus("url: 'http://p'", "timeout: 1h"), ["3: prometheus.timeout: is 3600s; the most is 300s"]),
]


@pytest.mark.parametrize(
    ("text", "lines"), REFUSED, ids=lambda part: part[-1] if isinstance(part, list) else ""
)
def test_a_mistake_is_refused_in_these_words(text: str, lines: list[str], refused: Refuse) -> None:
    assert refused(text) == lines


def test_no_refusal_shows_what_may_be_a_secret(refused: Refuse) -> None:
    assert not any("s3cret" in line for text, _ in REFUSED for line in refused(text))
