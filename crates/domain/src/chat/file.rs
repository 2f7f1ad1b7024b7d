//! Uploaded files.

use base::{FileId, PersonId, RoomId, UnixMs, limits};

use crate::auth::name::one_line;

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

/// What a person has uploaded and not posted yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unposted {
    /// How many files.
    pub files: u64,
    /// Their bytes together.
    pub bytes: u64,
}

impl Unposted {
    /// Whether one more file of this size may come to them. A first one always may: what a single
    /// file may weigh is for the place to say.
    #[must_use]
    pub fn takes(self, size_bytes: u64) -> bool {
        let bytes = self.bytes.saturating_add(size_bytes);
        self.files == 0
            || (self.files < limits::UNPOSTED_FILES_PER_PERSON_MAX
                && bytes <= limits::UNPOSTED_BYTES_PER_PERSON_MAX)
    }
}

/// The name of an upload as it may be stored and offered for download: its last path part, without
/// control, hidden and reserved characters, bounded; `file` when nothing is left.
///
/// Its ending stays when the name is cut. The name never decides what the file is: the bytes do.
#[must_use]
pub fn clean_name(raw: &str) -> String {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let bounded: String = last.chars().take(4 * limits::FILE_NAME_CHARS_MAX).collect();
    let shown: String = one_line(&bounded)
        .chars()
        .map(|c| {
            if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') {
                '_'
            } else {
                c
            }
        })
        .collect();
    // A name of dots means a folder, one that begins with a dot hides itself.
    let name = shown.trim_matches([' ', '.']);
    if name.is_empty() {
        return "file".to_owned();
    }
    shorten(name)
}

fn shorten(name: &str) -> String {
    let most = limits::FILE_NAME_CHARS_MAX;
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending)
        .unwrap_or_default();
    let ending = if ending.chars().count() <= 16 {
        format!(".{ending}")
    } else {
        String::new()
    };
    let stem: String = name.chars().take(most - ending.chars().count()).collect();
    format!("{}{ending}", stem.trim_end_matches([' ', '.', '\u{200d}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_its_path_and_what_cannot_be_shown() {
        for (raw, wanted) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\lin\\plan.pdf", "plan.pdf"),
            ("a\u{0}b\n.txt", "ab .txt"),
            ("report\u{202e}fdp.exe", "reportfdp.exe"),
            ("面试 安排.docx", "面试 安排.docx"),
            ("what?<b>.png", "what__b_.png"),
            (".htaccess", "htaccess"),
            ("..", "file"),
            ("", "file"),
            ("\u{200b}", "file"),
        ] {
            assert_eq!(clean_name(raw), wanted, "{raw:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let cut = clean_name(&format!("{}.jpeg", "漢".repeat(700)));
        assert!(cut.chars().count() <= limits::FILE_NAME_CHARS_MAX);
        let cut = clean_name(&format!("{}.jpeg", "漢".repeat(300)));
        assert_eq!(cut.chars().count(), limits::FILE_NAME_CHARS_MAX);
        assert!(cut.ends_with("漢.jpeg"));
    }
}
