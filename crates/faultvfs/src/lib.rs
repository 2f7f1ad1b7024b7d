//! A SQLite VFS for tests: it remembers what was written and not yet synced, and says at every sync
//! what a power cut at that moment could have left on the disk. It also fails by plan.
//!
//! It stands before the usual VFS: reads, writes and locks go through to real files, so that a
//! database behaves as ever; beside them it keeps, per file, what a sync made durable and what was
//! written since. At each sync it takes a picture: everything durable, and of the rest nothing,
//! all, some, or some in torn sectors, as a seeded generator has it. Tests open these pictures.
//! Test binaries only; never part of a server.

mod disk;
mod shim;

use std::ffi::{CString, NulError};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use disk::Disk;

/// What a power cut could have left.
#[derive(Debug, Clone)]
pub struct Picture {
    /// What the test had noted before it, see [`FaultVfs::note`].
    pub noted: u64,
    /// The files by their names and what is in them.
    pub files: Vec<(String, Vec<u8>)>,
}

/// What the VFS and the test share.
#[derive(Debug)]
struct Shared {
    disk: Mutex<Disk>,
    noted: AtomicU64,
    failing_syncs: AtomicBool,
    taking_pictures: AtomicBool,
}

impl Shared {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A registered VFS. It stays registered until the process ends.
#[derive(Debug, Clone)]
pub struct FaultVfs {
    shared: Arc<Shared>,
}

impl FaultVfs {
    /// Registers a VFS under a name of its own. The same seed gives the same pictures.
    ///
    /// # Errors
    /// When the name holds a zero byte.
    ///
    /// # Panics
    /// When SQLite has no usual VFS or does not take this one: then no test can run.
    pub fn register(name: &str, seed: u64) -> Result<Self, NulError> {
        let name = CString::new(name)?;
        let shared = Arc::new(Shared {
            disk: Mutex::new(Disk::new(seed)),
            noted: AtomicU64::new(0),
            failing_syncs: AtomicBool::new(false),
            taking_pictures: AtomicBool::new(false),
        });
        assert!(
            shim::register(name, Arc::clone(&shared)),
            "SQLite does not take the VFS"
        );
        Ok(Self { shared })
    }

    /// Notes how far the test has come: pictures taken from now on carry it.
    pub fn note(&self, noted: u64) {
        self.shared.noted.store(noted, Ordering::SeqCst);
    }

    /// From now on every sync fails as a broken disk does, or succeeds again.
    pub fn fail_syncs(&self, failing: bool) {
        self.shared.failing_syncs.store(failing, Ordering::SeqCst);
    }

    /// The disk takes this many more bytes, or as many as one likes.
    pub fn leave_room(&self, bytes: Option<u64>) {
        self.shared.disk().room_bytes = bytes;
    }

    /// Pictures are taken at every sync, or not.
    pub fn take_pictures(&self, taking: bool) {
        self.shared.taking_pictures.store(taking, Ordering::SeqCst);
    }

    /// The pictures taken so far; they are handed over.
    #[must_use]
    pub fn pictures(&self) -> Vec<Picture> {
        std::mem::take(&mut self.shared.disk().pictures)
    }

    /// How many syncs there were.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.shared.disk().syncs
    }
}
