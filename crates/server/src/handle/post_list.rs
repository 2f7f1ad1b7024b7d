//! What came in through a POST route: posts of its room, and the list of them that the route tells.
//!
//! A post of a route is known again by its client id, also after a restart. The list holds places
//! in the log; the texts are read each time, so what was deleted or edited is not told as it was.

use std::collections::VecDeque;
use std::net::IpAddr;

use base::{PersonId, RoomId, Seq, limits};
use domain::chat::{Event, EventKind, Message};
use serde_json::Value;
use store::Window;
use tokio::sync::Mutex;

use super::messages::Draft;
use super::visitor::{self, Origin};
use crate::app::App;
use crate::config::post::PostRoute;
use crate::problem::{Answer, Problem};

/// Pages of the log that are looked through, at the first need, for what came before the start.
const PAGES_MAX: usize = 50;

/// A message of a route.
#[derive(Debug, Clone)]
pub struct Sent {
    /// What stood under `message`: a text, or any other JSON.
    pub message: Value,
    /// From where it came.
    pub address: IpAddr,
    /// Whose token came with it.
    pub person: Option<PersonId>,
}

/// The list of one route.
#[derive(Debug, Default)]
struct List {
    room: Option<RoomId>,
    /// The newest at the end.
    places: VecDeque<Seq>,
}

/// The lists of all routes, in the order of the configuration. The lock is held from a commit to
/// its telling, so that lists are told in the order they grew.
#[derive(Debug, Default)]
pub struct Lists(Vec<Mutex<List>>);

impl Lists {
    /// For so many routes.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self((0..count).map(|_| Mutex::default()).collect())
    }
}

/// What the client ids of all posts of POST routes begin with: whoever tells these posts by the
/// route's own event leaves them out elsewhere.
pub const MARK: &str = "post-";

/// What client ids of a route begin with: the same after a restart, whatever else the room holds.
fn mark(route: &PostRoute) -> String {
    // FNV-1a: short, and only ever compared with itself.
    let hash = route.path.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{MARK}{hash:08x}-")
}

/// Letters behind the mark: whether the message was a text or other JSON.
const TEXT: &str = "t";
const JSON: &str = "j";

/// Posts in the route's room and tells the route's event.
///
/// # Errors
/// Those of [`visitor::visitor_post`].
pub async fn take(app: &App, (place, route): (usize, &PostRoute), sent: Sent) -> Answer<()> {
    let (kind, text) = match sent.message {
        Value::String(text) => (TEXT, text),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_)) => (JSON, other.to_string()),
    };
    let room = visitor::enter(app, &route.room, sent.person).await?;
    let client_id = format!("{}{kind}-{:016x}", mark(route), rand::random::<u64>());
    let draft = Draft {
        text,
        client_id: Some(client_id),
        ..Draft::default()
    };
    let origin = Origin {
        client: None,
        address: sent.address,
        person: sent.person,
    };
    let posted = visitor::visitor_post(app, origin, room, draft).await?;
    let posted = posted.await?;
    if route.event.is_empty() {
        return Ok(());
    }
    let Some(list) = app.post_lists.0.get(place) else {
        return Err(Problem::fault("a POST route without its list"));
    };
    let mut list = list.lock().await;
    list.grow(app, route, (room, posted.event.seq)).await?;
    let all = list.texts(app, route).await?;
    let argument = if route.whole_list {
        Value::Array(all)
    } else {
        all.into_iter().next_back().unwrap_or(Value::Null)
    };
    tell(app, route, argument);
    Ok(())
}

/// Emits the route's event to everybody in its Socket.IO namespace.
fn tell(app: &App, route: &PostRoute, argument: Value) {
    let (namespace, event) = (&route.namespace, &route.event);
    if !app.namespaces.emit(&app.hub, namespace, event, &[argument]) {
        tracing::warn!(
            path = route.path,
            namespace,
            event,
            "nobody can be told of a POST"
        );
    }
}

/// The message of a post of this route.
fn of_route(event: Event, mark: &str) -> Option<(Seq, Box<Message>)> {
    let EventKind::Message(message) = event.kind else {
        return None;
    };
    let ours = message.client_id.as_deref()?.starts_with(mark);
    (ours && !message.deleted).then_some((event.seq, message))
}

fn value(message: Message, mark: &str) -> Value {
    let kind = message
        .client_id
        .as_deref()
        .and_then(|id| id.get(mark.len()..));
    let is_json = kind.is_some_and(|kind| kind.starts_with(JSON));
    let parsed = is_json.then(|| serde_json::from_str(&message.text).ok());
    parsed.flatten().unwrap_or(Value::String(message.text))
}

impl List {
    /// Takes in a new post; at the first need also those from before.
    async fn grow(
        &mut self,
        app: &App,
        route: &PostRoute,
        (room, seq): (RoomId, Seq),
    ) -> Answer<()> {
        if self.room != Some(room) {
            self.places = read(app, route, room).await?;
            self.room = Some(room);
        }
        // Posts are durable in the order of their numbers, their senders hear of it in any order.
        let at = self.places.partition_point(|place| *place < seq);
        if self.places.get(at) != Some(&seq) {
            self.places.insert(at, seq);
        }
        while self.places.len() > route.limit {
            self.places.pop_front();
        }
        Ok(())
    }

    /// What stands of it, the newest last, as much as fits.
    async fn texts(&mut self, app: &App, route: &PostRoute) -> Answer<Vec<Value>> {
        let Some(room) = self.room else {
            return Ok(Vec::new());
        };
        let keys: Vec<_> = self.places.iter().map(|seq| (room, *seq)).collect();
        let mark = mark(route);
        let events = app.store.messages_at(&keys).await?;
        let stands = events.into_iter().rev();
        let mut bytes = 0;
        let mut texts: Vec<_> = stands
            .filter_map(|(_, event)| of_route(event, &mark))
            .take_while(|(_, message)| {
                bytes += message.text.len();
                bytes <= limits::POST_LIST_BYTES_MAX
            })
            .map(|(_, message)| value(*message, &mark))
            .collect();
        texts.reverse();
        Ok(texts)
    }
}

/// The newest posts of a route that the room's log holds.
async fn read(app: &App, route: &PostRoute, room: RoomId) -> Answer<VecDeque<Seq>> {
    let mark = mark(route);
    let mut places = VecDeque::new();
    let mut window = Window::Newest;
    for _ in 0..PAGES_MAX {
        let page = app
            .store
            .page(room, window, limits::PAGE_EVENTS_MAX)
            .await?;
        let page = page.ok_or_else(Problem::not_found)?;
        let Some(first) = page.events.first().map(|event| event.seq) else {
            break;
        };
        for event in page.events.into_iter().rev() {
            if let Some((seq, _)) = of_route(event, &mark) {
                places.push_front(seq);
            }
        }
        if !page.has_before || places.len() >= route.limit {
            break;
        }
        window = Window::Before(first);
    }
    Ok(places)
}
