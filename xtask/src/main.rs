//! The workshop's own programs: the house rules, the test runner and the development loop.
//!
//! Never part of the product; the Makefile and CI call it. One verb per module.

mod dev;
mod fuzz;
mod instructions;
mod sdk;
mod step;
mod test;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <verb>

  tidy             check the house rules (CONTRIBUTING.md lists them)
  tidy --ratchet   the same, and print the ratchet file that would let it pass
  test             run every test there is and sum up; ends with `N passed, N failed`
  test-sdk [NAME]  real client libraries against the debug server: all suites, or these
  fuzz [SECONDS] [NAME]  every fuzz target for 60 s each, or so many
  instructions     count the instructions of a forwarded packet against xtask/instructions.txt
  dev              server and Vite with reload; both stop together
";

fn main() -> ExitCode {
    // Cargo sets the variable for `cargo run`; by hand, the folder one stands in will do.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root = manifest.and_then(|folder| folder.parent().map(Path::to_path_buf));
    let root = root.unwrap_or_else(|| PathBuf::from("."));
    // Steps run in folders of their own, so nothing may hang on the working directory.
    let root = &std::path::absolute(&root).unwrap_or(root);
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["tidy"] => tidy::run(root, tidy::Show::Findings),
        ["tidy", "--ratchet"] => tidy::run(root, tidy::Show::Ratchet),
        ["test"] => test::run(root),
        ["test-sdk", suites @ ..] => sdk::run(root, suites),
        ["fuzz", words @ ..] => fuzz::run(root, words),
        ["instructions"] => instructions::run(root),
        ["dev"] => dev::run(root),
        _ => {
            eprint!("{USAGE}");
            ExitCode::FAILURE
        }
    }
}
