//! Which door of texts a request is for, if it is for one.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};

use super::session::{Answers, Way};
use crate::config::listen::{Entrance, Placed};
use crate::config::plain::Route;
use crate::config::post::PostRoute;
use crate::config::{Plain, Post};
use crate::net::listen::ListenerName;

/// Below this path stands every room.
pub(super) const ROOMS: &str = "/ws/";
/// The path that is the room `chat`, unless the configuration gives it another meaning.
pub(super) const CHAT: (&str, &str) = ("/chat", "chat");

/// The routes of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    pub(super) plain: Plain,
    /// What each plain route answers, shared by all its connections.
    answers: Vec<Arc<Answers>>,
    post: Vec<PostRoute>,
}

/// Whether the client wants to go on as a WebSocket.
pub(super) fn upgrades(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn listener(request: &Request) -> Option<ListenerName> {
    request.extensions().get().copied()
}

/// The place of the one that is at this address; one that names it comes before one that is
/// everywhere.
fn at(routes: &[impl Placed], path: &str, listener: Option<ListenerName>) -> Option<usize> {
    let fits = |route: &dyn Placed| {
        let entrance = route.listener();
        let there = match listener {
            Some(ListenerName(address)) => entrance.is_at(address),
            None => entrance == Entrance::Every,
        };
        route.path() == path && there
    };
    let rank = |route: &dyn Placed| match route.listener() {
        Entrance::Address(_) => 0,
        Entrance::Port(_) => 1,
        Entrance::Every => 2,
    };
    let found = routes.iter().enumerate().filter(|(_, route)| fits(*route));
    let found = found.min_by_key(|(_, route)| rank(*route));
    found.map(|(place, _)| place)
}

impl Routes {
    /// Those of a configuration.
    #[must_use]
    pub fn new(plain: &Plain, post: &Post) -> Self {
        let answers = plain.routes.iter().map(|route| Answers {
            echo: route.echo.clone(),
            replies: route.replies.clone(),
        });
        Self {
            plain: plain.clone(),
            answers: answers.map(Arc::new).collect(),
            post: post.routes.clone(),
        }
    }

    /// All POST routes.
    #[must_use]
    pub fn posts(&self) -> &[PostRoute] {
        &self.post
    }

    /// The WebSocket route that a request is for, and where it leads.
    pub(super) fn socket(&self, request: &Request) -> Option<(&Route, Way)> {
        let wants = request.method() == Method::GET && upgrades(request.headers());
        let place = at(&self.plain.routes, request.uri().path(), listener(request));
        let place = place.filter(|_| wants)?;
        let route = self.plain.routes.get(place)?;
        let way = if route.is_room() {
            Way::Room(route.room.as_str().into())
        } else {
            Way::Answers(Arc::clone(self.answers.get(place)?))
        };
        Some((route, way))
    }

    /// The POST route that a request is for, a browser's question about it included, and its place
    /// in [`Routes::posts`].
    pub(super) fn post(&self, request: &Request) -> Option<(usize, &PostRoute)> {
        let wants = matches!(*request.method(), Method::POST | Method::OPTIONS);
        let place = at(&self.post, request.uri().path(), listener(request));
        let place = place.filter(|_| wants)?;
        self.post.get(place).map(|route| (place, route))
    }

    /// Whether the door itself looks at the page that asks. It knows no cookies.
    #[must_use]
    pub fn judge(&self, request: &Request) -> bool {
        let path = request.uri().path();
        let rooms = path.starts_with(ROOMS) || path == CHAT.0;
        (rooms && upgrades(request.headers()))
            || self.socket(request).is_some()
            || self.post(request).is_some()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(method: Method, path: &str, port: u16) -> Request {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
        request.extensions_mut().insert(ListenerName(address));
        let upgrade = "WebSocket".parse().unwrap();
        request.headers_mut().insert(header::UPGRADE, upgrade);
        request
    }

    fn route(path: &str, listener: &str, room: &str) -> Route {
        Route {
            path: path.to_owned(),
            listener: listener.parse().unwrap(),
            room: room.to_owned(),
            ..Route::default()
        }
    }

    #[test]
    fn a_route_is_at_its_listener_and_the_nearer_one_wins() {
        let plain = Plain {
            routes: vec![
                route("/", "", "all"),
                route("/", ":81", "port"),
                route("/", "127.0.0.1:82", "address"),
                route("/one", ":81", "one"),
            ],
            ..Plain::default()
        };
        let routes = Routes::new(&plain, &Post::default());
        let room = |path: &str, port| {
            let request = request(Method::GET, path, port);
            let found = routes.socket(&request);
            found.map(|(route, _)| route.room.clone())
        };
        assert_eq!(room("/", 80).as_deref(), Some("all"));
        assert_eq!(room("/", 81).as_deref(), Some("port"));
        assert_eq!(room("/", 82).as_deref(), Some("address"));
        assert_eq!(room("/one", 81).as_deref(), Some("one"));
        assert_eq!(room("/one", 80), None);
        assert!(routes.socket(&request(Method::POST, "/", 80)).is_none());
        assert!(routes.judge(&request(Method::GET, "/ws/any", 80)));
        assert!(!routes.judge(&request(Method::GET, "/api/v1/rooms", 80)));
    }

    #[test]
    fn a_post_route_and_a_socket_share_a_path() {
        let post = PostRoute {
            path: "/chat".to_owned(),
            room: "chat".to_owned(),
            ..PostRoute::default()
        };
        let plain = Plain {
            routes: vec![route("/chat", "", "chat")],
            ..Plain::default()
        };
        let routes = Routes::new(&plain, &Post { routes: vec![post] });
        assert!(routes.post(&request(Method::POST, "/chat", 80)).is_some());
        assert!(
            routes
                .post(&request(Method::OPTIONS, "/chat", 80))
                .is_some()
        );
        assert!(routes.post(&request(Method::GET, "/chat", 80)).is_none());
        assert!(routes.socket(&request(Method::GET, "/chat", 80)).is_some());
    }
}
