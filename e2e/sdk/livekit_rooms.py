"""PyPI `livekit` (a real libwebrtc) and `livekit-api` against the real binary; one line per case.

The rooms need a network address that is not the loopback's: `make test-sdk` gives them a network
namespace that has one where the machine allows it (PLAZA_ALONE). Without, those cases are skipped.
"""

import asyncio
import json
import math
import os
import socket
import sys
import threading
import urllib.request
import uuid
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy
from livekit import api, rtc
from livekit.protocol import models, room as rooms

BASE = os.environ.get("PLAZA_URL", "http://127.0.0.1:7880")
SOCKET = BASE.replace("http", "ws", 1)
KEY, SECRET = "devkey", "secretsecretsecretsecretsecretsecret"
PATIENCE_S = 20
WIDTH, HEIGHT = 320, 180
RATE_HZ = 48_000
HOOK_PORT = 7999


NOWHERE = "there is no network namespace with an address but the loopback's"


class Skip(Exception):
    """A case that cannot be run here."""


def fresh(name):
    return f"{name}-{uuid.uuid4().hex[:8]}"


def address():
    """An address of this machine that is not the loopback's, where nobody else is."""
    if not os.environ.get("PLAZA_ALONE"):
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return None
        own = probe.getsockname()[0]
    return None if own.startswith("127.") else own


def token(identity, room, **grants):
    grants = {"room_join": True, "room": room, **grants}
    return (
        api.AccessToken(KEY, SECRET)
        .with_identity(identity)
        .with_name(identity.title())
        .with_grants(api.VideoGrants(**grants))
        .to_jwt()
    )


async def until(holds, what):
    """Waits until `holds()` gives something."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not (found := holds()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {PATIENCE_S} s: {what}")
        await asyncio.sleep(0.05)
    return found


class Tone:
    """A microphone that hears a tone, and a camera before a colour that changes."""

    def __init__(self, hertz=440):
        self.hertz = hertz
        self.audio = rtc.AudioSource(RATE_HZ, 1)
        self.video = rtc.VideoSource(WIDTH, HEIGHT)
        self.tasks = []

    async def publish(self, room):
        sound = rtc.LocalAudioTrack.create_audio_track("tone", self.audio)
        source = rtc.TrackSource.SOURCE_MICROPHONE
        one = await room.local_participant.publish_track(
            sound, rtc.TrackPublishOptions(source=source)
        )
        picture = rtc.LocalVideoTrack.create_video_track("colour", self.video)
        source = rtc.TrackSource.SOURCE_CAMERA
        two = await room.local_participant.publish_track(
            picture, rtc.TrackPublishOptions(source=source)
        )
        self.tasks = [asyncio.create_task(self.speak()), asyncio.create_task(self.show())]
        return one, two

    async def speak(self):
        count, at = RATE_HZ // 100, 0
        while True:
            phase = 2 * math.pi * self.hertz * (numpy.arange(count) + at) / RATE_HZ
            samples = (numpy.sin(phase) * 16_000).astype(numpy.int16)
            frame = rtc.AudioFrame(samples.tobytes(), RATE_HZ, 1, count)
            await self.audio.capture_frame(frame)
            at += count

    async def show(self):
        shade = 0
        while True:
            shade = (shade + 8) % 256
            pixels = numpy.full((HEIGHT, WIDTH, 4), (shade, 255 - shade, 90, 255), numpy.uint8)
            kind = rtc.VideoBufferType.RGBA
            self.video.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, kind, pixels.tobytes()))
            await asyncio.sleep(1 / 15)

    async def stop(self):
        for task in self.tasks:
            task.cancel()
        await self.audio.aclose()
        await self.video.aclose()


async def loudest(track, hertz):
    """How much of what comes is the tone, once it is loud enough."""
    stream = rtc.AudioStream.from_track(track=track, sample_rate=RATE_HZ, num_channels=1)
    heard = numpy.zeros(0)
    async for event in stream:
        frame = numpy.frombuffer(event.frame.data, numpy.int16)
        heard = numpy.concatenate([heard, frame])[-RATE_HZ:]
        if len(heard) == RATE_HZ and numpy.abs(heard).max() > 4_000:
            spectrum = numpy.abs(numpy.fft.rfft(heard))
            peak = int(spectrum[20:].argmax()) + 20
            if abs(peak - hertz) <= 3:
                await stream.aclose()
                return peak
    raise AssertionError("the sound ended")


async def shades(track):
    """Pictures that differ, of the size that was sent."""
    stream = rtc.VideoStream.from_track(track=track, format=rtc.VideoBufferType.RGBA)
    seen = set()
    async for event in stream:
        frame = event.frame
        pixels = numpy.frombuffer(frame.data, numpy.uint8).reshape(frame.height, frame.width, 4)
        middle = pixels[frame.height // 2, frame.width // 2]
        seen.add(int(middle[0]) // 32)
        if len(seen) >= 4:
            await stream.aclose()
            return frame.width, frame.height
    raise AssertionError("the pictures ended")


class Place:
    """The product's own REST API, as its first owner."""

    def __init__(self):
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        # The page's own address: a write with a cookie comes from the same origin.
        headers = {"Content-Type": "application/json", "Origin": BASE}
        request = urllib.request.Request(
            BASE + "/api/v1" + path, data, headers, method=method
        )
        with self.opener.open(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def open(self):
        owner = {"display_name": "Ada", "password": "correct horse", "locale": "en"}
        try:
            return self.ask("POST", "/setup", {"place_name": "Home", **owner})["me"]
        except urllib.error.HTTPError:
            name = {"name": "ada", "password": owner["password"]}
            return self.ask("POST", "/session", name)["me"]


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


class Cases:
    """Each method is a case; its first line of documentation is the name."""

    def __init__(self):
        self.api = api.LiveKitAPI(BASE, KEY, SECRET)
        self.there = []
        self.tones = []

    async def close(self):
        for tone in self.tones:
            await tone.stop()
        for room in self.there:
            await room.disconnect()
        await self.api.aclose()

    async def come(self, identity, room, single=True, **grants):
        if address() is None:
            raise Skip(NOWHERE)
        return await self.enter(SOCKET, token(identity, room, **grants), single)

    async def enter(self, url, jwt, single=True):
        came = rtc.Room()
        options = rtc.RoomOptions(single_peer_connection=single)
        await asyncio.wait_for(came.connect(url, jwt, options), PATIENCE_S)
        self.there.append(came)
        return came

    async def tone(self, room, hertz=440):
        made = Tone(hertz)
        self.tones.append(made)
        return await made.publish(room)

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
        ann = await self.come("ann", name, single)
        ben = await self.come("ben", name, single)
        tracks = {}
        ben.on("track_subscribed", lambda track, *_: tracks.update({track.kind: track}))
        await self.tone(ann)
        await until(lambda: len(tracks) == 2, f"both tracks of ann in {tracks}")
        sound = tracks[rtc.TrackKind.KIND_AUDIO]
        assert await asyncio.wait_for(loudest(sound, 440), PATIENCE_S)
        picture = tracks[rtc.TrackKind.KIND_VIDEO]
        width, height = await asyncio.wait_for(shades(picture), PATIENCE_S)
        assert width / height == WIDTH / HEIGHT, (width, height)

    async def data(self):
        """data comes with its topic, and only to whom it is meant for"""
        name = fresh("data")
        ann, ben, cat = [await self.come(who, name) for who in ("ann", "ben", "cat")]
        heard = {"ben": [], "cat": []}
        ben.on("data_received", lambda packet: heard["ben"].append(packet))
        cat.on("data_received", lambda packet: heard["cat"].append(packet))
        await until(lambda: len(ann.remote_participants) == 2, "the others")
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
        ann, ben = await self.come("ann", name), await self.come("ben", name)
        heard = {"ann": [], "ben": []}
        ann.on("data_received", lambda packet: heard["ann"].append(packet))
        ben.on("data_received", lambda packet: heard["ben"].append(packet))
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
        ann, ben = await self.come("ann", name), await self.come("ben", name)
        texts = []

        def handle(reader, _identity):
            async def take():
                texts.append(await reader.read_all())

            asyncio.create_task(take())

        ben.register_text_stream_handler("letters", handle)
        await until(lambda: ann.remote_participants, "ben")
        text = "Sehr geehrte Damen und Herren, 你好 " * 1_000
        await ann.local_participant.send_text(text, topic="letters")
        await until(lambda: texts, "the text")
        assert texts[0] == text

    async def calls(self):
        """RPC is answered by the other side"""
        name = fresh("rpc")
        ann, ben = await self.come("ann", name), await self.come("ben", name)

        @ben.local_participant.register_rpc_method("greet")
        async def greet(call):
            return f"hello {call.caller_identity}, {call.payload}"

        await until(lambda: ann.remote_participants, "ben")
        answer = await ann.local_participant.perform_rpc(
            destination_identity="ben", method="greet", payload="fine day"
        )
        assert answer == "hello ann, fine day", answer

    async def attributes(self):
        """metadata and attributes reach the others"""
        name = fresh("attributes")
        ann = await self.come("ann", name, can_update_own_metadata=True)
        ben = await self.come("ben", name)
        await ann.local_participant.set_attributes({"hand": "1"})
        await ann.local_participant.set_metadata("m")

        def told():
            seen = ben.remote_participants.get("ann")
            return seen and seen.attributes.get("hand") == "1" and seen.metadata == "m"

        await until(told, "ann's attributes")

    async def moderation(self):
        """RoomService: looks at people, silences, changes and removes them"""
        name = fresh("order")
        ann, ben = await self.come("ann", name), await self.come("ben", name)
        gone = asyncio.Event()
        ann.on("disconnected", lambda *_: gone.set())
        sound, _ = await self.tone(ann)
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
                await self.enter(SOCKET, jwt)
            except rtc.ConnectError:
                continue
            raise AssertionError("eve came in")

    async def product(self):
        """a call of a room of the place stands in its log"""
        if address() is None:
            raise Skip(NOWHERE)
        place = Place()
        me = await asyncio.to_thread(place.open)
        lobby = (await asyncio.to_thread(place.ask, "GET", "/rooms"))["rooms"][0]["id"]
        path = f"/rooms/{lobby}"
        ticket = await asyncio.to_thread(place.ask, "POST", f"{path}/call", {})
        assert ticket["speak"] and ticket["keep"], ticket
        ada = await self.enter(SOCKET, ticket["token"])
        assert ada.local_participant.identity == me["id"]

        async def look(wanted):
            for _ in range(PATIENCE_S * 10):
                call = (await asyncio.to_thread(place.ask, "GET", path))["call"]
                if wanted(call):
                    return call
                await asyncio.sleep(0.1)
            raise AssertionError(f"the room shows {call}")

        shown = await look(lambda call: call is not None)
        assert (shown["users"], shown["count"]) == ([me["id"]], 1), shown
        inside = await asyncio.to_thread(place.ask, "GET", f"{path}/call")
        assert inside["call"]["participants"][0]["may_speak"], inside
        await ada.disconnect()
        await look(lambda call: call is None)
        page = await asyncio.to_thread(place.ask, "GET", f"{path}/events?limit=10")
        begun, ended = page["events"][-2:]
        assert (begun["kind"], begun["author"]) == ("call_started", me["id"]), begun
        assert (ended["kind"], ended["call"]) == ("call_ended", begun["call"]), ended
        assert ended["participants"] == [me["id"]], ended
        assert 0 < ended["duration_ms"] < PATIENCE_S * 1_000, ended


async def main():
    names = [name for name in vars(Cases) if not name.startswith("_")]
    names = [name for name in names if name not in {"close", "come", "enter", "tone"}]
    only, failed = os.environ.get("ONLY", ""), False
    for name in names:
        cases = Cases()
        case = getattr(cases, name)
        title = case.__doc__
        if only not in name:
            continue
        try:
            await asyncio.wait_for(case(), 3 * PATIENCE_S)
            print(f"PASS {title}", flush=True)
        except Skip as why:
            print(f"SKIP {title}: {why}", flush=True)
        except Exception as error:
            failed = True
            why = " ".join(f"{type(error).__name__} {error}".split())[:300]
            print(f"FAIL {title}: {why}", flush=True)
        finally:
            await cases.close()
    print("DONE", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # libwebrtc's threads outlive the last room; what the cases came to is told already.
    code = asyncio.run(main())
    sys.stdout.flush()
    os._exit(code)
