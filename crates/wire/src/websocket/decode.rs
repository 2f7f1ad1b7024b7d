//! From bytes to messages: partial frames, fragments, UTF-8, close.

use super::CloseCode;
use super::deflate::Inflater;
use super::frame::{Head, Opcode, Terms, Violation, mask};

/// What a client sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// A whole message of UTF-8.
    Text(&'a str),
    /// A whole message of bytes.
    Binary(&'a [u8]),
    /// Wants a pong with the same payload.
    Ping(&'a [u8]),
    /// The answer to a ping.
    Pong(&'a [u8]),
    /// The end; whatever follows is ignored. Without a code when the frame was empty.
    Close(Option<CloseCode>),
}

/// Whether to go on after a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop reading for good.
    Stop,
}

/// A message of which more is to come.
#[derive(Debug)]
struct Fragments {
    text: bool,
    packed: bool,
    bytes: Vec<u8>,
    /// So many bytes are known to be UTF-8.
    checked: usize,
    count: usize,
}

/// The reading half of one connection. Takes 56 bytes while nothing is incomplete.
#[derive(Debug, Default)]
pub struct Decoder {
    terms: Terms,
    partial: Vec<u8>,
    fragments: Option<Box<Fragments>>,
    ended: bool,
}

impl Decoder {
    /// A decoder for a connection on these terms; the default are those of one without extensions.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            ..Self::default()
        }
    }

    /// Takes the bytes that came next and calls `on` for each message that is complete. The
    /// inflater may serve many decoders.
    ///
    /// The bytes are unmasked in place, so `input` is garbage afterwards. After an error, a close
    /// frame or [`Flow::Stop`] all further input is ignored.
    ///
    /// # Errors
    /// The first [`Violation`]; messages before it were given to `on`.
    pub fn feed(
        &mut self,
        input: &mut [u8],
        inflater: &mut Inflater,
        mut on: impl FnMut(Incoming<'_>) -> Flow,
    ) -> Result<(), Violation> {
        if self.ended {
            return Ok(());
        }
        let outcome = self.frames(input, inflater, &mut on);
        if !matches!(outcome, Ok(Flow::Continue)) {
            *self = Self {
                ended: true,
                ..Self::default()
            };
        }
        outcome.map(|_| ())
    }

    fn frames(
        &mut self,
        mut input: &mut [u8],
        inflater: &mut Inflater,
        on: &mut impl FnMut(Incoming<'_>) -> Flow,
    ) -> Result<Flow, Violation> {
        while !input.is_empty() {
            if !self.partial.is_empty() {
                let taken = self.extend_partial(input)?;
                input = &mut input[taken..];
                if self.complete_partial(inflater, on)? == Flow::Stop {
                    return Ok(Flow::Stop);
                }
                continue;
            }
            match Head::parse(input, self.terms)? {
                Some(head) if head.frame_bytes() <= input.len() => {
                    let (frame, rest) = input.split_at_mut(head.frame_bytes());
                    input = rest;
                    if self.frame((head, frame), inflater, on)? == Flow::Stop {
                        return Ok(Flow::Stop);
                    }
                }
                Some(_) | None => {
                    self.partial = input.to_vec();
                    break;
                }
            }
        }
        Ok(Flow::Continue)
    }

    /// Moves what the partial frame lacks out of the input, at most what is there.
    fn extend_partial(&mut self, input: &[u8]) -> Result<usize, Violation> {
        let wanted = match Head::parse(&self.partial, self.terms)? {
            Some(head) => head.frame_bytes(),
            None => self.partial.len() + 1,
        };
        let lacking = wanted.saturating_sub(self.partial.len());
        let taken = lacking.min(input.len());
        self.partial.reserve_exact(lacking);
        self.partial.extend_from_slice(&input[..taken]);
        Ok(taken)
    }

    fn complete_partial(
        &mut self,
        inflater: &mut Inflater,
        on: &mut impl FnMut(Incoming<'_>) -> Flow,
    ) -> Result<Flow, Violation> {
        match Head::parse(&self.partial, self.terms)? {
            Some(head) if head.frame_bytes() <= self.partial.len() => {
                let mut frame = std::mem::take(&mut self.partial);
                self.frame((head, &mut frame), inflater, on)
            }
            Some(_) | None => Ok(Flow::Continue),
        }
    }

    fn frame(
        &mut self,
        (head, frame): (Head, &mut [u8]),
        inflater: &mut Inflater,
        on: &mut impl FnMut(Incoming<'_>) -> Flow,
    ) -> Result<Flow, Violation> {
        let payload = &mut frame[head.head_bytes..];
        mask(payload, head.mask);
        match head.opcode {
            Opcode::Ping => Ok(on(Incoming::Ping(payload))),
            Opcode::Pong => Ok(on(Incoming::Pong(payload))),
            Opcode::Close => {
                on(Incoming::Close(close_code(payload)?));
                Ok(Flow::Stop)
            }
            Opcode::Text | Opcode::Binary => {
                if self.fragments.is_some() {
                    return Err(Violation::Protocol("a message began inside another"));
                }
                let text = head.opcode == Opcode::Text;
                if head.fin && head.packed {
                    let payload = inflater.unpack(payload, self.terms.message_bytes_max)?;
                    return Ok(on(whole(text, payload)?));
                }
                if head.fin {
                    return Ok(on(whole(text, payload)?));
                }
                let begun = Box::new(Fragments {
                    text,
                    packed: head.packed,
                    bytes: Vec::new(),
                    checked: 0,
                    count: 0,
                });
                self.fragments = Some(begun.add(payload, self.terms)?);
                Ok(Flow::Continue)
            }
            Opcode::Continuation => {
                let Some(begun) = self.fragments.take() else {
                    return Err(Violation::Protocol("a continuation of nothing"));
                };
                let begun = begun.add(payload, self.terms)?;
                if head.fin && begun.packed {
                    let payload = inflater.unpack(&begun.bytes, self.terms.message_bytes_max)?;
                    return Ok(on(whole(begun.text, payload)?));
                }
                if head.fin {
                    return Ok(on(whole(begun.text, &begun.bytes)?));
                }
                self.fragments = Some(begun);
                Ok(Flow::Continue)
            }
        }
    }
}

impl Fragments {
    /// The message with one more fragment. UTF-8 is checked as far as it can be seen, so that
    /// garbage is refused before the message is complete.
    fn add(mut self: Box<Self>, payload: &[u8], terms: Terms) -> Result<Box<Self>, Violation> {
        self.count += 1;
        let total = self.bytes.len() + payload.len();
        if self.count > terms.fragments_max() || total > terms.message_bytes_max {
            return Err(Violation::TooBig);
        }
        self.bytes.extend_from_slice(payload);
        if self.text && !self.packed {
            let unchecked = self.bytes.get(self.checked..).unwrap_or_default();
            self.checked += match simdutf8::compat::from_utf8(unchecked) {
                Ok(text) => text.len(),
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                Err(_) => return Err(Violation::NotUtf8),
            };
        }
        Ok(self)
    }
}

fn whole(text: bool, payload: &[u8]) -> Result<Incoming<'_>, Violation> {
    if !text {
        return Ok(Incoming::Binary(payload));
    }
    simdutf8::basic::from_utf8(payload)
        .map(Incoming::Text)
        .map_err(|_| Violation::NotUtf8)
}

fn close_code(payload: &[u8]) -> Result<Option<CloseCode>, Violation> {
    if payload.is_empty() {
        return Ok(None);
    }
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return Err(Violation::Protocol("half a close code"));
    };
    let code = CloseCode(u16::from_be_bytes(*code));
    if !code.is_sendable() {
        return Err(Violation::Protocol("a close code that is never sent"));
    }
    simdutf8::basic::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    Ok(Some(code))
}
