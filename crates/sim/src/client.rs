//! Clients as they are in the world: REST with a token, and the Centrifugo protocol over a socket.
//!
//! They tell three ends of a command apart: an answer, a refusal, and no answer. Nothing is retried
//! here; that is the callers' business, because a retry is a command of its own in the history.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

pub mod rest;
pub mod socket;

pub use rest::Rest;
pub use socket::{Push, Socket, Subscription};

use crate::history::Intent;

/// How long a client waits for an answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server said no, and did nothing.
    #[error("refused: {code}")]
    Refused {
        /// The stable code.
        code: String,
    },
    /// No answer, or one that does not tell: it may have been done or not.
    #[error("unanswered: {0}")]
    Unknown(String),
}

impl Failure {
    pub(crate) fn unknown(reason: impl ToString) -> Self {
        Self::Unknown(reason.to_string())
    }
}

/// What an answer tells of the event it made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The event's number: of posts only.
    pub seq: Option<u64>,
    /// The room's epoch: of posts only.
    pub epoch: Option<String>,
}

impl Done {
    fn of(answer: &Value) -> Self {
        Self {
            seq: answer.pointer("/event/seq").and_then(Value::as_u64),
            epoch: answer
                .get("epoch")
                .and_then(Value::as_str)
                .map(str::to_owned),
        }
    }
}

/// Either way to send a command.
#[derive(Debug)]
pub enum Line {
    /// Over REST.
    Rest(Rest),
    /// Over a socket.
    Socket(Socket),
}

impl Line {
    /// Carries out what a client wants.
    ///
    /// # Errors
    /// [`Failure`]; a removal is refused over a socket, which has no such command.
    pub async fn execute(&self, room: &str, intent: &Intent) -> Result<Done, Failure> {
        let answer = match self {
            Self::Rest(rest) => {
                let (method, path, body) = as_request(room, intent);
                rest.call(method, &path, body.as_ref()).await?
            }
            Self::Socket(socket) => {
                let (method, data) = as_rpc(room, intent)?;
                socket.rpc(method, &data).await?
            }
        };
        Ok(Done::of(&answer))
    }
}

fn as_request(room: &str, intent: &Intent) -> (Method, String, Option<Value>) {
    let messages = format!("/rooms/{room}/messages");
    match intent {
        Intent::Post { client_id, text } => (
            Method::POST,
            messages,
            Some(json!({ "text": text, "client_id": client_id })),
        ),
        Intent::Edit { target, text } => (
            Method::PATCH,
            format!("{messages}/{target}"),
            Some(json!({ "text": text })),
        ),
        Intent::Delete { target } => (Method::DELETE, format!("{messages}/{target}"), None),
        Intent::React { target, emoji } => {
            let emoji: String = emoji.bytes().map(|byte| format!("%{byte:02X}")).collect();
            (
                Method::PUT,
                format!("{messages}/{target}/reactions/{emoji}"),
                None,
            )
        }
        Intent::Read { seq } => (
            Method::PUT,
            format!("/rooms/{room}/read"),
            Some(json!({ "seq": seq })),
        ),
        Intent::Remove { user } => (
            Method::DELETE,
            format!("/rooms/{room}/members/{user}"),
            None,
        ),
    }
}

fn as_rpc(room: &str, intent: &Intent) -> Result<(&'static str, Value), Failure> {
    Ok(match intent {
        Intent::Post { client_id, text } => (
            "post",
            json!({ "room": room, "text": text, "client_id": client_id }),
        ),
        Intent::Edit { target, text } => {
            ("edit", json!({ "room": room, "seq": target, "text": text }))
        }
        Intent::Delete { target } => ("delete", json!({ "room": room, "seq": target })),
        Intent::React { target, emoji } => (
            "react",
            json!({ "room": room, "seq": target, "emoji": emoji, "on": true }),
        ),
        Intent::Read { seq } => ("read", json!({ "room": room, "seq": seq })),
        Intent::Remove { .. } => {
            return Err(Failure::Refused {
                code: "not_a_socket_command".to_owned(),
            });
        }
    })
}
