//! Password hashing: argon2id, a few at a time, the same work for names that do not exist.
//!
//! Never decides who may try (that is `auth/throttle`) nor how long a password must be
//! (`domain::auth`); whoever calls has checked the length before, so that a giant one costs
//! nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base::{Code, limits};
use tokio::sync::Semaphore;

use crate::problem::{Answer, Problem};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The hasher of the house.
#[derive(Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Verified against when the name is unknown, so that the answer takes as long.
    decoy: String,
}

fn argon() -> Result<Argon2<'static>, argon2::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Answer<String> {
    let argon = argon().map_err(|error| Problem::fault(error.to_string()))?;
    argon
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Problem::fault(error.to_string()))
}

fn verify(password: &str, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else {
        return false;
    };
    argon().is_ok_and(|argon| argon.verify_password(password.as_bytes(), &parsed).is_ok())
}

/// Counts one caller in the queue, until dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Passwords {
    /// Makes the hasher; computes one hash.
    ///
    /// # Errors
    /// Memory for one hash can not be had.
    pub fn new() -> Answer<Self> {
        Ok(Self {
            permits: Arc::new(Semaphore::new(limits::HASHES_AT_ONCE_MAX)),
            waiting: AtomicUsize::new(0),
            decoy: hash("the name is unknown")?,
        })
    }

    /// Hashes a password for storing, in PHC form.
    ///
    /// # Errors
    /// `rate_limited` when too many wait already.
    pub async fn hash(&self, password: String) -> Answer<String> {
        self.run(move || hash(&password)).await?
    }

    /// Whether `password` fits `stored`. Without a stored hash it does the same work and says no.
    ///
    /// # Errors
    /// `rate_limited` when too many wait already.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Answer<bool> {
        let known = stored.is_some();
        let against = stored.unwrap_or_else(|| self.decoy.clone());
        let fits = self.run(move || verify(&password, &against)).await?;
        Ok(known && fits)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _place = Place(&self.waiting);
        if waiting >= limits::HASHES_AT_ONCE_MAX + limits::HASHES_WAITING_MAX {
            let detail = "Many people are logging in at this moment. Try again shortly.";
            return Err(Problem::wait(Code::RateLimited, 2_000, detail));
        }
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(Problem::fault)?;
        // The permit goes along: a caller who hangs up does not free the processor any earlier.
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(Problem::fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            passwords
                .verify("correct horse".to_owned(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("wrong horse".to_owned(), Some(hash))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn without_an_account_the_answer_is_no_even_for_the_decoys_own_password() {
        let passwords = Passwords::new().unwrap();
        assert!(
            !passwords
                .verify("the name is unknown".to_owned(), None)
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn when_too_many_wait_the_next_is_refused() {
        let passwords = Passwords::new().unwrap();
        let full = limits::HASHES_AT_ONCE_MAX + limits::HASHES_WAITING_MAX;
        passwords.waiting.store(full, Ordering::Relaxed);
        let problem = passwords.hash("x".to_owned()).await.unwrap_err();
        assert_eq!(problem.code, Code::RateLimited);
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), full);
    }
}
