//! How often something may happen: a token bucket that is one number.

/// So many times a second, after a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How often a second; 0 counts as 1, and above a million nothing is limited.
    pub per_second: u32,
    /// How often at once.
    pub burst: u32,
}

/// A token bucket as the generic cell rate algorithm counts it: the time at which it is full
/// again. Times are milliseconds of any clock that does not go back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    full_at_us: u64,
}

impl Budget {
    /// Takes one token; `false` when there is none.
    pub fn spend(&mut self, now_ms: u64, rate: Rate) -> bool {
        let step_us = 1_000_000 / u64::from(rate.per_second.max(1));
        let now_us = now_ms.saturating_mul(1_000);
        let full_at_us = self.full_at_us.max(now_us).saturating_add(step_us);
        let within = full_at_us - now_us <= step_us.saturating_mul(u64::from(rate.burst));
        if within {
            self.full_at_us = full_at_us;
        }
        within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let rate = Rate {
            per_second: 100,
            burst: 400,
        };
        let mut budget = Budget::default();
        assert_eq!((0..1_000).filter(|_| budget.spend(5, rate)).count(), 400);
        assert!(!budget.spend(14, rate));
        assert!(budget.spend(15, rate));
        assert_eq!(
            (0..1_000).filter(|_| budget.spend(1_015, rate)).count(),
            100
        );
        assert_eq!(
            (0..1_000).filter(|_| budget.spend(1 << 40, rate)).count(),
            400
        );
    }

    #[test]
    fn a_rate_of_a_million_and_more_still_counts() {
        let rate = Rate {
            per_second: 2_000_000,
            burst: 10,
        };
        let mut budget = Budget::default();
        assert!((0..100).all(|_| budget.spend(0, rate)), "no limit at all");
        let rate = Rate {
            per_second: 1_000_000,
            burst: 10,
        };
        let mut budget = Budget::default();
        assert_eq!((0..100).filter(|_| budget.spend(0, rate)).count(), 10);
    }
}
