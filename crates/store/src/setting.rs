//! Settings of the place, and opening it for the first time.

use std::sync::Arc;

use base::{Code, RoomId, UnixMs};
use domain::auth::{Person, Role};
use domain::chat::Room;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query};

use crate::fault::Stop;
use crate::room::CreateRoom;
use crate::sql::{Database, column};
use crate::table::Setting as T;
use crate::transaction::Transaction;
use crate::{Done, Entered, Fault, Outcome, Store, person, room};

const PLACE_NAME: &str = "place_name";
const LOBBY: &str = "lobby";
const OPENED_AT: &str = "opened_at";

/// Opens the place: once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// What it is called.
    pub place_name: String,
    /// Its first person, who becomes its owner.
    pub owner: Person,
    /// The room where everybody stands.
    pub lobby: Room,
}

/// The place as it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it is called.
    pub name: String,
    /// The room that everybody but guests joins.
    pub lobby: RoomId,
    /// When it was opened.
    pub created_at: UnixMs,
}

pub(crate) async fn value(connection: &impl Database, key: &str) -> Result<Option<String>, Fault> {
    let select = Query::select()
        .column(T::Value)
        .from(T::Table)
        .and_where(Expr::col(T::Key).eq(key))
        .take();
    let row = connection.query_one(&select).await?;
    Ok(row.map(|row| column(&row, "value")).transpose()?)
}

pub(crate) async fn place_of(connection: &impl Database) -> Result<Option<Place>, Fault> {
    let Some(lobby) = value(connection, LOBBY).await? else {
        return Ok(None);
    };
    let lobby = lobby
        .parse()
        .map_err(|_| Fault::data("the lobby is no room"))?;
    let opened_at = value(connection, OPENED_AT)
        .await?
        .and_then(|text| text.parse().ok());
    Ok(Some(Place {
        name: value(connection, PLACE_NAME).await?.unwrap_or_default(),
        lobby,
        created_at: UnixMs(opened_at.unwrap_or(0)),
    }))
}

/// Writes one setting, new or changed.
pub(crate) async fn put(tx: &Transaction, key: &str, value: &str) -> Result<Outcome, Stop> {
    let insert = Query::insert()
        .into_table(T::Table)
        .columns([T::Key, T::Value])
        .values_panic([key.into(), value.into()])
        .on_conflict(
            OnConflict::column(T::Key)
                .update_column(T::Value)
                .to_owned(),
        )
        .take();
    tx.execute(&insert).await?;
    Ok(Outcome::Done(Done::Nothing))
}

pub(crate) async fn rename_place(tx: &Transaction, name: &str) -> Result<Outcome, Stop> {
    put(tx, PLACE_NAME, name).await?;
    Ok(Outcome::Done(Done::PlaceRenamed(name.to_owned())))
}

/// Opens the place; `SetUpAlready` the second time.
pub(crate) async fn set_up(tx: &Transaction, set_up: &SetUp) -> Result<Outcome, Stop> {
    if place_of(tx).await?.is_some() {
        return Err(Code::SetUpAlready.into());
    }
    let mut owner = set_up.owner.clone();
    owner.role = Role::Owner;
    let mut lobby = set_up.lobby.clone();
    lobby.created_by = owner.id;
    room::check_new(tx, &lobby).await?;
    person::insert(tx, &owner).await?;
    put(tx, PLACE_NAME, &set_up.place_name).await?;
    put(tx, LOBBY, &lobby.id.to_string()).await?;
    put(tx, OPENED_AT, &owner.created_at.0.to_string()).await?;
    let room = lobby.id;
    let create = CreateRoom {
        room: lobby,
        members: Vec::new(),
    };
    let created = vec![room::write(tx, &create).await?];
    let entered = Entered {
        person: owner,
        room,
        joined: Vec::new(),
        created,
    };
    Ok(Outcome::Done(Done::Entered(Arc::new(entered))))
}

impl Store {
    /// The place, none until it was set up.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn place(&self) -> Result<Option<Place>, Fault> {
        place_of(&self.readers).await
    }

    /// One setting.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, Fault> {
        value(&self.readers, key).await
    }

    /// Every setting, by key.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn settings(&self) -> Result<Vec<(String, String)>, Fault> {
        let select = Query::select()
            .columns([T::Key, T::Value])
            .from(T::Table)
            .order_by(T::Key, Order::Asc)
            .take();
        let rows = self.readers.query_all(&select).await?;
        rows.iter()
            .map(|row| Ok((column(row, "key")?, column(row, "value")?)))
            .collect()
    }
}
