//! What channels tell, as the protocol writes it.

use bytes::Bytes;
use wire::socketio::{Parser, Relayed};

use crate::drive::hub::broadcast::{Broadcast, Event};

/// Before the namespace in the names of its channels.
const CHANNELS: &str = "socketio:";

/// The namespace that a channel belongs to.
pub(super) fn namespace_of(channel: &str) -> Option<&str> {
    let name = channel.strip_prefix(CHANNELS)?;
    Some(
        name.split_once('#')
            .map_or(name, |(namespace, _)| namespace),
    )
}

/// An event for everybody who encodes like this; nothing for what is no event of a namespace.
pub(crate) fn encode(parser: Parser, broadcast: &Broadcast) -> Bytes {
    match (&broadcast.event, namespace_of(&broadcast.channel)) {
        (Event::Publication(told), Some(namespace)) => write(parser, namespace, &told.data),
        (Event::Publication(_) | Event::Join(_) | Event::Leave(_), _) => Bytes::new(),
    }
}

/// What was published in a namespace, as frames.
pub(super) fn write(parser: Parser, namespace: &str, data: &[u8]) -> Bytes {
    let Relayed { event, offset } = Relayed::from_json(data);
    parser.event(namespace, &event, offset.as_deref()).into()
}

/// What was published, if that is what happened.
pub(super) fn data_of(broadcast: &Broadcast) -> Option<Bytes> {
    match &broadcast.event {
        Event::Publication(told) => Some(told.data.clone()),
        Event::Join(_) | Event::Leave(_) => None,
    }
}

/// The offset that goes with an event.
pub(super) fn offset_of(broadcast: &Broadcast) -> Option<String> {
    Relayed::from_json(&data_of(broadcast)?).offset
}
