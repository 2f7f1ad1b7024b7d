//! People in the database: reading them, changing them.
//!
//! Names are unique and the last owner stays an owner: both are checked here, inside the
//! transaction that writes.

use base::{Code, PersonId, SessionId, UnixMs};
use domain::auth::name::display_key;
use domain::auth::{Person, Role};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use crate::fault::Stop;
use crate::sql::{
    Bind as _, Database, Record, Stored as _, column, number, number_or_null, stored, stored_enum,
};
use crate::table::Person as T;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store};

stored_enum!(Role { Guest = 0, Member = 1, Moderator = 2, Admin = 3, Owner = 4 });

/// A new password. What was opened by the old one ends in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetPassword {
    /// Its hash.
    pub hash: String,
    /// By whom.
    pub by: PasswordBy,
}

/// Who sets a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordBy {
    /// The person: their other sessions end, and their API tokens if they want it.
    Oneself {
        /// The hash that the old password was verified against.
        before: Option<String>,
        /// The session that goes on.
        session: Option<SessionId>,
        /// Whether the API tokens end, too.
        end_tokens: bool,
    },
    /// Somebody else, because the account may be in wrong hands: all sessions and API tokens end.
    Another,
}

/// Changes of a person; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdatePerson {
    /// Whom.
    pub person: PersonId,
    /// When it was decided.
    pub at: UnixMs,
    /// A new handle, unique.
    pub name: Option<String>,
    /// A new display name.
    pub display_name: Option<String>,
    /// A new role.
    pub role: Option<Role>,
    /// A new avatar, or none any more.
    pub avatar: Option<Option<String>>,
    /// A new password.
    pub password: Option<SetPassword>,
    /// A new language.
    pub locale: Option<String>,
    /// May they come in? Deactivating ends their sessions and revokes their API tokens.
    pub deactivated: Option<bool>,
}

impl UpdatePerson {
    /// No change yet.
    #[must_use]
    pub fn of(person: PersonId, at: UnixMs) -> Self {
        Self {
            person,
            at,
            name: None,
            display_name: None,
            role: None,
            avatar: None,
            password: None,
            locale: None,
            deactivated: None,
        }
    }
}

pub(crate) fn select() -> SelectStatement {
    Query::select()
        .columns([
            T::Id,
            T::Name,
            T::DisplayName,
            T::Role,
            T::Avatar,
            T::PasswordHash,
            T::Locale,
            T::CreatedAt,
            T::DeactivatedAt,
        ])
        .from(T::Table)
        .take()
}

pub(crate) fn from_row(row: &Record) -> Result<Person, Fault> {
    Ok(Person {
        id: PersonId(number(row, "id")?),
        name: column(row, "name")?,
        display_name: column(row, "display_name")?,
        role: stored(row, "role")?,
        avatar: column(row, "avatar")?,
        password_hash: column(row, "password_hash")?,
        locale: column(row, "locale")?,
        created_at: UnixMs(number(row, "created_at")?),
        deactivated_at: number_or_null(row, "deactivated_at")?.map(UnixMs),
    })
}

pub(crate) async fn by_id(
    connection: &impl Database,
    person: PersonId,
) -> Result<Option<Person>, Fault> {
    let select = select()
        .and_where(Expr::col(T::Id).eq(person.bind()))
        .take();
    connection
        .query_one(&select)
        .await?
        .as_ref()
        .map(from_row)
        .transpose()
}

/// Whether somebody who may come in is called so: by the name they show or by their handle, either
/// of which they log in with.
async fn is_called(tx: &Transaction, key: &str, except: PersonId) -> Result<bool, Fault> {
    let called = Query::select()
        .column(T::Id)
        .from(T::Table)
        .and_where(
            Expr::col(T::DisplayKey)
                .eq(key)
                .or(Expr::col(T::Name).eq(key)),
        )
        .and_where(Expr::col(T::DeactivatedAt).is_null())
        .and_where(Expr::col(T::Id).ne(except.bind()))
        .limit(1)
        .take();
    Ok(tx.query_one(&called).await?.is_some())
}

/// Writes a new person. `NameTaken`: somebody is called so. `Conflict`: the id or the handle is
/// taken, make another.
pub(crate) async fn insert(tx: &Transaction, person: &Person) -> Result<(), Stop> {
    if is_called(tx, &display_key(&person.display_name), person.id).await? {
        return Err(Code::NameTaken.into());
    }
    let taken = select()
        .and_where(
            Expr::col(T::Name)
                .eq(person.name.as_str())
                .or(Expr::col(T::Id).eq(person.id.bind())),
        )
        .limit(1)
        .take();
    if tx.query_one(&taken).await?.is_some() {
        return Err(Code::Conflict.into());
    }
    let insert = Query::insert()
        .into_table(T::Table)
        .columns([
            T::Id,
            T::Name,
            T::DisplayName,
            T::DisplayKey,
            T::Role,
            T::Avatar,
            T::PasswordHash,
            T::Locale,
            T::CreatedAt,
            T::DeactivatedAt,
        ])
        .values_panic([
            person.id.bind().into(),
            person.name.as_str().into(),
            person.display_name.as_str().into(),
            display_key(&person.display_name).into(),
            person.role.number().into(),
            person.avatar.clone().into(),
            person.password_hash.clone().into(),
            person.locale.as_str().into(),
            person.created_at.bind().into(),
            person.deactivated_at.bind().into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(())
}

async fn is_last_owner(tx: &Transaction, person: PersonId) -> Result<bool, Fault> {
    let other = Query::select()
        .column(T::Id)
        .from(T::Table)
        .and_where(Expr::col(T::Role).eq(Role::Owner.number()))
        .and_where(Expr::col(T::DeactivatedAt).is_null())
        .and_where(Expr::col(T::Id).ne(person.bind()))
        .limit(1)
        .take();
    Ok(tx.query_one(&other).await?.is_none())
}

async fn check(tx: &Transaction, old: &Person, new: &UpdatePerson) -> Result<(), Stop> {
    if let Some(name) = &new.name {
        let taken = Query::select()
            .column(T::Id)
            .from(T::Table)
            .and_where(Expr::col(T::Name).eq(name.as_str()))
            .and_where(Expr::col(T::Id).ne(old.id.bind()))
            .take();
        let called = is_called(tx, name, old.id).await?;
        if called || tx.query_one(&taken).await?.is_some() {
            return Err(Code::NameTaken.into());
        }
    }
    if let Some(wanted) = &new.display_name {
        let key = display_key(wanted);
        // Who is called so already may write it otherwise.
        if key != display_key(&old.display_name) && is_called(tx, &key, old.id).await? {
            return Err(Code::NameTaken.into());
        }
    }
    let steps_down = new.role.is_some_and(|role| role != Role::Owner);
    let goes = new.deactivated == Some(true);
    let stands = old.role == Role::Owner && old.deactivated_at.is_none();
    if stands && (steps_down || goes) && is_last_owner(tx, old.id).await? {
        return Err(Code::LastOwner.into());
    }
    Ok(())
}

/// Ends what the old password opened.
async fn end_logins(tx: &Transaction, old: &Person, by: &PasswordBy) -> Result<(), Stop> {
    match by {
        PasswordBy::Oneself {
            before,
            session,
            end_tokens,
        } => {
            // Somebody else gave a new password meanwhile: the old one proves nothing any more.
            if *before != old.password_hash {
                return Err(Code::WrongPassword.into());
            }
            crate::session::delete_all_of(tx, old.id, *session).await?;
            if *end_tokens {
                crate::token::delete_all_of(tx, old.id).await?;
            }
        }
        PasswordBy::Another => {
            crate::session::delete_all_of(tx, old.id, None).await?;
            crate::token::delete_all_of(tx, old.id).await?;
        }
    }
    Ok(())
}

pub(crate) async fn update(tx: &Transaction, change: &UpdatePerson) -> Result<Outcome, Stop> {
    let old = by_id(tx, change.person).await?.ok_or(Code::NotFound)?;
    check(tx, &old, change).await?;
    let mut new = old.clone();
    if let Some(name) = &change.name {
        new.name.clone_from(name);
    }
    if let Some(display_name) = &change.display_name {
        new.display_name.clone_from(display_name);
    }
    if let Some(role) = change.role {
        new.role = role;
    }
    if let Some(avatar) = &change.avatar {
        new.avatar.clone_from(avatar);
    }
    if let Some(password) = &change.password {
        new.password_hash = Some(password.hash.clone());
    }
    if let Some(locale) = &change.locale {
        new.locale.clone_from(locale);
    }
    if let Some(deactivated) = change.deactivated {
        new.deactivated_at = deactivated.then_some(old.deactivated_at.unwrap_or(change.at));
    }
    let update = Query::update()
        .table(T::Table)
        .values([
            (T::Name, new.name.as_str().into()),
            (T::DisplayName, new.display_name.as_str().into()),
            (T::DisplayKey, display_key(&new.display_name).into()),
            (T::Role, new.role.number().into()),
            (T::Avatar, new.avatar.clone().into()),
            (T::PasswordHash, new.password_hash.clone().into()),
            (T::Locale, new.locale.as_str().into()),
            (T::DeactivatedAt, new.deactivated_at.bind().into()),
        ])
        .and_where(Expr::col(T::Id).eq(new.id.bind()))
        .take();
    tx.execute(&update).await?;
    if let Some(password) = &change.password {
        end_logins(tx, &old, &password.by).await?;
    }
    if change.deactivated == Some(true) {
        crate::session::delete_all_of(tx, new.id, None).await?;
        crate::token::delete_all_of(tx, new.id).await?;
    }
    Ok(Outcome::Done(Done::Person(new)))
}

impl Store {
    /// One person.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn person(&self, person: PersonId) -> Result<Option<Person>, Fault> {
        by_id(&self.readers, person).await
    }

    /// The person whom somebody means at login: by handle, else by a display name that only one
    /// person has.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn person_by_login(&self, login: &str) -> Result<Option<Person>, Fault> {
        let key = display_key(login);
        let select = select()
            .and_where(
                Expr::col(T::Name)
                    .eq(key.as_str())
                    .or(Expr::col(T::DisplayKey).eq(key.as_str())),
            )
            .limit(3)
            .take();
        let rows = self.readers.query_all(&select).await?;
        let mut found = rows.iter().map(from_row).collect::<Result<Vec<_>, _>>()?;
        if let Some(at) = found.iter().position(|person| person.name == key) {
            return Ok(Some(found.swap_remove(at)));
        }
        if found.len() > 1 {
            found.retain(|person| person.deactivated_at.is_none());
        }
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// Everybody, deactivated people too, in the order they came.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn people(&self) -> Result<Vec<Person>, Fault> {
        let select = select().order_by(T::Id, Order::Asc).take();
        self.readers
            .query_all(&select)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }
}
