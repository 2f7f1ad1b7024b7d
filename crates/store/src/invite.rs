//! Invitations in the database, and coming in through one.

use std::sync::Arc;

use base::{Code, PersonId, RoomId, UnixMs};
use domain::auth::invite::{self as rules, Maker};
use domain::auth::{Actor, Invite, Person, Role};
use domain::chat::Standing;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use crate::event::change;
use crate::fault::Stop;
use crate::sql::{Bind as _, Database, Record, Stored as _, column, number, stored, uint};
use crate::table::Invite as T;
use crate::transaction::Transaction;
use crate::{Done, Entered, Fault, Outcome, Store, head, member, person, room, setting};

/// Somebody comes in through an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptInvite {
    /// The invitation.
    pub code: String,
    /// Who comes in. Their role becomes the invitation's; `created_at` is when they come.
    pub person: Person,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            T::Code,
            T::CreatedBy,
            T::CreatedAt,
            T::ExpiresAt,
            T::UsesMax,
            T::Uses,
            T::Role,
            T::RoomId,
        ])
        .from(T::Table)
        .take()
}

fn small(row: &Record, name: &str) -> Result<u32, Fault> {
    Ok(u32::try_from(number(row, name)?).unwrap_or(u32::MAX))
}

fn from_row(row: &Record) -> Result<Invite, Fault> {
    Ok(Invite {
        code: column(row, "code")?,
        created_by: PersonId(number(row, "created_by")?),
        created_at: UnixMs(number(row, "created_at")?),
        expires_at: UnixMs(number(row, "expires_at")?),
        uses_max: small(row, "uses_max")?,
        uses: small(row, "uses")?,
        role: stored(row, "role")?,
        room: RoomId(number(row, "room_id")?),
    })
}

async fn by_code(connection: &impl Database, code: &str) -> Result<Option<Invite>, Fault> {
    let select = select().and_where(Expr::col(T::Code).eq(code)).take();
    connection
        .query_one(&select)
        .await?
        .as_ref()
        .map(from_row)
        .transpose()
}

/// How many invitations of somebody still let people in.
async fn open_count(
    connection: &impl Database,
    maker: PersonId,
    now: UnixMs,
) -> Result<u64, Fault> {
    let open = Query::select()
        .expr(Expr::col(T::Code).count())
        .from(T::Table)
        .and_where(Expr::col(T::CreatedBy).eq(maker.bind()))
        .and_where(Expr::col(T::ExpiresAt).gt(now.bind()))
        .and_where(Expr::col(T::Uses).lt(Expr::col(T::UsesMax)))
        .take();
    let open = connection.query_one(&open).await?;
    Ok(uint(open.map_or(Ok(0), |row| row.at::<i64>(0))?))
}

/// Keeps a new invitation; `NotFound` without its room or maker, `Conflict` when the code is taken,
/// `TooLarge` when the maker has too many open ones. Those that ended by time make room first.
pub(crate) async fn create(tx: &Transaction, invite: &Invite) -> Result<Outcome, Stop> {
    let head = head::one(tx, invite.room).await?.ok_or(Code::NotFound)?;
    if head.archived {
        return Err(Code::RoomArchived.into());
    }
    if by_code(tx, &invite.code).await?.is_some() {
        return Err(Code::Conflict.into());
    }
    let maker = person::by_id(tx, invite.created_by).await?;
    let maker = maker.ok_or(Code::NotFound)?;
    if open_count(tx, maker.id, invite.created_at).await? >= rules::open_max(maker.role) as u64 {
        return Err(Code::TooLarge.into());
    }
    let ended = Query::delete()
        .from_table(T::Table)
        .and_where(Expr::col(T::ExpiresAt).lte(invite.created_at.bind()))
        .take();
    tx.execute(&ended).await?;
    let insert = Query::insert()
        .into_table(T::Table)
        .columns([
            T::Code,
            T::CreatedBy,
            T::CreatedAt,
            T::ExpiresAt,
            T::UsesMax,
            T::Uses,
            T::Role,
            T::RoomId,
        ])
        .values_panic([
            invite.code.as_str().into(),
            invite.created_by.bind().into(),
            invite.created_at.bind().into(),
            invite.expires_at.bind().into(),
            u64::from(invite.uses_max).bind().into(),
            u64::from(invite.uses).bind().into(),
            invite.role.number().into(),
            invite.room.bind().into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(Outcome::Done(Done::Nothing))
}

/// Takes an invitation back; `NotFound` when there is none.
pub(crate) async fn revoke(tx: &Transaction, code: &str) -> Result<Outcome, Stop> {
    let delete = Query::delete()
        .from_table(T::Table)
        .and_where(Expr::col(T::Code).eq(code))
        .take();
    if tx.execute(&delete).await? == 0 {
        return Err(Code::NotFound.into());
    }
    Ok(Outcome::Done(Done::Nothing))
}

/// The rules say whether it still lets in, by what its maker may do at this moment.
async fn check(tx: &Transaction, invite: &Invite, now: UnixMs) -> Result<(), Stop> {
    let (maker, room) = (invite.created_by, invite.room);
    let maker = person::by_id(tx, maker).await?.ok_or(Code::InviteInvalid)?;
    let room = room::by_id(tx, room).await?.ok_or(Code::InviteInvalid)?;
    let member = member::one(tx, room.id, maker.id).await?;
    let standing = Standing {
        actor: Actor::from(&maker),
        room: &room,
        member: member.is_some(),
    };
    let maker = Maker {
        person: &maker,
        room: standing.traits(),
    };
    Ok(rules::accept(now, invite, Some(maker)).map_err(|refusal| refusal.code)?)
}

/// Lets somebody in: the use is counted, the person written, and they join the invitation's room
/// and, unless they are a guest, the lobby.
pub(crate) async fn accept(tx: &Transaction, accept: &AcceptInvite) -> Result<Outcome, Stop> {
    let now = accept.person.created_at;
    let invite = by_code(tx, &accept.code)
        .await?
        .ok_or(Code::InviteInvalid)?;
    check(tx, &invite, now).await?;
    let place = setting::place_of(tx).await?.ok_or(Code::InviteInvalid)?;
    let mut rooms = vec![invite.room];
    if invite.role != Role::Guest && place.lobby != invite.room {
        rooms.push(place.lobby);
    }
    let mut person = accept.person.clone();
    person.role = invite.role;
    person::insert(tx, &person).await?;
    let update = Query::update()
        .table(T::Table)
        .value(T::Uses, u64::from(invite.uses + 1).bind())
        .and_where(Expr::col(T::Code).eq(accept.code.as_str()))
        .take();
    tx.execute(&update).await?;
    let mut joined = Vec::new();
    for room in rooms {
        // A room that was archived meanwhile is passed over: they are in the place all the same.
        if let Some(head) = head::one(tx, room).await?.filter(|head| !head.archived) {
            joined.push(change::join(tx, head, person.id, now).await?);
        }
    }
    let room = invite.room;
    let entered = Entered {
        person,
        room,
        joined,
        created: Vec::new(),
    };
    Ok(Outcome::Done(Done::Entered(Arc::new(entered))))
}

impl Store {
    /// One invitation, also when it lets nobody in any more.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn invite(&self, code: &str) -> Result<Option<Invite>, Fault> {
        by_code(&self.readers, code).await
    }

    /// Every invitation, the newest first, also those that let nobody in any more.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn invites(&self) -> Result<Vec<Invite>, Fault> {
        let select = select().order_by(T::CreatedAt, Order::Desc).take();
        self.readers
            .query_all(&select)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }
}
