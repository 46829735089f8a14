"""What can go wrong with a probe, as the error of asking with its place before the text.

Here belongs what all kinds share: the network, TLS and time. What a database's codes mean belongs to its client.
"""

import ssl

from holdfast.model.asking import AskError, AskReason, ProbeSpec


class ProbeError(AskError):
    """One probe that failed. The text says place, fact and remedy; it quotes neither credentials nor the server's words."""


def fault(target: ProbeSpec, reason: AskReason, text: str) -> ProbeError:
    """The error with its place before the text."""
    return ProbeError(reason, f"probe {target.name} ({target.kind} at {target.host}:{target.port}): {text}")


def transport_fault(target: ProbeSpec, error: OSError) -> ProbeError:
    """What the network or TLS refused."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return fault(
            target,
            "tls",
            f"its certificate is not trusted ({error.verify_message}); check tls.caFile and tls.serverName",
        )
    if isinstance(error, ssl.SSLError):
        return fault(
            target,
            "tls",
            f"the TLS handshake failed ({error.reason or 'no reason given'});"
            " check that this port speaks TLS, and tls.certFile where it asks for a certificate",
        )
    if isinstance(error, TimeoutError):
        return timeout_fault(target)
    said = error.strerror or type(error).__name__
    return fault(
        target, "connection", f"no connection ({said}); check host, port and the network policies on the way"
    )


def timeout_fault(target: ProbeSpec) -> ProbeError:
    # a server of plain text may wait for the rest of what it takes for a question
    plain = ", or whether this port speaks no TLS" if target.tls else ""
    if target.kind == "mysql":  # its server speaks first, and most others wait to be spoken to
        plain += ", or whether another service listens there"
    return fault(
        target,
        "timeout",
        f"no full answer within {target.timeout:g} s; check whether it hangs or the port is filtered{plain},"
        " or raise timeout",
    )


def broken_off(target: ProbeSpec) -> ProbeError:
    return fault(
        target,
        "connection",
        "it closed the connection before it answered; check its log, and tls where it takes only TLS or wants a certificate",
    )


def garbled(target: ProbeSpec) -> ProbeError:
    return fault(target, "protocol", f"it does not answer as {target.kind} does; check type and port")
