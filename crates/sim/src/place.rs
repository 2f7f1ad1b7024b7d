//! A real server on a fresh directory: started, asked whether it is ready, killed.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use crate::client::Rest;

/// How long a start may take before the run is given up.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// So that the bench meets the server's durability and not its manners.
const CONFIG: &str = "[limits]\n\
    requests_per_second = 1000000\n\
    requests_burst = 1000000\n\
    posts_per_second = 1000000\n\
    posts_burst = 1000000\n\
    post_bytes_per_second = 1000000000\n\
    post_bytes_burst = 1000000000\n\
    attempts_per_address_per_minute = 1000000\n\
    connections_per_prefix_max = 100000\n";

/// A server that can be killed and started again on the same directory and port.
#[derive(Debug)]
pub struct Place {
    binary: PathBuf,
    directory: PathBuf,
    address: String,
    child: Option<Child>,
}

impl Place {
    /// Prepares a place in a directory of its own; nothing is started yet.
    ///
    /// # Errors
    /// The directory cannot be written, or there is no free port on loopback.
    pub fn prepare(binary: &Path, directory: &Path) -> std::io::Result<Self> {
        // The port is free again once the listener is gone; the server takes it a moment later.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        std::fs::create_dir_all(directory)?;
        std::fs::write(directory.join("plaza.toml"), CONFIG)?;
        Ok(Self {
            binary: binary.to_owned(),
            directory: directory.to_owned(),
            address,
            child: None,
        })
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where the server writes what it has to say.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.directory.join("plaza.log")
    }

    /// Starts the server and waits until it is ready. Tells how long that took.
    ///
    /// # Errors
    /// It cannot be started, ends at once, or is not ready in time.
    pub async fn start(&mut self) -> std::io::Result<Duration> {
        let began = Instant::now();
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())?;
        let mut child = Command::new(&self.binary)
            .arg("serve")
            .arg("--data")
            .arg(self.directory.join("data"))
            .args(["--listen", &self.address])
            .arg("--config")
            .arg(self.directory.join("plaza.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let asking = Rest::with_cookies(&self.address).map_err(std::io::Error::other)?;
        while !asking.is_ready().await {
            if let Some(status) = child.try_wait()? {
                let detail = format!("the server ended with {status}, see {:?}", self.log());
                return Err(std::io::Error::other(detail));
            }
            if began.elapsed() > READY_WITHIN {
                let detail = format!("not ready in {READY_WITHIN:?}, see {:?}", self.log());
                return Err(std::io::Error::other(detail));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.child = Some(child);
        Ok(began.elapsed())
    }

    /// The server's resident memory, in megabytes (`VmRSS` of `/proc`).
    ///
    /// # Errors
    /// It does not run, or this is not Linux.
    pub fn resident_mb(&self) -> std::io::Result<f64> {
        let id = self.child.as_ref().and_then(Child::id);
        let id = id.ok_or_else(|| std::io::Error::other("the server does not run"))?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kilobytes
            .map(|kilobytes| kilobytes / 1_024.0)
            .ok_or_else(|| std::io::Error::other("no VmRSS in /proc"))
    }

    /// What the server used of the processor so far.
    ///
    /// # Errors
    /// It does not run, or this is not Linux.
    pub fn cpu(&self) -> std::io::Result<Duration> {
        let id = self.child.as_ref().and_then(Child::id);
        let id = id.ok_or_else(|| std::io::Error::other("the server does not run"))?;
        let mut all_ns = 0;
        for task in std::fs::read_dir(format!("/proc/{id}/task"))? {
            let spent = std::fs::read_to_string(task?.path().join("schedstat"))?;
            let first = spent
                .split(' ')
                .next()
                .and_then(|ns| ns.parse::<u64>().ok());
            all_ns += first.unwrap_or(0);
        }
        Ok(Duration::from_nanos(all_ns))
    }

    /// Kills the server: SIGKILL, nothing is flushed, nobody is told.
    ///
    /// # Errors
    /// It had ended by itself before.
    pub async fn kill(&mut self) -> std::io::Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        if let Some(status) = child.try_wait()? {
            let detail = format!(
                "the server ended by itself with {status}, see {:?}",
                self.log()
            );
            return Err(std::io::Error::other(detail));
        }
        child.kill().await
    }
}
