//! The limits that an operator may set; the others stand in `base::limits`.

use base::limits;

use super::section::section;

section! {
    /// Limits. Whoever meets one is told so.
    Limits as "limits" {
        /// The largest file that may be uploaded, in bytes.
        file_bytes_max: u64 = limits::FILE_BYTES_MAX as u64,
        /// Requests a second of one person or address, over a longer time.
        requests_per_second: u32 = limits::REQUESTS_PER_SECOND,
        /// Requests that may come at once before that.
        requests_burst: u32 = limits::REQUESTS_BURST,
        /// Posts and edits a second of one person, over a longer time.
        posts_per_second: u32 = limits::POSTS_PER_SECOND,
        /// Posts and edits that may come at once before that.
        posts_burst: u32 = limits::POSTS_BURST,
        /// Bytes of text a second that one person may post, over a longer time.
        post_bytes_per_second: u32 = limits::POST_BYTES_PER_SECOND,
        /// Bytes of text that may come at once before that.
        post_bytes_burst: u32 = limits::POST_BYTES_BURST,
        /// Connections from one address (IPv6: one /64).
        connections_per_prefix_max: usize = limits::CONNECTIONS_PER_PREFIX_MAX,
        /// Commands a second of one live connection, over a longer time.
        commands_per_second: u32 = limits::COMMANDS_PER_SECOND,
        /// Commands that may come at once before that.
        commands_burst: u32 = limits::COMMANDS_BURST,
        /// Commands a second of one user, over all their connections and a longer time; 0: no
        /// limit. What is above is answered with error 111, here and below. Without a user, each
        /// connection counts for itself.
        user_commands_per_second: u32 = 0,
        /// Commands that may come at once before that.
        user_commands_burst: u32 = 0,
        /// Publications a second of one user; 0: no limit.
        publish_per_second: u32 = 0,
        /// Publications that may come at once before that.
        publish_burst: u32 = 0,
        /// Subscriptions a second of one user; 0: no limit.
        subscribe_per_second: u32 = 0,
        /// Subscriptions that may come at once before that.
        subscribe_burst: u32 = 0,
        /// Pages of history a second of one user; 0: no limit.
        history_per_second: u32 = 0,
        /// Pages of history that may come at once before that.
        history_burst: u32 = 0,
        /// Looks at presence a second of one user; 0: no limit.
        presence_per_second: u32 = 0,
        /// Looks at presence that may come at once before that.
        presence_burst: u32 = 0,
        /// Calls (rpc and messages without an answer) a second of one user; 0: no limit.
        rpc_per_second: u32 = 0,
        /// Calls that may come at once before that.
        rpc_burst: u32 = 0,
        /// Attempts a minute to set up or to use an invitation from one address (IPv6: one /64).
        /// Raise it when hundreds come in at once from one building.
        attempts_per_address_per_minute: u32 = 120,
    }
}

impl Limits {
    /// Says which value makes no sense, if one does.
    pub(super) fn check(&self) -> Result<(), String> {
        let above_zero = [
            ("file_bytes_max", self.file_bytes_max),
            ("requests_per_second", u64::from(self.requests_per_second)),
            ("requests_burst", u64::from(self.requests_burst)),
            ("posts_per_second", u64::from(self.posts_per_second)),
            ("posts_burst", u64::from(self.posts_burst)),
            (
                "post_bytes_per_second",
                u64::from(self.post_bytes_per_second),
            ),
            ("post_bytes_burst", u64::from(self.post_bytes_burst)),
            (
                "connections_per_prefix_max",
                self.connections_per_prefix_max as u64,
            ),
            ("commands_per_second", u64::from(self.commands_per_second)),
            ("commands_burst", u64::from(self.commands_burst)),
            (
                "attempts_per_address_per_minute",
                u64::from(self.attempts_per_address_per_minute),
            ),
        ];
        match above_zero.iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(format!("[limits] {key} must be above 0")),
            None => Ok(()),
        }
    }
}
