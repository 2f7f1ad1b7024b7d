//! The hub and its Centrifugo door around an application in memory, for SDK scripts and load
//! programs: `cargo run -p server --example hub -- 127.0.0.1:8100 [shards]`.
//!
//! Tokens, channels and methods are those of the door's tests. On standard input, `post <channel>
//! <json>` commits an event, `silent <channel> <json>` one that nobody is told of, `kick <person>`
//! closes a person's connections; `stats` and a closed input do what they say.
#![expect(
    clippy::unwrap_used,
    reason = "a test program that can not go on fails"
)]

#[expect(
    dead_code,
    reason = "shared with the door's tests, which use all of it"
)]
#[path = "../tests/it/centrifugo/backend.rs"]
mod backend;

use std::time::Duration;

use base::PersonId;
use server::drive::hub::HubOptions;
use tokio::sync::mpsc;

use backend::Server;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let address = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:8100".to_owned());
    let shards = arguments.next().map_or(2, |shards| shards.parse().unwrap());
    let options = HubOptions {
        shards,
        connections_per_prefix_max: usize::MAX,
        ..HubOptions::default()
    };
    let server = Server::start_on(&address, options).await;
    println!("listening on {}", server.address);
    let (sender, mut lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        std::io::stdin()
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    while let Some(line) = lines.recv().await {
        let words: Vec<_> = line.splitn(3, ' ').collect();
        match words[..] {
            ["post", channel, data] => {
                server.app.post(channel, data.to_owned());
            }
            ["silent", channel, data] => server.app.post_silently(channel, data.to_owned()),
            ["kick", person] => {
                server
                    .hub
                    .disconnect_user(PersonId(person.parse().unwrap()), 3011);
            }
            ["stats"] => println!("{:?}", server.hub.stats()),
            _ => println!("unknown: {line}"),
        }
    }
    server.hub.drain(Duration::from_secs(5)).await;
}
