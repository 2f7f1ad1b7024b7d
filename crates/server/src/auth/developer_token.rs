//! Tokens that a developer's backend signs for its own users: JWTs with Centrifugo's claims.
//!
//! The algorithm is bound to the kind of key: a secret checks HS256, HS384 and HS512 alone, a
//! public key never serves as a secret, `none` is nothing. Time is brought in from outside. Who a
//! token names is never a person with an account here.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::UnixMs;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::hub::User;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::jwks::Jwks;
use super::socket_token::TokenError;
use crate::config::Client;

/// A compiled regular expression, in bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// Checks tokens with the keys of the configuration, and with secrets that were added since.
pub struct DeveloperTokens {
    keys: Keys,
    /// Of tokens for one channel, when those have a secret of their own.
    subscription: Option<Keys>,
    jwks: Option<Jwks>,
    audience: Expected,
    issuer: Expected,
    user_claim: String,
}

/// What a claim must be.
enum Expected {
    Anything,
    This(String),
    Like(Regex),
}

impl Expected {
    fn new(key: &str, (exact, regex): (&str, &str)) -> Result<Self, String> {
        match (exact, regex) {
            ("", "") => Ok(Self::Anything),
            (exact, "") => Ok(Self::This(exact.to_owned())),
            (_, regex) => {
                let built = RegexBuilder::new(regex).size_limit(REGEX_BYTES_MAX).build();
                let built = built.map_err(|error| format!("[client] {key}_regex: {error}"))?;
                Ok(Self::Like(built))
            }
        }
    }

    /// Whether one of these values will do.
    fn admits<'a>(&self, values: impl IntoIterator<Item = &'a str>) -> bool {
        let mut values = values.into_iter();
        match self {
            Self::Anything => true,
            Self::This(exact) => values.any(|value| value == exact),
            Self::Like(regex) => values.any(|value| regex.is_match(value)),
        }
    }
}

/// Keys by kind.
#[derive(Default)]
struct Keys {
    secrets: Vec<DecodingKey>,
    rsa: Option<DecodingKey>,
    ecdsa: Option<DecodingKey>,
}

/// A connection token that holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionToken {
    /// As whom; empty for the anonymous user.
    pub user: String,
    /// When the connection has to be refreshed; `None` for never.
    pub expires_at: Option<UnixMs>,
    /// JSON that others see of the connection.
    pub info: Option<Bytes>,
    /// Channels that the server subscribes it to.
    pub subs: BTreeMap<String, ChannelClaim>,
    /// JSON that only backends see.
    pub meta: Option<Bytes>,
    /// When it was signed.
    pub issued_at: Option<UnixMs>,
    /// Its own id, `jti`.
    pub id: Option<String>,
}

/// What a token says about one channel of the server's subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelClaim {
    /// JSON that others see of the subscription.
    pub info: Option<Bytes>,
    /// JSON for the client.
    pub data: Option<Bytes>,
    /// What it has different from the namespace.
    pub overrides: Overrides,
}

/// A token for one channel that holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionToken {
    /// Whose.
    pub user: String,
    /// The channel.
    pub channel: String,
    /// The only connection that may use it.
    pub client: Option<String>,
    /// JSON that others see of the subscription.
    pub info: Option<Bytes>,
    /// When the subscription has to be refreshed; `None` for never.
    pub expires_at: Option<UnixMs>,
    /// What it has different from the namespace.
    pub overrides: Overrides,
    /// When it was signed.
    pub issued_at: Option<UnixMs>,
    /// Its own id, `jti`.
    pub id: Option<String>,
}

/// What one subscription has different from its namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Overrides {
    /// Shown in the channel's presence.
    pub presence: Option<Flag>,
    /// Others are told that it comes and goes.
    pub join_leave: Option<Flag>,
    /// It is told of others that they come and go.
    pub force_push_join_leave: Option<Flag>,
    /// It recovers.
    pub force_recovery: Option<Flag>,
    /// It is told when it missed something.
    pub force_positioning: Option<Flag>,
}

/// A value that stands instead of another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Flag {
    /// The value.
    #[serde(default)]
    pub value: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What both kinds of tokens may say.
#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    sub: String,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    jti: Option<String>,
    aud: Option<Audience>,
    iss: Option<String>,
    info: Option<Box<RawValue>>,
    b64info: Option<String>,
    expire_at: Option<f64>,
    channel: Option<String>,
    // Of connections.
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    subs: BTreeMap<String, SubClaims>,
    meta: Option<Box<RawValue>>,
    // Of subscriptions.
    client: Option<String>,
    #[serde(default, rename = "override")]
    overrides: Overrides,
}

#[derive(Deserialize)]
struct SubClaims {
    info: Option<Box<RawValue>>,
    b64info: Option<String>,
    data: Option<Box<RawValue>>,
    b64data: Option<String>,
    #[serde(default, rename = "override")]
    overrides: Overrides,
}

impl std::fmt::Debug for DeveloperTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeveloperTokens")
    }
}

fn ms(seconds: f64) -> UnixMs {
    // A float becomes the nearest number there is: times before 1970 are 1970.
    UnixMs((seconds * 1_000.0) as u64)
}

/// One JSON value on one line: given as it is, or as base64.
///
/// # Errors
/// It is not JSON.
pub(crate) fn embedded(
    raw: Option<Box<RawValue>>,
    base64: Option<String>,
) -> Result<Option<Bytes>, TokenError> {
    let bytes = match (raw, base64) {
        (Some(raw), _) => Bytes::from(Box::<str>::from(raw).into_string()),
        (None, Some(text)) => {
            let decoded = STANDARD.decode(text).map_err(|_| TokenError::Invalid)?;
            decoded.into()
        }
        (None, None) => return Ok(None),
    };
    let bytes = wire::centrifugo::compact_json(bytes).map_err(|_| TokenError::Invalid)?;
    Ok(Some(bytes))
}

impl Keys {
    fn of(config: &Client) -> Result<Self, String> {
        let secrets = [
            &config.token_hmac_secret,
            &config.token_hmac_secret_previous,
        ];
        let secrets = secrets.into_iter().filter(|secret| !secret.is_empty());
        let pem = |key: &str, pem: &str, read: fn(&[u8]) -> jsonwebtoken::errors::Result<_>| {
            if pem.is_empty() {
                return Ok(None);
            }
            let read = read(pem.as_bytes()).map(Some);
            read.map_err(|error| format!("[client] {key} is no such key as PEM: {error}"))
        };
        let (rsa, ecdsa) = (&config.token_rsa_public_key, &config.token_ecdsa_public_key);
        Ok(Self {
            secrets: secrets
                .map(|secret| DecodingKey::from_secret(secret.as_bytes()))
                .collect(),
            rsa: pem("token_rsa_public_key", rsa, DecodingKey::from_rsa_pem)?,
            ecdsa: pem("token_ecdsa_public_key", ecdsa, DecodingKey::from_ec_pem)?,
        })
    }
}

impl DeveloperTokens {
    /// With the keys of the configuration; `jwks` when it names a key set.
    ///
    /// # Errors
    /// A key can not be read; the text says which.
    pub fn new(config: &Client, jwks: Option<Jwks>) -> Result<Self, String> {
        let own = config.subscription_token_hmac_secret.as_bytes();
        Ok(Self {
            keys: Keys::of(config)?,
            subscription: (!own.is_empty()).then(|| Keys {
                secrets: vec![DecodingKey::from_secret(own)],
                ..Keys::default()
            }),
            jwks,
            audience: Expected::new(
                "token_audience",
                (&config.token_audience, &config.token_audience_regex),
            )?,
            issuer: Expected::new(
                "token_issuer",
                (&config.token_issuer, &config.token_issuer_regex),
            )?,
            user_claim: config.token_user_claim.clone(),
        })
    }

    /// Checks a token that opens a connection. `added` are secrets that are believed beside those
    /// of the configuration.
    ///
    /// # Errors
    /// It is too old, or was never good.
    pub async fn connection(
        &self,
        token: &str,
        now: UnixMs,
        added: &[Arc<str>],
    ) -> Result<ConnectionToken, TokenError> {
        let claims = self.claims(token, now, (&self.keys, added)).await?;
        if claims.channel.is_some() {
            return Err(TokenError::Invalid);
        }
        let mut subs = BTreeMap::new();
        for channel in claims.channels {
            subs.insert(channel, ChannelClaim::default());
        }
        for (channel, sub) in claims.subs {
            let claim = ChannelClaim {
                info: embedded(sub.info, sub.b64info)?,
                data: embedded(sub.data, sub.b64data)?,
                overrides: sub.overrides,
            };
            subs.insert(channel, claim);
        }
        Ok(ConnectionToken {
            user: claims.sub,
            expires_at: lasts(claims.exp, claims.expire_at),
            info: embedded(claims.info, claims.b64info)?,
            subs,
            meta: embedded(claims.meta, None)?,
            issued_at: claims.iat.map(ms),
            id: claims.jti,
        })
    }

    /// Checks a token that opens a channel. `added` as for connections, unless such tokens have a
    /// secret of their own.
    ///
    /// # Errors
    /// It is too old, or was never good.
    pub async fn subscription(
        &self,
        token: &str,
        now: UnixMs,
        added: &[Arc<str>],
    ) -> Result<SubscriptionToken, TokenError> {
        let keys = match &self.subscription {
            Some(own) => (own, &[][..]),
            None => (&self.keys, added),
        };
        let claims = self.claims(token, now, keys).await?;
        Ok(SubscriptionToken {
            user: claims.sub,
            channel: claims.channel.ok_or(TokenError::Invalid)?,
            client: claims.client.filter(|client| !client.is_empty()),
            expires_at: lasts(claims.exp, claims.expire_at),
            info: embedded(claims.info, claims.b64info)?,
            overrides: claims.overrides,
            issued_at: claims.iat.map(ms),
            id: claims.jti,
        })
    }

    async fn claims(
        &self,
        token: &str,
        now: UnixMs,
        keys: (&Keys, &[Arc<str>]),
    ) -> Result<Claims, TokenError> {
        let (algorithm, key) = self.signed(token, keys).await?;
        let mut claims: Claims = open(token, algorithm, &key)?;
        if !self.user_claim.is_empty() {
            let all: BTreeMap<String, serde_json::Value> = open(token, algorithm, &key)?;
            let user = all.get(&self.user_claim).and_then(|value| value.as_str());
            claims.sub = user.ok_or(TokenError::Invalid)?.to_owned();
        }
        let audience = match &claims.aud {
            None => self.audience.admits([]),
            Some(Audience::One(one)) => self.audience.admits([one.as_str()]),
            Some(Audience::Many(many)) => self.audience.admits(many.iter().map(String::as_str)),
        };
        let issued = self.issuer.admits(claims.iss.as_deref());
        let early = claims.nbf.is_some_and(|nbf| ms(nbf) > now);
        if !audience || !issued || early || User::new(&claims.sub).names_a_person() {
            return Err(TokenError::Invalid);
        }
        if claims.exp.is_some_and(|exp| ms(exp) <= now) {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    /// The key that the token is signed with, if it is one of ours and of the kind that the
    /// token's algorithm needs.
    async fn signed(
        &self,
        token: &str,
        (keys, added): (&Keys, &[Arc<str>]),
    ) -> Result<(Algorithm, DecodingKey), TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        let algorithm = header.alg;
        let own = std::ptr::eq(keys, &self.keys);
        let added: Vec<_> = added
            .iter()
            .map(|secret| DecodingKey::from_secret(secret.as_bytes()))
            .collect();
        let candidates: Vec<&DecodingKey> = match algorithm {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
                keys.secrets.iter().chain(&added).collect()
            }
            Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 => keys.rsa.iter().collect(),
            Algorithm::ES256 | Algorithm::ES384 => keys.ecdsa.iter().collect(),
            // Of other kinds there are only published keys.
            Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512 | Algorithm::EdDSA | _ => {
                Vec::new()
            }
        };
        for key in candidates {
            if open::<serde::de::IgnoredAny>(token, algorithm, key).is_ok() {
                return Ok((algorithm, key.clone()));
            }
        }
        match (&self.jwks, header.kid) {
            (Some(jwks), Some(kid)) if own && algorithm.family() != AlgorithmFamily::Hmac => {
                let key = jwks.key(&kid, algorithm).await;
                let key = key.ok_or(TokenError::Invalid)?;
                Ok((algorithm, key))
            }
            _ => Err(TokenError::Invalid),
        }
    }
}

/// The claims of a token signed with this key by this algorithm.
fn open<T: DeserializeOwned>(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
) -> Result<T, TokenError> {
    let mut validation = Validation::new(algorithm);
    // Times, audience and issuer are looked at with a clock and settings of our own.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    decode::<T>(token, key, &validation)
        .map(|data| data.claims)
        .map_err(|_| TokenError::Invalid)
}

/// Until when: `expire_at` wins, and 0 there means for ever.
fn lasts(exp: Option<f64>, expire_at: Option<f64>) -> Option<UnixMs> {
    match expire_at {
        Some(at) if at <= 0.0 => None,
        Some(at) => Some(ms(at)),
        None => exp.map(ms),
    }
}

#[cfg(test)]
#[path = "developer_token/tests.rs"]
mod tests;
