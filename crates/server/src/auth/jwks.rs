//! Public keys that an identity provider publishes as a JSON Web Key Set.
//!
//! Fetched when a token needs them, kept for a while, fetched again when a token names a key that
//! is not among them, but not more often than every few seconds. When the provider can not be
//! reached and what is kept is too old, no token is believed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::limits::{JWKS_BYTES_MAX, JWKS_KEYS_MAX, JWKS_LIFE_MS, JWKS_PAUSE_MS};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;

/// Gets what stands at a URL; the text of an error is for the log.
pub type Fetch = Arc<dyn Fn(String) -> BoxFuture<'static, Result<Bytes, String>> + Send + Sync>;

/// The keys of one provider.
pub struct Jwks {
    url: String,
    fetch: Fetch,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, (Option<Algorithm>, DecodingKey)>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

fn older_than(at: Option<Instant>, ms: u64) -> bool {
    at.is_none_or(|at| at.elapsed() > Duration::from_millis(ms))
}

impl Jwks {
    /// The keys published at `url`.
    #[must_use]
    pub fn new(url: String, fetch: Fetch) -> Self {
        Self {
            url,
            fetch,
            known: Mutex::default(),
        }
    }

    /// The key of this id, if it serves this algorithm.
    pub async fn key(&self, id: &str, algorithm: Algorithm) -> Option<DecodingKey> {
        let mut known = self.known.lock().await;
        let stale = older_than(known.fetched, JWKS_LIFE_MS);
        let wanted = stale || !known.keys.contains_key(id);
        if wanted && older_than(known.tried, JWKS_PAUSE_MS) {
            known.tried = Some(Instant::now());
            match self.read().await {
                Ok(keys) => {
                    known.keys = keys;
                    known.fetched = Some(Instant::now());
                }
                Err(error) => tracing::warn!(url = self.url, error, "no keys for tokens"),
            }
        }
        if older_than(known.fetched, JWKS_LIFE_MS) {
            return None;
        }
        let (bound, key) = known.keys.get(id)?;
        let fits =
            bound.is_none_or(|bound| bound == algorithm) && key.family() == algorithm.family();
        fits.then(|| key.clone())
    }

    async fn read(&self) -> Result<HashMap<String, (Option<Algorithm>, DecodingKey)>, String> {
        let body = (self.fetch)(self.url.clone()).await?;
        if body.len() > JWKS_BYTES_MAX {
            return Err("the key set is too large".to_owned());
        }
        // Key by key, so that one of a kind we do not know costs only itself.
        let set: Set = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let read = |key: serde_json::Value| serde_json::from_value::<Jwk>(key).ok();
        let keys = set.keys.into_iter().take(JWKS_KEYS_MAX).filter_map(read);
        Ok(JwkSet {
            keys: keys.collect(),
        }
        .keys
        .iter()
        .filter_map(usable)
        .collect())
    }
}

#[derive(serde::Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// A public key for signatures, by its id. Secrets have no place in a published set.
fn usable(jwk: &Jwk) -> Option<(String, (Option<Algorithm>, DecodingKey))> {
    let signs = matches!(
        jwk.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let key = DecodingKey::from_jwk(jwk).ok().filter(|_| signs)?;
    if key.family() == jsonwebtoken::AlgorithmFamily::Hmac {
        return None;
    }
    let bound = jwk
        .common
        .key_algorithm
        .map(|it| it.to_string().parse().ok());
    // A key bound to something that we do not know is of no use.
    let bound = match bound {
        Some(None) => return None,
        Some(Some(algorithm)) => Some(algorithm),
        None => None,
    };
    Some((jwk.common.key_id.clone()?, (bound, key)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt;

    use super::*;

    const SET: &str = r#"{"keys":[
        {"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"one",
         "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty":"oct","k":"c2VjcmV0","kid":"secret"},
        {"kty":"new","kid":"unknown"}]}"#;

    fn provider(answer: Result<&'static str, &'static str>) -> (Jwks, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let fetch: Fetch = Arc::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            let answer = answer.map(|body| Bytes::from_static(body.as_bytes()));
            async move { answer.map_err(str::to_owned) }.boxed()
        });
        (Jwks::new("http://id.test/jwks".to_owned(), fetch), asked)
    }

    #[tokio::test]
    async fn a_key_is_fetched_once_and_serves_its_own_algorithm_alone() {
        let (jwks, asked) = provider(Ok(SET));
        assert!(jwks.key("one", Algorithm::EdDSA).await.is_some());
        assert!(jwks.key("one", Algorithm::ES256).await.is_none());
        assert!(jwks.key("one", Algorithm::HS256).await.is_none());
        assert!(jwks.key("secret", Algorithm::HS256).await.is_none());
        assert!(jwks.key("unknown", Algorithm::RS256).await.is_none());
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn without_an_answer_no_key_is_believed_and_the_provider_is_left_in_peace() {
        for answer in [Err("down"), Ok("{}"), Ok("no json")] {
            let (jwks, asked) = provider(answer);
            for _ in 0..3 {
                assert!(jwks.key("one", Algorithm::EdDSA).await.is_none());
            }
            assert_eq!(asked.load(Ordering::Relaxed), 1);
        }
    }
}
