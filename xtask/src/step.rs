//! Running a program as a visible step: its output goes to the screen and is kept to be counted.
//!
//! Never a shell; the words of a command are the words it gets.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A program with its words, where it runs and what it is told besides.
pub(crate) struct Step {
    command: Command,
    words: String,
}

/// How a step ended.
pub(crate) struct Ended {
    /// Did it end with status 0?
    pub(crate) ok: bool,
    /// All it wrote on standard output.
    pub(crate) output: String,
}

impl Step {
    /// A program to run in `folder`.
    pub(crate) fn new(folder: &Path, program: &str, words: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(words).current_dir(folder).stdin(Stdio::null());
        Self {
            command,
            words: format!("{program} {}", words.join(" ")),
        }
    }

    /// Sets a variable of its environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it, showing and keeping its standard output.
    pub(crate) fn run(self) -> Ended {
        self.run_at_most(Duration::MAX)
    }

    /// The same; ended by force, and not well, when it takes longer.
    pub(crate) fn run_at_most(mut self, patience: Duration) -> Ended {
        println!("\n── {}", self.words);
        let child = self
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => {
                println!("{}: {error}", self.words);
                return Ended {
                    ok: false,
                    output: String::new(),
                };
            }
        };
        let reader = child.stdout.take().map(show_and_keep);
        let ok = ends_well(&mut child, patience, &self.words);
        let output = reader.and_then(|reader| reader.join().ok());
        Ended {
            ok,
            output: output.unwrap_or_default(),
        }
    }

    /// Runs it and shows its complaints only; true when it ended with status 0.
    pub(crate) fn succeeds(mut self) -> bool {
        let status = self
            .command
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .status();
        status.is_ok_and(|status| status.success())
    }

    /// Runs it without showing anything; true when it ended with status 0.
    pub(crate) fn quiet(mut self) -> bool {
        let status = self
            .command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    }

    /// Starts it beside this program, sharing the terminal.
    pub(crate) fn spawn(mut self) -> std::io::Result<std::process::Child> {
        self.command.spawn()
    }
}

/// Waits for its end, at most so long; then it is killed.
fn ends_well(child: &mut Child, patience: Duration, words: &str) -> bool {
    if patience == Duration::MAX {
        return child.wait().is_ok_and(|status| status.success());
    }
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if start.elapsed() < patience => thread::sleep(Duration::from_millis(20)),
            Ok(None) | Err(_) => break,
        }
    }
    println!("{words}: killed after {} s", patience.as_secs());
    let _ = child.kill();
    let _ = child.wait();
    false
}

fn show_and_keep(from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut kept = String::new();
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            let mut screen = std::io::stdout().lock();
            // A closed screen must not stop the count.
            let _ = screen.write_all(&line).and_then(|()| screen.flush());
            kept.push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
        kept
    })
}

/// Where a program stands on the search path, if it does.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
