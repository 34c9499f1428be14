"""A TCP port of this machine that leads to a Unix socket: throw-away servers have none, and Java knows no sockets."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def tcp_door(socket_path: str) -> Iterator[int]:
    """The number of a port on 127.0.0.1; it closes with the block."""
    loop = asyncio.new_event_loop()
    ports: list[int] = []
    opened = threading.Event()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(socket_path)
        await asyncio.gather(_pass_on(reader, there_writer), _pass_on(there_reader, writer))

    async def serve() -> None:
        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        opened.set()
        async with server:
            await server.serve_forever()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except (asyncio.CancelledError, RuntimeError):
            pass
        finally:
            loop.close()

    def end() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    opened.wait(10)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(end)
        thread.join(10)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
