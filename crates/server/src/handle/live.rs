//! The application behind the live doors: the same handlers, asked by connections.

use std::net::IpAddr;

use base::{Code, PersonId, RoomId, Seq, UnixMs};
use bytes::Bytes;
use domain::auth::permit;
use domain::auth::{Role, session};
use domain::channel::SubscriptionType;
use domain::chat::presence::Attention;
use domain::chat::react::React;
use domain::chat::typing::{is_news, signal, typing};
use domain::hub::{Lane, Publication, User};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wire::centrifugo::ErrorCode;

use super::developer::{self, bans};
use super::messages::{self, Draft};
use super::rates::Operation;
use super::{channels, facts, reads, room_log, sessions, texts, visitor};
use crate::app::{App, Shared};
use crate::auth::secret;
use crate::auth::socket_token::TokenError;
use crate::clock;
use crate::door::backend::{
    Actor, Backend, Circumstances, ClientId, ClientInfo, Connect, Connected, Ending, Grant,
    Granted, Happened, LogPage, LogQuery, Past, Publish, Refreshed, Refused, Renewal, Speaker,
    Subscribe, TextRoom,
};
use crate::drive::pages::PageKey;
use crate::drive::publisher::{PLACE_CHANNEL, typing_channel, user_channel};
use crate::drive::typing::Typist;
use crate::problem::{Answer, Problem, unreadable};
use crate::view;

/// What the doors are given.
#[derive(Debug, Clone)]
pub struct Live {
    app: Shared,
}

/// The inner future of an ordered command.
type Outcome<T> = BoxFuture<'static, Result<T, Refused>>;

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        problem.log("live");
        Self::code(problem.code)
    }
}

fn ready<T: Send + 'static>(result: Result<T, Refused>) -> Outcome<T> {
    std::future::ready(result).boxed()
}

/// What a channel name means.
enum Channel {
    Room(RoomId),
    Typing(RoomId),
}

fn channel(name: &str) -> Answer<Channel> {
    let (kind, id) = name.split_once(':').ok_or_else(Problem::not_found)?;
    let room = id.parse().map_err(|_| Problem::not_found())?;
    match kind {
        "room" => Ok(Channel::Room(room)),
        "typing" => Ok(Channel::Typing(room)),
        _ => Err(Problem::not_found()),
    }
}

fn read<T: DeserializeOwned>(data: &[u8]) -> Answer<T> {
    serde_json::from_slice(data).map_err(|error| unreadable(&error))
}

/// The room that a method is about, beside its other parts.
#[derive(Debug, Deserialize)]
struct InRoom<T> {
    room: RoomId,
    #[serde(flatten)]
    rest: T,
}

#[derive(Debug, Deserialize)]
struct EditCall {
    room: RoomId,
    seq: Seq,
    text: String,
}

#[derive(Debug, Deserialize)]
struct DeleteCall {
    room: RoomId,
    seq: Seq,
}

#[derive(Debug, Deserialize)]
struct ReactCall {
    room: RoomId,
    seq: Seq,
    emoji: String,
    on: bool,
}

#[derive(Debug, Deserialize)]
struct ReadCall {
    room: RoomId,
    seq: Seq,
    #[serde(default)]
    rewind: bool,
}

#[derive(Debug, Deserialize)]
struct PresenceCall {
    state: Attention,
}

/// A post over the socket: like REST's, without unknown parts being refused, because `flatten` can
/// not tell them apart.
#[derive(Debug, Deserialize)]
struct PostCall {
    text: String,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    reply_to: Option<Seq>,
    #[serde(default)]
    files: Vec<base::FileId>,
}

fn nothing() -> Bytes {
    Bytes::from_static(b"{}")
}

impl Live {
    /// The backend of an app.
    #[must_use]
    pub fn new(app: Shared) -> Self {
        Self { app }
    }

    /// Who acts behind a connection. Looked up each time: a role may have changed since it opened.
    fn actor(&self, actor: &Actor) -> Answer<permit::Actor> {
        let person = actor
            .person
            .and_then(|person| self.app.known.directory.person(person))
            .ok_or_else(Problem::unauthenticated)?;
        Ok(session::actor(clock::now(), None, &person)?)
    }

    /// The person whose token this is; `None` when it is not of this server's own.
    async fn sign_in(&self, token: &str) -> Result<Option<(PersonId, Connected)>, Refused> {
        let connected = |person: PersonId, session, expires_at| Connected {
            user: person.into(),
            person: Some(person),
            session,
            info: None,
            data: None,
            expires_at,
            ending: Ending::Told,
            channels: Vec::new(),
            token: None,
        };
        if token.starts_with(secret::TOKEN_PREFIX) {
            let login = sessions::by_token(&self.app, token)
                .await
                .map_err(door_closed)?;
            let user = login.person.id;
            return Ok(Some((user, connected(user, None, None))));
        }
        let verified = match self.app.socket_tokens.verify(token, clock::now()) {
            Ok(verified) => verified,
            Err(TokenError::Expired) => return Err(Refused::token_expired()),
            Err(TokenError::Invalid) => return Ok(None),
        };
        sessions::is_open(&self.app, verified.person, verified.session)
            .await
            .map_err(door_closed)?;
        let user = verified.person;
        let connected = connected(user, Some(verified.session), Some(verified.expires_at));
        Ok(Some((user, connected)))
    }

    async fn connect(&self, connect: Connect) -> Result<Connected, Refused> {
        if !self.app.is_ready() {
            return Err(Refused::code(Code::ShuttingDown));
        }
        let Some((user, mut connected)) = self.sign_in(&connect.token).await? else {
            bans::check(&self.app, &User::ANONYMOUS, connect.address)?;
            let connected = channels::connect::connect(&self.app, &connect).await?;
            bans::check(&self.app, &connected.user, connect.address)?;
            return Ok(connected);
        };
        bans::check(&self.app, &connected.user, connect.address)?;
        connected
            .channels
            .push((user_channel(user), Granted::default()));
        let person = self.app.known.directory.person(user);
        if person.is_some_and(|person| person.role > Role::Guest) {
            connected
                .channels
                .push((PLACE_CHANNEL.to_owned(), Granted::default()));
        }
        Ok(connected)
    }

    async fn refresh(&self, actor: &Actor, token: &str) -> Result<Refreshed, Refused> {
        if actor.person.is_none() {
            return channels::connect::refresh(&self.app, actor, token).await;
        }
        let signed_in = self.sign_in(token).await?;
        let (user, connected) = signed_in.ok_or_else(Refused::invalid_token)?;
        if Some(user) != actor.person || connected.session != actor.session {
            return Err(Refused::invalid_token());
        }
        Ok(Refreshed {
            expires_at: connected.expires_at,
            token: None,
        })
    }

    async fn subscribe(&self, actor: &Actor, name: &str) -> Answer<Grant> {
        let actor = self.actor(actor)?;
        let (room, past) = match channel(name)? {
            Channel::Room(room) => (room, Past::Log),
            Channel::Typing(room) => (room, Past::None),
        };
        let facts = facts(&self.app, actor, room).await?;
        if !facts.standing().member {
            return Err(Problem::new(Code::Forbidden, "Join the room to follow it."));
        }
        Ok(Grant {
            past,
            recoverable: past == Past::Log,
            ..Grant::default()
        })
    }

    async fn log(&self, name: &str, query: LogQuery) -> Answer<LogPage> {
        let Channel::Room(room) = channel(name)? else {
            return Err(Problem::not_found());
        };
        let key = PageKey {
            room,
            since: query.since,
            reverse: query.reverse,
            limit: query.limit,
        };
        let app = Shared::clone(&self.app);
        let read = move || async move { room_log::page(&app, room, query).await };
        let page = self.app.known.pages.page(key, read).await?;
        Ok(LogPage::clone(&page))
    }

    /// Whether the person is known to be a member without reading anything.
    fn is_known_member(&self, room: RoomId, person: PersonId) -> bool {
        let members = self.app.known.rosters.known(room);
        members.is_some_and(|members| members.contains(&person))
    }

    /// A typing signal, told to the others of the room unless it was just told.
    async fn typing(&self, actor: &Actor, name: &str, data: &[u8]) -> Answer<()> {
        let Channel::Typing(room) = channel(name)? else {
            let detail = "Nobody publishes here directly: post to the room instead.";
            return Err(Problem::new(Code::Forbidden, detail));
        };
        let person = actor.person.ok_or_else(Problem::unauthenticated)?;
        let on = signal(data)?;
        let now = clock::now();
        let typist = self.app.typing.typist(room, person);
        let told = typist.and_then(|typist| typist.told);
        let (checked_at, tell) = match typist.filter(|typist| typist.is_trusted(now)) {
            Some(typist) if self.is_known_member(room, person) => {
                (typist.checked_at, is_news(now, told, on))
            }
            Some(_) | None => {
                let facts = facts(&self.app, self.actor(actor)?, room).await?;
                let tell = typing(now, facts.standing(), told, on)?;
                (now, tell)
            }
        };
        let told = if tell { Some((on, now)) } else { told };
        let typist = Typist { checked_at, told };
        self.app.typing.note(room, person, typist, now);
        if tell {
            let data = Bytes::from_static(if on {
                b"{\"on\":true}"
            } else {
                b"{\"on\":false}"
            });
            let publication = Publication {
                info: Some(self.app.hub.info(actor)),
                ..Publication::new(Lane::Ephemeral, data)
            };
            self.app.hub.publish(&typing_channel(room), publication);
        }
        Ok(())
    }

    /// Posts: the outer step ends when the command stands in the writer's queue.
    async fn post(&self, actor: &Actor, data: &[u8]) -> Answer<Outcome<Bytes>> {
        let InRoom { room, rest: call } = read::<InRoom<PostCall>>(data)?;
        let draft = Draft {
            text: call.text,
            client_id: call.client_id,
            reply_to: call.reply_to,
            files: call.files,
        };
        let pending = messages::post(&self.app, self.actor(actor)?, room, draft).await?;
        Ok(async move { Ok(view::json(&pending.await?)) }.boxed())
    }

    async fn call(&self, actor: &Actor, method: &str, data: &[u8]) -> Answer<Bytes> {
        let app: &App = &self.app;
        match method {
            "edit" => {
                let EditCall { room, seq, text } = read(data)?;
                let event = messages::edit(app, self.actor(actor)?, (room, seq), &text).await?;
                Ok(view::json(&event))
            }
            "delete" => {
                let DeleteCall { room, seq } = read(data)?;
                messages::delete(app, self.actor(actor)?, room, seq).await?;
                Ok(nothing())
            }
            "react" => {
                let ReactCall {
                    room,
                    seq,
                    emoji,
                    on,
                } = read(data)?;
                let reaction = React {
                    target: seq,
                    emoji: &emoji,
                    on,
                };
                messages::react(app, self.actor(actor)?, room, reaction).await?;
                Ok(nothing())
            }
            "read" => {
                let ReadCall { room, seq, rewind } = read(data)?;
                let mark = reads::mark(app, self.actor(actor)?, room, (seq, rewind)).await?;
                Ok(view::json(&mark))
            }
            "presence" => {
                let PresenceCall { state } = read(data)?;
                let person = actor.person.ok_or_else(Problem::unauthenticated)?;
                app.known.presence.attention(person, actor.client, state);
                Ok(nothing())
            }
            _ => Err(Problem::new(
                Code::MethodNotFound,
                "There is no such method.",
            )),
        }
    }
}

/// A token that leads nowhere ends the connection for good; anything else is told as it is.
fn door_closed(problem: Problem) -> Refused {
    if problem.code == Code::Unauthenticated {
        Refused::invalid_token()
    } else {
        problem.into()
    }
}

#[expect(
    clippy::async_yields_async,
    reason = "the outer step ends in the order of the connection, the inner one with the outcome"
)]
impl Backend for Live {
    fn connect(&self, connect: Connect) -> BoxFuture<'_, Result<Connected, Refused>> {
        self.connect(connect).boxed()
    }

    fn refresh(&self, actor: Actor, token: String) -> BoxFuture<'_, Result<Refreshed, Refused>> {
        async move { self.refresh(&actor, &token).await }.boxed()
    }

    fn subscribe<'a>(
        &'a self,
        actor: Actor,
        asked: Subscribe<'a>,
    ) -> BoxFuture<'a, Result<Granted, Refused>> {
        async move {
            self.app.rates.spend(&actor, Operation::Subscribe)?;
            if channels::name(asked.channel)?.is_product() {
                if asked.kind != SubscriptionType::Stream {
                    return Err(ErrorCode::NotAvailable.into());
                }
                return Ok(self.subscribe(&actor, asked.channel).await?.into());
            }
            channels::subscribe::subscribe(&self.app, &actor, asked).await
        }
        .boxed()
    }

    fn refresh_subscription<'a>(
        &'a self,
        actor: Actor,
        channel: &'a str,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Option<UnixMs>, Refused>> {
        async move { channels::subscribe::refresh(&self.app, &actor, channel, token).await }.boxed()
    }

    fn renew(&self, actor: Actor) -> BoxFuture<'_, Result<Renewal, Refused>> {
        async move { channels::renew::connection(&self.app, &actor).await }.boxed()
    }

    fn renew_subscription<'a>(
        &'a self,
        actor: Actor,
        channel: &'a str,
    ) -> BoxFuture<'a, Result<Renewal, Refused>> {
        async move { channels::renew::subscription(&self.app, &actor, channel).await }.boxed()
    }

    fn history(&self, actor: &Actor, name: &str, subscribed: bool) -> Result<Past, Refused> {
        self.app.rates.spend(actor, Operation::History)?;
        if !channels::name(name)?.is_product() {
            return channels::read::history(&self.app, actor, name, subscribed);
        }
        match (subscribed, channel(name)) {
            (true, Ok(Channel::Room(_))) => Ok(Past::Log),
            (true, _) => Ok(Past::None),
            (false, _) => Err(Refused::code(Code::Forbidden)),
        }
    }

    fn presence(&self, actor: &Actor, name: &str, subscribed: bool) -> Result<(), Refused> {
        self.app.rates.spend(actor, Operation::Presence)?;
        if channels::name(name)?.is_product() {
            return Err(Refused::code(Code::Forbidden));
        }
        channels::read::presence(&self.app, actor, name, subscribed)
    }

    fn log<'a>(
        &'a self,
        channel: &'a str,
        query: LogQuery,
    ) -> BoxFuture<'a, Result<LogPage, Refused>> {
        async move { Ok(self.log(channel, query).await?) }.boxed()
    }

    fn publish<'a>(&'a self, actor: Actor, asked: Publish<'a>) -> BoxFuture<'a, Outcome<()>> {
        async move {
            if let Err(refused) = self.app.rates.spend(&actor, Operation::Publish) {
                return ready(Err(refused));
            }
            let name = match channels::name(asked.channel) {
                Ok(name) => name,
                Err(refused) => return ready(Err(refused)),
            };
            if !name.is_product() {
                return ready(channels::publish::publish(&self.app, &actor, asked).await);
            }
            if asked.keyed.is_some() {
                return ready(Err(ErrorCode::NotAvailable.into()));
            }
            let told = self.typing(&actor, asked.channel, &asked.data).await;
            ready(told.map_err(Refused::from))
        }
        .boxed()
    }

    fn rpc<'a>(
        &'a self,
        actor: Actor,
        method: &'a str,
        data: Bytes,
    ) -> BoxFuture<'a, Outcome<Bytes>> {
        async move {
            if let Err(refused) = self.app.rates.spend(&actor, Operation::Rpc) {
                return ready(Err(refused));
            }
            if actor.person.is_none() {
                return channels::call::call(&self.app, actor, (method, data));
            }
            if method == "post" {
                return match self.post(&actor, &data).await {
                    Ok(pending) => pending,
                    Err(problem) => ready(Err(problem.into())),
                };
            }
            ready(
                self.call(&actor, method, &data)
                    .await
                    .map_err(Refused::from),
            )
        }
        .boxed()
    }

    fn message(&self, actor: Actor, _data: Bytes) -> BoxFuture<'_, Result<(), Refused>> {
        if let Err(refused) = self.app.rates.spend(&actor, Operation::Rpc) {
            return std::future::ready(Err(refused)).boxed();
        }
        // Messages without an answer mean nothing here; refusing tells the client's author so.
        std::future::ready(Err(Refused::code(Code::BadRequest))).boxed()
    }

    fn find_room<'a>(
        &'a self,
        person: Option<PersonId>,
        name: &'a str,
    ) -> BoxFuture<'a, Result<RoomId, Refused>> {
        async move { Ok(visitor::enter(&self.app, name, person).await?) }.boxed()
    }

    fn text_room(
        &self,
        person: Option<PersonId>,
        room: RoomId,
        history: usize,
    ) -> BoxFuture<'_, Result<TextRoom, Refused>> {
        async move { Ok(texts::room(&self.app, person, room, history).await?) }.boxed()
    }

    fn say(&self, speaker: Speaker, room: RoomId, text: String) -> BoxFuture<'_, Outcome<()>> {
        async move {
            match texts::say(&self.app, speaker, room, text).await {
                Ok(posted) => async move { Ok(posted.await?) }.boxed(),
                Err(problem) => ready(Err(problem.into())),
            }
        }
        .boxed()
    }

    fn online(&self, person: PersonId) {
        self.app.known.presence.online(person);
    }

    fn offline(&self, person: PersonId) {
        self.app.known.presence.offline(person);
    }

    fn keeps_out(&self, address: IpAddr) -> bool {
        bans::check(&self.app, &User::ANONYMOUS, address).is_err()
    }

    fn is_watching(&self) -> bool {
        self.app.known.webhooks.is_watching()
    }

    fn happened(&self, happened: Happened, circumstances: Circumstances) {
        developer::webhooks::happened(&self.app, &happened, &circumstances);
    }

    fn came(&self, channel: &str, info: ClientInfo) {
        channels::ties::came(&self.app, channel, &info);
    }

    fn went(&self, channel: &str, client: ClientId) {
        channels::ties::went(&self.app, channel, client);
    }

    fn closed(&self, actor: Actor) {
        channels::ties::closed(&self.app, actor.client);
        if let Some(person) = actor.person {
            self.app.known.presence.closed(person, actor.client);
        }
    }
}
