//! A process of the binary under test.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub(crate) const PASSWORD: &str = "correct horse";

/// Runs a verb to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    plaza(arguments).output().unwrap()
}

fn plaza(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plaza"));
    command.args(arguments).stdin(Stdio::null());
    for name in ["PLAZA_CONFIG", "PLAZA_DATA", "PLAZA_LISTEN"] {
        command.env_remove(name);
    }
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A server that runs until it is dropped.
pub(crate) struct Serving {
    child: Child,
    /// What it printed so far.
    pub(crate) greeting: Vec<String>,
    pub(crate) base: String,
    stdout: BufReader<ChildStdout>,
}

impl Serving {
    /// Starts a server on `data` and waits until it says where it listens.
    pub(crate) fn on(data: &Path) -> Self {
        let data = data.to_str().unwrap();
        Self::start(plaza(&["serve", "--data", data, "--listen", "127.0.0.1:0"]))
    }

    /// The same with a configuration file.
    pub(crate) fn with(data: &Path, config: &Path) -> Self {
        let (data, config) = (data.to_str().unwrap(), config.to_str().unwrap());
        let mut command = plaza(&["serve", "--data", data, "--config", config]);
        command.args(["--listen", "127.0.0.1:0"]);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let base = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self {
            child,
            greeting: vec![line],
            base,
            stdout,
        }
    }

    /// Reads one more line of the greeting.
    pub(crate) fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    fn ask_to_end(&self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Asks it to end as an init system does, and returns its exit code and how long that took.
    pub(crate) fn terminate(mut self) -> (Option<i32>, Duration) {
        let since = Instant::now();
        self.ask_to_end();
        let status = self.child.wait().unwrap();
        (status.code(), since.elapsed())
    }

    /// Asks it to end and returns what it printed after its first line.
    pub(crate) fn terminate_and_read(mut self) -> String {
        self.ask_to_end();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        rest
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // After `terminate` it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sets the place up and returns a client that is its owner.
pub(crate) async fn set_up(base: &str) -> reqwest::Client {
    let http = reqwest::Client::builder()
        .cookie_store(true)
        .build()
        .unwrap();
    let body = serde_json::json!({
        "place_name": "Home", "display_name": "Ada", "password": PASSWORD, "locale": "en"
    });
    let reply = http
        .post(format!("{base}/api/v1/setup"))
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    http
}

/// Posts a message into the lobby.
pub(crate) async fn say(http: &reqwest::Client, base: &str, words: &str) {
    let rooms = http
        .get(format!("{base}/api/v1/rooms"))
        .send()
        .await
        .unwrap();
    let rooms: serde_json::Value = rooms.json().await.unwrap();
    let lobby = rooms["rooms"][0]["id"].as_str().unwrap();
    let url = format!("{base}/api/v1/rooms/{lobby}/messages");
    let body = serde_json::json!({"text": words});
    let reply = http.post(url).json(&body).send().await.unwrap();
    assert_eq!(reply.status(), 200);
}

/// Logs in; the status says whether the password fits.
pub(crate) async fn log_in(base: &str, password: &str) -> (u16, reqwest::Client) {
    let http = reqwest::Client::builder()
        .cookie_store(true)
        .build()
        .unwrap();
    let body = serde_json::json!({"name": "ada", "password": password});
    let reply = http
        .post(format!("{base}/api/v1/session"))
        .json(&body)
        .send()
        .await
        .unwrap();
    (reply.status().as_u16(), http)
}
