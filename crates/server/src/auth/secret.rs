//! Secrets: random texts that people and browsers carry, and their hashes that the server keeps.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::clock;

/// What an API token begins with, so that leaked ones can be found by scanners.
pub const TOKEN_PREFIX: &str = "plz_";

/// A new session secret: 256 random bits as 43 characters.
#[must_use]
pub fn session() -> String {
    URL_SAFE_NO_PAD.encode(clock::secret())
}

/// A new API token.
#[must_use]
pub fn api_token() -> String {
    format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(clock::secret()))
}

/// What a key for the server HTTP API begins with.
pub const KEY_PREFIX: &str = "plk_";

/// A new key for the server HTTP API.
#[must_use]
pub fn api_key() -> String {
    format!("{KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(clock::secret()))
}

/// A new secret for signing: 256 random bits as 64 hexadecimal digits, used as the text it is.
#[must_use]
pub fn signing() -> String {
    let bytes = clock::secret();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is stored of a secret. The secrets are random, so no salt or slow hash is needed.
#[must_use]
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// The characters of codes and passwords that people read to each other: none that look alike.
const READABLE: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn readable(groups: usize) -> String {
    let groups: Vec<String> = (0..groups)
        .map(|_| {
            let bytes: [u8; 4] = rand::random();
            bytes
                .iter()
                .map(|byte| char::from(READABLE[usize::from(byte & 31)]))
                .collect()
        })
        .collect();
    groups.join("-")
}

/// A new invitation code: 40 random bits as `7Q4M-XKTD`.
#[must_use]
pub fn invite_code() -> String {
    readable(2)
}

/// A new password that an administrator hands on: 80 random bits.
#[must_use]
pub fn password() -> String {
    readable(4)
}

/// Reads the server's own secret, or makes it at the first start, readable by its owner only.
///
/// # Errors
/// The file can not be read or written, or does not hold 32 bytes.
pub fn server_secret(path: &Path) -> io::Result<[u8; 32]> {
    match fs::read(path) {
        Ok(bytes) => <[u8; 32]>::try_from(bytes).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, "the server secret is damaged")
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = clock::secret();
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?;
            file.write_all(&secret)?;
            file.sync_all()?;
            Ok(secret)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_server_secret_is_made_once_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        let first = server_secret(&path).unwrap();
        assert_eq!(server_secret(&path).unwrap(), first);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn codes_have_the_shape_that_people_type() {
        let code = invite_code();
        assert_eq!(code.len(), 9);
        assert_eq!(code.as_bytes()[4], b'-');
        assert_ne!(invite_code(), code);
    }
}
