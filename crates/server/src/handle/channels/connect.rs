//! Clients without an account here: who they are, and what the server lets them hear.

use std::collections::BTreeMap;

use domain::channel::{Wish, personal, standing};
use domain::hub::User;

use wire::centrifugo::ErrorCode;

use super::{name, renew};
use crate::app::App;
use crate::auth::developer_token::{ChannelClaim, ConnectionToken};
use crate::auth::socket_token::TokenError;
use crate::clock;
use crate::door::backend::{
    Actor, Connect, Connected, Ending, Granted, Refreshed, Refused, TokenMark,
};
use crate::handle::developer::{revocations, secrets};
use crate::handle::proxy::shape::ConnectResult;
use crate::handle::proxy::{About, ends_at, value};

/// Takes a client in: with a developer's token, as whom the operator's backend says, or anonymous
/// where that is allowed.
///
/// # Errors
/// The token is too old (109) or was never good (3500); it names a channel that is none (107) or of
/// an unknown namespace (102). What the backend tells instead.
pub async fn connect(app: &App, connect: &Connect) -> Result<Connected, Refused> {
    if !connect.token.is_empty() {
        return admit(app, verify(app, &connect.token).await?);
    }
    if app.proxy.answers(About::Connect)
        && let Some(result) = app.proxy.connect(connect).await?
    {
        return told(app, result);
    }
    if app.channels.insecure || app.channels.anonymous {
        return admit(app, ConnectionToken::default());
    }
    Err(Refused::invalid_token())
}

/// Takes in whom the operator's backend named. It names nobody who has an account here.
fn told(app: &App, result: ConnectResult) -> Result<Connected, Refused> {
    if User::new(&result.user).names_a_person() {
        tracing::warn!("the operator's backend: the user's name is a person's id");
        return Err(Refused::invalid_token());
    }
    let mut subs = BTreeMap::new();
    for channel in result.channels {
        subs.insert(channel, ChannelClaim::default());
    }
    for (channel, sub) in result.subs {
        let claim = ChannelClaim {
            info: value(sub.info, sub.b64info)?,
            data: value(sub.data, sub.b64data)?,
            overrides: sub.overrides,
        };
        subs.insert(channel, claim);
    }
    let claims = ConnectionToken {
        user: result.user,
        expires_at: ends_at(result.expire_at),
        info: value(result.info, result.b64info)?,
        subs,
        ..ConnectionToken::default()
    };
    Ok(Connected {
        data: value(result.data, result.b64data)?,
        ending: ending(app, Ending::Silent),
        // They came with none that could be revoked.
        token: None,
        ..admit(app, claims)?
    })
}

async fn verify(app: &App, token: &str) -> Result<ConnectionToken, Refused> {
    let tokens = &app.channels.tokens;
    let added = secrets::current(app);
    let token = tokens.connection(token, clock::now(), &added).await;
    let token = token.map_err(|error| match error {
        TokenError::Expired => Refused::token_expired(),
        TokenError::Invalid => Refused::invalid_token(),
    })?;
    let user = User::new(&token.user);
    revocations::check(app, &user, token.issued_at, token.id.as_deref())?;
    Ok(token)
}

/// What the token is known by when it is revoked; nobody in particular has none.
fn mark(token: &ConnectionToken) -> Option<TokenMark> {
    (!token.user.is_empty()).then(|| TokenMark {
        issued_at: token.issued_at,
        jti: token.id.clone(),
    })
}

/// A connection with these claims, whoever made them.
///
/// # Errors
/// A channel of them can not be.
pub fn admit(app: &App, token: ConnectionToken) -> Result<Connected, Refused> {
    let user = User::new(&token.user);
    let marked = mark(&token);
    let mut subs: BTreeMap<String, ChannelClaim> = token.subs;
    if app.channels.user_channel && !user.is_anonymous() {
        subs.entry(personal(user.as_str())).or_default();
    }
    let granted = |(channel, claim): (String, ChannelClaim)| {
        let granted = by_server(app, &user, &channel, claim)?;
        Ok((channel, granted))
    };
    let channels = subs.into_iter().map(granted);
    let channels = channels.collect::<Result<Vec<_>, Refused>>()?;
    Ok(Connected {
        user,
        person: None,
        session: None,
        info: token.info,
        data: None,
        expires_at: token.expires_at,
        ending: ending(app, Ending::Told),
        channels,
        token: marked,
    })
}

/// What comes when the credentials of an app user end: the operator's backend is asked, where
/// there is one for that.
fn ending(app: &App, otherwise: Ending) -> Ending {
    if app.proxy.answers(About::Refresh) {
        Ending::Asked
    } else {
        otherwise
    }
}

/// What a subscription that the server makes comes with.
///
/// # Errors
/// The channel can not be.
pub fn by_server(
    app: &App,
    user: &User,
    channel: &str,
    claim: ChannelClaim,
) -> Result<Granted, Refused> {
    let options = app.channels.options(name(channel)?)?;
    if options.is_map() {
        // What it holds has no room in what the server pushes.
        return Err(ErrorCode::NotAvailable.into());
    }
    let options = claim.overrides.applied(options);
    let asker = domain::channel::Asker {
        user,
        insecure: app.channels.insecure,
        subscribed: true,
    };
    Ok(Granted {
        grant: standing(&options, asker, Wish::default()),
        info: claim.info,
        data: claim.data,
        expires_at: None,
        ending: renew::ending(&options, Ending::Told),
        since: None,
    })
}

/// Checks a newer token of the same user; returns when that one ends.
///
/// # Errors
/// It is too old, was never good, or is another user's.
pub async fn refresh(app: &App, actor: &Actor, token: &str) -> Result<Refreshed, Refused> {
    let token = verify(app, token).await?;
    if token.user != actor.user.as_str() {
        return Err(Refused::invalid_token());
    }
    Ok(Refreshed {
        expires_at: token.expires_at,
        token: mark(&token),
    })
}
