//! `plaza serve`: runs the server until it is asked to end.

use std::io::IsTerminal;
use std::net::SocketAddr;

use clap::Args;
use server::config::log::Format;
use server::shutdown::Signals;
use server::{Config, Running, Server};
use tracing_subscriber::EnvFilter;

use super::{Ended, FAILED, Failure, MISUSED, Place, block_on, start_failure};

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address and port to listen at. Port 0 takes any free one.
    #[arg(long, env = "PLAZA_LISTEN", value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(super) fn run(self) -> Ended {
        let mut config = self.place.load()?;
        if let Some(listen) = self.listen {
            config.listen.address = listen.to_string();
        }
        start_log(&config)?;
        block_on(serve(config))
    }
}

fn start_log(config: &Config) -> Ended {
    // The migrations of the database tell more than anybody wants to know.
    let level = format!("sea_orm_migration=warn,{}", config.log.level);
    let filter = EnvFilter::try_new(level).map_err(|error| {
        Failure::with_code(
            MISUSED,
            format!("[log] level {:?}: {error}", config.log.level),
        )
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.log.format {
        Format::Text => log.init(),
        Format::Json => log.json().init(),
    }
    Ok(())
}

async fn serve(config: Config) -> Ended {
    let watched = Signals::watch();
    let mut signals = watched.map_err(|error| Failure::with_code(FAILED, error.to_string()))?;
    let started = Server::start(config).await;
    let mut running = started.map_err(|error| start_failure(&error))?;
    welcome(&running);
    let ended = running.until_asked(&mut signals).await;
    eprintln!("plaza: ending");
    running.shut_down().await;
    ended.map_err(|reason| Failure::with_code(FAILED, format!("stopped: {reason}")))
}

fn shown(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

fn welcome(running: &Running) {
    let first = shown(running.address());
    println!(
        "Plaza listens at {first} (data in {})",
        running.data().display()
    );
    for address in running.addresses().iter().skip(1) {
        println!("and at {}", shown(*address));
    }
    if running.is_fresh() {
        println!("Nobody is here yet: open {first} in a browser and set the place up.");
    }
}
