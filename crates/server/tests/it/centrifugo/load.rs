//! One bad neighbour does not disturb the others.

use base::limits::{COMMANDS_BURST, COMMANDS_REFUSED_BURST, OUTBOX_BYTES_MAX};
use domain::hub::{Lane, Publication};
use server::drive::hub::HubOptions;
use wire::centrifugo::{Command, Encoding};

use super::backend::Server;
use super::client::{Client, Closed, rpc};

#[tokio::test]
async fn ten_thousand_commands_at_once_end_that_connection_and_no_other() {
    let server = Server::start_with(HubOptions {
        shards: 1,
        ..HubOptions::default()
    })
    .await;
    let mut flood = Client::connected(&server, Encoding::Json, "user:1").await;
    let mut other = Client::connected(&server, Encoding::Json, "user:2").await;
    for start in (1..=10_000).step_by(500) {
        let batch: Vec<_> = (start..start + 500)
            .map(|id| Command {
                id,
                ..rpc("echo", "1")
            })
            .collect();
        flood.send_batch(&batch).await;
    }
    assert_eq!(&other.rpc("echo", "2").await.rpc.unwrap().data[..], b"2");
    let (mut answered, mut refused) = (0, 0);
    let code = loop {
        match flood.next().await {
            Ok(reply) if reply.error.is_none() => answered += 1,
            Ok(reply) => {
                assert_eq!(reply.error.unwrap().code, 111);
                refused += 1;
            }
            Err(Closed(code)) => break code,
        }
    };
    assert_eq!(code, 3013);
    assert!(answered <= 2 * COMMANDS_BURST, "{answered}");
    assert!(
        (1..=2 * COMMANDS_REFUSED_BURST).contains(&refused),
        "{refused}"
    );
    assert_eq!(&other.rpc("echo", "3").await.rpc.unwrap().data[..], b"3");
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_at_its_bound_and_the_others_get_everything() {
    let server = Server::start_with(HubOptions {
        shards: 1,
        ..HubOptions::default()
    })
    .await;
    let mut slow = Client::connected(&server, Encoding::Json, "user:1").await;
    let mut good = Client::connected(&server, Encoding::Json, "user:2").await;
    slow.subscribe("room:1").await;
    good.subscribe("room:1").await;
    let payload = format!("\"{}\"", "x".repeat(16 << 10));
    let mut posted = 0;
    // The kernel takes some megabytes before the outbox begins to fill.
    while server.hub.stats().cut_off == 0 {
        posted += 1;
        assert!(
            posted * payload.len() < 64 * OUTBOX_BYTES_MAX,
            "never cut off"
        );
        server.app.post("room:1", payload.clone());
        assert_eq!(good.publication().await.offset, posted as u64);
    }
    let mut received = 0;
    let code = loop {
        match slow.next().await {
            Ok(reply) => {
                received += 1;
                assert_eq!(reply.push.unwrap().publication.unwrap().offset, received);
            }
            Err(Closed(code)) => break code,
        }
    };
    assert_eq!(code, 3008);
    assert!(received < posted as u64);
    let data = bytes::Bytes::from_static(b"{}");
    server
        .hub
        .publish("typing:1", Publication::new(Lane::Ephemeral, data));
    server.app.post("room:1", "\"last\"");
    assert_eq!(good.publication().await.offset, posted as u64 + 1);
}

#[tokio::test]
async fn nobody_is_called_slow_for_what_was_not_even_tried() {
    let server = Server::start().await;
    let mut client = Client::connected(&server, Encoding::Json, "user:1").await;
    let long = 2 * OUTBOX_BYTES_MAX;
    let reply = client.rpc("letters", &long.to_string()).await;
    assert_eq!(reply.rpc.unwrap().data.len(), long + 2);
    // One turn whose answers are together just above the bound.
    let part = 62 << 10;
    let count = (OUTBOX_BYTES_MAX / part + 1) as u32;
    let batch: Vec<_> = (1..=count)
        .map(|id| Command {
            id: 100 + id,
            ..rpc("letters", &part.to_string())
        })
        .collect();
    client.send_batch(&batch).await;
    for id in 1..=count {
        assert_eq!(client.next().await.unwrap().id, 100 + id);
    }
    assert_eq!(server.hub.stats().cut_off, 0);
}
