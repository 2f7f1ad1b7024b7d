//! What the query of a request asks for, and how the protocol says no.

/// How a client wants to be carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Requests that wait for something to answer.
    Polling,
    /// A WebSocket.
    WebSocket,
}

/// The errors of the protocol, with the bodies that the reference server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// A transport that does not exist.
    UnknownTransport,
    /// A session that does not exist, or is over.
    UnknownSession,
    /// A session is opened by GET only.
    BadHandshakeMethod,
    /// A request that fits nothing.
    BadRequest,
    /// The server does not let this one in.
    Forbidden,
    /// Not version 4 of the protocol.
    UnsupportedVersion,
}

impl ErrorCode {
    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSession => 1,
            Self::BadHandshakeMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden => 4,
            Self::UnsupportedVersion => 5,
        }
    }

    /// What is said with it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::UnknownTransport => "Transport unknown",
            Self::UnknownSession => "Session ID unknown",
            Self::BadHandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden => "Forbidden",
            Self::UnsupportedVersion => "Unsupported protocol version",
        }
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::UnknownTransport
            | Self::UnknownSession
            | Self::BadHandshakeMethod
            | Self::BadRequest
            | Self::UnsupportedVersion => 400,
        }
    }

    /// The JSON of the answer.
    #[must_use]
    pub fn body(self) -> String {
        let (number, text) = (self.number(), self.text());
        format!("{{\"code\":{number},\"message\":\"{text}\"}}")
    }
}

/// What a query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// How.
    pub transport: Transport,
    /// The session; `None` opens one.
    pub sid: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// Reads a query such as `EIO=4&transport=polling&t=x`.
    ///
    /// # Errors
    /// The version is not 4 or the transport is unknown. The order of these checks is that of the
    /// reference server: transport first.
    pub fn from_query(query: &'a str) -> Result<Self, ErrorCode> {
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let transport = match value("transport") {
            Some("polling") => Transport::Polling,
            Some("websocket") => Transport::WebSocket,
            Some(_) | None => return Err(ErrorCode::UnknownTransport),
        };
        if value("EIO") != Some("4") {
            return Err(ErrorCode::UnsupportedVersion);
        }
        let sid = value("sid").filter(|sid| !sid.is_empty());
        Ok(Self { transport, sid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_version_transport_and_session() {
        let asked = Asked::from_query("EIO=4&transport=polling&t=abc").unwrap();
        assert_eq!((asked.transport, asked.sid), (Transport::Polling, None));
        let asked = Asked::from_query("sid=a-b&EIO=4&transport=websocket").unwrap();
        assert_eq!(
            (asked.transport, asked.sid),
            (Transport::WebSocket, Some("a-b"))
        );
    }

    #[test]
    fn what_is_not_spoken_here_is_refused_with_its_number() {
        let refused = [
            ("", ErrorCode::UnknownTransport),
            ("EIO=4", ErrorCode::UnknownTransport),
            ("EIO=4&transport=abc", ErrorCode::UnknownTransport),
            ("transport=polling", ErrorCode::UnsupportedVersion),
            ("EIO=3&transport=polling", ErrorCode::UnsupportedVersion),
            ("EIO=abc&transport=websocket", ErrorCode::UnsupportedVersion),
        ];
        for (query, code) in refused {
            assert_eq!(Asked::from_query(query), Err(code), "{query}");
        }
    }

    #[test]
    fn errors_have_the_bodies_that_clients_know() {
        assert_eq!(
            ErrorCode::UnknownSession.body(),
            r#"{"code":1,"message":"Session ID unknown"}"#
        );
        assert_eq!(ErrorCode::Forbidden.status(), 403);
    }
}
