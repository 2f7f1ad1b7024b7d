//! Counts the machine instructions of a forwarded packet, and holds them against what was.
//!
//! A count under callgrind does not depend on how busy the machine is, so a small step backwards is
//! seen that no stopwatch would see. Never measures time.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::step::Step;

/// The counts that were, one to a line: the name of the example, then instructions per packet.
const RATCHET: &str = "xtask/instructions.txt";
/// So much more, in permille, is another compiler's mood and not yet a step backwards.
const TOLERANCE_PERMILLE: u64 = 20;
/// What is counted: the example, and the function whose calls are.
const COUNTED: [(&str, &str); 1] = [("forward", "*forward_everything*")];

/// Counts each example; fails when one takes more than before.
pub(crate) fn run(root: &Path) -> ExitCode {
    let known = fs::read_to_string(root.join(RATCHET)).unwrap_or_default();
    let build = [
        "build",
        "--release",
        "--locked",
        "-p",
        "media",
        "--examples",
    ];
    if !Step::new(root, "cargo", &build).run().ok {
        return ExitCode::FAILURE;
    }
    let mut code = ExitCode::SUCCESS;
    for (name, function) in COUNTED {
        let Some(count) = count(root, name, function) else {
            eprintln!("{name}: could not be counted; is valgrind there?");
            code = ExitCode::FAILURE;
            continue;
        };
        let before: Option<u64> = known
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        println!("{name:<12} {count} instructions per forwarded packet, {before:?} before");
        match before {
            Some(before) if count * 1000 <= before * (1000 + TOLERANCE_PERMILLE) => {
                if count * (1000 + TOLERANCE_PERMILLE) < before * 1000 {
                    println!("better: write `{name} {count}` into {RATCHET}");
                }
            }
            Some(_) => {
                eprintln!("{name}: more than before; {RATCHET} says what was");
                code = ExitCode::FAILURE;
            }
            None => {
                eprintln!("{name}: not known before; write `{name} {count}` into {RATCHET}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

/// Instructions for each packet that an example says it forwarded.
fn count(root: &Path, name: &str, function: &str) -> Option<u64> {
    let counts = root.join("target").join(format!("callgrind.{name}"));
    let words = [
        "--tool=callgrind",
        "--collect-atstart=no",
        &format!("--toggle-collect={function}"),
        &format!("--callgrind-out-file={}", counts.display()),
        &format!("target/release/examples/{name}"),
    ];
    let ended = Step::new(root, "valgrind", &words).run();
    let mut said = ended
        .output
        .split_whitespace()
        .skip_while(|word| *word != "forwarded");
    let forwarded: u64 = said.nth(1).filter(|_| ended.ok)?.parse().ok()?;
    let counts = fs::read_to_string(counts).ok()?;
    let total = counts
        .lines()
        .find_map(|line| line.strip_prefix("totals:"))?;
    total.trim().parse::<u64>().ok()?.checked_div(forwarded)
}
