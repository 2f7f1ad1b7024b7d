"""Calls of rooms of the place against the real binary; one line per case.

PyPI `livekit` comes with the tokens that people are given, centrifuge-python hears their streams.
"""

import asyncio
import json
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

import centrifuge

from livekit_support import BASE, NOWHERE, PATIENCE_S, SOCKET, Company, Skip, address, main, until

PASSWORD = "correct horse"


class Person:
    """Somebody with an account, in a browser of their own."""

    def __init__(self, name):
        self.name = name
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(jar)
        self.id = None

    def _ask(self, method, path, body):
        data = None if body is None else json.dumps(body).encode()
        # The page's own address: a write with a cookie comes from the same origin.
        headers = {"Content-Type": "application/json", "Origin": BASE}
        url = BASE + "/api/v1" + path
        request = urllib.request.Request(url, data, headers, method=method)
        with self.opener.open(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    async def ask(self, method, path, body=None):
        return await asyncio.to_thread(self._ask, method, path, body)

    async def refused(self, method, path, body=None):
        """The code with which this is refused."""
        try:
            answer = await self.ask(method, path, body)
        except urllib.error.HTTPError as error:
            return json.load(error)["code"]
        raise AssertionError(f"{method} {path} was answered {answer}")

    async def begin(self):
        """The owner, who opens the place for the first case."""
        own = {"display_name": self.name, "password": PASSWORD, "locale": "en"}
        try:
            me = (await self.ask("POST", "/setup", {"place_name": "Home", **own}))["me"]
        except urllib.error.HTTPError:
            login = {"name": self.name, "password": PASSWORD}
            me = (await self.ask("POST", "/session", login))["me"]
        self.id = me["id"]
        return self

    async def invite(self, name):
        """Somebody new."""
        code = (await self.ask("POST", "/invites", {}))["code"]
        other = Person(name)
        own = {"display_name": name, "password": PASSWORD, "locale": "en"}
        other.id = (await other.ask("POST", f"/invites/{code}/accept", own))["me"]["id"]
        return other


class Stream(centrifuge.ClientEventHandler):
    """What is told to a person on their own stream."""

    def __init__(self):
        self.told = []
        self.client = None

    async def on_publication(self, ctx):
        self.told.append(ctx.pub.data)

    async def open(self, person):
        async def fetch():
            return (await person.ask("POST", "/socket-token", {}))["token"]

        url = SOCKET + "/connection/websocket"
        self.client = centrifuge.Client(url, token=await fetch(), events=self)
        await self.client.connect()
        await self.client.ready()
        return self

    def of(self, kind):
        return [told for told in self.told if told.get("kind") == kind]


class Cases(Company):
    """What people do with the calls of their rooms."""

    def __init__(self):
        super().__init__()
        self.streams = []

    async def _close(self):
        for stream in self.streams:
            await stream.client.disconnect()
        await super()._close()

    async def _people(self, name):
        """Ada, whose place it is, somebody else, and a room of theirs."""
        if address() is None:
            raise Skip(NOWHERE)
        ada = await Person("Ada").begin()
        other = await ada.invite(name)
        body = {"kind": "closed", "name": f"Room of {name}", "topic": "", "members": [other.id]}
        room = (await ada.ask("POST", "/rooms", body))["id"]
        return ada, other, f"/rooms/{room}"

    async def _call(self, person, room):
        ticket = await person.ask("POST", f"{room}/call", {})
        return await self._enter(SOCKET, ticket["token"])

    async def _listen(self, person):
        stream = await Stream().open(person)
        self.streams.append(stream)
        return stream

    async def _look(self, person, room, wanted):
        for _ in range(PATIENCE_S * 10):
            call = (await person.ask("GET", room))["call"]
            if wanted(call):
                return call
            await asyncio.sleep(0.1)
        raise AssertionError(f"the room shows {call}")

    async def history(self):
        """a call stands in the room's history and makes nothing unread"""
        ada, ben, room = await self._people("Ben")
        told = await self._listen(ben)
        one = await self._call(ada, room)
        shown = await self._look(ben, room, lambda call: call is not None)
        assert (shown["users"], shown["started_by"]) == ([ada.id], ada.id), shown
        two = await self._call(ben, room)
        await self._look(ada, room, lambda call: call["count"] == 2)
        inside = (await ben.ask("GET", f"{room}/call"))["call"]["participants"]
        assert [(it["user"], it["may_speak"]) for it in inside] == [(ada.id, True), (ben.id, True)]

        def saw(count):
            return any(it["call"] and it["call"]["count"] == count for it in told.of("call"))

        await until(lambda: saw(2), "that two are in")
        await one.disconnect()
        await two.disconnect()
        await self._look(ada, room, lambda call: call is None)
        begun, ended = (await ada.ask("GET", f"{room}/events?limit=10"))["events"][-2:]
        assert (begun["kind"], begun["author"]) == ("call_started", ada.id), begun
        assert (ended["kind"], ended["call"]) == ("call_ended", begun["call"]), ended
        assert ended["participants"] == [ada.id, ben.id], ended
        assert 0 < ended["duration_ms"] < 2 * PATIENCE_S * 1_000, ended
        seen = await ben.ask("GET", room)
        assert seen["me"]["unread"] == 0, seen
        assert seen["last_message"]["call"]["call"] == begun["call"], seen
        await until(lambda: told.of("call") and told.of("call")[-1]["call"] is None, "the end")

    async def ringing(self):
        """a direct room rings, and can be turned down"""
        ada, cleo, _ = await self._people("Cleo")
        body = {"kind": "direct", "name": "", "topic": "", "members": [cleo.id]}
        room = (await ada.ask("POST", "/rooms", body))["id"]
        heard, own = await self._listen(cleo), await self._listen(ada)
        path = f"/rooms/{room}"
        await self._call(ada, path)
        ring = (await until(lambda: heard.of("ring"), "the ring"))[0]
        assert (ring["room"], ring["from"]) == (room, ada.id), ring
        await cleo.ask("POST", f"{path}/call/decline", {})
        for stream in (own, heard):
            said = (await until(lambda it=stream: it.of("call_declined"), "the no"))[0]
            assert (said["call"], said["user"]) == (ring["call"], cleo.id), said
        assert own.of("ring") == [], "whoever calls is not called"

    async def stage(self):
        """on a stage one listens until a moderator lets one speak"""
        ada, dan, room = await self._people("Dan")
        await ada.ask("PATCH", room, {"speakers": "chosen"})
        await self._call(ada, room)
        await self._look(ada, room, lambda call: call is not None)
        here = await self._call(dan, room)
        assert not here.local_participant.permissions.can_publish
        seat = f"{room}/call/participants/{dan.id}"
        await ada.ask("PUT", seat, {"may_speak": True})
        await until(lambda: here.local_participant.permissions.can_publish, "leave to speak")
        await ada.ask("PUT", seat, {"may_speak": False})
        await until(lambda: not here.local_participant.permissions.can_publish, "the end of it")
        await ada.ask("PATCH", room, {"speakers": "everyone"})
        await until(lambda: here.local_participant.permissions.can_publish, "leave for all")

    async def silenced(self):
        """a moderator silences a microphone, and only its owner switches it on again"""
        ada, hal, room = await self._people("Hal")
        here = await self._call(hal, room)
        sound, picture = await self._tone(here)
        seat = f"{room}/call/participants/{hal.id}"
        assert await hal.refused("PUT", seat, {"muted": True}) == "forbidden"
        there = await self._call(ada, room)
        muted = []
        there.on("track_muted", lambda _, publication: muted.append(publication.sid))
        there.on("track_unmuted", lambda _, publication: muted.remove(publication.sid))

        def seen():
            who = there.remote_participants.get(hal.id)
            return who and len(who.track_publications) == 2

        await until(seen, "both tracks")
        await ada.ask("PUT", seat, {"muted": True})
        await until(lambda: muted == [sound.sid], "silence, and the picture goes on")
        assert await ada.refused("PUT", seat, {"muted": False}) == "bad_request"
        sound.track.unmute()
        await until(lambda: muted == [], "that Hal switches it on again")

    async def taken_out(self):
        """who is taken out stays out of that call, and who leaves the room leaves its call"""
        ada, eve, room = await self._people("Eve")
        await self._call(ada, room)
        await self._look(ada, room, lambda call: call is not None)
        here, gone = await self._call(eve, room), asyncio.Event()
        here.on("disconnected", lambda *_: gone.set())
        await self._look(ada, room, lambda call: call["count"] == 2)
        ticket = await eve.ask("POST", f"{room}/call", {})
        await ada.ask("DELETE", f"{room}/call/participants/{eve.id}")
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
        assert await eve.refused("POST", f"{room}/call", {}) == "forbidden"
        try:
            await self._enter(SOCKET, ticket["token"])
        except Exception:
            pass
        else:
            raise AssertionError("an older token opened the door")
        fay = await ada.invite("Fay")
        await ada.ask("POST", f"{room}/members", {"users": [fay.id]})
        here, gone = await self._call(fay, room), asyncio.Event()
        here.on("disconnected", lambda *_: gone.set())
        await self._look(ada, room, lambda call: call["count"] == 2)
        await ada.ask("DELETE", f"{room}/members/{fay.id}")
        await asyncio.wait_for(gone.wait(), PATIENCE_S)

    async def ended(self):
        """a moderator ends a call for everybody"""
        ada, gil, room = await self._people("Gil")
        await self._call(ada, room)
        here, gone = await self._call(gil, room), asyncio.Event()
        here.on("disconnected", lambda *_: gone.set())
        await self._look(ada, room, lambda call: call and call["count"] == 2)
        assert await gil.refused("DELETE", f"{room}/call") == "forbidden"
        await ada.ask("DELETE", f"{room}/call")
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
        await self._look(ada, room, lambda call: call is None)


if __name__ == "__main__":
    main(Cases)
