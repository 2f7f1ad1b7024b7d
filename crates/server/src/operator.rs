//! The operator's door: a Unix socket in the data directory, for the command line beside a running
//! server.
//!
//! Whoever can open the socket can read the database as well, so it asks for no password; it is
//! 0600. One JSON request per line, one JSON answer per line.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::AuditEntry;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::app::{App, Shared};
use crate::clock;
use crate::handle::{people, tokens};
use crate::problem::{Answer, Problem};

/// The socket's name in the data directory.
const SOCKET: &str = "operator.sock";
/// One line, in bytes.
const LINE_BYTES_MAX: u64 = 64 << 10;
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the operator asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Request {
    /// Give somebody a new password and end their sessions and API tokens.
    ResetPassword {
        /// Their handle or the name as shown.
        name: String,
    },
    /// Make an API token for somebody.
    CreateToken {
        /// Their handle or the name as shown.
        name: String,
        /// What to call the token.
        label: String,
    },
}

/// What the operator is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    /// Done.
    Done {
        /// The password or token that was made; shown once.
        secret: String,
    },
    /// Not done.
    Refused {
        /// Why, in a sentence.
        detail: String,
    },
}

/// Where the socket of a data directory lies.
#[must_use]
pub fn path(data: &Path) -> PathBuf {
    data.join(SOCKET)
}

/// Opens the door. The data directory is locked by us, so a socket that lies there is left over.
///
/// # Errors
/// The directory can not be written.
pub fn listen(data: &Path) -> std::io::Result<UnixListener> {
    let path = path(data);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves operators until the task is dropped.
pub async fn serve(app: Shared, listener: UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let app = app.clone();
                tokio::spawn(async move {
                    let served = tokio::time::timeout(PATIENCE, converse(&app, stream)).await;
                    if !matches!(served, Ok(Ok(()))) {
                        tracing::debug!("an operator's connection ended early");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the operator's socket could not accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn converse(app: &App, stream: UnixStream) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(tokio::io::AsyncReadExt::take(read, LINE_BYTES_MAX))
        .read_line(&mut line)
        .await?;
    let reply = match serde_json::from_str(&line) {
        Ok(request) => match carry_out(app, request).await {
            Ok(secret) => Reply::Done { secret },
            Err(problem) => {
                problem.log("operator");
                Reply::Refused {
                    detail: problem.detail,
                }
            }
        },
        Err(error) => Reply::Refused {
            detail: error.to_string(),
        },
    };
    let mut answer = serde_json::to_vec(&reply)?;
    answer.push(b'\n');
    write.write_all(&answer).await
}

async fn carry_out(app: &App, request: Request) -> Answer<String> {
    match request {
        Request::ResetPassword { name } => {
            let person = find(app, &name).await?;
            let entry = entry("person.reset_password", &person.id.to_string());
            people::give_password(app, person.id, entry).await
        }
        Request::CreateToken { name, label } => {
            let person = find(app, &name).await?;
            let login = crate::handle::Login {
                person: person.into(),
                session: None,
            };
            Ok(tokens::make(app, &login, &label).await?.token)
        }
    }
}

async fn find(app: &App, name: &str) -> Answer<domain::auth::Person> {
    let found = app.store.person_by_login(name.trim()).await?;
    let nobody = || {
        Problem::new(
            base::Code::NotFound,
            format!("There is nobody called {name:?}."),
        )
    };
    found.ok_or_else(nobody)
}

fn entry(action: &str, object: &str) -> AuditEntry {
    AuditEntry {
        id: 0,
        at: clock::now(),
        actor: None,
        action: action.to_owned(),
        object: object.to_owned(),
        detail: "from the command line".to_owned(),
    }
}

/// Asks the server that runs on `data`; `None` when none does.
///
/// # Errors
/// The server hung up or answered nonsense.
pub async fn ask(data: &Path, request: &Request) -> std::io::Result<Option<Reply>> {
    let Ok(stream) = UnixStream::connect(path(data)).await else {
        return Ok(None);
    };
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    let mut answer = String::new();
    let mut reader = BufReader::new(read);
    tokio::time::timeout(PATIENCE, reader.read_line(&mut answer)).await??;
    Ok(Some(serde_json::from_str(&answer)?))
}
