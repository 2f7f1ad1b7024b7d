//! Samples to a table: medians over the repetitions, ratios within each of them. Rows that lose
//! stand there like all others.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::shape::Shape;
use super::target::Target;
use crate::error::{BenchError, Doing};
use crate::process::CpuTime;
use crate::report::{machine, median, span};

/// What one run showed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// Which repetition it belongs to.
    pub(crate) repetition: usize,
    /// How long was counted.
    pub(crate) elapsed: Duration,
    /// Of the server's process, in that time.
    pub(crate) cpu: CpuTime,
    /// Of the load, in that time.
    pub(crate) load_cpu: CpuTime,
    /// What the server's core was busy with in that time, the server and all else.
    pub(crate) core_busy_ns: u64,
    /// Packets that receivers got.
    pub(crate) forwarded: u64,
    /// Of those, packets of the sound and of the highest layer.
    pub(crate) full: u64,
    /// What `full` would be if everybody got everything.
    pub(crate) wanted: u64,
    /// Packets that never came although later ones of their stream did.
    pub(crate) missing: u64,
    /// One-way delay.
    pub(crate) p50_ns: u64,
    /// One-way delay.
    pub(crate) p99_ns: u64,
    /// Resident memory that came with each participant.
    pub(crate) bytes_per_participant: f64,
}

impl Sample {
    fn cpu_s_per_million(&self) -> f64 {
        self.cpu.total_ns as f64 / 1e3 / self.forwarded.max(1) as f64
    }

    fn missing_percent(&self) -> f64 {
        100.0 * self.missing as f64 / (self.forwarded + self.missing).max(1) as f64
    }

    fn full_percent(&self) -> f64 {
        100.0 * self.full as f64 / self.wanted.max(1) as f64
    }

    fn share(&self, nanoseconds: u64) -> f64 {
        100.0 * nanoseconds as f64 / (self.elapsed.as_nanos().max(1) as f64)
    }

    /// What the server's core did beside the server: interrupts, and other work on the machine.
    fn rest_percent(&self) -> f64 {
        self.share(self.core_busy_ns.saturating_sub(self.cpu.total_ns))
    }
}

/// All samples of a run of the bench.
pub(crate) struct Report {
    samples: Vec<(Shape, Target, Sample)>,
    failures: Vec<(Shape, Target)>,
    log: File,
}

const HEAD: &str = "| server | CPU s per million forwarded | of the floor with SRTP \
    | least to most | of Plaza | user share | packets/s | lost % | complete % | p50 ms | p99 ms \
    | KiB per participant | server busy | rest of its core | load busy |\n\
    |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";

/// What the columns mean, below the tables.
const LEGEND: &str = "\nForwarded: packets of media that receivers decrypted; repeated ones count \
    once. Lost: never came although later ones of their stream did. Complete: of the sound and the \
    highest layer that were sent, times those who should get them; below 100 where a server chose \
    a lower layer. Delay: from the sender's write to the receiver's read, in one process, so it \
    holds what the load's socket waited. A row with much less than 100 % complete is a server that \
    was overloaded: what it spent per packet then says little. Rest of its core: interrupts and \
    other work on the machine.\n";

impl Report {
    /// An empty one that writes every sample to `sfu-samples.jsonl` in `out` as it comes.
    pub(crate) fn new(out: &Path) -> Result<Self, BenchError> {
        let log = File::create(out.join("sfu-samples.jsonl")).doing("create the samples")?;
        Ok(Self {
            samples: Vec::new(),
            failures: Vec::new(),
            log,
        })
    }

    /// A run that ended without figures.
    pub(crate) fn fail(&mut self, shape: Shape, target: Target) {
        self.failures.push((shape, target));
    }

    /// Takes a sample in.
    pub(crate) fn add(
        &mut self,
        shape: Shape,
        target: Target,
        sample: Sample,
    ) -> Result<(), BenchError> {
        let line = json!({
            "repetition": sample.repetition,
            "shape": shape.name,
            "target": target.name(),
            "elapsed_s": sample.elapsed.as_secs_f64(),
            "cpu_ns": sample.cpu.total_ns,
            "user_share": sample.cpu.user_share(),
            "load_cpu_ns": sample.load_cpu.total_ns,
            "core_busy_ns": sample.core_busy_ns,
            "forwarded": sample.forwarded,
            "full": sample.full,
            "wanted": sample.wanted,
            "missing": sample.missing,
            "p50_ns": sample.p50_ns,
            "p99_ns": sample.p99_ns,
            "cpu_s_per_million": sample.cpu_s_per_million(),
            "bytes_per_participant": sample.bytes_per_participant,
        });
        writeln!(self.log, "{line}").doing("write a sample")?;
        eprintln!(
            "#{} {:<12} {:<12} {:>8.3} s/M  {:>7.0}/s  lost {:.3} %  complete {:.1} %  \
             p50 {:.2} p99 {:.2} ms  {:.0} KiB  server {:.0} rest {:.0} load {:.0} %",
            sample.repetition,
            shape.name,
            target.name(),
            sample.cpu_s_per_million(),
            sample.forwarded as f64 / sample.elapsed.as_secs_f64(),
            sample.missing_percent(),
            sample.full_percent(),
            sample.p50_ns as f64 / 1e6,
            sample.p99_ns as f64 / 1e6,
            sample.bytes_per_participant / 1024.0,
            sample.share(sample.cpu.total_ns),
            sample.rest_percent(),
            sample.share(sample.load_cpu.total_ns),
        );
        self.samples.push((shape, target, sample));
        Ok(())
    }

    /// The whole page.
    pub(crate) fn markdown(&self, shapes: &[Shape], targets: &[Target]) -> String {
        let mut page = machine();
        for shape in shapes {
            let _ = write!(page, "\n### {}\n\n{HEAD}", shape.title());
            for &target in targets {
                let samples = self.of(shape, target);
                let failed = self.failures.contains(&(*shape, target));
                if samples.is_empty() && failed {
                    let _ = writeln!(page, "| {} | failed |", target.name());
                } else if !samples.is_empty() {
                    self.row(&mut page, (shape, target), &samples);
                }
            }
        }
        page.push_str(LEGEND);
        page
    }

    fn of(&self, shape: &Shape, target: Target) -> Vec<Sample> {
        let mine = self.samples.iter();
        let mine = mine.filter(|(of, by, _)| of == shape && *by == target);
        mine.map(|(_, _, sample)| *sample).collect()
    }

    /// Each sample's CPU per packet over that of `base` in the same repetition.
    fn ratios(&self, shape: &Shape, samples: &[Sample], base: Target) -> Vec<f64> {
        let bases = self.of(shape, base);
        let paired = |sample: &Sample| {
            let base = bases
                .iter()
                .find(|base| base.repetition == sample.repetition)?;
            Some(sample.cpu_s_per_million() / base.cpu_s_per_million())
        };
        samples.iter().filter_map(paired).collect()
    }

    fn row(&self, page: &mut String, (shape, target): (&Shape, Target), samples: &[Sample]) {
        let of = |figure: &dyn Fn(&Sample) -> f64| {
            let values: Vec<f64> = samples.iter().map(figure).collect();
            median(&values)
        };
        let floor = self.ratios(shape, samples, Target::FloorSrtp);
        let plaza = self.ratios(shape, samples, Target::Plaza);
        let plaza = match plaza.is_empty() {
            true => "".to_owned(),
            false => format!("{:.2}", median(&plaza)),
        };
        let _ = writeln!(
            page,
            "| {} | {:.2} | **{:.2}** | {} | {plaza} | {:.0} % | {:.0} | {:.3} | {:.1} | {:.2} \
             | {:.2} | {:.0} | {:.0} % | {:.0} % | {:.0} % |",
            target.name(),
            of(&Sample::cpu_s_per_million),
            median(&floor),
            span(&floor, 2),
            100.0 * of(&|sample| sample.cpu.user_share()),
            of(&|sample| sample.forwarded as f64 / sample.elapsed.as_secs_f64()),
            of(&Sample::missing_percent),
            of(&Sample::full_percent),
            of(&|sample| sample.p50_ns as f64 / 1e6),
            of(&|sample| sample.p99_ns as f64 / 1e6),
            of(&|sample| sample.bytes_per_participant / 1024.0),
            of(&|sample| sample.share(sample.cpu.total_ns)),
            of(&Sample::rest_percent),
            of(&|sample| sample.share(sample.load_cpu.total_ns)),
        );
    }
}
