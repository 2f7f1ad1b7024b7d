//! Messages of a client to packets.

use bytes::Bytes;
use serde::de::IgnoredAny;

use base::limits::{SOCKETIO_ATTACHMENTS_MAX, SOCKETIO_NAMESPACE_BYTES_MAX};

use super::arguments::Arguments;
use super::msgpack;
use super::packet::{Event, MAIN_NAMESPACE, Malformed, Packet, Parser};

/// The largest number that every client can count to.
const ID_MAX: u64 = (1 << 53) - 1;

/// What a packet is, by the digit it begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Connect,
    Disconnect,
    Event,
    Ack,
}

/// A packet whose arguments are still to be checked.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) kind: Kind,
    pub(super) namespace: String,
    pub(super) id: Option<u64>,
    /// JSON, or empty.
    pub(super) payload: String,
    pub(super) attachments: Vec<Bytes>,
}

impl Half {
    /// The packet, once all its attachments are there.
    pub(super) fn finish(self) -> Result<Packet, Malformed> {
        let Self {
            kind,
            namespace,
            id,
            payload,
            attachments,
        } = self;
        check_namespace(&namespace)?;
        if id.is_some_and(|id| id > ID_MAX) {
            return Err(Malformed::TooLong);
        }
        match kind {
            Kind::Connect => {
                check_auth(&payload)?;
                let auth = payload.into();
                Ok(Packet::Connect { namespace, auth })
            }
            Kind::Disconnect if payload.is_empty() => Ok(Packet::Disconnect { namespace }),
            Kind::Disconnect => Err(Malformed::Payload),
            Kind::Event => {
                let (name, arguments) = Arguments::of_event(&payload, attachments)?;
                Event::check_name(&name)?;
                let event = Event { name, arguments };
                Ok(Packet::Event {
                    namespace,
                    id,
                    event,
                })
            }
            Kind::Ack => {
                let id = id.ok_or(Malformed::Shape)?;
                let arguments = Arguments::from_array(&payload, attachments)?;
                Ok(Packet::Ack {
                    namespace,
                    id,
                    arguments,
                })
            }
        }
    }
}

fn check_namespace(namespace: &str) -> Result<(), Malformed> {
    if namespace.len() > SOCKETIO_NAMESPACE_BYTES_MAX {
        return Err(Malformed::TooLong);
    }
    let fits = namespace.starts_with('/') && !namespace.contains([',', '#']);
    if fits { Ok(()) } else { Err(Malformed::Shape) }
}

/// What a client shows when it connects is an object or nothing.
fn check_auth(payload: &str) -> Result<(), Malformed> {
    if payload.is_empty() {
        return Ok(());
    }
    let object: Result<std::collections::BTreeMap<String, IgnoredAny>, _> =
        serde_json::from_str(payload);
    object.map(|_| ()).map_err(|_| Malformed::Payload)
}

/// Reads the packets of one client, whichever way it encodes them.
#[derive(Debug)]
pub struct Decoder {
    parser: Option<Parser>,
    half: Option<(Half, usize)>,
    payload_bytes_max: usize,
}

impl Decoder {
    /// Takes packets whose attachments are together no longer than this, in bytes.
    #[must_use]
    pub const fn new(payload_bytes_max: usize) -> Self {
        Self {
            parser: None,
            half: None,
            payload_bytes_max,
        }
    }

    /// How this client encodes; known from its first packet on.
    #[must_use]
    pub const fn parser(&self) -> Option<Parser> {
        self.parser
    }

    /// Takes a message of text. `None` while attachments are missing.
    ///
    /// # Errors
    /// [`Malformed`]; the connection is of no more use.
    pub fn text(&mut self, text: &str) -> Result<Option<Packet>, Malformed> {
        if *self.parser.get_or_insert(Parser::Json) != Parser::Json {
            return Err(Malformed::Shape);
        }
        if self.half.is_some() {
            return Err(Malformed::Attachments);
        }
        let (half, count) = read_text(text)?;
        if count > 0 {
            self.half = Some((half, count));
            return Ok(None);
        }
        half.finish().map(Some)
    }

    /// Takes a message of bytes: an attachment, or a packet in MessagePack.
    ///
    /// # Errors
    /// [`Malformed`]; the connection is of no more use.
    pub fn binary(&mut self, bytes: Vec<u8>) -> Result<Option<Packet>, Malformed> {
        match self.parser.get_or_insert(Parser::Msgpack) {
            Parser::Msgpack => msgpack::read(&bytes)?.finish().map(Some),
            Parser::Json => self.attachment(bytes.into()),
        }
    }

    fn attachment(&mut self, bytes: Bytes) -> Result<Option<Packet>, Malformed> {
        let (half, count) = self.half.as_mut().ok_or(Malformed::Attachments)?;
        half.attachments.push(bytes);
        let total: usize = half.attachments.iter().map(Bytes::len).sum();
        if total > self.payload_bytes_max {
            return Err(Malformed::TooLong);
        }
        if half.attachments.len() < *count {
            return Ok(None);
        }
        match self.half.take() {
            Some((half, _)) => half.finish().map(Some),
            None => Ok(None),
        }
    }
}

/// `<kind>[<attachments>-][<namespace>,][<id>][<JSON>]`, and how many attachments follow.
fn read_text(text: &str) -> Result<(Half, usize), Malformed> {
    let mut rest = text.chars();
    let (kind, binary) = match rest.next() {
        Some('0') => (Kind::Connect, false),
        Some('1') => (Kind::Disconnect, false),
        Some('2') => (Kind::Event, false),
        Some('3') => (Kind::Ack, false),
        Some('5') => (Kind::Event, true),
        Some('6') => (Kind::Ack, true),
        // Only a server refuses a connection.
        Some(_) | None => return Err(Malformed::Shape),
    };
    let mut rest = rest.as_str();
    let mut count = 0;
    if binary {
        let (number, behind) = rest.split_once('-').ok_or(Malformed::Shape)?;
        count = match number.parse() {
            Ok(count @ 0..=SOCKETIO_ATTACHMENTS_MAX) => count,
            Ok(_) | Err(_) => return Err(Malformed::Attachments),
        };
        rest = behind;
    }
    let mut namespace = MAIN_NAMESPACE;
    if rest.starts_with('/') {
        (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
    }
    // A query behind the name was of an older version of the protocol.
    let namespace = namespace
        .split_once('?')
        .map_or(namespace, |(name, _)| name);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (id, payload) = rest.split_at(digits);
    let id = if id.is_empty() {
        None
    } else {
        Some(id.parse().map_err(|_| Malformed::TooLong)?)
    };
    let half = Half {
        kind,
        namespace: namespace.to_owned(),
        id,
        payload: payload.to_owned(),
        attachments: Vec::new(),
    };
    Ok((half, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder() -> Decoder {
        Decoder::new(1_000)
    }

    fn read(text: &str) -> Result<Option<Packet>, Malformed> {
        decoder().text(text)
    }

    fn event(text: &str) -> (String, Option<u64>, String, String) {
        match read(text) {
            Ok(Some(Packet::Event {
                namespace,
                id,
                event,
            })) => {
                let json = event.arguments.json().to_owned();
                (namespace, id, event.name, json)
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_packet_names_its_namespace_and_its_number() {
        assert_eq!(
            event(r#"2["foo",1,"b"]"#),
            ("/".into(), None, "foo".into(), r#"1,"b""#.into())
        );
        assert_eq!(
            event(r#"2/admin,13["foo"]"#),
            ("/admin".into(), Some(13), "foo".into(), String::new())
        );
        assert_eq!(
            event("212[7]"),
            ("/".into(), Some(12), "7".into(), "".into())
        );
        let connect = |namespace: &str, auth: &'static str| {
            Ok(Some(Packet::Connect {
                namespace: namespace.into(),
                auth: auth.into(),
            }))
        };
        assert_eq!(read("0"), connect("/", ""));
        assert_eq!(read("0/admin"), connect("/admin", ""));
        assert_eq!(read("0/admin,"), connect("/admin", ""));
        assert_eq!(read("0/admin?a=b,"), connect("/admin", ""));
        assert_eq!(
            read(r#"0/admin,{"token":"1"}"#),
            connect("/admin", r#"{"token":"1"}"#)
        );
        let namespace = "/a".to_owned();
        assert_eq!(read("1/a,"), Ok(Some(Packet::Disconnect { namespace })));
        assert!(matches!(
            read("3/a,4[]"),
            Ok(Some(Packet::Ack { id: 4, .. }))
        ));
    }

    #[test]
    fn attachments_follow_their_packet_in_order() {
        let mut decoder = decoder();
        let head = r#"52-/n,3["m",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#;
        assert_eq!(decoder.text(head), Ok(None));
        assert_eq!(decoder.binary(vec![1]), Ok(None));
        let packet = decoder.binary(vec![2]).unwrap().unwrap();
        let Packet::Event { event, id, .. } = packet else {
            panic!("{packet:?}")
        };
        assert_eq!(id, Some(3));
        assert_eq!(event.arguments.attachments(), [&[1][..], &[2]]);
        assert!(decoder.text("2[\"next\"]").unwrap().is_some());
    }

    #[test]
    fn text_between_attachments_and_bytes_without_a_packet_end_the_connection() {
        let mut first = decoder();
        first
            .text(r#"51-["m",{"_placeholder":true,"num":0}]"#)
            .unwrap();
        assert_eq!(first.text("2[\"x\"]"), Err(Malformed::Attachments));
        let mut second = decoder();
        second.text("0").unwrap();
        assert_eq!(second.binary(vec![1]), Err(Malformed::Attachments));
        let mut third = decoder();
        third.text(r#"52-["m"]"#).unwrap();
        third.binary(vec![0; 600]).unwrap();
        assert_eq!(third.binary(vec![0; 600]), Err(Malformed::TooLong));
    }

    #[test]
    fn what_is_no_packet_of_a_client_is_refused() {
        let bad = [
            ("", Malformed::Shape),
            ("abc", Malformed::Shape),
            ("4{}", Malformed::Shape),
            ("7", Malformed::Shape),
            ("1{}", Malformed::Payload),
            ("0[]", Malformed::Payload),
            ("0{", Malformed::Payload),
            ("2", Malformed::Payload),
            ("2[]", Malformed::Payload),
            ("2{}", Malformed::Payload),
            ("2[null]", Malformed::Payload),
            ("2[\"a\"", Malformed::Payload),
            ("2[\"connect\"]", Malformed::Reserved),
            ("2[\"disconnecting\",1]", Malformed::Reserved),
            ("3[]", Malformed::Shape),
            ("31{}", Malformed::Payload),
            ("5[\"a\"]", Malformed::Shape),
            ("5x-[\"a\"]", Malformed::Attachments),
            ("565-[\"a\"]", Malformed::Attachments),
            ("299999999999999999[\"a\"]", Malformed::TooLong),
            ("299999999999999999999999[\"a\"]", Malformed::TooLong),
            ("0/a#b", Malformed::Shape),
        ];
        for (text, malformed) in bad {
            assert_eq!(read(text), Err(malformed), "{text}");
        }
        let long = format!("0/{}", "n".repeat(SOCKETIO_NAMESPACE_BYTES_MAX));
        assert_eq!(read(&long), Err(Malformed::TooLong));
    }

    #[test]
    fn the_first_packet_decides_how_a_client_encodes() {
        let mut json = decoder();
        json.text("0").unwrap();
        assert_eq!(json.parser(), Some(Parser::Json));
        let mut msgpack = decoder();
        // {"type":0,"nsp":"/"}
        let connect = b"\x82\xa4type\x00\xa3nsp\xa1/".to_vec();
        assert!(msgpack.binary(connect).unwrap().is_some());
        assert_eq!(msgpack.parser(), Some(Parser::Msgpack));
        assert_eq!(msgpack.text("0"), Err(Malformed::Shape));
    }
}
