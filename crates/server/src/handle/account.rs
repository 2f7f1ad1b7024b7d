//! One's own account: bootstrap, names, language, password, picture.

use base::Code;
use domain::auth::{Person, name, session};
use domain::chat::filter::Scope;
use store::{AuditEntry, Command, Done, PasswordBy, SetPassword, UpdatePerson};

use super::{Login, admin, commit_noted, files, filter, people, rooms, sessions, unexpected};
use crate::app::{App, VERSION};
use crate::clock;
use crate::files::blob::Incoming;
use crate::files::image;
use crate::problem::{Answer, Problem};
use crate::view::account::{Bootstrap, PlaceName};
use crate::view::person::{Me, me};

/// What somebody changes of themselves; what is left out stays.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The name that others see.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The handle.
    #[serde(default)]
    pub name: Option<String>,
    /// The language.
    #[serde(default)]
    pub locale: Option<String>,
}

/// A change of password.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The one in force; null when none is set.
    #[serde(default)]
    pub current: Option<String>,
    /// The one from now on.
    pub new: String,
    /// Whether one's API tokens end, too: for when they may be in wrong hands.
    #[serde(default)]
    pub end_tokens: bool,
}

fn own(app: &App, person: &Person) -> Me {
    me(person, app.known.presence.of(person.id))
}

/// Everything a client needs to begin.
///
/// # Errors
/// A fault.
pub async fn bootstrap(app: &App, login: &Login) -> Answer<Bootstrap> {
    let place = app
        .store
        .place()
        .await?
        .map(|place| place.name)
        .unwrap_or_default();
    Ok(Bootstrap {
        me: own(app, &login.person),
        place: PlaceName {
            name: place,
            version: VERSION,
            calls: app.calls.is_some(),
        },
        rooms: rooms::mine(app, login.actor()).await?,
        people: people::list(app, login.actor()).await?,
    })
}

/// A change of nothing yet.
fn update(login: &Login) -> UpdatePerson {
    UpdatePerson::of(login.person.id, clock::now())
}

/// Commits a change of an account with the lines that note it.
pub(super) async fn apply(
    app: &App,
    update: UpdatePerson,
    entries: impl IntoIterator<Item = AuditEntry>,
) -> Answer<Person> {
    let command = Command::UpdatePerson(Box::new(update));
    let Done::Person(person) = commit_noted(app, command, entries).await? else {
        return Err(unexpected());
    };
    Ok(person)
}

/// Changes names and language.
///
/// # Errors
/// `bad_request`, `too_long`, `name_taken`, `blocked_words`.
pub async fn change(app: &App, login: &Login, change: Change) -> Answer<Me> {
    let mut update = update(login);
    if let Some(wanted) = &change.display_name {
        let display_name = name::display_name(wanted)?;
        filter::check(app, &display_name, Scope::Name).allowed()?;
        update.display_name = Some(display_name);
    }
    if let Some(wanted) = &change.name {
        let handle = name::handle(wanted)?;
        filter::check(app, &handle, Scope::Name).allowed()?;
        update.name = Some(handle);
    }
    let locale = change.locale.as_deref().map(name::locale).transpose()?;
    update.locale = locale.map(str::to_owned);
    let field = match (&update.display_name, &update.name) {
        (Some(_), None) => Some("display_name"),
        (None, Some(_)) => Some("name"),
        (Some(_), Some(_)) | (None, None) => None,
    };
    match apply(app, update, None).await {
        Ok(person) => Ok(own(app, &person)),
        Err(problem) if problem.code == Code::NameTaken => Err(problem.at(field)),
        Err(problem) => Err(problem),
    }
}

/// Sets a new password; the other sessions end in the same transaction. API tokens go on, because
/// scripts do not hang on a password, unless the person wants them to end.
///
/// # Errors
/// `forbidden` for an API token, `wrong_password` when the current one does not fit,
/// `weak_password`, `rate_limited`.
pub async fn set_password(
    app: &App,
    login: &Login,
    address: std::net::IpAddr,
    wanted: NewPassword,
) -> Answer<()> {
    login.in_person()?;
    let account = name::fold(&login.person.name);
    app.throttle.login(&account, address)?;
    name::password(&wanted.new, "new")?;
    if let Some(stored) = &login.person.password_hash {
        let current = wanted.current.unwrap_or_default();
        let may_fit = name::password_may_fit(&current);
        let fits = may_fit && app.passwords.verify(current, Some(stored.clone())).await?;
        if !fits {
            return Err(Problem::from(session::wrong_password()).at(Some("current")));
        }
    }
    app.throttle.login_succeeded(&account);
    let mut update = update(login);
    update.password = Some(SetPassword {
        hash: app.passwords.hash(wanted.new).await?,
        by: PasswordBy::Oneself {
            before: login.person.password_hash.clone(),
            session: login.session,
            end_tokens: wanted.end_tokens,
        },
    });
    let open = app.store.sessions_of(login.person.id).await?;
    let entry = admin::entry(login, "password.change", login.person.id, "");
    apply(app, update, [entry]).await?;
    sessions::cut_off(app, login.person.id, (&open, login.session));
    Ok(())
}

fn unreadable(error: image::PictureError) -> Problem {
    let detail = match &error {
        image::PictureError::TooLarge => "This picture has too many pixels. Make it smaller.",
        image::PictureError::Unreadable(_) => {
            "This is not an image that can be read. Use PNG, JPEG, GIF or WebP."
        }
    };
    Problem::new(Code::UnsupportedMedia, detail)
}

/// Sets one's picture: the middle square, encoded anew. The one before is gone.
///
/// # Errors
/// `unsupported_media` when the bytes are no image that can be read.
pub async fn set_avatar(app: &App, login: &Login, source: Incoming) -> Answer<Me> {
    let turn = files::turn().await?;
    let square = files::blocking(move || {
        let bytes = std::fs::read(source.path()).map_err(files::disk)?;
        image::avatar(&bytes, &turn).map_err(unreadable)
    })
    .await?;
    let adding = app.blobs.adding().await;
    let blobs = app.blobs.clone();
    let put = move || match blobs.put(&square, &adding) {
        Ok(kept) => Ok((kept, adding)),
        Err(error) => Err(files::disk(error)),
    };
    let (kept, adding) = files::blocking(put).await?;
    let mut update = update(login);
    update.avatar = Some(Some(kept.hash));
    let person = apply(app, update, None).await?;
    drop(adding);
    files::clear_soon(app, login.person.avatar.clone()).await;
    Ok(own(app, &person))
}

/// Goes back to the generated tile.
///
/// # Errors
/// A fault.
pub async fn remove_avatar(app: &App, login: &Login) -> Answer<Me> {
    let mut update = update(login);
    update.avatar = Some(None);
    let person = apply(app, update, None).await?;
    files::clear_soon(app, login.person.avatar.clone()).await;
    Ok(own(app, &person))
}
