// Calls with LiveKit's own client in a real browser, over both versions of its signalling.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { FAKE_DEVICES, launch } from "../support/browser.mjs";
import { accessToken, Caller, servePage } from "../support/callers.mjs";
import { Server } from "../support/server.mjs";
import { until } from "../support/until.mjs";
import { speak } from "../support/voice.mjs";

const EXAMPLE = join(import.meta.dirname, "../../examples/livekit.toml");
const KEY = { key: "devkey", secret: "secretsecretsecretsecretsecretsecret" };

let server;
let browser;
let page;
let voice;

before(async () => {
  voice = await speak();
  server = await Server.start(await readFile(EXAMPLE, "utf8"));
  browser = await launch([...FAKE_DEVICES, voice.flag]);
  page = await servePage();
});
after(async () => {
  await browser?.close();
  page?.close();
  await server?.remove();
  await voice?.remove();
});

function enter(identity, room, options, grants) {
  const token = accessToken(KEY, identity, room, grants);
  return Caller.join(browser, page.url, { url: server.url, token, options });
}

const sendCameraAndMicrophone = () => globalThis.room.localParticipant.enableCameraAndMicrophone();
const isConnected = () => globalThis.room.state === "connected";
const sid = () => globalThis.room.localParticipant.sid;

for (const [version, single, mode] of [
  ["v1", true, "publisher-only"],
  ["v0", false, "subscriber-primary"],
]) {
  describe(`over ${version}`, () => {
    const options = { singlePeerConnection: single, dynacast: true };
    const room = `talk-${version}`;
    let alice;
    let bob;

    before(async () => {
      [alice, bob] = await Promise.all([enter("alice", room, options), enter("bob", room, options)]);
    });
    after(async () => {
      await Promise.all([alice?.close(), bob?.close()]);
    });

    test("two people see and hear each other", async () => {
      assert.equal(await alice.run(() => globalThis.room.engine.pcManager.mode), mode);
      await alice.run(sendCameraAndMicrophone);
      await bob.receives("alice");
      await bob.run(sendCameraAndMicrophone);
      await alice.receives("bob");
      await bob.receives("alice");
    });

    test("who speaks is told to the others", async () => {
      await bob.sees("alice to speak", () =>
        globalThis.room.activeSpeakers.some(({ identity }) => identity === "alice"),
      );
    });

    test("a muted microphone is shown as muted and comes back", async () => {
      const isMuted = (wanted) => {
        const alice = globalThis.room.remoteParticipants.get("alice");
        return !alice.isMicrophoneEnabled === wanted;
      };
      await alice.run(() => globalThis.room.localParticipant.setMicrophoneEnabled(false));
      await bob.sees("alice to be muted", isMuted, true);
      await alice.run(() => globalThis.room.localParticipant.setMicrophoneEnabled(true));
      await bob.sees("alice not to be muted", isMuted, false);
      await bob.receives("alice", { video: false });
    });

    test("data goes to everybody, in order or not, and to those who are named", async () => {
      await alice.run(async () => {
        const bytes = (text) => new TextEncoder().encode(text);
        const { localParticipant } = globalThis.room;
        await localParticipant.publishData(bytes("first"), { reliable: true, topic: "t" });
        await localParticipant.publishData(bytes("lossy"), { reliable: false, topic: "t" });
        await localParticipant.publishData(bytes("hers"), {
          reliable: true,
          destinationIdentities: ["carol"],
        });
        await localParticipant.publishData(bytes("yours"), {
          reliable: true,
          destinationIdentities: ["bob"],
        });
      });
      await bob.sees("three packets", () => globalThis.heard.data.length >= 3);
      const heard = await bob.run(() => globalThis.heard.data);
      assert.deepEqual(heard.map(({ text }) => text).sort(), ["first", "lossy", "yours"]);
      assert.ok(heard.every(({ from }) => from === "alice"));
      assert.equal(heard.find(({ text }) => text === "first").topic, "t");
    });

    test("a call of a method is answered, and a long text arrives whole", async () => {
      await bob.run(() => {
        const { room, heard } = globalThis;
        room.registerRpcMethod("add", async ({ payload }) => String(Number(payload) + 1));
        room.registerTextStreamHandler("notes", async (reader) => {
          heard.text = await reader.readAll();
        });
      });
      const answer = await alice.run(() =>
        globalThis.room.localParticipant.performRpc({
          destinationIdentity: "bob",
          method: "add",
          payload: "41",
        }),
      );
      assert.equal(answer, "42");
      await alice.run(() =>
        globalThis.room.localParticipant.sendText("y".repeat(40_000), { topic: "notes" }),
      );
      await bob.sees("the text", () => globalThis.heard.text?.length === 40_000);
    });

    test("attributes and names are told to the others", async () => {
      await alice.run(async () => {
        await globalThis.room.localParticipant.setAttributes({ hand: "1" });
        await globalThis.room.localParticipant.setName("Alice A.");
      });
      await bob.sees("the hand and the name", () => {
        const alice = globalThis.room.remoteParticipants.get("alice");
        return alice.attributes.hand === "1" && alice.name === "Alice A.";
      });
    });

    test("a picture comes as large as it is wanted, and not at all when nobody looks", async () => {
      const look = (how) => {
        const alice = globalThis.room.remoteParticipants.get("alice");
        for (const publication of alice.videoTrackPublications.values()) {
          if (how.quality !== undefined) publication.setVideoQuality(how.quality);
          if (how.enabled !== undefined) publication.setEnabled(how.enabled);
        }
      };
      const isWide = ([least, most]) =>
        [...document.querySelectorAll("video")].some((it) => it.videoWidth >= least && it.videoWidth <= most);
      await bob.run(look, { quality: 0 });
      await bob.sees("a small picture", isWide, [1, 320]);
      await bob.run(look, { quality: 2 });
      await bob.sees("a larger picture", isWide, [321, 4000]);
      await bob.run(look, { enabled: false });
      await until("the picture to stand still", async () => {
        const before = await bob.decoded("alice");
        await new Promise((resume) => setTimeout(resume, 1_000));
        return (await bob.decoded("alice")).frames === before.frames;
      });
      await bob.run(look, { enabled: true });
      await bob.receives("alice");
    });

    test("one chooses whom one hears, and a publisher who hears them", async () => {
      const choose = (wanted) => {
        const alice = globalThis.room.remoteParticipants.get("alice");
        for (const publication of alice.trackPublications.values()) publication.setSubscribed(wanted);
      };
      const hears = (wanted) => {
        const alice = globalThis.room.remoteParticipants.get("alice");
        return [...alice.trackPublications.values()].every((it) => it.isSubscribed === wanted);
      };
      await bob.run(choose, false);
      await bob.sees("nothing of alice", hears, false);
      await bob.run(choose, true);
      await bob.sees("alice again", hears, true);
      await bob.receives("alice");
      await alice.run(() => globalThis.room.localParticipant.setTrackSubscriptionPermissions(false, []));
      await bob.sees("that bob may not", () => {
        const alice = globalThis.room.remoteParticipants.get("alice");
        return [...alice.trackPublications.values()].every((it) => it.permissionStatus === "not_allowed");
      });
      await alice.run(() => globalThis.room.localParticipant.setTrackSubscriptionPermissions(true));
      await bob.sees("alice once more", hears, true);
      await bob.receives("alice");
    });

    test("a socket that is cut is resumed, and media goes on", async () => {
      const before = await alice.run(sid);
      await alice.run(() => globalThis.room.simulateScenario("signal-reconnect"));
      await alice.sees("alice to be back", () =>
        globalThis.heard.events.some(({ name }) => name === "signalReconnecting" || name === "reconnecting"),
      );
      await alice.sees("alice to be connected", isConnected);
      await bob.receives("alice");
      await alice.receives("bob");
      assert.equal(await alice.run(sid), before, "the same stay");
    });

    test("a participant who joins anew is seen and heard again", async () => {
      const before = await alice.run(sid);
      await alice.run(() => globalThis.room.simulateScenario("full-reconnect"));
      await alice.sees(
        "alice to be another one",
        (before) => globalThis.room.localParticipant.sid !== before,
        before,
      );
      await alice.sees("alice to be connected", isConnected);
      await bob.receives("alice");
      await alice.receives("bob");
    });

    test("who unpublishes is not seen any more", async () => {
      await alice.run(() => globalThis.room.localParticipant.setCameraEnabled(false));
      await alice.run(async () => {
        const { localParticipant } = globalThis.room;
        for (const { track } of [...localParticipant.videoTrackPublications.values()]) {
          await localParticipant.unpublishTrack(track);
        }
      });
      await bob.sees("no picture of alice", () => {
        const alice = globalThis.room.remoteParticipants.get("alice");
        return alice.videoTrackPublications.size === 0;
      });
      await alice.run(() => globalThis.room.localParticipant.setCameraEnabled(true));
      await bob.receives("alice", { audio: false });
    });

    test("who leaves is gone for the others", async () => {
      await alice.run(() => globalThis.room.disconnect());
      await bob.sees("nobody", () => globalThis.room.remoteParticipants.size === 0);
      assert.deepEqual(bob.page.complaints, []);
    });
  });
}

for (const scenario of ["migration", "node-failure", "leave-full-reconnect", "disconnect-signal-on-resume"]) {
  test(`a client comes back after ${scenario}`, async () => {
    const [alice, bob] = await Promise.all([enter("alice", scenario), enter("bob", scenario)]);
    await alice.run(sendCameraAndMicrophone);
    await bob.receives("alice");
    await alice.run((scenario) => globalThis.room.simulateScenario(scenario), scenario);
    await alice.sees("alice to be told", () => globalThis.heard.events.length > 0);
    await alice.sees("alice to be connected", isConnected);
    await bob.receives("alice");
    await Promise.all([alice.close(), bob.close()]);
  });
}

test("a camera alone is seen", async () => {
  for (const singlePeerConnection of [true, false]) {
    const options = { singlePeerConnection };
    const [alice, bob] = await Promise.all([
      enter("alice", "camera", options),
      enter("bob", "camera", options),
    ]);
    await alice.run(() => globalThis.room.localParticipant.setCameraEnabled(true));
    await bob.receives("alice", { audio: false });
    await Promise.all([alice.close(), bob.close()]);
  }
});

test("people of both versions are in one call", async () => {
  const alice = await enter("alice", "mixed", { singlePeerConnection: true });
  const bob = await enter("bob", "mixed", { singlePeerConnection: false });
  await alice.run(sendCameraAndMicrophone);
  await bob.run(sendCameraAndMicrophone);
  await alice.receives("bob");
  await bob.receives("alice");
  await Promise.all([alice.close(), bob.close()]);
});

test("a listener hears and can not publish", async () => {
  const alice = await enter("alice", "stage", {});
  const bob = await enter("bob", "stage", {}, { canPublish: false });
  await alice.run(sendCameraAndMicrophone);
  await bob.receives("alice");
  const refused = await bob.run(() =>
    globalThis.room.localParticipant.setMicrophoneEnabled(true).then(
      () => "published",
      (error) => error.name,
    ),
  );
  assert.notEqual(refused, "published");
  await Promise.all([alice.close(), bob.close()]);
});

test("a wrong token is refused with a reason", async () => {
  const token = accessToken({ ...KEY, secret: "x".repeat(36) }, "eve", "talk");
  await assert.rejects(
    Caller.join(browser, page.url, { url: server.url, token }),
    /invalid token|not allowed/i,
  );
});
