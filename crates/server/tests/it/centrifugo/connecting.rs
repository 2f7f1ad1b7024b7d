//! Connecting: tokens, server-side subscriptions, logouts in between, refresh, the end.

use std::collections::BTreeMap;
use std::time::Duration;

use base::{PersonId, SessionId};
use domain::hub::Grant;
use server::drive::hub::{Hub, HubOptions};
use wire::centrifugo::message::*;
use wire::centrifugo::{Command, Encoding};

use super::backend::{CURSED, EPOCH, Server, Told};
use super::client::{Client, Closed, publish, rpc};

#[tokio::test]
async fn a_good_token_opens_the_connection_in_both_encodings() {
    let mut server = Server::start().await;
    for encoding in [Encoding::Json, Encoding::Protobuf] {
        let mut client = Client::open(&server, encoding).await;
        let result = client.connect("user:3").await.unwrap();
        assert_eq!(
            (result.ping, result.pong, result.expires),
            (25, true, false)
        );
        assert_eq!(result.client.len(), 36);
        let own = format!("user:{}", PersonId(3));
        assert_eq!(result.subs.len(), 1);
        assert_eq!(result.subs[0].key, own);
        assert_eq!(server.told().await, Told::Online(PersonId(3)));
        assert!(server.hub.is_online(PersonId(3)));
        drop(client);
        assert_eq!(server.told().await, Told::Offline(PersonId(3)));
    }
    server.until(|hub| hub.stats().connections == 0).await;
    assert_eq!(server.hub.stats().channels, 0);
}

#[tokio::test]
async fn a_forged_token_ends_the_connection_and_an_expired_one_says_so() {
    let server = Server::start().await;
    let mut forged = Client::open(&server, Encoding::Json).await;
    assert_eq!(forged.connect("nonsense").await, Err(Closed(3500)));

    let mut expired = Client::open(&server, Encoding::Json).await;
    let connect = ConnectRequest {
        token: "expired".to_owned(),
        ..ConnectRequest::default()
    };
    let command = Command {
        connect: Some(connect),
        ..Command::default()
    };
    assert_eq!(
        expired.call(command).await.unwrap().error.unwrap().code,
        109
    );
    expired.send(rpc("echo", "1")).await;
    assert_eq!(expired.closed().await, 3501);
}

#[tokio::test]
async fn commands_may_follow_connect_in_the_same_frame() {
    let server = Server::start().await;
    let mut client = Client::open(&server, Encoding::Json).await;
    let connect = ConnectRequest {
        token: "user:1".to_owned(),
        ..ConnectRequest::default()
    };
    let connect = Command {
        id: 1,
        connect: Some(connect),
        ..Command::default()
    };
    client
        .send_batch(&[
            connect,
            Command {
                id: 2,
                ..rpc("echo", "[1]")
            },
        ])
        .await;
    assert!(client.next().await.unwrap().connect.is_some());
    assert_eq!(client.next().await.unwrap().id, 2);
}

#[tokio::test]
async fn a_logout_while_connecting_is_not_missed() {
    let mut server = Server::start().await;
    let mut client = Client::open(&server, Encoding::Json).await;
    let connect = ConnectRequest {
        token: "slow:4".to_owned(),
        ..ConnectRequest::default()
    };
    client
        .send(Command {
            connect: Some(connect),
            ..Command::default()
        })
        .await;
    assert_eq!(server.told().await, Told::Connecting(PersonId(4)));
    server.hub.disconnect_session(SessionId(4), 3503);
    // A second connection on each shard shows that the change was applied before the gate opens.
    for _ in 0..2 {
        let mut witness = Client::connected(&server, Encoding::Json, "user:8").await;
        witness.subscribe("typing:1").await;
        server.hub.unsubscribe_user(PersonId(8), "typing:1", 2000);
        assert!(witness.push().await.unsubscribe.is_some());
    }
    server.app.gate.notify_one();
    assert_eq!(client.closed().await, 3503);
    assert!(!server.hub.is_online(PersonId(4)));
}

#[tokio::test]
async fn what_changes_between_acceptance_and_answer_comes_in_order() {
    let mut server = Server::start().await;
    let user = PersonId(4);
    let mut client = Client::open(&server, Encoding::Json).await;
    let connect = ConnectRequest {
        token: "gated:4".to_owned(),
        ..ConnectRequest::default()
    };
    client
        .send(Command {
            connect: Some(connect),
            ..Command::default()
        })
        .await;
    while server.told().await != Told::Connecting(PersonId(0)) {}
    server.hub.subscribe_user(user, "late", Grant::default());
    server
        .hub
        .unsubscribe_user(user, &format!("user:{user}"), 2000);
    server.app.post("room:gated", "1");
    server.until(|hub| hub.stats().subscriptions == 2).await;
    server.app.gate.notify_one();
    let result = client
        .next()
        .await
        .unwrap()
        .connect
        .expect("the answer comes first");
    let channels: Vec<_> = result.subs.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(channels, ["room:gated"]);
    let (mut heard, mut subscribed) = (None, false);
    while heard.is_none() || !subscribed {
        let push = client.push().await;
        subscribed |= push.subscribe.is_some() && push.channel == "late";
        heard = heard.or(push.publication.map(|publication| publication.offset));
    }
    assert_eq!(heard, Some(1));
}

#[tokio::test]
async fn a_bug_ends_its_own_connection_only() {
    let server = Server::start().await;
    let mut one = Client::connected(&server, Encoding::Json, "user:1").await;
    let mut two = Client::connected(&server, Encoding::Json, "user:2").await;
    one.send(rpc("panic", "{}")).await;
    assert_eq!(one.closed().await, 3004);
    assert!(two.rpc("echo", "1").await.rpc.is_some());
    let mut one = Client::connected(&server, Encoding::Json, "user:1").await;
    one.send(publish("panic:1", "{}")).await;
    assert_eq!(one.closed().await, 3004);
    assert!(two.rpc("echo", "1").await.rpc.is_some());
}

#[tokio::test]
async fn a_bug_in_what_a_client_sent_ends_its_socket_at_once_and_no_other() {
    let mut server = Server::start_with(HubOptions {
        shards: 1,
        ..HubOptions::default()
    })
    .await;
    let mut cursed = Client::connected(&server, Encoding::Json, "user:13").await;
    let mut other = Client::connected(&server, Encoding::Json, "user:2").await;
    assert_eq!(server.told().await, Told::Online(CURSED));
    assert_eq!(server.told().await, Told::Online(PersonId(2)));
    // Its end is told to the application while the close frame is being read.
    cursed.socket.close(None).await.unwrap();
    assert_eq!(server.told().await, Told::Offline(CURSED));
    server.until(|hub| hub.stats().connections == 1).await;
    assert!(other.rpc("echo", "1").await.rpc.is_some());
}

#[tokio::test]
async fn a_bug_in_a_pass_empties_the_shard_and_the_shard_goes_on() {
    let mut server = Server::start_with(HubOptions {
        shards: 1,
        connections_per_prefix_max: 2,
        ..HubOptions::default()
    })
    .await;
    for _ in 0..2 {
        let mut cursed = Client::connected(&server, Encoding::Json, "user:13").await;
        let mut other = Client::connected(&server, Encoding::Json, "user:2").await;
        other.subscribe("room:1").await;
        assert_eq!(server.told().await, Told::Online(CURSED));
        assert_eq!(server.told().await, Told::Online(PersonId(2)));
        server.hub.disconnect_user(CURSED, 3011);
        cursed.closed().await;
        other.closed().await;
        let mut gone = [server.told().await, server.told().await];
        gone.sort_by_key(|told| *told != Told::Offline(CURSED));
        assert_eq!(gone, [Told::Offline(CURSED), Told::Offline(PersonId(2))]);
        let nobody = |hub: &Hub| {
            let stats = hub.stats();
            (stats.connections, stats.users, stats.subscriptions) == (0, 0, 0)
        };
        server.until(nobody).await;
    }
    server.hub.drain(Duration::from_secs(10)).await;
}

#[tokio::test]
async fn a_logout_closes_the_connections_of_that_login_only() {
    let server = Server::start().await;
    let mut one = Client::connected(&server, Encoding::Json, "user:1").await;
    let mut two = Client::connected(&server, Encoding::Json, "user:2").await;
    server.hub.disconnect_session(SessionId(1), 3503);
    assert_eq!(one.closed().await, 3503);
    assert!(two.rpc("echo", "1").await.rpc.is_some());
    server.hub.disconnect_user(PersonId(2), 3011);
    assert_eq!(two.closed().await, 3011);
}

#[tokio::test]
async fn server_side_subscriptions_recover_with_the_connect() {
    let server = Server::start().await;
    for text in ["1", "2", "3"] {
        server.app.post("room:own", text);
    }
    let mut client = Client::open(&server, Encoding::Json).await;
    let position = SubscribeRequest {
        recover: true,
        offset: 1,
        epoch: EPOCH.to_owned(),
        ..SubscribeRequest::default()
    };
    let connect = ConnectRequest {
        token: "roomer:1".to_owned(),
        subs: BTreeMap::from([("room:own".to_owned(), position)]),
        ..ConnectRequest::default()
    };
    let reply = client
        .call(Command {
            connect: Some(connect),
            ..Command::default()
        })
        .await;
    let subs = reply.unwrap().connect.unwrap().subs;
    let own = subs.iter().find(|entry| entry.key == "room:own").unwrap();
    let own = own.value.as_ref().unwrap();
    assert!(own.recovered);
    assert_eq!(
        own.publications
            .iter()
            .map(|it| it.offset)
            .collect::<Vec<_>>(),
        [2, 3]
    );
    server.app.post("room:own", "4");
    assert_eq!(client.publication().await.offset, 4);
}

#[tokio::test]
async fn an_expiring_connection_can_be_refreshed() {
    let server = Server::start().await;
    let mut client = Client::open(&server, Encoding::Json).await;
    let result = client.connect("expiring:1").await.unwrap();
    assert!(result.expires && (58..=60).contains(&result.ttl));
    let refresh = |token: &str| {
        let refresh = Some(RefreshRequest {
            token: token.to_owned(),
        });
        Command {
            refresh,
            ..Command::default()
        }
    };
    let result = client
        .call(refresh("user:1"))
        .await
        .unwrap()
        .refresh
        .unwrap();
    assert!(result.expires && (118..=120).contains(&result.ttl));
    assert_eq!(client.call(refresh("user:2")).await, Err(Closed(3500)));
}

#[tokio::test]
async fn messages_without_an_answer_arrive_or_end_the_connection() {
    let mut server = Server::start().await;
    let mut client = Client::connected(&server, Encoding::Json, "user:1").await;
    assert_eq!(server.told().await, Told::Online(PersonId(1)));
    let send = |data: &'static str| {
        let send = Some(SendRequest {
            data: bytes::Bytes::from_static(data.as_bytes()),
        });
        Command {
            send,
            ..Command::default()
        }
    };
    client.send_batch(&[send("{\"a\":1}")]).await;
    assert_eq!(
        server.told().await,
        Told::Message(PersonId(1), "{\"a\":1}".into())
    );
    client.send_batch(&[send("\"bad\"")]).await;
    assert_eq!(client.closed().await, 3508);
}

#[tokio::test]
async fn a_drain_says_goodbye_to_everybody_and_ends_the_threads() {
    let server = Server::start().await;
    let mut one = Client::connected(&server, Encoding::Json, "user:1").await;
    let mut two = Client::connected(&server, Encoding::Protobuf, "user:2").await;
    let drain = server.hub.drain(Duration::from_secs(20));
    let ((), first, second) = tokio::join!(drain, one.closed(), two.closed());
    assert_eq!((first, second), (3001, 3001));
    assert_eq!(server.hub.stats().connections, 0);
    assert!(
        Client::open_from(&server, Encoding::Json, None)
            .await
            .is_err()
    );
}
