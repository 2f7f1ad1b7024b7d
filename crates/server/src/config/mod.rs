//! The configuration: one optional TOML file, one struct per section.
//!
//! Read once at start by [`Config::load`]; whoever needs settings is given its resolved section,
//! never the whole. Unknown keys are errors that name the line.

pub mod calls;
pub mod channels;
pub mod client;
pub mod data;
pub mod docs;
pub mod http_api;
pub mod limits;
pub mod listen;
pub mod livekit;
pub mod log;
pub mod origins;
pub mod plain;
pub mod post;
pub mod proxy;
pub mod section;
pub mod socketio;
pub mod webhooks;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use calls::Calls;
pub use channels::{Channels, Namespace};
pub use client::Client;
pub use data::Data;
pub use http_api::HttpApi;
pub use limits::Limits;
pub use listen::{Listen, Network};
pub use livekit::LiveKit;
pub use log::Log;
pub use origins::Origins;
pub use plain::Plain;
pub use post::Post;
pub use proxy::Proxy;
pub use socketio::SocketIo;
pub use webhooks::Webhooks;

/// All sections, resolved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the server listens.
    pub listen: Listen,
    /// Where the data lies.
    pub data: Data,
    /// Which other web pages may use it.
    pub origins: Origins,
    /// Who may connect without an account.
    pub client: Client,
    /// App channels without a namespace.
    pub channels: Channels,
    /// Namespaces of app channels.
    pub namespaces: Vec<Namespace>,
    /// Limits that the operator may set.
    pub limits: Limits,
    /// Keys for the server HTTP API.
    pub http_api: HttpApi,
    /// Where an app's backend hears of connections.
    pub webhooks: Webhooks,
    /// The operator's backend, which decides about app users.
    pub proxy: Proxy,
    /// What is logged.
    pub log: Log,
    /// Rooms over plain WebSockets.
    pub plain: Plain,
    /// Paths that take a message by POST.
    pub post: Post,
    /// The Socket.IO door.
    pub socketio: SocketIo,
    /// Voice and video.
    pub calls: Calls,
    /// Clients of LiveKit's SDKs.
    pub livekit: LiveKit,
}

/// Why the file can not be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It can not be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not what the documentation tells; the text names line and key.
    #[error("{path}: {text}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, key and reason.
        text: String,
    },
    /// A value makes no sense.
    #[error("{0}")]
    Senseless(String),
}

impl Config {
    /// Reads `path`, or takes every default when there is none.
    ///
    /// # Errors
    /// The file is unreadable, malformed, has an unknown key, or a value makes no sense.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let config: Self = toml::from_str(&text).map_err(|error| ConfigError::Malformed {
            path: path.to_owned(),
            text: error.to_string(),
        })?;
        config.check()?;
        Ok(config)
    }

    /// Looks for values that are well-formed and still make no sense.
    ///
    /// # Errors
    /// One does not.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.limits.check().map_err(ConfigError::Senseless)?;
        self.client.check().map_err(ConfigError::Senseless)?;
        channels::namespaces(&self.channels, &self.namespaces).map_err(ConfigError::Senseless)?;
        self.webhooks.check().map_err(ConfigError::Senseless)?;
        self.check_proxy().map_err(ConfigError::Senseless)?;
        self.listen.addresses().map_err(ConfigError::Senseless)?;
        self.plain.check().map_err(ConfigError::Senseless)?;
        self.post.check().map_err(ConfigError::Senseless)?;
        self.socketio.check().map_err(ConfigError::Senseless)?;
        self.calls.check().map_err(ConfigError::Senseless)?;
        self.livekit.check().map_err(ConfigError::Senseless)?;
        self.check_entrances().map_err(ConfigError::Senseless)?;
        let routes = self.plain.routes.iter().map(|route| &route.origins);
        let posts = self.post.routes.iter().map(|route| &route.origins);
        let namespaces = self.socketio.namespaces.iter().map(|it| &it.origins);
        let doors = routes.chain(posts).chain(namespaces);
        let doors = doors.chain([&self.plain.origins, &self.socketio.origins]);
        for origin in doors.flatten() {
            origins::check_at_door(origin).map_err(ConfigError::Senseless)?;
        }
        for origin in &self.origins.allowed {
            origins::check(origin).map_err(ConfigError::Senseless)?;
        }
        Ok(())
    }

    /// Who is asked is there.
    fn check_proxy(&self) -> Result<(), String> {
        self.proxy.check()?;
        self.proxy.check_asked("[channels]", &self.channels)?;
        for namespace in &self.namespaces {
            let name = format!("[[namespaces]] {:?}:", namespace.name);
            self.proxy.check_asked(&name, &namespace.options)?;
        }
        Ok(())
    }

    /// Routes are at addresses where the server listens.
    fn check_entrances(&self) -> Result<(), String> {
        let addresses = self.listen.addresses()?;
        let plain = self.plain.routes.iter().map(|it| (&it.path, it.listener));
        let post = self.post.routes.iter().map(|it| (&it.path, it.listener));
        for (path, entrance) in plain.chain(post) {
            if !addresses.iter().any(|address| entrance.is_at(*address)) {
                return Err(format!(
                    "the route {path} is at {entrance}, which [listen] does not name"
                ));
            }
        }
        Ok(())
    }

    /// Whether rooms can be read and written without a token.
    #[must_use]
    pub fn lets_anybody_in(&self) -> bool {
        let (mut plain, mut post) = (self.plain.routes.iter(), self.post.routes.iter());
        self.plain.anonymous
            || plain.any(|route| route.is_room() && route.anonymous)
            || post.any(|route| route.anonymous)
    }

    /// The rooms that doors lead to: there is an open one of each name once the server runs.
    pub fn rooms(&self) -> impl Iterator<Item = &str> {
        let plain = self.plain.routes.iter().map(|route| route.room.as_str());
        let post = self.post.routes.iter().map(|route| route.room.as_str());
        let namespaces = self.socketio.namespaces.iter();
        let namespaces = namespaces.map(|namespace| namespace.room.as_str());
        plain
            .chain(post)
            .chain(namespaces)
            .filter(|room| !room.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plaza.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(Some(&path))
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        assert_eq!(load("").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_its_line() {
        let text = load("[listen]\naddress = \"127.0.0.1:1\"\nadress = 1\n")
            .unwrap_err()
            .to_string();
        assert!(text.contains("line 3") && text.contains("adress"), "{text}");
        assert!(load("[listn]\n").is_err());
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        assert!(load("[listen]\naddress = \"somewhere\"\n").is_err());
        assert!(load("[limits]\nfile_bytes_max = 0\n").is_err());
        assert!(load("[origins]\nallowed = [\"example.org\"]\n").is_err());
        for route in [
            "path = \"/a\"",
            "path = \"/a\"\nroom = \"x\"\necho = \"y\"",
            "path = \"a\"\nroom = \"x\"",
            "path = \"/api/x\"\nroom = \"x\"",
            "path = \"/a\"\nroom = \"x\"\nlistener = \":81\"",
            "path = \"/a\"\nroom = \"x\"\n[[plain.routes]]\npath = \"/a\"\necho = \"y\"",
        ] {
            assert!(
                load(&format!("[[plain.routes]]\n{route}\n")).is_err(),
                "{route}"
            );
        }
        for namespaces in [
            "[[socketio.namespaces]]\nname = \"chat\"\n",
            "[[socketio.namespaces]]\n[[socketio.namespaces]]\n",
            "[[socketio.namespaces]]\n[[socketio.namespaces.events]]\n",
            "[[socketio.namespaces]]\n[[socketio.namespaces.events]]\nname = \"connect\"\n",
            "[socketio]\nping_interval_ms = 0\n",
        ] {
            assert!(load(namespaces).is_err(), "{namespaces}");
        }
        assert!(load("[listen]\ntrusted_proxies = [\"10.0.0.0/99\"]\n").is_err());
        for proxy in [
            "[proxy]\nconnect_url = \"127.0.0.1:3000\"\n",
            "[proxy]\ntimeout_ms = 0\n",
            "[proxy]\ntimeout_ms = 60000\n",
            "[proxy]\nhttp_headers = [\"Cookie\"]\n",
            "[proxy]\nhttp_headers = [\"host\"]\n",
            "[proxy]\nstatic_headers = { x-secret = \"two\\nlines\" }\n",
            "[channels]\nsubscribe_proxy_enabled = true\n",
            "[[namespaces]]\nname = \"chat\"\npublish_proxy_enabled = true\n",
        ] {
            assert!(load(proxy).is_err(), "{proxy}");
        }
    }
}
