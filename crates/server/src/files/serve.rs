//! Sends a blob over HTTP: whole or a range of it, cached as far as allowed, harmless in a browser.
//!
//! RFC 9110 section 14 for ranges: one range is honoured, several are answered with the whole.

use std::io::SeekFrom;
use std::path::Path;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::problem::{Answer, Problem};

/// What a browser is told about a blob.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The strong validator, made of the address. Never the hash of a file's bytes: whoever holds a
    /// document could ask with it whether somebody else has it, too.
    pub tag: &'a str,
    /// Its media type.
    pub media_type: &'a str,
    /// The name it is saved under.
    pub name: &'a str,
    /// Whether it may be shown in place: only pictures that we encoded ourselves.
    pub inline: bool,
    /// Whether a browser may show it again without asking: faces, not files.
    pub immutable: bool,
}

/// A page made of a file may do nothing at all.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
/// A browser keeps it and asks each time whether it may still show it: a message may be deleted,
/// and the next person of that browser may be somebody else.
const ASKED_ANEW: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Kept without asking again.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// The bytes asked for: first and last, both within the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Whole,
    Part(u64, u64),
    Unsatisfiable,
}

fn span(headers: &HeaderMap, etag: &str, size_bytes: u64) -> Span {
    let Some(range) = headers
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok())
    else {
        return Span::Whole;
    };
    // A resumed download of something else must start anew.
    if headers
        .get(header::IF_RANGE)
        .is_some_and(|value| value.as_bytes() != etag.as_bytes())
    {
        return Span::Whole;
    }
    let Some((first, last)) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Span::Whole;
    };
    let end = size_bytes.saturating_sub(1);
    let part = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(end)),
        (Ok(first), Err(_)) if last.is_empty() => (first, end),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => {
            (size_bytes.saturating_sub(count), end)
        }
        (Ok(_) | Err(_), Ok(_) | Err(_)) => return Span::Whole,
    };
    if part.0 >= size_bytes {
        Span::Unsatisfiable
    } else {
        Span::Part(part.0, part.1)
    }
}

/// RFC 6266 with RFC 8187: the name in ASCII for old readers and in UTF-8 for the others.
fn disposition(offer: &Offer<'_>) -> HeaderValue {
    let kind = if offer.inline { "inline" } else { "attachment" };
    let plain: String = offer
        .name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') {
                c
            } else {
                '_'
            }
        })
        .collect();
    let encoded: String = offer
        .name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let text = format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

fn head(offer: &Offer<'_>, etag: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let text = |text: &str| {
        HeaderValue::from_str(text)
            .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"))
    };
    headers.insert(header::CONTENT_TYPE, text(offer.media_type));
    headers.insert(header::CONTENT_DISPOSITION, disposition(offer));
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    let kept = if offer.immutable {
        IMMUTABLE
    } else {
        ASKED_ANEW
    };
    headers.insert(header::CACHE_CONTROL, kept);
    headers.insert(header::ETAG, text(etag));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers
}

/// Answers a GET for the blob at `path`.
///
/// # Errors
/// `not_found` when the blob is gone, a fault when the disk refuses.
pub async fn blob(path: &Path, offer: Offer<'_>, asked: &HeaderMap) -> Answer<Response> {
    let mut file = tokio::fs::File::open(path).await.map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Problem::not_found()
        } else {
            Problem::fault(error)
        }
    })?;
    let size_bytes = file.metadata().await.map_err(Problem::fault)?.len();
    let etag = format!("\"{}\"", offer.tag);
    let mut headers = head(&offer, &etag);
    let known = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == etag)) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let (status, first, count) = match span(asked, &etag, size_bytes) {
        Span::Whole => (StatusCode::OK, 0, size_bytes),
        Span::Part(first, last) => {
            let told = format!("bytes {first}-{last}/{size_bytes}");
            headers.insert(header::CONTENT_RANGE, ascii(&told));
            (StatusCode::PARTIAL_CONTENT, first, last - first + 1)
        }
        Span::Unsatisfiable => {
            headers.insert(
                header::CONTENT_RANGE,
                ascii(&format!("bytes */{size_bytes}")),
            );
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(count));
    file.seek(SeekFrom::Start(first))
        .await
        .map_err(Problem::fault)?;
    let stream = ReaderStream::with_capacity(file.take(count), 64 << 10);
    Ok((status, headers, Body::from_stream(stream)).into_response())
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &'static str) -> Span {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static(range));
        span(&headers, "\"x\"", 10)
    }

    #[test]
    fn one_range_is_honoured_and_nonsense_gets_the_whole() {
        assert_eq!(asked("bytes=0-3"), Span::Part(0, 3));
        assert_eq!(asked("bytes=4-"), Span::Part(4, 9));
        assert_eq!(asked("bytes=-4"), Span::Part(6, 9));
        assert_eq!(asked("bytes=-40"), Span::Part(0, 9));
        assert_eq!(asked("bytes=2-99"), Span::Part(2, 9));
        assert_eq!(asked("bytes=10-"), Span::Unsatisfiable);
        for nonsense in [
            "bytes=5-2",
            "bytes=0-1,4-5",
            "lines=1-2",
            "bytes=-",
            "bytes=-0",
        ] {
            assert_eq!(asked(nonsense), Span::Whole, "{nonsense}");
        }
    }

    #[test]
    fn a_name_can_not_break_out_of_its_header() {
        let offer = Offer {
            tag: "x",
            media_type: "text/plain",
            name: "a\"; filename=evil.exe; 报告.txt",
            inline: false,
            immutable: false,
        };
        let value = disposition(&offer);
        let text = value.to_str().unwrap();
        assert!(
            text.starts_with("attachment; filename=\"a_;_filename"),
            "{text}"
        );
        assert_eq!(text.matches('"').count(), 2);
    }
}
