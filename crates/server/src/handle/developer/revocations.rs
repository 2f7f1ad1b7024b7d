//! Developers' tokens that are not taken any more though their signature is good.

use base::{Code, RevocationId, UnixMs};
use domain::developer::{Change, Revocation, Revoked, ban, revocation as rules, user};
use domain::hub::User;

use super::{change, may_keep};
use crate::app::App;
use crate::clock;
use crate::door::backend::Refused;
use crate::handle::{Login, admin};
use crate::problem::{Answer, Problem};
use crate::view::developer::{Revocation as RevocationView, Revocations};

const TOO_MANY: &str = "There are too many revocations. Take some back first.";

/// How long the revocation of one token is kept when nobody says, in seconds: 30 days.
const TOKEN_KEPT_S: u64 = 30 * 24 * 3600;

/// What to revoke; exactly one of `user` and `jti`.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// All tokens of this user.
    #[serde(default)]
    pub user: Option<String>,
    /// Those issued before this time; without it, before now.
    #[serde(default)]
    #[schema(value_type = Option<u64>)]
    pub before: Option<UnixMs>,
    /// The one token with this id.
    #[serde(default)]
    pub jti: Option<String>,
    /// How long the revocation of one token is kept, in seconds: as long as the token could live.
    #[serde(default)]
    pub seconds: Option<u64>,
}

/// Whether a developer's token is still taken: whose it is, when it was issued (`iat`), its id
/// (`jti`). Asked at every connect, refresh and subscription with a token; cheap.
///
/// # Errors
/// It was revoked: the connection is closed with 3500, like one with a forged token.
pub fn check(
    app: &App,
    user: &User,
    issued_at: Option<UnixMs>,
    jti: Option<&str>,
) -> Result<(), Refused> {
    let now = clock::now();
    let revoked = app
        .known
        .developer
        .read(|board| board.is_revoked(now, user.as_str(), issued_at, jti));
    if revoked {
        metrics::counter!("plaza_connects_refused_total", "reason" => "revoked").increment(1);
        return Err(Refused::invalid_token());
    }
    Ok(())
}

/// Every revocation that still means something, the newest first.
///
/// # Errors
/// `forbidden`.
pub fn list(app: &App, login: &Login) -> Answer<Revocations> {
    may_keep(login)?;
    let now = clock::now();
    let mut revocations = app.known.developer.read(|board| {
        let all = board.revocations(now).map(RevocationView::from);
        all.collect::<Vec<_>>()
    });
    revocations.sort_unstable_by_key(|revocation| std::cmp::Reverse(revocation.id));
    Ok(Revocations { revocations })
}

fn wanted_of(now: UnixMs, wanted: &Wanted) -> Answer<Revoked> {
    match (&wanted.user, &wanted.jti) {
        (Some(name), None) => {
            // One in the future would refuse tokens that are issued after the trouble is over.
            let before = wanted.before.unwrap_or(now);
            if before > now {
                let detail = "Tokens of the future can not be revoked.";
                return Err(Problem::of(Code::BadRequest, "before", detail));
            }
            let user = user(name)?;
            Ok(Revoked::User { user, before })
        }
        (None, Some(jti)) => {
            let kept = ban::ends_at(now, wanted.seconds.or(Some(TOKEN_KEPT_S)))?;
            Ok(Revoked::Token {
                jti: rules::jti(jti)?,
                ends_at: kept.unwrap_or(now),
            })
        }
        (Some(_), Some(_)) | (None, None) => {
            let detail = "Name either a user or the jti of a token.";
            Err(Problem::of(Code::BadRequest, "user", detail))
        }
    }
}

/// Revokes tokens. Open connections that came with one end at once.
///
/// # Errors
/// `forbidden`, `bad_request`, `conflict` when there are too many.
pub async fn create(app: &App, login: &Login, wanted: Wanted) -> Answer<RevocationView> {
    may_keep(login)?;
    let now = clock::now();
    let revocation = Revocation {
        id: RevocationId(clock::mint()),
        revoked: wanted_of(now, &wanted)?,
        created_at: now,
        created_by: login.person.id,
    };
    let what = match &revocation.revoked {
        Revoked::User { user, .. } => format!("tokens of {user}"),
        Revoked::Token { jti, .. } => format!("token {jti}"),
    };
    let entry = admin::entry(login, "revocation.create", revocation.id, &what);
    change(app, Change::Revoke(revocation.clone()), entry, TOO_MANY).await?;
    Ok(RevocationView::from(&revocation))
}

/// Takes a revocation back.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn delete(app: &App, login: &Login, id: RevocationId) -> Answer<()> {
    may_keep(login)?;
    let entry = admin::entry(login, "revocation.delete", id, "");
    change(app, Change::Unrevoke(id), entry, TOO_MANY).await?;
    Ok(())
}
