//! What an access token says: LiveKit's claims of a JWT (RFC 7519).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::proto::RoomConfiguration;

/// What an access token says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Claims {
    /// The name of the key that signed it.
    pub iss: String,
    /// The identity of the participant.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sub: String,
    /// When it ends, in seconds since 1970.
    pub exp: u64,
    /// From when on it holds, in seconds since 1970.
    pub nbf: u64,
    /// An id of its own; older tokens carry the identity here.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub jti: String,
    /// What the participant is called.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What the participant is: `standard`, `agent`, …
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Whatever the application keeps with the participant.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub metadata: String,
    /// The same, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Base64 of the SHA-256 of a body that comes along, in webhooks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    /// What the participant may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoGrant>,
    /// How a room is made that is not there yet; see [`Claims::room_configuration`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_config: Option<Value>,
}

/// What somebody may do. What is absent about publishing and subscribing is allowed, everything
/// else that is absent is not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VideoGrant {
    /// Make and end rooms.
    #[serde(skip_serializing_if = "is_false")]
    pub room_create: bool,
    /// See which rooms there are.
    #[serde(skip_serializing_if = "is_false")]
    pub room_list: bool,
    /// Record rooms.
    #[serde(skip_serializing_if = "is_false")]
    pub room_record: bool,
    /// Moderate the room that is named.
    #[serde(skip_serializing_if = "is_false")]
    pub room_admin: bool,
    /// Be in the room that is named.
    #[serde(skip_serializing_if = "is_false")]
    pub room_join: bool,
    /// Which room.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub room: String,
    /// To which room somebody may be moved.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub destination_room: String,
    /// Publish tracks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish: Option<bool>,
    /// Hear and see others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe: Option<bool>,
    /// Send data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish_data: Option<bool>,
    /// Only tracks from there, as `camera`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub can_publish_sources: Vec<String>,
    /// Change their own name, metadata and attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_update_own_metadata: Option<bool>,
    /// Bring streams in.
    #[serde(skip_serializing_if = "is_false")]
    pub ingress_admin: bool,
    /// Others do not see them.
    #[serde(skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// They record.
    #[serde(skip_serializing_if = "is_false")]
    pub recorder: bool,
    /// They are a program.
    #[serde(skip_serializing_if = "is_false")]
    pub agent: bool,
    /// Hear the figures of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe_metrics: Option<bool>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Claims {
    /// Who the participant is.
    #[must_use]
    pub fn identity(&self) -> &str {
        if self.sub.is_empty() {
            &self.jti
        } else {
            &self.sub
        }
    }

    /// How a room is made that is not there yet, if the token says so.
    #[must_use]
    pub fn room_configuration(&self) -> Option<RoomConfiguration> {
        serde_json::from_value(self.room_config.clone()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_the_server_sdk_is_understood() {
        let text = r#"{"video":{"roomJoin":true,"room":"standup","canPublish":false,
            "canPublishSources":["camera"],"unheardOf":1},"iss":"devkey","exp":2000000000,"nbf":0,
            "sub":"alice","name":"Alice","attributes":{"a":"b"},
            "roomConfig":{"emptyTimeout":10,"maxParticipants":3}}"#;
        let claims: Claims = serde_json::from_str(text).unwrap();
        assert_eq!(claims.identity(), "alice");
        assert_eq!(claims.room_configuration().unwrap().max_participants, 3);
        let video = claims.video.unwrap();
        assert_eq!(
            (video.can_publish, video.can_subscribe),
            (Some(false), None)
        );
        assert!(video.room_join && !video.room_admin);
    }

    #[test]
    fn what_is_not_allowed_is_not_written() {
        let claims = Claims {
            iss: "devkey".to_owned(),
            video: Some(VideoGrant::default()),
            ..Claims::default()
        };
        let text = serde_json::to_string(&claims).unwrap();
        assert_eq!(text, r#"{"iss":"devkey","exp":0,"nbf":0,"video":{}}"#);
    }
}
