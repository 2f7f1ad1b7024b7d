//! Clients that look into a channel: its past, and who is there.

use std::collections::BTreeMap;

use base::limits::{PRESENCE_CLIENTS_MAX, RECOVERY_BYTES_MAX, RECOVERY_PUBLICATIONS_MAX};
use domain::hub::{ConnectionId, Past};
use wire::centrifugo::message::{self, *};
use wire::centrifugo::{Disconnect, ErrorCode, Reply};

use super::command::Call;
use super::event::client_info;
use crate::door::backend::{Actor, LogQuery, Refused};

impl Call {
    /// Whether the connection may see who is in the channel; answers the refusal itself.
    fn may_see(&self, (connection, actor): (ConnectionId, Actor), channel: &str) -> bool {
        if channel.is_empty() {
            self.close(Disconnect::BadRequest);
            return false;
        }
        let subscribed = self.is_subscribed(connection, channel);
        let allowed = self.backend().presence(&actor, channel, subscribed);
        match allowed {
            Ok(()) => true,
            Err(refused) => {
                self.refuse(refused);
                false
            }
        }
    }

    pub(super) async fn presence(&self, who: (ConnectionId, Actor), channel: &str) {
        if !self.may_see(who, channel) {
            return;
        }
        let hub = self.shard.borrow().hub.clone();
        let present = hub.present(channel, PRESENCE_CLIENTS_MAX).await;
        let entry = |info| {
            let info: message::ClientInfo = client_info(info);
            (info.client.clone(), info)
        };
        let presence: BTreeMap<_, _> = present.infos.iter().map(entry).collect();
        self.reply(Reply {
            presence: Some(PresenceResult { presence }),
            ..Reply::default()
        });
    }

    pub(super) async fn presence_stats(&self, who: (ConnectionId, Actor), channel: &str) {
        if !self.may_see(who, channel) {
            return;
        }
        let hub = self.shard.borrow().hub.clone();
        let present = hub.present(channel, 0).await;
        let stats = PresenceStatsResult {
            num_clients: present.users.len() as u32,
            num_users: present.users_count() as u32,
        };
        self.reply(Reply {
            presence_stats: Some(stats),
            ..Reply::default()
        });
    }

    pub(super) async fn history(&self, who: (ConnectionId, Actor), request: HistoryRequest) {
        let (connection, actor) = who;
        if request.channel.is_empty() {
            return self.close(Disconnect::BadRequest);
        }
        let subscribed = self.is_subscribed(connection, &request.channel);
        let past = self.backend().history(&actor, &request.channel, subscribed);
        let past = match past {
            Ok(Past::None) => return self.error(ErrorCode::NotAvailable),
            Ok(past) => past,
            Err(refused) => return self.refuse(refused),
        };
        let limit = usize::try_from(request.limit).unwrap_or(RECOVERY_PUBLICATIONS_MAX);
        let query = LogQuery {
            since: request.since.as_ref().map(|since| since.offset),
            limit: limit.min(RECOVERY_PUBLICATIONS_MAX),
            reverse: request.reverse,
        };
        let page = match self.past(past, &request.channel, query).await {
            Ok(page) => page,
            Err(refused) => return self.refuse(refused),
        };
        let known = request
            .since
            .map(|since| since.epoch)
            .filter(|epoch| !epoch.is_empty());
        if known.is_some_and(|known| known != page.epoch) {
            return self.error(ErrorCode::UnrecoverablePosition);
        }
        let PastPage {
            epoch,
            top: offset,
            publications,
        } = page.within(RECOVERY_BYTES_MAX);
        let history = HistoryResult {
            publications,
            epoch,
            offset,
        };
        self.reply(Reply {
            history: Some(history),
            ..Reply::default()
        });
    }

    /// Reads the past of a channel, wherever it is.
    pub(super) async fn past(
        &self,
        past: Past,
        channel: &str,
        query: LogQuery,
    ) -> Result<PastPage, Refused> {
        match past {
            // The entries of maps come with their subscriptions.
            Past::None | Past::Map => Ok(PastPage::default()),
            Past::Log => {
                let page = self.backend().log(channel, query).await?;
                let publication = |(offset, data)| Publication {
                    offset,
                    data,
                    ..Publication::default()
                };
                let publications = page.publications.into_iter().map(publication).collect();
                Ok(PastPage {
                    epoch: page.epoch,
                    top: page.top,
                    publications,
                })
            }
            Past::Memory => {
                let LogQuery {
                    since,
                    limit,
                    reverse,
                } = query;
                let query = domain::hub::KeptQuery {
                    since,
                    limit,
                    reverse,
                };
                let page = self.shard.borrow().hub.page(channel, query);
                let messages = page
                    .publications
                    .iter()
                    .filter_map(|(_, event)| event.message());
                let publications = messages.collect();
                Ok(PastPage {
                    epoch: page.epoch.to_string(),
                    top: page.top,
                    publications,
                })
            }
        }
    }
}

/// A part of a channel's past and where it stands.
#[derive(Debug, Default)]
pub(super) struct PastPage {
    pub(super) epoch: String,
    pub(super) top: u64,
    pub(super) publications: Vec<Publication>,
}

impl PastPage {
    /// Its first publications, up to so many bytes of them. The first one is there in any case, so
    /// that who reads page by page comes on.
    fn within(mut self, bytes_max: usize) -> Self {
        let fitting = self.fitting(bytes_max).max(1);
        self.publications.truncate(fitting);
        self
    }

    /// Nothing of it, when it is larger than that: a part would be no recovery.
    pub(super) fn whole_within(mut self, bytes_max: usize) -> Self {
        if self.fitting(bytes_max) < self.publications.len() {
            self.publications.clear();
        }
        self
    }

    fn fitting(&self, bytes_max: usize) -> usize {
        let mut bytes = 0_usize;
        let fits = |publication: &&Publication| {
            bytes += publication.data.len();
            bytes <= bytes_max
        };
        self.publications.iter().take_while(fits).count()
    }
}
