//! Runs every fuzz target for a while, one after the other, and sums up.
//!
//! No cargo-fuzz and no nightly compiler: the decoders are safe Rust, so coverage is all that is
//! wanted of the instrumentation, and the stable compiler gives that.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::step::Step;

/// What makes the compiler count edges and comparisons for libFuzzer.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks";

/// Runs each target for so many seconds, or only those of these names.
pub(crate) fn run(root: &Path, words: &[&str]) -> ExitCode {
    let (seconds, names) = match words.split_first() {
        Some((seconds, names)) if seconds.parse::<u32>().is_ok() => (*seconds, names),
        _ => ("60", words),
    };
    let folder = root.join("fuzz");
    let Some(host) = host(root) else {
        eprintln!("fuzz: cargo does not tell what machine this is");
        return ExitCode::FAILURE;
    };
    let build = ["build", "--release", "--locked", "--target", &host];
    if !Step::new(&folder, "cargo", &build)
        .env("RUSTFLAGS", FLAGS)
        .run()
        .ok
    {
        return ExitCode::FAILURE;
    }
    let built = folder.join("target").join(&host).join("release");
    let mut sums = Vec::new();
    let mut found = 0;
    for name in targets(&folder) {
        if !names.is_empty() && !names.contains(&name.as_str()) {
            continue;
        }
        let sum = match one(&folder, &built.join(&name), &name, seconds) {
            Ok(runs) => format!("{runs} runs in {seconds} s, nothing found"),
            Err(said) => {
                println!("{said}");
                found += 1;
                "FOUND SOMETHING: see fuzz/artifacts".to_owned()
            }
        };
        println!("{name:<24} {sum}");
        sums.push(format!("{name:<24} {sum}"));
    }
    println!("\n── fuzz");
    for line in &sums {
        println!("{line}");
    }
    println!("{} passed, {found} failed", sums.len() - found);
    match found {
        0 if !sums.is_empty() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Runs one and gives how many inputs it tried, or what it said when it found something.
fn one(folder: &Path, binary: &Path, name: &str, seconds: &str) -> Result<String, String> {
    let corpus = folder.join("corpus").join(name);
    let seeds = folder.join("seeds").join(name);
    let artifacts = folder.join("artifacts").join(name);
    for each in [&corpus, &seeds, &artifacts] {
        fs::create_dir_all(each).map_err(|error| format!("{}: {error}", each.display()))?;
    }
    let output = Command::new(binary)
        .args([&corpus, &seeds])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(["-timeout=10", "-rss_limit_mb=1024", "-max_len=8192"])
        .args(["-print_final_stats=1", "-verbosity=0"])
        .current_dir(folder)
        .output()
        .map_err(|error| format!("{}: {error}", binary.display()))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(said);
    }
    let runs = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    Ok(runs.unwrap_or("no").trim().to_owned())
}

/// The names of the files in `fuzz_targets`, in order.
fn targets(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("fuzz_targets"));
    let files = entries.into_iter().flatten().flatten();
    let paths: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
    let mut names: Vec<String> = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| path.file_stem()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// The triple of this machine, as the compiler calls it.
fn host(root: &Path) -> Option<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .current_dir(root)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned)
}
