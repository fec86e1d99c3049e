"""python-socketio as a program; what it is told and what it says is as in client.mjs.

What it cannot: it knows no recovery, so it keeps no user across connections unless it registers each time.
"""

import asyncio
import json
import sys

import socketio


def say(**line):
    print(json.dumps(line), flush=True)


async def main():
    told = json.loads(sys.argv[1])
    options = told.get("options") or {}
    client = socketio.AsyncClient(reconnection_delay=0.02, reconnection_delay_max=0.2)
    registered = False

    # Tasks begin in the order in which packets came, and nothing in a handler waits before it has spoken.
    @client.event
    async def connect():
        nonlocal registered
        say(on="connect", id=client.get_sid(), recovered=False, transport=client.transport())
        first, registered = not registered, True
        if told.get("register") and (told.get("each") or first):
            event, *arguments = told["register"]
            await client.emit(event, tuple(arguments))

    @client.event
    async def disconnect(reason):
        say(on="disconnect", reason=reason)

    @client.event
    async def connect_error(data):
        data = data if isinstance(data, dict) else {"message": data}
        say(on="error", **data)

    @client.on("*")
    async def event(name, *arguments):
        say(on="event", name=name, args=list(arguments))

    await client.connect(
        told["url"] + (options.get("search") or ""),
        transports=told["transports"],
        auth=options.get("auth"),
        retry=True,
    )
    if told["transports"] == ["polling", "websocket"] and client.transport() == "websocket":
        say(on="upgrade", transport="websocket")

    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while line := await lines.readline():
        order = json.loads(line)
        if order.get("close"):
            await client.disconnect()
        elif order.get("ack"):
            event, *arguments = order["emit"]
            await client.emit(
                event, tuple(arguments), callback=lambda *args: say(on="ack", args=list(args))
            )
        else:
            event, *arguments = order["emit"]
            await client.emit(event, tuple(arguments))


asyncio.run(main())
