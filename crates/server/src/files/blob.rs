//! Blobs: bytes under the name of their SHA-256, in `blobs/ab/cdef…`.
//!
//! A blob is written beside its place, synced, then renamed, so that a name always holds whole
//! bytes. The same bytes uploaded twice lie there once; therefore nobody removes a blob while
//! somebody else is about to refer to it: see [`Adding`] and [`Removing`].

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// The directory of blobs; clones share it.
#[derive(Debug, Clone)]
pub struct Blobs {
    root: PathBuf,
    gate: Arc<RwLock<()>>,
    /// Held while a folder is made, so that nobody finds one that is not synced yet.
    folders: Arc<Mutex<()>>,
    /// Makes the entries of a folder durable.
    sync: fn(&Path) -> io::Result<()>,
}

/// The right to put blobs in their places. Held until what refers to them is committed: a blob
/// that lies there already, unused, would else be removed in between.
#[derive(Debug)]
pub struct Adding {
    _gate: OwnedRwLockReadGuard<()>,
}

/// The right to remove blobs. Held from before somebody looks whether they are in use.
#[derive(Debug)]
pub struct Removing {
    _gate: OwnedRwLockWriteGuard<()>,
}

/// A blob while it is being written: lies in the incoming folder until it is kept.
#[derive(Debug)]
pub struct Incoming {
    file: fs::File,
    path: PathBuf,
    hasher: Sha256,
    size_bytes: u64,
}

/// A blob that lies in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 in hexadecimal: its name.
    pub hash: String,
    /// Its size.
    pub size_bytes: u64,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

impl Blobs {
    /// Opens (and makes, when missing) the directory, and empties what was left half-written.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn open(root: PathBuf) -> io::Result<Self> {
        Self::open_with(root, sync_folder)
    }

    fn open_with(root: PathBuf, sync: fn(&Path) -> io::Result<()>) -> io::Result<Self> {
        let incoming = root.join("incoming");
        if incoming.exists() {
            fs::remove_dir_all(&incoming)?;
        }
        fs::create_dir_all(&incoming)?;
        // A process that died may have made folders and not synced them.
        sync(&root)?;
        if let Some(parent) = root.parent() {
            sync(parent)?;
        }
        Ok(Self {
            root,
            gate: Arc::default(),
            folders: Arc::default(),
            sync,
        })
    }

    /// Waits until nobody removes blobs, and keeps it so.
    pub async fn adding(&self) -> Adding {
        let gate = Arc::clone(&self.gate);
        Adding {
            _gate: gate.read_owned().await,
        }
    }

    /// Waits until nobody adds blobs, and keeps it so.
    pub async fn removing(&self) -> Removing {
        let gate = Arc::clone(&self.gate);
        Removing {
            _gate: gate.write_owned().await,
        }
    }

    /// The hashes of the blobs in one of the 256 folders.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn hashes_in(&self, folder: u8) -> io::Result<Vec<String>> {
        let folder = hex(&[folder]);
        let entries = match fs::read_dir(self.root.join(&folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut hashes = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let hash = name.to_str().map(|name| format!("{folder}{name}"));
            hashes.extend(hash.filter(|hash| self.path(hash).is_some()));
        }
        Ok(hashes)
    }

    /// Where the blob of this hash lies, `None` when the text is no hash.
    #[must_use]
    pub fn path(&self, hash: &str) -> Option<PathBuf> {
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (folder, name) = is_hash.then(|| hash.split_at(2))?;
        Some(self.root.join(folder).join(name))
    }

    /// Begins a blob.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn incoming(&self) -> io::Result<Incoming> {
        let name = format!("{:032x}", rand::random::<u128>());
        let path = self.root.join("incoming").join(name);
        let file = fs::File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        Ok(Incoming {
            file,
            path,
            hasher: Sha256::new(),
            size_bytes: 0,
        })
    }

    /// Puts a whole blob in its place.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn keep(&self, incoming: Incoming, _: &Adding) -> io::Result<Kept> {
        let hash = hex(&incoming.hasher.clone().finalize());
        let size_bytes = incoming.size_bytes;
        let place = self
            .path(&hash)
            .ok_or_else(|| io::Error::other("not a hash"))?;
        let folder = place
            .parent()
            .ok_or_else(|| io::Error::other("no folder"))?;
        self.make_folder(folder)?;
        if !place.exists() {
            incoming.file.sync_all()?;
            fs::rename(&incoming.path, &place)?;
        }
        // Also when the place was taken: whoever renamed it may not have synced it yet.
        (self.sync)(folder)?;
        Ok(Kept { hash, size_bytes })
    }

    /// Makes a folder of blobs that stays after a power cut.
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let _making = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        match fs::create_dir(folder) {
            Ok(()) => (self.sync)(&self.root),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Writes and keeps bytes that are in memory already.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn put(&self, bytes: &[u8], adding: &Adding) -> io::Result<Kept> {
        let mut incoming = self.incoming()?;
        incoming.write(bytes)?;
        self.keep(incoming, adding)
    }

    /// Removes a blob that nobody refers to any more; one that is gone already is fine.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn remove(&self, hash: &str, _: &Removing) -> io::Result<()> {
        let Some(path) = self.path(hash) else {
            return Ok(());
        };
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

impl Incoming {
    /// Adds bytes.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.size_bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// How many bytes there are.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Where the bytes lie meanwhile.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // After `keep` renamed it there is nothing left to remove, and that is fine.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn nothing_is_removed_while_somebody_is_about_to_refer_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path().to_owned()).unwrap();
        let adding = blobs.adding().await;
        let other = blobs.clone();
        assert!(other.removing().now_or_never().is_none());
        assert!(other.adding().now_or_never().is_some());
        drop(adding);
        let removing = blobs.removing().now_or_never();
        assert!(removing.is_some());
        assert!(other.adding().now_or_never().is_none());
    }

    thread_local! {
        static SYNCED: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
    }

    fn note_and_sync(folder: &Path) -> io::Result<()> {
        SYNCED.with_borrow_mut(|synced| synced.push(folder.to_owned()));
        sync_folder(folder)
    }

    #[tokio::test]
    async fn the_whole_chain_of_folders_is_durable_before_a_blob_is_acknowledged() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("blobs");
        let blobs = Blobs::open_with(root.clone(), note_and_sync).unwrap();
        assert_eq!(SYNCED.take(), [root.clone(), dir.path().to_owned()]);
        let adding = blobs.adding().await;
        blobs.put(b"abc", &adding).unwrap();
        assert_eq!(SYNCED.take(), [root.clone(), root.join("ba")]);
        blobs.put(b"abc", &adding).unwrap();
        assert_eq!(SYNCED.take(), [root.join("ba")]);
    }

    #[tokio::test]
    async fn a_folder_tells_the_hashes_in_it_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path().to_owned()).unwrap();
        let adding = blobs.adding().await;
        let kept = blobs.put(b"abc", &adding).unwrap();
        fs::write(dir.path().join("ba/notes.txt"), b"x").unwrap();
        assert_eq!(blobs.hashes_in(0xba).unwrap(), vec![kept.hash]);
        assert_eq!(blobs.hashes_in(0xbb).unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn the_same_bytes_lie_there_once_and_nothing_stays_behind() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path().join("blobs")).unwrap();
        let adding = blobs.adding().await;
        let first = blobs.put(b"abc", &adding).unwrap();
        assert_eq!(blobs.put(b"abc", &adding).unwrap(), first);
        assert!(first.hash.starts_with("ba7816bf"));
        assert_eq!(fs::read(blobs.path(&first.hash).unwrap()).unwrap(), b"abc");
        drop(blobs.incoming().unwrap());
        assert_eq!(
            fs::read_dir(dir.path().join("blobs/incoming"))
                .unwrap()
                .count(),
            0
        );
    }

    #[test]
    fn a_name_that_is_no_hash_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path().to_owned()).unwrap();
        assert_eq!(blobs.path("../../etc/passwd"), None);
        assert_eq!(blobs.path(&"é".repeat(32)), None);
    }
}
