//! How often somebody may try: requests per person and address, logins per account and address.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base::{Code, PersonId};
use domain::auth::throttle::LoginThrottle;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::clock;
use crate::config::Limits;
use crate::problem::{Answer, Problem};

/// All throttles of the house.
#[derive(Debug)]
pub struct Throttle {
    clock: DefaultClock,
    requests_of_person: DefaultKeyedRateLimiter<PersonId>,
    requests_of_address: DefaultKeyedRateLimiter<IpAddr>,
    attempts_of_address: DefaultKeyedRateLimiter<IpAddr>,
    logins: Mutex<LoginThrottle>,
    /// Keyed anew at each start, so that nobody can make two names share a bucket.
    names: RandomState,
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
        let detail = "Too many requests from your address. Slow down a little.";
        self.spend(&self.requests_of_address, &prefix(address), detail)
    }

    /// One attempt to log in to `account` (the folded name that was typed) from `address`.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn login(&self, account: &str, address: IpAddr) -> Answer<()> {
        let account = self.names.hash_one(account);
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        logins
            .attempt(clock::now(), account, address)
            .map_err(|wait_ms| {
                let detail = "Too many attempts. Wait a moment, then try again.";
                Problem::wait(Code::RateLimited, wait_ms, detail)
            })
    }

    /// The attempt succeeded: only failed ones count against the account.
    pub fn login_succeeded(&self, account: &str) {
        let account = self.names.hash_one(account);
        self.logins
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .succeeded(account);
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
    fn addresses_of_one_ipv6_household_count_as_one() {
        let at = |text: &str| prefix(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8:0:1::1"), at("2001:db8:0:2::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    }
}
