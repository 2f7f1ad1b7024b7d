//! Frames: one message each, protobuf in binary ones and its JSON mapping in text ones.

use prost::Message as _;
use serde_json::Value;

use super::Malformed;
use super::proto::{SignalRequest, SignalResponse, signal_request, signal_response};

/// How a client writes, and therefore reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Protobuf in binary frames.
    #[default]
    Protobuf,
    /// The JSON mapping of protobuf in text frames.
    Json,
}

/// The message of a client's frame. `None` for one that this version of the protocol does not know:
/// it means nothing here.
///
/// # Errors
/// [`Malformed`] for bytes that are no message.
pub fn request(
    encoding: Encoding,
    frame: &[u8],
) -> Result<Option<signal_request::Message>, Malformed> {
    let request = match encoding {
        Encoding::Protobuf => {
            SignalRequest::decode(frame).map_err(|_| Malformed("not a SignalRequest"))?
        }
        Encoding::Json => {
            let value: Value = serde_json::from_slice(frame).map_err(|_| Malformed("not JSON"))?;
            if !value.is_object() {
                return Err(Malformed("not a JSON object"));
            }
            match serde_json::from_value(value) {
                Ok(request) => request,
                // A message of a later version, or one with a field of a later version.
                Err(_) => return Ok(None),
            }
        }
    };
    Ok(request.message)
}

/// The frame of a message for a client.
#[must_use]
pub fn encode(encoding: Encoding, message: signal_response::Message) -> Vec<u8> {
    let response = SignalResponse {
        message: Some(message),
    };
    match encoding {
        Encoding::Protobuf => response.encode_to_vec(),
        // Writing to memory does not fail, and every message has a JSON form.
        Encoding::Json => serde_json::to_vec(&response).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::proto;
    use super::*;

    #[test]
    fn both_encodings_carry_the_same_message() {
        let mute = proto::MuteTrackRequest {
            sid: "TR_x".to_owned(),
            muted: true,
        };
        let message = signal_request::Message::Mute(mute);
        let request_ = SignalRequest {
            message: Some(message.clone()),
        };
        let binary = request_.encode_to_vec();
        assert_eq!(
            request(Encoding::Protobuf, &binary),
            Ok(Some(message.clone()))
        );
        let text = br#"{"mute":{"sid":"TR_x","muted":true}}"#;
        assert_eq!(request(Encoding::Json, text), Ok(Some(message)));
    }

    #[test]
    fn a_message_of_a_later_version_means_nothing() {
        // Field 999, length-delimited.
        let unknown = [0xBA, 0x3E, 0x02, 0x08, 0x01];
        assert_eq!(request(Encoding::Protobuf, &unknown), Ok(None));
        assert_eq!(request(Encoding::Protobuf, b""), Ok(None));
        assert_eq!(request(Encoding::Json, br#"{"tomorrow":{}}"#), Ok(None));
    }

    #[test]
    fn garbage_is_told_apart_from_the_unknown() {
        assert!(request(Encoding::Protobuf, &[0xFF; 20]).is_err());
        assert!(request(Encoding::Json, b"{").is_err());
        assert!(request(Encoding::Json, b"[1]").is_err());
    }

    #[test]
    fn an_answer_is_written_in_either_encoding() {
        let pong = signal_response::Message::Pong(7);
        assert_eq!(encode(Encoding::Json, pong.clone()), br#"{"pong":"7"}"#);
        let decoded = SignalResponse::decode(&*encode(Encoding::Protobuf, pong.clone()));
        assert_eq!(decoded.unwrap().message, Some(pong));
    }
}
