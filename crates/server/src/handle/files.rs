//! Files: taking them in, giving them out, cleaning up what nobody posted.

use std::path::{Path, PathBuf};

use base::{Code, FileId, RoomId, UnixMs, limits};
use bytes::Bytes;
use domain::auth::permit::{Actor, Verb};
use domain::chat::File;
use domain::chat::filter::Scope;
use futures_util::{Stream, StreamExt};
use store::Command;
use tokio::io::AsyncReadExt;

use super::{commit, facts, filter};
use crate::app::App;
use crate::clock;
use crate::files::blob::{Blobs, Incoming, Kept};
use crate::files::image::{self, Picture};
use crate::files::sniff;
use crate::problem::{Answer, Problem};
use crate::view::event::{File as FileView, file as view};

/// Uploaded and never posted: gone after a day.
const UNPOSTED_LIFE_MS: u64 = 24 * 3600 * 1000;
/// Bytes at the beginning that tell what a file is.
const HEAD_BYTES: usize = 8 << 10;

/// What lies in the blob directory after an upload.
struct Stored {
    kept: Kept,
    media_type: String,
    name: String,
    size_px: Option<(u32, u32)>,
    thumb_hash: Option<String>,
}

fn disk(error: std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::StorageFull {
        let detail = "The server's disk is full. Reading works; tell whoever runs it.";
        return Problem::wait(Code::ReadOnly, 60_000, detail).because(error);
    }
    Problem::fault(error)
}

fn too_large(bytes_max: u64) -> Problem {
    let detail = format!(
        "This file is too large. The limit is {} MiB.",
        bytes_max >> 20
    );
    Problem::new(Code::TooLarge, detail)
}

/// Streams a body to the disk, never holding more than a piece of it.
async fn take_in<E: std::error::Error + Send + Sync + 'static>(
    blobs: &Blobs,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    bytes_max: u64,
) -> Answer<Incoming> {
    let mut incoming = blobs.incoming().map_err(disk)?;
    while let Some(piece) = body.next().await {
        let cut_off = |error| {
            Problem::new(Code::BadRequest, "The upload was cut off. Try again.").because(error)
        };
        let piece = piece.map_err(cut_off)?;
        if incoming.size_bytes() + piece.len() as u64 > bytes_max {
            return Err(too_large(bytes_max));
        }
        // A write of one piece goes to the page cache; the sync happens on a blocking thread.
        incoming.write(&piece).map_err(disk)?;
    }
    if incoming.size_bytes() == 0 {
        return Err(Problem::new(Code::Empty, "This file is empty."));
    }
    Ok(incoming)
}

/// Looks at the bytes: a picture is encoded anew, everything else kept as it is.
fn digest(blobs: &Blobs, incoming: Incoming, name: String) -> Answer<Stored> {
    let bytes = std::fs::read(incoming.path()).map_err(disk)?;
    let head = bytes.get(..HEAD_BYTES).unwrap_or(&bytes);
    let media_type = sniff::media_type(head);
    if image::is_shown(media_type)
        && let Ok(picture) = image::convert(&bytes)
    {
        return store_picture(blobs, &picture, &name);
    }
    drop(bytes);
    let kept = blobs.keep(incoming).map_err(disk)?;
    let media_type = media_type.to_owned();
    Ok(Stored {
        kept,
        media_type,
        name,
        size_px: None,
        thumb_hash: None,
    })
}

fn store_picture(blobs: &Blobs, picture: &Picture, name: &str) -> Answer<Stored> {
    let thumb = picture
        .thumb
        .as_ref()
        .map(|bytes| blobs.put(bytes))
        .transpose()
        .map_err(disk)?;
    Ok(Stored {
        kept: blobs.put(&picture.bytes).map_err(disk)?,
        media_type: picture.media_type.to_owned(),
        name: sniff::with_ending(name, picture.ending),
        size_px: Some((picture.width_px, picture.height_px)),
        thumb_hash: thumb.map(|kept| kept.hash),
    })
}

/// Takes a file in for a room. It appears there once its uploader posts it.
///
/// # Errors
/// `not_found`, `forbidden`, `room_archived`, `too_large`, `empty`, `blocked_words`, `read_only`.
pub async fn upload<E: std::error::Error + Send + Sync + 'static>(
    app: &App,
    actor: Actor,
    (room, name): (RoomId, &str),
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Answer<FileView> {
    facts(app, actor, room)
        .await?
        .standing()
        .may_append(Verb::Upload)?;
    let name = sniff::clean_name(name);
    let verdict = filter::check(app, &name, Scope::FileName);
    filter::noted(
        app,
        actor,
        room,
        &verdict,
        verdict.allowed().map_err(Problem::from),
    )?;
    let name = verdict.masked().to_owned();
    let incoming = take_in(&app.blobs, body, app.file_bytes_max).await?;
    let blobs = app.blobs.clone();
    let stored = tokio::task::spawn_blocking(move || digest(&blobs, incoming, name))
        .await
        .map_err(Problem::fault)??;
    let record = File {
        id: FileId(clock::mint()),
        room,
        uploaded_by: actor.id,
        uploaded_at: clock::now(),
        hash: stored.kept.hash,
        name: stored.name,
        media_type: stored.media_type,
        size_bytes: stored.kept.size_bytes,
        width_px: stored.size_px.map(|(width, _)| width),
        height_px: stored.size_px.map(|(_, height)| height),
        thumb_hash: stored.thumb_hash,
    };
    let answer = view(&record);
    commit(app, Command::AddFile(Box::new(record))).await?;
    metrics::counter!("plaza_files_uploads_total").increment(1);
    Ok(answer)
}

/// A file that the actor may read: a member of its room, asked anew each time.
///
/// # Errors
/// `not_found` for what is not there and for what they may not read.
pub async fn open(app: &App, actor: Actor, id: FileId) -> Answer<File> {
    let file = app.store.file(id).await?.ok_or_else(Problem::not_found)?;
    facts(app, actor, file.room)
        .await?
        .standing()
        .may(Verb::SeeRoom)?;
    Ok(file)
}

/// Where a blob lies.
///
/// # Errors
/// `not_found` when the text is no hash.
pub fn path(app: &App, hash: &str) -> Answer<PathBuf> {
    app.blobs.path(hash).ok_or_else(Problem::not_found)
}

/// The media type of a thumbnail: a JPEG, or a PNG when there is something to see through.
///
/// # Errors
/// `not_found` when the blob is gone.
pub async fn thumb_type(path: &Path) -> Answer<&'static str> {
    let mut head = [0; 16];
    let mut file = tokio::fs::File::open(path)
        .await
        .map_err(|_| Problem::not_found())?;
    let count = file.read(&mut head).await.map_err(disk)?;
    Ok(sniff::media_type(head.get(..count).unwrap_or_default()))
}

/// Reads a picture that is to become an avatar.
///
/// # Errors
/// `too_large`, `empty`, `bad_request`.
pub async fn read_avatar<E: std::error::Error + Send + Sync + 'static>(
    app: &App,
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Answer<Vec<u8>> {
    let incoming = take_in(&app.blobs, body, limits::AVATAR_BYTES_MAX as u64).await?;
    tokio::fs::read(incoming.path()).await.map_err(disk)
}

/// Removes the bytes of files that were uploaded a day ago and never posted. The records go with
/// the store's own sweep; a blob that something else still shows stays.
///
/// # Errors
/// A fault.
pub async fn sweep(app: &App) -> Answer<usize> {
    let before = UnixMs(clock::now().0.saturating_sub(UNPOSTED_LIFE_MS));
    let stale = app.store.files_unposted_before(before).await?;
    let mut hashes: Vec<String> = Vec::new();
    for file in &stale {
        commit(app, Command::ForgetFile { file: file.id }).await?;
        hashes.push(file.hash.clone());
        hashes.extend(file.thumb_hash.clone());
    }
    let used = app.store.blobs_in_use(&hashes).await?;
    let free = hashes.iter().filter(|hash| !used.contains(*hash));
    let mut removed = 0;
    for hash in free {
        app.blobs.remove(hash).map_err(disk)?;
        removed += 1;
    }
    Ok(removed)
}
