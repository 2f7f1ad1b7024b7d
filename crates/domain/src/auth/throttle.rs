//! How often somebody may try to log in: token buckets per account and per address.
//!
//! Pure state, handed the time; `server/handle/auth` owns it and asks before a password is hashed.
//! Its memory is bounded: the buckets that are full again are forgotten first.

use std::collections::HashMap;
use std::hash::Hash;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::{UnixMs, limits};

/// The part of an address that stands for one customer: an IPv4 address, or an IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Prefix {
    /// The whole address.
    V4(Ipv4Addr),
    /// The first 64 bits.
    V6(u64),
}

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Self {
        // An IPv4 address that came in over an IPv6 socket is still that address.
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4),
            IpAddr::V6(v6) => Self::V6(upper_half(v6)),
        }
    }
}

fn upper_half(address: Ipv6Addr) -> u64 {
    (u128::from(address) >> 64) as u64
}

/// How fast a bucket fills, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens a minute.
    pub per_minute: u32,
    /// Tokens in a full bucket.
    pub burst: u32,
}

impl Rate {
    const fn a_minute(count: u32) -> Self {
        Self {
            per_minute: count,
            burst: count,
        }
    }

    /// What a token weighs: one token is as many units as a minute has milliseconds, so that
    /// filling is a multiplication without fractions.
    const TOKEN: u64 = 60_000;

    const fn full(self) -> u64 {
        self.burst as u64 * Self::TOKEN
    }
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    units: u64,
    at: UnixMs,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn full(rate: Rate, now: UnixMs) -> Self {
        Self {
            units: rate.full(),
            at: now,
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// The milliseconds until there is one again; then nothing was taken.
    pub fn take(&mut self, rate: Rate, now: UnixMs) -> Result<(), u64> {
        self.fill(rate, now);
        match self.units.checked_sub(Rate::TOKEN) {
            Some(rest) => {
                self.units = rest;
                Ok(())
            }
            None => {
                let missing = Rate::TOKEN - self.units;
                Err(missing.div_ceil(u64::from(rate.per_minute).max(1)))
            }
        }
    }

    /// Puts a token back.
    pub fn put_back(&mut self, rate: Rate) {
        self.units = (self.units + Rate::TOKEN).min(rate.full());
    }

    fn fill(&mut self, rate: Rate, now: UnixMs) {
        let gained = now
            .since_ms(self.at)
            .saturating_mul(u64::from(rate.per_minute));
        self.units = self.units.saturating_add(gained).min(rate.full());
        self.at = self.at.max(now);
    }

    fn is_full(mut self, rate: Rate, now: UnixMs) -> bool {
        self.fill(rate, now);
        self.units == rate.full()
    }
}

/// Buckets by key, bounded in number.
#[derive(Debug, Clone)]
struct Buckets<K> {
    rate: Rate,
    count_max: usize,
    buckets: HashMap<K, Bucket>,
}

impl<K: Copy + Eq + Hash> Buckets<K> {
    fn new(rate: Rate, count_max: usize) -> Self {
        Self {
            rate,
            count_max,
            buckets: HashMap::new(),
        }
    }

    fn take(&mut self, key: K, now: UnixMs) -> Result<(), u64> {
        let rate = self.rate;
        if self.buckets.len() >= self.count_max && !self.buckets.contains_key(&key) {
            self.buckets.retain(|_, bucket| !bucket.is_full(rate, now));
            if self.buckets.len() >= self.count_max {
                // More keys at once than people ever type: refuse new ones for a moment rather
                // than forget those who are being held back.
                return Err(Rate::TOKEN / u64::from(rate.per_minute).max(1));
            }
        }
        self.buckets
            .entry(key)
            .or_insert_with(|| Bucket::full(rate, now))
            .take(rate, now)
    }

    fn put_back(&mut self, key: K) {
        if let Some(bucket) = self.buckets.get_mut(&key) {
            bucket.put_back(self.rate);
        }
    }
}

/// Login attempts of the whole place.
///
/// Accounts are told apart by the folded name that was typed, whether it exists or not, so that
/// waiting tells nothing about who has an account.
#[derive(Debug, Clone)]
pub struct LoginThrottle {
    accounts: Buckets<u64>,
    prefixes: Buckets<Prefix>,
}

impl Default for LoginThrottle {
    fn default() -> Self {
        Self {
            accounts: Buckets::new(
                Rate::a_minute(limits::LOGINS_PER_ACCOUNT_PER_MINUTE),
                100_000,
            ),
            prefixes: Buckets::new(
                Rate::a_minute(limits::LOGINS_PER_ADDRESS_PER_MINUTE),
                100_000,
            ),
        }
    }
}

impl LoginThrottle {
    /// Spends an attempt of the account (a hash of the typed name, keyed by the caller) and of the
    /// address. Asked before hashing, so that attempts side by side are counted too.
    ///
    /// # Errors
    /// The milliseconds to wait; the caller answers `rate_limited`.
    pub fn attempt(&mut self, now: UnixMs, account: u64, address: IpAddr) -> Result<(), u64> {
        self.prefixes.take(Prefix::from(address), now)?;
        self.accounts.take(account, now)
    }

    /// Gives the account's attempt back: only failed logins count against it.
    pub fn succeeded(&mut self, account: u64) {
        self.accounts.put_back(account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_800_000_000_000);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn five_failed_logins_a_minute_hold_an_account_back() {
        let mut throttle = LoginThrottle::default();
        for n in 0..5 {
            assert_eq!(
                throttle.attempt(NOW, 1, address(&format!("192.0.2.{n}"))),
                Ok(())
            );
        }
        assert_eq!(throttle.attempt(NOW, 1, address("192.0.2.9")), Err(12_000));
        assert_eq!(throttle.attempt(NOW, 2, address("192.0.2.9")), Ok(()));
        assert_eq!(
            throttle.attempt(NOW.plus_ms(12_000), 1, address("192.0.2.9")),
            Ok(())
        );
    }

    #[test]
    fn logins_that_succeed_do_not_count_against_the_account() {
        let mut throttle = LoginThrottle::default();
        for n in 0..50 {
            let from = address(&format!("192.0.2.{n}"));
            assert_eq!(throttle.attempt(NOW, 1, from), Ok(()));
            throttle.succeeded(1);
        }
    }

    #[test]
    fn twenty_attempts_a_minute_hold_an_address_back_whatever_the_account() {
        let mut throttle = LoginThrottle::default();
        for account in 0..20 {
            assert_eq!(throttle.attempt(NOW, account, address("192.0.2.1")), Ok(()));
        }
        assert_eq!(throttle.attempt(NOW, 99, address("192.0.2.1")), Err(3_000));
    }

    #[test]
    fn a_whole_64_of_ipv6_counts_as_one_address() {
        let one = Prefix::from(address("2001:db8:1:2::1"));
        assert_eq!(one, Prefix::from(address("2001:db8:1:2:ffff::9")));
        assert_ne!(one, Prefix::from(address("2001:db8:1:3::1")));
        let mapped = Prefix::from(address("::ffff:192.0.2.1"));
        assert_eq!(mapped, Prefix::from(address("192.0.2.1")));
    }

    #[test]
    fn a_clock_that_jumps_back_gives_nothing_away() {
        let rate = Rate::a_minute(5);
        let mut bucket = Bucket::full(rate, NOW);
        for _ in 0..5 {
            assert_eq!(bucket.take(rate, NOW), Ok(()));
        }
        assert_eq!(bucket.take(rate, UnixMs(0)), Err(12_000));
        assert_eq!(bucket.take(rate, NOW.plus_ms(11_999)), Err(1));
        assert_eq!(bucket.take(rate, NOW.plus_ms(u64::MAX / 2)), Ok(()));
    }

    #[test]
    fn the_number_of_buckets_is_bounded_and_held_back_ones_are_kept() {
        let rate = Rate::a_minute(1);
        let mut buckets = Buckets::new(rate, 3);
        for key in 0..3 {
            assert_eq!(buckets.take(key, NOW), Ok(()));
        }
        assert!(buckets.take(9, NOW).is_err());
        assert_eq!(buckets.buckets.len(), 3);
        let later = NOW.plus_ms(60_000);
        assert_eq!(buckets.take(9, later), Ok(()));
        assert_eq!(buckets.buckets.len(), 1);
    }
}
