//! A look into the live doors, and a hand in them: who is connected, which channels there are, how
//! much goes through, ending connections and subscriptions, publishing a try.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base::Code;
use base::limits::{CHANNEL_NAME_BYTES_MAX, INSPECTOR_ROWS_MAX};
use bytes::Bytes;
use domain::developer::user;
use domain::hub::{ClientId, User};
use serde_json::value::RawValue;

use super::may_keep;
use crate::app::App;
use crate::door::backend::Refused;
use crate::drive::hub::HubStats;
use crate::drive::hub::inspect::Wanted;
use crate::drive::publisher::{LOGIN_ENDED, UNSUBSCRIBED};
use crate::handle::channels::publish::Publishing;
use crate::handle::channels::serve;
use crate::handle::{Login, admin};
use crate::problem::{Answer, Problem};
use crate::view::developer::{Channel, Channels, Connection, Connections, Recoveries, Stats};

/// Rows of a page when nobody says how many.
const ROWS: usize = 100;
/// Rates are told over this time.
const WINDOW: Duration = Duration::from_secs(10);

/// How many messages there were lately; fed once a second.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<VecDeque<(Instant, u64, u64)>>);

impl Pulse {
    /// How often it wants to be fed.
    pub const EVERY: Duration = Duration::from_secs(1);

    /// Takes note of how many messages there have been.
    pub fn beat(&self, now: Instant, stats: &HubStats) {
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        beats.push_back((now, stats.received, stats.sent));
        while beats
            .front()
            .is_some_and(|(at, ..)| now.duration_since(*at) > WINDOW)
        {
            beats.pop_front();
        }
    }

    /// Messages in and out per second, over the window up to `now`.
    fn rates(&self, now: Instant, stats: &HubStats) -> (f64, f64) {
        let beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((at, received, sent)) = beats.front().copied() else {
            return (0.0, 0.0);
        };
        let seconds = now.duration_since(at).as_secs_f64().max(1.0);
        let rate = |now: u64, then: u64| {
            let tenths = now.saturating_sub(then) as f64 / seconds * 10.0;
            tenths.round() / 10.0
        };
        (rate(stats.received, received), rate(stats.sent, sent))
    }
}

/// Which connections to show.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Those of this user.
    user: Option<String>,
    /// Those that hear this channel.
    channel: Option<String>,
    /// At most so many.
    limit: Option<usize>,
}

/// Which channels to show.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Those whose names begin so.
    prefix: Option<String>,
    /// At most so many.
    limit: Option<usize>,
}

/// Something to publish.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The channel.
    channel: String,
    /// Any JSON.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

fn rows(limit: Option<usize>) -> usize {
    limit.unwrap_or(ROWS).clamp(1, INSPECTOR_ROWS_MAX)
}

/// The open connections, the oldest first.
///
/// # Errors
/// `forbidden`.
pub async fn connections(app: &App, login: &Login, which: Which) -> Answer<Connections> {
    may_keep(login)?;
    let wanted = Wanted {
        user: which.user.map(|user| User::new(&user)),
        channel: which.channel.map(Arc::from),
        limit: rows(which.limit),
    };
    let (open, more) = app.hub.open_connections(wanted).await;
    Ok(Connections {
        connections: open.iter().map(Connection::from).collect(),
        more,
    })
}

/// The channels somebody listens to, those with most listeners first.
///
/// # Errors
/// `forbidden`.
pub async fn channels(app: &App, login: &Login, named: Named) -> Answer<Channels> {
    may_keep(login)?;
    let prefix = named.prefix.unwrap_or_default();
    let (busy, more) = app.hub.busy_channels(&prefix, rows(named.limit)).await;
    let channels = busy.into_iter().map(|(channel, subscribers)| Channel {
        history: app.hub.kept_count(&channel),
        channel: channel.to_string(),
        subscribers,
    });
    Ok(Channels {
        channels: channels.collect(),
        more,
    })
}

/// How many there are of everything, and how much goes through.
///
/// # Errors
/// `forbidden`.
pub fn stats(app: &App, login: &Login) -> Answer<Stats> {
    may_keep(login)?;
    let stats = app.hub.stats();
    let (messages_in_per_s, messages_out_per_s) = app.pulse.rates(Instant::now(), &stats);
    Ok(Stats {
        connections: stats.connections,
        users: stats.users,
        channels: stats.channels,
        subscriptions: stats.subscriptions,
        cut_off: stats.cut_off,
        dropped: stats.dropped,
        recoveries: Recoveries {
            asked: stats.recoveries_asked,
            succeeded: stats.recoveries_succeeded,
        },
        messages_in_per_s,
        messages_out_per_s,
        limited: app.rates.refused(),
    })
}

/// Closes one connection for good.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn disconnect_client(app: &App, login: &Login, client: &str) -> Answer<()> {
    may_keep(login)?;
    let client: ClientId = client.parse().map_err(|_| Problem::not_found())?;
    if !app.hub.disconnect_client(client, LOGIN_ENDED).await {
        return Err(Problem::not_found());
    }
    let entry = admin::entry(login, "connection.disconnect", client, "");
    admin::note(app, entry).await;
    Ok(())
}

/// Closes all connections of a user for good.
///
/// # Errors
/// `forbidden`, `bad_request`.
pub async fn disconnect_user(app: &App, login: &Login, name: &str) -> Answer<()> {
    may_keep(login)?;
    let user = user(name)?;
    app.hub.disconnect_user(User::new(&user), LOGIN_ENDED);
    admin::note(app, admin::entry(login, "connection.disconnect", user, "")).await;
    Ok(())
}

/// Ends a user's subscriptions to a channel.
///
/// # Errors
/// `forbidden`, `bad_request`.
pub async fn unsubscribe(app: &App, login: &Login, name: &str, channel: &str) -> Answer<()> {
    may_keep(login)?;
    let user = user(name)?;
    if channel.is_empty() || channel.len() > CHANNEL_NAME_BYTES_MAX {
        let detail = "Name a channel.";
        return Err(Problem::of(Code::BadRequest, "channel", detail));
    }
    app.hub
        .unsubscribe_user(User::new(&user), channel, UNSUBSCRIBED);
    let entry = admin::entry(login, "connection.unsubscribe", user, channel);
    admin::note(app, entry).await;
    Ok(())
}

/// Publishes something into an app channel.
///
/// # Errors
/// `forbidden` for channels of the product, `bad_request` for one that can not be.
pub async fn publish(app: &App, login: &Login, published: Published) -> Answer<()> {
    may_keep(login)?;
    let channel = published.channel.as_str();
    if domain::developer::webhook::is_product_channel(channel) {
        let detail = "Only Plaza itself publishes in this channel.";
        return Err(Problem::of(Code::Forbidden, "channel", detail));
    }
    let data = Bytes::from(published.data.get().to_owned());
    let data = wire::centrifugo::compact_json(data)
        .map_err(|_| Problem::of(Code::BadRequest, "data", "This is not JSON."))?;
    let publishing = Publishing {
        data,
        ..Publishing::default()
    };
    serve::publish(app, channel, publishing).map_err(|refused| told(&refused))?;
    admin::note(app, admin::entry(login, "channel.publish", channel, "")).await;
    Ok(())
}

/// What a channel's refusal is told as here.
fn told(refused: &Refused) -> Problem {
    let (Refused::Error { message, .. }
    | Refused::Disconnect {
        reason: message, ..
    }) = refused;
    let detail = format!("This channel does not take it: {message}.");
    Problem::of(Code::BadRequest, "channel", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_told_over_the_last_ten_seconds() {
        let pulse = Pulse::default();
        let begin = Instant::now();
        let stats = |sent| HubStats {
            sent,
            ..HubStats::default()
        };
        assert_eq!(pulse.rates(begin, &stats(5)), (0.0, 0.0));
        for second in 0..30 {
            let now = begin + Duration::from_secs(second);
            pulse.beat(now, &stats(second * 100));
        }
        let now = begin + Duration::from_secs(30);
        assert_eq!(pulse.rates(now, &stats(3_000)), (0.0, 100.0));
        assert!(pulse.0.lock().unwrap().len() <= 11);
    }
}
