//! Counts of passed, failed and skipped tests, read out of what the test runners write.
//!
//! Pure: text in, counts out.

use std::fmt;

/// What a suite came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed, and suites that could not run although they should.
    pub(crate) failed: u64,
    /// Tests that were left out.
    pub(crate) skipped: u64,
    /// What a person should know: why something was skipped or broken.
    pub(crate) notes: Vec<String>,
}

impl Tally {
    /// A suite that this machine cannot run.
    pub(crate) fn skip(why: &str) -> Self {
        Self {
            skipped: 1,
            notes: vec![format!("SKIPPED: {why}")],
            ..Self::default()
        }
    }

    /// A suite that did not come to run its tests.
    pub(crate) fn broken(what: &str) -> Self {
        Self {
            failed: 1,
            notes: vec![format!("BROKEN: {what} failed")],
            ..Self::default()
        }
    }

    /// A runner that ended badly without naming a failed test counts as one failure, and so does
    /// one that ended well without running any test.
    pub(crate) fn or_broken(mut self, ok: bool, runner: &str) -> Self {
        if self.failed == 0 && (!ok || self.passed == 0) {
            self.failed = 1;
            self.notes
                .push(format!("BROKEN: {runner} did not run to its end"));
        }
        self
    }

    /// Adds the counts of another suite.
    pub(crate) fn add(&mut self, other: &Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// Sums the `test result:` lines of `cargo test`.
pub(crate) fn cargo(output: &str) -> Tally {
    let mut tally = Tally::default();
    for line in output
        .lines()
        .filter_map(|line| line.trim().strip_prefix("test result: "))
    {
        tally.passed += before(line, " passed");
        tally.failed += before(line, " failed");
        tally.skipped += before(line, " ignored");
    }
    tally
}

/// Reads the suites of `cargo xtask test-sdk`: `name: N passed, N failed, N skipped   (T s)` after
/// the lines `name: …` that explain them. Gives name, counts and whole seconds.
pub(crate) fn suites(output: &str) -> Vec<(String, Tally, u64)> {
    let mut suites = Vec::new();
    let mut notes = Vec::new();
    let sums = output.split("── client libraries\n").nth(1).unwrap_or("");
    for (name, rest) in sums.lines().filter_map(|line| line.split_once(": ")) {
        if !rest.ends_with(" s)") || !rest.contains(" passed, ") {
            notes.push(rest.to_owned());
            continue;
        }
        let tally = Tally {
            passed: before(rest, " passed"),
            failed: before(rest, " failed"),
            skipped: before(rest, " skipped"),
            notes: std::mem::take(&mut notes),
        };
        let seconds = rest.rsplit('(').next().unwrap_or("");
        let seconds = seconds.split('.').next().unwrap_or("").parse().unwrap_or(0);
        suites.push((name.to_owned(), tally, seconds));
    }
    suites
}

/// Reads vitest's JSON report.
pub(crate) fn vitest(report: &str) -> Tally {
    let report: serde_json::Value = serde_json::from_str(report).unwrap_or_default();
    let count = |name: &str| {
        report
            .get(name)
            .and_then(serde_json::Value::as_u64)
            .unwrap_or(0)
    };
    Tally {
        passed: count("numPassedTests"),
        failed: count("numFailedTests"),
        skipped: count("numPendingTests") + count("numTodoTests"),
        notes: Vec::new(),
    }
}

/// Reads the closing counts of Node's test runner in TAP.
pub(crate) fn tap(report: &str) -> Tally {
    let count = |name: &str| {
        let line = report
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
    };
    Tally {
        passed: count("# pass "),
        failed: count("# fail ") + count("# cancelled "),
        skipped: count("# skipped ") + count("# todo "),
        notes: Vec::new(),
    }
}

/// The number that stands right before `word`.
fn before(line: &str, word: &str) -> u64 {
    let Some(at) = line.find(word) else { return 0 };
    let digits = line[..at].rsplit(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_results_of_all_binaries_are_summed() {
        let output = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
                      test a ... FAILED\n\
                      test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured\n";
        let tally = cargo(output);
        assert_eq!((tally.passed, tally.failed, tally.skipped), (15, 2, 1));
    }

    #[test]
    fn suites_of_client_libraries_keep_their_notes() {
        let output = "PASS x\n\n── client libraries\ncent: FAILED: a: broke\n\
                      cent: 31 passed, 1 failed, 2 skipped   (4.2 s)\n\
                      js: 5 passed, 0 failed, 0 skipped   (61.0 s)\n";
        let suites = suites(output);
        let counts = |tally: &Tally| (tally.passed, tally.failed, tally.skipped);
        let read: Vec<_> = suites
            .iter()
            .map(|(name, tally, seconds)| (name.as_str(), counts(tally), *seconds))
            .collect();
        assert_eq!(read, [("cent", (31, 1, 2), 4), ("js", (5, 0, 0), 61)]);
        assert_eq!(
            suites.first().map(|suite| suite.1.notes.as_slice()),
            Some(&["FAILED: a: broke".to_owned()][..])
        );
    }

    #[test]
    fn vitest_counts_come_from_its_report() {
        let report =
            r#"{"numPassedTests":7,"numFailedTests":1,"numPendingTests":2,"numTodoTests":0}"#;
        let tally = vitest(report);
        assert_eq!((tally.passed, tally.failed, tally.skipped), (7, 1, 2));
    }

    #[test]
    fn node_counts_come_from_the_end_of_its_report() {
        let tally =
            tap("ok 1 - a\n    # pass 99\n# pass 4\n# fail 1\n# cancelled 1\n# skipped 2\n");
        assert_eq!((tally.passed, tally.failed, tally.skipped), (4, 2, 2));
    }

    #[test]
    fn a_runner_that_dies_before_any_test_is_a_failure() {
        assert_eq!(
            cargo("error: could not compile\n")
                .or_broken(false, "cargo test")
                .failed,
            1
        );
        assert_eq!(vitest("").or_broken(true, "vitest").failed, 1);
        assert_eq!(tap("# pass 3\n").or_broken(true, "node").failed, 0);
    }

    #[test]
    fn the_last_line_names_skips_only_when_there_are_some() {
        let mut tally = Tally {
            passed: 3,
            ..Tally::default()
        };
        assert_eq!(tally.to_string(), "3 passed, 0 failed");
        tally.add(&Tally::skip("no browser"));
        assert_eq!(tally.to_string(), "3 passed, 0 failed, 1 skipped");
    }
}
