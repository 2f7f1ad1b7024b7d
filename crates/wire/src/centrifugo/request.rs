//! The one request that a command carries.
#![expect(
    missing_docs,
    reason = "the requests are the schema's, and the schema says what they are"
)]

use super::message::*;

/// The one request of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    Connect(ConnectRequest),
    Subscribe(SubscribeRequest),
    Unsubscribe(UnsubscribeRequest),
    Publish(PublishRequest),
    Presence(PresenceRequest),
    PresenceStats(PresenceStatsRequest),
    History(HistoryRequest),
    Ping,
    Send(SendRequest),
    Rpc(RpcRequest),
    Refresh(RefreshRequest),
    SubRefresh(SubRefreshRequest),
}

impl Request {
    /// About how many bytes of memory it takes beside itself: what the client chose the length of.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Connect(it) => {
                let subs = it
                    .subs
                    .iter()
                    .map(|(channel, sub)| channel.len() + sub.bytes());
                let text = it.token.len() + it.name.len() + it.version.len();
                let headers = it.headers.iter();
                let headers = headers.map(|(name, value)| name.len() + value.len());
                text + it.data.len() + subs.sum::<usize>() + headers.sum::<usize>()
            }
            Self::Subscribe(it) => it.bytes(),
            Self::Unsubscribe(it) => it.channel.len(),
            Self::Publish(it) => it.channel.len() + it.key.len() + it.data.len(),
            Self::Presence(it) => it.channel.len(),
            Self::PresenceStats(it) => it.channel.len(),
            Self::History(it) => {
                it.channel.len() + it.since.as_ref().map_or(0, |since| since.epoch.len())
            }
            Self::Ping => 0,
            Self::Send(it) => it.data.len(),
            Self::Rpc(it) => it.method.len() + it.data.len(),
            Self::Refresh(it) => it.token.len(),
            Self::SubRefresh(it) => it.channel.len() + it.token.len(),
        }
    }
}

impl SubscribeRequest {
    fn bytes(&self) -> usize {
        let position = self.epoch.len() + self.cursor.len();
        self.channel.len() + self.token.len() + position + self.data.len()
    }
}

impl Command {
    /// The request: the first one that is set, in the order of the schema. `None` when there is
    /// none.
    #[must_use]
    pub fn into_request(self) -> Option<Request> {
        (self.connect.map(Request::Connect))
            .or(self.subscribe.map(Request::Subscribe))
            .or(self.unsubscribe.map(Request::Unsubscribe))
            .or(self.publish.map(Request::Publish))
            .or(self.presence.map(Request::Presence))
            .or(self.presence_stats.map(Request::PresenceStats))
            .or(self.history.map(Request::History))
            .or(self.ping.map(|_| Request::Ping))
            .or(self.send.map(Request::Send))
            .or(self.rpc.map(Request::Rpc))
            .or(self.refresh.map(Request::Refresh))
            .or(self.sub_refresh.map(Request::SubRefresh))
    }
}
