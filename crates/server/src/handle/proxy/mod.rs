//! The operator's own backend: asked over HTTP who app users are and what they may do.
//!
//! [`Proxy::ask`] sends one question and judges the answer; what follows from it is decided by
//! whoever asked. It never asks about people or rooms: those are Plaza's. How many questions wait
//! at once is bounded, so that a slow backend costs its own users and nobody else.

pub mod shape;

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use self::shape::Answered;
use crate::config;
use crate::door::backend::Refused;
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
    /// Whether they may stay.
    Refresh,
    /// Whether they may listen.
    Subscribe,
    /// Whether and what they publish.
    Publish,
    /// Whether they may go on listening.
    SubRefresh,
    /// What a method answers.
    Rpc,
}

impl About {
    const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Refresh => "refresh",
            Self::Subscribe => "subscribe",
            Self::Publish => "publish",
            Self::SubRefresh => "sub_refresh",
            Self::Rpc => "rpc",
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
            About::Refresh => &self.config.refresh_url,
            About::Subscribe => &self.config.subscribe_url,
            About::Publish => &self.config.publish_url,
            About::SubRefresh => &self.config.sub_refresh_url,
            About::Rpc => &self.config.rpc_url,
        }
    }

    /// Whether there is a backend to ask about this.
    #[must_use]
    pub fn answers(&self, about: About) -> bool {
        !self.url(about).is_empty()
    }

    /// The headers of a handshake that the backend wants to see; none when nobody is asked.
    #[must_use]
    pub fn wanted(&self, headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
        let wanted = &self.config.http_headers;
        let headers = headers.iter();
        headers
            .filter(|(name, _)| wanted.iter().any(|wanted| wanted == name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Asks one question. `headers` are those that the client's handshake brought.
    ///
    /// # Errors
    /// What the backend tells the client; error 100, temporary, when it does not answer in time,
    /// not with status 200, or with something else than an answer.
    pub async fn ask<Q: Serialize + Sync, T: DeserializeOwned + Default>(
        &self,
        about: About,
        question: &Q,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<T, Refused> {
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
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.url(about))
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in &self.config.static_headers {
            request = request.header(name, value);
        }
        request.body(body)
    }
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
fn judge<T: Default>(answered: Answered<T>) -> Result<T, Refused> {
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
    Ok(answered.result.unwrap_or_default())
}

/// The text, cut between characters so that it has at most so many bytes.
fn cut(mut text: String, bytes_max: usize) -> String {
    let end = text.floor_char_boundary(bytes_max);
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::shape::{RpcResult, SubscribeResult};
    use super::*;

    fn read<T: DeserializeOwned + Default>(text: &str) -> Result<T, Refused> {
        judge(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_result_is_the_answer_and_an_empty_object_the_empty_result() {
        let answer: RpcResult = read(r#"{"result":{"data":{"sum":5}}}"#).unwrap();
        assert_eq!(answer.data.unwrap().get(), r#"{"sum":5}"#);
        let empty: SubscribeResult = read("{}").unwrap();
        assert!(empty.options.is_none() && empty.expire_at == 0);
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
