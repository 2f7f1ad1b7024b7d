//! Real client libraries against the real binary.
//!
//! Installs them, starts a server for each suite and judges what its script prints. Where the
//! machine allows it, all of it runs in a network namespace of its own: some suites name port 8000
//! themselves, and nothing of this is anybody else's business.

mod install;
mod known;
mod place;
mod suites;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::step::{Step, which};
use crate::test::tally::Tally;
use install::Libraries;
use place::Place;
use suites::{Language, Serve, Suite};

/// The list of the cases that are known to fail.
const KNOWN: &str = "e2e/sdk/known-failures.toml";
/// Longer than any suite takes; a hanging one must not hang the rest.
const SUITE_MAX: Duration = Duration::from_secs(240);
/// The word by which this program knows that it stands in its namespace already.
const INSIDE: &str = "--inside";
/// The port of a suite that does not mind which.
const PORT: u16 = 8000;

/// The binary that the suites meet: the variable `PLAZA`, else the debug build.
pub(crate) fn binary(root: &Path) -> PathBuf {
    let named = std::env::var_os("PLAZA").map(PathBuf::from);
    named.unwrap_or_else(|| root.join("target/debug/plaza"))
}

/// Runs the suites of these names, or all of them.
pub(crate) fn run(root: &Path, words: &[&str]) -> ExitCode {
    let is_inside = words.contains(&INSIDE);
    let names: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| *word != INSIDE)
        .collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| suites::ALL.iter().all(|suite| suite.name != **name))
    {
        let known: Vec<&str> = suites::ALL.iter().map(|suite| suite.name).collect();
        eprintln!(
            "no suite is called {unknown}; there are {}",
            known.join(", ")
        );
        return ExitCode::FAILURE;
    }
    if !is_inside {
        // Outside, because the registries are there.
        let libraries = install::all(root);
        if let Some(code) = enter(root, &names) {
            return code;
        }
        println!("NO NETWORK NAMESPACE: the suites share the ports of this machine");
        return all(root, &names, &libraries, false);
    }
    all(root, &names, &install::all(root), true)
}

/// Runs this program again in a network namespace; `None` where the machine does not allow one.
fn enter(root: &Path, names: &[&str]) -> Option<ExitCode> {
    which("unshare")?;
    let own = std::env::current_exe().ok()?;
    let ways: [&[&str]; 2] = [&["--net"], &["--net", "--user", "--map-root-user"]];
    let way = ways.into_iter().find(|way| {
        let words = [way, &["sh", "-c", "ip link set lo up"][..]].concat();
        Step::new(root, "unshare", &words).quiet()
    })?;
    // Browsers offer no loopback address for a call: they are given a card that leads nowhere.
    let script = "ip link set lo up && { ip link add veth0 type veth peer name veth1 && \
        ip addr add 192.0.2.1/24 dev veth0 && ip link set veth0 up && ip link set veth1 up && \
        ip route add default dev veth0; } 2> /dev/null; exec \"$@\"";
    let own = own.to_string_lossy();
    let words = [
        way,
        &["sh", "-c", script, "sh", &own, "test-sdk", INSIDE],
        names,
    ]
    .concat();
    let status = Step::new(root, "unshare", &words)
        .spawn()
        .ok()?
        .wait()
        .ok()?;
    Some(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn all(root: &Path, names: &[&str], libraries: &Libraries, is_alone: bool) -> ExitCode {
    let list = std::fs::read_to_string(root.join(KNOWN)).unwrap_or_default();
    let mut lines = Vec::new();
    let mut failed = 0;
    let wanted = suites::ALL
        .iter()
        .filter(|suite| names.is_empty() || names.contains(&suite.name));
    for suite in wanted {
        let start = Instant::now();
        let tally = match known::read(&list, suite.name) {
            Ok(known) => one(root, suite, libraries, is_alone)
                .map_or_else(|tally| tally, |ended| ended.judged(&known, suite.name)),
            Err(why) => Tally::broken(&format!("{KNOWN}: {why}")),
        };
        failed += tally.failed;
        lines.extend(
            tally
                .notes
                .iter()
                .map(|note| format!("{}: {note}", suite.name)),
        );
        lines.push(line(suite.name, &tally, start.elapsed()));
    }
    println!("\n── client libraries");
    for line in lines {
        println!("{line}");
    }
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// `name: P passed, F failed, S skipped   (T s)`, as [`crate::test::tally::suites`] reads it.
fn line(name: &str, tally: &Tally, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    format!(
        "{name}: {} passed, {} failed, {} skipped   ({seconds:.1} s)",
        tally.passed, tally.failed, tally.skipped
    )
}

/// What a script came to.
struct Ended {
    ok: bool,
    output: String,
    /// The end of the server's log, when the server broke.
    broke: Option<String>,
}

impl Ended {
    fn judged(&self, known: &known::Known, name: &str) -> Tally {
        let mut tally = known::judge(&self.output, known);
        if let Some(log) = &self.broke {
            tally.failed += 1;
            tally
                .notes
                .push(format!("BROKEN: the server panicked or ended: {log}"));
        }
        // A script says by its status that a case failed; the list decides what that means. One
        // that died between two cases is not done.
        let is_done = self.ok || self.output.lines().any(|line| line == "DONE");
        if !is_done {
            tally.failed += 1;
            tally
                .notes
                .push(format!("BROKEN: {name} did not run to its end"));
        }
        tally.or_broken(is_done, name)
    }
}

/// The configuration of a suite's server. One that is not in the repository is not a reason to pass
/// the suite over.
fn config(root: &Path, serve: Serve) -> Result<Option<&'static str>, Tally> {
    match serve.config() {
        Some(config) if !root.join(config).exists() => {
            Err(Tally::broken(&format!("{config} is not there")))
        }
        config => Ok(config),
    }
}

/// Runs one suite; `Err` when it did not come to that.
fn one(root: &Path, suite: &Suite, libraries: &Libraries, is_alone: bool) -> Result<Ended, Tally> {
    let program = match suite.language {
        Language::Node => libraries.node.clone().map(|()| PathBuf::from("node")),
        Language::Python => libraries.python.clone(),
    }
    .map_err(|why| Tally::skip(&why))?;
    if let Some(port) = suite.ports.iter().find(|port| !place::is_free(**port)) {
        return Err(Tally::skip(&format!(
            "it needs 127.0.0.1:{port}, and somebody listens there"
        )));
    }
    let port = match is_alone || suite.ports.contains(&PORT) {
        true => PORT,
        false => place::free_port().map_err(|error| Tally::broken(&format!("{error}")))?,
    };
    let mut place = match config(root, suite.serve)? {
        Some(config) => {
            let at = (suite.serve.host(is_alone), port);
            Some(Place::start(root, config, at).map_err(|why| Tally::broken(&why))?)
        }
        None => None,
    };
    let ended = Step::new(
        &root.join("e2e/sdk"),
        &program.to_string_lossy(),
        suite.words,
    )
    .env("PLAZA_URL", format!("http://127.0.0.1:{port}"))
    .env("PLAZA", binary(root))
    .env("PLAZA_ALONE", if is_alone { "1" } else { "" })
    .env("SDK_TARGET", root.join("target/sdk"))
    .env("PYTHONDONTWRITEBYTECODE", "1")
    .run_at_most(SUITE_MAX);
    let broke = place.as_mut().and_then(Place::what_broke);
    Ok(Ended {
        ok: ended.ok,
        output: ended.output,
        broke,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_is_missing_fails_its_suite() {
        let nowhere = std::env::temp_dir().join("plaza-no-such-root");
        let tally = config(&nowhere, Serve::Sdk).unwrap_err();
        assert_eq!((tally.failed, tally.skipped), (1, 0));
        assert_eq!(config(&nowhere, Serve::Nothing).ok(), Some(None));
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for serve in [
            Serve::Sdk,
            Serve::Tutorials,
            Serve::SocketIo,
            Serve::Backend,
        ] {
            assert!(config(&root, serve).is_ok());
        }
    }
}
