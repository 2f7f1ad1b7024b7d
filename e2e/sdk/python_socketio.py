"""PyPI python-socketio, unmodified, in its two clients. Needs a server with e2e/sdk/socketio.toml."""

import asyncio
import os
import threading
import traceback

import socketio

URL = os.environ.get("PLAZA_URL", "http://127.0.0.1:8000")
WAYS = {
    "polling": ["polling"],
    "WebSocket": ["websocket"],
    "upgrade": ["polling", "websocket"],
}
PATIENCE_S = 15


async def heard(client, event, namespace="/"):
    """The next event of this name, when it comes."""
    future = asyncio.get_running_loop().create_future()

    def on(*arguments):
        if not future.done():
            future.set_result(arguments)

    client.on(event, on, namespace=namespace)
    return future


async def connected(ways, namespaces=("/",), **options):
    client = socketio.AsyncClient(reconnection=False, **options)
    await client.connect(URL, transports=ways, namespaces=list(namespaces))
    return client


async def everybody(ways):
    one, two = await connected(ways), await connected(ways)
    try:
        payload = ["text", 1.5, None, {"deep": [{"a": True}], "ö": "π"}]
        seen = [await heard(one, "message"), await heard(two, "message")]
        await one.emit("message", tuple(payload))
        for future in seen:
            assert list(await future) == payload
    finally:
        await one.disconnect()
        await two.disconnect()


async def others(ways):
    one, two = await connected(ways), await connected(ways)
    try:
        own = []
        one.on("offer", lambda *_: own.append(1))
        seen = await heard(two, "offer")
        await one.emit("offer", {"sdp": "v=0"})
        assert await seen == ({"sdp": "v=0"},)
        assert await one.call("noted") == {"status": "ok"}
        assert own == []
    finally:
        await one.disconnect()
        await two.disconnect()


async def binary(ways):
    one, two = await connected(ways), await connected(ways)
    try:
        seen = await heard(two, "file")
        await one.emit("file", {"name": "a", "data": bytes([0, 255, 7])})
        assert await seen == ({"name": "a", "data": bytes([0, 255, 7])},)
    finally:
        await one.disconnect()
        await two.disconnect()


async def namespaces(ways):
    client = await connected(ways, ["/", "/custom"])
    try:
        assert client.get_sid("/") != client.get_sid("/custom")
        seen = await heard(client, "echoed", "/custom")
        await client.emit("echo", [1, 2], namespace="/custom")
        assert await seen == ([1, 2],)
        # Its acknowledgement is the arguments of the event.
        assert await client.call("noted", {"a": 1}, namespace="/custom") == {"a": 1}
    finally:
        await client.disconnect()


async def refused(ways):
    for namespace, message in (("/random", "Invalid namespace"), ("/members", "unauthorized")):
        client = socketio.AsyncClient(reconnection=False)
        told = asyncio.get_running_loop().create_future()

        def on(error, told=told):
            if not told.done():
                told.set_result(error)

        client.on("connect_error", on, namespace=namespace)
        try:
            await client.connect(URL, transports=ways, namespaces=[namespace], wait_timeout=5)
            raise AssertionError("connected")
        except socketio.exceptions.ConnectionError:
            pass
        error = await told
        assert (error if isinstance(error, str) else error["message"]) == message, error
        await client.disconnect()


async def order(ways):
    one, two = await connected(ways), await connected(ways)
    try:
        seen = []
        full = asyncio.Event()

        def on(number):
            seen.append(number)
            if len(seen) == 300:
                full.set()

        two.on("count", on)
        for number in range(300):
            await one.emit("count", number)
        await full.wait()
        assert seen == list(range(300)), seen[:20]
    finally:
        await one.disconnect()
        await two.disconnect()


async def beats(ways):
    client = await connected(ways)
    try:
        await asyncio.sleep(4)
        assert client.connected
        assert await client.call("noted") == {"status": "ok"}
    finally:
        await client.disconnect()


async def msgpack(ways):
    one, two = await connected(ways, serializer="msgpack"), await connected(ways)
    try:
        seen = await heard(two, "mixed")
        await one.emit("mixed", {"data": b"\x01\x02", "n": -5})
        assert await seen == ({"data": b"\x01\x02", "n": -5},)
        back = await heard(one, "mixed")
        await two.emit("mixed", [b"\x09", "x"])
        assert await back == ([b"\x09", "x"],)
    finally:
        await one.disconnect()
        await two.disconnect()


def threads(ways):
    """The client that waits in threads."""
    client, told, seen = socketio.Client(reconnection=False), threading.Event(), []

    def on(*arguments):
        seen.append(arguments)
        told.set()

    client.on("message", on)
    client.connect(URL, transports=ways)
    try:
        client.send("hello")
        assert told.wait(10) and seen == [("hello",)], seen
        assert client.call("noted", timeout=10) == {"status": "ok"}
    finally:
        client.disconnect()


CASES = {
    "a message goes to everybody, the sender too, unchanged": everybody,
    "an offer goes to the others only": others,
    "bytes arrive as bytes": binary,
    "two namespaces share one connection": namespaces,
    "an unknown namespace and a missing token are refused": refused,
    "a burst keeps its order": order,
    "heartbeats keep an idle client": beats,
    "MessagePack and the default speak with each other": msgpack,
}


def report(name, body):
    try:
        body()
        print(f"PASS {name}", flush=True)
        return True
    except Exception as error:  # noqa: BLE001 - a case that fails says why, whatever it is
        why = " ".join(repr(error).split())[:300]
        print(f"FAIL {name}: {why}", flush=True)
        if os.environ.get("VERBOSE"):
            traceback.print_exc()
        return False


def main():
    good = True
    for way, transports in WAYS.items():
        for name, case in CASES.items():
            timed = lambda case=case: asyncio.run(asyncio.wait_for(case(transports), PATIENCE_S))
            good &= report(f"{way}: {name}", timed)
        good &= report(f"{way}: the client of threads speaks and is answered", lambda: threads(transports))
    # Threads of a client that failed may still wait.
    os._exit(0 if good else 1)


main()
