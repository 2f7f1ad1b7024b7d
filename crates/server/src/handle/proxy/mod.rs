//! The operator's own backend: asked over HTTP who app users are and what they may do.
//!
//! [`Proxy`] sends one question and judges the answer; what follows from it is decided by whoever
//! asked, which is `handle::channels` and nobody else. It never asks about rooms, nor who somebody
//! with an account here is: those are Plaza's. How many questions wait at once is bounded, so that
//! a slow backend costs its own users and nobody else.

pub mod shape;

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, Request, header};
use base::UnixMs;
use bytes::Bytes;
use domain::hub::{Framing, Language};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use wire::centrifugo::ErrorCode;

use self::shape::{
    Answered, Asker, ChannelQuestion, ConnectQuestion, ConnectResult, MapQuestion, MapResult,
    PublishResult, RefreshResult, RpcQuestion, RpcResult, SubscribeResult,
};
use crate::auth::developer_token::embedded;
use crate::config;
use crate::door::backend::{Actor, Connect, Format, Refused};
use crate::net::outbound::{Allowance, Outbound, Reach};

/// Questions that may be on their way at once.
const QUESTIONS_MAX: usize = 1_024;
/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Own close codes of applications.
const CLOSE_CODES: std::ops::RangeInclusive<u32> = 3_000..=4_999;
/// Error codes that a backend may tell clients.
const ERROR_CODES: std::ops::RangeInclusive<u32> = 100..=1_999;

/// What the backend is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Who somebody is.
    Connect,
    /// Whether they may listen.
    Subscribe,
    /// Whether and what they publish.
    Publish,
    /// What a method answers.
    Rpc,
    /// Whether a connection whose credentials are over goes on.
    Refresh,
    /// The same of a subscription.
    SubRefresh,
    /// Whether and how somebody sets a key of a map.
    MapPublish,
    /// Whether and which key somebody removes.
    MapRemove,
}

impl About {
    const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Subscribe => "subscribe",
            Self::Publish => "publish",
            Self::Rpc => "rpc",
            Self::Refresh => "refresh",
            Self::SubRefresh => "sub_refresh",
            Self::MapPublish => "map_publish",
            Self::MapRemove => "map_remove",
        }
    }
}

/// The way to the operator's backend.
#[derive(Debug)]
pub struct Proxy {
    config: config::Proxy,
    outbound: Outbound,
    turns: Semaphore,
}

impl Proxy {
    /// Ready to ask, as the configuration says.
    #[must_use]
    pub fn new(config: config::Proxy, outbound: Outbound) -> Self {
        Self {
            config,
            outbound,
            turns: Semaphore::new(QUESTIONS_MAX),
        }
    }

    fn url(&self, about: About) -> &str {
        match about {
            About::Connect => &self.config.connect_url,
            About::Subscribe => &self.config.subscribe_url,
            About::Publish => &self.config.publish_url,
            About::Rpc => &self.config.rpc_url,
            About::Refresh => &self.config.refresh_url,
            About::SubRefresh => &self.config.sub_refresh_url,
            About::MapPublish => &self.config.map_publish_url,
            About::MapRemove => &self.config.map_remove_url,
        }
    }

    /// Whether there is a backend to ask about this.
    #[must_use]
    pub fn answers(&self, about: About) -> bool {
        !self.url(about).is_empty()
    }

    /// The headers of handshakes that the backend wants to see.
    #[must_use]
    pub fn wanted_headers(&self) -> Vec<HeaderName> {
        self.config.wanted_headers()
    }

    /// Who somebody without a token is; `None` when the backend does not know them either.
    ///
    /// # Errors
    /// What the backend tells the client; 107 for data that is not JSON; 100, temporary, when it
    /// does not answer in time, not with status 200, or with something else than an answer.
    pub async fn connect(&self, connect: &Connect) -> Result<Option<ConnectResult>, Refused> {
        let question = ConnectQuestion {
            asker: Asker::new(connect.client.to_string(), connect.format, None),
            name: &connect.name,
            version: &connect.version,
            data: json(&connect.data)?,
        };
        let headers = self.shown(connect);
        self.ask(About::Connect, &question, &headers).await
    }

    /// The headers that the backend wants to see: those of the handshake, and what clients that can
    /// set none (browsers) bring in their place.
    fn shown(&self, connect: &Connect) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = connect.headers.clone();
        let wanted = self.wanted_headers();
        for (name, value) in &connect.emulated {
            let Ok(name) = name.to_ascii_lowercase().parse::<HeaderName>() else {
                continue;
            };
            let there = headers.iter().any(|(known, _)| *known == name);
            if let Ok(value) = value.parse()
                && wanted.contains(&name)
                && !there
            {
                headers.push((name, value));
            }
        }
        headers
    }

    /// Whether somebody may listen, and what comes with it.
    ///
    /// # Errors
    /// See [`Proxy::connect`].
    pub async fn subscribe(
        &self,
        actor: &Actor,
        (channel, data): (&str, &Bytes),
    ) -> Result<SubscribeResult, Refused> {
        let question = ChannelQuestion {
            asker: Asker::of(actor),
            channel,
            data: json(data)?,
        };
        let answer = self.ask(About::Subscribe, &question, &[]).await;
        answer.map(Option::unwrap_or_default)
    }

    /// Whether and what somebody publishes.
    ///
    /// # Errors
    /// See [`Proxy::connect`].
    pub async fn publish(
        &self,
        actor: &Actor,
        (channel, data): (&str, &Bytes),
    ) -> Result<PublishResult, Refused> {
        let question = ChannelQuestion {
            asker: Asker::of(actor),
            channel,
            data: json(data)?,
        };
        let answer = self.ask(About::Publish, &question, &[]).await;
        answer.map(Option::unwrap_or_default)
    }

    /// What a method answers: one JSON value on one line, or nothing.
    ///
    /// # Errors
    /// See [`Proxy::connect`].
    pub async fn rpc(&self, actor: &Actor, method: &str, data: &Bytes) -> Result<Bytes, Refused> {
        let question = RpcQuestion {
            asker: Asker::of(actor),
            method,
            data: json(data)?,
        };
        let answer = self.ask(About::Rpc, &question, &[]).await?;
        let RpcResult { data, b64data } = answer.unwrap_or_default();
        Ok(value(data, b64data)?.unwrap_or_default())
    }

    /// Whether a connection goes on; `None` is no.
    ///
    /// # Errors
    /// See [`Proxy::connect`].
    pub async fn refresh(&self, actor: &Actor) -> Result<Option<RefreshResult>, Refused> {
        self.ask(About::Refresh, &Asker::of(actor), &[]).await
    }

    /// Whether a subscription goes on; `None` is no.
    ///
    /// # Errors
    /// See [`Proxy::connect`].
    pub async fn sub_refresh(
        &self,
        actor: &Actor,
        channel: &str,
    ) -> Result<Option<RefreshResult>, Refused> {
        let question = ChannelQuestion {
            asker: Asker::of(actor),
            channel,
            data: None,
        };
        self.ask(About::SubRefresh, &question, &[]).await
    }

    /// Whether and how somebody sets or removes a key of a map.
    ///
    /// # Errors
    /// See [`Proxy::connect`].
    pub async fn map_change(
        &self,
        about: About,
        actor: &Actor,
        (channel, key, data): (&str, &str, &Bytes),
    ) -> Result<MapResult, Refused> {
        let question = MapQuestion {
            asker: Asker::of(actor),
            channel,
            key,
            data: json(data)?,
        };
        let answer = self.ask(about, &question, &[]).await;
        answer.map(Option::unwrap_or_default)
    }

    /// Asks one question. `headers` are those that the client's handshake brought.
    async fn ask<Q: Serialize + Sync, T: DeserializeOwned>(
        &self,
        about: About,
        question: &Q,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Option<T>, Refused> {
        let failed = |why: &str| {
            metrics::counter!("plaza_proxy_failures_total", "about" => about.name()).increment(1);
            tracing::warn!(about = about.name(), "the operator's backend: {why}");
            unanswered()
        };
        let Ok(_turn) = self.turns.try_acquire() else {
            return Err(failed("too many questions wait for it"));
        };
        let body = serde_json::to_vec(question).map_err(|error| failed(&error.to_string()))?;
        let request = self.request(about, body.into(), headers);
        let request = request.map_err(|error| failed(&error.to_string()))?;
        let allowance = Allowance {
            reach: Reach::Anywhere,
            timeout: Duration::from_millis(self.config.timeout_ms),
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        let answer = self.outbound.send(request, allowance).await;
        let answer = answer.map_err(|error| failed(&error.to_string()))?;
        if answer.status() != 200 {
            return Err(failed(&format!("answered {}", answer.status())));
        }
        let answered: Answered<T> =
            serde_json::from_slice(answer.body()).map_err(|error| failed(&error.to_string()))?;
        judge(answered)
    }

    fn request(
        &self,
        about: About,
        body: Bytes,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Request<Bytes>, axum::http::Error> {
        let mut request = Request::builder().method(Method::POST).uri(self.url(about));
        if let Some(all) = request.headers_mut() {
            for (name, value) in headers {
                all.append(name, value.clone());
            }
            // The operator's own words stand instead of a client's.
            for (name, value) in &self.config.static_headers {
                let name: HeaderName = name.parse()?;
                all.insert(name, value.parse()?);
            }
            let json = HeaderValue::from_static("application/json");
            all.insert(header::CONTENT_TYPE, json);
        }
        request.body(body)
    }
}

impl Asker {
    fn new(client: String, format: Format, user: Option<String>) -> Self {
        Self {
            client,
            transport: transport(format),
            protocol: match format.language {
                Language::CentrifugoProtobuf => "protobuf",
                Language::CentrifugoJson
                | Language::CentrifugoPushes
                | Language::Plain
                | Language::SocketIoJson
                | Language::SocketIoMsgpack => "json",
            },
            encoding: "json",
            user,
        }
    }

    fn of(actor: &Actor) -> Self {
        let user = actor.user.as_str().to_owned();
        Self::new(actor.client.to_string(), actor.format, Some(user))
    }
}

/// The word for what carries a connection; Centrifugo's where it has one.
const fn transport(format: Format) -> &'static str {
    match (format.language, format.framing) {
        (Language::CentrifugoPushes, Framing::Frames) => "uni_websocket",
        (Language::CentrifugoPushes, Framing::Events) => "uni_sse",
        (Language::CentrifugoPushes, Framing::Lines | Framing::Bare | Framing::Records) => {
            "uni_http_stream"
        }
        (Language::SocketIoJson | Language::SocketIoMsgpack, _) => "socketio",
        (
            Language::CentrifugoJson | Language::CentrifugoProtobuf | Language::Plain,
            Framing::Frames,
        ) => "websocket",
        (
            Language::CentrifugoJson | Language::CentrifugoProtobuf | Language::Plain,
            Framing::Events,
        ) => "sse",
        (
            Language::CentrifugoJson | Language::CentrifugoProtobuf | Language::Plain,
            Framing::Lines | Framing::Bare | Framing::Records,
        ) => "http_stream",
    }
}

/// What a client sends along, as a part of a question.
fn json(data: &[u8]) -> Result<Option<&RawValue>, Refused> {
    if data.is_empty() {
        return Ok(None);
    }
    let value = serde_json::from_slice(data);
    value.map(Some).map_err(|_| ErrorCode::BadRequest.into())
}

/// A value of an answer on one line: given as it is, or as base64.
///
/// # Errors
/// It is not JSON: 100.
pub fn value(raw: Option<Box<RawValue>>, base64: Option<String>) -> Result<Option<Bytes>, Refused> {
    let base64 = base64.filter(|text| !text.is_empty());
    embedded(raw, base64).map_err(|_| {
        tracing::warn!("the operator's backend: info or data that is not JSON");
        unanswered()
    })
}

/// When something ends: seconds since 1970, where 0 is never.
#[must_use]
pub fn ends_at(expire_at: i64) -> Option<UnixMs> {
    let seconds = u64::try_from(expire_at).ok().filter(|seconds| *seconds > 0);
    seconds.map(|seconds| UnixMs(seconds.saturating_mul(1_000)))
}

/// The backend gave no answer that could be used; the client may try again.
fn unanswered() -> Refused {
    Refused::Error {
        code: 100,
        message: "internal server error".into(),
        temporary: true,
    }
}

/// What an answer means. A backend that tells codes out of range does not get through with them.
fn judge<T>(answered: Answered<T>) -> Result<Option<T>, Refused> {
    if let Some(closing) = answered.disconnect {
        let code = if CLOSE_CODES.contains(&closing.code) {
            closing.code
        } else {
            3_503
        };
        return Err(Refused::Disconnect {
            code,
            reason: cut(closing.reason, 123).into(),
        });
    }
    if let Some(told) = answered.error {
        if !ERROR_CODES.contains(&told.code) {
            return Err(unanswered());
        }
        return Err(Refused::Error {
            code: told.code,
            message: told.message.into(),
            temporary: told.temporary,
        });
    }
    Ok(answered.result)
}

/// The text, cut between characters so that it has at most so many bytes.
fn cut(mut text: String, bytes_max: usize) -> String {
    let end = text.floor_char_boundary(bytes_max);
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: DeserializeOwned>(text: &str) -> Result<Option<T>, Refused> {
        judge(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_result_is_the_answer_and_what_is_null_is_not_there() {
        let answer = read(r#"{"error":null,"result":{"data":{"sum":5}}}"#).unwrap();
        let answer: RpcResult = answer.unwrap();
        assert_eq!(answer.data.unwrap().get(), r#"{"sum":5}"#);
        for text in ["{}", r#"{"result":null}"#] {
            let nothing: Option<ConnectResult> = read(text).unwrap();
            assert!(nothing.is_none(), "{text}");
        }
        let text = r#"{"result":{"user":"ann","channels":null,"subs":null,"info":null}}"#;
        let ann: ConnectResult = read(text).unwrap().unwrap();
        assert!(ann.user == "ann" && ann.channels.is_empty() && ann.info.is_none());
    }

    #[test]
    fn times_are_seconds_and_0_is_never() {
        assert_eq!(ends_at(0), None);
        assert_eq!(ends_at(-1), None);
        assert_eq!(ends_at(2), Some(UnixMs(2_000)));
    }

    #[test]
    fn errors_and_closings_reach_the_client_and_wrong_codes_do_not() {
        let told = |text: &str| read::<RpcResult>(text).unwrap_err();
        let error = |code, message: &'static str, temporary| Refused::Error {
            code,
            message: message.into(),
            temporary,
        };
        assert_eq!(
            told(r#"{"error":{"code":1000,"message":"no money","temporary":true}}"#),
            error(1_000, "no money", true)
        );
        assert_eq!(told(r#"{"error":{"code":5}}"#), unanswered());
        assert_eq!(
            told(r#"{"disconnect":{"code":4501,"reason":"gone"}}"#),
            Refused::Disconnect {
                code: 4_501,
                reason: "gone".into()
            }
        );
        assert_eq!(
            told(r#"{"disconnect":{"code":1000}}"#),
            Refused::Disconnect {
                code: 3_503,
                reason: "".into()
            }
        );
    }

    #[test]
    fn a_reason_is_cut_between_characters() {
        assert_eq!(cut("广场广场".to_owned(), 7), "广场");
    }
}
