//! Uploaded bytes: where they lie, what they are, how they are shown.
//!
//! Knows no person and no room; `handle/files` decides who may.

pub mod blob;
pub mod image;
pub mod serve;
pub mod sniff;

use base::limits;

/// What is left for us on the disk that holds `path`, in bytes.
///
/// # Errors
/// The system does not say.
pub fn free_bytes(path: &std::path::Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Whether the disk that holds `path` has room for uploads.
///
/// # Errors
/// The system does not say.
pub fn takes_uploads(path: &std::path::Path) -> std::io::Result<bool> {
    let disk = rustix::fs::statvfs(path)?;
    let whole_bytes = disk.f_blocks.saturating_mul(disk.f_frsize);
    let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
    Ok(free_bytes >= free_bytes_min(whole_bytes))
}

/// What has to stay free on a disk of this size, in bytes.
fn free_bytes_min(whole_bytes: u64) -> u64 {
    let part = whole_bytes / 100 * limits::UPLOAD_DISK_FREE_PERCENT_MIN;
    part.min(limits::UPLOAD_DISK_FREE_BYTES_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gibibyte_stays_free_and_less_on_a_small_disk() {
        assert_eq!(free_bytes_min(1 << 40), 1 << 30);
        assert_eq!(free_bytes_min(10_000), 500);
    }

    #[test]
    fn the_disk_of_a_directory_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let free = free_bytes(dir.path()).unwrap();
        let takes = takes_uploads(dir.path()).unwrap();
        assert!(takes || free < limits::UPLOAD_DISK_FREE_BYTES_MIN);
        assert!(takes_uploads(&dir.path().join("none")).is_err());
    }
}
