//! App channels: what developers' clients, backends and proxies do in the channels they name.
//!
//! The rules are `domain::channel`'s; here they meet tokens, the operator's backend, the hub and
//! the clock. `handle::live` asks for clients ([`connect`], [`subscribe`], [`publish`], [`read`],
//! [`call`], [`renew`]), the HTTP API acts through [`serve`]. Nothing here is written to disk.

pub mod call;
pub mod connect;
pub mod maps;
pub mod publish;
pub mod read;
pub mod renew;
pub mod serve;
pub mod subscribe;
pub mod ties;

use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use base::limits::JWKS_BYTES_MAX;
use bytes::Bytes;
use domain::channel::{Asker, ChannelName, ChannelOptions, Malformed, Namespaces, No};
use futures_util::FutureExt;
use wire::centrifugo::ErrorCode;

use self::ties::Ties;
use crate::auth::developer_token::{DeveloperTokens, Overrides};
use crate::auth::jwks::{Fetch, Jwks};
use crate::config::{Config, channels};
use crate::door::backend::{Actor, Refused};
use crate::net::outbound::{Allowance, Outbound, Reach};

/// The namespaces, and who may come in.
#[derive(Debug)]
pub struct Channels {
    namespaces: Namespaces,
    /// No token is needed and everything is allowed.
    pub insecure: bool,
    anonymous: bool,
    user_channel: bool,
    /// How many keys for tokens the configuration file holds.
    pub configured_keys: usize,
    /// What developers' tokens are checked with.
    pub tokens: DeveloperTokens,
    /// Entries of maps that come and go with subscriptions.
    ties: Ties,
}

impl Channels {
    /// As the configuration says. `outbound` fetches published keys.
    ///
    /// # Errors
    /// A value makes no sense; the text says which.
    pub fn new(config: &Config, outbound: &Outbound) -> Result<Self, String> {
        let client = &config.client;
        let url = client.token_jwks_url.as_str();
        let jwks = (!url.is_empty()).then(|| Jwks::new(url.to_owned(), fetch(outbound)));
        Ok(Self {
            namespaces: channels::namespaces(&config.channels, &config.namespaces)?,
            insecure: client.insecure,
            anonymous: client.anonymous,
            user_channel: client.user_channel,
            configured_keys: client.keys(),
            tokens: DeveloperTokens::new(client, jwks)?,
            ties: Ties::default(),
        })
    }

    /// The options of a channel.
    ///
    /// # Errors
    /// The name is none (107), or there is no such namespace (102).
    pub fn options(&self, name: ChannelName<'_>) -> Result<&Arc<ChannelOptions>, Refused> {
        let options = self.namespaces.options(name);
        options.ok_or_else(|| ErrorCode::UnknownChannel.into())
    }

    fn asker<'a>(&self, actor: &'a Actor, subscribed: bool) -> Asker<'a> {
        Asker {
            user: &actor.user,
            insecure: self.insecure,
            subscribed,
        }
    }
}

/// Gets what stands at a URL of the configuration.
fn fetch(outbound: &Outbound) -> Fetch {
    const ALLOWANCE: Allowance = Allowance {
        reach: Reach::Anywhere,
        timeout: Duration::from_secs(3),
        answer_bytes_max: JWKS_BYTES_MAX,
    };
    let outbound = outbound.clone();
    Arc::new(move |url| {
        let outbound = outbound.clone();
        async move {
            let request = Request::builder().uri(url).body(Bytes::new());
            let request = request.map_err(|error| error.to_string())?;
            let answer = outbound.send(request, ALLOWANCE).await;
            let answer = answer.map_err(|error| error.to_string())?;
            if answer.status().is_success() {
                Ok(answer.into_body())
            } else {
                Err(format!("answered {}", answer.status()))
            }
        }
        .boxed()
    })
}

/// Takes the name of a channel.
///
/// # Errors
/// It is none.
pub fn name(text: &str) -> Result<ChannelName<'_>, Refused> {
    ChannelName::parse(text).map_err(Refused::from)
}

impl From<Malformed> for Refused {
    fn from(_: Malformed) -> Self {
        ErrorCode::BadRequest.into()
    }
}

impl From<No> for Refused {
    fn from(no: No) -> Self {
        let code = match no {
            No::Denied => ErrorCode::PermissionDenied,
            No::NotAvailable => ErrorCode::NotAvailable,
            No::Malformed => ErrorCode::BadRequest,
        };
        code.into()
    }
}

impl Overrides {
    /// The options of a namespace with what one subscription has different.
    fn applied(&self, options: &ChannelOptions) -> ChannelOptions {
        let mut options = options.clone();
        let places = [
            (&mut options.presence, self.presence),
            (&mut options.join_leave, self.join_leave),
            (
                &mut options.force_push_join_leave,
                self.force_push_join_leave,
            ),
            (&mut options.force_recovery, self.force_recovery),
            (&mut options.force_positioning, self.force_positioning),
        ];
        for (place, flag) in places {
            if let Some(flag) = flag {
                *place = flag.value;
            }
        }
        options
    }
}
