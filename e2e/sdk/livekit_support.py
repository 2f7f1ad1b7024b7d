"""What the suites of PyPI `livekit` share: people in rooms, tones and colours, how cases are told.

The rooms need a network address that is not the loopback's: `make test-sdk` gives them a network
namespace that has one where the machine allows it (PLAZA_ALONE). Without, those cases are skipped.
"""

import asyncio
import math
import os
import socket
import uuid

import numpy
from livekit import api, rtc

BASE = os.environ.get("PLAZA_URL", "http://127.0.0.1:7880")
SOCKET = BASE.replace("http", "ws", 1)
KEY, SECRET = "devkey", "secretsecretsecretsecretsecretsecret"
PATIENCE_S = 20
WIDTH, HEIGHT = 320, 180
RATE_HZ = 48_000
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


def keep(packets):
    """Writes down the data that comes, but for what only asks whether it does."""
    return lambda packet: packet.topic == "probe" or packets.append(packet)


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


class Company:
    """Those who are in rooms for the time of a case."""

    def __init__(self):
        self.api = api.LiveKitAPI(BASE, KEY, SECRET)
        self.there = []
        self.tones = []

    async def _close(self):
        for tone in self.tones:
            await tone.stop()
        for room in self.there:
            await room.disconnect()
        await self.api.aclose()

    async def _come(self, identity, room, single=True, **grants):
        if address() is None:
            raise Skip(NOWHERE)
        return await self._enter(SOCKET, token(identity, room, **grants), single)

    async def _enter(self, url, jwt, single=True):
        came = rtc.Room()
        options = rtc.RoomOptions(single_peer_connection=single)
        await asyncio.wait_for(came.connect(url, jwt, options), PATIENCE_S)
        self.there.append(came)
        return came

    async def _meet(self, name, *identities):
        """They come and hear each other: who has just come has no open data channel yet."""
        came = [await self._come(who, name) for who in identities]
        heard = set()

        def hears(room):
            own = room.local_participant.identity

            def note(packet):
                if packet.topic == "probe":
                    heard.add((packet.participant.identity, own))

            room.on("data_received", note)

        for room in came:
            hears(room)
        pairs = {(one, two) for one in identities for two in identities if one != two}
        for _ in range(PATIENCE_S * 5):
            if heard == pairs:
                return came
            for room in came:
                await room.local_participant.publish_data(b"", topic="probe")
            await asyncio.sleep(0.2)
        raise AssertionError(f"not everybody hears everybody: {pairs - heard}")

    async def _tone(self, room, hertz=440):
        made = Tone(hertz)
        self.tones.append(made)
        return await made.publish(room)


async def run(kind):
    """Each method of `kind` without a `_` is a case; its documentation is the name."""
    only, failed = os.environ.get("ONLY", ""), False
    for name in vars(kind):
        if name.startswith("_") or only not in name:
            continue
        cases = kind()
        title = getattr(cases, name).__doc__
        try:
            await asyncio.wait_for(getattr(cases, name)(), 3 * PATIENCE_S)
            print(f"PASS {title}", flush=True)
        except Skip as why:
            print(f"SKIP {title}: {why}", flush=True)
        except Exception as error:
            failed = True
            why = " ".join(f"{type(error).__name__} {error}".split())[:300]
            print(f"FAIL {title}: {why}", flush=True)
        finally:
            await cases._close()
    print("DONE", flush=True)
    return 1 if failed else 0


def main(kind):
    # libwebrtc's threads outlive the last room; what the cases came to is told already.
    os._exit(asyncio.run(run(kind)))
