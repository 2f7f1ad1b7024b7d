//! What bytes are, by looking at them; and names that are safe to keep.

use base::limits;

/// What a file is called when its bytes say nothing.
const UNKNOWN: &str = "application/octet-stream";

/// The media type by the first bytes, never by what the sender claims.
///
/// Plain text has no mark of its own: bytes that are UTF-8 without control characters count as it,
/// and are served as an attachment like everything else that is not a picture.
#[must_use]
pub fn media_type(head: &[u8]) -> &'static str {
    match infer::get(head) {
        Some(kind) => kind.mime_type(),
        None if is_text(head) => "text/plain; charset=utf-8",
        None => UNKNOWN,
    }
}

fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end in the middle of a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty()
        && !text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Characters that turn the direction of text or hide: in a name they only deceive.
fn deceives(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}')
}

/// A file name without its path, control and direction characters, cut to its limit with the ending
/// kept; `file` when nothing is left.
#[must_use]
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let cleaned: String = last
        .chars()
        .filter(|c| !c.is_control() && !deceives(*c))
        .collect();
    let cleaned = cleaned.trim().trim_start_matches('.').trim();
    if cleaned.is_empty() {
        return "file".to_owned();
    }
    let count = cleaned.chars().count();
    if count <= limits::FILE_NAME_CHARS_MAX {
        return cleaned.to_owned();
    }
    let (stem, ending) = match cleaned.rsplit_once('.') {
        Some((stem, ending)) if ending.chars().count() <= 10 => (stem, format!(".{ending}")),
        Some(_) | None => (cleaned, String::new()),
    };
    let keep = limits::FILE_NAME_CHARS_MAX - ending.chars().count();
    stem.chars().take(keep).chain(ending.chars()).collect()
}

/// The name with the ending of what the file was re-encoded to.
#[must_use]
pub fn with_ending(name: &str, ending: &str) -> String {
    let fits = |known: &str| {
        known.eq_ignore_ascii_case(ending)
            || (ending == "jpg" && known.eq_ignore_ascii_case("jpeg"))
    };
    match name.rsplit_once('.') {
        Some((_, known)) if fits(known) => name.to_owned(),
        Some((stem, known)) if known.len() <= 5 && !stem.is_empty() => format!("{stem}.{ending}"),
        Some(_) | None => format!("{name}.{ending}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_believed_and_claims_are_not() {
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n0000"), "image/png");
        assert_eq!(
            media_type("你好, text\n".as_bytes()),
            "text/plain; charset=utf-8"
        );
        assert_eq!(media_type(&[0, 1, 2, 3]), UNKNOWN);
        assert_eq!(media_type(b""), UNKNOWN);
        let cut = &"你好".as_bytes()[..4];
        assert_eq!(media_type(cut), "text/plain; charset=utf-8");
    }

    #[test]
    fn names_lose_their_path_and_what_deceives() {
        assert_eq!(clean_name("../../etc/passwd"), "passwd");
        assert_eq!(clean_name("C:\\temp\\报告.pdf"), "报告.pdf");
        assert_eq!(clean_name("a\u{202e}gpj.exe\n"), "agpj.exe");
        assert_eq!(clean_name("..."), "file");
        let long = format!("{}.pdf", "x".repeat(500));
        let cut = clean_name(&long);
        assert_eq!(cut.chars().count(), limits::FILE_NAME_CHARS_MAX);
        assert!(cut.ends_with(".pdf"));
    }

    #[test]
    fn the_ending_follows_the_new_encoding() {
        assert_eq!(with_ending("a.webp", "jpg"), "a.jpg");
        assert_eq!(with_ending("a.JPEG", "jpg"), "a.JPEG");
        assert_eq!(with_ending("photo", "png"), "photo.png");
    }
}
