//! Janus over HTTP, with its VideoRoom: one peer connection to send and one to receive everything,
//! as its own demo does with streams of several publishers in one connection.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Call, Place};
use crate::error::BenchError;
use crate::rest::{self, Caller};
use crate::sfu::peer::rtc::{Connection, Sections};
use crate::sfu::peer::{Peer, Speech, socket};
use crate::sfu::shape::Shape;

/// The room.
const ROOM: u32 = 1;
/// Events of others that may stand before the one that is waited for.
const EVENTS_MAX: usize = 400;

/// A handle of the VideoRoom, in a session of its own.
struct Handle {
    port: u16,
    session: String,
    path: String,
}

/// Joins everybody: first those who send, then everybody once more to receive.
pub(super) fn join(call: &mut Call, place: Place, shape: &Shape) -> Result<(), BenchError> {
    create(place.port, shape)?;
    for participant in 0..shape.publishers {
        let (socket, local) = socket(place.media)?;
        let mut connection = Connection::new(local, Instant::now())?;
        let handle = Handle::attach(place.port)?;
        let joining = json!({
            "request": "join", "ptype": "publisher", "room": ROOM, "id": feed(participant),
        });
        handle.ask(&joining, None)?;
        let sections = Sections {
            sound: Some("sound".to_owned()),
            camera: shape.video.then(|| "camera".to_owned()),
            highest_first: true,
            ..Sections::default()
        };
        if let Some((offer, pending)) = connection.offer(&sections) {
            let said = handle.ask(&json!({ "request": "publish" }), Some(("offer", &offer)))?;
            connection.answered(pending, description(&said)?)?;
        }
        begin(call, participant, (socket, connection))?;
    }
    call.wait_connected(0)?;
    for participant in 0..shape.publishers {
        call.publish(participant, shape)?;
    }
    let first = call.swarm.peers().len();
    for participant in 0..shape.participants() {
        if shape.heard_by(participant) > 0 {
            receive(call, place, shape, participant)?;
        }
    }
    call.wait_connected(first)
}

/// Has one participant receive all others.
fn receive(
    call: &mut Call,
    place: Place,
    shape: &Shape,
    participant: usize,
) -> Result<(), BenchError> {
    let (socket, local) = socket(place.media)?;
    let mut connection = Connection::new(local, Instant::now())?;
    let handle = Handle::attach(place.port)?;
    let others = (0..shape.publishers).filter(|other| *other != participant);
    let streams: Vec<Value> = others.map(|other| json!({ "feed": feed(other) })).collect();
    let joining = json!({
        "request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams,
    });
    let said = handle.ask(&joining, None)?;
    let answer = connection.answer(description(&said)?)?;
    handle.ask(&json!({ "request": "start" }), Some(("answer", &answer)))?;
    begin(call, participant, (socket, connection))
}

/// The number of a publisher in the room; zero is none.
fn feed(participant: usize) -> usize {
    participant + 1
}

/// Lets a negotiated connection run.
fn begin(
    call: &mut Call,
    participant: usize,
    (socket, connection): (UdpSocket, Connection),
) -> Result<(), BenchError> {
    let speech = Speech::Rtc(Box::new(connection));
    let at = call.swarm.add(Peer::new(socket, participant, speech))?;
    call.swarm.settle(at)?;
    call.run(Duration::from_millis(5))
}

fn create(port: u16, shape: &Shape) -> Result<(), BenchError> {
    let handle = Handle::attach(port)?;
    let room = json!({
        "request": "create", "room": ROOM, "publishers": shape.publishers, "bitrate": 10_000_000,
        "audiocodec": "opus", "videocodec": "vp8", "audiolevel_event": false,
    });
    let body = json!({ "janus": "message", "transaction": "t", "body": room });
    let answer = rest::post(port, &handle.path, Caller::Anyone, &body)?;
    match answer.json.pointer("/plugindata/data/videoroom") {
        Some(Value::String(said)) if said == "created" => Ok(()),
        _ => Err(BenchError::Protocol(format!("no room: {}", answer.json))),
    }
}

impl Handle {
    fn attach(port: u16) -> Result<Self, BenchError> {
        let create = json!({ "janus": "create", "transaction": "t" });
        let session = id(&rest::post(port, "/janus", Caller::Anyone, &create)?.json)?;
        let session = format!("/janus/{session}");
        let plugin = "janus.plugin.videoroom";
        let attach = json!({ "janus": "attach", "plugin": plugin, "transaction": "t" });
        let handle = id(&rest::post(port, &session, Caller::Anyone, &attach)?.json)?;
        Ok(Self {
            port,
            path: format!("{session}/{handle}"),
            session,
        })
    }

    /// Sends a message with a description of the session and waits for what comes of it.
    fn ask(&self, body: &Value, session: Option<(&str, &str)>) -> Result<Value, BenchError> {
        // One question at a time, so its kind is name enough.
        let transaction = body["request"].as_str().unwrap_or("t").to_owned();
        let mut message = json!({ "janus": "message", "transaction": transaction, "body": body });
        if let Some((kind, sdp)) = session {
            message["jsep"] = json!({ "type": kind, "sdp": sdp });
        }
        let said = rest::post(self.port, &self.path, Caller::Anyone, &message)?.json;
        if said["janus"] != "ack" {
            return Err(BenchError::Protocol(format!("{transaction}: {said}")));
        }
        let poll = format!("{}?maxev=1", self.session);
        for _ in 0..EVENTS_MAX {
            let event = rest::get_json(self.port, &poll)?;
            if event["transaction"] != transaction.as_str() {
                continue;
            }
            if event.pointer("/plugindata/data/error").is_some() {
                return Err(BenchError::Protocol(format!("{transaction}: {event}")));
            }
            return Ok(event);
        }
        Err(BenchError::Protocol(format!("no event for {transaction}")))
    }
}

fn id(answer: &Value) -> Result<u64, BenchError> {
    let id = answer.pointer("/data/id").and_then(Value::as_u64);
    id.ok_or_else(|| BenchError::Protocol(format!("no id in {answer}")))
}

fn description(event: &Value) -> Result<&str, BenchError> {
    let sdp = event.pointer("/jsep/sdp").and_then(Value::as_str);
    sdp.ok_or_else(|| BenchError::Protocol(format!("no description in {event}")))
}
