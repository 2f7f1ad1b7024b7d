//! The ballast: a file that is deleted when the disk is full, so that erasing, pruning and
//! exporting still find room. Only the writer and the opener touch it.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const FILE: &str = "ballast";
const CHUNK_BYTES: usize = 1 << 20;

/// The file, whether it stands or has been freed.
#[derive(Debug)]
pub(crate) struct Ballast {
    path: PathBuf,
    size_bytes: u64,
}

impl Ballast {
    /// Makes it stand if there is room; when there is none, the server starts without.
    pub(crate) fn set_aside(dir: &Path, size_bytes: u64) -> Self {
        let ballast = Self {
            path: dir.join(FILE),
            size_bytes,
        };
        ballast.restore();
        ballast
    }

    /// Gives the room to whoever writes next.
    pub(crate) fn free(&self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "the ballast file could not be freed");
        }
    }

    /// Takes the room again. Answers whether the disk has so much: a full one does not.
    pub(crate) fn restore(&self) -> bool {
        if self.size_bytes == 0 {
            return true;
        }
        if std::fs::metadata(&self.path).is_ok_and(|file| file.len() == self.size_bytes) {
            return true;
        }
        match self.write() {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "no room for the ballast file");
                self.free();
                false
            }
        }
    }

    /// Real bytes, not a hole: a hole would free nothing.
    fn write(&self) -> std::io::Result<()> {
        let mut file = File::create(&self.path)?;
        let chunk = vec![0u8; CHUNK_BYTES];
        let mut left = self.size_bytes;
        while left > 0 {
            let now = left.min(CHUNK_BYTES as u64);
            file.write_all(&chunk[..usize::try_from(now).unwrap_or(CHUNK_BYTES)])?;
            left -= now;
        }
        file.sync_data()
    }
}
