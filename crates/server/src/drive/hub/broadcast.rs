//! One event of a channel, encoded at most once for each format and shared by all who get it.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use domain::hub::map::Fresh;
use domain::hub::{ClientId, ClientInfo, Format, Next, Publication, Weigh};

use super::framing;
use crate::door;

/// To whom an event goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody who listens.
    Listeners,
    /// Those who asked who comes and goes.
    Watchers,
}

/// What happened in a channel.
#[derive(Debug)]
pub(crate) enum Event {
    /// Something was published.
    Publication(Publication),
    /// Somebody came.
    Join(ClientInfo),
    /// Somebody went.
    Leave(ClientInfo),
}

/// One event of a channel.
#[derive(Debug)]
pub(crate) struct Broadcast {
    /// The channel's name.
    pub(crate) channel: Box<str>,
    /// Its offset and epoch, when it belongs to a stream.
    pub(crate) position: Option<(u64, Arc<str>)>,
    /// What happened.
    pub(crate) event: Event,
    /// The data of the publication right before it in the stream, where differences to that are
    /// wanted.
    previous: Option<Bytes>,
    encoded: Encoded,
}

impl Broadcast {
    fn new(channel: &str, position: Option<(u64, Arc<str>)>, event: Event) -> Self {
        Self {
            channel: channel.into(),
            position,
            event,
            previous: None,
            encoded: Encoded::default(),
        }
    }

    pub(crate) fn publication(
        channel: &str,
        position: Option<(u64, Arc<str>)>,
        publication: Publication,
    ) -> Self {
        Self::new(channel, position, Event::Publication(publication))
    }

    /// The next publication of a stream.
    pub(crate) fn following(
        channel: &str,
        next: Next<'_, Arc<Self>>,
        publication: Publication,
    ) -> Self {
        let wanted = next.previous.filter(|_| publication.delta);
        let previous = wanted.and_then(|previous| match &previous.event {
            Event::Publication(publication) => Some(publication.data.clone()),
            Event::Join(_) | Event::Leave(_) => None,
        });
        let position = Some((next.offset, Arc::clone(next.epoch)));
        Self {
            previous,
            ..Self::publication(channel, position, publication)
        }
    }

    /// The next change of a map. A difference builds on what those who listen were told of the key
    /// before, and on nothing else.
    pub(crate) fn changing(
        channel: &str,
        fresh: &Fresh<'_, Arc<Self>>,
        publication: Publication,
    ) -> Self {
        let wanted = fresh.before.filter(|_| publication.delta && fresh.told);
        let previous = wanted.and_then(|before| match &before.event {
            Event::Publication(publication) => Some(publication.data.clone()),
            Event::Join(_) | Event::Leave(_) => None,
        });
        let position = Some((fresh.offset, Arc::clone(fresh.epoch)));
        Self {
            previous,
            ..Self::publication(channel, position, publication)
        }
    }

    /// What was published, if something was.
    pub(crate) const fn published(&self) -> Option<&Publication> {
        match &self.event {
            Event::Publication(publication) => Some(publication),
            Event::Join(_) | Event::Leave(_) => None,
        }
    }

    /// Whether it can be told as a difference or as what others build on.
    pub(crate) const fn deltas(&self) -> bool {
        matches!(self.event, Event::Publication(_))
    }

    /// The data of the publication before it, where that is known and wanted.
    pub(crate) const fn previous(&self) -> Option<&Bytes> {
        self.previous.as_ref()
    }

    /// The value of a label.
    pub(crate) fn tag(&self, key: &str) -> Option<&str> {
        match &self.event {
            Event::Publication(publication) => {
                let mut tags = publication.tags.iter();
                tags.find(|(it, _)| it == key).map(|(_, value)| &**value)
            }
            Event::Join(_) | Event::Leave(_) => None,
        }
    }

    pub(crate) fn join(channel: &str, info: &ClientInfo) -> Self {
        Self::new(channel, None, Event::Join(info.clone()))
    }

    pub(crate) fn leave(channel: &str, info: &ClientInfo) -> Self {
        Self::new(channel, None, Event::Leave(info.clone()))
    }

    /// To whom it goes.
    pub(crate) const fn audience(&self) -> Audience {
        match self.event {
            Event::Publication(_) => Audience::Listeners,
            Event::Join(_) | Event::Leave(_) => Audience::Watchers,
        }
    }

    /// Its offset in the stream, 0 when it belongs to none.
    pub(crate) fn offset(&self) -> u64 {
        self.position.as_ref().map_or(0, |(offset, _)| *offset)
    }

    /// Whether it is left out for connections that have not read what came before.
    pub(crate) const fn is_volatile(&self) -> bool {
        match &self.event {
            Event::Publication(publication) => publication.volatile,
            Event::Join(_) | Event::Leave(_) => false,
        }
    }

    /// The one connection that does not hear it.
    pub(crate) const fn except(&self) -> Option<ClientId> {
        match &self.event {
            Event::Publication(publication) => publication.except,
            Event::Join(_) | Event::Leave(_) => None,
        }
    }

    /// The bytes for everybody of this format, made at the first call. Empty when those are told
    /// nothing.
    pub(crate) fn bytes(&self, format: Format) -> &Bytes {
        if format.packed {
            let packed = false;
            // Made before, since making one inside of making the other would wait for itself.
            let plain = self.bytes(Format { packed, ..format });
            return self.encoded.of(format, || framing::packed(plain));
        }
        self.encoded.of(format, || door::encode(self, format))
    }
}

impl Weigh for Broadcast {
    /// What it keeps when it was sent: the payload, and the encodings made of it.
    fn bytes(&self) -> usize {
        let payload = match &self.event {
            Event::Publication(publication) => publication.data.len(),
            Event::Join(_) | Event::Leave(_) => 0,
        };
        std::mem::size_of::<Broadcast>() + self.channel.len() + 3 * payload
    }
}

/// What was encoded so far. There are many formats and nearly always one or two in use, so this is
/// a chain that grows at its end and is read without a lock.
#[derive(Debug, Default)]
struct Encoded {
    first: OnceLock<(Format, Bytes)>,
    more: OnceLock<Box<Self>>,
}

impl Encoded {
    fn of(&self, format: Format, encode: impl Fn() -> Bytes) -> &Bytes {
        let mut at = self;
        loop {
            let (known, bytes) = at.first.get_or_init(|| (format, encode()));
            if *known == format {
                return bytes;
            }
            at = at.more.get_or_init(Box::default);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use domain::hub::{Delta, Framing, Language};

    use super::*;

    #[test]
    fn each_format_is_encoded_once() {
        let encoded = Encoded::default();
        let made = Cell::new(0);
        let languages = [Language::CentrifugoJson, Language::CentrifugoProtobuf];
        for _ in 0..3 {
            for (at, language) in languages.into_iter().enumerate() {
                let format = Format {
                    language,
                    framing: Framing::Frames,
                    packed: false,
                    delta: Delta::None,
                };
                let bytes = encoded.of(format, || {
                    made.set(made.get() + 1);
                    Bytes::from(vec![at as u8])
                });
                assert_eq!(bytes[..], [at as u8]);
            }
        }
        assert_eq!(made.get(), 2);
    }
}
