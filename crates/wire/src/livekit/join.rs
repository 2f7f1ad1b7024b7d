//! What a client asks for when it opens a connection: in the query of `/rtc`, or in the one message
//! of `/rtc/v1`. Both come out as a [`JoinRequest`].

use std::collections::HashMap;
use std::io::Read;

use base::limits::LIVEKIT_JOIN_BYTES_MAX;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::GzDecoder;
use prost::Message as _;
use serde::Deserialize;

use super::Malformed;
use super::proto::client_info::Sdk;
use super::proto::wrapped_join_request::Compression;
use super::proto::{ClientInfo, ConnectionSettings, JoinRequest, WrappedJoinRequest};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The query of `/rtc`, all of it as text. Clients leave out what they do not want.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    /// The token, where it is not in a header.
    pub access_token: String,
    /// `/rtc/v1` only; see [`unwrap_join`].
    pub join_request: String,
    auto_subscribe: String,
    sdk: String,
    version: String,
    protocol: String,
    client_protocol: String,
    device_model: String,
    os: String,
    os_version: String,
    browser: String,
    browser_version: String,
    adaptive_stream: String,
    disable_ice_lite: String,
    subscriber_allow_pause: String,
    reconnect: String,
    reconnect_reason: String,
    sid: String,
    network: String,
    attributes: String,
    capabilities: String,
}

impl Query {
    /// What a client of `/rtc` asks for. What can not be read asks for nothing.
    #[must_use]
    pub fn join(self) -> JoinRequest {
        let settings = ConnectionSettings {
            // A client that says nothing wants everything.
            auto_subscribe: self.auto_subscribe.is_empty() || is_true(&self.auto_subscribe),
            adaptive_stream: is_true(&self.adaptive_stream),
            subscriber_allow_pause: (!self.subscriber_allow_pause.is_empty())
                .then(|| is_true(&self.subscriber_allow_pause)),
            disable_ice_lite: is_true(&self.disable_ice_lite),
            ..ConnectionSettings::default()
        };
        let attributes = BASE64.decode(&self.attributes).ok();
        let attributes = attributes.and_then(|json| serde_json::from_slice(&json).ok());
        let attributes: HashMap<String, String> = attributes.unwrap_or_default();
        let capabilities = self.capabilities.split(',');
        let capabilities = capabilities.filter_map(|number| number.parse().ok());
        let client = ClientInfo {
            sdk: sdk(&self.sdk).into(),
            version: self.version,
            protocol: self.protocol.parse().unwrap_or(0),
            os: self.os,
            os_version: self.os_version,
            device_model: self.device_model,
            browser: self.browser,
            browser_version: self.browser_version,
            network: self.network,
            client_protocol: self.client_protocol.parse().unwrap_or(0),
            capabilities: capabilities.collect(),
            ..ClientInfo::default()
        };
        JoinRequest {
            client_info: Some(client),
            connection_settings: Some(settings),
            participant_attributes: attributes,
            reconnect: is_true(&self.reconnect),
            reconnect_reason: self.reconnect_reason.parse().unwrap_or(0),
            participant_sid: self.sid,
            ..JoinRequest::default()
        }
    }
}

fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "True" | "TRUE")
}

fn sdk(name: &str) -> Sdk {
    match name {
        "js" => Sdk::Js,
        "ios" | "swift" => Sdk::Swift,
        "android" => Sdk::Android,
        "flutter" => Sdk::Flutter,
        "go" => Sdk::Go,
        "unity" => Sdk::Unity,
        "reactnative" => Sdk::ReactNative,
        "rust" => Sdk::Rust,
        "python" => Sdk::Python,
        "cpp" => Sdk::Cpp,
        "unityweb" => Sdk::UnityWeb,
        "node" => Sdk::Node,
        _ => Sdk::Unknown,
    }
}

/// What a client of `/rtc/v1` asks for: base64url of a [`WrappedJoinRequest`], packed or not.
///
/// # Errors
/// [`Malformed`], also for what unpacks to more than
/// [`LIVEKIT_JOIN_BYTES_MAX`].
pub fn unwrap_join(text: &str) -> Result<JoinRequest, Malformed> {
    if text.is_empty() {
        return Ok(JoinRequest::default());
    }
    let bytes = BASE64.decode(text).map_err(|_| Malformed("not base64"))?;
    let wrapped = WrappedJoinRequest::decode(&*bytes);
    let wrapped = wrapped.map_err(|_| Malformed("not a WrappedJoinRequest"))?;
    let bytes = match Compression::try_from(wrapped.compression) {
        Ok(Compression::None) => wrapped.join_request,
        Ok(Compression::Gzip) => unzip(&wrapped.join_request)?,
        Err(_) => return Err(Malformed("packed in an unknown way")),
    };
    JoinRequest::decode(&*bytes).map_err(|_| Malformed("not a JoinRequest"))
}

fn unzip(packed: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut bytes = Vec::new();
    let most = LIVEKIT_JOIN_BYTES_MAX as u64 + 1;
    let read = GzDecoder::new(packed).take(most).read_to_end(&mut bytes);
    read.map_err(|_| Malformed("not gzip"))?;
    if bytes.len() > LIVEKIT_JOIN_BYTES_MAX {
        return Err(Malformed("too long"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression as Level;
    use flate2::write::GzEncoder;

    use super::*;

    fn wrap(compression: Compression, join_request: Vec<u8>) -> String {
        let wrapped = WrappedJoinRequest {
            compression: compression.into(),
            join_request,
        };
        BASE64.encode(wrapped.encode_to_vec())
    }

    fn zip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Level::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_join_request_reads_back_packed_or_not() {
        let join = JoinRequest {
            metadata: "here".to_owned(),
            ..JoinRequest::default()
        };
        let bytes = join.encode_to_vec();
        let packed = wrap(Compression::Gzip, zip(&bytes));
        assert_eq!(unwrap_join(&packed), Ok(join.clone()));
        assert_eq!(unwrap_join(packed.trim_end_matches('=')), Ok(join.clone()));
        assert_eq!(unwrap_join(&wrap(Compression::None, bytes)), Ok(join));
    }

    #[test]
    fn a_bomb_is_refused_before_it_grows() {
        let bomb = wrap(Compression::Gzip, zip(&vec![0; 64 << 20]));
        assert_eq!(unwrap_join(&bomb), Err(Malformed("too long")));
    }

    #[test]
    fn garbage_is_refused() {
        assert!(unwrap_join("%%%").is_err());
        assert!(unwrap_join(&wrap(Compression::Gzip, vec![1, 2, 3])).is_err());
        assert!(unwrap_join(&wrap(Compression::None, vec![0xFF; 9])).is_err());
    }

    #[test]
    fn a_query_asks_for_the_same_things() {
        let query = Query {
            auto_subscribe: "0".to_owned(),
            sdk: "android".to_owned(),
            protocol: "17".to_owned(),
            reconnect: "1".to_owned(),
            sid: "PA_1".to_owned(),
            attributes: BASE64.encode(r#"{"role":"host"}"#),
            ..Query::default()
        };
        let join = query.join();
        assert!(!join.connection_settings.unwrap().auto_subscribe);
        assert!(join.reconnect);
        assert_eq!(join.participant_sid, "PA_1");
        assert_eq!(join.client_info.unwrap().sdk(), Sdk::Android);
        assert_eq!(join.participant_attributes["role"], "host");
        let join = Query::default().join();
        assert!(join.connection_settings.unwrap().auto_subscribe);
    }
}
