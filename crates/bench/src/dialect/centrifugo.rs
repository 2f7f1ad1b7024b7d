//! Centrifugo's client protocol, as JSON and as protobuf: only the few commands that the load says.

use serde_json::{Value, json};

use super::{Part, Step, Until, talk};
use crate::load::frame::{BINARY, Boundary, Marker, TEXT, masked};

/// How the messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// One JSON object per line in text frames.
    Json,
    /// Messages behind their lengths in binary frames.
    Protobuf,
}

/// How publications reach the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Publish {
    /// The `publish` command, to a channel that keeps nothing.
    Command,
    /// Plaza's rpc `post`: a message in the log of a room.
    Post,
}

/// Who connects and where to.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// How the messages are written.
    pub(crate) encoding: Encoding,
    /// Tokens, dealt out to the connections in turn; empty where none is needed.
    pub(crate) tokens: Vec<String>,
    /// The names of the channels.
    pub(crate) channels: Vec<String>,
    /// How publications get there.
    pub(crate) publish: Publish,
    /// Offers permessage-deflate.
    pub(crate) deflate: bool,
    /// What subscribers have already, when they come back.
    pub(crate) since: Option<Since>,
}

/// Where a subscriber stands that comes back (JSON only).
#[derive(Debug, Clone)]
pub(crate) struct Since {
    /// The history it knows.
    pub(crate) epoch: String,
    /// The newest offset that it has.
    pub(crate) offset: u64,
    /// How many publications it has missed.
    pub(crate) missed: usize,
}

impl Encoding {
    pub(super) fn subprotocol(self) -> Option<&'static str> {
        match self {
            Self::Json => None,
            Self::Protobuf => Some("centrifuge-protobuf"),
        }
    }

    pub(super) fn boundary(self) -> Boundary {
        match self {
            Self::Json => Boundary::Line,
            Self::Protobuf => Boundary::Varint,
        }
    }

    pub(super) fn ping_bytes(self) -> u64 {
        match self {
            Self::Json => 2,
            Self::Protobuf => 0,
        }
    }

    pub(super) fn pong(self) -> Vec<u8> {
        match self {
            Self::Json => masked(TEXT, b"{}"),
            Self::Protobuf => masked(BINARY, &[0]),
        }
    }

    /// A frame with one command: number `id`, field `number` in protobuf, `name` in JSON.
    fn command(self, id: u8, field: (u8, &str), body: &Body<'_>) -> Vec<u8> {
        match self {
            Self::Json => {
                let mut command = json!({ "id": id });
                command[field.1] = body.json();
                masked(TEXT, command.to_string().as_bytes())
            }
            Self::Protobuf => {
                let inner = body.protobuf();
                let mut command = vec![0x08, id];
                put_bytes(&mut command, field.0, &inner);
                let mut delimited = Vec::new();
                put_varint(&mut delimited, command.len());
                delimited.extend(command);
                masked(BINARY, &delimited)
            }
        }
    }
}

/// The commands that the load needs.
enum Body<'a> {
    Connect { token: &'a str },
    Subscribe { channel: &'a str },
    Recover { channel: &'a str, since: &'a Since },
    Publish { channel: &'a str, data: String },
    Rpc { method: &'a str, data: String },
}

impl Body<'_> {
    fn json(&self) -> Value {
        let raw = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        match self {
            Self::Connect { token: "" } => json!({}),
            Self::Connect { token } => json!({ "token": token }),
            Self::Subscribe { channel } => json!({ "channel": channel }),
            Self::Recover { channel, since } => json!({
                "channel": channel, "recover": true, "epoch": since.epoch, "offset": since.offset,
            }),
            Self::Publish { channel, data } => json!({ "channel": channel, "data": raw(data) }),
            Self::Rpc { method, data } => json!({ "method": method, "data": raw(data) }),
        }
    }

    /// Field numbers as in the protocol's `client.proto`.
    fn protobuf(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Connect { token: "" } => {}
            Self::Connect { token } => put_bytes(&mut out, 1, token.as_bytes()),
            Self::Subscribe { channel } | Self::Recover { channel, .. } => {
                put_bytes(&mut out, 1, channel.as_bytes());
            }
            Self::Publish { channel, data } => {
                put_bytes(&mut out, 1, channel.as_bytes());
                put_bytes(&mut out, 2, data.as_bytes());
            }
            Self::Rpc { method, data } => {
                put_bytes(&mut out, 1, data.as_bytes());
                put_bytes(&mut out, 2, method.as_bytes());
            }
        }
        out
    }
}

impl Account {
    pub(super) fn steps(&self, part: Part, number: usize) -> Vec<Step> {
        let token = match self.tokens.get(number % self.tokens.len().max(1)) {
            Some(token) => token.as_str(),
            None => "",
        };
        let until = |id, name| match self.encoding {
            Encoding::Json => Until::Text(name),
            Encoding::Protobuf => Until::Reply(id),
        };
        let mut steps = vec![Step {
            send: self
                .encoding
                .command(1, (4, "connect"), &Body::Connect { token }),
            until: until(1, "\"connect\""),
        }];
        if let Part::Subscriber(channel) = part {
            let channel = self.channels.get(channel).map_or("", String::as_str);
            let (body, until) = match &self.since {
                None => (Body::Subscribe { channel }, until(2, "\"subscribe\"")),
                Some(since) => (
                    Body::Recover { channel, since },
                    Until::Recovered(since.clone()),
                ),
            };
            let send = self.encoding.command(2, (5, "subscribe"), &body);
            steps.push(Step { send, until });
        }
        steps
    }

    /// Plaza also tells who is there and what happened elsewhere. Of a push, the first letter of
    /// its channel stands in a fixed place (in protobuf, of a push below 128 bytes).
    pub(super) fn marker(&self) -> Option<Marker> {
        let byte = *self.channels.first()?.as_bytes().first()?;
        let at = match self.encoding {
            _ if self.tokens.is_empty() || self.deflate => return None,
            Encoding::Json => r#"{"push":{"channel":""#.len() as u64,
            Encoding::Protobuf => 4,
        };
        Some(Marker { at, byte })
    }

    pub(super) fn publish(&self, channel: usize, payload_bytes: usize, on: bool) -> Vec<u8> {
        let name = self.channels.get(channel).map_or("", String::as_str);
        match self.publish {
            Publish::Command => {
                let data = padded(payload_bytes, on);
                self.encoding.command(
                    3,
                    (7, "publish"),
                    &Body::Publish {
                        channel: name,
                        data,
                    },
                )
            }
            Publish::Post => {
                let room = name.strip_prefix("room:").unwrap_or(name);
                let data = json!({ "room": room, "text": talk(payload_bytes) }).to_string();
                self.encoding.command(
                    3,
                    (13, "rpc"),
                    &Body::Rpc {
                        method: "post",
                        data,
                    },
                )
            }
        }
    }
}

/// A typing signal as a JSON object of exactly so many bytes (at least 21).
fn padded(bytes: usize, on: bool) -> String {
    let bare = format!(r#"{{"on":{on},"pad":""}}"#).len();
    format!(
        r#"{{"on":{on},"pad":"{}"}}"#,
        talk(bytes.saturating_sub(bare))
    )
}

fn put_varint(out: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    put_varint(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn take_varint(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Whether `payload` is the reply of a subscription that got exactly what it had missed.
pub(super) fn recovered(payload: &str, since: &Since) -> Result<bool, String> {
    if !payload.contains("\"subscribe\"") {
        return Ok(false);
    }
    let reply: Value = serde_json::from_str(payload).map_err(|error| error.to_string())?;
    let got = reply
        .pointer("/subscribe/publications")
        .and_then(Value::as_array);
    let offsets: Option<Vec<u64>> = got.map(|got| {
        let offset = |publication: &Value| publication.get("offset").and_then(Value::as_u64);
        got.iter().filter_map(offset).collect()
    });
    let wanted = (since.offset + 1..=since.offset + since.missed as u64).collect();
    if reply.pointer("/subscribe/recovered") != Some(&Value::Bool(true)) || offsets != Some(wanted)
    {
        return Err(format!("not recovered: {payload}"));
    }
    Ok(true)
}

/// Whether one of the replies in `payload` answers command `id`; an error reply is an error.
pub(super) fn answers(mut payload: &[u8], id: u8) -> Result<bool, String> {
    while let Some(length) = take_varint(&mut payload) {
        let (reply, rest) = payload.split_at(length.min(payload.len()));
        payload = rest;
        match reply {
            // Field 2 of a reply is its error.
            [0x08, number, 0x12, error @ ..] if *number == id => {
                return Err(String::from_utf8_lossy(error).into_owned());
            }
            [0x08, number, ..] if *number == id => return Ok(true),
            _other => {}
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_has_exactly_the_length_asked_for() {
        assert_eq!(padded(128, true).len(), 128);
        assert_eq!(padded(1024, false).len(), 1024);
    }

    #[test]
    fn a_reply_is_found_among_others_and_an_error_is_told() {
        let other = [3, 0x22, 1, 0];
        let reply = [4, 0x08, 2, 0x2a, 0];
        let error = [6, 0x08, 2, 0x12, 2, b'n', b'o'];
        assert_eq!(answers(&[&other[..], &reply].concat(), 2), Ok(true));
        assert_eq!(answers(&other, 2), Ok(false));
        assert!(answers(&error, 2).is_err());
    }
}
