//! The real binary on an empty data directory, for one suite; ended and removed when dropped.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a start may take.
const READY_WITHIN: Duration = Duration::from_secs(20);

/// A server that runs.
pub(crate) struct Place {
    child: Child,
    folder: PathBuf,
}

impl Place {
    /// Starts the debug binary with a configuration at an address (reached at `127.0.0.1:port` in
    /// any case) and waits until it is ready.
    ///
    /// # Errors
    /// What it said, when it does not become ready.
    pub(crate) fn start(
        root: &Path,
        config: &str,
        (host, port): (&str, u16),
    ) -> Result<Self, String> {
        let name = format!("plaza-sdk-{}-{port}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let said = |error: std::io::Error| format!("{}: {error}", folder.display());
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(said)?;
        let log = fs::File::create(folder.join("log")).map_err(said)?;
        let binary = crate::sdk::binary(root);
        let child = Command::new(&binary)
            .arg("serve")
            .arg("--config")
            .arg(root.join(config))
            .arg("--data")
            .arg(folder.join("data"))
            .args(["--listen", &format!("{host}:{port}")])
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(said)?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let mut place = Self { child, folder };
        place.await_ready(port)?;
        Ok(place)
    }

    fn await_ready(&mut self, port: u16) -> Result<(), String> {
        let deadline = Instant::now() + READY_WITHIN;
        while !is_ready(port) {
            let ended = self.child.try_wait().is_ok_and(|status| status.is_some());
            if ended || Instant::now() > deadline {
                return Err(format!("the server does not serve: {}", self.log()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The end of what it wrote.
    fn log(&self) -> String {
        let text = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let start = lines.len().saturating_sub(20);
        lines.get(start..).unwrap_or_default().join("\n")
    }

    /// The end of its log, when it ended by itself or something in it panicked.
    pub(crate) fn what_broke(&mut self) -> Option<String> {
        let ended = self.child.try_wait().is_ok_and(|status| status.is_some());
        let text = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        (ended || text.contains("panicked")).then(|| self.log())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        let host = format!("127.0.0.1:{port}");
        write!(
            stream,
            "GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Could somebody listen there now?
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
