//! Channels, subscriptions, offsets and the fan-out plan: the pure half of the hub.
//!
//! One [`Hub`] knows the connections of one shard, who of them listens to what, and which of them
//! get a publication. It knows neither sockets nor wire formats: a payload is whatever the caller
//! makes of it. [`Streams`] holds the short pasts of channels that live in memory only,
//! [`map::Maps`] the newest value of each key of those that have keys,
//! [`Changes`] keeps what happened to people while they connect, [`Budget`] says how often.
//! `server::drive::hub` owns them all; nobody else calls them.

mod budget;
mod changes;
mod channel;
mod connection;
#[cfg(test)]
mod delta_tests;
mod fan_out;
mod format;
mod inspect;
mod journal;
pub mod map;
mod publication;
mod recovery;
mod stream;
mod subscription;
pub mod tags;
#[cfg(test)]
mod tests;
mod user;

pub use budget::{Budget, Rate};
pub use changes::Changes;
pub use channel::ChannelKey;
pub use connection::{ClientId, ConnectionId, Gone, Hub, Newcomer};
pub use fan_out::{Lost, Verdict};
pub use format::{Delta, Format, Framing, Language};
pub use inspect::SeenConnection;
pub use journal::{Happened, Happening};
pub use publication::{ClientInfo, Lane, MapChange, Publication};
pub use recovery::{Arrival, Joined, Unjoined};
pub use stream::{Keep, Kept, KeptPage, KeptQuery, Moment, Next, Position, Streams, Weigh};
pub use subscription::{Expired, Expiry, Grant, Past, Refused, Side, Subscribed, Terms};
pub use user::User;
