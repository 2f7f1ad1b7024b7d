//! Runs every test there is, one suite after the other, and sums up.
//!
//! A suite that cannot be built counts as one failure; a suite that this machine cannot run counts
//! as one skip and is named loudly. The last line is always `N passed, N failed`.

mod needs;
pub(crate) mod tally;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use crate::step::Step;
use tally::Tally;

/// Rounds of the kill loop that everybody runs; `make crash` runs more.
const KILLS: &str = "6";
/// What npm writes last when the packages of the end-to-end tests are installed.
pub(crate) const E2E_PACKAGES: &str = "e2e/node_modules/.package-lock.json";

/// A suite with its name and its result.
struct Suite {
    name: String,
    tally: Tally,
    seconds: u64,
}

/// Runs all suites.
pub(crate) fn run(root: &Path) -> ExitCode {
    let needs = needs::meet(root);
    let out = root.join("target/xtask");
    if let Err(error) = std::fs::create_dir_all(&out) {
        println!("{}: {error}", out.display());
    }
    let mut suites = vec![
        timed("rust", || rust(root)),
        timed("kill loop", || kill_loop(root)),
    ];
    match &needs.web {
        Ok(()) => {
            suites.push(timed("web", || web(root, &out)));
        }
        Err(why) => suites.push(skipped("web", why)),
    }
    // After the web build: one of them looks at the web app, too.
    suites.extend(client_libraries(root));
    match &needs.browser {
        Ok(chromium) => suites.push(timed("end to end", || end_to_end(root, &out, chromium))),
        Err(why) => suites.push(skipped("end to end", why)),
    }
    sum_up(&suites)
}

fn timed(name: &str, suite: impl FnOnce() -> Tally) -> Suite {
    let start = Instant::now();
    let tally = suite();
    Suite {
        name: name.to_owned(),
        tally,
        seconds: start.elapsed().as_secs(),
    }
}

fn skipped(name: &str, why: &str) -> Suite {
    Suite {
        name: name.to_owned(),
        tally: Tally::skip(why),
        seconds: 0,
    }
}

/// Every Rust test of the workspace in one invocation. Everything is built before, examples and
/// binaries too and with the same features, because the later suites run them.
fn rust(root: &Path) -> Tally {
    let cargo = |words: &[&str]| Step::new(root, "cargo", words).env("CARGO_TERM_COLOR", "never");
    if !cargo(&["build", "--workspace", "--all-targets", "--locked"])
        .run()
        .ok
    {
        return Tally::broken("the Rust build");
    }
    let ended = cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]).run();
    tally::cargo(&ended.output).or_broken(ended.ok, "cargo test")
}

/// A short kill loop: SIGKILL under load, then every acknowledged post is looked for.
fn kill_loop(root: &Path) -> Tally {
    let words = ["crash", "--rounds", KILLS, "--plaza", "target/debug/plaza"];
    match Step::new(root, "target/debug/sim", &words).run().ok {
        true => Tally {
            passed: 1,
            ..Tally::default()
        },
        false => Tally::broken("the kill loop"),
    }
}

/// Real client libraries against the real binary, one suite each (`cargo xtask test-sdk`).
fn client_libraries(root: &Path) -> Vec<Suite> {
    // The program that runs this may have been built anew by the tests of the workspace.
    let ended = Step::new(root, "target/debug/xtask", &["test-sdk"]).run();
    let mut suites: Vec<Suite> = tally::suites(&ended.output)
        .into_iter()
        .map(|(name, tally, seconds)| Suite {
            name,
            tally,
            seconds,
        })
        .collect();
    if suites.is_empty() {
        suites.push(Suite {
            name: "client libraries".to_owned(),
            tally: Tally::broken("cargo xtask test-sdk"),
            seconds: 0,
        });
    }
    suites
}

/// The web app's unit tests; its build comes first, because the browsers need it too.
fn web(root: &Path, out: &Path) -> Tally {
    if !Step::new(
        root,
        "make",
        &["--no-print-directory", "web/dist/index.html"],
    )
    .run()
    .ok
    {
        return Tally::broken("the web build");
    }
    let report = out.join("web.json");
    forget(&report);
    let file = format!("--outputFile.json={}", report.display());
    let words = [
        "vitest",
        "run",
        "--reporter=default",
        "--reporter=json",
        &file,
    ];
    let ended = Step::new(&root.join("web"), "npx", &words)
        .env("NO_COLOR", "1")
        .run();
    let json = std::fs::read_to_string(&report).unwrap_or_default();
    tally::vitest(&json).or_broken(ended.ok, "vitest")
}

/// Real browsers against the real binary.
fn end_to_end(root: &Path, out: &Path, chromium: &Path) -> Tally {
    if !Step::new(root, "make", &["--no-print-directory", E2E_PACKAGES])
        .run()
        .ok
    {
        return Tally::broken("npm ci in e2e");
    }
    let report = out.join("e2e.tap");
    forget(&report);
    let tap = format!("--test-reporter-destination={}", report.display());
    let mut words = vec![
        "--test",
        "--test-concurrency=1",
        "--test-timeout=600000",
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
        "--test-reporter=tap",
        &tap,
    ];
    let files = test_files(&root.join("e2e"));
    words.extend(files.iter().map(String::as_str));
    let ended = Step::new(&root.join("e2e"), "node", &words)
        .env("CHROMIUM", chromium)
        .env("PLAZA", root.join("target/debug/plaza"))
        .run();
    let lines = std::fs::read_to_string(&report).unwrap_or_default();
    tally::tap(&lines).or_broken(ended.ok, "node --test")
}

/// The `*.test.mjs` in the folders of `e2e`, in order.
fn test_files(e2e: &Path) -> Vec<String> {
    let names = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    let folders = names(e2e)
        .into_iter()
        .filter(|path| !path.ends_with("node_modules"));
    let files = folders.flat_map(|folder| names(&folder));
    let mut files: Vec<String> = files
        .filter_map(|path| path.strip_prefix(e2e).ok()?.to_str().map(str::to_owned))
        .filter(|path| path.ends_with(".test.mjs"))
        .collect();
    files.sort();
    files
}

/// An old report must not be counted when a suite dies before it writes its own.
fn forget(report: &PathBuf) {
    let _ = std::fs::remove_file(report);
}

fn sum_up(suites: &[Suite]) -> ExitCode {
    println!("\n── sums");
    for Suite {
        name,
        tally,
        seconds,
    } in suites
    {
        println!("{name:<18} {tally}   ({seconds} s)");
    }
    for note in suites
        .iter()
        .flat_map(|suite| suite.tally.notes.iter().map(move |n| (suite, n)))
    {
        println!("{:<18} {}", note.0.name, note.1);
    }
    let mut total = Tally::default();
    for suite in suites {
        total.add(&suite.tally);
    }
    println!("{total}");
    if total.failed == 0 && total.passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
