"""What `helm test` runs in the cluster: is the release ready, and does it serve what Prometheus will ask for?

It asks as the release's monitor does: the same authority, certificate and password. Only Python's own library is used.
What nobody told it a password for it says it did not look at.
"""

import base64
import http.client
import os
import ssl
import sys
import time
import urllib.parse

PATIENCE = float(os.environ.get("HOLDFAST_PATIENCE", "60"))  # seconds, for replicas that have just started
_TIMEOUT = 20.0  # seconds for one answer


class FailedError(Exception):
    """The release is not as it should be, and waiting will not help."""


class UnseenError(Exception):
    """Something answers, but not to somebody who has no password."""


class Named(http.client.HTTPSConnection):
    """HTTPS to a server whose certificate names another host: the `serverName` of a monitor."""

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        name = os.environ.get("HOLDFAST_SERVER_NAME") or self.host
        self.sock = _trust().wrap_socket(self.sock, server_hostname=name)


def _trust() -> ssl.SSLContext:
    authority = os.environ.get("HOLDFAST_CA_CRT")
    context = ssl.create_default_context(cafile=authority)
    if not authority:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if os.environ.get("HOLDFAST_TLS_CRT"):
        context.load_cert_chain(os.environ["HOLDFAST_TLS_CRT"], os.environ.get("HOLDFAST_TLS_KEY"))
    return context


def ask(path: str) -> http.client.HTTPResponse:
    """The answer, with its body still to be read. Raises OSError, FailedError and UnseenError."""
    parts = urllib.parse.urlsplit(os.environ["HOLDFAST_URL"])
    kind = Named if parts.scheme == "https" else http.client.HTTPConnection
    headers = {}
    user = os.environ.get("HOLDFAST_USER")
    if user:
        told = f"{user}:{os.environ['HOLDFAST_PASSWORD']}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(told).decode()
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
    except ssl.SSLCertVerificationError as error:
        raise FailedError(f"its certificate is not trusted: {error.verify_message}") from error
    except (ssl.SSLError, ConnectionResetError, BrokenPipeError) as error:
        if parts.scheme == "http" or os.environ.get("HOLDFAST_TLS_CRT"):
            raise OSError(str(error)) from error
        raise OSError(
            f"{error} (if it asks for a certificate: the monitor's tlsConfig.cert names none)"
        ) from error
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP: {error!r}") from error
    if answer.status == http.client.UNAUTHORIZED:
        if user:
            raise FailedError("it does not take the monitor's user and password")
        raise UnseenError("it asks for a password, and the monitor's basicAuth names none")
    return answer


def wait_until_ready() -> None:
    """Raises FailedError with what the last answer was."""
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            answer = ask("/readyz")
            if answer.status == http.client.OK:
                return
            last = f"/readyz says {answer.status}: {answer.read(2000).decode(errors='replace').strip()}"
        except OSError as error:
            last = f"no answer: {error}"
        if time.monotonic() > limit:
            raise FailedError(f"not ready within {PATIENCE:.0f} s; {last}")
        time.sleep(1)


def look_at_metrics() -> str:
    """What was seen, in words. Raises FailedError and OSError."""
    answer = ask("/metrics")
    if answer.status != http.client.OK:
        raise FailedError(f"/metrics says {answer.status}")
    series, forbidden = 0, []
    for line in answer:
        series += line.startswith(b"holdfast_")
        if line.startswith(b"holdfast_source_state{") and b'state="forbidden"' in line:
            labels, _, value = line.decode().rpartition(" ")
            if float(value) == 1:
                forbidden.append(labels.partition("{")[2].rstrip("}"))
    if not series:
        raise FailedError("/metrics holds no series of Holdfast: does something else answer at this address?")
    if forbidden:
        raise FailedError(
            f"it may not read {'; '.join(forbidden)}: give it the role that `holdfast rbac` prints"
        )
    return f"ready, {series} series, and no source is forbidden"


def main() -> int:
    """0 when all that could be looked at is well."""
    print(f"asking {os.environ['HOLDFAST_URL']}")
    if os.environ["HOLDFAST_URL"].startswith("https") and not os.environ.get("HOLDFAST_CA_CRT"):
        print("the monitor's tlsConfig.ca names no authority: the certificate is not verified")
    try:
        wait_until_ready()
        print(look_at_metrics())
    except UnseenError as reason:
        print(f"it answers; readiness and series were not looked at: {reason}")
    except (FailedError, OSError) as error:
        print(f"FAILED: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
