//! The envelope of data packets: who sent one, and who gets it, without looking at what it carries.
//!
//! A packet is a `DataPacket` of LiveKit's protocol. It goes on as the bytes that came, behind
//! which stand the fields that the server sets: in protobuf the last value of a field counts. So
//! nothing is decoded but the fields that are needed, and what a later version adds goes through.

use bytes::Bytes;
use prost::Message as _;

use super::Malformed;
use super::proto::data_packet::Value;
use super::proto::{DataPacket, UserPacket};

const KIND: u64 = 1;
const USER: u64 = 2;
const SPEAKER: u64 = 3;
const PARTICIPANT_IDENTITY: u64 = 4;
const DESTINATION_IDENTITIES: u64 = 5;
const METRICS: u64 = 8;
const SEQUENCE: u64 = 16;
const PARTICIPANT_SID: u64 = 17;
/// The same inside a user packet, where older clients write it.
const USER_DESTINATION_IDENTITIES: u64 = 6;

const VARINT: u64 = 0;
const FIXED_64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED_32: u64 = 5;

/// What is outside on a data packet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The identities that get it; empty for everybody.
    pub destinations: Vec<String>,
    /// The sender's count of reliable packets, 0 for none.
    pub sequence: u32,
    /// Figures about a connection, for those who may hear them.
    pub metrics: bool,
    /// Something that only the server may tell.
    pub reserved: bool,
}

/// One field of a message: its number, and its value.
enum Field<'a> {
    Number(u64, u64),
    Text(u64, &'a [u8]),
    Other,
}

/// The fields of a message, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(Malformed("ends too early"))?;
            self.0 = rest;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed("a number of too many bytes"))
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], Malformed> {
        let count = usize::try_from(count).map_err(|_| Malformed("ends too early"))?;
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(Malformed("ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn next(&mut self) -> Result<Option<Field<'a>>, Malformed> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let field = match (key >> 3, key & 7) {
            (number, VARINT) => Field::Number(number, self.varint()?),
            (number, LENGTH) => {
                let length = self.varint()?;
                Field::Text(number, self.take(length)?)
            }
            (_, FIXED_64) => {
                self.take(8)?;
                Field::Other
            }
            (_, FIXED_32) => {
                self.take(4)?;
                Field::Other
            }
            _ => return Err(Malformed("an unknown type of field")),
        };
        Ok(Some(field))
    }
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed("a text that is not UTF-8"))?;
    Ok(text.to_owned())
}

impl Envelope {
    /// Reads what is outside on a packet of a client.
    ///
    /// # Errors
    /// [`Malformed`] for bytes that are no `DataPacket`.
    pub fn read(packet: &[u8]) -> Result<Self, Malformed> {
        let mut envelope = Self::default();
        let mut fields = Fields(packet);
        while let Some(field) = fields.next()? {
            match field {
                Field::Text(DESTINATION_IDENTITIES, name) => {
                    envelope.destinations.push(text(name)?);
                }
                Field::Text(USER, user) => envelope.read_user(user)?,
                Field::Text(METRICS, _) => envelope.metrics = true,
                Field::Text(SPEAKER, _) => envelope.reserved = true,
                Field::Number(SEQUENCE, number) => {
                    envelope.sequence = u32::try_from(number).map_err(|_| Malformed("sequence"))?;
                }
                Field::Text(..) | Field::Number(..) | Field::Other => {}
            }
        }
        envelope.destinations.sort_unstable();
        envelope.destinations.dedup();
        Ok(envelope)
    }

    fn read_user(&mut self, user: &[u8]) -> Result<(), Malformed> {
        let mut fields = Fields(user);
        while let Some(field) = fields.next()? {
            if let Field::Text(USER_DESTINATION_IDENTITIES, name) = field {
                self.destinations.push(text(name)?);
            }
        }
        Ok(())
    }

    /// The packet as it goes on: the bytes that came, and behind them who sent it.
    #[must_use]
    pub fn stamp(packet: &[u8], identity: &str, sid: &str, lossy: bool) -> Bytes {
        let mut out = Vec::with_capacity(packet.len() + identity.len() + sid.len() + 16);
        out.extend_from_slice(packet);
        write_text(PARTICIPANT_IDENTITY, identity, &mut out);
        write_text(PARTICIPANT_SID, sid, &mut out);
        write_varint((KIND << 3) | VARINT, &mut out);
        out.push(u8::from(lossy));
        out.into()
    }
}

fn write_text(field: u64, text: &str, out: &mut Vec<u8>) {
    write_varint((field << 3) | LENGTH, out);
    write_varint(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A packet of the application's own, as from the server. `nonce` is the sender's own id of it, so
/// that it is taken once.
#[must_use]
pub fn user_packet(
    payload: &[u8],
    topic: Option<String>,
    nonce: Vec<u8>,
    destinations: Vec<String>,
) -> Bytes {
    let user = UserPacket {
        payload: payload.to_vec(),
        topic,
        nonce,
        ..UserPacket::default()
    };
    let packet = DataPacket {
        destination_identities: destinations,
        value: Some(Value::User(user)),
        ..DataPacket::default()
    };
    packet.encode_to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(deprecated, reason = "clients write it")]
    fn packet() -> DataPacket {
        DataPacket {
            participant_identity: "mallory, as alice".to_owned(),
            participant_sid: "PA_of_somebody_else".to_owned(),
            destination_identities: vec!["bob".to_owned()],
            sequence: 300,
            value: Some(Value::User(UserPacket {
                payload: vec![7; 1000],
                destination_identities: vec!["carol".to_owned(), "bob".to_owned()],
                ..UserPacket::default()
            })),
            ..DataPacket::default()
        }
    }

    #[test]
    fn an_envelope_tells_who_gets_a_packet() {
        let envelope = Envelope::read(&packet().encode_to_vec()).unwrap();
        assert_eq!(envelope.destinations, ["bob", "carol"]);
        assert_eq!(envelope.sequence, 300);
        assert!(!envelope.metrics && !envelope.reserved);
    }

    #[test]
    fn nobody_sends_in_the_name_of_somebody_else() {
        let came = packet();
        let stamped = Envelope::stamp(&came.encode_to_vec(), "mallory", "PA_m", true);
        let goes = DataPacket::decode(&*stamped).unwrap();
        assert_eq!(goes.participant_identity, "mallory");
        assert_eq!(goes.participant_sid, "PA_m");
        assert_eq!(goes.sequence, 300);
        assert_eq!(goes.value, came.value);
        #[expect(deprecated, reason = "clients of before still look at it")]
        let kind = goes.kind;
        assert_eq!(kind, 1);
    }

    #[test]
    fn what_a_later_version_adds_goes_through() {
        let mut bytes = packet().encode_to_vec();
        write_text(900, "new", &mut bytes);
        let stamped = Envelope::stamp(&bytes, "a", "PA_a", false);
        let new = stamped.windows(3).any(|window| window == b"new");
        assert!(new && Envelope::read(&bytes).is_ok());
    }

    #[test]
    fn garbage_is_refused() {
        for bytes in [&[0x0A, 0xFF][..], &[0x0F], &[0x80; 11], &[0x2A, 0x01, 0xFF]] {
            assert!(Envelope::read(bytes).is_err(), "{bytes:?}");
        }
    }
}
