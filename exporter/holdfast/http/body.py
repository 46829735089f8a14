"""How a body gets to the client without holding the event loop: compressed in a thread, sent in turns.

What the bytes say is not known here.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor

from aiohttp import hdrs, web
from isal import isal_zlib

from holdfast.http.negotiation import takes_gzip

_PIECE = 1 << 18  # sent in well under a millisecond, TLS included
_COMPRESSED_AT_ONCE = 1 << 20  # between two of these the compressing thread lets go of the interpreter
_WORTH_COMPRESSING = 1 << 10
_GZIP = 16 + 15  # window bits that ask zlib for a gzip member


async def collect(answer: bytes | Iterable[bytes]) -> Sequence[bytes]:
    """The pieces of an answer, each taken in a turn of its own."""
    if isinstance(answer, bytes):
        return (answer,)
    pieces = []
    for piece in answer:
        pieces.append(piece)
        await asyncio.sleep(0)
    return pieces


async def send(
    request: web.Request, pieces: Sequence[bytes], content_type: str, compressor: Executor
) -> tuple[web.StreamResponse, int]:
    """Sends the pieces as one body; returns the response and how many bytes of body went over the wire."""
    headers = {hdrs.CONTENT_TYPE: content_type, hdrs.VARY: "Accept, Accept-Encoding"}
    size = sum(map(len, pieces))
    if size >= _WORTH_COMPRESSING and takes_gzip(",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, ()))):
        loop = asyncio.get_running_loop()
        pieces = await loop.run_in_executor(compressor, _compress, pieces)
        size = sum(map(len, pieces))
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    response = web.StreamResponse(headers=headers)
    response.content_length = size
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return response, 0
    for part in _parts(pieces, _PIECE):
        await response.write(part)
        await asyncio.sleep(0)  # writing to a fast reader never waits by itself
    await response.write_eof()
    return response, size


def _compress(pieces: Sequence[bytes]) -> list[bytes]:
    """One gzip member of all pieces."""
    coder = isal_zlib.compressobj(1, isal_zlib.DEFLATED, _GZIP)
    compressed = [coder.compress(part) for part in _parts(pieces, _COMPRESSED_AT_ONCE)]
    return [part for part in (*compressed, coder.flush()) if part]


def _parts(pieces: Sequence[bytes], most: int) -> Iterator[bytes | memoryview]:
    """The same bytes in parts of at most this size and, but for the last, not much less."""
    small: list[bytes] = []
    gathered = 0
    for piece in pieces:
        if gathered + len(piece) > most:
            if small:
                yield b"".join(small)
            small, gathered = [], 0
        if len(piece) > most:
            yield from _slices(piece, most)
        elif piece:
            small.append(piece)
            gathered += len(piece)
    if small:
        yield b"".join(small)


def _slices(piece: bytes, most: int) -> Iterator[memoryview]:
    view = memoryview(piece)
    return (view[start : start + most] for start in range(0, len(piece), most))
