"""`cent`, the Python client of the HTTP API, against the real binary; one line per case.

A connection of centrifuge-python watches what the API does.
"""

import asyncio
import base64
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

import cent
import centrifuge

from tokens import token

BASE = os.environ.get("PLAZA_URL", "http://127.0.0.1:8000")
SOCKET = BASE.replace("http", "ws", 1) + "/connection/websocket"
KEY = "sdk-key"
PATIENCE_S = 5


def fresh(name, namespace=""):
    return f"{namespace}{name}_{uuid.uuid4().hex[:8]}"


class Watcher(centrifuge.ClientEventHandler):
    """A connection that writes down what happens to it."""

    def __init__(self, user):
        self.user = user
        self.seen = []
        self.changed = asyncio.Condition()
        self.client = centrifuge.Client(SOCKET, token=token({"sub": user}), events=self)
        self.id = None

    async def note(self, what, context):
        async with self.changed:
            self.seen.append((what, context))
            self.changed.notify_all()

    async def on_connected(self, ctx):
        self.id = ctx.client
        await self.note("connected", ctx)

    async def on_connecting(self, ctx):
        await self.note("connecting", ctx)

    async def on_disconnected(self, ctx):
        await self.note("disconnected", ctx)

    async def on_subscribed(self, ctx):
        await self.note("subscribed", ctx)

    async def on_unsubscribed(self, ctx):
        await self.note("unsubscribed", ctx)

    async def on_publication(self, ctx):
        await self.note("publication", ctx)

    async def saw(self, what, fits=lambda context: True):
        """The first event of that name that fits; waits for it."""

        def found():
            return [context for name, context in self.seen if name == what and fits(context)]

        async def wait():
            async with self.changed:
                await self.changed.wait_for(found)

        try:
            await asyncio.wait_for(wait(), PATIENCE_S)
        except TimeoutError:
            names = [name for name, _ in self.seen]
            raise AssertionError(f"no {what} within {PATIENCE_S} s, only {names}") from None
        return found()[0]


async def watcher(user=None):
    made = Watcher(user or fresh("user"))
    await made.client.connect()
    await made.client.ready()
    return made


class Cases:
    """Each method is a case; its first line of documentation is the name."""

    def __init__(self, api):
        self.api = api
        self.watchers = []

    async def watch(self, user=None):
        made = await watcher(user)
        self.watchers.append(made)
        return made

    async def close(self):
        for made in self.watchers:
            await made.client.disconnect()
        await self.api.close()

    async def publish(self):
        """publish gives offset and epoch, and subscribers get it"""
        channel, one = fresh("publish"), await self.watch()
        await self.api.subscribe(cent.SubscribeRequest(user=one.user, channel=channel))
        await one.saw("subscribed", lambda it: it.channel == channel)
        first = await self.api.publish(cent.PublishRequest(channel=channel, data={"n": 1}))
        second = await self.api.publish(cent.PublishRequest(channel=channel, data={"n": 2}))
        assert (first.offset, second.offset) == (1, 2), (first, second)
        assert first.epoch and first.epoch == second.epoch
        heard = await one.saw("publication", lambda it: it.channel == channel)
        assert heard.pub.data == {"n": 1}, heard
        assert heard.pub.info is None

    async def publish_base64(self):
        """publish takes its data in base64 too"""
        channel = fresh("base64")
        data = base64.b64encode(b'{"n":7}').decode()
        await self.api.publish(cent.PublishRequest(channel=channel, data=None, b64data=data))
        page = await self.api.history(cent.HistoryRequest(channel=channel, limit=1))
        assert page.publications[0].data == {"n": 7}, page

    async def publish_skips_history(self):
        """publish with skip_history keeps nothing"""
        channel = fresh("skip")
        await self.api.publish(cent.PublishRequest(channel=channel, data=1, skip_history=True))
        page = await self.api.history(cent.HistoryRequest(channel=channel, limit=10))
        assert page.publications == [], page

    async def publish_tags(self):
        """publish keeps its tags"""
        channel = fresh("tags")
        tags = {"kind": "good"}
        await self.api.publish(cent.PublishRequest(channel=channel, data=1, tags=tags))
        page = await self.api.history(cent.HistoryRequest(channel=channel, limit=1))
        assert page.publications[0].tags == tags, page

    async def idempotency(self):
        """a second publish with the same idempotency_key changes nothing and answers the same"""
        channel, key = fresh("once"), uuid.uuid4().hex
        request = cent.PublishRequest(channel=channel, data={"n": 1}, idempotency_key=key)
        first, second = await self.api.publish(request), await self.api.publish(request)
        assert (first.offset, first.epoch) == (second.offset, second.epoch), (first, second)
        page = await self.api.history(cent.HistoryRequest(channel=channel, limit=10))
        assert len(page.publications) == 1, page
        other = cent.PublishRequest(channel=fresh("once"), data=1, idempotency_key=key)
        assert (await self.api.publish(other)).offset == 1, "a key counts per channel"

    async def broadcast(self):
        """broadcast publishes to every channel and answers for each"""
        channels = [fresh("b1"), fresh("b2"), "nosuchnamespace:b3"]
        answer = await self.api.broadcast(cent.BroadcastRequest(channels=channels, data={"n": 1}))
        one, two, three = answer.responses
        assert one.result.offset == 1 and two.result.offset == 1, answer
        assert three.error.code == 102, answer

    async def subscribe(self):
        """subscribe puts a user's connections on a channel, with data and recovery"""
        channel, one = fresh("subscribe"), await self.watch()
        position = await self.api.publish(cent.PublishRequest(channel=channel, data={"n": 1}))
        await self.api.publish(cent.PublishRequest(channel=channel, data={"n": 2}))
        since = cent.StreamPosition(offset=position.offset, epoch=position.epoch)
        await self.api.subscribe(
            cent.SubscribeRequest(
                user=one.user, channel=channel, data={"hello": True}, recover_since=since
            )
        )
        context = await one.saw("subscribed", lambda it: it.channel == channel)
        assert context.data == {"hello": True}, context

    async def subscribe_one_client(self):
        """subscribe of one client leaves the user's other connections alone"""
        channel, user = fresh("client"), fresh("user")
        one, two = await self.watch(user), await self.watch(user)
        await self.api.subscribe(
            cent.SubscribeRequest(user=user, channel=channel, client=one.id)
        )
        await one.saw("subscribed", lambda it: it.channel == channel)
        stats = await self.api.presence_stats(cent.PresenceStatsRequest(channel=channel))
        assert stats.num_clients == 1, stats
        assert all(name != "subscribed" or it.channel != channel for name, it in two.seen)

    async def unsubscribe(self):
        """unsubscribe takes them off again"""
        channel, one = fresh("unsubscribe"), await self.watch()
        await self.api.subscribe(cent.SubscribeRequest(user=one.user, channel=channel))
        await one.saw("subscribed", lambda it: it.channel == channel)
        await self.api.unsubscribe(cent.UnsubscribeRequest(user=one.user, channel=channel))
        await one.saw("unsubscribed", lambda it: it.channel == channel)

    async def disconnect(self):
        """disconnect ends a user's connections, for good by default"""
        one = await self.watch()
        await self.api.disconnect(cent.DisconnectRequest(user=one.user))
        assert (await one.saw("disconnected")).code == 3503

    async def disconnect_with_code(self):
        """disconnect takes a code and a reason of the caller"""
        one = await self.watch()
        own = cent.Disconnect(code=4900, reason="closing time")
        await self.api.disconnect(cent.DisconnectRequest(user=one.user, disconnect=own))
        context = await one.saw("disconnected")
        assert (context.code, context.reason) == (4900, "closing time"), context

    async def disconnect_whitelist(self):
        """disconnect leaves the clients of its whitelist"""
        user = fresh("user")
        one, two = await self.watch(user), await self.watch(user)
        await self.api.disconnect(cent.DisconnectRequest(user=user, whitelist=[two.id]))
        await one.saw("disconnected")
        assert two.client.state == centrifuge.ClientState.CONNECTED

    async def refresh_expired(self):
        """refresh can mark a connection as expired, and it comes back with another token"""
        one = await self.watch()
        request = cent.RefreshRequest(user=one.user, client=one.id, expired=True)
        await self.api.refresh(request)
        context = await one.saw("connecting", lambda it: it.code == 3005)
        assert context.code == 3005, context

    async def refresh_later(self):
        """refresh moves the end of a connection into the future"""
        one = await self.watch()
        later = int(time.time()) + 600
        await self.api.refresh(cent.RefreshRequest(user=one.user, expire_at=later))
        assert one.client.state == centrifuge.ClientState.CONNECTED

    async def presence(self):
        """presence and presence_stats tell who is there"""
        channel, user = fresh("presence"), fresh("user")
        one, two = await self.watch(user), await self.watch(user)
        info = {"colour": "red"}
        await self.api.subscribe(cent.SubscribeRequest(user=user, channel=channel, info=info))
        for each in (one, two):
            await each.saw("subscribed", lambda it: it.channel == channel)
        found = await self.api.presence(cent.PresenceRequest(channel=channel))
        assert set(found.presence) == {one.id, two.id}, found
        assert found.presence[one.id].user == user, found
        assert found.presence[one.id].chan_info == info, found
        stats = await self.api.presence_stats(cent.PresenceStatsRequest(channel=channel))
        assert (stats.num_clients, stats.num_users) == (2, 1), stats

    async def history(self):
        """history pages both ways and gives the position alone with no limit"""
        channel = fresh("history")
        for number in range(1, 6):
            await self.api.publish(cent.PublishRequest(channel=channel, data={"n": number}))
        alone = await self.api.history(cent.HistoryRequest(channel=channel))
        assert (alone.offset, alone.publications) == (5, []), alone
        page = await self.api.history(cent.HistoryRequest(channel=channel, limit=2))
        assert [it.offset for it in page.publications] == [1, 2], page
        since = cent.StreamPosition(offset=2, epoch=page.epoch)
        page = await self.api.history(
            cent.HistoryRequest(channel=channel, limit=2, since=since)
        )
        assert [it.offset for it in page.publications] == [3, 4], page
        page = await self.api.history(
            cent.HistoryRequest(channel=channel, limit=2, reverse=True)
        )
        assert [it.offset for it in page.publications] == [5, 4], page
        assert page.publications[0].data == {"n": 5}, page

    async def history_remove(self):
        """history_remove takes the publications and keeps the position"""
        channel = fresh("remove")
        await self.api.publish(cent.PublishRequest(channel=channel, data=1))
        await self.api.history_remove(cent.HistoryRemoveRequest(channel=channel))
        page = await self.api.history(cent.HistoryRequest(channel=channel, limit=10))
        assert page.publications == [], page

    async def channels(self):
        """channels lists those with subscribers, all or by a pattern"""
        channel, one = fresh("listed"), await self.watch()
        await self.api.subscribe(cent.SubscribeRequest(user=one.user, channel=channel))
        await one.saw("subscribed", lambda it: it.channel == channel)
        found = await self.api.channels(cent.ChannelsRequest())
        assert found.channels[channel].num_clients == 1, found
        found = await self.api.channels(cent.ChannelsRequest(pattern="listed_*"))
        assert channel in found.channels, found
        found = await self.api.channels(cent.ChannelsRequest(pattern="nothing_*"))
        assert found.channels == {}, found

    async def info(self):
        """info tells of the node"""
        await self.watch()
        found = await self.api.info(cent.InfoRequest())
        (node,) = found.nodes
        assert node.uid and node.version and node.num_clients >= 1, node

    async def batch(self):
        """batch answers each command in its order"""
        channel = fresh("batch")
        requests = [
            cent.PublishRequest(channel=channel, data={"n": 1}),
            cent.PublishRequest(channel=channel, data={"n": 2}),
            cent.HistoryRequest(channel=channel, limit=10),
        ]
        answer = await self.api.batch(cent.BatchRequest(requests=requests))
        first, second, page = answer.replies
        assert (first.offset, second.offset) == (1, 2), answer
        assert [it.data for it in page.publications] == [{"n": 1}, {"n": 2}], answer

    async def batch_parallel(self):
        """batch in parallel answers in the order of the commands"""
        channels = [fresh("parallel") for _ in range(5)]
        requests = [cent.PublishRequest(channel=channel, data=1) for channel in channels]
        answer = await self.api.batch(cent.BatchRequest(requests=requests, parallel=True))
        assert [it.offset for it in answer.replies] == [1] * 5, answer

    async def errors(self):
        """errors have Centrifugo's codes"""
        for request, code in [
            (cent.PublishRequest(channel="nosuchnamespace:a", data=1), 102),
            (cent.PublishRequest(channel="", data=1), 107),
            (cent.PublishRequest(channel="a" * 300, data=1), 107),
        ]:
            try:
                await self.api.publish(request)
            except cent.CentApiResponseError as error:
                assert error.code == code, (request, error)
            else:
                raise AssertionError(f"{request} was taken")

    async def blocking_client(self):
        """the blocking client works too"""

        def talk():
            with cent.Client(BASE + "/api", KEY) as api:
                request = cent.PublishRequest(channel=fresh("sync"), data=1)
                return api.publish(request).offset

        assert await asyncio.to_thread(talk) == 1

    async def error_mode(self):
        """the error mode `transport` gives HTTP codes"""

        def ask():
            body = json.dumps({"channel": "nosuchnamespace:a", "data": 1}).encode()
            headers = {
                "Authorization": f"apikey {KEY}",
                "Content-Type": "application/json",
                "X-Centrifugo-Error-Mode": "transport",
            }
            request = urllib.request.Request(BASE + "/api/publish", body, headers)
            try:
                return urllib.request.urlopen(request, timeout=PATIENCE_S).status
            except urllib.error.HTTPError as error:
                return error.code

        assert await asyncio.to_thread(ask) == 404


async def main():
    names = [name for name in vars(Cases) if not name.startswith("_")]
    names = [name for name in names if name not in {"watch", "close"}]
    failed = False
    for name in names:
        api = cent.AsyncClient(BASE + "/api", KEY)
        cases = Cases(api)
        case = getattr(cases, name)
        title = case.__doc__
        try:
            await asyncio.wait_for(case(), 20)
            print(f"PASS {title}", flush=True)
        except Exception as error:
            failed = True
            why = " ".join(f"{type(error).__name__} {error}".split())[:300]
            print(f"FAIL {title}: {why}", flush=True)
        finally:
            await cases.close()
    print("DONE", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
