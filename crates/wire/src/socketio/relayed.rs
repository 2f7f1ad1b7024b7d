//! An event as a channel of the hub carries it, where clients of other doors read and write it too:
//! `{"event": name, "args": […], "attachments": [base64, …], "offset": "…"}`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::arguments::Arguments;
use super::packet::Event;

/// The name of what comes in another shape.
const MESSAGE: &str = "message";

/// An event and, where a namespace keeps events for clients that come back, its offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relayed {
    /// What happened.
    pub event: Event,
    /// What a client names to say that it has this one.
    pub offset: Option<String>,
}

#[derive(Deserialize)]
struct Shape<'a> {
    event: String,
    #[serde(borrow)]
    args: &'a RawValue,
    #[serde(default)]
    attachments: Vec<String>,
    #[serde(default)]
    offset: Option<String>,
}

impl Relayed {
    /// The JSON of an event.
    #[must_use]
    pub fn json(event: &Event, offset: Option<&str>) -> Bytes {
        let arguments = &event.arguments;
        let name = json!(event.name);
        let mut json = format!("{{\"event\":{name},\"args\":[{}]", arguments.json());
        if !arguments.attachments().is_empty() {
            let encoded = arguments.attachments().iter();
            let encoded: Vec<String> = encoded.map(|bytes| STANDARD.encode(bytes)).collect();
            json.push_str(&format!(",\"attachments\":{}", json!(encoded)));
        }
        if let Some(offset) = offset {
            json.push_str(&format!(",\"offset\":{}", json!(offset)));
        }
        json.push('}');
        json.into()
    }

    /// Reads what was published. JSON of any other shape, or an event that a client must not be
    /// sent, is the only argument of an event `message`.
    #[must_use]
    pub fn from_json(json: &[u8]) -> Self {
        let Ok(text) = std::str::from_utf8(json) else {
            return Self::message(Arguments::default());
        };
        Self::shaped(text)
            .unwrap_or_else(|| Self::message(Arguments::one(text).unwrap_or_default()))
    }

    fn shaped(text: &str) -> Option<Self> {
        let shape: Shape<'_> = serde_json::from_str(text).ok()?;
        Event::check_name(&shape.event).ok()?;
        let attachments = shape.attachments.iter();
        let attachments: Result<Vec<Bytes>, _> = attachments
            .map(|base64| STANDARD.decode(base64).map(Bytes::from))
            .collect();
        let arguments = Arguments::from_array(shape.args.get(), attachments.ok()?).ok()?;
        Some(Self {
            event: Event {
                name: shape.event,
                arguments,
            },
            offset: shape.offset,
        })
    }

    fn message(arguments: Arguments) -> Self {
        Self {
            event: Event {
                name: MESSAGE.to_owned(),
                arguments,
            },
            offset: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let attachments = vec![Bytes::from_static(b"\x01\xFF")];
        let array = r#"[1,{"_placeholder":true,"num":0}]"#;
        let event = Event {
            name: "a\"b".into(),
            arguments: Arguments::from_array(array, attachments).unwrap(),
        };
        for offset in [None, Some("e-7")] {
            let json = Relayed::json(&event, offset);
            let read = Relayed::from_json(&json);
            assert_eq!(read.event, event);
            assert_eq!(read.offset.as_deref(), offset);
        }
    }

    #[test]
    fn what_others_publish_in_their_own_shape_is_a_message() {
        for json in [
            "1",
            r#"{"text":"hi"}"#,
            r#"{"event":"connect","args":[]}"#,
            r#"{"event":"e","args":{}}"#,
            r#"{"event":"e","args":[{"_placeholder":true,"num":1}],"attachments":["AQ=="]}"#,
        ] {
            let read = Relayed::from_json(json.as_bytes());
            assert_eq!(read.event.name, "message");
            assert_eq!(read.event.arguments.json(), json);
        }
        let plain = Relayed::from_json(br#"{"event":"e","args":["x"]}"#);
        assert_eq!(plain.event.name, "e");
        assert_eq!(plain.event.arguments.json(), "\"x\"");
        assert!(Relayed::from_json(b"\xFF").event.arguments.is_empty());
    }
}
