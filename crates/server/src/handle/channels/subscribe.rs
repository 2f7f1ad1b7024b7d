//! Clients that want to hear an app channel.

use base::UnixMs;
use domain::channel::{ChannelName, fits, may_subscribe, standing};
use wire::centrifugo::ErrorCode;

use super::{name, renew};
use crate::app::App;
use crate::auth::developer_token::SubscriptionToken;
use crate::auth::socket_token::TokenError;
use crate::clock;
use crate::door::backend::{Actor, Ending, Granted, Refused, Subscribe};
use crate::handle::developer::{revocations, secrets};
use crate::handle::proxy::{ends_at, value};

/// Whether the client may hear the channel, and what that comes with.
///
/// # Errors
/// 102, 103, 107, 109; a token of somebody or something else ends the connection with 3500.
pub async fn subscribe(app: &App, actor: &Actor, asked: Subscribe<'_>) -> Result<Granted, Refused> {
    let channels = &app.channels;
    let name = name(asked.channel)?;
    let options = channels.options(name)?;
    if options.subscription_type != asked.kind {
        return Err(ErrorCode::BadRequest.into());
    }
    let asker = channels.asker(actor, true);
    if asked.token.is_empty() {
        let named = name.is_private() || name.is_user_limited();
        if options.subscribe_proxy_enabled && !named {
            return by_backend(app, actor, asked).await;
        }
        may_subscribe(options, name, channels.asker(actor, false))?;
        return Ok(standing(options, asker, asked.wish).into());
    }
    if name.is_wildcard() && !options.wildcard {
        return Err(ErrorCode::PermissionDenied.into());
    }
    let token = token(app, actor, (name, asked.token)).await?;
    let options = token.overrides.applied(options);
    Ok(Granted {
        grant: standing(&options, asker, asked.wish),
        info: token.info,
        data: None,
        expires_at: token.expires_at,
        ending: renew::ending(&options, Ending::Told),
        since: None,
    })
}

/// The operator's backend decides, and nothing else does. Names that need a token or are of certain
/// users are not its affair.
async fn by_backend(app: &App, actor: &Actor, asked: Subscribe<'_>) -> Result<Granted, Refused> {
    let name = name(asked.channel)?;
    let options = app.channels.options(name)?;
    fits(options, name)?;
    let question = (asked.channel, &asked.data);
    let answer = app.proxy.subscribe(actor, question).await?;
    let options = answer.overrides.applied(options);
    Ok(Granted {
        grant: standing(&options, app.channels.asker(actor, true), asked.wish),
        info: value(answer.info, answer.b64info)?,
        data: value(answer.data, answer.b64data)?,
        expires_at: ends_at(answer.expire_at),
        ending: renew::ending(&options, Ending::Silent),
        since: None,
    })
}

/// The token of this client for this channel.
async fn token(
    app: &App,
    actor: &Actor,
    (name, token): (ChannelName<'_>, &str),
) -> Result<SubscriptionToken, Refused> {
    let (tokens, added) = (&app.channels.tokens, secrets::current(app));
    let token = tokens.subscription(token, clock::now(), &added).await;
    let token = token.map_err(|error| match error {
        TokenError::Expired => ErrorCode::TokenExpired,
        TokenError::Invalid => ErrorCode::PermissionDenied,
    })?;
    let client = actor.client.to_string();
    let theirs = token.user == actor.user.as_str()
        && token.channel == name.as_str()
        && token.client.as_ref().is_none_or(|pinned| *pinned == client);
    if !theirs {
        return Err(Refused::invalid_token());
    }
    revocations::check(app, &actor.user, token.issued_at, token.id.as_deref())?;
    Ok(token)
}

/// Checks a newer token for a channel; returns when that one ends.
///
/// # Errors
/// See [`subscribe`].
pub async fn refresh(
    app: &App,
    actor: &Actor,
    channel: &str,
    newer: &str,
) -> Result<Option<UnixMs>, Refused> {
    let name = name(channel)?;
    app.channels.options(name)?;
    let token = token(app, actor, (name, newer)).await?;
    Ok(token.expires_at)
}
