//! Uploaded files.

use base::{FileId, PersonId, RoomId, UnixMs};

/// An uploaded file. The bytes lie in the data directory under their hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// The room it was uploaded for; only its members may read it.
    pub room: RoomId,
    /// Who uploaded it.
    pub uploaded_by: PersonId,
    /// When.
    pub uploaded_at: UnixMs,
    /// SHA-256 of the stored bytes, in hexadecimal.
    pub hash: String,
    /// The name, cleaned: no path, no control characters.
    pub name: String,
    /// The media type found by looking at the bytes.
    pub media_type: String,
    /// The size of the stored bytes.
    pub size_bytes: u64,
    /// Width in pixels, for images that can be shown.
    pub width_px: Option<u32>,
    /// Height in pixels.
    pub height_px: Option<u32>,
    /// SHA-256 of the thumbnail's bytes.
    pub thumb_hash: Option<String>,
}
