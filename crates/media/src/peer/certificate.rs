//! The certificate that all connections of a process show, and the hashes that go with it.

use std::fmt;
use std::sync::{Arc, LazyLock};

use str0m::config::{CryptoProvider, DtlsCert, Fingerprint};

/// What computes for all connections.
static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(str0m::crypto::from_feature_flags()));

/// What computes for all connections.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::clone(&PROVIDER)
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Certificate {
    pub(super) certificate: DtlsCert,
    fingerprint: [u8; 32],
}

impl fmt::Debug for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Certificate").finish_non_exhaustive()
    }
}

impl Certificate {
    /// Makes a new one from the randomness of the system, once per process: the only thing here
    /// that is not a function of its arguments. `None` where the system has no randomness.
    #[must_use]
    pub fn generate() -> Option<Self> {
        let certificate = PROVIDER.dtls_provider.generate_certificate()?;
        let fingerprint = PROVIDER.sha256_provider.sha256(&certificate.certificate);
        Some(Self {
            certificate,
            fingerprint,
        })
    }

    /// Its SHA-256, as descriptions announce it.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }
}

/// A fingerprint as the library wants it.
pub(super) fn fingerprint(sha256: [u8; 32]) -> Fingerprint {
    Fingerprint {
        hash_func: "sha-256".to_owned(),
        bytes: sha256.to_vec(),
    }
}

/// HMAC-SHA1 over the pieces of a message, for STUN.
pub(crate) fn hmac_sha1(key: &[u8], pieces: &[&[u8]]) -> [u8; 20] {
    PROVIDER.sha1_hmac_provider.sha1_hmac(key, pieces)
}
