//! Access tokens for calls: LiveKit's JWTs, HS256, signed with a key of the operator's or with
//! Plaza's own.
//!
//! Plaza's own key is made from the server's secret and never leaves the process: a token that
//! names it was minted here. Rooms of the place are entered with such tokens only; which token
//! opens which call is decided by [`Verified::opens`].

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{RoomId, UnixMs};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use sha2::Sha256;
use thiserror::Error;
use wire::livekit::Claims;

use crate::problem::{Answer, Problem};

/// What Plaza's own tokens name as their key. No key of the operator's may be called so.
pub const OWN_KEY: &str = "plaza";

/// Clocks may differ by so much, in seconds.
const LEEWAY_S: u64 = 60;

/// Who signed a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signer {
    /// This server.
    Plaza,
    /// Whoever has the key of this name.
    Key(Arc<str>),
}

/// A token that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// Who signed it.
    pub signer: Signer,
    /// What it says.
    pub claims: Claims,
}

/// Why a token does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// There is none.
    #[error("no access token")]
    Missing,
    /// It is no token, or not signed with the key that it names.
    #[error("invalid token")]
    Invalid,
    /// It names a key that is not known here.
    #[error("invalid API key")]
    UnknownKey,
    /// It was good and is too old, or holds later only.
    #[error("token is expired or not valid yet")]
    NotNow,
}

struct Key {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Key {
    fn new(secret: &[u8]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }
}

/// The keys that access tokens are signed with.
pub struct AccessKeys {
    keys: BTreeMap<Arc<str>, Key>,
    own: Key,
}

impl std::fmt::Debug for AccessKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

impl AccessKeys {
    /// With the operator's keys, name to secret, and the server's secret.
    #[must_use]
    pub fn new(configured: &BTreeMap<String, String>, server_secret: &[u8; 32]) -> Self {
        let keys = configured.iter();
        let keys = keys.map(|(name, secret)| (name.as_str().into(), Key::new(secret.as_bytes())));
        Self {
            keys: keys.collect(),
            own: Key::new(&own_secret(server_secret)),
        }
    }

    /// Checks a token.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify(&self, token: &str, now: UnixMs) -> Result<Verified, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Missing);
        }
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        if header.alg != Algorithm::HS256 {
            return Err(TokenError::Invalid);
        }
        let issuer = issuer(token).ok_or(TokenError::Invalid)?;
        let (signer, key) = if issuer == OWN_KEY {
            (Signer::Plaza, &self.own)
        } else {
            let known = self.keys.get_key_value(issuer.as_str());
            let (name, key) = known.ok_or(TokenError::UnknownKey)?;
            (Signer::Key(Arc::clone(name)), key)
        };
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let decoded = decode::<Claims>(token, &key.decoding, &validation);
        let claims = decoded.map_err(|_| TokenError::Invalid)?.claims;
        let now_s = now.0 / 1000;
        let began = claims.nbf <= now_s.saturating_add(LEEWAY_S);
        let ended = claims.exp.saturating_add(LEEWAY_S) <= now_s;
        if !began || ended {
            return Err(TokenError::NotNow);
        }
        Ok(Verified { signer, claims })
    }

    /// Signs claims as `signer`; their `iss` is set here.
    ///
    /// # Errors
    /// A fault: the key is not there, or signing fails.
    pub fn sign(&self, signer: &Signer, mut claims: Claims) -> Answer<String> {
        let (name, key) = match signer {
            Signer::Plaza => (OWN_KEY, &self.own),
            Signer::Key(name) => {
                let key = self.keys.get(name);
                (&**name, key.ok_or_else(|| Problem::fault("no such key"))?)
            }
        };
        name.clone_into(&mut claims.iss);
        encode(&Header::new(Algorithm::HS256), &claims, &key.encoding).map_err(Problem::fault)
    }

    /// The names of the operator's keys, in order.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.keys.keys()
    }
}

impl Verified {
    /// Whether it may be used for the call of this name: rooms of the place are Plaza's, all other
    /// names are the developers'.
    #[must_use]
    pub fn opens(&self, call: &str) -> bool {
        let is_room = call.parse::<RoomId>().is_ok();
        is_room == (self.signer == Signer::Plaza)
    }
}

/// The key that a token names, before anything about it is believed.
fn issuer(token: &str) -> Option<String> {
    let decoded = jsonwebtoken::dangerous::insecure_decode::<Claims>(token);
    decoded.ok().map(|decoded| decoded.claims.iss)
}

/// A secret for these tokens alone, so that no other token of the server is one of these.
fn own_secret(server_secret: &[u8; 32]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(server_secret)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(b"access tokens for calls");
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(2_000_000_000_000);

    fn keys() -> AccessKeys {
        let configured = [("devkey".to_owned(), "s".repeat(32))].into();
        AccessKeys::new(&configured, &[7; 32])
    }

    fn claims() -> Claims {
        Claims {
            sub: "alice".to_owned(),
            exp: NOW.0 / 1000 + 600,
            ..Claims::default()
        }
    }

    #[test]
    fn a_token_holds_until_it_ends() {
        let keys = keys();
        let signer = Signer::Key("devkey".into());
        let token = keys.sign(&signer, claims()).unwrap();
        let verified = keys.verify(&token, NOW).unwrap();
        assert_eq!(verified.signer, signer);
        assert_eq!(verified.claims.identity(), "alice");
        let late = NOW.plus_ms(700_000);
        assert_eq!(keys.verify(&token, late), Err(TokenError::NotNow));
    }

    #[test]
    fn a_token_of_somebody_else_is_refused() {
        let keys = keys();
        let others = AccessKeys::new(&[("devkey".to_owned(), "x".repeat(32))].into(), &[8; 32]);
        for signer in [Signer::Plaza, Signer::Key("devkey".into())] {
            let token = others.sign(&signer, claims()).unwrap();
            assert_eq!(keys.verify(&token, NOW), Err(TokenError::Invalid));
        }
        let others = AccessKeys::new(&[("other".to_owned(), "x".repeat(32))].into(), &[8; 32]);
        let token = others.sign(&Signer::Key("other".into()), claims());
        assert_eq!(
            keys.verify(&token.unwrap(), NOW),
            Err(TokenError::UnknownKey)
        );
        assert_eq!(keys.verify("", NOW), Err(TokenError::Missing));
        assert_eq!(keys.verify("a.b.c", NOW), Err(TokenError::Invalid));
    }

    #[test]
    fn rooms_of_the_place_open_to_our_own_tokens_only() {
        let keys = keys();
        let room = RoomId(77).to_string();
        for (signer, opens_room) in [(Signer::Plaza, true), (Signer::Key("devkey".into()), false)] {
            let token = keys.sign(&signer, claims()).unwrap();
            let verified = keys.verify(&token, NOW).unwrap();
            assert_eq!(verified.opens(&room), opens_room);
            assert_eq!(verified.opens("standup"), !opens_room);
        }
    }
}
