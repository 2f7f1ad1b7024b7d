//! Latencies in logarithmic buckets: 64 per power of two, so a quantile is off by at most 1.6 %.

const BUCKETS_PER_OCTAVE_LOG2: u32 = 6;
const BUCKETS: usize = (64 - BUCKETS_PER_OCTAVE_LOG2 as usize + 1) << BUCKETS_PER_OCTAVE_LOG2;

/// A count per bucket of nanoseconds.
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            total: 0,
        }
    }

    /// Counts one latency.
    pub(crate) fn record(&mut self, nanoseconds: u64) {
        self.record_many(nanoseconds, 1);
    }

    /// Counts the same latency several times.
    pub(crate) fn record_many(&mut self, nanoseconds: u64, times: u64) {
        if let Some(count) = self.counts.get_mut(bucket(nanoseconds)) {
            *count += times;
            self.total += times;
        }
    }

    /// The latency below which the share `q` (0 to 1) lies, in nanoseconds; 0 when empty.
    pub(crate) fn quantile(&self, q: f64) -> u64 {
        let wanted = ((self.total as f64) * q).ceil() as u64;
        let mut passed = 0;
        for (index, count) in self.counts.iter().enumerate() {
            passed += count;
            if passed >= wanted && passed > 0 {
                return lower_bound(index);
            }
        }
        0
    }
}

fn bucket(value: u64) -> usize {
    let octave = (64 - value.leading_zeros()).saturating_sub(BUCKETS_PER_OCTAVE_LOG2 + 1);
    let base = (octave as usize) << BUCKETS_PER_OCTAVE_LOG2;
    base + (value >> octave) as usize
}

fn lower_bound(bucket: usize) -> u64 {
    let per_octave = 1_usize << BUCKETS_PER_OCTAVE_LOG2;
    if bucket < 2 * per_octave {
        return bucket as u64;
    }
    let octave = bucket / per_octave - 1;
    ((bucket - octave * per_octave) as u64) << octave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_starts_where_its_lower_bound_says() {
        for value in (0..5_000).chain((0..63).map(|bit| 1_u64 << bit)) {
            let low = lower_bound(bucket(value));
            assert!(low <= value, "{low} > {value}");
            assert!(
                (value - low) as f64 <= value as f64 / 64.0,
                "{low} is far from {value}"
            );
        }
        assert!(bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn quantiles_stand_where_the_values_were_put() {
        let mut histogram = Histogram::new();
        (1..=100).for_each(|value| histogram.record(value));
        assert_eq!(histogram.quantile(0.5), 50);
        assert_eq!(histogram.quantile(0.99), 99);
        assert_eq!(Histogram::new().quantile(0.5), 0);
    }
}
