//! Channels: publications, recovery, presence, history, and the end of a membership.

use base::PersonId;
use base::limits::RECOVERY_BYTES_MAX;
use domain::hub::{Grant, Lane, Past, Publication};
use wire::centrifugo::message::*;
use wire::centrifugo::{Command, Encoding};

use super::backend::{EPOCH, Server, Told, letters};
use super::client::{Client, publish, rpc, subscribe};

const BOTH: [Encoding; 2] = [Encoding::Json, Encoding::Protobuf];

#[tokio::test]
async fn a_post_reaches_every_subscriber_with_its_offset() {
    let server = Server::start().await;
    for (round, encoding) in BOTH.into_iter().enumerate() {
        let mut author = Client::connected(&server, encoding, "user:1").await;
        let mut reader = Client::connected(&server, encoding, "user:2").await;
        let stood = reader.subscribe("room:1").await;
        assert!(stood.recoverable && stood.positioned && !stood.recovered);
        assert_eq!((stood.offset, stood.epoch.as_str()), (round as u64, EPOCH));
        let reply = author.rpc("post", "{\"text\": \"hi\"}").await;
        assert_eq!(reply.rpc.unwrap().data, (round + 1).to_string());
        let publication = reader.publication().await;
        assert_eq!(publication.offset, round as u64 + 1);
        assert_eq!(&publication.data[..], b"{\"text\": \"hi\"}");
    }
}

#[tokio::test]
async fn who_comes_back_gets_exactly_what_was_missed() {
    let server = Server::start().await;
    for text in ["1", "2", "3", "4"] {
        server.app.post("room:1", text);
    }
    for encoding in BOTH {
        let mut client = Client::connected(&server, encoding, "user:1").await;
        let result = client.recover("room:1", 2, EPOCH).await;
        assert!(result.recovered && result.was_recovering);
        let offsets: Vec<_> = result.publications.iter().map(|it| it.offset).collect();
        assert_eq!((result.offset, offsets), (2, vec![3, 4]));
    }
    for (offset, epoch) in [(2, "another"), (9, EPOCH)] {
        let mut client = Client::connected(&server, Encoding::Json, "user:1").await;
        let result = client.recover("room:1", offset, epoch).await;
        assert!(!result.recovered && result.was_recovering && result.publications.is_empty());
        assert_eq!(result.offset, 4);
    }
}

#[tokio::test]
async fn who_missed_more_than_fits_is_told_to_reload_and_stays_connected() {
    let server = Server::start().await;
    let half = letters(RECOVERY_BYTES_MAX / 2 - 2);
    for channel in ["room:1", "room:2"] {
        for _ in 0..3 {
            server.app.post(channel, half.clone());
        }
    }
    for encoding in BOTH {
        let mut client = Client::connected(&server, encoding, "user:1").await;
        let result = client.recover("room:1", 1, EPOCH).await;
        assert!(result.recovered, "two halves fit");
        assert_eq!(result.publications.len(), 2);
        let result = client.recover("room:2", 0, EPOCH).await;
        assert!(!result.recovered && result.was_recovering && result.publications.is_empty());
        assert_eq!(result.offset, 3);
        let history = |reverse| HistoryRequest {
            channel: "room:2".into(),
            limit: -1,
            reverse,
            ..Default::default()
        };
        for (reverse, offsets) in [(false, [1, 2]), (true, [3, 2])] {
            let command = Command {
                history: Some(history(reverse)),
                ..Command::default()
            };
            let reply = client.call(command).await.unwrap();
            let page = reply.history.unwrap();
            let got: Vec<_> = page.publications.iter().map(|it| it.offset).collect();
            assert_eq!((got, page.offset), (offsets.to_vec(), 3));
        }
    }
}

#[tokio::test]
async fn a_gap_in_the_stream_makes_the_client_recover() {
    let server = Server::start().await;
    let mut client = Client::connected(&server, Encoding::Json, "user:1").await;
    client.subscribe("room:1").await;
    server.app.post("room:1", "1");
    assert_eq!(client.publication().await.offset, 1);
    server.app.post_silently("room:1", "2");
    server.app.post("room:1", "3");
    assert_eq!(client.push().await.unsubscribe.unwrap().code, 2500);
    let result = client.recover("room:1", 1, EPOCH).await;
    let offsets: Vec<_> = result.publications.iter().map(|it| it.offset).collect();
    assert_eq!(offsets, [2, 3]);
}

#[tokio::test]
async fn publications_during_the_answer_come_after_it_once_each() {
    let mut server = Server::start().await;
    server.app.post("room:slow", "1");
    let mut client = Client::connected(&server, Encoding::Json, "user:1").await;
    let request = SubscribeRequest {
        channel: "room:slow".to_owned(),
        recover: true,
        ..SubscribeRequest::default()
    };
    client.send(subscribe(request)).await;
    while server.told().await != Told::Connecting(PersonId(0)) {}
    // Registered, its right not yet decided: this one is both in the log and published.
    server.app.post("room:slow", "2");
    server.app.gate.notify_one();
    let result = client
        .next()
        .await
        .unwrap()
        .subscribe
        .expect("the answer comes first");
    assert_eq!(result.publications.len(), 2);
    assert!(client.push().await.join.is_some());
    server.app.post("room:slow", "3");
    assert_eq!(client.publication().await.offset, 3);
}

#[tokio::test]
async fn nothing_is_delivered_past_the_end_of_a_membership() {
    let mut server = Server::start().await;
    let mut client = Client::connected(&server, Encoding::Json, "user:7").await;
    client.subscribe("room:1").await;
    server.app.post("room:1", "1");
    server.hub.unsubscribe_user(PersonId(7), "room:1", 2000);
    server.app.post("room:1", "2");
    assert_eq!(client.publication().await.offset, 1);
    assert_eq!(client.push().await.unsubscribe.unwrap().code, 2000);
    assert_eq!(&client.rpc("echo", "5").await.rpc.unwrap().data[..], b"5");

    // The same while the subscription is being decided: it is refused.
    let request = SubscribeRequest {
        channel: "room:slow".to_owned(),
        ..Default::default()
    };
    client.send(subscribe(request)).await;
    while server.told().await != Told::Connecting(PersonId(0)) {}
    server.hub.unsubscribe_user(PersonId(7), "room:slow", 2000);
    // The hub has applied it once a later change has had its effect.
    server
        .hub
        .subscribe_user(PersonId(7), "late", Grant::default());
    assert_eq!(client.push().await.channel, "late");
    server.app.gate.notify_one();
    assert_eq!(client.next().await.unwrap().error.unwrap().code, 103);
}

#[tokio::test]
async fn typing_is_told_with_who_types_and_never_stored() {
    let server = Server::start().await;
    let mut typist = Client::connected(&server, Encoding::Protobuf, "user:1").await;
    let mut reader = Client::connected(&server, Encoding::Json, "user:2").await;
    reader.subscribe("typing:1").await;
    let reply = typist
        .call(publish("typing:1", "{\"on\":\n true}"))
        .await
        .unwrap();
    assert!(reply.publish.is_some());
    let publication = reader.publication().await;
    assert_eq!(
        (publication.offset, &publication.data[..]),
        (0, &b"{\"on\": true}"[..])
    );
    assert_eq!(publication.info.unwrap().user, PersonId(1).to_string());
    let refused = typist.call(publish("room:1", "{}")).await.unwrap();
    assert_eq!(refused.error.unwrap().code, 103);
    let refused = typist.call(publish("typing:1", "{oops")).await.unwrap();
    assert_eq!(refused.error.unwrap().code, 107);
}

#[tokio::test]
async fn who_publishes_is_left_out_where_that_is_asked_for_and_order_stays() {
    let server = Server::start().await;
    let mut one = Client::connected(&server, Encoding::Json, "user:1").await;
    let mut other = Client::connected(&server, Encoding::Json, "user:2").await;
    one.subscribe("quiet:1").await;
    other.subscribe("quiet:1").await;
    for at in 0..20 {
        let (who, heard) = if at % 3 == 0 {
            (&mut other, &mut one)
        } else {
            (&mut one, &mut other)
        };
        let reply = who.call(publish("quiet:1", &at.to_string())).await.unwrap();
        assert!(reply.publish.is_some());
        assert_eq!(
            &heard.publication().await.data[..],
            at.to_string().as_bytes()
        );
    }
}

#[tokio::test]
async fn a_stream_in_memory_bridges_an_absence() {
    let server = Server::start().await;
    let mut player = Client::connected(&server, Encoding::Json, "user:1").await;
    let stood = player.subscribe("game:1").await;
    for frame in 1..=7 {
        player
            .call(publish("game:1", &frame.to_string()))
            .await
            .unwrap();
        assert_eq!(player.publication().await.offset, frame);
    }
    let mut back = Client::connected(&server, Encoding::Json, "user:2").await;
    let result = back.recover("game:1", 4, &stood.epoch).await;
    assert!(result.recovered);
    assert_eq!(result.publications.len(), 3);
    back.subscribe("typing:1").await;
    let mut late = Client::connected(&server, Encoding::Json, "user:3").await;
    assert!(
        !late.recover("game:1", 1, &stood.epoch).await.recovered,
        "only five are kept"
    );
}

#[tokio::test]
async fn presence_joins_and_leaves_are_told_across_shards() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for user in ["user:1", "user:2", "user:2"] {
        let mut client = Client::connected(&server, Encoding::Json, user).await;
        client.subscribe("lobby:1").await;
        clients.push(client);
    }
    let mut watcher = clients.remove(0);
    // Connections of different shards are told in no order among each other.
    let mut joined = Vec::new();
    for _ in 0..3 {
        let join = watcher.push().await.join.unwrap().info.unwrap();
        assert_eq!(&join.conn_info[..], b"{\"name\":\"N\"}");
        joined.push(join.user);
    }
    joined.sort();
    assert_eq!(joined, [1, 2, 2].map(|user| PersonId(user).to_string()));
    let channel = "lobby:1".to_owned();
    let stats = PresenceStatsRequest {
        channel: channel.clone(),
    };
    let stats = Command {
        presence_stats: Some(stats),
        ..Command::default()
    };
    let stats = watcher.call(stats).await.unwrap().presence_stats.unwrap();
    assert_eq!((stats.num_clients, stats.num_users), (3, 2));
    let presence = PresenceRequest {
        channel: channel.clone(),
    };
    let presence = Command {
        presence: Some(presence),
        ..Command::default()
    };
    let presence = watcher
        .call(presence)
        .await
        .unwrap()
        .presence
        .unwrap()
        .presence;
    assert_eq!(presence.len(), 3);
    assert!(presence.iter().all(|(client, info)| *client == info.client));

    drop(clients.pop());
    assert_eq!(
        watcher.push().await.leave.unwrap().info.unwrap().user,
        PersonId(2).to_string()
    );
    let unsubscribe = Some(UnsubscribeRequest { channel });
    clients[0]
        .call(Command {
            unsubscribe,
            ..Command::default()
        })
        .await
        .unwrap();
    assert!(watcher.push().await.leave.is_some());
}

#[tokio::test]
async fn history_goes_either_way_and_knows_its_epoch() {
    let server = Server::start().await;
    for text in ["1", "2", "3", "4"] {
        server.app.post("room:1", text);
    }
    let mut client = Client::connected(&server, Encoding::Json, "user:1").await;
    client.subscribe("room:1").await;
    let history = |limit, since: Option<(u64, &str)>, reverse| {
        let since = since.map(|(offset, epoch)| StreamPosition {
            offset,
            epoch: epoch.to_owned(),
        });
        let channel = "room:1".to_owned();
        let history = Some(HistoryRequest {
            channel,
            limit,
            since,
            reverse,
        });
        Command {
            history,
            ..Command::default()
        }
    };
    for (command, expected) in [
        (history(0, None, false), vec![]),
        (history(-1, None, false), vec![1, 2, 3, 4]),
        (history(2, Some((1, EPOCH)), false), vec![2, 3]),
        (history(2, Some((4, "")), true), vec![3, 2]),
    ] {
        let result = client.call(command).await.unwrap().history.unwrap();
        let offsets: Vec<_> = result.publications.iter().map(|it| it.offset).collect();
        assert_eq!((result.offset, offsets), (4, expected));
    }
    let wrong = client
        .call(history(2, Some((1, "x")), false))
        .await
        .unwrap();
    assert_eq!(wrong.error.unwrap().code, 112);
}

#[tokio::test]
async fn commands_keep_their_order_and_do_not_wait_for_outcomes() {
    let server = Server::start().await;
    let mut client = Client::connected(&server, Encoding::Json, "user:1").await;
    client.subscribe("room:1").await;
    let slow = client.send(rpc("slow", "1")).await;
    for at in 1..=20u64 {
        client.send(rpc("post", &at.to_string())).await;
    }
    let mut posted = Vec::new();
    let mut replied = 0;
    while posted.len() < 20 || replied < 20 {
        let reply = client.next().await.unwrap();
        assert_ne!(reply.id, slow, "nobody opened the gate");
        match reply.push {
            Some(push) => posted.push(push.publication.unwrap().data),
            None => replied += 1,
        }
    }
    let expected: Vec<_> = (1..=20).map(|at: u64| at.to_string()).collect();
    assert_eq!(posted, expected);
    server.app.gate.notify_waiters();
    assert_eq!(client.next().await.unwrap().id, slow);
}

#[tokio::test]
async fn a_channel_subscribed_by_the_server_is_pushed_and_heard() {
    let server = Server::start().await;
    server.app.post("room:9", "1");
    let mut client = Client::connected(&server, Encoding::Json, "user:5").await;
    let grant = Grant {
        past: Past::Log,
        recoverable: true,
        ..Grant::default()
    };
    server.hub.subscribe_user(PersonId(5), "room:9", grant);
    let push = client.push().await;
    let subscribe = push.subscribe.unwrap();
    assert_eq!((push.channel.as_str(), subscribe.offset), ("room:9", 1));
    assert!(subscribe.recoverable);
    server.app.post("room:9", "2");
    assert_eq!(client.publication().await.offset, 2);
    let data = bytes::Bytes::from_static(b"{}");
    let user = format!("user:{}", PersonId(5));
    server
        .hub
        .publish(&user, Publication::new(Lane::Ephemeral, data));
    assert_eq!(client.push().await.channel, user);
}
