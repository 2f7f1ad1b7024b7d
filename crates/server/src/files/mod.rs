//! Uploaded bytes: where they lie, what they are, how they are shown.
//!
//! Knows no person and no room; `handle/files` decides who may.

pub mod blob;
pub mod image;
pub mod serve;
pub mod sniff;

/// What is left for us on the disk that holds `path`, in bytes.
///
/// # Errors
/// The system does not say.
pub fn free_bytes(path: &std::path::Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}
