//! The development loop: a debug server that is rebuilt when Rust changes, and Vite beside it.
//!
//! Both stop together: on Ctrl-C the terminal tells both, and when one ends the other is ended.

use std::path::Path;
use std::process::{Child, ExitCode};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::step::Step;

const LOOK_EVERY: Duration = Duration::from_millis(700);

/// Builds, starts both, and watches until one of them ends.
pub(crate) fn run(root: &Path) -> ExitCode {
    if !build(root) {
        return ExitCode::FAILURE;
    }
    let web = Step::new(
        &root.join("web"),
        "npx",
        &["vite", "--clearScreen", "false"],
    )
    .spawn();
    let (mut web, mut server) = match (web, serve(root)) {
        (Ok(web), Ok(server)) => (web, server),
        (web, server) => {
            for child in [web, server].into_iter().flatten() {
                stop(child);
            }
            eprintln!("dev: the server or Vite could not be started");
            return ExitCode::FAILURE;
        }
    };
    println!("dev: open the address that Vite names; it hands /api and the socket to the server");
    let mut built_at = SystemTime::now();
    loop {
        thread::sleep(LOOK_EVERY);
        let ended = [web.try_wait(), server.try_wait()];
        if ended.iter().any(|status| !matches!(status, Ok(None))) {
            stop(web);
            stop(server);
            return ExitCode::SUCCESS;
        }
        let started_at = SystemTime::now();
        if newest(&root.join("crates")) > built_at {
            built_at = started_at;
            if build(root) {
                stop(server);
                server = match serve(root) {
                    Ok(server) => server,
                    Err(error) => {
                        eprintln!("dev: {error}");
                        stop(web);
                        return ExitCode::FAILURE;
                    }
                };
            }
        }
    }
}

fn build(root: &Path) -> bool {
    Step::new(root, "cargo", &["build", "-p", "plaza"]).run().ok
}

fn serve(root: &Path) -> std::io::Result<Child> {
    let words = ["serve", "--data", "./data", "--listen", "127.0.0.1:8000"];
    Step::new(root, "./target/debug/plaza", &words).spawn()
}

/// Asks to end, as an operator would, and waits for it.
fn stop(mut child: Child) {
    let id = child.id().to_string();
    if !Step::new(Path::new("."), "kill", &["-TERM", &id]).quiet() {
        let _ = child.kill();
    }
    let _ = child.wait();
}

/// When the newest source below `folder` was written.
fn newest(folder: &Path) -> SystemTime {
    let mut newest = SystemTime::UNIX_EPOCH;
    let Ok(entries) = std::fs::read_dir(folder) else {
        return newest;
    };
    for entry in entries.flatten() {
        let Ok(meta) = entry.metadata() else { continue };
        let at = match meta.is_dir() {
            true => self::newest(&entry.path()),
            false => meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        };
        newest = newest.max(at);
    }
    newest
}
