//! Packets of the server as whole WebSocket frames: a message of text and one for each attachment,
//! or one message of bytes, with Engine.IO's digit for a message in front of every text.

use serde_json::json;

use super::arguments::Arguments;
use super::msgpack;
use super::packet::{Event, MAIN_NAMESPACE, Parser};
use crate::websocket::{Opcode, write_frame};

const CONNECT: u8 = 0;
const DISCONNECT: u8 = 1;
const CONNECT_ERROR: u8 = 4;

impl Parser {
    /// An event. `offset` is what a client names when it comes back after a cut: it travels as one
    /// more argument.
    #[must_use]
    pub fn event(self, namespace: &str, event: &Event, offset: Option<&str>) -> Vec<u8> {
        match self {
            Self::Msgpack => bytes(|out| msgpack::write_event(namespace, None, event, offset, out)),
            Self::Json => {
                let name = json!(event.name).to_string();
                let offset = offset.map(|offset| json!(offset).to_string());
                let arguments = &event.arguments;
                let parts = [name.as_str(), arguments.json()];
                let parts = parts.into_iter().chain(offset.as_deref());
                let kind = if arguments.attachments().is_empty() {
                    '2'.to_string()
                } else {
                    format!("5{}-", arguments.attachments().len())
                };
                text(&kind, namespace, &array(parts), arguments)
            }
        }
    }

    /// The answer to an event.
    #[must_use]
    pub fn ack(self, namespace: &str, id: u64, arguments: &Arguments) -> Vec<u8> {
        match self {
            Self::Msgpack => bytes(|out| msgpack::write_ack(namespace, id, arguments, out)),
            Self::Json => {
                let kind = if arguments.attachments().is_empty() {
                    '3'.to_string()
                } else {
                    format!("6{}-", arguments.attachments().len())
                };
                let data = id.to_string() + &array([arguments.json()].into_iter());
                text(&kind, namespace, &data, arguments)
            }
        }
    }

    /// The client may speak in the namespace. `pid` is the secret by which it gets the same socket
    /// after a cut.
    #[must_use]
    pub fn connected(self, namespace: &str, id: &str, pid: Option<&str>) -> Vec<u8> {
        let data = match pid {
            Some(pid) => json!({ "sid": id, "pid": pid }),
            None => json!({ "sid": id }),
        };
        self.other(CONNECT, namespace, &data.to_string())
    }

    /// The client may not. `data` is JSON, or empty.
    #[must_use]
    pub fn refused(self, namespace: &str, message: &str, data: &str) -> Vec<u8> {
        let message = json!(message);
        let data = if data.is_empty() {
            format!("{{\"message\":{message}}}")
        } else {
            format!("{{\"message\":{message},\"data\":{data}}}")
        };
        self.other(CONNECT_ERROR, namespace, &data)
    }

    /// The server ends the namespace for this client, which does not come back by itself.
    #[must_use]
    pub fn disconnected(self, namespace: &str) -> Vec<u8> {
        self.other(DISCONNECT, namespace, "")
    }

    fn other(self, kind: u8, namespace: &str, data: &str) -> Vec<u8> {
        match self {
            Self::Msgpack => bytes(|out| msgpack::write_other(kind, namespace, data, out)),
            Self::Json => text(&kind.to_string(), namespace, data, &Arguments::default()),
        }
    }
}

/// Values with commas between them, in brackets; empty ones are none.
fn array<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut array = String::from("[");
    for part in parts.filter(|part| !part.is_empty()) {
        if array.len() > 1 {
            array.push(',');
        }
        array.push_str(part);
    }
    array.push(']');
    array
}

fn text(kind: &str, namespace: &str, data: &str, arguments: &Arguments) -> Vec<u8> {
    let (namespace, comma) = if namespace == MAIN_NAMESPACE {
        ("", "")
    } else {
        (namespace, ",")
    };
    let text = ["4", kind, namespace, comma, data].concat();
    let mut frames = Vec::new();
    write_frame(Opcode::Text, text.as_bytes(), &mut frames);
    for attachment in arguments.attachments() {
        write_frame(Opcode::Binary, attachment, &mut frames);
    }
    frames
}

fn bytes(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut packet = Vec::new();
    write(&mut packet);
    let mut frames = Vec::new();
    write_frame(Opcode::Binary, &packet, &mut frames);
    frames
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineio::payload;

    fn seen(frames: &[u8]) -> String {
        let mut body = Vec::new();
        payload::from_frames(frames, &mut body);
        String::from_utf8(body).unwrap()
    }

    fn event(array: &str, attachments: &[&'static [u8]]) -> Event {
        let attachments = attachments.iter().map(|it| (*it).into()).collect();
        Event {
            name: "e\"1".into(),
            arguments: Arguments::from_array(array, attachments).unwrap(),
        }
    }

    #[test]
    fn text_is_written_as_clients_of_the_default_parser_read_it() {
        let json = Parser::Json;
        let plain = event(r#"[1,{"a":2}]"#, &[]);
        assert_eq!(
            seen(&json.event("/", &plain, None)),
            r#"42["e\"1",1,{"a":2}]"#
        );
        assert_eq!(
            seen(&json.event("/n", &plain, Some("o-1"))),
            r#"42/n,["e\"1",1,{"a":2},"o-1"]"#
        );
        assert_eq!(
            seen(&json.event("/", &event("[]", &[]), None)),
            r#"42["e\"1"]"#
        );
        let binary = event(r#"[{"_placeholder":true,"num":0}]"#, &[b"\x01\x02"]);
        assert_eq!(
            seen(&json.event("/n", &binary, None)),
            "451-/n,[\"e\\\"1\",{\"_placeholder\":true,\"num\":0}]\x1ebAQI="
        );
        let arguments = Arguments::from_array("[]", Vec::new()).unwrap();
        assert_eq!(seen(&json.ack("/", 12, &arguments)), "4312[]");
        assert_eq!(
            seen(&json.ack("/n", 3, &binary.arguments)),
            "461-/n,3[{\"_placeholder\":true,\"num\":0}]\x1ebAQI="
        );
        assert_eq!(seen(&json.connected("/", "x", None)), r#"40{"sid":"x"}"#);
        assert_eq!(
            seen(&json.connected("/n", "x", Some("p"))),
            r#"40/n,{"pid":"p","sid":"x"}"#
        );
        assert_eq!(
            seen(&json.refused("/n", "Invalid namespace", "")),
            r#"44/n,{"message":"Invalid namespace"}"#
        );
        assert_eq!(
            seen(&json.refused("/", "unauthorized", r#"{"code":1}"#)),
            r#"44{"message":"unauthorized","data":{"code":1}}"#
        );
        assert_eq!(seen(&json.disconnected("/")), "41");
        assert_eq!(seen(&json.disconnected("/n")), "41/n,");
    }

    #[test]
    fn messagepack_is_one_message_of_bytes() {
        let frames = Parser::Msgpack.connected("/", "x", None);
        let mut body = Vec::new();
        payload::from_frames(&frames, &mut body);
        assert!(body.starts_with(b"b"));
        let packet = &frames[2..];
        let expected = b"\x83\xa4type\x00\xa3nsp\xa1/\xa4data\x81\xa3sid\xa1x";
        assert_eq!(packet, expected);
        let disconnected = Parser::Msgpack.disconnected("/");
        assert_eq!(&disconnected[2..], b"\x82\xa4type\x01\xa3nsp\xa1/");
    }
}
