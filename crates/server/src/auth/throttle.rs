//! How often somebody may try: requests per person and address, logins per account and address.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base::{Code, PersonId};
use domain::auth::throttle::LoginThrottle;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::clock;
use crate::config::Limits;
use crate::problem::{Answer, Problem};

/// Secrets that are remembered to be good; past that all are forgotten and learned anew.
const KNOWN_MAX: usize = 16_384;

/// All throttles of the house.
#[derive(Debug)]
pub struct Throttle {
    clock: DefaultClock,
    requests_of_person: DefaultKeyedRateLimiter<PersonId>,
    requests_of_address: DefaultKeyedRateLimiter<IpAddr>,
    attempts_of_address: DefaultKeyedRateLimiter<IpAddr>,
    /// Addresses that have spent everything, and until when.
    spent: Mutex<HashMap<IpAddr, Instant>>,
    /// Hashes of secrets that let in when they were last looked up.
    known: Mutex<HashSet<[u8; 32]>>,
    logins: Mutex<LoginThrottle>,
    /// Keyed anew at each start, so that nobody can make two names share a bucket.
    names: RandomState,
}

const TOO_MANY_FROM: &str = "Too many requests from your address. Slow down a little.";

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn per_second(rate: u32, burst: u32) -> Quota {
    let one = NonZeroU32::MIN;
    Quota::per_second(NonZeroU32::new(rate).unwrap_or(one))
        .allow_burst(NonZeroU32::new(burst).unwrap_or(one))
}

fn per_minute(rate: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN))
}

/// What counts as one address: the whole /64 in IPv6, because one household has that many.
#[must_use]
pub fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let bits = u128::from(address) & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from(bits))
        }
    }
}

impl Throttle {
    /// With the operator's limits.
    #[must_use]
    pub fn new(settings: &Limits) -> Self {
        let requests = per_second(settings.requests_per_second, settings.requests_burst);
        Self {
            clock: DefaultClock::default(),
            requests_of_person: RateLimiter::keyed(requests),
            requests_of_address: RateLimiter::keyed(requests),
            attempts_of_address: RateLimiter::keyed(per_minute(
                settings.attempts_per_address_per_minute,
            )),
            spent: Mutex::default(),
            known: Mutex::default(),
            logins: Mutex::default(),
            names: RandomState::new(),
        }
    }

    fn spend<K: Clone + Eq + Hash>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
        detail: &str,
    ) -> Answer<()> {
        limiter.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            Problem::wait(Code::RateLimited, wait_ms, detail)
        })
    }

    /// One request of a person.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn request_of(&self, person: PersonId) -> Answer<()> {
        self.spend(
            &self.requests_of_person,
            &person,
            "Too many requests. Slow down a little.",
        )
    }

    /// One request of somebody not known yet.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn request_from(&self, address: IpAddr) -> Answer<()> {
        let prefix = prefix(address);
        self.spend(&self.requests_of_address, &prefix, TOO_MANY_FROM)
            .inspect_err(|problem| {
                let wait = Duration::from_millis(problem.retry_after_ms.unwrap_or_default());
                lock(&self.spent).insert(prefix, Instant::now() + wait);
            })
    }

    /// Asked before a secret is looked up, so that guesses cost nothing once their address has
    /// spent what it may ask. Secrets that are known to be good are looked up all the same: people
    /// behind one address do not lock each other out.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn look_up(&self, secret_hash: &[u8; 32], address: IpAddr) -> Answer<()> {
        if lock(&self.known).contains(secret_hash) {
            return Ok(());
        }
        let until = lock(&self.spent).get(&prefix(address)).copied();
        let wait = until.and_then(|until| until.checked_duration_since(Instant::now()));
        let Some(wait) = wait.filter(|wait| !wait.is_zero()) else {
            return Ok(());
        };
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        Err(Problem::wait(Code::RateLimited, wait_ms, TOO_MANY_FROM))
    }

    /// What the look-up of a secret found.
    pub fn looked_up(&self, secret_hash: [u8; 32], is_good: bool) {
        let mut known = lock(&self.known);
        if !is_good {
            known.remove(&secret_hash);
            return;
        }
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(secret_hash);
    }

    /// One attempt to log in to `account` (the folded name that was typed) from `address`.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn login(&self, account: &str, address: IpAddr) -> Answer<()> {
        let account = self.names.hash_one(account);
        lock(&self.logins)
            .attempt(clock::now(), account, address)
            .map_err(|wait_ms| {
                let detail = "Too many attempts. Wait a moment, then try again.";
                Problem::wait(Code::RateLimited, wait_ms, detail)
            })
    }

    /// The attempt succeeded: only failed ones count against the account.
    pub fn login_succeeded(&self, account: &str) {
        let account = self.names.hash_one(account);
        lock(&self.logins).succeeded(account);
    }

    /// One attempt with a secret that is not a password (setup, an invitation) from `address`.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn attempt_from(&self, address: IpAddr) -> Answer<()> {
        let detail = "Too many attempts from your address. Wait a moment, then try again.";
        self.spend(&self.attempts_of_address, &prefix(address), detail)
    }

    /// Forgets who has been quiet, so that memory follows the people who are there.
    pub fn forget_quiet(&self) {
        self.requests_of_person.retain_recent();
        self.requests_of_address.retain_recent();
        self.attempts_of_address.retain_recent();
        let now = Instant::now();
        lock(&self.spent).retain(|_, until| *until > now);
    }

    /// How often [`Self::forget_quiet`] should run.
    pub const FORGET_EVERY: Duration = Duration::from_secs(60);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_login_to_an_account_within_a_minute_waits_and_others_do_not() {
        let throttle = Throttle::new(&Limits::default());
        let address = IpAddr::from([192, 0, 2, 1]);
        for _ in 0..base::limits::LOGINS_PER_ACCOUNT_PER_MINUTE {
            throttle.login("ada", address).unwrap();
        }
        let problem = throttle.login("ada", address).unwrap_err();
        assert_eq!(problem.code, Code::RateLimited);
        assert!(problem.retry_after_ms.unwrap() > 1_000);
        throttle.login("grace", address).unwrap();
    }

    #[test]
    fn who_has_spent_everything_is_refused_before_a_secret_is_looked_up() {
        let throttle = Throttle::new(&Limits {
            requests_per_second: 1,
            requests_burst: 2,
            ..Limits::default()
        });
        let address = IpAddr::from([192, 0, 2, 1]);
        let (good, guess) = ([1; 32], [2; 32]);
        throttle.looked_up(good, true);
        for _ in 0..2 {
            throttle.look_up(&guess, address).unwrap();
            throttle.request_from(address).unwrap();
        }
        throttle.request_from(address).unwrap_err();
        let problem = throttle.look_up(&guess, address).unwrap_err();
        assert_eq!(problem.code, Code::RateLimited);
        throttle.look_up(&good, address).unwrap();
        throttle
            .look_up(&guess, IpAddr::from([192, 0, 2, 2]))
            .unwrap();
        throttle.looked_up(good, false);
        throttle.look_up(&good, address).unwrap_err();
    }

    #[test]
    fn addresses_of_one_ipv6_household_count_as_one() {
        let at = |text: &str| prefix(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8:0:1::1"), at("2001:db8:0:2::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    }
}
