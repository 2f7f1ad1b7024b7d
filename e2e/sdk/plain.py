"""`websockets`, the Python library, against the real binary with examples/tutorials.toml; one line
per case."""

import asyncio
import sys

import websockets

CHAT = "ws://localhost:8080/chat"
HELLO = "ws://localhost:8080/"
WELCOME = "Welcome to the WebSocket chat room!"
PATIENCE_S = 8


async def heard(socket):
    return await asyncio.wait_for(socket.recv(), PATIENCE_S)


async def newcomers_are_welcomed_and_texts_go_to_all_others():
    async with websockets.connect(CHAT) as ann, websockets.connect(CHAT) as ben:
        assert await heard(ann) == WELCOME
        assert await heard(ben) == WELCOME
        for at in range(100):
            await ann.send(f"number {at}")
        for at in range(100):
            assert await heard(ben) == f"number {at}"
        await ben.send("back")
        assert await heard(ann) == "back"


async def the_hello_responder_answers():
    async with websockets.connect(HELLO) as socket:
        await socket.send("Hello, Server!")
        assert await heard(socket) == "Hello, Client!"


async def a_close_is_answered_with_the_same_code():
    socket = await websockets.connect(CHAT)
    assert await heard(socket) == WELCOME
    await socket.close(1000)
    assert socket.close_code == 1000, socket.close_code


async def binary_messages_are_refused_with_1003():
    async with websockets.connect(CHAT) as socket:
        assert await heard(socket) == WELCOME
        await socket.send(b"\x01\x02")
        try:
            await heard(socket)
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd.code == 1003, closed
        else:
            raise AssertionError("it stays open")


async def a_ping_of_the_client_is_answered():
    async with websockets.connect(CHAT) as socket:
        pong = await socket.ping()
        await asyncio.wait_for(pong, PATIENCE_S)


CASES = [
    newcomers_are_welcomed_and_texts_go_to_all_others,
    the_hello_responder_answers,
    a_close_is_answered_with_the_same_code,
    binary_messages_are_refused_with_1003,
    a_ping_of_the_client_is_answered,
]


async def main():
    failed = 0
    for case in CASES:
        name = case.__name__.replace("_", " ")
        try:
            await asyncio.wait_for(case(), 30)
            print(f"PASS {name}", flush=True)
        except Exception as error:  # every case is told, whatever it met
            failed += 1
            print(f"FAIL {name}: {' '.join(repr(error).split())[:300]}", flush=True)
    print("DONE")
    return 1 if failed else 0


sys.exit(asyncio.run(main()))
