//! People: who there is, and what administrators do to accounts.

use std::collections::HashSet;

use base::{Code, PersonId};
use domain::auth::permit::{Actor, Object, PersonTraits, Verb, may};
use domain::auth::{Person, Role};

use store::{AuditEntry, PasswordBy, SetPassword, UpdatePerson};

use super::account::apply;
use super::{Login, admin, may_in_place, sessions};
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::problem::{Answer, Problem};
use crate::view::person::{Person as PersonView, person as view};

/// What an administrator changes of an account; what is left out stays.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The role.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// Whether the account is locked.
    #[serde(default)]
    pub deactivated: Option<bool>,
}

/// A new password, to be handed on.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Reset {
    /// The password: shown once.
    pub password: String,
}

/// The people that somebody may see: guests see those of their rooms.
///
/// # Errors
/// A fault.
pub async fn list(app: &App, actor: Actor) -> Answer<Vec<PersonView>> {
    let all = app.known.directory.all();
    let shown = |person: &Person| view(person, app.known.presence.of(person.id));
    if may_in_place(actor, Verb::SeePeople).is_ok() {
        return Ok(all.iter().map(|person| shown(person)).collect());
    }
    let mut near = HashSet::from([actor.id]);
    for room in app.store.rooms_of(actor.id).await? {
        near.extend(
            app.known
                .rosters
                .members(&app.store, room.room.id)
                .await?
                .iter()
                .copied(),
        );
    }
    Ok(all
        .iter()
        .filter(|person| near.contains(&person.id))
        .map(|person| shown(person))
        .collect())
}

fn traits(app: &App, actor: Actor, person: &Person) -> PersonTraits {
    let is_other_owner = |other: &Person| {
        other.id != person.id && other.role == Role::Owner && other.deactivated_at.is_none()
    };
    let others = app.known.directory.all();
    let last_owner =
        person.role == Role::Owner && !others.iter().any(|other| is_other_owner(other));
    PersonTraits {
        oneself: actor.id == person.id,
        role: person.role,
        last_owner,
    }
}

/// Looks somebody up for an administrator. Who may not see people learns nothing.
fn find(app: &App, actor: Actor, person: PersonId) -> Answer<std::sync::Arc<Person>> {
    may_in_place(actor, Verb::SeePeople).map_err(|_| Problem::not_found())?;
    app.known
        .directory
        .person(person)
        .ok_or_else(Problem::not_found)
}

/// Somebody whose account the actor may lock.
///
/// # Errors
/// `not_found`, `forbidden`.
pub(super) fn lockable(
    app: &App,
    actor: Actor,
    person: PersonId,
) -> Answer<std::sync::Arc<Person>> {
    let person = find(app, actor, person)?;
    let about = traits(app, actor, &person);
    may(actor, Verb::Deactivate, Object::Person(about))?;
    Ok(person)
}

/// Gives somebody a role, locks their account or opens it again.
///
/// # Errors
/// `not_found`, `forbidden`, `last_owner`.
pub async fn change(app: &App, login: &Login, id: PersonId, change: Change) -> Answer<PersonView> {
    let actor = login.actor();
    let person = find(app, actor, id)?;
    let about = traits(app, actor, &person);
    let mut update = UpdatePerson::of(id, clock::now());
    if change.role.is_some() {
        not_the_visitor(app, id)?;
    }
    if let Some(role) = change.role.filter(|role| *role != person.role) {
        may(
            actor,
            Verb::GiveRole,
            Object::Role {
                of: Some(about),
                to: role,
            },
        )?;
        update.role = Some(role);
    }
    if let Some(deactivated) = change.deactivated {
        may(actor, Verb::Deactivate, Object::Person(about))?;
        update.deactivated = Some(deactivated);
    }
    let mut entries = Vec::new();
    if let Some(role) = change.role {
        entries.push(admin::entry(login, "person.role", id, &format!("{role:?}")));
    }
    if let Some(deactivated) = change.deactivated {
        let action = if deactivated {
            "person.deactivate"
        } else {
            "person.activate"
        };
        entries.push(admin::entry(login, action, id, ""));
    }
    let changed = apply(app, update, entries).await?;
    Ok(view(&changed, app.known.presence.of(id)))
}

/// Nobody logs in as the visitor, and it never may more than a guest.
fn not_the_visitor(app: &App, id: PersonId) -> Answer<()> {
    if app.visitors.is(id) {
        let detail = "This is the account of people without one: it can be locked, nothing else.";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    Ok(())
}

/// Gives somebody a new password; their sessions and API tokens end.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn reset_password(app: &App, login: &Login, id: PersonId) -> Answer<Reset> {
    login.in_person()?;
    let actor = login.actor();
    let person = find(app, actor, id)?;
    may(
        actor,
        Verb::ResetPassword,
        Object::Person(traits(app, actor, &person)),
    )?;
    let entry = admin::entry(login, "person.reset_password", id, "");
    let password = give_password(app, id, entry).await?;
    Ok(Reset { password })
}

/// Sets a fresh password, and ends all sessions and API tokens of the account with it.
///
/// # Errors
/// `forbidden` for the visitor, `rate_limited` when too many hashes wait, `busy`, `read_only`.
pub async fn give_password(app: &App, id: PersonId, entry: AuditEntry) -> Answer<String> {
    not_the_visitor(app, id)?;
    let password = secret::password();
    let mut update = UpdatePerson::of(id, clock::now());
    update.password = Some(SetPassword {
        hash: app.passwords.hash(password.clone()).await?,
        by: PasswordBy::Another,
    });
    let open = app.store.sessions_of(id).await?;
    apply(app, update, [entry]).await?;
    sessions::cut_off(app, id, (&open, None));
    Ok(password)
}
