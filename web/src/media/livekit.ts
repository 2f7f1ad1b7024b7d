// The media link over livekit-client, unmodified. Fetched when the first call begins; nothing else names that package.
import {
  type AudioCaptureOptions,
  ConnectionError,
  ConnectionErrorReason,
  ConnectionQuality,
  DisconnectReason,
  isBrowserSupported,
  LogLevel,
  type Participant,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  TrackEvent,
  type TrackPublication,
} from "livekit-client";
import type { EndReason } from "./call";
import type { DeviceKind } from "./devices";
import { type CreateLink, LinkError, type LinkEvents, type LinkOptions, type MediaLink } from "./link";
import type { LineQuality, MediaPerson, Picture, Source } from "./people";
import type { StatEntry } from "./stats";

/** What goes wrong is told on the stage, in words; the console is for the page's own faults. */
setLogLevel(LogLevel.silent);

const REACTION_TOPIC = "plaza.reaction";
/** LiveKit's own topic and attributes for captions: a transcriber from its world is shown as well. */
const CAPTION_TOPIC = "lk.transcription";
const SEGMENT = "lk.segment_id";
const FINAL = "lk.transcription_final";
const HAND = "hand";
const EMOJI_CHARS_MAX = 16;
const CAPTION_CHARS_MAX = 500;

const KINDS: Record<DeviceKind, MediaDeviceKind> = {
  microphone: "audioinput",
  camera: "videoinput",
  speaker: "audiooutput",
};

const QUALITIES: Record<ConnectionQuality, LineQuality> = {
  [ConnectionQuality.Excellent]: "excellent",
  [ConnectionQuality.Good]: "good",
  [ConnectionQuality.Poor]: "poor",
  [ConnectionQuality.Lost]: "lost",
  [ConnectionQuality.Unknown]: "unknown",
};

function pictureOf(publication: TrackPublication | undefined): Picture | null {
  const track = publication?.videoTrack;
  if (publication === undefined || track === undefined || publication.isMuted) return null;
  const { width = 0, height = 0 } = publication.dimensions ?? {};
  const paused = "streamState" in track && track.streamState === Track.StreamState.Paused;
  return { sid: publication.trackSid, width, height, paused };
}

function soundOf(publication: TrackPublication | undefined): MediaPerson["microphone"] {
  if (publication === undefined) return "none";
  return publication.isMuted ? "muted" : "on";
}

function personOf(participant: Participant): MediaPerson {
  return {
    id: participant.identity,
    me: participant.isLocal,
    microphone: soundOf(participant.getTrackPublication(Track.Source.Microphone)),
    camera: pictureOf(participant.getTrackPublication(Track.Source.Camera)),
    screen: pictureOf(participant.getTrackPublication(Track.Source.ScreenShare)),
    speaking: participant.isSpeaking,
    quality: QUALITIES[participant.connectionQuality],
    hand: participant.attributes[HAND] === "1",
    mayPublish: participant.permissions?.canPublish ?? true,
  };
}

/** Those who came first stand first. */
function peopleOf(room: Room): MediaPerson[] {
  const others = [...room.remoteParticipants.values()].sort(
    (a, b) => (a.joinedAt?.getTime() ?? 0) - (b.joinedAt?.getTime() ?? 0),
  );
  const all: Participant[] = [...others, room.localParticipant];
  return all.filter((participant) => participant.identity !== "").map(personOf);
}

function dropReason(reason: DisconnectReason | undefined): EndReason | "lost" {
  switch (reason) {
    case DisconnectReason.DUPLICATE_IDENTITY:
      return "moved";
    case DisconnectReason.PARTICIPANT_REMOVED:
      return "removed";
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return "closed";
    default:
      return "lost";
  }
}

/** With an answer from signalling but no media line, `pc` errors are all that the client gives. */
function reasonOf(error: unknown): EndReason {
  if (!(error instanceof ConnectionError)) return "gone";
  switch (error.reason) {
    case ConnectionErrorReason.NotAllowed:
      return error.status === 404 ? "missing" : error.status === 429 ? "full" : "refused";
    case ConnectionErrorReason.ServiceNotFound:
      return "missing";
    case ConnectionErrorReason.InternalError:
      return /\bpc connection\b/.test(error.message) ? "unreachable" : "gone";
    default:
      return "gone";
  }
}

const deviceOf = (id: string | null) => (id === null ? {} : { deviceId: { ideal: id } });

function captureOf(options: LinkOptions): AudioCaptureOptions {
  const { noiseSuppression, echoCancellation } = options;
  return {
    ...deviceOf(options.microphone),
    noiseSuppression,
    voiceIsolation: noiseSuppression,
    echoCancellation,
    autoGainControl: true,
  };
}

function createRoom(options: LinkOptions): Room {
  return new Room({
    adaptiveStream: { pixelDensity: "screen" },
    dynacast: true,
    audioCaptureDefaults: captureOf(options),
    videoCaptureDefaults: {
      ...deviceOf(options.camera),
      resolution: { width: 1280, height: 720, frameRate: 30 },
    },
    ...(options.speaker === null ? {} : { audioOutput: { deviceId: options.speaker } }),
  });
}

/** What changes the picture of who is there; a burst of it is told once. */
const CHANGES = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.TrackStreamStateChanged,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.ParticipantPermissionsChanged,
] as const;

function watchPeople(room: Room, events: LinkEvents): () => void {
  let waiting = false;
  const tell = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      events.onPeople(peopleOf(room));
    });
  };
  for (const name of CHANGES) room.on(name, tell);
  return tell;
}

/** Sound needs no tile: it plays as long as it is subscribed. */
function playSounds(room: Room, events: LinkEvents): void {
  room.on(RoomEvent.TrackSubscribed, (track) => {
    if (track.kind !== Track.Kind.Audio) return;
    const element = track.attach();
    element.hidden = true;
    document.body.append(element);
  });
  room.on(RoomEvent.TrackUnsubscribed, (track) => {
    if (track.kind === Track.Kind.Audio) for (const element of track.detach()) element.remove();
  });
  room.on(RoomEvent.AudioPlaybackStatusChanged, () => events.onSound(!room.canPlaybackAudio));
}

const SOURCES: Partial<Record<Track.Source, Source>> = {
  [Track.Source.Microphone]: "microphone",
  [Track.Source.Camera]: "camera",
};

/** A device that is pulled out ends its track; the client takes another one when there is one. */
function watchDevices(room: Room, events: LinkEvents): void {
  room.on(RoomEvent.LocalTrackPublished, ({ track }) => {
    const source = track === undefined ? undefined : SOURCES[track.source];
    if (track === undefined || source === undefined) return;
    track.on(TrackEvent.Ended, () => events.onTrouble(source, "unplugged"));
    track.on(TrackEvent.Restarted, () => events.onTrouble(source, null));
  });
}

function listen(room: Room, events: LinkEvents): void {
  room.on(RoomEvent.DataReceived, (bytes, participant, _kind, topic) => {
    if (topic !== REACTION_TOPIC || participant === undefined) return;
    const emoji = new TextDecoder().decode(bytes);
    if (emoji !== "" && emoji.length <= EMOJI_CHARS_MAX) events.onReaction(participant.identity, emoji);
  });
  room.registerTextStreamHandler(CAPTION_TOPIC, (reader, { identity }) => {
    const { attributes = {}, id } = reader.info;
    const told = { id: attributes[SEGMENT] ?? id, from: identity, final: attributes[FINAL] === "true" };
    const tell = (text: string) => events.onCaption({ ...told, text: text.slice(0, CAPTION_CHARS_MAX) });
    // A stream that breaks off has said what it said.
    void reader.readAll().then(tell, () => undefined);
  });
}

function watchLine(room: Room, events: LinkEvents, tell: () => void): void {
  const onLost = () => events.onLine(false);
  room.on(RoomEvent.Reconnecting, onLost);
  room.on(RoomEvent.SignalReconnecting, onLost);
  room.on(RoomEvent.Reconnected, () => {
    events.onLine(true);
    tell();
  });
}

function allTracks(room: Room): Track[] {
  const all: Participant[] = [room.localParticipant, ...room.remoteParticipants.values()];
  return all.flatMap((participant) =>
    [...participant.trackPublications.values()].flatMap(({ track }) => track ?? []),
  );
}

async function reportOf(track: Track): Promise<StatEntry[]> {
  const report = await track.getRTCStatsReport().catch(() => undefined);
  return report === undefined ? [] : ([...report.values()] as StatEntry[]);
}

function attach(
  room: Room,
  person: string,
  kind: "camera" | "screen",
  element: HTMLVideoElement,
): () => void {
  const participant =
    room.localParticipant.identity === person ? room.localParticipant : room.remoteParticipants.get(person);
  const source = kind === "camera" ? Track.Source.Camera : Track.Source.ScreenShare;
  const track = participant?.getTrackPublication(source)?.videoTrack;
  if (track === undefined) return () => undefined;
  track.attach(element);
  return () => {
    track.detach(element);
  };
}

async function sendScreen(room: Room, on: boolean): Promise<void> {
  await room.localParticipant.setScreenShareEnabled(on, {
    audio: true,
    systemAudio: "include",
    selfBrowserSurface: "exclude",
    surfaceSwitching: "include",
    contentHint: "detail",
  });
}

export const createLink: CreateLink = (options, events): MediaLink => {
  const room = createRoom(options);
  let capture = captureOf(options);
  let leaving = false;
  const tell = watchPeople(room, events);
  watchLine(room, events, tell);
  playSounds(room, events);
  watchDevices(room, events);
  listen(room, events);
  const microphone = () => room.localParticipant.getTrackPublication(Track.Source.Microphone)?.audioTrack;

  return {
    async connect(url, token) {
      if (!isBrowserSupported()) throw new LinkError("unsupported", "no WebRTC");
      try {
        await room.connect(url, token);
      } catch (error) {
        throw new LinkError(reasonOf(error), error instanceof Error ? error.message : "");
      }
      room.on(RoomEvent.Disconnected, (reason) => {
        if (!leaving) events.onDropped(dropReason(reason));
      });
      events.onSound(!room.canPlaybackAudio);
      tell();
    },
    async disconnect() {
      leaving = true;
      await room.disconnect();
    },
    async send(source, on) {
      if (source === "microphone") await room.localParticipant.setMicrophoneEnabled(on, capture);
      else if (source === "camera") await room.localParticipant.setCameraEnabled(on);
      else await sendScreen(room, on);
      tell();
    },
    attach: (person, kind, element) => attach(room, person, kind, element),
    async useDevice(kind, id) {
      if (kind === "microphone") capture = { ...capture, deviceId: id ?? "default" };
      await room.switchActiveDevice(KINDS[kind], id ?? "default", id !== null);
    },
    async clean({ noiseSuppression, echoCancellation }) {
      capture = { ...capture, noiseSuppression, voiceIsolation: noiseSuppression, echoCancellation };
      const track = microphone();
      if (track !== undefined && "restartTrack" in track && !track.isMuted) {
        await (track as { restartTrack(options: AudioCaptureOptions): Promise<void> }).restartTrack(capture);
      }
    },
    async setHand(up) {
      await room.localParticipant.setAttributes({ [HAND]: up ? "1" : "" });
    },
    async react(emoji) {
      const bytes = new TextEncoder().encode(emoji);
      await room.localParticipant.publishData(bytes, { reliable: false, topic: REACTION_TOPIC });
    },
    async say({ id, text, final }) {
      const attributes = { [SEGMENT]: id, [FINAL]: String(final) };
      await room.localParticipant.sendText(text, { topic: CAPTION_TOPIC, attributes });
    },
    startSound: () => room.startAudio(),
    reports: () => Promise.all(allTracks(room).map(reportOf)),
  };
};
