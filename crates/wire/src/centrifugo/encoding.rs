//! Frames to messages and back, in either encoding.
//!
//! A frame holds one message or several: JSON objects separated by newlines, or protobuf messages
//! each behind its length as a varint.

use std::borrow::Cow;
use std::marker::PhantomData;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use thiserror::Error;

use super::json::{Object, WriteJson};
use super::message::{Command, ConnectRequest, EmulationRequest, Push, Reply};

/// The two ways a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Text frames.
    Json,
    /// Binary frames.
    Protobuf,
}

/// The frame is not of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// A frame without any message.
    #[error("the frame is empty")]
    Empty,
    /// A line that is not the JSON of a message.
    #[error("not the JSON of a message")]
    Json,
    /// Bytes that are not a protobuf message behind its length.
    #[error("not a protobuf message behind its length")]
    Protobuf,
}

/// What stands in frames: commands of clients, replies of servers; to clients that only listen,
/// pushes alone.
pub trait Message: prost::Message + Default + DeserializeOwned + sealed::Sealed {}
impl Message for Command {}
impl Message for Reply {}
impl Message for Push {}

mod sealed {
    pub trait Sealed: super::WriteJson {}
    impl Sealed for super::Command {}
    impl Sealed for super::Reply {}
    impl Sealed for super::Push {}
}

impl Encoding {
    /// The WebSocket subprotocol that asks for this encoding.
    #[must_use]
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "centrifuge-json",
            Self::Protobuf => "centrifuge-protobuf",
        }
    }

    /// Appends a message to the frame in `out`, behind those it holds already.
    pub fn append<M: Message>(self, message: &M, out: &mut Vec<u8>) {
        match self {
            Self::Json => {
                if !out.is_empty() {
                    out.push(b'\n');
                }
                Object::write(message, out);
            }
            // A Vec grows as needed, so the only error there is (no room) does not happen.
            Self::Protobuf => message.encode_length_delimited(out).unwrap_or_default(),
        }
    }

    /// A frame with one message.
    #[must_use]
    pub fn encode<M: Message>(self, message: &M) -> Vec<u8> {
        let mut out = Vec::new();
        self.append(message, &mut out);
        out
    }

    /// The messages of a frame, one after the other. Nothing follows the first error.
    #[must_use]
    pub fn decode<M: Message>(self, frame: &[u8]) -> Messages<'_, M> {
        Messages {
            encoding: self,
            rest: Some(frame),
            first: true,
            message: PhantomData,
        }
    }
}

impl Encoding {
    /// Reads a connect request that stands alone, as clients that only listen send it. Nothing at
    /// all is the request of somebody without a token.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode_connect(self, body: &[u8]) -> Result<ConnectRequest, Malformed> {
        if body.is_empty() {
            return Ok(ConnectRequest::default());
        }
        self.decode_bare(body)
    }

    /// Reads the request that brings commands of a client without a socket.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode_emulation(self, body: &[u8]) -> Result<EmulationRequest, Malformed> {
        self.decode_bare(body)
    }

    fn decode_bare<M: prost::Message + Default + DeserializeOwned>(
        self,
        body: &[u8],
    ) -> Result<M, Malformed> {
        match self {
            Self::Json => serde_json::from_slice(body).map_err(|_| Malformed::Json),
            Self::Protobuf => M::decode(body).map_err(|_| Malformed::Protobuf),
        }
    }
}

/// The messages of one frame; see [`Encoding::decode`].
#[derive(Debug)]
pub struct Messages<'a, M> {
    encoding: Encoding,
    rest: Option<&'a [u8]>,
    first: bool,
    message: PhantomData<M>,
}

impl<M: Message> Messages<'_, M> {
    fn line(&mut self, frame: &[u8]) -> Result<M, Malformed> {
        serde_json::from_slice(frame).map_err(|_| Malformed::Json)
    }
}

impl<M: Message> Iterator for Messages<'_, M> {
    type Item = Result<M, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let frame = self.rest.take()?;
        let first = std::mem::take(&mut self.first);
        if frame.is_empty() {
            return first.then_some(Err(Malformed::Empty));
        }
        let message = match self.encoding {
            Encoding::Json => {
                let (line, rest) = match memchr::memchr(b'\n', frame) {
                    Some(at) => (&frame[..at], Some(&frame[at + 1..])),
                    None => (frame, None),
                };
                self.rest = rest;
                self.line(line)
            }
            Encoding::Protobuf => {
                let mut rest = frame;
                let message = M::decode_length_delimited(&mut rest);
                self.rest = Some(rest);
                message.map_err(|_| Malformed::Protobuf)
            }
        };
        if message.is_err() {
            self.rest = None;
        }
        Some(message)
    }
}

/// Checks that a payload is one JSON value and gives it back without raw newlines, so that it can
/// stand in any JSON frame. In valid JSON a raw newline is nothing but white space.
///
/// # Errors
/// [`Malformed::Json`] for anything else.
pub fn compact_json(payload: Bytes) -> Result<Bytes, Malformed> {
    serde_json::from_slice::<&RawValue>(&payload).map_err(|_| Malformed::Json)?;
    match without_newlines(&payload) {
        Cow::Borrowed(_) => Ok(payload),
        Cow::Owned(clean) => Ok(clean.into()),
    }
}

/// The payload without raw newlines; only copied when it holds one.
pub(super) fn without_newlines(payload: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\n', b'\r', payload).is_none() {
        return Cow::Borrowed(payload);
    }
    Cow::Owned(
        payload
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, b'\n' | b'\r'))
            .collect(),
    )
}
