"""A server that a Dockerfile of one's own might start: NUM_MIDDLEWARES layers, each of which counts itself."""

import asyncio
import json
import os

LAYERS = int(os.environ["NUM_MIDDLEWARES"])


async def serve(reader, writer):
    while await reader.readuntil(b"\r\n\r\n"):
        answer = {"count": 0}
        for _ in range(LAYERS):
            answer = json.loads(json.dumps({"count": answer["count"] + 1}))
        body = json.dumps(answer).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()


async def answer(reader, writer):
    try:
        await serve(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(answer, "0.0.0.0", 9000)
    async with server:
        await server.serve_forever()


asyncio.run(main())
