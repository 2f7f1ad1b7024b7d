//! Who may see and do what, and that nothing leaks to the others.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Client, House, Reply};

/// Every way to name a room in a request.
fn approaches(room: &str) -> Vec<(Method, String, Value)> {
    let at = |tail: &str| format!("/rooms/{room}{tail}");
    vec![
        (Method::GET, at(""), json!(null)),
        (Method::PATCH, at(""), json!({"name": "x"})),
        (Method::POST, at("/join"), json!({})),
        (Method::POST, at("/leave"), json!({})),
        (Method::GET, at("/members"), json!(null)),
        (Method::POST, at("/members"), json!({"users": []})),
        (Method::GET, at("/events"), json!(null)),
        (Method::POST, at("/messages"), json!({"text": "x"})),
        (Method::PATCH, at("/messages/1"), json!({"text": "x"})),
        (Method::DELETE, at("/messages/1"), json!(null)),
        (
            Method::PUT,
            at("/messages/1/reactions/%F0%9F%91%8D"),
            json!({}),
        ),
        (Method::PUT, at("/read"), json!({"seq": 1})),
        (Method::PUT, at("/preferences"), json!({"pinned": true})),
        (
            Method::POST,
            format!("/files?room={room}&name=a.txt"),
            json!({}),
        ),
        (
            Method::GET,
            format!("/search?q=word&room={room}"),
            json!(null),
        ),
        (Method::POST, "/invites".to_owned(), json!({"room": room})),
    ]
}

fn without_request_id(reply: &Reply) -> Value {
    let mut body = reply.body.clone();
    body.as_object_mut().unwrap().remove("request_id");
    body
}

#[tokio::test]
async fn a_room_one_may_not_see_answers_exactly_like_none() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let secret = ada.room("closed", "Secret", &[]).await;
    ada.say(&secret, "a secret word").await;
    let unknown = "r0zzzzzzzzzz".to_owned();
    let known = approaches(&secret);
    for (hidden, missing) in known.into_iter().zip(approaches(&unknown)) {
        let theirs = bob.json(hidden.0.clone(), &hidden.1, &hidden.2, &[]).await;
        let nothing = bob.json(missing.0, &missing.1, &missing.2, &[]).await;
        theirs.refused("not_found");
        assert_eq!(
            without_request_id(&theirs),
            without_request_id(&nothing),
            "{}",
            hidden.1
        );
        assert_eq!(theirs.headers.len(), nothing.headers.len());
    }
    let listed = bob.get("/rooms").await.ok();
    assert!(!listed.to_string().contains("Secret"));
    let found = bob.get("/search?q=secret").await.ok();
    assert_eq!(found["hits"], json!([]));
}

#[tokio::test]
async fn a_malformed_id_answers_like_an_unknown_one() {
    let (_house, ada) = House::open().await;
    for id in ["r1", "u00000000001", "..%2F..", "%00"] {
        let reply = ada.get(&format!("/rooms/{id}")).await;
        reply.refused("not_found");
    }
}

#[tokio::test]
async fn guests_see_their_rooms_and_the_people_in_them() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    house.invite(&ada, "Cyd", "member").await;
    ada.room("open", "Garden", &[]).await;
    let den = ada.room("closed", "Den", &[&bob]).await;
    let invite = ada
        .post("/invites", &json!({"role": "guest", "room": den}))
        .await
        .ok();
    let guest = house.accept(&invite, "Gus").await;
    let bootstrap = guest.get("/bootstrap").await.ok();
    let names = |list: &Value, key: &str| -> Vec<String> {
        let list = list.as_array().unwrap();
        list.iter()
            .map(|one| one[key].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&bootstrap["rooms"], "name"), ["Den"]);
    assert_eq!(
        names(&bootstrap["people"], "display_name"),
        ["Ada", "Bob", "Gus"]
    );
    assert_eq!(
        names(&guest.get("/rooms").await.ok()["rooms"], "name"),
        ["Den"]
    );
    guest
        .post("/rooms", &json!({"kind": "open", "name": "Mine"}))
        .await
        .refused("forbidden");
    guest
        .post("/tokens", &json!({"name": "x"}))
        .await
        .refused("forbidden");
    guest
        .post("/invites", &json!({"room": den}))
        .await
        .refused("forbidden");
    let cyd = bootstrap["people"].as_array().unwrap().len();
    assert_eq!(cyd, 3);
}

#[tokio::test]
async fn who_was_taken_out_of_a_room_sees_it_no_more() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let den = ada.room("closed", "Den", &[&bob]).await;
    bob.say(&den, "hello").await;
    bob.delete(&format!("/rooms/{den}/members/{}", ada.id))
        .await
        .refused("forbidden");
    ada.delete(&format!("/rooms/{den}/members/{}", bob.id))
        .await
        .ok();
    bob.get(&format!("/rooms/{den}/events"))
        .await
        .refused("not_found");
    let members = ada.get(&format!("/rooms/{den}/members")).await.ok();
    assert_eq!(members["members"].as_array().unwrap().len(), 1);
    ada.post(
        &format!("/rooms/{den}/members"),
        &json!({"users": [bob.id]}),
    )
    .await
    .ok();
    bob.get(&format!("/rooms/{den}/events")).await.ok();
}

/// What only administrators may do.
async fn administration(client: &Client, other: &Client) -> Vec<Reply> {
    let person = format!("/people/{}", other.id);
    vec![
        client.patch("/place", &json!({"name": "Mine"})).await,
        client.get("/audit").await,
        client.get("/health").await,
        client.patch(&person, &json!({"role": "admin"})).await,
        client.patch(&person, &json!({"deactivated": true})).await,
        client
            .post(&format!("{person}/reset-password"), &json!({}))
            .await,
        client.get("/filter/rules").await,
    ]
}

#[tokio::test]
async fn members_do_not_administer() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let cyd = house.invite(&ada, "Cyd", "member").await;
    for reply in administration(&bob, &cyd).await {
        reply.refused("forbidden");
    }
}

#[tokio::test]
async fn administrators_stay_below_owners_and_the_last_owner_stays() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let person = format!("/people/{}", bob.id);
    assert_eq!(
        ada.patch(&person, &json!({"role": "admin"})).await.ok()["role"],
        "admin"
    );
    let owner = format!("/people/{}", ada.id);
    bob.patch(&owner, &json!({"role": "member"}))
        .await
        .refused("forbidden");
    bob.post(&format!("{owner}/reset-password"), &json!({}))
        .await
        .refused("forbidden");
    bob.patch(&person, &json!({"role": "owner"}))
        .await
        .refused("forbidden");
    ada.patch(&owner, &json!({"role": "member"}))
        .await
        .refused("last_owner");
    ada.patch(&owner, &json!({"deactivated": true}))
        .await
        .refused("last_owner");
    let entries = bob.get("/audit").await.ok();
    let actions = entries["entries"].to_string();
    assert!(actions.contains("person.role"), "{actions}");
}

#[tokio::test]
async fn a_locked_account_is_out_everywhere() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let token = bob.post("/tokens", &json!({"name": "bot"})).await.ok();
    let person = format!("/people/{}", bob.id);
    ada.patch(&person, &json!({"deactivated": true})).await.ok();
    bob.get("/bootstrap").await.refused("unauthenticated");
    let header = format!("Bearer {}", token["token"].as_str().unwrap());
    let script = house.visitor();
    let reply = script
        .send(Method::GET, "/rooms", &[("authorization", &header)], vec![])
        .await;
    reply.refused("unauthenticated");
    let login = json!({"name": "Bob", "password": crate::house::PASSWORD});
    house
        .visitor()
        .post("/session", &login)
        .await
        .refused("wrong_password");
    ada.patch(&person, &json!({"deactivated": false}))
        .await
        .ok();
    house.log_in("Bob").await;
}
