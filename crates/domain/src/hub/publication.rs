//! What is published, and in which lane.

use std::sync::Arc;

use bytes::Bytes;

use super::{ClientId, Keep, User};

/// How a publication travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lane {
    /// An event of a log that somebody else keeps: dense offsets from 1, every one of them
    /// published, in order.
    Durable {
        /// Its number in the log.
        offset: u64,
        /// The history it belongs to.
        epoch: Arc<str>,
    },
    /// Told to whoever is there, and forgotten.
    Ephemeral,
    /// Kept in memory, so that a short absence misses nothing. The hub gives offset and epoch.
    Kept(Keep),
}

/// What a publication does in a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapChange {
    /// To which key.
    pub key: Arc<str>,
    /// It is removed, and the publication has no data.
    pub removed: bool,
    /// Where it stands among the others; 0 where that does not matter.
    pub score: i64,
}

/// One publication of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// How it travels.
    pub lane: Lane,
    /// One JSON value on one line.
    pub data: Bytes,
    /// Who published it, when subscribers are to know.
    pub info: Option<ClientInfo>,
    /// Labels that subscribers can filter by.
    pub tags: Vec<(String, String)>,
    /// The text of `data` as it was sent, where that is known and doors for texts give it as it is.
    pub verbatim: Option<Arc<str>>,
    /// The one connection that does not get it: mostly the one it came from.
    pub except: Option<ClientId>,
    /// The channel it was published in, when that is not the one it is told in.
    pub channel: Option<Arc<str>>,
    /// Whether it may be told as the difference to the one before: in a map, of the same key.
    pub delta: bool,
    /// What it does in a map; `None` in any other channel.
    pub change: Option<MapChange>,
    /// It is worth something only now: a connection that has not read what came before goes
    /// without. Not for streams.
    pub volatile: bool,
}

impl Publication {
    /// A publication of nobody in particular, without labels.
    #[must_use]
    pub const fn new(lane: Lane, data: Bytes) -> Self {
        Self {
            lane,
            data,
            info: None,
            tags: Vec::new(),
            verbatim: None,
            except: None,
            channel: None,
            delta: false,
            change: None,
            volatile: false,
        }
    }
}

/// A user and one of their connections, as presence, joins and publications show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientInfo {
    /// The user.
    pub user: User,
    /// The connection; `None` when it came through REST.
    pub client: Option<ClientId>,
    /// JSON that the application gave the connection.
    pub conn_info: Option<Bytes>,
    /// JSON that the application gave its subscription.
    pub chan_info: Option<Bytes>,
}
