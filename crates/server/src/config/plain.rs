//! Rooms over plain WebSockets: who may come without a token, and which paths lead where.

use std::collections::BTreeMap;

use super::listen::{Entrance, Placed};
use super::section::section;

section! {
    /// Rooms over plain WebSockets (docs/doors/plain-websocket.md). `/ws/{room}` is always there,
    /// and `/chat` for the room `chat`.
    Plain as "plain" {
        /// Whether `/ws/{room}` and `/chat` take clients without a token. Whoever reaches the
        /// server then reads and writes in every open room.
        anonymous: bool = false,
        /// Web pages of other hosts that may open `/ws/{room}` and `/chat`, besides those of
        /// `[origins]`; `*` for all.
        #[example = "[\"https://www.example.org\"]"]
        origins: Vec<String> = Vec::new(),
        /// Further paths.
        routes: Vec<Route> = Vec::new(),
    }
}

section! {
    /// A path of plain WebSockets: a room, or an answer to each text (`echo`, `replies`).
    Route as "plain.routes" {
        /// The path.
        #[example = "\"/chat\""]
        path: String = String::new(),
        /// Only at this address of `[listen]`, or at this port (`":8080"`); empty for all.
        #[example = "\":8080\""]
        listener: Entrance = Entrance::default(),
        /// The open room of this name; it is made at the start when there is none. Empty when the
        /// route answers by itself.
        #[example = "\"chat\""]
        room: String = String::new(),
        /// The text that a newcomer gets first; empty for none. Unset: `Welcome to the WebSocket
        /// chat room!` in a room, none otherwise.
        #[example = "\"Welcome to the WebSocket chat room!\""]
        welcome: Option<String> = None,
        /// The answer to each text, `{text}` stands for that text; empty for none.
        #[example = "\"{text}\""]
        echo: String = String::new(),
        /// Answers to certain texts, before `echo`.
        #[example = "{ \"Hello, Server!\" = \"Hello, Client!\" }"]
        replies: BTreeMap<String, String> = BTreeMap::new(),
        /// Whether clients need no token.
        anonymous: bool = false,
        /// Web pages of other hosts that may open it, besides those of `[origins]`; `*` for
        /// all, `null` and `file://` for pages that were opened from a file.
        origins: Vec<String> = Vec::new(),
    }
}

impl Placed for Route {
    fn path(&self) -> &str {
        &self.path
    }

    fn listener(&self) -> Entrance {
        self.listener
    }
}

impl Route {
    /// Whether it leads to a room.
    #[must_use]
    pub fn is_room(&self) -> bool {
        !self.room.is_empty()
    }

    /// Says what makes no sense, if something does.
    fn check(&self) -> Result<(), String> {
        super::post::check_path("[[plain.routes]]", &self.path)?;
        let answers = !self.echo.is_empty() || !self.replies.is_empty();
        if self.is_room() == answers {
            let path = &self.path;
            return Err(format!(
                "[[plain.routes]] {path}: name either a room, or what to answer (echo, replies)"
            ));
        }
        Ok(())
    }
}

impl Plain {
    /// Says what makes no sense, if something does.
    pub(super) fn check(&self) -> Result<(), String> {
        for (at, route) in self.routes.iter().enumerate() {
            route.check()?;
            let same =
                |other: &Route| other.path == route.path && other.listener.overlaps(route.listener);
            if self.routes.iter().take(at).any(same) {
                let path = &route.path;
                return Err(format!("[[plain.routes]] {path} stands there twice"));
            }
        }
        Ok(())
    }
}
