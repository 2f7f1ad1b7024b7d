//! Error codes: the stable names under which every door tells what went wrong.
//!
//! The table is the one in `docs/protocol.md`. A door turns a code into its own shape (an HTTP
//! status, a Centrifugo error number); nobody else invents codes.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:literal, $socket:literal;)*) => {
        /// What went wrong, as a stable name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code there is, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name, as it stands in answers and documentation.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The HTTP status that carries it.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The number of the Centrifugo error that carries it.
            #[must_use]
            pub const fn socket_code(self) -> u32 {
                match self { $(Self::$variant => $socket,)* }
            }
        }
    };
}

codes! {
    /// Malformed input.
    BadRequest = "bad_request", 400, 107;
    /// No session, or one that ended.
    Unauthenticated = "unauthenticated", 401, 101;
    /// Name or password does not fit.
    WrongPassword = "wrong_password", 401, 1001;
    /// The role does not allow it.
    Forbidden = "forbidden", 403, 103;
    /// The page that asks is not this server's.
    ForeignOrigin = "foreign_origin", 403, 1002;
    /// Nothing there, or nothing this person may see.
    NotFound = "not_found", 404, 102;
    /// The address is there, but not for this method.
    MethodNotAllowed = "method_not_allowed", 405, 1017;
    /// No such rpc method.
    MethodNotFound = "method_not_found", 404, 104;
    /// Changed meanwhile.
    Conflict = "conflict", 409, 1003;
    /// Somebody has this name already.
    NameTaken = "name_taken", 409, 1004;
    /// The place was opened before.
    SetUpAlready = "set_up_already", 409, 1005;
    /// An unknown, expired or used up invitation.
    InviteInvalid = "invite_invalid", 410, 1006;
    /// More bytes than allowed.
    TooLarge = "too_large", 413, 106;
    /// Not an image that can be read.
    UnsupportedMedia = "unsupported_media", 415, 1007;
    /// Nothing to post.
    Empty = "empty", 422, 1008;
    /// More characters than allowed.
    TooLong = "too_long", 422, 1009;
    /// A password that is too short or too long.
    WeakPassword = "weak_password", 422, 1010;
    /// The word filter refuses it.
    BlockedWords = "blocked_words", 422, 1011;
    /// The room takes no more events.
    RoomArchived = "room_archived", 422, 1012;
    /// The place needs an owner.
    LastOwner = "last_owner", 422, 1013;
    /// The heads of the request are too many or too long.
    HeadersTooLarge = "headers_too_large", 431, 1018;
    /// Too often; wait.
    RateLimited = "rate_limited", 429, 111;
    /// A queue is full; wait.
    Busy = "busy", 503, 1014;
    /// The disk is full; reading still works.
    ReadOnly = "read_only", 507, 1015;
    /// The server is going down; come back.
    ShuttingDown = "shutting_down", 503, 1016;
    /// Our fault; the request id finds it in the log.
    Fault = "fault", 500, 100;
}

impl Code {
    /// Whether the same request may succeed later without being changed.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Busy | Self::ReadOnly | Self::ShuttingDown | Self::Fault
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_socket_codes_are_unique() {
        for (at, code) in Code::ALL.iter().enumerate() {
            for other in &Code::ALL[at + 1..] {
                assert_ne!(code.name(), other.name());
                assert_ne!(code.socket_code(), other.socket_code());
            }
        }
    }
}
