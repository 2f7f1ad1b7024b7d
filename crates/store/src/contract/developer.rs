//! Exams about what operators keep for developers, and the outbox of webhooks.

use std::sync::Arc;

use base::limits::{API_KEYS_MAX, TOKEN_SECRETS_MAX};
use base::{BanId, Code, KeyId, PersonId, RevocationId, SecretId, UnixMs, WebhookId};
use domain::developer::{
    ApiKey, Ban, Change, EventKind, EventKinds, Revocation, Revoked, Subject, TokenSecret, Webhook,
};

use super::town::{OWNER, Town};
use crate::{Command, Done, OutboxCommand, OutboxCursor, OutboxEvent};

fn change(change: Change) -> Command {
    Command::Developer(Arc::new(change))
}

async fn kept(town: &Town) -> Vec<Change> {
    town.store.developer().await.unwrap()
}

fn key(id: u64) -> ApiKey {
    ApiKey {
        id: KeyId(id),
        secret_hash: [id as u8; 32],
        name: format!("key {id}"),
        created_at: UnixMs(id),
        created_by: OWNER,
        last_used_at: None,
    }
}

pub async fn keys_stand_until_they_are_revoked(mut town: Town) {
    for id in 1..=API_KEYS_MAX as u64 {
        let made = town.done(change(Change::MakeKey(key(id)))).await;
        assert!(matches!(made, Done::Developer(made) if *made == Change::MakeKey(key(id))));
    }
    let one_more = change(Change::MakeKey(key(999)));
    assert_eq!(town.refused(one_more.clone()).await, Code::Conflict);
    town.done(change(Change::UseKey(KeyId(2), UnixMs(77))))
        .await;
    town.done(change(Change::RevokeKey(KeyId(1)))).await;
    let again = change(Change::RevokeKey(KeyId(1)));
    assert_eq!(town.refused(again).await, Code::NotFound);
    town.done(one_more).await;
    let all = kept(&town).await;
    assert_eq!(all.len(), API_KEYS_MAX);
    let used = ApiKey {
        last_used_at: Some(UnixMs(77)),
        ..key(2)
    };
    assert_eq!(all[0], Change::MakeKey(used));
}

fn secret(id: u64, at: u64) -> TokenSecret {
    TokenSecret {
        id: SecretId(id),
        secret: format!("secret {id}").into(),
        name: "app".to_owned(),
        created_at: UnixMs(at),
        created_by: OWNER,
        ends_at: None,
    }
}

pub async fn a_rotated_secret_stands_beside_the_new_one_until_its_time(mut town: Town) {
    town.done(change(Change::MakeSecret(secret(1, 10)))).await;
    let rotate = |old, old_ends_at, new| {
        change(Change::RotateSecret {
            old: SecretId(old),
            old_ends_at: UnixMs(old_ends_at),
            new,
        })
    };
    town.done(rotate(1, 50, secret(2, 20))).await;
    assert_eq!(
        town.refused(rotate(1, 60, secret(3, 20))).await,
        Code::NotFound
    );
    let old = TokenSecret {
        ends_at: Some(UnixMs(50)),
        ..secret(1, 10)
    };
    let both = [Change::MakeSecret(old), Change::MakeSecret(secret(2, 20))];
    assert_eq!(kept(&town).await, both);
    // At its time the old one makes room.
    for id in 3..=TOKEN_SECRETS_MAX as u64 + 1 {
        town.done(change(Change::MakeSecret(secret(id, 50)))).await;
    }
    let one_more = change(Change::MakeSecret(secret(99, 51)));
    assert_eq!(town.refused(one_more).await, Code::Conflict);
    town.done(change(Change::RevokeSecret(SecretId(2)))).await;
    let all = kept(&town).await;
    assert_eq!(all.len(), TOKEN_SECRETS_MAX - 1);
    assert_eq!(all[0], Change::MakeSecret(secret(3, 50)));
}

fn ban(id: u64, subject: Subject, at: u64, ends_at: Option<u64>) -> Ban {
    Ban {
        id: BanId(id),
        subject,
        reason: "spam".to_owned(),
        created_at: UnixMs(at),
        created_by: OWNER,
        ends_at: ends_at.map(UnixMs),
    }
}

pub async fn the_newest_ban_of_a_subject_stands(mut town: Town) {
    let user = || Subject::User("user:with:colons".to_owned());
    let net = || Subject::Address("2001:db8::/32".parse().unwrap());
    for ban in [
        ban(1, user(), 10, None),
        ban(2, net(), 10, Some(15)),
        ban(3, user(), 11, Some(500)),
    ] {
        town.done(change(Change::Ban(ban))).await;
    }
    let second = ban(2, net(), 10, Some(15));
    let newer = ban(3, user(), 11, Some(500));
    assert_eq!(kept(&town).await, [Change::Ban(second), Change::Ban(newer)]);
    assert_eq!(
        town.refused(change(Change::Ban(ban(3, net(), 12, None))))
            .await,
        Code::Conflict,
        "the id is taken"
    );
    // What has ended goes when the next one comes.
    let next = ban(4, Subject::User("x".to_owned()), 15, None);
    town.done(change(Change::Ban(next.clone()))).await;
    town.done(change(Change::Lift(BanId(3)))).await;
    assert_eq!(
        town.refused(change(Change::Lift(BanId(3)))).await,
        Code::NotFound
    );
    assert_eq!(kept(&town).await, [Change::Ban(next)]);
}

pub async fn the_newest_revocation_of_a_user_stands(mut town: Town) {
    let of = |id, revoked, at| Revocation {
        id: RevocationId(id),
        revoked,
        created_at: UnixMs(at),
        created_by: OWNER,
    };
    let user = |before| Revoked::User {
        user: "bob".to_owned(),
        before: UnixMs(before),
    };
    let token = |ends_at| Revoked::Token {
        jti: "j1".to_owned(),
        ends_at: UnixMs(ends_at),
    };
    let first = [of(1, user(5), 5), of(2, token(20), 6), of(3, user(9), 9)];
    for revocation in first.clone() {
        town.done(change(Change::Revoke(revocation))).await;
    }
    let [_, single, newer] = first.map(Change::Revoke);
    assert_eq!(kept(&town).await, [single, newer]);
    let last = of(4, user(30), 30);
    town.done(change(Change::Revoke(last.clone()))).await;
    assert_eq!(kept(&town).await, [Change::Revoke(last)]);
    town.done(change(Change::Unrevoke(RevocationId(4)))).await;
    assert!(kept(&town).await.is_empty());
}

fn webhook(id: u64) -> Webhook {
    Webhook {
        id: WebhookId(id),
        name: "backend".to_owned(),
        url: "https://example.org/hook".to_owned(),
        secret: "s".into(),
        events: EventKinds::of_names(&["connect", "leave"]).unwrap(),
        channels: vec!["chat:*".to_owned()],
        enabled: true,
        created_at: UnixMs(3),
        created_by: Some(PersonId(1)),
    }
}

pub async fn a_webhook_is_changed_and_deleted(mut town: Town) {
    town.done(change(Change::PutWebhook(webhook(1)))).await;
    let other = Webhook {
        url: "https://example.org/other".to_owned(),
        enabled: false,
        ..webhook(1)
    };
    town.done(change(Change::PutWebhook(other.clone()))).await;
    assert_eq!(kept(&town).await, [Change::PutWebhook(other)]);
    let name = WebhookId(1).to_string();
    assert_eq!(
        town.store.outbox(&name, 10).await.unwrap(),
        None,
        "it is off"
    );
    town.done(change(Change::DeleteWebhook(WebhookId(1)))).await;
    let again = change(Change::DeleteWebhook(WebhookId(1)));
    assert_eq!(town.refused(again).await, Code::NotFound);
    assert!(kept(&town).await.is_empty());
}

fn event(kind: EventKind, client: &str, channel: &str) -> OutboxEvent {
    OutboxEvent {
        at: UnixMs(1_000),
        kind,
        client: client.to_owned(),
        user: format!("user of {client}"),
        channel: channel.to_owned(),
        detail: "{}".to_owned(),
    }
}

fn outbox(command: OutboxCommand) -> Command {
    Command::Outbox(Box::new(command))
}

async fn record(town: &mut Town, start_id: u64, events: Vec<OutboxEvent>, max: u64) -> u64 {
    let record = OutboxCommand::Record {
        start_id,
        events,
        events_max: max,
    };
    match town.done(outbox(record)).await {
        Done::Outbox { dropped } => dropped,
        other => panic!("{other:?}"),
    }
}

fn connects(names: &[&str]) -> Vec<OutboxEvent> {
    let connect = |name: &&str| event(EventKind::Connect, name, "");
    names.iter().map(connect).collect()
}

/// What waits for a webhook: its cursor, and the clients of the events with their numbers.
async fn waits(town: &Town, webhook: &str) -> (OutboxCursor, Vec<(u64, String)>) {
    let (cursor, rows) = town.store.outbox(webhook, 100).await.unwrap().unwrap();
    let rows = rows.into_iter().map(|row| (row.id, row.event.client));
    (cursor, rows.collect())
}

async fn take(town: &mut Town, webhook: &str, position: u64, lost: u64) {
    let webhook = webhook.to_owned();
    town.done(outbox(OutboxCommand::Take {
        webhook,
        position,
        lost,
    }))
    .await;
}

async fn configure(town: &mut Town, names: &[&str]) {
    let webhooks = names.iter().map(|&name| name.to_owned()).collect();
    town.done(outbox(OutboxCommand::Configure { webhooks }))
        .await;
}

fn clients(waiting: &(OutboxCursor, Vec<(u64, String)>)) -> Vec<&str> {
    waiting
        .1
        .iter()
        .map(|(_, client)| client.as_str())
        .collect()
}

pub async fn each_webhook_takes_events_in_order_and_at_its_own_pace(mut town: Town) {
    record(&mut town, 1, connects(&["early"]), 100).await;
    configure(&mut town, &["file:a", "file:b"]).await;
    record(&mut town, 1, connects(&["x", "y"]), 100).await;
    record(&mut town, 1, connects(&["z"]), 100).await;
    let a = waits(&town, "file:a").await;
    assert_eq!(clients(&a), ["x", "y", "z"]);
    take(&mut town, "file:a", a.1[1].0, 0).await;
    assert_eq!(clients(&waits(&town, "file:a").await), ["z"]);
    assert_eq!(clients(&waits(&town, "file:b").await), ["x", "y", "z"]);
    assert_eq!(town.store.outbox_waiting("file:b").await.unwrap(), 3);
    take(&mut town, "file:b", a.1[2].0, 0).await;
    assert_eq!(
        town.store.outbox_events().await.unwrap(),
        1,
        "what a has to take"
    );
    // What one took before is not given again, whatever it says later.
    take(&mut town, "file:b", a.1[0].0, 0).await;
    assert!(clients(&waits(&town, "file:b").await).is_empty());
    // Who is no longer named holds nothing back.
    configure(&mut town, &["file:b"]).await;
    assert_eq!(town.store.outbox("file:a", 9).await.unwrap(), None);
    assert_eq!(town.store.outbox_events().await.unwrap(), 0);
}

pub async fn a_full_outbox_gives_up_the_oldest_and_counts_them_for_who_missed_them(mut town: Town) {
    configure(&mut town, &["file:dead", "file:well"]).await;
    assert_eq!(record(&mut town, 1, connects(&["a", "b"]), 3).await, 0);
    let well = waits(&town, "file:well").await;
    take(&mut town, "file:well", well.1[1].0, 0).await;
    assert_eq!(record(&mut town, 1, connects(&["c", "d", "e"]), 3).await, 2);
    let dead = waits(&town, "file:dead").await;
    assert_eq!((dead.0.lost, clients(&dead)), (2, vec!["c", "d", "e"]));
    let well = waits(&town, "file:well").await;
    assert_eq!((well.0.lost, clients(&well)), (0, vec!["c", "d", "e"]));
    town.done(outbox(OutboxCommand::Lose { count: 5 })).await;
    take(&mut town, "file:dead", dead.1[0].0, 2).await;
    let dead = waits(&town, "file:dead").await;
    assert_eq!((dead.0.lost, clients(&dead)), (5, vec!["d", "e"]));
}

pub async fn what_was_open_at_another_start_is_ended_in_order(mut town: Town) {
    use EventKind::{Connect, Disconnect, Join, Leave};
    configure(&mut town, &["file:a"]).await;
    let events = vec![
        event(Connect, "gone", ""),
        event(Join, "gone", "chat:1"),
        event(Leave, "gone", "chat:1"),
        event(Connect, "left", ""),
        event(Join, "left", "chat:1"),
        event(Join, "left", "chat:2"),
    ];
    record(&mut town, 1, events, 100).await;
    let events = vec![
        event(Disconnect, "gone", ""),
        event(Leave, "left", "chat:2"),
    ];
    record(&mut town, 1, events, 100).await;
    record(&mut town, 2, connects(&["mine"]), 100).await;
    let (_, before) = waits(&town, "file:a").await;
    take(&mut town, "file:a", before.last().unwrap().0, 0).await;
    for _ in 0..2 {
        let expire = OutboxCommand::Expire {
            start_id: 2,
            at: UnixMs(9_000),
            events_max: 100,
        };
        town.done(outbox(expire)).await;
    }
    let (_, rows) = town.store.outbox("file:a", 100).await.unwrap().unwrap();
    let ended = rows.iter().map(|row| {
        let event = &row.event;
        assert_eq!(
            (event.at, event.user.as_str()),
            (UnixMs(9_000), "user of left")
        );
        (event.kind, event.client.as_str(), event.channel.as_str())
    });
    let expected = [(Leave, "left", "chat:1"), (Disconnect, "left", "")];
    assert_eq!(ended.collect::<Vec<_>>(), expected);
}

pub async fn numbers_of_events_are_never_used_twice(mut town: Town) {
    configure(&mut town, &["file:a"]).await;
    record(&mut town, 1, connects(&["x"]), 100).await;
    let (_, rows) = waits(&town, "file:a").await;
    let first = rows[0].0;
    take(&mut town, "file:a", first, 0).await;
    configure(&mut town, &[]).await;
    assert_eq!(town.store.outbox_events().await.unwrap(), 0);
    configure(&mut town, &["file:b"]).await;
    record(&mut town, 1, connects(&["y"]), 100).await;
    let (cursor, rows) = waits(&town, "file:b").await;
    assert_eq!(cursor.position, first);
    assert!(rows[0].0 > first && rows[0].1 == "y");
}
