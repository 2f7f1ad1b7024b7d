//! How fast is published: closed loop, open loop. And what came of it.

use std::time::{Duration, Instant};

use super::{DRAIN_MAX, Load};
use crate::error::BenchError;
use crate::process::{CpuTime, Process};

/// How long a server is asked what it can do at most.
const SATURATION: Duration = Duration::from_secs(1);

/// When the next publication goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As soon as fewer than so many are on their way (closed loop).
    InFlight(usize),
    /// So many a second, whatever happens (open loop).
    Rate(u32),
    /// Half as many a second as it manages with 16 in flight, which is measured first.
    HalfOfSaturation,
    /// Never: only memory is of interest.
    Idle,
}

/// What one run showed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    /// CPU time of the server.
    pub(crate) cpu: CpuTime,
    /// Publications that reached a subscriber.
    pub(crate) deliveries: u64,
    /// Publications sent.
    pub(crate) publications: u64,
    /// Deliveries that never came, and messages that nobody had published.
    pub(crate) wrong: u64,
    /// From the first publication to the last delivery.
    pub(crate) elapsed: Duration,
    /// Half of the deliveries were faster, in nanoseconds.
    pub(crate) p50_ns: u64,
    /// 99 % of the deliveries were faster, in nanoseconds.
    pub(crate) p99_ns: u64,
}

impl Load {
    /// Publishes for `time` at `pace` and watches what the server spends on it.
    pub(crate) fn measure(
        &mut self,
        pace: Pace,
        time: Duration,
        server: &Process,
    ) -> Result<Measured, BenchError> {
        let pace = match pace {
            Pace::HalfOfSaturation => Pace::Rate(self.saturation()? / 2),
            Pace::InFlight(_) | Pace::Rate(_) | Pace::Idle => pace,
        };
        self.forget_the_past();
        let before = server.cpu()?;
        let start = Instant::now();
        match pace {
            Pace::InFlight(window) => self.closed_loop(window, time)?,
            Pace::Rate(per_second) => self.open_loop(per_second, time)?,
            Pace::HalfOfSaturation | Pace::Idle => {}
        }
        self.drain()?;
        let cpu = server.cpu()?.since(before);
        let missing: u64 = self
            .publications
            .iter()
            .map(|one| u64::from(one.left))
            .sum();
        Ok(Measured {
            cpu,
            deliveries: self.deliveries,
            publications: self.publications.len() as u64,
            wrong: missing + self.unexpected,
            elapsed: start.elapsed(),
            p50_ns: self.latency.quantile(0.5),
            p99_ns: self.latency.quantile(0.99),
        })
    }

    /// Messages a second with 16 in flight.
    fn saturation(&mut self) -> Result<u32, BenchError> {
        self.forget_the_past();
        let start = Instant::now();
        self.closed_loop(16, SATURATION)?;
        self.drain()?;
        let per_second = self.finished as f64 / start.elapsed().as_secs_f64();
        Ok((per_second as u32).max(2))
    }

    fn closed_loop(&mut self, window: usize, time: Duration) -> Result<(), BenchError> {
        let start = Instant::now();
        let mut last_progress = start;
        while start.elapsed() < time {
            let free = window.saturating_sub(self.publications.len() - self.finished);
            let now = Instant::now();
            // What is free goes out in one write, as a client that batches would do.
            for _ in 0..free {
                self.enter(now);
            }
            self.send()?;
            if self.pump(Duration::ZERO)? > 0 {
                last_progress = now;
            } else if now.duration_since(last_progress) > DRAIN_MAX {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The latency counts from the moment a publication was due, so that a server that holds the
    /// publisher up does not look better for it.
    fn open_loop(&mut self, per_second: u32, time: Duration) -> Result<(), BenchError> {
        let start = Instant::now();
        let between = Duration::from_secs(1) / per_second.max(1);
        let mut due = start;
        while due < start + time {
            while Instant::now() >= due && due < start + time {
                self.publish(due)?;
                due += between;
            }
            self.pump(Duration::ZERO)?;
        }
        Ok(())
    }

    /// Waits for what is on its way.
    fn drain(&mut self) -> Result<(), BenchError> {
        let deadline = Instant::now() + DRAIN_MAX;
        while self.finished < self.publications.len() && Instant::now() < deadline {
            self.pump(Duration::ZERO)?;
        }
        Ok(())
    }
}
