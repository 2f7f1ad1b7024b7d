//! How often something may happen: a token bucket that is one number.

/// So many times a second after a burst, as the generic cell rate algorithm counts it: the time
/// at which the bucket is full again. Times are milliseconds of any clock that does not go back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget<const PER_SECOND: u32, const BURST: u32> {
    full_at_us: u64,
}

impl<const PER_SECOND: u32, const BURST: u32> Budget<PER_SECOND, BURST> {
    const STEP_US: u64 = 1_000_000 / PER_SECOND as u64;

    /// Takes one token; `false` when there is none.
    pub fn spend(&mut self, now_ms: u64) -> bool {
        let now_us = now_ms.saturating_mul(1_000);
        let full_at_us = self.full_at_us.max(now_us) + Self::STEP_US;
        let within = full_at_us - now_us <= Self::STEP_US * u64::from(BURST);
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
        let mut budget = Budget::<100, 400>::default();
        assert_eq!((0..1_000).filter(|_| budget.spend(5)).count(), 400);
        assert!(!budget.spend(14));
        assert!(budget.spend(15));
        assert_eq!((0..1_000).filter(|_| budget.spend(1_015)).count(), 100);
        assert_eq!((0..1_000).filter(|_| budget.spend(1 << 40)).count(), 400);
    }
}
