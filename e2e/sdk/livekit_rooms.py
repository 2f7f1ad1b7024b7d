"""PyPI `livekit` (a real libwebrtc) and `livekit-api` against the real binary; a line per case."""

import asyncio
import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

from livekit import api, rtc
from livekit.protocol import models, room as rooms

from livekit_support import (
    BASE, HEIGHT, KEY, NOWHERE, PATIENCE_S, SECRET, SOCKET, WIDTH, Company, Skip, address, fresh,
    keep, loudest, main, shades, token, until,
)

HOOK_PORT = 7999


class Hook:
    """A backend that takes webhooks and checks how they are signed."""

    def __init__(self):
        self.events = []
        self.wrong = []
        receiver = api.WebhookReceiver(api.TokenVerifier(KEY, SECRET))
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                try:
                    event = receiver.receive(body, self.headers["Authorization"])
                    hook.events.append(event)
                except Exception as error:
                    hook.wrong.append(error)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", HOOK_PORT), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def names(self, room):
        return [event.event for event in self.events if event.room.name == room]


HOOK = Hook()


class Cases(Company):
    """What a developer's backend and clients do with rooms of their own."""

    async def rooms_by_protobuf(self):
        """RoomService: rooms are made, listed, changed and ended"""
        name = fresh("room")
        request = rooms.CreateRoomRequest(name=name, empty_timeout=60, metadata="first")
        made = await self.api.room.create_room(request)
        assert made.name == name and made.sid.startswith("RM_"), made
        assert (made.empty_timeout, made.metadata) == (60, "first"), made
        listed = await self.api.room.list_rooms(rooms.ListRoomsRequest(names=[name]))
        assert [room.sid for room in listed.rooms] == [made.sid], listed
        request = rooms.UpdateRoomMetadataRequest(room=name, metadata="second")
        assert (await self.api.room.update_room_metadata(request)).metadata == "second"
        inside = rooms.ListParticipantsRequest(room=name)
        assert len((await self.api.room.list_participants(inside)).participants) == 0
        await self.api.room.delete_room(rooms.DeleteRoomRequest(room=name))
        listed = await self.api.room.list_rooms(rooms.ListRoomsRequest(names=[name]))
        assert len(listed.rooms) == 0, listed

    async def errors(self):
        """RoomService: what is not there is a TwirpError not_found"""
        try:
            await self.api.room.delete_room(rooms.DeleteRoomRequest(room=fresh("none")))
        except api.TwirpError as error:
            assert (error.code, error.status) == ("not_found", 404), error
            assert error.message == "requested room does not exist", error
        else:
            raise AssertionError("a room that is not there was deleted")

    async def rooms_by_json(self):
        """RoomService: the same in JSON"""

        def ask(method, body, **grants):
            grants = api.VideoGrants(**grants)
            jwt = api.AccessToken(KEY, SECRET).with_grants(grants).to_jwt()
            headers = {"Authorization": f"Bearer {jwt}", "Content-Type": "application/json"}
            url = f"{BASE}/twirp/livekit.RoomService/{method}"
            request = urllib.request.Request(url, json.dumps(body).encode(), headers)
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)

        name = fresh("json")
        made = await asyncio.to_thread(
            ask, "CreateRoom", {"name": name, "max_participants": 7}, room_create=True
        )
        assert (made["name"], made["maxParticipants"]) == (name, 7), made
        listed = await asyncio.to_thread(ask, "ListRooms", {}, room_list=True)
        assert name in [room["name"] for room in listed["rooms"]], listed

    async def webhooks(self):
        """webhooks are signed so that the SDK's receiver takes them"""
        name = fresh("hook")
        await self.api.room.create_room(rooms.CreateRoomRequest(name=name))
        await self.api.room.delete_room(rooms.DeleteRoomRequest(room=name))
        wanted = ["room_started", "room_finished"]
        await until(lambda: HOOK.names(name) == wanted, f"{wanted} of {name}")
        assert HOOK.wrong == [], HOOK.wrong

    async def media(self):
        """v1: a tone is heard and a picture is seen at the far side"""
        await self._media(single=True)

    async def media_dual(self):
        """v0: a tone is heard and a picture is seen at the far side"""
        await self._media(single=False)

    async def _media(self, single):
        name = fresh("media")
        ann = await self._come("ann", name, single)
        ben = await self._come("ben", name, single)
        tracks = {}
        ben.on("track_subscribed", lambda track, *_: tracks.update({track.kind: track}))
        await self._tone(ann)
        await until(lambda: len(tracks) == 2, f"both tracks of ann in {tracks}")
        sound = tracks[rtc.TrackKind.KIND_AUDIO]
        assert await asyncio.wait_for(loudest(sound, 440), PATIENCE_S)
        picture = tracks[rtc.TrackKind.KIND_VIDEO]
        width, height = await asyncio.wait_for(shades(picture), PATIENCE_S)
        assert width / height == WIDTH / HEIGHT, (width, height)

    async def data(self):
        """data comes with its topic, and only to whom it is meant for"""
        name = fresh("data")
        ann, ben, cat = await self._meet(name, "ann", "ben", "cat")
        heard = {"ben": [], "cat": []}
        ben.on("data_received", keep(heard["ben"]))
        cat.on("data_received", keep(heard["cat"]))
        one = ann.local_participant
        await one.publish_data(b"for ben", topic="t", destination_identities=["ben"])
        await one.publish_data(b"for all", reliable=True)
        await until(lambda: len(heard["ben"]) == 2 and heard["cat"], "the data")
        assert (heard["ben"][0].data, heard["ben"][0].topic) == (b"for ben", "t")
        assert heard["ben"][0].participant.identity == "ann"
        assert [packet.data for packet in heard["cat"]] == [b"for all"]

    async def sent_by_server(self):
        """RoomService: data of the server comes to its destination"""
        name = fresh("sent")
        ann, ben = await self._meet(name, "ann", "ben")
        heard = {"ann": [], "ben": []}
        ann.on("data_received", keep(heard["ann"]))
        ben.on("data_received", keep(heard["ben"]))
        for to, text in ([["ben"], b"one"], [[], b"all"]):
            request = rooms.SendDataRequest(
                room=name, data=text, kind=models.DataPacket.RELIABLE,
                destination_identities=to, topic="news",
            )
            await self.api.room.send_data(request)
        await until(lambda: len(heard["ben"]) == 2 and heard["ann"], "the data")
        assert [packet.data for packet in heard["ben"]] == [b"one", b"all"]
        assert [packet.data for packet in heard["ann"]] == [b"all"]

    async def streams(self):
        """a text stream of 40 kB arrives whole"""
        name = fresh("stream")
        ann, ben = await self._meet(name, "ann", "ben")
        texts = []

        def handle(reader, _identity):
            async def take():
                texts.append(await reader.read_all())

            asyncio.create_task(take())

        ben.register_text_stream_handler("letters", handle)
        text = "Sehr geehrte Damen und Herren, 你好 " * 1_000
        await ann.local_participant.send_text(text, topic="letters")
        await until(lambda: texts, "the text")
        assert texts[0] == text

    async def calls(self):
        """RPC is answered by the other side"""
        name = fresh("rpc")
        ann, ben = await self._meet(name, "ann", "ben")

        @ben.local_participant.register_rpc_method("greet")
        async def greet(call):
            return f"hello {call.caller_identity}, {call.payload}"

        answer = await ann.local_participant.perform_rpc(
            destination_identity="ben", method="greet", payload="fine day"
        )
        assert answer == "hello ann, fine day", answer

    async def attributes(self):
        """metadata and attributes reach the others"""
        name = fresh("attributes")
        ann = await self._come("ann", name, can_update_own_metadata=True)
        ben = await self._come("ben", name)
        await ann.local_participant.set_attributes({"hand": "1"})
        await ann.local_participant.set_metadata("m")

        def told():
            seen = ben.remote_participants.get("ann")
            return seen and seen.attributes.get("hand") == "1" and seen.metadata == "m"

        await until(told, "ann's attributes")

    async def moderation(self):
        """RoomService: looks at people, silences, changes and removes them"""
        name = fresh("order")
        ann, ben = await self._come("ann", name), await self._come("ben", name)
        gone = asyncio.Event()
        ann.on("disconnected", lambda *_: gone.set())
        sound, _ = await self._tone(ann)
        await until(lambda: ben.remote_participants.get("ann"), "ann")
        whom = rooms.RoomParticipantIdentity(room=name, identity="ann")

        async def published():
            return len((await self.api.room.get_participant(whom)).tracks) == 2

        while not await published():
            await asyncio.sleep(0.1)
        muted = []
        ben.on("track_muted", lambda who, _: muted.append(who.identity))
        await self.api.room.mute_published_track(
            rooms.MuteRoomTrackRequest(
                room=name, identity="ann", track_sid=sound.sid, muted=True
            )
        )
        await until(lambda: muted == ["ann"], "that ann is silent")
        change = rooms.UpdateParticipantRequest(
            room=name, identity="ann", name="Annie", metadata="seen",
            permission=models.ParticipantPermission(can_subscribe=True, can_publish=False),
        )
        changed = await self.api.room.update_participant(change)
        assert (changed.name, changed.metadata) == ("Annie", "seen"), changed
        await until(lambda: ben.remote_participants["ann"].name == "Annie", "the new name")
        await until(
            lambda: not ben.remote_participants["ann"].track_publications,
            "that tracks end which may not be published any more",
        )
        await self.api.room.remove_participant(whom)
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
        await until(lambda: not ben.remote_participants, "that ann has gone")
        names = ["participant_joined", "track_published", "track_unpublished", "participant_left"]
        await until(lambda: set(names) <= set(HOOK.names(name)), f"webhooks {names}")
        assert HOOK.wrong == [], HOOK.wrong

    async def refused(self):
        """a token without the grant, or of another key, does not come in"""
        if address() is None:
            raise Skip(NOWHERE)
        name = fresh("refused")
        other = api.AccessToken("other", SECRET).with_identity("eve")
        for jwt in (token("eve", name, room_join=False), other.to_jwt()):
            try:
                await self._enter(SOCKET, jwt)
            except rtc.ConnectError:
                continue
            raise AssertionError("eve came in")


if __name__ == "__main__":
    main(Cases)
