//! Backups: a copy of everything that was committed, made while the server runs, checked when it is
//! made, and brought back under new epochs.
//!
//! A backup is a directory: the database, the blobs, and a manifest with the hash of every file.
//! The manifest is written last; a directory without one is no backup. The search index is not in
//! it: it is made from the log.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base::UnixMs;
use sea_orm::DatabaseConnection;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::open::{self, BLOBS_FOLDER, DATABASE_FILE};
use crate::sql::{Database as _, statement};
use crate::{Counts, Fault, Store, count};

const MANIFEST_FILE: &str = "manifest.json";
const PARTIAL_FILE: &str = "plaza.db.partial";
/// Written into the data directory when a backup was made: its time, as text.
const LAST_BACKUP_FILE: &str = "last_backup";
const FORMAT: u32 = 1;
/// Where the server keeps uploads that are still coming in: no blobs yet.
const INCOMING_FOLDER: &str = "incoming";
const CHUNK_BYTES: usize = 256 << 10;

/// Why a backup could not be made, checked or brought back. As text, a sentence for the operator.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is something there already.
    #[error("{} is not empty. Choose a directory that does not exist yet.", .0.display())]
    NotEmpty(PathBuf),
    /// It would lie among what it is a copy of.
    #[error("{} lies inside the data directory, which it would be a copy of. Choose a directory \
             elsewhere, best on another disk.", .0.display())]
    Inside(PathBuf),
    /// No manifest: nothing, something else, or a backup that was cut short.
    #[error("{} holds no complete backup: it has no manifest.", .0.display())]
    NoBackup(PathBuf),
    /// Made by a newer version.
    #[error("this backup was made by a newer version of Plaza; use that one")]
    NewerFormat,
    /// A file is missing, has another content, or holds other data than the manifest says.
    #[error("this backup is damaged: {0}. Take an older one.")]
    Damaged(String),
    /// The system refused a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database failed.
    #[error("the database failed: {0}")]
    Fault(#[from] Fault),
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// When it was taken.
    pub taken_at: UnixMs,
    /// People.
    pub people: u64,
    /// Rooms.
    pub rooms: u64,
    /// Messages, deleted ones too.
    pub messages: u64,
    /// Uploaded files, thumbnails and avatars.
    pub blobs: u64,
    /// All of it.
    pub bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    taken_at: UnixMs,
    people: u64,
    rooms: u64,
    messages: u64,
    files: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    /// From the backup's directory, with `/` between its parts.
    path: String,
    sha256: String,
    bytes: u64,
}

impl Manifest {
    fn report(&self) -> Report {
        Report {
            taken_at: self.taken_at,
            people: self.people,
            rooms: self.rooms,
            messages: self.messages,
            blobs: self
                .files
                .iter()
                .filter(|file| file.path != DATABASE_FILE)
                .count() as u64,
            bytes: self.files.iter().map(|file| file.bytes).sum(),
        }
    }

    fn read(from: &Path) -> Result<Self, BackupError> {
        let path = from.join(MANIFEST_FILE);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(BackupError::NoBackup(from.to_owned()));
            }
            other => at(&path, other)?,
        };
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|error| BackupError::Damaged(format!("its manifest: {error}")))?;
        if manifest.format > FORMAT {
            return Err(BackupError::NewerFormat);
        }
        Ok(manifest)
    }
}

fn at<T>(path: &Path, result: std::io::Result<T>) -> Result<T, BackupError> {
    result.map_err(|source| BackupError::Io {
        path: path.to_owned(),
        source,
    })
}

/// Whether a path, which need not exist yet, lies in a directory or is it.
fn is_inside(path: &Path, directory: &Path) -> bool {
    let Ok(directory) = directory.canonicalize() else {
        return false;
    };
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = absolute
        .ancestors()
        .find_map(|part| part.canonicalize().ok());
    there.is_some_and(|there| there.starts_with(directory))
}

fn is_empty(dir: &Path) -> Result<bool, BackupError> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(BackupError::Io {
            path: dir.to_owned(),
            source,
        }),
    }
}

/// Makes a folder and those above it. Messages and password hashes lie below: only the owner looks.
fn make_dir(dir: &Path) -> Result<(), BackupError> {
    at(
        dir,
        DirBuilder::new().recursive(true).mode(0o700).create(dir),
    )
}

/// Makes a file that only its owner reads; it must not be there yet.
fn make_file(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    at(path, options.open(path))
}

fn sync_dir(dir: &Path) -> Result<(), BackupError> {
    at(dir, File::open(dir).and_then(|dir| dir.sync_all()))
}

/// Reads a file to its end, into `to` if there is one; answers with its hash and size.
fn digest(from: &Path, mut to: Option<&mut File>) -> Result<(String, u64), BackupError> {
    let mut file = at(from, File::open(from))?;
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut chunk = vec![0u8; CHUNK_BYTES];
    loop {
        let count = at(from, file.read(&mut chunk))?;
        let Some(part) = chunk.get(..count).filter(|part| !part.is_empty()) else {
            break;
        };
        hash.update(part);
        bytes += count as u64;
        if let Some(to) = to.as_deref_mut() {
            at(from, to.write_all(part))?;
        }
    }
    let hex = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok((hex, bytes))
}

fn copy(from: &Path, to: &Path) -> Result<(String, u64), BackupError> {
    let mut file = make_file(to)?;
    let digest = digest(from, Some(&mut file))?;
    at(to, file.sync_all())?;
    Ok(digest)
}

/// The files below a folder, from that folder on.
fn files_below(root: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let dir = root.join(&folder);
        let entries = match std::fs::read_dir(&dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            other => at(&dir, other)?,
        };
        for entry in entries {
            let entry = at(&dir, entry)?;
            let path = folder.join(entry.file_name());
            if at(&dir, entry.file_type())?.is_dir() {
                if path != Path::new(INCOMING_FOLDER) {
                    folders.push(path);
                }
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies blobs and answers with their entries. Blobs never change once they stand under their
/// name; one that was deleted meanwhile is no longer needed.
fn copy_blobs(from: &Path, to: &Path) -> Result<Vec<Entry>, BackupError> {
    make_dir(to)?;
    let mut entries = Vec::new();
    for path in files_below(from)? {
        let target = to.join(&path);
        if let Some(folder) = target.parent() {
            make_dir(folder)?;
        }
        let (sha256, bytes) = match copy(&from.join(&path), &target) {
            Err(BackupError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                let _absent = std::fs::remove_file(&target);
                continue;
            }
            other => other?,
        };
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let path = format!("{BLOBS_FOLDER}/{}", parts.join("/"));
        entries.push(Entry {
            path,
            sha256,
            bytes,
        });
    }
    sync_dir(to)?;
    Ok(entries)
}

/// Whether a database holds together, and how much is in it.
async fn examine(path: &Path) -> Result<Counts, BackupError> {
    let connection = open::connect_alone(path).await?;
    let result = examine_open(&connection).await;
    connection.close().await.map_err(Fault::from)?;
    result
}

async fn examine_open(connection: &DatabaseConnection) -> Result<Counts, BackupError> {
    let check = statement("PRAGMA integrity_check(1)", Vec::new());
    let row = connection.query_one_raw(check).await.map_err(Fault::from)?;
    let verdict = row.map(|row| row.at::<String>(0)).transpose();
    let verdict = verdict.map_err(Fault::from)?.unwrap_or_default();
    if verdict != "ok" {
        return Err(BackupError::Damaged(format!("its database: {verdict}")));
    }
    Ok(count::counts(connection).await?)
}

fn write_new(path: &Path, text: &str) -> Result<(), BackupError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = at(&partial, options.open(&partial))?;
    at(&partial, file.write_all(text.as_bytes()))?;
    at(&partial, file.sync_all())?;
    at(path, std::fs::rename(&partial, path))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Fault::data(error.to_string()).into()))
}

/// Makes a backup in `to`, which must not exist or be empty. The server may go on writing: the
/// backup holds what was committed when it began.
///
/// # Errors
/// [`BackupError`]; what was written so far is no backup, because it has no manifest.
pub async fn backup(store: &Store, to: &Path, taken_at: UnixMs) -> Result<Report, BackupError> {
    if is_inside(to, store.dir()) {
        return Err(BackupError::Inside(to.to_owned()));
    }
    if !is_empty(to)? {
        return Err(BackupError::NotEmpty(to.to_owned()));
    }
    make_dir(to)?;
    let partial = to.join(PARTIAL_FILE);
    let database = to.join(DATABASE_FILE);
    // The database fills an empty file, which keeps its owner and mode.
    drop(make_file(&partial)?);
    // A reader's snapshot, written out as a fresh file; the writer is not held up.
    let connection = open::connect_alone(&store.dir().join(DATABASE_FILE)).await?;
    let into = vec![partial.to_string_lossy().into_owned().into()];
    let copied = connection
        .execute_raw(statement("VACUUM INTO ?", into))
        .await;
    connection.close().await.map_err(Fault::from)?;
    copied.map_err(Fault::from)?;
    at(
        &partial,
        File::open(&partial).and_then(|file| file.sync_all()),
    )?;
    at(&database, std::fs::rename(&partial, &database))?;
    let counts = examine(&database).await?;
    let (blobs, target) = (store.blobs(), to.join(BLOBS_FOLDER));
    let mut files = blocking(move || copy_blobs(&blobs, &target)).await?;
    let (sha256, bytes) = digest(&database, None)?;
    files.insert(
        0,
        Entry {
            path: DATABASE_FILE.to_owned(),
            sha256,
            bytes,
        },
    );
    let manifest = Manifest {
        format: FORMAT,
        taken_at,
        people: counts.people,
        rooms: counts.rooms,
        messages: counts.messages,
        files,
    };
    let text = serde_json::to_string_pretty(&manifest).map_err(Fault::from)?;
    sync_dir(to)?;
    write_new(&to.join(MANIFEST_FILE), &text)?;
    sync_dir(to)?;
    write_new(&store.dir().join(LAST_BACKUP_FILE), &taken_at.0.to_string())?;
    Ok(manifest.report())
}

fn check_files(from: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    for entry in &manifest.files {
        if entry
            .path
            .split('/')
            .any(|part| part.is_empty() || part == "..")
        {
            return Err(BackupError::Damaged(format!(
                "it names a file {}",
                entry.path
            )));
        }
        let path = from.join(&entry.path);
        let found = match digest(&path, None) {
            Err(BackupError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                return Err(BackupError::Damaged(format!("{} is missing", entry.path)));
            }
            other => other?,
        };
        if found != (entry.sha256.clone(), entry.bytes) {
            return Err(BackupError::Damaged(format!(
                "{} has another content",
                entry.path
            )));
        }
    }
    Ok(())
}

async fn check(from: &Path) -> Result<Manifest, BackupError> {
    let owned = from.to_owned();
    let manifest = blocking(move || {
        let manifest = Manifest::read(&owned)?;
        check_files(&owned, &manifest)?;
        Ok(manifest)
    })
    .await?;
    let counts = examine(&from.join(DATABASE_FILE)).await?;
    let told = (manifest.people, manifest.rooms, manifest.messages);
    if told != (counts.people, counts.rooms, counts.messages) {
        return Err(BackupError::Damaged(
            "its database holds other numbers".to_owned(),
        ));
    }
    Ok(manifest)
}

/// Reads a whole backup and compares it with its manifest.
///
/// # Errors
/// [`BackupError`] that names what is wrong.
pub async fn verify(from: &Path) -> Result<Report, BackupError> {
    Ok(check(from).await?.report())
}

/// Brings a backup back into a data directory that does not exist or is empty. Every room gets a
/// new epoch: seqs may be given out a second time, and clients that saw the first ones start over.
/// Sessions are left out, because some may have been ended since; API tokens and invitations are
/// those of the backup.
///
/// # Errors
/// [`BackupError`]; the database takes its name last, so that a restore that was cut short leaves
/// nothing that a server would open.
pub async fn restore(from: &Path, dir: &Path) -> Result<Report, BackupError> {
    if !is_empty(dir)? {
        return Err(BackupError::NotEmpty(dir.to_owned()));
    }
    let manifest = check(from).await?;
    let (source, target) = (from.to_owned(), dir.to_owned());
    let partial = dir.join(PARTIAL_FILE);
    let copied = partial.clone();
    blocking(move || {
        make_dir(&target)?;
        copy_blobs(&source.join(BLOBS_FOLDER), &target.join(BLOBS_FOLDER))?;
        copy(&source.join(DATABASE_FILE), &copied).map(|_| ())
    })
    .await?;
    let connection = open::connect_alone(&partial).await?;
    for change in [NEW_EPOCHS, "DELETE FROM session", "DELETE FROM remembered"] {
        let changed = connection.execute_raw(statement(change, Vec::new())).await;
        changed.map_err(Fault::from)?;
    }
    connection.close().await.map_err(Fault::from)?;
    at(
        &partial,
        File::open(&partial).and_then(|file| file.sync_all()),
    )?;
    at(dir, std::fs::rename(&partial, dir.join(DATABASE_FILE)))?;
    sync_dir(dir)?;
    Ok(manifest.report())
}

/// Any other epoch but the one it was.
const NEW_EPOCHS: &str =
    "UPDATE head SET epoch = (epoch + 1 + (random() & 0x7fffffff)) & 0xffffffff";

impl Store {
    /// When the last backup of this data directory was made.
    #[must_use]
    pub fn last_backup_at(&self) -> Option<UnixMs> {
        let text = std::fs::read_to_string(self.dir().join(LAST_BACKUP_FILE)).ok()?;
        text.trim().parse().ok().map(UnixMs)
    }
}
