//! `plaza user`: accounts, from the machine itself. Works beside a running server and without one.

use std::path::Path;

use clap::Subcommand;
use server::operator::{Reply, Request, ask};
use server::{Config, Server};
use store::Store;

use super::{Ended, Failure, Place, block_on, data_failure, printable, start_failure};

/// The verbs.
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// List all accounts.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Give somebody a new password and end their sessions and API tokens. Prints the password.
    ResetPassword {
        /// Their handle, or the name as shown.
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

impl User {
    pub(super) fn run(self) -> Ended {
        match self {
            Self::List { place } => block_on(list(place.load()?)),
            Self::ResetPassword { name, place } => {
                let password =
                    block_on(ask_or_start(place.load()?, Request::ResetPassword { name }))?;
                println!("{password}");
                eprintln!("This is the new password. The account's sessions and API tokens ended.");
                Ok(())
            }
        }
    }
}

async fn list(config: Config) -> Ended {
    let opened = Store::open_readers(&config.data.directory).await;
    let store = opened.map_err(|error| data_failure(&error))?;
    println!(
        "{:<32} {:<10} {:<8} display name",
        "handle", "role", "state"
    );
    for person in store.people().await? {
        let state = if person.deactivated_at.is_some() {
            "locked"
        } else {
            "active"
        };
        let role = format!("{:?}", person.role).to_lowercase();
        let (name, display_name) = (printable(&person.name), printable(&person.display_name));
        println!("{name:<32} {role:<10} {state:<8} {display_name}");
    }
    store.close().await;
    Ok(())
}

/// Asks the running server, or starts one for the moment when none runs. Both go the same way, so
/// that sessions end and the change is noted in either case.
pub(super) async fn ask_or_start(mut config: Config, request: Request) -> Result<String, Failure> {
    if let Some(reply) = ask(&config.data.directory, &request).await? {
        return told(reply);
    }
    if !config.data.directory.join("plaza.db").exists() {
        let place = config.data.directory.display();
        return Err(Failure::new(format!("there is no data in {place}")));
    }
    "127.0.0.1:0".clone_into(&mut config.listen.address);
    let directory = config.data.directory.clone();
    let started = Server::start(config).await;
    let running = started.map_err(|error| start_failure(&error))?;
    let reply = ask_soon(&directory, &request).await;
    running.shut_down().await;
    told(reply?)
}

async fn ask_soon(directory: &Path, request: &Request) -> Result<Reply, Failure> {
    let reply = ask(directory, request).await?;
    reply.ok_or_else(|| Failure::new("the server did not open its operator's socket"))
}

fn told(reply: Reply) -> Result<String, Failure> {
    match reply {
        Reply::Done { secret } => Ok(secret),
        Reply::Refused { detail } => Err(Failure::new(detail)),
    }
}
