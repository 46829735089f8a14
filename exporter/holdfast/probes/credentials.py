"""Passwords and certificates of a probe, read from their files each time, because they rotate.

Here belongs the reading; it blocks, so callers run it in a thread. Contents never leave in an error's text.
"""

import ssl
from pathlib import Path
from typing import Any

from holdfast.model.asking import AskReason, ProbeSpec, TlsSpec
from holdfast.probes.fault import ProbeError, fault

_LONGEST = 64 * 1024  # bytes; no password is longer, and a wrong file may be


def password(target: ProbeSpec) -> str:
    """The password without the line break at its end; "" where no file is named. Raises ProbeError."""
    if target.password_file is None:
        return ""
    try:
        with target.password_file.open("rb") as file:
            held = file.read(_LONGEST + 1)
    except OSError as error:
        raise _unreadable(target, "passwordFile", target.password_file, error) from error
    if len(held) > _LONGEST:
        raise fault(
            target, "unauthorized", f"{target.password_file} is too long for a password; name the right file"
        )
    try:
        return held.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        # the error itself quotes what the file holds
        raise fault(
            target, "unauthorized", f"{target.password_file} is not UTF-8; write the password as text"
        ) from None


def tls_context(target: ProbeSpec) -> ssl.SSLContext | None:
    """The context for the target's ``tls``; None where plain text is spoken. Raises ProbeError."""
    spec = target.tls
    if spec is None:
        return None
    context = _Named(ssl.PROTOCOL_TLS_CLIENT)
    context.name = spec.server_name or None
    # Python 3.13 would refuse authorities without a key identifier, which every other client accepts
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not spec.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        _trust(target, spec, context)
    if spec.cert_file is not None:
        try:
            # without a password a locked key would be asked for on the terminal
            context.load_cert_chain(spec.cert_file, spec.key_file, password="")
        except (OSError, ValueError) as error:
            raise _unreadable(target, "tls.certFile or tls.keyFile", spec.cert_file, error) from error
    return context


def _trust(target: ProbeSpec, spec: TlsSpec, context: ssl.SSLContext) -> None:
    if spec.ca_file is None:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(spec.ca_file)
    except OSError as error:
        raise _unreadable(target, "tls.caFile", spec.ca_file, error) from error


class _Named(ssl.SSLContext):
    """A context that asks for a certificate of ``name`` where one is set: the clients know only the host's name."""

    name: str | None = None

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: Any = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        return super().wrap_bio(incoming, outgoing, server_side, self.name or server_hostname, session)


def _unreadable(target: ProbeSpec, key: str, place: Path, error: Exception) -> ProbeError:
    said = getattr(error, "strerror", None) or type(error).__name__
    reason: AskReason = "unauthorized" if key == "passwordFile" else "tls"
    return fault(target, reason, f"{place} cannot be used ({said}); check {key} and that it is mounted")
