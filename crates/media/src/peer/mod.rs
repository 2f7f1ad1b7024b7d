//! The boundary to str0m: ICE, DTLS, SRTP, repair, bandwidth estimation and SCTP of one peer.
//!
//! Nothing outside of this module knows that library. An error of it closes one peer and nothing
//! else.

use std::fmt;
use std::sync::Arc;

use str0m::config::{CryptoProvider, DtlsCert};

/// The certificate of all connections of a process, with its key.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<DtlsCert>,
    fingerprint: [u8; 32],
}

impl fmt::Debug for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Certificate").finish()
    }
}

impl Certificate {
    /// Makes a new one from the randomness of the system. Once per process: the only thing here
    /// that is not a function of its arguments.
    ///
    /// # Errors
    /// `None` where the system has no randomness.
    #[must_use]
    pub fn generate() -> Option<Self> {
        let provider: CryptoProvider = str0m::crypto::from_feature_flags();
        let certificate = provider.dtls_provider.generate_certificate()?;
        let fingerprint = provider.sha256_provider.sha256(&certificate.certificate);
        Some(Self {
            der: Arc::new(certificate),
            fingerprint,
        })
    }

    /// Its SHA-256, as descriptions announce it.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        let _ = &self.der;
        self.fingerprint
    }
}
