//! Single messages of the server API: protobuf, or its JSON mapping.

use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Encoding, Malformed};

/// Reads a message. Fields that this version does not know are passed over.
///
/// # Errors
/// [`Malformed`] for bytes that are no such message.
pub fn read<M>(encoding: Encoding, bytes: &[u8]) -> Result<M, Malformed>
where
    M: Message + Default + DeserializeOwned,
{
    match encoding {
        Encoding::Protobuf => M::decode(bytes).map_err(|_| Malformed("not the protobuf message")),
        Encoding::Json if bytes.is_empty() => Ok(M::default()),
        Encoding::Json => {
            serde_json::from_slice(bytes).map_err(|_| Malformed("not the JSON of the message"))
        }
    }
}

/// Writes a message.
#[must_use]
pub fn write<M>(encoding: Encoding, message: &M) -> Vec<u8>
where
    M: Message + Serialize,
{
    match encoding {
        Encoding::Protobuf => message.encode_to_vec(),
        // Writing to memory does not fail, and every message has a JSON form.
        Encoding::Json => serde_json::to_vec(message).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::proto::{CreateRoomRequest, Room};
    use super::*;

    #[test]
    fn a_message_reads_the_same_in_both_encodings() {
        let request = CreateRoomRequest {
            name: "standup".to_owned(),
            empty_timeout: 9,
            ..CreateRoomRequest::default()
        };
        for encoding in [Encoding::Protobuf, Encoding::Json] {
            let bytes = write(encoding, &request);
            let again: CreateRoomRequest = read(encoding, &bytes).unwrap();
            assert_eq!(again, request);
        }
    }

    #[test]
    fn json_is_taken_in_either_spelling_and_with_more_than_is_known() {
        let camel = br#"{"name":"a","emptyTimeout":9,"unheardOf":{"x":1}}"#;
        let snake = br#"{"name":"a","empty_timeout":9}"#;
        let camel: CreateRoomRequest = read(Encoding::Json, camel).unwrap();
        let snake: CreateRoomRequest = read(Encoding::Json, snake).unwrap();
        assert_eq!(camel, snake);
        assert_eq!(camel.empty_timeout, 9);
        assert_eq!(read::<Room>(Encoding::Json, b"").unwrap(), Room::default());
    }

    #[test]
    fn what_is_no_message_is_malformed() {
        assert!(read::<Room>(Encoding::Protobuf, &[0xff, 0xff]).is_err());
        assert!(read::<Room>(Encoding::Json, b"[]").is_err());
    }
}
