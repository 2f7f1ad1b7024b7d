//! An application in memory, and a server around it.

use std::collections::HashMap;
use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use base::{Code, PersonId, SessionId, UnixMs};
use bytes::Bytes;
use domain::hub::{Keep, Lane, Publication};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use server::door::backend::{
    Actor, Backend, Connect, Connected, Grant, Granted, LogPage, LogQuery, Past, Publish,
    Refreshed, Refused, Subscribe,
};
use server::door::centrifugo;
use server::drive::hub::{Hub, HubOptions};
use server::net::ws::Gate;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};

pub(crate) const EPOCH: &str = "0000cafe";

/// The end of a connection of this person is a bug.
pub(crate) const CURSED: PersonId = PersonId(13);

/// What the application was told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Online(PersonId),
    Offline(PersonId),
    Message(PersonId, Bytes),
    Connecting(PersonId),
}

pub(crate) struct App {
    pub(crate) hub: Hub,
    logs: Arc<Mutex<HashMap<String, Vec<Bytes>>>>,
    /// Lets what waits in `slow` go on.
    pub(crate) gate: Arc<Notify>,
    told: mpsc::UnboundedSender<Told>,
}

/// A token is `<kind>:<number>`: `user:7`, `expiring:7`, or `slow:7` which waits for the gate.
fn person(token: &str) -> Option<(&str, PersonId)> {
    let (kind, number) = token.split_once(':')?;
    Some((kind, PersonId(number.parse().ok()?)))
}

fn now() -> UnixMs {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    UnixMs(now.as_millis() as u64)
}

/// A JSON string of so many letters.
pub(crate) fn letters(count: usize) -> Bytes {
    format!("\"{}\"", "x".repeat(count)).into()
}

fn denied() -> Refused {
    Refused::code(Code::Forbidden)
}

impl App {
    /// Commits an event to a room's log, then tells.
    pub(crate) fn post(&self, channel: &str, data: impl Into<Bytes>) -> u64 {
        let data = data.into();
        let mut logs = self.logs.lock().unwrap();
        let log = logs.entry(channel.to_owned()).or_default();
        log.push(data.clone());
        let offset = log.len() as u64;
        let lane = Lane::Durable {
            offset,
            epoch: EPOCH.into(),
        };
        self.hub.publish(channel, Publication::new(lane, data));
        offset
    }

    /// Commits an event that the hub never hears of.
    pub(crate) fn post_silently(&self, channel: &str, data: impl Into<Bytes>) {
        let mut logs = self.logs.lock().unwrap();
        logs.entry(channel.to_owned())
            .or_default()
            .push(data.into());
    }
}

impl Backend for App {
    fn connect(&self, connect: Connect) -> BoxFuture<'_, Result<Connected, Refused>> {
        async move {
            if connect.token == "expired" {
                return Err(Refused::token_expired());
            }
            let (kind, user) = person(&connect.token).ok_or(Refused::invalid_token())?;
            if kind == "slow" {
                self.told.send(Told::Connecting(user)).unwrap();
                self.gate.notified().await;
            }
            let grant = Grant::default();
            let room = Grant {
                past: Past::Log,
                recoverable: true,
                ..grant
            };
            let room = Granted::from(room);
            let mut channels = vec![(format!("user:{user}"), Granted::from(grant))];
            if kind == "gated" {
                channels.push(("room:gated".to_owned(), room.clone()));
            }
            if kind == "roomer" {
                channels.push(("room:own".to_owned(), room));
            }
            Ok(Connected {
                token: None,
                user: user.into(),
                person: Some(user),
                session: Some(SessionId(user.0)),
                info: Some(Bytes::from_static(b"{\"name\":\"N\"}")),
                data: None,
                ending: server::door::backend::Ending::Told,
                expires_at: (kind == "expiring").then(|| now().plus_ms(60_000)),
                channels,
            })
        }
        .boxed()
    }

    fn refresh(&self, actor: Actor, token: String) -> BoxFuture<'_, Result<Refreshed, Refused>> {
        async move {
            match person(&token) {
                Some((_, user)) if Some(user) == actor.person => Ok(Refreshed {
                    expires_at: Some(now().plus_ms(120_000)),
                    token: None,
                }),
                _ => Err(Refused::invalid_token()),
            }
        }
        .boxed()
    }

    fn subscribe<'a>(
        &'a self,
        _actor: Actor,
        asked: Subscribe<'a>,
    ) -> BoxFuture<'a, Result<Granted, Refused>> {
        async move {
            let open = Grant {
                presence: true,
                announced: true,
                watching: true,
                ..Grant::default()
            };
            let room = Grant {
                past: Past::Log,
                recoverable: true,
                ..Grant::default()
            };
            let granted = match asked.channel.split_once(':') {
                Some(("room", "slow")) => {
                    self.told.send(Told::Connecting(PersonId(0))).unwrap();
                    self.gate.notified().await;
                    Grant {
                        past: Past::Log,
                        recoverable: true,
                        ..open
                    }
                }
                Some(("room", _)) => room,
                Some(("game", _)) => Grant {
                    past: Past::Memory,
                    delta: true,
                    tags_filter: true,
                    ..room
                },
                Some(("lobby", _)) => open,
                Some(("typing" | "quiet", _)) => Grant::default(),
                _ => return Err(denied()),
            };
            Ok(granted.into())
        }
        .boxed()
    }

    fn refresh_subscription<'a>(
        &'a self,
        _actor: Actor,
        _channel: &'a str,
        _token: &'a str,
    ) -> BoxFuture<'a, Result<Option<UnixMs>, Refused>> {
        ready(Err(denied())).boxed()
    }

    fn history(&self, _: &Actor, channel: &str, subscribed: bool) -> Result<Past, Refused> {
        match channel.split_once(':') {
            _ if !subscribed => Err(denied()),
            Some(("room", _)) => Ok(Past::Log),
            Some(("game", _)) => Ok(Past::Memory),
            _ => Ok(Past::None),
        }
    }

    fn presence(&self, _: &Actor, channel: &str, subscribed: bool) -> Result<(), Refused> {
        let shown = channel.starts_with("lobby:") || channel == "room:slow";
        if subscribed && shown {
            Ok(())
        } else {
            Err(denied())
        }
    }

    fn log<'a>(
        &'a self,
        channel: &'a str,
        query: LogQuery,
    ) -> BoxFuture<'a, Result<LogPage, Refused>> {
        let logs = self.logs.lock().unwrap();
        let log = logs.get(channel).cloned().unwrap_or_default();
        let all = log
            .iter()
            .enumerate()
            .map(|(at, data)| (at as u64 + 1, data.clone()));
        let publications: Vec<_> = if query.reverse {
            let below = query.since.unwrap_or(u64::MAX);
            all.rev()
                .filter(|(offset, _)| *offset < below)
                .take(query.limit)
                .collect()
        } else {
            let above = query.since.unwrap_or(0);
            all.filter(|(offset, _)| *offset > above)
                .take(query.limit)
                .collect()
        };
        let page = LogPage {
            epoch: EPOCH.to_owned(),
            top: log.len() as u64,
            publications,
        };
        let gated = channel == "room:gated";
        async move {
            if gated {
                self.told.send(Told::Connecting(PersonId(0))).unwrap();
                self.gate.notified().await;
            }
            Ok(page)
        }
        .boxed()
    }

    fn publish<'a>(
        &'a self,
        actor: Actor,
        asked: Publish<'a>,
    ) -> BoxFuture<'a, BoxFuture<'static, Result<(), Refused>>> {
        let Publish { channel, data, .. } = asked;
        let lane = match channel.split_once(':') {
            Some(("typing" | "lobby" | "quiet", _)) => Lane::Ephemeral,
            Some(("game", _)) => Lane::Kept(Keep {
                size: 5,
                ttl_ms: 60_000,
                meta_ttl_ms: 60_000,
            }),
            Some(("panic", _)) => {
                let outcome = async {
                    tokio::task::yield_now().await;
                    panic!("as asked for")
                };
                return ready(outcome.boxed()).boxed();
            }
            _ => return ready(ready(Err(denied())).boxed()).boxed(),
        };
        let info = Some(self.hub.info(&actor));
        self.hub.publish(
            channel,
            Publication {
                info,
                except: channel.starts_with("quiet:").then_some(actor.client),
                ..Publication::new(lane, data)
            },
        );
        ready(ready(Ok(())).boxed()).boxed()
    }

    fn rpc<'a>(
        &'a self,
        _actor: Actor,
        method: &'a str,
        data: Bytes,
    ) -> BoxFuture<'a, BoxFuture<'static, Result<Bytes, Refused>>> {
        let outcome = match method {
            "post" => {
                let offset = self.post("room:1", data);
                async move { Ok(Bytes::from(offset.to_string())) }.boxed()
            }
            "panic" => async move { panic!("as asked for") }.boxed(),
            "echo" => async move { Ok(data) }.boxed(),
            // A string of so many letters.
            "letters" => {
                let count = std::str::from_utf8(&data).unwrap().parse().unwrap();
                async move { Ok(letters(count)) }.boxed()
            }
            // Takes its place now, ends when the gate opens.
            "slow" => {
                let gate = Arc::clone(&self.gate);
                async move {
                    gate.notified().await;
                    Ok(data)
                }
                .boxed()
            }
            _ => async {
                Err(Refused::Error {
                    code: 104,
                    message: "method not found".into(),
                    temporary: false,
                })
            }
            .boxed(),
        };
        ready(outcome).boxed()
    }

    fn message(&self, actor: Actor, data: Bytes) -> BoxFuture<'_, Result<(), Refused>> {
        async move {
            if &data[..] == b"\"bad\"" {
                return Err(denied());
            }
            self.told
                .send(Told::Message(actor.person.unwrap(), data))
                .unwrap();
            Ok(())
        }
        .boxed()
    }

    fn closed(&self, actor: Actor) {
        assert_ne!(actor.person, Some(CURSED), "as asked for");
    }

    fn online(&self, user: PersonId) {
        // The test may be over.
        let _ = self.told.send(Told::Online(user));
    }

    fn offline(&self, user: PersonId) {
        let _ = self.told.send(Told::Offline(user));
    }
}

/// Lets in requests without a page, and pages of `http://plaza.test`.
struct OwnPages;

impl Gate for OwnPages {
    fn admit(&self, parts: &Parts) -> Result<IpAddr, Response> {
        let foreign = |origin: &&header::HeaderValue| origin.as_bytes() != b"http://plaza.test";
        if parts.headers.get(header::ORIGIN).filter(foreign).is_some() {
            return Err(StatusCode::FORBIDDEN.into_response());
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().unwrap();
        Ok(peer.0.ip())
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) app: Arc<App>,
    pub(crate) hub: Hub,
    pub(crate) told: mpsc::UnboundedReceiver<Told>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(HubOptions {
            shards: 2,
            ..HubOptions::default()
        })
        .await
    }

    pub(crate) async fn start_with(options: HubOptions) -> Self {
        Self::start_on("127.0.0.1:0", options).await
    }

    pub(crate) async fn start_on(address: &str, options: HubOptions) -> Self {
        let (hub, shards) = Hub::new(options);
        let (sender, told) = mpsc::unbounded_channel();
        let app = Arc::new(App {
            hub: hub.clone(),
            logs: Arc::default(),
            gate: Arc::default(),
            told: sender,
        });
        shards.start(Arc::clone(&app) as Arc<dyn Backend>).unwrap();
        let router = centrifugo::router(hub.clone(), Arc::new(OwnPages));
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self {
            address,
            app,
            hub,
            told,
        }
    }

    /// What the application was told next.
    pub(crate) async fn told(&mut self) -> Told {
        let told = tokio::time::timeout(Duration::from_secs(10), self.told.recv());
        told.await
            .expect("the application is told in time")
            .unwrap()
    }

    /// Waits until the condition holds.
    pub(crate) async fn until(&self, mut holds: impl FnMut(&Hub) -> bool) {
        let wait = async {
            while !holds(&self.hub) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), wait)
            .await
            .expect("comes true in time");
    }
}
