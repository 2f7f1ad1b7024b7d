//! How much one person may post, or one address when nobody knows the person: so many texts, so
//! many bytes, whichever is used up first.
//!
//! Everything posted is sent to everybody in the room at once; without a bound one person fills
//! the outboxes of all who read slowly. Spent by `handle::messages` alone, at any door.

use std::net::IpAddr;
use std::num::NonZeroU32;

use base::{Code, PersonId};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};

use crate::auth::throttle::prefix;
use crate::config::Limits;
use crate::problem::{Answer, Problem};

/// From whose budget a text is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payer {
    /// A person's.
    Person(PersonId),
    /// That of an address (IPv6: of its /64): all visitors from there share it.
    Address(IpAddr),
}

impl Payer {
    /// The budget of whoever calls from there.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self::Address(prefix(address))
    }
}

/// What everybody has left.
#[derive(Debug)]
pub struct Budget {
    clock: DefaultClock,
    posts: DefaultKeyedRateLimiter<Payer>,
    bytes: DefaultKeyedRateLimiter<Payer>,
    bytes_burst: u32,
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

fn quota(rate: u32, burst: u32) -> Quota {
    Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst))
}

impl Budget {
    /// With the operator's limits.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            clock: DefaultClock::default(),
            posts: RateLimiter::keyed(quota(limits.posts_per_second, limits.posts_burst)),
            bytes: RateLimiter::keyed(quota(limits.post_bytes_per_second, limits.post_bytes_burst)),
            bytes_burst: limits.post_bytes_burst,
        }
    }

    /// One text.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn spend(&self, payer: Payer, text: &str) -> Answer<()> {
        let wait = |not_until: NotUntil<_>| {
            let wait = not_until.wait_time_from(self.clock.now());
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            let detail = "You are posting too fast. Wait a moment, then try again.";
            Problem::wait(Code::RateLimited, wait_ms.max(1), detail)
        };
        self.posts.check_key(&payer).map_err(wait)?;
        // One text of any allowed length fits into a full budget, however small that was made.
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let bytes = at_least_one(bytes.min(self.bytes_burst));
        match self.bytes.check_key_n(&payer, bytes) {
            Ok(enough) => enough.map_err(wait),
            Err(too_many) => Err(Problem::fault(too_many)),
        }
    }

    /// Forgets who has been quiet, so that memory follows the people who post.
    pub fn forget_quiet(&self) {
        self.posts.retain_recent();
        self.bytes.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Payer = Payer::Person(PersonId(1));
    const BEN: Payer = Payer::Person(PersonId(2));

    #[test]
    fn who_posts_too_many_texts_or_bytes_waits_and_others_do_not() {
        for text in ["hi", &"字".repeat(10_000)] {
            let budget = Budget::new(&Limits::default());
            let problem = (0..=base::limits::POSTS_BURST)
                .find_map(|_| budget.spend(ANN, text).err())
                .unwrap();
            assert_eq!(problem.code, Code::RateLimited);
            assert!(problem.retry_after_ms.unwrap() > 0);
            budget.spend(BEN, text).unwrap();
        }
    }

    #[test]
    fn a_text_above_the_whole_budget_passes_when_nothing_was_spent() {
        let limits = Limits {
            post_bytes_burst: 10,
            ..Limits::default()
        };
        let budget = Budget::new(&limits);
        budget.spend(ANN, &"x".repeat(100)).unwrap();
        assert!(budget.spend(ANN, "x").is_err());
    }
}
