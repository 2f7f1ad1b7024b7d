//! Uploaded files in the database. Their bytes lie in the blobs folder, named by their hash.

use std::collections::HashSet;

use base::{Code, FileId, PersonId, RoomId, Seq, UnixMs, id, limits};
use domain::chat::{File, Unposted};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use crate::fault::Stop;
use crate::sql::{Bind as _, Database, Record, column, number, number_or_null};
use crate::table::{File as T, Person};
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store, hot, member};

/// Hashes asked for in one statement.
const HASHES_PER_STATEMENT: usize = 200;

pub(crate) fn select() -> SelectStatement {
    Query::select()
        .columns([
            T::Id,
            T::RoomId,
            T::UploadedBy,
            T::UploadedAt,
            T::Hash,
            T::Name,
            T::MediaType,
            T::SizeBytes,
            T::WidthPx,
            T::HeightPx,
            T::ThumbHash,
            T::Seq,
        ])
        .from(T::Table)
        .take()
}

fn px(row: &Record, name: &str) -> Result<Option<u32>, Fault> {
    Ok(number_or_null(row, name)?.and_then(|px| u32::try_from(px).ok()))
}

pub(crate) fn from_row(row: &Record) -> Result<File, Fault> {
    Ok(File {
        id: FileId(number(row, "id")?),
        room: RoomId(number(row, "room_id")?),
        uploaded_by: PersonId(number(row, "uploaded_by")?),
        uploaded_at: UnixMs(number(row, "uploaded_at")?),
        hash: column(row, "hash")?,
        name: column(row, "name")?,
        media_type: column(row, "media_type")?,
        size_bytes: number(row, "size_bytes")?,
        width_px: px(row, "width_px")?,
        height_px: px(row, "height_px")?,
        thumb_hash: column(row, "thumb_hash")?,
    })
}

/// A file and the message it was posted with.
pub(crate) async fn with_seq(
    connection: &impl Database,
    file: FileId,
) -> Result<Option<(File, Option<Seq>)>, Fault> {
    let select = select().and_where(Expr::col(T::Id).eq(file.bind())).take();
    let Some(row) = connection.query_one(&select).await? else {
        return Ok(None);
    };
    Ok(Some((
        from_row(&row)?,
        number_or_null(&row, "seq")?.map(Seq),
    )))
}

/// What a person has uploaded and not posted at `now`. What is twice as old as such a file may
/// get is no longer looked for: it waits for the next sweep.
async fn unposted(
    connection: &impl Database,
    person: PersonId,
    now: UnixMs,
) -> Result<Unposted, Fault> {
    let since = UnixMs(now.0.saturating_sub(2 * limits::UNPOSTED_FILE_LIFE_MS));
    let select = hot::unposted(person, FileId(id::mint(since, 0)));
    let row = connection.query_one_raw(select).await?;
    let row = row.ok_or_else(|| Fault::data("a count came without a row"))?;
    Ok(Unposted {
        files: number(&row, "files")?,
        bytes: number(&row, "bytes")?,
    })
}

/// Keeps a new file; `Forbidden` when its uploader is no member of its room, `Conflict` when its
/// id is taken, `RateLimited` when they have uploaded too much that is not posted yet.
pub(crate) async fn add(tx: &Transaction, file: &File) -> Result<Outcome, Stop> {
    if member::one(tx, file.room, file.uploaded_by)
        .await?
        .is_none()
    {
        return Err(Code::Forbidden.into());
    }
    if with_seq(tx, file.id).await?.is_some() {
        return Err(Code::Conflict.into());
    }
    let held = unposted(tx, file.uploaded_by, file.uploaded_at).await?;
    if !held.takes(file.size_bytes) {
        return Err(Code::RateLimited.into());
    }
    let insert = Query::insert()
        .into_table(T::Table)
        .columns([
            T::Id,
            T::RoomId,
            T::UploadedBy,
            T::UploadedAt,
            T::Hash,
            T::Name,
            T::MediaType,
            T::SizeBytes,
            T::WidthPx,
            T::HeightPx,
            T::ThumbHash,
            T::Seq,
            T::Position,
        ])
        .values_panic([
            file.id.bind().into(),
            file.room.bind().into(),
            file.uploaded_by.bind().into(),
            file.uploaded_at.bind().into(),
            file.hash.as_str().into(),
            file.name.as_str().into(),
            file.media_type.as_str().into(),
            file.size_bytes.bind().into(),
            file.width_px.map(i64::from).into(),
            file.height_px.map(i64::from).into(),
            file.thumb_hash.clone().into(),
            None::<i64>.into(),
            0i64.into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(Outcome::Done(Done::Nothing))
}

/// Posts files with a message, in this order.
pub(crate) async fn attach(tx: &Transaction, files: &[FileId], seq: Seq) -> Result<(), Fault> {
    for (position, file) in files.iter().enumerate() {
        let update = Query::update()
            .table(T::Table)
            .value(T::Seq, seq.bind())
            .value(T::Position, (position as u64).bind())
            .and_where(Expr::col(T::Id).eq(file.bind()))
            .take();
        tx.execute(&update).await?;
    }
    Ok(())
}

/// Forgets the files of a message; their bytes go when nothing else needs them.
pub(crate) async fn delete_of(tx: &Transaction, room: RoomId, seq: Seq) -> Result<(), Fault> {
    let delete = Query::delete()
        .from_table(T::Table)
        .and_where(Expr::col(T::RoomId).eq(room.bind()))
        .and_where(Expr::col(T::Seq).eq(seq.bind()))
        .take();
    tx.execute(&delete).await?;
    Ok(())
}

/// Forgets a file that was never posted; a posted one goes with its message (`Conflict`).
pub(crate) async fn forget(tx: &Transaction, file: FileId) -> Result<Outcome, Stop> {
    let (_, posted_with) = with_seq(tx, file).await?.ok_or(Code::NotFound)?;
    if posted_with.is_some() {
        return Err(Code::Conflict.into());
    }
    let this = Expr::col(T::Id).eq(file.bind());
    tx.execute(Query::delete().from_table(T::Table).and_where(this))
        .await?;
    Ok(Outcome::Done(Done::Nothing))
}

impl Store {
    /// One file.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn file(&self, file: FileId) -> Result<Option<File>, Fault> {
        Ok(with_seq(&self.readers, file).await?.map(|(file, _)| file))
    }

    /// One file, and the message it was posted with, if it was.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn file_and_message(
        &self,
        file: FileId,
    ) -> Result<Option<(File, Option<Seq>)>, Fault> {
        with_seq(&self.readers, file).await
    }

    /// What a person has uploaded and not posted at `now`.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn unposted(&self, person: PersonId, now: UnixMs) -> Result<Unposted, Fault> {
        unposted(&self.readers, person, now).await
    }

    /// Files that were uploaded before `at` and never posted, at most a hundred.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn files_unposted_before(&self, at: UnixMs) -> Result<Vec<File>, Fault> {
        let select = select()
            .and_where(Expr::col(T::Seq).is_null())
            .and_where(Expr::col(T::UploadedAt).lt(at.bind()))
            .order_by(T::Id, Order::Asc)
            .limit(100)
            .take();
        self.readers
            .query_all(&select)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// Whose avatar this blob is.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn people_with_avatar(&self, hash: &str) -> Result<Vec<PersonId>, Fault> {
        let select = Query::select()
            .column(Person::Id)
            .from(Person::Table)
            .and_where(Expr::col(Person::Avatar).eq(hash))
            .take();
        let rows = self.readers.query_all(&select).await?;
        rows.iter()
            .map(|row| Ok(PersonId(number(row, "id")?)))
            .collect()
    }

    /// Which of these hashes a file, a thumbnail or an avatar still needs.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn blobs_in_use(&self, hashes: &[String]) -> Result<HashSet<String>, Fault> {
        let mut used = HashSet::new();
        for hashes in hashes.chunks(HASHES_PER_STATEMENT) {
            let selects = [
                Query::select()
                    .expr_as(Expr::col(T::Hash), "hash")
                    .from(T::Table)
                    .and_where(Expr::col(T::Hash).is_in(hashes))
                    .take(),
                Query::select()
                    .expr_as(Expr::col(T::ThumbHash), "hash")
                    .from(T::Table)
                    .and_where(Expr::col(T::ThumbHash).is_in(hashes))
                    .take(),
                Query::select()
                    .expr_as(Expr::col(Person::Avatar), "hash")
                    .from(Person::Table)
                    .and_where(Expr::col(Person::Avatar).is_in(hashes))
                    .take(),
            ];
            for select in selects {
                for row in self.readers.query_all(&select).await? {
                    used.insert(column::<String>(&row, "hash")?);
                }
            }
        }
        Ok(used)
    }
}
