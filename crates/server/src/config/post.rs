//! Paths that take a message by POST.

use super::listen::{Entrance, Placed};
use super::section::section;

section! {
    /// Paths that take a message by POST, for programs and pages that know nothing of Plaza
    /// (docs/doors/plain-websocket.md).
    Post as "post" {
        /// The paths.
        routes: Vec<PostRoute> = Vec::new(),
    }
}

section! {
    /// A path: `{"message": …}` is posted in the room and answered `{"status": "success"}`. A
    /// plain WebSocket route may share the path.
    PostRoute as "post.routes" {
        /// The path.
        #[example = "\"/chat\""]
        path: String = String::new(),
        /// Only at this address of `[listen]`, or at this port (`":5000"`); empty for all.
        #[example = "\":5000\""]
        listener: Entrance = Entrance::default(),
        /// The open room of this name; it is made at the start when there is none.
        #[example = "\"chat\""]
        room: String = String::new(),
        /// The Socket.IO namespace whose clients are told.
        namespace: String = "/".to_owned(),
        /// The name of the Socket.IO event that tells them; empty for none.
        event: String = "messages".to_owned(),
        /// Whether the event carries all messages that came this way, the newest last, or the new
        /// one alone.
        whole_list: bool = true,
        /// At most so many messages in that list: the newest.
        limit: usize = 100,
        /// Whether senders need no token.
        anonymous: bool = false,
        /// Web pages of other hosts that may post, besides those of `[origins]`; `*` for
        /// all, `null` and `file://` for pages that were opened from a file.
        origins: Vec<String> = Vec::new(),
    }
}

impl Placed for PostRoute {
    fn path(&self) -> &str {
        &self.path
    }

    fn listener(&self) -> Entrance {
        self.listener
    }
}

/// The longest list of a POST route.
const LIST_MAX: usize = base::limits::PAGE_EVENTS_MAX;

/// Says why a path can not be one of a route, if it can not.
pub(super) fn check_path(section: &str, path: &str) -> Result<(), String> {
    let taken = ["/api/", "/connection/", "/ws/", "/socket.io/"];
    let plain = path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic());
    let free = !taken.iter().any(|taken| path.starts_with(taken));
    if plain && free && !path.contains(['?', '#', '%']) {
        return Ok(());
    }
    Err(format!(
        "{section} path {path:?} is no path of its own such as \"/chat\""
    ))
}

impl Post {
    /// Says what makes no sense, if something does.
    pub(super) fn check(&self) -> Result<(), String> {
        for (at, route) in self.routes.iter().enumerate() {
            let path = &route.path;
            check_path("[[post.routes]]", path)?;
            if path == "/" {
                return Err("[[post.routes]] path \"/\" is the web app's".to_owned());
            }
            if route.room.is_empty() {
                return Err(format!("[[post.routes]] {path}: name a room"));
            }
            if !(1..=LIST_MAX).contains(&route.limit) {
                return Err(format!("[[post.routes]] {path}: limit is 1 to {LIST_MAX}"));
            }
            let same =
                |other: &PostRoute| other.path == *path && other.listener.overlaps(route.listener);
            if self.routes.iter().take(at).any(same) {
                return Err(format!("[[post.routes]] {path} stands there twice"));
            }
        }
        Ok(())
    }
}
