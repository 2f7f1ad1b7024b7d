//! A look at what every shard holds, and what every shard tells of what happens: for the people who
//! run the place and for webhooks. Answers are bounded, and each shard gives its own.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use base::limits::INSPECTOR_CHANNELS_MAX;
use base::{Network, UnixMs};
use domain::developer::Revoked;
use domain::hub::{ClientId, Framing, Language, User};
use tokio::sync::oneshot;

use super::Hub;
use super::link::{Carrier, Closing, Link, LinkId};
use super::shard::{Item, Shard};
use crate::door;
use crate::door::backend::TokenMark;

/// How a connection comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// From where.
    pub address: IpAddr,
    /// What it speaks.
    pub dialect: &'static str,
    /// What carries it.
    pub transport: &'static str,
}

/// What is known beside an event of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// How it comes; of a connection that opened.
    pub way: Option<Way>,
    /// Why it was closed, when the server closed it.
    pub closed: Option<(u16, Cow<'static, str>)>,
}

/// An open connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConnection {
    /// The id that clients see.
    pub client: ClientId,
    /// Whose it is.
    pub user: User,
    /// How it comes.
    pub way: Way,
    /// Since when.
    pub connected_at: UnixMs,
    /// Some of the channels it hears.
    pub channels: Vec<Arc<str>>,
    /// How many there are.
    pub channels_count: usize,
    /// Bytes that wait to be written to it.
    pub unsent_bytes: usize,
}

/// Which connections are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Those of this user.
    pub user: Option<User>,
    /// Those that hear this channel.
    pub channel: Option<Arc<str>>,
    /// At most so many of each shard.
    pub limit: usize,
}

/// Who may not be here any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expelled {
    /// Whoever comes from these addresses.
    Address(Network),
    /// Whoever came with one of these tokens of developers.
    Tokens(Revoked),
}

impl Expelled {
    /// Whether a connection is meant: whose, from where, with which token.
    pub(crate) fn fits(&self, user: &User, address: IpAddr, token: Option<&TokenMark>) -> bool {
        match self {
            Self::Address(network) => network.contains(address),
            Self::Tokens(revoked) => token.is_some_and(|token| match revoked {
                Revoked::User { user: name, before } => {
                    user.as_str() == name && token.issued_at.is_none_or(|at| at < *before)
                }
                Revoked::Token { jti, .. } => token.jti.as_ref() == Some(jti),
            }),
        }
    }
}

/// Messages of a shard since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Messages {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

/// A question to every shard.
#[derive(Debug)]
pub(crate) enum Question {
    /// Connections, and whether there are more.
    Connections(Wanted, oneshot::Sender<(Vec<OpenConnection>, bool)>),
    /// Close this connection with this code; was it there?
    Disconnect(ClientId, u32, oneshot::Sender<bool>),
    /// Channels whose names begin so, with their listeners.
    Channels(Arc<str>, oneshot::Sender<Vec<(Arc<str>, usize)>>),
}

/// The word for a language.
const fn dialect(language: Language) -> &'static str {
    match language {
        Language::CentrifugoJson | Language::CentrifugoProtobuf | Language::CentrifugoPushes => {
            "centrifugo"
        }
        Language::Plain => "plain",
        Language::SocketIoJson | Language::SocketIoMsgpack => "socketio",
    }
}

/// The word for a carrier.
const fn transport(carrier: &Carrier) -> &'static str {
    match (carrier, carrier.framing()) {
        (Carrier::Socket(_), _) => "websocket",
        (Carrier::Pipe(_), Framing::Events) => "sse",
        (Carrier::Pipe(_), Framing::Lines | Framing::Bare) => "http_stream",
        (Carrier::Pipe(_), Framing::Records | Framing::Frames) => "polling",
    }
}

fn way(link: &Link) -> Way {
    Way {
        address: link.address,
        dialect: dialect(link.dialect.language()),
        transport: transport(&link.carrier),
    }
}

impl Shard {
    /// Answers a question. Who asked may be gone.
    pub(super) fn answer(&mut self, question: Question) {
        match question {
            Question::Connections(wanted, answer) => {
                let _ = answer.send(self.open_connections(&wanted));
            }
            Question::Disconnect(client, code, answer) => {
                let found = self.channels.connection_of_client(client);
                let link = found.and_then(|connection| self.link_of(connection.slot));
                if let Some(link) = link {
                    self.close(link, door::reason(code));
                }
                let _ = answer.send(link.is_some());
            }
            Question::Channels(prefix, answer) => {
                let _ = answer.send(self.channels.seen_channels(&prefix).collect());
            }
        }
    }

    /// One more message of a client.
    pub(crate) const fn count_received(&mut self) {
        self.messages.received += 1;
    }

    /// Keeps what the token of a connection is known by.
    pub(crate) fn mark(&mut self, id: LinkId, token: Option<TokenMark>) {
        if let Some(link) = self.link(id) {
            link.token = token.map(Box::new);
        }
    }

    /// The connections that may not be here any more.
    pub(crate) fn expelled(&self, expelled: &Expelled) -> Vec<LinkId> {
        let all = self.channels.seen_connections(None, None);
        let links = all.filter_map(|id| {
            let user = self.channels.info(id)?.user;
            let link_id = self.link_of(id.slot)?;
            let link = self.links.get(link_id.slot as usize)?;
            let fits = expelled.fits(&user, link.address, link.token.as_deref());
            fits.then_some(link_id)
        });
        links.collect()
    }

    fn open_connections(&self, wanted: &Wanted) -> (Vec<OpenConnection>, bool) {
        let (user, channel) = (wanted.user.as_ref(), wanted.channel.as_deref());
        let mut ids = self.channels.seen_connections(user, channel);
        let shown: Vec<_> = ids.by_ref().take(wanted.limit).collect();
        let more = ids.next().is_some();
        let now_ms = self.now_ms();
        let now = crate::clock::now();
        let open = shown.into_iter().filter_map(|id| {
            let seen = self.channels.seen(id, INSPECTOR_CHANNELS_MAX)?;
            let link = self.link_of(id.slot)?;
            let link = self.links.get(link.slot as usize)?;
            Some(OpenConnection {
                client: seen.client,
                user: seen.user,
                way: way(link),
                connected_at: UnixMs(now.0.saturating_sub(now_ms.saturating_sub(link.since_ms))),
                channels: seen.channels,
                channels_count: seen.channels_count,
                unsent_bytes: link.carrier.bytes(),
            })
        });
        (open.collect(), more)
    }

    /// Tells what happened to connections since the last time; `closing` is why the one that just
    /// ended was closed.
    pub(super) fn tell_happened(&mut self, closing: Option<&Closing>) {
        for happened in self.channels.happened() {
            let link = self.link_of(happened.connection.slot);
            let link = link.and_then(|link| self.links.get(link.slot as usize));
            let circumstances = Circumstances {
                way: link.map(way),
                closed: closing.map(|closing| (closing.code.0, closing.reason.clone())),
            };
            self.backend.happened(happened, circumstances);
        }
        self.channels.watch(self.backend.is_watching());
    }
}

impl Hub {
    /// The open connections, at most `wanted.limit`, and whether there are more.
    pub async fn open_connections(&self, wanted: Wanted) -> (Vec<OpenConnection>, bool) {
        let mut answers = Vec::new();
        self.each_inbox(|| {
            let (sender, receiver) = oneshot::channel();
            answers.push(receiver);
            Item::Question(Question::Connections(wanted.clone(), sender))
        });
        let (mut all, mut more) = (Vec::new(), false);
        for answer in answers {
            if let Ok((part, has_more)) = answer.await {
                all.extend(part);
                more |= has_more;
            }
        }
        all.sort_unstable_by_key(|open: &OpenConnection| (open.connected_at, open.client.0));
        more |= all.len() > wanted.limit;
        all.truncate(wanted.limit);
        (all, more)
    }

    /// The channels whose names begin so, with how many listen: those with most listeners first, at
    /// most `limit`, and whether there are more.
    pub async fn busy_channels(
        &self,
        prefix: &str,
        limit: usize,
    ) -> (Vec<(Arc<str>, usize)>, bool) {
        let prefix: Arc<str> = prefix.into();
        let mut answers = Vec::new();
        self.each_inbox(|| {
            let (sender, receiver) = oneshot::channel();
            answers.push(receiver);
            Item::Question(Question::Channels(Arc::clone(&prefix), sender))
        });
        let mut counts = std::collections::HashMap::<Arc<str>, usize>::new();
        for answer in answers {
            for (channel, count) in answer.await.unwrap_or_default() {
                *counts.entry(channel).or_default() += count;
            }
        }
        let mut all: Vec<_> = counts.into_iter().collect();
        all.sort_unstable_by(|(a, listen_a), (b, listen_b)| (listen_b, a).cmp(&(listen_a, b)));
        let more = all.len() > limit;
        all.truncate(limit);
        (all, more)
    }

    /// Closes one connection, with a code of `wire::centrifugo::Disconnect`; whether it was there.
    pub async fn disconnect_client(&self, client: ClientId, code: u32) -> bool {
        let mut answers = Vec::new();
        self.each_inbox(|| {
            let (sender, receiver) = oneshot::channel();
            answers.push(receiver);
            Item::Question(Question::Disconnect(client, code, sender))
        });
        let mut found = false;
        for answer in answers {
            found |= answer.await.unwrap_or(false);
        }
        found
    }

    /// How many publications the stream of a channel holds in memory; none without a stream.
    #[must_use]
    pub fn kept_count(&self, channel: &str) -> Option<usize> {
        self.streams().kept_count(channel)
    }
}
