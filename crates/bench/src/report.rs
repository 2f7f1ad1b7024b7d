//! Samples to a table: medians over the repetitions, ratios within each of them.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use crate::case::Case;
use crate::error::{BenchError, Doing};
use crate::load::{Measured, Pace};
use crate::target::Target;

/// What one run showed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// Which repetition it belongs to.
    pub(crate) repetition: usize,
    /// The load's figures.
    pub(crate) measured: Measured,
    /// The server's resident memory at the end.
    pub(crate) resident_bytes: u64,
    /// How much of it came during the measurement.
    pub(crate) resident_growth: u64,
    /// Of idle runs: resident memory per connection.
    pub(crate) bytes_per_connection: f64,
}

impl Sample {
    /// CPU seconds for a million deliveries.
    fn cpu_s_per_million(&self) -> f64 {
        self.measured.cpu.total_ns as f64 / 1e3 / self.measured.deliveries.max(1) as f64
    }
}

/// All samples of a run of the bench.
pub(crate) struct Report {
    samples: Vec<(String, Target, Sample)>,
    log: File,
}

impl Report {
    /// An empty one that writes every sample to `samples.jsonl` in `out` as it comes.
    pub(crate) fn new(out: &Path) -> Result<Self, BenchError> {
        let log = File::create(out.join("samples.jsonl")).doing("create samples.jsonl")?;
        Ok(Self {
            samples: Vec::new(),
            log,
        })
    }

    /// Takes a sample in.
    pub(crate) fn add(
        &mut self,
        case: &Case,
        target: Target,
        sample: Sample,
    ) -> Result<(), BenchError> {
        let Sample { measured, .. } = sample;
        let line = json!({
            "repetition": sample.repetition,
            "case": case.name,
            "target": target.name(),
            "cpu_ns": measured.cpu.total_ns,
            "user_share": measured.cpu.user_share(),
            "deliveries": measured.deliveries,
            "publications": measured.publications,
            "wrong": measured.wrong,
            "elapsed_s": measured.elapsed.as_secs_f64(),
            "p50_ns": measured.p50_ns,
            "p99_ns": measured.p99_ns,
            "cpu_s_per_million": sample.cpu_s_per_million(),
            "resident_bytes": sample.resident_bytes,
            "resident_growth": sample.resident_growth,
            "bytes_per_connection": sample.bytes_per_connection,
        });
        writeln!(self.log, "{line}").doing("write a sample")?;
        eprintln!(
            "#{} {:<12} {:<20} {:>8.3} s/M  p99 {:>8.2} ms  {:>8.0} B/conn  wrong {}",
            sample.repetition,
            case.name,
            target.name(),
            sample.cpu_s_per_million(),
            measured.p99_ns as f64 / 1e6,
            sample.bytes_per_connection,
            measured.wrong
        );
        self.samples.push((case.name.clone(), target, sample));
        Ok(())
    }

    /// The whole page.
    pub(crate) fn markdown(&self, cases: &[Case], targets: &[Target]) -> String {
        let mut page = machine();
        for case in cases {
            let _ = write!(page, "\n### {}\n\n", case.title());
            page.push_str(match case.pace {
                Pace::Idle => {
                    "| server | resident B per connection | least to most |\n|---|--:|--:|\n"
                }
                Pace::InFlight(_) | Pace::Rate(_) | Pace::HalfOfSaturation => {
                    "| server | CPU s per million | of the floor | least to most | user share | \
                     deliveries/s | p50 ms | p99 ms | resident MiB | grown MiB | wrong |\n\
                     |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
                }
            });
            for &target in targets.iter().filter(|target| target.runs(case)) {
                let samples = self.of(case, target);
                if samples.is_empty() {
                    let _ = writeln!(page, "| {} | failed |", target.name());
                    continue;
                }
                match case.pace {
                    Pace::Idle => idle_row(&mut page, target, &samples),
                    Pace::InFlight(_) | Pace::Rate(_) | Pace::HalfOfSaturation => {
                        let ratios = self.ratios(case, &samples);
                        loaded_row(&mut page, target, &samples, &ratios);
                    }
                }
            }
        }
        page
    }

    fn of(&self, case: &Case, target: Target) -> Vec<Sample> {
        let mine = self
            .samples
            .iter()
            .filter(|(name, of, _)| *name == case.name && *of == target);
        mine.map(|(_, _, sample)| *sample).collect()
    }

    /// Each sample's CPU per delivery over the floor's in the same repetition.
    fn ratios(&self, case: &Case, samples: &[Sample]) -> Vec<f64> {
        let floors = self.of(case, Target::Floor);
        let paired = |sample: &Sample| {
            let floor = floors
                .iter()
                .find(|floor| floor.repetition == sample.repetition)?;
            Some(sample.cpu_s_per_million() / floor.cpu_s_per_million())
        };
        samples.iter().filter_map(paired).collect()
    }
}

fn idle_row(page: &mut String, target: Target, samples: &[Sample]) {
    let bytes: Vec<f64> = samples
        .iter()
        .map(|sample| sample.bytes_per_connection)
        .collect();
    let _ = writeln!(
        page,
        "| {} | {:.0} | {} |",
        target.name(),
        median(&bytes),
        span(&bytes, 0)
    );
}

fn loaded_row(page: &mut String, target: Target, samples: &[Sample], ratios: &[f64]) {
    let of = |figure: &dyn Fn(&Sample) -> f64| {
        let values: Vec<f64> = samples.iter().map(figure).collect();
        median(&values)
    };
    const MIB: f64 = 1024.0 * 1024.0;
    let _ = writeln!(
        page,
        "| {} | {:.2} | **{:.2}** | {} | {:.0} % | {:.0} | {:.2} | {:.2} | {:.0} | {:.1} | {:.0} |",
        target.name(),
        of(&Sample::cpu_s_per_million),
        median(ratios),
        span(ratios, 2),
        100.0 * of(&|sample| sample.measured.cpu.user_share()),
        of(&|sample| sample.measured.deliveries as f64 / sample.measured.elapsed.as_secs_f64()),
        of(&|sample| sample.measured.p50_ns as f64 / 1e6),
        of(&|sample| sample.measured.p99_ns as f64 / 1e6),
        of(&|sample| sample.resident_bytes as f64 / MIB),
        of(&|sample| sample.resident_growth as f64 / MIB),
        of(&|sample| sample.measured.wrong as f64),
    );
}

/// What it was measured on and how, so that a figure can be judged.
pub(crate) fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model
        .and_then(|rest| rest.split(':').nth(1))
        .unwrap_or("unknown")
        .trim();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let cores = cores.max(info.matches("\nprocessor").count() + 1);
    let kernel = read("/proc/sys/kernel/osrelease");
    let steered = read("/sys/class/net/lo/queues/rx-0/rps_cpus");
    let steered = steered
        .chars()
        .any(|digit| digit.is_ascii_hexdigit() && digit != '0');
    let receive = if steered {
        "the receive work of the loopback is done on the load's core, as a network card would"
    } else {
        "the receive work of the loopback is charged to the server, which makes ratios smaller"
    };
    let date = std::process::Command::new("date")
        .args(["-u", "+%Y-%m-%d %H:%M UTC"])
        .output();
    let date = date.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let command: Vec<String> = std::env::args().skip(1).collect();
    format!(
        "Measured {} on {model}, {cores} cores, Linux {}, loopback; server on core 0, load on \
         core 1; {receive}.\nCommand: `bench {}`. Medians over the repetitions; a ratio is taken \
         within its repetition.\n",
        date.unwrap_or_default(),
        kernel.trim(),
        command.join(" "),
    )
}

/// The middle value, or the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.len() % 2) {
        (None, _) => f64::NAN,
        (Some(value), 1) => *value,
        (Some(value), _) => (value + sorted.get(middle - 1).unwrap_or(value)) / 2.0,
    }
}

/// The least and the most.
pub(crate) fn span(values: &[f64], digits: usize) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{least:.digits$} to {most:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_of_values_lies_between_the_middle_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }
}
