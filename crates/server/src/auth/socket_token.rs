//! The signed token with which a browser opens its live connection: a JWT, HS256, ten minutes.

use base::{PersonId, SessionId, UnixMs, limits};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::problem::{Answer, Problem};

/// Signs and checks with the server's own secret.
pub struct SocketTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// The person, as text.
    pub sub: String,
    /// The session that asked for it; when that ends, so does the connection.
    pub sid: String,
    /// When it ends, in seconds since 1970.
    pub exp: u64,
}

/// A token that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Who.
    pub person: PersonId,
    /// Their session.
    pub session: SessionId,
    /// When it ends.
    pub expires_at: UnixMs,
}

/// Why a token does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// It was good and is too old: ask for a new one.
    Expired,
    /// It was never ours.
    Invalid,
}

impl std::fmt::Debug for SocketTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SocketTokens")
    }
}

impl SocketTokens {
    /// With the server's secret.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }

    /// Makes a token and tells when it ends.
    ///
    /// # Errors
    /// Signing fails, which is a fault of ours.
    pub fn sign(
        &self,
        person: PersonId,
        session: SessionId,
        now: UnixMs,
    ) -> Answer<(String, UnixMs)> {
        let exp = now.plus_ms(limits::SOCKET_TOKEN_LIFE_MS).0 / 1000;
        let claims = Claims {
            sub: person.to_string(),
            sid: session.to_string(),
            exp,
        };
        let token = encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(Problem::fault)?;
        Ok((token, UnixMs(exp * 1000)))
    }

    /// Checks a token against `now`.
    ///
    /// # Errors
    /// It is too old, or was never ours.
    pub fn verify(&self, token: &str, now: UnixMs) -> Result<Verified, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        // The clock is ours, so that time is read in one place; the library only wants the claim.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        let expires_at = UnixMs(claims.exp.saturating_mul(1000));
        if expires_at <= now {
            return Err(TokenError::Expired);
        }
        Ok(Verified {
            person: claims.sub.parse().map_err(|_| TokenError::Invalid)?,
            session: claims.sid.parse().map_err(|_| TokenError::Invalid)?,
            expires_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_for_ten_minutes_and_only_under_its_own_secret() {
        let ours = SocketTokens::new(&[1; 32]);
        let theirs = SocketTokens::new(&[2; 32]);
        let now = UnixMs(1_800_000_000_000);
        let (token, expires_at) = ours.sign(PersonId(5), SessionId(7), now).unwrap();
        assert_eq!(expires_at, now.plus_ms(limits::SOCKET_TOKEN_LIFE_MS));
        let verified = ours.verify(&token, now).unwrap();
        assert_eq!(
            (verified.person, verified.session),
            (PersonId(5), SessionId(7))
        );
        assert_eq!(ours.verify(&token, expires_at), Err(TokenError::Expired));
        assert_eq!(theirs.verify(&token, now), Err(TokenError::Invalid));
    }

    #[test]
    fn a_token_without_a_signature_is_never_ours() {
        let ours = SocketTokens::new(&[1; 32]);
        let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ1MDAwMDAwMDAwMDUifQ.";
        for token in ["", "a.b.c", unsigned] {
            assert_eq!(
                ours.verify(token, UnixMs(0)),
                Err(TokenError::Invalid),
                "{token}"
            );
        }
    }
}
