//! As much of an HTTP client as setting Plaza up takes: one request per connection, JSON bodies.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::error::{BenchError, Doing};

/// An answer.
pub(crate) struct Answer {
    /// The session, if one was started.
    pub(crate) cookie: Option<String>,
    /// The body.
    pub(crate) json: Value,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) enum Caller<'a> {
    /// Nobody yet.
    Anyone,
    /// A browser with its session.
    Cookie(&'a str),
    /// A script with its API token.
    Token(&'a str),
}

/// Sends `POST path` and expects success.
pub(crate) fn post(
    port: u16,
    path: &str,
    caller: Caller<'_>,
    body: &Value,
) -> Result<Answer, BenchError> {
    let body = body.to_string();
    let who = match caller {
        Caller::Anyone => String::new(),
        Caller::Cookie(cookie) => format!("Cookie: {cookie}\r\n"),
        Caller::Token(token) => format!("Authorization: Bearer {token}\r\n"),
    };
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
         Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         {who}\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).doing("connect")?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .doing("set the patience")?;
    stream
        .write_all(request.as_bytes())
        .doing(format!("POST {path}"))?;
    let mut bytes = Vec::new();
    stream
        .read_to_end(&mut bytes)
        .doing(format!("read the answer to {path}"))?;
    understand(&bytes).map_err(|said| BenchError::Protocol(format!("POST {path}: {said}")))
}

/// The body of `GET path`, which is JSON.
pub(crate) fn get_json(port: u16, path: &str) -> Result<Value, BenchError> {
    let answer = understand(get_any(port, path)?.as_bytes());
    let answer = answer.map_err(|said| BenchError::Protocol(format!("GET {path}: {said}")))?;
    Ok(answer.json)
}

fn get_any(port: u16, path: &str) -> Result<String, BenchError> {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).doing("connect")?;
    let mut text = String::new();
    stream
        .write_all(request.as_bytes())
        .and_then(|()| stream.read_to_string(&mut text))
        .doing(format!("GET {path}"))?;
    Ok(text)
}

/// The body of `GET path`, which is text.
pub(crate) fn get(port: u16, path: &str) -> Result<String, BenchError> {
    let text = get_any(port, path)?;
    match text.starts_with("HTTP/1.1 200") {
        true => Ok(text),
        false => Err(BenchError::Protocol(format!("GET {path}: {text}"))),
    }
}

fn understand(bytes: &[u8]) -> Result<Answer, String> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").ok_or("not an answer")?;
    if !head.starts_with("HTTP/1.1 2") {
        return Err(text.into_owned());
    }
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    // A chunked body comes in lines of lengths and lines of JSON, which holds no line feed.
    let chunked = header("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
    let body = if chunked {
        body.split("\r\n").skip(1).step_by(2).collect()
    } else {
        body.to_owned()
    };
    let json = if body.trim().is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&body).map_err(|error| format!("{error} in {body}"))?
    };
    let cookie = header("set-cookie");
    let cookie = cookie.and_then(|cookie| cookie.split(';').next().map(str::to_owned));
    Ok(Answer { cookie, json })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookie_and_body_are_found_in_plain_and_chunked_answers() {
        let plain = b"HTTP/1.1 200 OK\r\nSet-Cookie: s=abc; Path=/\r\n\r\n{\"a\":1}";
        let answer = understand(plain).unwrap_or_else(|said| panic!("{said}"));
        assert_eq!(answer.cookie.as_deref(), Some("s=abc"));
        assert_eq!(answer.json["a"], 1);
        let chunked = b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n\
              4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n";
        assert_eq!(
            understand(chunked).map(|answer| answer.json["a"].clone()),
            Ok(1.into())
        );
        assert!(understand(b"HTTP/1.1 403 Forbidden\r\n\r\n{}").is_err());
    }
}
