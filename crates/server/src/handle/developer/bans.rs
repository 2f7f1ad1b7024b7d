//! Bans from the live doors.

use std::net::IpAddr;

use base::{BanId, Code, PersonId};
use domain::auth::name::fold;
use domain::developer::{Ban, Change, Subject, ban as rules, user};
use domain::hub::User;

use super::{change, may_keep};
use crate::app::App;
use crate::clock;
use crate::door::backend::Refused;
use crate::drive::publisher::BANNED;
use crate::handle::{Login, admin, people};
use crate::problem::{Answer, Problem};
use crate::view::developer::{Ban as BanView, Bans};

const TOO_MANY: &str = "There are too many bans. Lift some first.";

/// Whom to ban; exactly one of `user` and `address`.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The name of an app user, a person's id, or `@` and a person's handle.
    #[serde(default)]
    pub user: Option<String>,
    /// An address, or a network as `address/prefix length`.
    #[serde(default)]
    pub address: Option<String>,
    /// Why; told to nobody but admins.
    #[serde(default)]
    pub reason: String,
    /// How long, in seconds; without it until the ban is lifted.
    #[serde(default)]
    pub seconds: Option<u64>,
}

/// Whether somebody may connect, by who they are and where they come from. Asked at every connect
/// and refresh; cheap.
///
/// # Errors
/// They are banned: the connection is closed with 3507, and the client does not come back by
/// itself.
pub fn check(app: &App, user: &User, address: IpAddr) -> Result<(), Refused> {
    let now = clock::now();
    let banned = app
        .known
        .developer
        .read(|board| board.ban_of(now, user.as_str(), address).is_some());
    if banned {
        metrics::counter!("plaza_connects_refused_total", "reason" => "banned").increment(1);
        return Err(Refused::Disconnect {
            code: BANNED,
            reason: "permission denied".into(),
        });
    }
    Ok(())
}

/// Every ban in force, the newest first.
///
/// # Errors
/// `forbidden`.
pub fn list(app: &App, login: &Login) -> Answer<Bans> {
    may_keep(login)?;
    let now = clock::now();
    let mut bans = app
        .known
        .developer
        .read(|board| board.bans(now).map(BanView::from).collect::<Vec<_>>());
    bans.sort_unstable_by_key(|ban| std::cmp::Reverse(ban.id));
    Ok(Bans { bans })
}

fn of_user(app: &App, login: &Login, wanted: &str) -> Answer<Subject> {
    let directory = &app.known.directory;
    let person = match wanted.strip_prefix('@') {
        Some(handle) => Some(
            directory
                .by_handle(&fold(handle))
                .ok_or_else(Problem::not_found)?,
        ),
        None => wanted.parse::<PersonId>().ok(),
    };
    let Some(person) = person else {
        return Ok(Subject::User(user(wanted)?));
    };
    if person == login.person.id {
        let detail = "You cannot ban yourself.";
        return Err(Problem::of(Code::BadRequest, "user", detail));
    }
    let person = people::lockable(app, login.actor(), person)?;
    Ok(Subject::User(person.id.to_string()))
}

fn of_address(wanted: &str, own: IpAddr) -> Answer<Subject> {
    let wrong = |detail: String| Problem::of(Code::BadRequest, "address", detail);
    let network: base::Network = wanted.trim().parse().map_err(wrong)?;
    if network.contains(own) {
        let detail = "You come from there yourself; this would lock you out.";
        return Err(Problem::of(Code::BadRequest, "address", detail));
    }
    Ok(Subject::Address(network))
}

/// Bans somebody. Their open connections end at once.
///
/// # Errors
/// `forbidden`, `not_found`, `bad_request`, `conflict` when there are too many.
pub async fn create(app: &App, login: &Login, own: IpAddr, wanted: Wanted) -> Answer<BanView> {
    may_keep(login)?;
    let subject = match (&wanted.user, &wanted.address) {
        (Some(user), None) => of_user(app, login, user)?,
        (None, Some(address)) => of_address(address, own)?,
        (Some(_), Some(_)) | (None, None) => {
            let detail = "Name either a user or an address.";
            return Err(Problem::of(Code::BadRequest, "user", detail));
        }
    };
    let now = clock::now();
    let ban = Ban {
        id: BanId(clock::mint()),
        subject,
        reason: rules::reason(&wanted.reason)?,
        created_at: now,
        created_by: login.person.id,
        ends_at: rules::ends_at(now, wanted.seconds)?,
    };
    let whom = match &ban.subject {
        Subject::User(user) => format!("user {user}"),
        Subject::Address(network) => format!("address {network}"),
    };
    let entry = admin::entry(login, "ban.create", ban.id, &whom);
    change(app, Change::Ban(ban.clone()), entry, TOO_MANY).await?;
    Ok(BanView::from(&ban))
}

/// Lifts a ban.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn lift(app: &App, login: &Login, id: BanId) -> Answer<()> {
    may_keep(login)?;
    let entry = admin::entry(login, "ban.lift", id, "");
    change(app, Change::Lift(id), entry, TOO_MANY).await?;
    Ok(())
}
