//! What the API answers, as JSON. Zero values that clients expect are written out.

use std::collections::BTreeMap;

use domain::hub::{ClientInfo, Position, Publication};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::refusal;
use crate::door::backend::Refused;
use crate::handle::channels::maps::Part;

/// The answer to one call.
#[derive(Debug)]
pub(super) enum Answered {
    /// `{"result": …}`.
    Result(Box<RawValue>),
    /// `{"replies": […]}`, the one answer that has no result.
    Replies(Box<RawValue>),
    /// `{"error": …}`.
    Error(u32, String),
}

impl Answered {
    /// A result.
    pub(super) fn result(value: &impl Serialize) -> Self {
        // Maps with text keys and numbers always have a JSON form.
        serde_json::value::to_raw_value(value).map_or_else(
            |_| Self::Error(100, "internal server error".to_owned()),
            Self::Result,
        )
    }

    /// What came of a call.
    pub(super) fn of(outcome: Result<impl Serialize, Refused>) -> Self {
        match outcome {
            Ok(value) => Self::result(&value),
            Err(refused) => refused.into(),
        }
    }

    /// The number of the error, when it is one.
    pub(super) fn error_code(&self) -> Option<u32> {
        match self {
            Self::Error(code, _) => Some(*code),
            Self::Result(_) | Self::Replies(_) => None,
        }
    }

    /// The whole answer.
    pub(super) fn into_json(self) -> String {
        let (key, value) = match &self {
            Self::Result(value) => ("result", value.get()),
            Self::Replies(value) => ("replies", value.get()),
            Self::Error(code, message) => {
                return json!({"error": error(*code, message)}).to_string();
            }
        };
        format!("{{\"{key}\":{value}}}")
    }

    /// The answer as one of a batch: `{method: result}` or `{"error": …}`.
    pub(super) fn into_reply(self, method: &str) -> BTreeMap<String, Box<RawValue>> {
        let (key, value) = match self {
            Self::Result(value) | Self::Replies(value) => (method.to_owned(), value),
            Self::Error(code, message) => {
                let error = serde_json::value::to_raw_value(&error(code, &message));
                ("error".to_owned(), error.unwrap_or_default())
            }
        };
        BTreeMap::from([(key, value)])
    }
}

impl From<Refused> for Answered {
    fn from(refused: Refused) -> Self {
        let (code, message) = refusal(refused);
        Self::Error(code, message)
    }
}

fn error(code: u32, message: &str) -> Value {
    json!({"code": code, "message": message})
}

/// Nothing to tell.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Done {}

/// Where a publication stands; empty in a channel that keeps nothing.
pub(super) fn published(position: Option<&Position>) -> Value {
    match position {
        Some(position) => json!({"offset": position.top, "epoch": &*position.epoch}),
        None => json!({}),
    }
}

/// One publication of a history.
#[derive(Debug, Serialize)]
pub(super) struct Kept {
    data: Box<RawValue>,
    offset: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<Value>,
}

/// A page of a history.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    publications: Vec<Kept>,
    epoch: String,
    offset: u64,
}

impl Page {
    pub(super) fn new(position: &Position, publications: Vec<(u64, Publication)>) -> Self {
        let kept = publications.into_iter().map(|(offset, publication)| Kept {
            data: raw(&publication.data).unwrap_or_default(),
            offset,
            tags: publication.tags.into_iter().collect(),
            info: publication.info.as_ref().map(client),
        });
        Self {
            publications: kept.collect(),
            epoch: position.epoch.to_string(),
            offset: position.top,
        }
    }
}

/// One entry or change of a map.
#[derive(Debug, Serialize)]
struct MapEntry {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    offset: u64,
    #[serde(skip_serializing_if = "is_zero")]
    score: i64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    removed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<Value>,
}

const fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// A page of a map.
#[derive(Debug, Serialize)]
pub(super) struct Entries {
    entries: Vec<MapEntry>,
    offset: u64,
    epoch: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl Entries {
    pub(super) fn new(part: Part) -> Self {
        let entries = part.told.into_iter().map(|told| {
            let publication = told.publication;
            let change = publication.change;
            MapEntry {
                data: raw(&publication.data),
                tags: publication.tags.into_iter().collect(),
                offset: told.offset,
                score: change.as_ref().map_or(0, |change| change.score),
                removed: change.as_ref().is_some_and(|change| change.removed),
                key: change.map(|it| it.key.to_string()).unwrap_or_default(),
                info: publication.info.as_ref().map(client),
            }
        });
        Self {
            entries: entries.collect(),
            offset: part.position.top,
            epoch: part.position.epoch.to_string(),
            cursor: part.cursor,
        }
    }
}

fn raw(json: &[u8]) -> Option<Box<RawValue>> {
    serde_json::from_slice(json).ok()
}

/// A connection as presence shows it.
fn client(info: &ClientInfo) -> Value {
    let client = info.client.map(|client| client.to_string());
    let mut object = Map::new();
    object.insert("user".to_owned(), info.user.as_str().into());
    object.insert("client".to_owned(), client.unwrap_or_default().into());
    let parts = [
        ("conn_info", &info.conn_info),
        ("chan_info", &info.chan_info),
    ];
    for (key, json) in parts {
        let value = json.as_ref().and_then(|it| serde_json::from_slice(it).ok());
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    }
    Value::Object(object)
}

/// Who is in a channel.
pub(super) fn present(infos: &[ClientInfo]) -> Value {
    let entries = infos.iter().filter_map(|info| {
        let id = info.client?.to_string();
        Some((id, client(info)))
    });
    json!({"presence": Map::from_iter(entries)})
}
