//! Which options hold for a channel.

use std::collections::HashMap;
use std::sync::Arc;

use thiserror::Error;

use super::{ChannelName, ChannelOptions, PRODUCT_CHANNELS};

/// The shortest name of a namespace.
const NAME_CHARS_MIN: usize = 2;

/// A namespace that can not be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unusable {
    /// Not two or more letters, digits, `-` and `_`.
    #[error("{0:?} is no name of a namespace: two or more letters, digits, - or _")]
    Name(String),
    /// The product has channels of that name.
    #[error("{0:?} is a namespace of the server's own channels")]
    Taken(String),
    /// It is there twice.
    #[error("the namespace {0:?} stands there twice")]
    Twice(String),
}

/// The options of all app channels.
#[derive(Debug, Clone, Default)]
pub struct Namespaces {
    without: Arc<ChannelOptions>,
    named: HashMap<String, Arc<ChannelOptions>>,
}

impl Namespaces {
    /// With the options of channels without a namespace.
    #[must_use]
    pub fn new(without: ChannelOptions) -> Self {
        Self {
            without: Arc::new(without),
            named: HashMap::new(),
        }
    }

    /// Adds a namespace.
    ///
    /// # Errors
    /// It can not be.
    pub fn add(&mut self, name: &str, options: ChannelOptions) -> Result<(), Unusable> {
        let usable = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.len() < NAME_CHARS_MIN || !name.bytes().all(usable) {
            return Err(Unusable::Name(name.to_owned()));
        }
        if PRODUCT_CHANNELS.contains(&name) {
            return Err(Unusable::Taken(name.to_owned()));
        }
        let before = self.named.insert(name.to_owned(), Arc::new(options));
        match before {
            Some(_) => Err(Unusable::Twice(name.to_owned())),
            None => Ok(()),
        }
    }

    /// The options of a channel; `None` when its namespace is unknown or the product's.
    #[must_use]
    pub fn options(&self, name: ChannelName<'_>) -> Option<&Arc<ChannelOptions>> {
        if name.is_product() {
            return None;
        }
        match name.namespace() {
            Some(namespace) => self.named.get(namespace),
            None => Some(&self.without),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_the_options_of_its_namespace() {
        let chat = ChannelOptions {
            presence: true,
            ..ChannelOptions::default()
        };
        let mut namespaces = Namespaces::new(ChannelOptions::default());
        namespaces.add("chat", chat).unwrap();
        let presence = |name| {
            let name = ChannelName::parse(name).unwrap();
            namespaces.options(name).map(|options| options.presence)
        };
        for (name, expected) in [
            ("chat:1", Some(true)),
            ("$chat:1", Some(true)),
            ("chat", Some(false)),
            ("news:1", None),
            (":1", None),
            ("room:1", None),
            ("place", None),
        ] {
            assert_eq!(presence(name), expected, "{name}");
        }
    }

    #[test]
    fn a_namespace_has_a_name_of_its_own() {
        let mut namespaces = Namespaces::default();
        let mut add = |name: &str| namespaces.add(name, ChannelOptions::default());
        assert_eq!(add("chat"), Ok(()));
        assert_eq!(add("chat"), Err(Unusable::Twice("chat".to_owned())));
        assert_eq!(add("room"), Err(Unusable::Taken("room".to_owned())));
        for name in ["", "a", "a b", "a:b", "ä1"] {
            assert_eq!(add(name), Err(Unusable::Name(name.to_owned())));
        }
    }
}
