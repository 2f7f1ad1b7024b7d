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
use tokio::time::{Duration, Instant, timeout_at};

use super::{commit, facts, filter, may_in_place, people};
use crate::app::App;
use crate::clock;
use crate::files::blob::{Adding, Blobs, Incoming, Kept};
use crate::files::image::{self, Picture, Turn};
use crate::files::{sniff, takes_uploads};
use crate::problem::{Answer, Problem};
use crate::view::event::{File as FileView, file as view};

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

/// What a person is told when the disk refuses.
pub(super) fn disk(error: std::io::Error) -> Problem {
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

/// Refuses what a nearly full disk has no room for, before the first byte.
fn room_on_disk(app: &App) -> Answer<()> {
    if takes_uploads(&app.data).map_err(disk)? {
        return Ok(());
    }
    let detail = "The server's disk is nearly full and takes no files. Tell whoever runs it.";
    Err(Problem::wait(Code::ReadOnly, 60_000, detail))
}

fn too_much_unposted() -> Problem {
    let detail = format!(
        "You have uploaded {} files or {} MiB without posting them. Post them first; those that \
         nobody posts go after a day.",
        limits::UNPOSTED_FILES_PER_PERSON_MAX,
        limits::UNPOSTED_BYTES_PER_PERSON_MAX >> 20,
    );
    Problem::wait(Code::RateLimited, 60_000, detail)
}

/// Keeps the record of a file, if its uploader has not too many that wait.
async fn add(app: &App, record: File) -> Answer<()> {
    match commit(app, Command::AddFile(Box::new(record))).await {
        Ok(_) => Ok(()),
        Err(problem) if problem.code == Code::RateLimited => Err(too_much_unposted()),
        Err(problem) => Err(problem),
    }
}

/// How much is taken in, and how long the next piece may take.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    bytes_max: u64,
    silence: Duration,
}

impl Bounds {
    fn of(bytes_max: u64) -> Self {
        Self {
            bytes_max,
            silence: Duration::from_millis(limits::UPLOAD_SILENCE_MS_MAX),
        }
    }

    /// Until when the next piece must be there: soon, and fast enough on average.
    fn patience(self, began: Instant, size_bytes: u64) -> Instant {
        let earned = Duration::from_secs(size_bytes / limits::UPLOAD_BYTES_PER_SECOND_MIN);
        (Instant::now() + self.silence).min(began + self.silence + earned)
    }
}

/// Streams a body to the disk, never holding more than a piece of it.
async fn take_in<E: std::error::Error + Send + Sync + 'static>(
    blobs: &Blobs,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    bounds: Bounds,
) -> Answer<Incoming> {
    let mut incoming = blobs.incoming().map_err(disk)?;
    let began = Instant::now();
    while let Some(piece) = timeout_at(bounds.patience(began, incoming.size_bytes()), body.next())
        .await
        .map_err(|_| Problem::new(Code::BadRequest, "The upload was too slow. Try again."))?
    {
        let cut_off = |error| {
            Problem::new(Code::BadRequest, "The upload was cut off. Try again.").because(error)
        };
        let piece = piece.map_err(cut_off)?;
        if incoming.size_bytes() + piece.len() as u64 > bounds.bytes_max {
            return Err(too_large(bounds.bytes_max));
        }
        // A write of one piece goes to the page cache; the sync happens on a blocking thread.
        incoming.write(&piece).map_err(disk)?;
    }
    if incoming.size_bytes() == 0 {
        return Err(Problem::new(Code::Empty, "This file is empty."));
    }
    Ok(incoming)
}

/// Runs what blocks on a thread that may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Answer<T> + Send + 'static,
) -> Answer<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::fault)?
}

/// What the bytes of an upload turned out to be.
enum Looked {
    /// A picture, encoded anew.
    Picture(Box<Picture>),
    /// Anything else, kept as it is.
    Plain(Incoming, &'static str),
}

/// Waits for the right to decode a picture.
pub(super) async fn turn() -> Answer<Turn> {
    Turn::come().await.ok_or_else(|| {
        let detail = "Many pictures are being uploaded at this moment. Try again shortly.";
        Problem::wait(Code::Busy, 5_000, detail)
    })
}

/// Looks at the first bytes only: a picture of sensible size is read and encoded anew when its
/// turn has come, everything else is kept as it is and never held in memory.
async fn look(incoming: Incoming) -> Answer<Looked> {
    let media_type = media_type(incoming.path()).await.map_err(disk)?;
    if !image::is_shown(media_type) || incoming.size_bytes() > limits::IMAGE_SOURCE_BYTES_MAX {
        return Ok(Looked::Plain(incoming, media_type));
    }
    let turn = turn().await?;
    blocking(move || {
        let bytes = std::fs::read(incoming.path()).map_err(disk)?;
        Ok(match image::convert(&bytes, &turn) {
            Ok(picture) => Looked::Picture(Box::new(picture)),
            Err(_) => Looked::Plain(incoming, media_type),
        })
    })
    .await
}

/// Puts what was looked at in its place.
fn put(blobs: &Blobs, looked: Looked, name: String, adding: &Adding) -> std::io::Result<Stored> {
    match looked {
        Looked::Picture(picture) => put_picture(blobs, &picture, &name, adding),
        Looked::Plain(incoming, media_type) => Ok(Stored {
            kept: blobs.keep(incoming, adding)?,
            media_type: media_type.to_owned(),
            name,
            size_px: None,
            thumb_hash: None,
        }),
    }
}

fn put_picture(
    blobs: &Blobs,
    picture: &Picture,
    name: &str,
    adding: &Adding,
) -> std::io::Result<Stored> {
    let thumb = picture
        .thumb
        .as_ref()
        .map(|bytes| blobs.put(bytes, adding))
        .transpose()?;
    Ok(Stored {
        kept: blobs.put(&picture.bytes, adding)?,
        media_type: picture.media_type.to_owned(),
        name: sniff::with_ending(name, picture.ending),
        size_px: Some((picture.width_px, picture.height_px)),
        thumb_hash: thumb.map(|kept| kept.hash),
    })
}

/// Takes a file in for a room. It appears there once its uploader posts it.
///
/// # Errors
/// `not_found`, `forbidden`, `room_archived`, `too_large`, `empty`, `blocked_words`, `read_only`,
/// `rate_limited` when too much of theirs is not posted yet.
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
    room_on_disk(app)?;
    if !app.store.unposted(actor.id, clock::now()).await?.takes(1) {
        return Err(too_much_unposted());
    }
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
    let incoming = take_in(&app.blobs, body, Bounds::of(app.file_bytes_max)).await?;
    let looked = look(incoming).await?;
    let adding = app.blobs.adding().await;
    let blobs = app.blobs.clone();
    let put = move || match put(&blobs, looked, name, &adding) {
        Ok(stored) => Ok((stored, adding)),
        Err(error) => Err(disk(error)),
    };
    let (stored, adding) = blocking(put).await?;
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
    add(app, record).await?;
    drop(adding);
    metrics::counter!("plaza_files_uploads_total").increment(1);
    Ok(answer)
}

/// A file that the actor may read: in a room they see, asked anew each time. Before it is posted
/// only its uploader may.
///
/// # Errors
/// `not_found` for what is not there and for what they may not read.
pub async fn open(app: &App, actor: Actor, id: FileId) -> Answer<File> {
    let found = app.store.file_and_message(id).await?;
    let (file, posted_with) = found.ok_or_else(Problem::not_found)?;
    if posted_with.is_none() && file.uploaded_by != actor.id {
        return Err(Problem::not_found());
    }
    facts(app, actor, file.room)
        .await?
        .standing()
        .may(Verb::SeeRoom)?;
    Ok(file)
}

/// Where a picture of somebody lies: of a person whom the actor may see, and their picture now.
///
/// # Errors
/// `not_found` for what is nobody's picture (any more) and for people they may not see.
pub async fn avatar(app: &App, actor: Actor, hash: &str) -> Answer<PathBuf> {
    let place = path(app, hash)?;
    let shown = app.store.people_with_avatar(hash).await?;
    if shown.is_empty() {
        return Err(Problem::not_found());
    }
    if may_in_place(actor, Verb::SeePeople).is_err() && !shown.contains(&actor.id) {
        let near = people::list(app, actor).await?;
        if !near.iter().any(|person| shown.contains(&person.id)) {
            return Err(Problem::not_found());
        }
    }
    Ok(place)
}

/// Where a blob lies.
///
/// # Errors
/// `not_found` when the text is no hash.
pub fn path(app: &App, hash: &str) -> Answer<PathBuf> {
    app.blobs.path(hash).ok_or_else(Problem::not_found)
}

/// What the first bytes of a file say that it is.
async fn media_type(path: &Path) -> std::io::Result<&'static str> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let file = tokio::fs::File::open(path).await?;
    file.take(HEAD_BYTES as u64).read_to_end(&mut head).await?;
    Ok(sniff::media_type(&head))
}

/// The media type of a thumbnail: a JPEG, or a PNG when there is something to see through.
///
/// # Errors
/// `not_found` when the blob is gone.
pub async fn thumb_type(path: &Path) -> Answer<&'static str> {
    media_type(path).await.map_err(|_| Problem::not_found())
}

/// Takes in a picture that is to become an avatar.
///
/// # Errors
/// `too_large`, `empty`, `bad_request`, `read_only`.
pub async fn read_avatar<E: std::error::Error + Send + Sync + 'static>(
    app: &App,
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Answer<Incoming> {
    room_on_disk(app)?;
    take_in(
        &app.blobs,
        body,
        Bounds::of(limits::AVATAR_BYTES_MAX as u64),
    )
    .await
}

/// Forgets files that were uploaded a day ago and never posted.
async fn forget_unposted(app: &App) -> Answer<()> {
    let before = UnixMs(clock::now().0.saturating_sub(limits::UNPOSTED_FILE_LIFE_MS));
    loop {
        let stale = app.store.files_unposted_before(before).await?;
        if stale.is_empty() {
            return Ok(());
        }
        for file in stale {
            match commit(app, Command::ForgetFile { file: file.id }).await {
                Ok(_) => {}
                // Posted or forgotten since it was listed: it is not listed again.
                Err(problem) if matches!(problem.code, Code::Conflict | Code::NotFound) => {}
                Err(problem) => return Err(problem),
            }
        }
    }
}

async fn unused(app: &App, mut hashes: Vec<String>) -> Answer<Vec<String>> {
    let used = app.store.blobs_in_use(&hashes).await?;
    hashes.retain(|hash| !used.contains(hash));
    Ok(hashes)
}

/// Removes those of these blobs that no file, thumbnail or avatar names; says how many.
///
/// # Errors
/// A fault.
pub async fn clear(app: &App, hashes: Vec<String>) -> Answer<usize> {
    // Most are in use: look first without making uploads wait.
    let hashes = unused(app, hashes).await?;
    if hashes.is_empty() {
        return Ok(0);
    }
    let removing = app.blobs.removing().await;
    let hashes = unused(app, hashes).await?;
    let blobs = app.blobs.clone();
    blocking(move || {
        for hash in &hashes {
            blobs.remove(hash, &removing).map_err(disk)?;
        }
        Ok(hashes.len())
    })
    .await
}

/// Removes blobs that were just given up, when nothing else names them. What fails here is done by
/// the next sweep.
pub(super) async fn clear_soon(app: &App, hashes: impl IntoIterator<Item = String>) {
    let hashes: Vec<String> = hashes.into_iter().collect();
    if hashes.is_empty() {
        return;
    }
    if let Err(problem) = clear(app, hashes).await {
        problem.log("clear");
    }
}

/// Forgets what was uploaded a day ago and never posted, then removes every blob that nothing
/// names: bytes of deleted messages, replaced avatars, uploads that were refused at the end. Says
/// how many blobs are gone.
///
/// # Errors
/// A fault.
pub async fn sweep(app: &App) -> Answer<usize> {
    // A full disk takes no commands, and needs its room all the more.
    let forgotten = forget_unposted(app).await;
    let mut removed = 0;
    for folder in 0..=u8::MAX {
        let blobs = app.blobs.clone();
        let hashes = blocking(move || blobs.hashes_in(folder).map_err(disk)).await?;
        removed += clear(app, hashes).await?;
    }
    forgotten.map(|()| removed)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_trickles_or_falls_silent_ends() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path().to_owned()).unwrap();
        let bounds = Bounds {
            bytes_max: 100_000,
            silence: Duration::from_millis(50),
        };
        let silent = stream::pending::<Result<Bytes, std::io::Error>>();
        let problem = take_in(&blobs, silent, bounds).await.unwrap_err();
        assert_eq!(problem.code, Code::BadRequest);
        let trickle = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(b"x")))
            .then(|piece| async {
                tokio::time::sleep(Duration::from_millis(2)).await;
                piece
            });
        let problem = take_in(&blobs, Box::pin(trickle), bounds)
            .await
            .unwrap_err();
        assert_eq!(problem.code, Code::BadRequest);
    }
}
