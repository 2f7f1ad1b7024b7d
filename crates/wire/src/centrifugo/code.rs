//! The code tables of the protocol: what a client does next depends on the number alone.

macro_rules! codes {
    (
        $(#[$table:meta])*
        $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal, $text:literal;)* }
    ) => {
        $(#[$table])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every code of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number on the wire.
            #[must_use]
            pub const fn code(self) -> u32 {
                match self { $(Self::$variant => $code,)* }
            }

            /// The sentence that goes with it, below 123 bytes.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The table's entry with this number.
            #[must_use]
            pub fn from_code(code: u32) -> Option<Self> {
                Self::ALL.iter().copied().find(|entry| entry.code() == code)
            }
        }
    };
}

codes! {
    /// Errors in replies, by the stable names of `docs/protocol.md`; what a client does depends on
    /// the number. Applications add their own from 400 to 1999.
    ErrorCode {
        /// Ours; temporary.
        Internal = 100, "fault";
        /// No credentials.
        Unauthorized = 101, "unauthenticated";
        /// No such channel or namespace.
        UnknownChannel = 102, "not_found";
        /// Not allowed.
        PermissionDenied = 103, "forbidden";
        /// No such rpc method.
        MethodNotFound = 104, "method_not_found";
        /// The connection has this subscription.
        AlreadySubscribed = 105, "already_subscribed";
        /// Too many or too large.
        LimitExceeded = 106, "too_large";
        /// Malformed.
        BadRequest = 107, "bad_request";
        /// Not switched on.
        NotAvailable = 108, "not_available";
        /// The token is over; fetch another one.
        TokenExpired = 109, "token_expired";
        /// The credentials are over.
        Expired = 110, "expired";
        /// Too often; temporary.
        TooManyRequests = 111, "rate_limited";
        /// The stream does not reach back so far.
        UnrecoverablePosition = 112, "unrecoverable_position";
    }
}

impl ErrorCode {
    /// Whether the same command may succeed later.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::Internal | Self::TooManyRequests)
    }
}

codes! {
    /// Why the server ended a subscription. From 2500 on the client subscribes again.
    Unsubscribe {
        /// By the server, for good.
        Server = 2000, "server unsubscribe";
        /// The client missed something; it recovers.
        InsufficientState = 2500, "insufficient state";
        /// The subscription's own token is over.
        Expired = 2501, "subscription expired";
    }
}

codes! {
    /// Why the server closed a connection; also the WebSocket close code. Below 3500 the client
    /// comes back, from 3500 to 3999 it does not.
    Disconnect {
        /// A plain close.
        ConnectionClosed = 3000, "connection closed";
        /// The server goes down.
        Shutdown = 3001, "shutdown";
        /// Ours.
        InternalServerError = 3004, "internal server error";
        /// The credentials are over and were not refreshed.
        Expired = 3005, "connection expired";
        /// A subscription's credentials are over.
        SubscriptionExpired = 3006, "subscription expired";
        /// The client reads too slowly.
        Slow = 3008, "slow";
        /// The socket broke.
        WriteError = 3009, "write error";
        /// The client missed something that cannot be mended on this connection.
        InsufficientState = 3010, "insufficient state";
        /// Come back at once.
        ForceReconnect = 3011, "force reconnect";
        /// No answer to a ping.
        NoPong = 3012, "no pong";
        /// Too often, after being told so.
        TooManyRequests = 3013, "too many requests";
        /// The token is forged.
        InvalidToken = 3500, "invalid token";
        /// Not this protocol.
        BadRequest = 3501, "bad request";
        /// Did not authenticate in time.
        Stale = 3502, "stale";
        /// Sent away for good.
        ForceDisconnect = 3503, "force disconnect";
        /// Too many connections.
        ConnectionLimit = 3504, "connection limit";
        /// Too many subscriptions.
        ChannelLimit = 3505, "channel limit";
        /// Binary data for a JSON client.
        InappropriateProtocol = 3506, "inappropriate protocol";
        /// Not allowed.
        PermissionDenied = 3507, "permission denied";
        /// Not switched on.
        NotAvailable = 3508, "not available";
        /// Too many errors in a row.
        TooManyErrors = 3509, "too many errors";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_by_its_number_and_fits_a_close_frame() {
        for entry in Disconnect::ALL {
            assert_eq!(Disconnect::from_code(entry.code()), Some(*entry));
            assert!(entry.text().len() <= 123 && (3000..4000).contains(&entry.code()));
        }
        for entry in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_code(entry.code()), Some(*entry));
        }
        assert_eq!(Unsubscribe::from_code(1), None);
    }
}
