//! What the real-time doors ask of the application, as one trait.
//!
//! `handle` implements it; the doors under `crate::door` call it and nobody else does. The futures
//! run on the shard thread of their connection: they may wait for the writer or for a reader, they
//! must not block or compute for long. Nothing here knows a wire format.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::http::{HeaderName, HeaderValue};
use base::{Code, PersonId, RoomId, SessionId, UnixMs};
use bytes::Bytes;
use domain::Refusal;
use domain::channel::{SubscriptionType, Wish};
pub use domain::hub::{ClientId, ClientInfo, Format, Grant, Happened, Past, Position, User};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use wire::centrifugo::{Disconnect, ErrorCode};

pub use crate::drive::hub::inspect::Circumstances;

/// Who asks: one authenticated connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The user that clients see.
    pub user: User,
    /// The person, when the user is one; `None` for users of a developer's backend and for nobody
    /// in particular.
    pub person: Option<PersonId>,
    /// The login it belongs to; `None` for an API token.
    pub session: Option<SessionId>,
    /// The connection.
    pub client: ClientId,
    /// In which bytes it hears.
    pub format: Format,
}

/// What a client brings when it connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// The id that the connection has once it is in.
    pub client: ClientId,
    /// In which bytes it hears.
    pub format: Format,
    /// A socket token (JWT) or an API token; may be empty.
    pub token: String,
    /// The client's own name, as `js`.
    pub name: String,
    /// The client's own version.
    pub version: String,
    /// JSON that the client sends along, or empty.
    pub data: Bytes,
    /// From where.
    pub address: IpAddr,
    /// The `User-Agent` of the handshake.
    pub user_agent: Option<String>,
    /// What the handshake brought of the headers that the operator's backend wants to see.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What the client's first message brought in place of headers, by name.
    pub emulated: BTreeMap<String, String>,
}

/// An accepted connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// As whom.
    pub user: User,
    /// The person, when the user is one.
    pub person: Option<PersonId>,
    /// The login that ends it when it ends.
    pub session: Option<SessionId>,
    /// JSON that presence and join messages show of this connection.
    pub info: Option<Bytes>,
    /// JSON for the client itself.
    pub data: Option<Bytes>,
    /// When the client has to refresh, `None` for never.
    pub expires_at: Option<UnixMs>,
    /// What comes then.
    pub ending: Ending,
    /// Server-side subscriptions.
    pub channels: Vec<(String, Granted)>,
    /// The developer's token that it came with.
    pub token: Option<TokenMark>,
}

/// What comes when credentials end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ending {
    /// The client is told when that is, and brings newer ones in time.
    #[default]
    Told,
    /// The client has none to bring and is not told: it comes, or asks, anew then.
    Silent,
    /// The client is not told; whether it goes on is asked of [`Backend::renew`] or
    /// [`Backend::renew_subscription`].
    Asked,
}

/// Whether something goes on whose credentials are over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// It does.
    Until {
        /// When it is over the next time, `None` for never.
        expires_at: Option<UnixMs>,
        /// JSON that others see of it from here on; `None` for no change.
        info: Option<Bytes>,
    },
    /// It ends.
    Over,
}

/// What a developer's token is known by when it is revoked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenMark {
    /// When it was signed (`iat`).
    pub issued_at: Option<UnixMs>,
    /// Its own id (`jti`).
    pub jti: Option<String>,
}

/// Newer credentials of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// When they end, `None` for never.
    pub expires_at: Option<UnixMs>,
    /// The developer's token that they are.
    pub token: Option<TokenMark>,
}

/// A subscription that somebody may have, and what it comes with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Granted {
    /// What it may do.
    pub grant: Grant,
    /// JSON that the channel shows of it, beside what it shows of the connection.
    pub info: Option<Bytes>,
    /// JSON for the client itself.
    pub data: Option<Bytes>,
    /// When the client has to refresh it, `None` for never.
    pub expires_at: Option<UnixMs>,
    /// What comes then.
    pub ending: Ending,
    /// From where a subscription of the server goes on; `None` for from now on.
    pub since: Option<Position>,
}

impl From<Grant> for Granted {
    fn from(grant: Grant) -> Self {
        Self {
            grant,
            ..Self::default()
        }
    }
}

/// What a client does in a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed<'a> {
    /// To which key; may be empty where the server knows it.
    pub key: &'a str,
    /// It is removed.
    pub removed: bool,
}

/// What a client asks for when it subscribes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscribe<'a> {
    /// The channel.
    pub channel: &'a str,
    /// A token for it, or nothing.
    pub token: &'a str,
    /// JSON that the client sends along, or empty.
    pub data: Bytes,
    /// What it takes the channel for.
    pub kind: SubscriptionType,
    /// What it wishes beside the channel itself.
    pub wish: Wish,
}

/// What a client publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish<'a> {
    /// The channel.
    pub channel: &'a str,
    /// JSON on one line.
    pub data: Bytes,
    /// What subscribers are told about who published.
    pub info: ClientInfo,
    /// Whether the connection is subscribed to the channel.
    pub subscribed: bool,
    /// What it does in a map; `None` for a publication of any other channel.
    pub keyed: Option<Keyed<'a>>,
}

/// Which part of a log is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogQuery {
    /// Only what is above (in reverse: below) this offset. `None`: from the very beginning, in
    /// reverse from the newest.
    pub since: Option<u64>,
    /// At most so many publications; 0 asks for the position alone.
    pub limit: usize,
    /// Newest first.
    pub reverse: bool,
}

/// A part of a log, and where the log stood, both from one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// The epoch of the log.
    pub epoch: String,
    /// Its newest offset, 0 when it is empty.
    pub top: u64,
    /// Offset and JSON of each event, in the order asked for.
    pub publications: Vec<(u64, Bytes)>,
}

/// Why something was not done, as the client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// An error in the reply.
    Error {
        /// The Centrifugo error number.
        code: u32,
        /// The stable name.
        message: Cow<'static, str>,
        /// Whether the same command may succeed later.
        temporary: bool,
    },
    /// The connection is closed instead.
    Disconnect {
        /// The close code, 3000 to 4999; see `wire::centrifugo::Disconnect`.
        code: u32,
        /// A reason in at most 123 bytes.
        reason: Cow<'static, str>,
    },
}

impl Refused {
    /// An error with one of the house's codes.
    #[must_use]
    pub const fn code(code: Code) -> Self {
        Self::Error {
            code: code.socket_code(),
            message: Cow::Borrowed(code.name()),
            temporary: code.is_temporary(),
        }
    }

    /// The token was good and is over: the client fetches a new one and comes back.
    #[must_use]
    pub const fn token_expired() -> Self {
        Self::Error {
            code: 109,
            message: Cow::Borrowed("token_expired"),
            temporary: false,
        }
    }

    /// The token is forged, malformed or of an ended session: the client must not try again.
    #[must_use]
    pub const fn invalid_token() -> Self {
        Self::Disconnect {
            code: 3500,
            reason: Cow::Borrowed("invalid token"),
        }
    }
}

impl From<ErrorCode> for Refused {
    fn from(code: ErrorCode) -> Self {
        Self::Error {
            code: code.code(),
            message: Cow::Borrowed(code.text()),
            temporary: code.is_temporary(),
        }
    }
}

impl From<Disconnect> for Refused {
    fn from(reason: Disconnect) -> Self {
        Self::Disconnect {
            code: reason.code(),
            reason: Cow::Borrowed(reason.text()),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::code(refusal.code)
    }
}

/// A room as doors that relay texts begin with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextRoom {
    /// The epoch of its log.
    pub epoch: String,
    /// The log's newest offset.
    pub top: u64,
    /// The newest texts that stand, the newest last.
    pub texts: Vec<String>,
}

/// Who says something through a door that relays texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speaker {
    /// The connection, which does not hear it.
    pub client: ClientId,
    /// From where.
    pub address: IpAddr,
    /// The person; none for people without an account.
    pub person: Option<PersonId>,
}

/// What an application without rooms answers.
fn no_rooms<T: Send + 'static>() -> BoxFuture<'static, Result<T, Refused>> {
    std::future::ready(Err(Refused::code(Code::NotFound))).boxed()
}

/// The application behind the real-time doors.
pub trait Backend: Send + Sync + 'static {
    /// Checks the token and says who this is.
    fn connect(&self, connect: Connect) -> BoxFuture<'_, Result<Connected, Refused>>;

    /// Checks a newer token of the same user; returns when that one ends.
    fn refresh(&self, actor: Actor, token: String) -> BoxFuture<'_, Result<Refreshed, Refused>>;

    /// Whether the actor may listen to the channel. Asked after the subscription has been
    /// registered and before anything is delivered, so a membership that ends meanwhile is seen
    /// either here or by the `Hub::unsubscribe_user` that follows its commit.
    fn subscribe<'a>(
        &'a self,
        actor: Actor,
        asked: Subscribe<'a>,
    ) -> BoxFuture<'a, Result<Granted, Refused>>;

    /// Checks a newer token of a subscription; returns when that one ends.
    fn refresh_subscription<'a>(
        &'a self,
        actor: Actor,
        channel: &'a str,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Option<UnixMs>, Refused>>;

    /// Whether a connection goes on whose credentials are over; only asked about those with
    /// [`Ending::Asked`].
    ///
    /// # Errors
    /// It ends, in these words if they are a close code.
    fn renew(&self, _actor: Actor) -> BoxFuture<'_, Result<Renewal, Refused>> {
        std::future::ready(Ok(Renewal::Over)).boxed()
    }

    /// The same for a subscription.
    ///
    /// # Errors
    /// It ends; with a close code the connection does.
    fn renew_subscription<'a>(
        &'a self,
        _actor: Actor,
        _channel: &'a str,
    ) -> BoxFuture<'a, Result<Renewal, Refused>> {
        std::future::ready(Ok(Renewal::Over)).boxed()
    }

    /// Whether the actor may read the past of a channel, `subscribed` to it or not, and where that
    /// is. Must not block.
    ///
    /// # Errors
    /// It may not, or there is none.
    fn history(&self, actor: &Actor, channel: &str, subscribed: bool) -> Result<Past, Refused>;

    /// Whether the actor may see who is in a channel, `subscribed` to it or not. Must not block.
    ///
    /// # Errors
    /// It may not.
    fn presence(&self, actor: &Actor, channel: &str, subscribed: bool) -> Result<(), Refused>;

    /// Reads a durable channel. Only asked for channels whose past is [`Past::Log`].
    fn log<'a>(
        &'a self,
        channel: &'a str,
        query: LogQuery,
    ) -> BoxFuture<'a, Result<LogPage, Refused>>;

    /// A client's own publication. Who accepts it hands it to `Hub::publish`.
    ///
    /// Ordered like [`Backend::rpc`].
    fn publish<'a>(
        &'a self,
        actor: Actor,
        asked: Publish<'a>,
    ) -> BoxFuture<'a, BoxFuture<'static, Result<(), Refused>>>;

    /// A call of a method. `data` is JSON or empty, and so is the answer.
    ///
    /// The outer future resolves as soon as the command has its place in the order (for a post:
    /// when it stands in the writer's queue), the inner one with its outcome (when it is
    /// committed). The next command of the connection starts when the outer one resolved, so
    /// commands of one connection keep their order and still share one transaction.
    fn rpc<'a>(
        &'a self,
        actor: Actor,
        method: &'a str,
        data: Bytes,
    ) -> BoxFuture<'a, BoxFuture<'static, Result<Bytes, Refused>>>;

    /// A message without an answer. `data` is JSON. Refusing with an error closes the connection
    /// with 3508, since there is no reply to carry it.
    fn message(&self, actor: Actor, data: Bytes) -> BoxFuture<'_, Result<(), Refused>>;

    /// The room of this name or id, if this person (without one: anybody) may hear it. The door has
    /// looked at whether people without an account may come at all.
    fn find_room<'a>(
        &'a self,
        _person: Option<PersonId>,
        _name: &'a str,
    ) -> BoxFuture<'a, Result<RoomId, Refused>> {
        no_rooms()
    }

    /// Reads a room that was found, and looks once more whether it may be heard. Asked after the
    /// subscription has been registered, like [`Backend::subscribe`].
    fn text_room(
        &self,
        _person: Option<PersonId>,
        _room: RoomId,
        _history: usize,
    ) -> BoxFuture<'_, Result<TextRoom, Refused>> {
        no_rooms()
    }

    /// Posts a text in a room that was found. Waits while there is too much of it: whoever calls
    /// bounds what waits behind. Ordered like [`Backend::rpc`].
    fn say(
        &self,
        _speaker: Speaker,
        _room: RoomId,
        _text: String,
    ) -> BoxFuture<'_, BoxFuture<'static, Result<(), Refused>>> {
        std::future::ready(no_rooms()).boxed()
    }

    /// A person's first connection opened. `online` and `offline` of one person alternate and come
    /// one at a time, in order. Must not block.
    fn online(&self, person: PersonId);

    /// A person's last connection closed. See [`Backend::online`].
    fn offline(&self, person: PersonId);

    /// Whether nobody may come from there, with whatever token or none.
    fn keeps_out(&self, _address: IpAddr) -> bool {
        false
    }

    /// Whether somebody wants to hear of [`Backend::happened`].
    fn is_watching(&self) -> bool {
        false
    }

    /// Something happened to a connection; told in the order of each shard, and only while
    /// somebody is watching. Must not block.
    fn happened(&self, _happened: Happened, _circumstances: Circumstances) {}

    /// A subscription stands with which entries of maps come ([`Grant::tied`]). Told in the order
    /// of each connection. Must not block.
    fn came(&self, _channel: &str, _info: ClientInfo) {}

    /// Such a subscription has ended, and its connection has not. See [`Backend::came`].
    fn went(&self, _channel: &str, _client: ClientId) {}

    /// One connection closed; before the [`Backend::offline`] that may follow. Must not block. Who
    /// keeps nothing per connection need not listen.
    fn closed(&self, _actor: Actor) {}
}
