//! What a channel's name says: its namespace, whether it is private, and whose it is.

use base::limits::CHANNEL_NAME_BYTES_MAX;
use thiserror::Error;

/// Before a private channel, which only a token opens.
const PRIVATE: char = '$';
/// Between a namespace and the rest.
const NAMESPACE: char = ':';
/// Before the users whose channel it is.
const USERS: char = '#';
/// Between those users.
const USER: char = ',';
/// The rest of the name of a subscription to a whole namespace.
const WHOLE: &str = "*";

/// The namespaces of the product's own channels; `place` is one without a namespace.
pub const PRODUCT_CHANNELS: [&str; 6] = ["room", "user", "typing", "place", "live", "game"];

/// The name of no channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// Nothing.
    #[error("the name of the channel is empty")]
    Empty,
    /// Longer than [`CHANNEL_NAME_BYTES_MAX`].
    #[error("the name of the channel is too long")]
    TooLong,
    /// Something else than printable ASCII.
    #[error("the name of a channel is printable ASCII")]
    NotAscii,
}

/// The name of a channel, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelName<'a> {
    whole: &'a str,
}

impl<'a> ChannelName<'a> {
    /// Takes a name that somebody outside gave.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(whole: &'a str) -> Result<Self, Malformed> {
        if whole.is_empty() {
            return Err(Malformed::Empty);
        }
        if whole.len() > CHANNEL_NAME_BYTES_MAX {
            return Err(Malformed::TooLong);
        }
        if !whole.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(Malformed::NotAscii);
        }
        Ok(Self { whole })
    }

    /// The name as it was given.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.whole
    }

    /// Whether only a token opens it.
    #[must_use]
    pub fn is_private(self) -> bool {
        self.whole.starts_with(PRIVATE)
    }

    fn public(self) -> &'a str {
        self.whole.strip_prefix(PRIVATE).unwrap_or(self.whole)
    }

    /// The namespace; `None` without one.
    #[must_use]
    pub fn namespace(self) -> Option<&'a str> {
        self.public().split_once(NAMESPACE).map(|(name, _)| name)
    }

    /// Whether it is one of the product's own.
    #[must_use]
    pub fn is_product(self) -> bool {
        match self.whole.split_once(NAMESPACE) {
            Some((namespace, _)) => PRODUCT_CHANNELS.contains(&namespace),
            None => PRODUCT_CHANNELS.contains(&self.whole),
        }
    }

    /// Whether it belongs to certain users.
    #[must_use]
    pub fn is_user_limited(self) -> bool {
        self.whole.contains(USERS)
    }

    /// Whether this user is one of those it belongs to.
    #[must_use]
    pub fn belongs_to(self, user: &str) -> bool {
        let users = self.whole.rsplit_once(USERS).map(|(_, users)| users);
        !user.is_empty() && users.is_some_and(|users| users.split(USER).any(|it| it == user))
    }

    /// Whether it asks for a whole namespace, as `chat:*` does.
    #[must_use]
    pub fn is_wildcard(self) -> bool {
        let rest = self.whole.split_once(NAMESPACE).map(|(_, rest)| rest);
        rest == Some(WHOLE) && !self.is_private()
    }

    /// The subscription to a whole namespace that this channel's publications reach. `None` for
    /// channels that are not everybody's: private and user-limited ones, and for those without a
    /// namespace.
    #[must_use]
    pub fn wildcard(self) -> Option<String> {
        if self.is_private() || self.is_user_limited() || self.is_wildcard() {
            return None;
        }
        let namespace = self.namespace()?;
        Some(format!("{namespace}{NAMESPACE}{WHOLE}"))
    }
}

/// The personal channel of a user.
#[must_use]
pub fn personal(user: &str) -> String {
    format!("{USERS}{user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_namespace_its_users_and_whether_it_is_private() {
        #[rustfmt::skip]
        let table = [
            // name, namespace, private, user-limited, belongs to 42, product, wildcard
            ("news", None, false, false, false, false, None),
            ("chat:index", Some("chat"), false, false, false, false, Some("chat:*")),
            ("$chat:index", Some("chat"), true, false, false, false, None),
            ("$secret", None, true, false, false, false, None),
            ("#42", None, false, true, true, false, None),
            ("#4,42", None, false, true, true, false, None),
            ("chat:dialog#41,43", Some("chat"), false, true, false, false, None),
            ("chat:a:b", Some("chat"), false, false, false, false, Some("chat:*")),
            ("room:r00000000001", Some("room"), false, false, false, true, Some("room:*")),
            ("place", None, false, false, false, true, None),
            ("chat:*", Some("chat"), false, false, false, false, None),
        ];
        for (whole, namespace, private, limited, owned, product, wildcard) in table {
            let name = ChannelName::parse(whole).unwrap();
            assert_eq!(name.namespace(), namespace, "{whole}");
            assert_eq!(name.is_private(), private, "{whole}");
            assert_eq!(name.is_user_limited(), limited, "{whole}");
            assert_eq!(name.belongs_to("42"), owned, "{whole}");
            assert_eq!(name.is_product(), product, "{whole}");
            assert_eq!(name.wildcard().as_deref(), wildcard, "{whole}");
        }
        let personal = personal("42");
        assert!(ChannelName::parse(&personal).unwrap().belongs_to("42"));
        assert!(!ChannelName::parse("#").unwrap().belongs_to(""));
    }

    #[test]
    fn what_is_no_name_is_told() {
        let long = "x".repeat(CHANNEL_NAME_BYTES_MAX + 1);
        for (name, why) in [
            ("", Malformed::Empty),
            (&*long, Malformed::TooLong),
            ("näh", Malformed::NotAscii),
            ("a\nb", Malformed::NotAscii),
        ] {
            assert_eq!(ChannelName::parse(name), Err(why), "{name}");
        }
    }
}
