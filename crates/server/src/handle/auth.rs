//! Getting in: setting the place up, logging in and out, accepting an invitation.

use base::{Code, PersonId, RoomId, UnixMs};
use domain::auth::{Actor, Person, Role, invite, name, session};
use domain::chat::filter::Scope;
use domain::chat::{Room, RoomKind, Standing};
use store::{AcceptInvite, Command, Done, Entered as EnteredRecord, Outcome, SetUp};

use super::sessions::{self, Visit};
use super::{Login, filter, refused, settle, submit, unexpected};
use crate::app::App;
use crate::clock;
use crate::problem::{Answer, Problem};
use crate::view::account as view;
use crate::view::person::{Me, me};

/// How often a new account looks for another id or handle when somebody was faster.
const TRIES_MAX: usize = 8;

/// The three questions of the wizard.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// What the place is called.
    pub place_name: String,
    /// What the owner is called.
    pub display_name: String,
    /// The owner's password.
    pub password: String,
    /// The owner's language, and that of the first room's name.
    #[serde(default)]
    pub locale: String,
}

/// What somebody logs in with.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The name as shown, or the handle.
    pub name: String,
    /// The password.
    pub password: String,
}

/// Who accepts an invitation.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Newcomer {
    /// What they are called.
    pub display_name: String,
    /// A password; without one the account lives as long as its session.
    #[serde(default)]
    pub password: Option<String>,
    /// Their language.
    #[serde(default)]
    pub locale: String,
}

/// A login that has just begun: what to answer, and the secret for the cookie.
#[derive(Debug, Clone)]
pub struct Begun<T> {
    /// The answer.
    pub answer: T,
    /// The secret of the session.
    pub secret: String,
}

fn own(app: &App, person: &Person) -> Me {
    me(person, app.known.presence.of(person.id))
}

/// The place as strangers see it.
///
/// # Errors
/// A fault.
pub async fn place(app: &App) -> Answer<view::Place> {
    let place = app.store.place().await?;
    let locale = app.store.setting("locale").await?;
    Ok(view::Place {
        set_up: place.is_some(),
        name: place.map(|place| place.name).unwrap_or_default(),
        version: crate::app::VERSION,
        locale: locale.unwrap_or_else(|| "en".to_owned()),
        limits: view::PlaceLimits::new(app.file_bytes_max),
    })
}

fn newcomer(
    app: &App,
    display_name: String,
    (locale, role): (&'static str, Role),
    now: UnixMs,
) -> Person {
    let is_taken = |handle: &str| app.known.directory.by_handle(handle).is_some();
    Person {
        id: PersonId(clock::mint()),
        name: name::handle_for(&display_name, &is_taken),
        display_name,
        role,
        avatar: None,
        password_hash: None,
        locale: locale.to_owned(),
        created_at: now,
        deactivated_at: None,
    }
}

fn lobby(owner: PersonId, locale: &str, now: UnixMs) -> Room {
    let (name, topic) = match locale {
        "zh" => ("大厅", "大家都在这里"),
        _ => ("Lobby", "Everybody is here"),
    };
    Room {
        id: RoomId(clock::mint()),
        kind: RoomKind::Open,
        name: name.to_owned(),
        topic: topic.to_owned(),
        created_by: owner,
        created_at: now,
        archived_at: None,
        speakers: domain::chat::Speakers::Everyone,
        epoch: base::Epoch(rand::random()),
        seq: base::Seq(0),
        msg_seq: 0,
    }
}

/// Opens the place: its name, its owner, its first room.
///
/// # Errors
/// `set_up_already`, `bad_request`, `too_long`, `weak_password`, `rate_limited`.
pub async fn set_up(app: &App, opening: Opening, visit: &Visit) -> Answer<Begun<view::SetUp>> {
    app.throttle.attempt_from(visit.address)?;
    if app.store.place().await?.is_some() {
        return Err(refused(Code::SetUpAlready));
    }
    let place_name = name::place_name(&opening.place_name, "place_name")?;
    let display_name = name::display_name(&opening.display_name)?;
    name::password(&opening.password, "password")?;
    let locale = name::locale(&opening.locale)?;
    let hash = app.passwords.hash(opening.password).await?;
    let now = clock::now();
    let mut owner = newcomer(app, display_name, (locale, Role::Owner), now);
    owner.password_hash = Some(hash);
    let lobby = lobby(owner.id, locale, now);
    let command = SetUp {
        place_name,
        owner,
        lobby,
    };
    let (done, _) = settle(submit(app, Command::SetUp(Box::new(command)))?).await?;
    let Done::Entered(entered) = done else {
        return Err(unexpected());
    };
    super::commit(
        app,
        Command::PutSetting {
            key: "locale".to_owned(),
            value: locale.to_owned(),
        },
    )
    .await?;
    super::visitor::speak(app, locale).await?;
    let secret = sessions::begin(app, &entered.person, visit).await?;
    let answer = view::SetUp {
        me: own(app, &entered.person),
        lobby: entered.room,
    };
    Ok(Begun { answer, secret })
}

/// Logs in with name and password. The work is the same whether the name exists or not.
///
/// # Errors
/// `wrong_password`, `rate_limited`.
pub async fn log_in(
    app: &App,
    credentials: Credentials,
    visit: &Visit,
) -> Answer<Begun<view::LoggedIn>> {
    let account = name::fold(&credentials.name);
    app.throttle.login(&account, visit.address)?;
    if !name::password_may_fit(&credentials.password) {
        return Err(session::wrong_password().into());
    }
    let person = app.store.person_by_login(credentials.name.trim()).await?;
    let stored = person
        .as_ref()
        .and_then(|person| person.password_hash.clone());
    let fits = app.passwords.verify(credentials.password, stored).await?;
    let Some(person) = person.filter(|_| fits) else {
        metrics::counter!("plaza_auth_logins_total", "code" => "wrong_password").increment(1);
        return Err(session::wrong_password().into());
    };
    let secret = sessions::begin(app, &person, visit).await?;
    app.throttle.login_succeeded(&account);
    metrics::counter!("plaza_auth_logins_total", "code" => "ok").increment(1);
    Ok(Begun {
        answer: view::LoggedIn {
            me: own(app, &person),
        },
        secret,
    })
}

/// Logs out: the session ends and its sockets close.
///
/// # Errors
/// A fault.
pub async fn log_out(app: &App, login: &Login) -> Answer<()> {
    let Some(session) = login.session else {
        return Ok(());
    };
    super::commit(
        app,
        Command::EndSession {
            person: login.person.id,
            session,
        },
    )
    .await?;
    Ok(())
}

async fn find_invite(app: &App, code: &str) -> Answer<domain::auth::Invite> {
    let found = match invite::code(code) {
        Some(code) => app.store.invite(&code).await?,
        None => None,
    };
    let now = clock::now();
    let Some(found) = found else {
        return Err(invite::unknown().into());
    };
    let person = app.known.directory.person(found.created_by);
    let standing = app.store.standing(found.room, found.created_by).await?;
    let maker = person.as_deref().zip(standing.as_ref());
    let maker = maker.map(|(person, (room, member))| {
        let standing = Standing {
            actor: Actor::from(person),
            room,
            member: member.is_some(),
        };
        let room = standing.traits();
        invite::Maker { person, room }
    });
    invite::accept(now, &found, maker)?;
    Ok(found)
}

/// An invitation as the invited sees it.
///
/// # Errors
/// `invite_invalid`, `rate_limited`.
pub async fn invitation(app: &App, code: &str, visit: &Visit) -> Answer<view::Invitation> {
    app.throttle.attempt_from(visit.address)?;
    let found = find_invite(app, code).await?;
    let place = app.store.place().await?.ok_or_else(Problem::not_found)?;
    let room = app.store.room(found.room).await?;
    let maker = app.known.directory.person(found.created_by);
    Ok(view::Invitation {
        place_name: place.name,
        invited_by: maker
            .map(|maker| maker.display_name.clone())
            .unwrap_or_default(),
        room_name: room.map(|room| room.name).unwrap_or_default(),
        role: found.role,
    })
}

/// Makes an account out of an invitation and logs it in.
///
/// # Errors
/// `invite_invalid`, `name_taken`, `bad_request`, `too_long`, `weak_password`, `blocked_words`,
/// `rate_limited`.
pub async fn accept(
    app: &App,
    code: &str,
    newcomer: Newcomer,
    visit: &Visit,
) -> Answer<Begun<view::Entered>> {
    app.throttle.attempt_from(visit.address)?;
    let found = find_invite(app, code).await?;
    let display_name = name::display_name(&newcomer.display_name)?;
    filter::check(app, &display_name, Scope::Name).allowed()?;
    let locale = name::locale(&newcomer.locale)?;
    let password_hash = match newcomer.password.filter(|password| !password.is_empty()) {
        Some(password) => {
            name::password(&password, "password")?;
            Some(app.passwords.hash(password).await?)
        }
        None => None,
    };
    let entered = enter(app, &found, (display_name, password_hash), locale).await?;
    let secret = sessions::begin(app, &entered.person, visit).await?;
    let answer = view::Entered {
        me: own(app, &entered.person),
        room: entered.room,
    };
    Ok(Begun { answer, secret })
}

/// Makes the account, under another id or handle when somebody was faster.
async fn enter(
    app: &App,
    invite: &domain::auth::Invite,
    (display_name, password_hash): (String, Option<String>),
    locale: &'static str,
) -> Answer<std::sync::Arc<EnteredRecord>> {
    for _ in 0..TRIES_MAX {
        let now = clock::now();
        let mut person = newcomer(app, display_name.clone(), (locale, invite.role), now);
        person.password_hash.clone_from(&password_hash);
        let command = AcceptInvite {
            code: invite.code.clone(),
            person,
        };
        match submit(app, Command::AcceptInvite(Box::new(command)))?.await {
            Outcome::Refused(Code::Conflict) => {}
            Outcome::Refused(Code::NameTaken) => {
                return Err(refused(Code::NameTaken).at(Some("display_name")));
            }
            Outcome::Done(Done::Entered(entered)) => return Ok(entered),
            Outcome::Refused(code) => return Err(refused(code)),
            Outcome::Fault(fault) => return Err(fault.into()),
            Outcome::Done(_) | Outcome::Duplicate(_) => return Err(unexpected()),
        }
    }
    Err(refused(Code::Conflict))
}
