//! Sessions, passwords, tokens, throttles.

use reqwest::Method;
use serde_json::json;

use crate::house::{Client, House, PASSWORD};

async fn by_token(client: &Client, token: &str, path: &str) -> crate::house::Reply {
    let header = format!("Bearer {token}");
    client
        .send(Method::GET, path, &[("authorization", &header)], vec![])
        .await
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_told_the_same() {
    let (house, _ada) = House::open().await;
    let wrong = json!({"name": "Ada", "password": "something else"});
    let nobody = json!({"name": "Nobody", "password": "something else"});
    let first = house.visitor().post("/session", &wrong).await;
    let second = house.visitor().post("/session", &nobody).await;
    first.refused("wrong_password");
    second.refused("wrong_password");
    assert_eq!(first.body["detail"], second.body["detail"]);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_pages() {
    let (house, _ada) = House::open().await;
    let login = json!({"name": "ada", "password": PASSWORD});
    let reply = house.visitor().post("/session", &login).await;
    let cookie = reply.header("set-cookie").to_owned();
    assert!(cookie.starts_with("plaza_session="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn behind_a_trusted_proxy_with_https_the_cookie_is_secure() {
    let house = House::with(|config| {
        config.listen.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    house.set_up().await;
    let login = json!({"name": "ada", "password": PASSWORD});
    let headers = [
        ("x-forwarded-proto", "https"),
        ("x-forwarded-for", "192.0.2.1"),
    ];
    let reply = house
        .visitor()
        .json(Method::POST, "/session", &login, &headers)
        .await;
    let cookie = reply.header("set-cookie").to_owned();
    assert!(
        cookie.starts_with("__Host-plaza_session=") && cookie.contains("Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_session_can_be_seen_and_ended_from_another_device() {
    let (house, ada) = House::open().await;
    let phone = house.log_in("ada").await;
    let listed = ada.get("/sessions").await.ok();
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let other = sessions
        .iter()
        .find(|session| session["current"] == false)
        .unwrap();
    let path = format!("/sessions/{}", other["id"].as_str().unwrap());
    ada.delete(&path).await.ok();
    phone.get("/bootstrap").await.refused("unauthenticated");
    ada.get("/bootstrap").await.ok();
    ada.delete(&path).await.refused("not_found");
}

#[tokio::test]
async fn logging_in_again_leaves_no_session_behind() {
    let (_house, ada) = House::open().await;
    let login = json!({"name": "ada", "password": PASSWORD});
    ada.post("/session", &login).await.ok();
    let listed = ada.get("/sessions").await.ok();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    let (_house, ada) = House::open().await;
    ada.delete("/session").await.ok();
    ada.get("/bootstrap").await.refused("unauthenticated");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let (house, ada) = House::open().await;
    let phone = house.log_in("ada").await;
    let wrong = json!({"current": "not this", "new": "battery staple"});
    let reply = ada.post("/me/password", &wrong).await;
    reply.refused("wrong_password");
    assert_eq!(reply.body["field"], "current");
    let right = json!({"current": PASSWORD, "new": "battery staple"});
    ada.post("/me/password", &right).await.ok();
    phone.get("/bootstrap").await.refused("unauthenticated");
    ada.get("/bootstrap").await.ok();
    let old = json!({"name": "ada", "password": PASSWORD});
    house
        .visitor()
        .post("/session", &old)
        .await
        .refused("wrong_password");
    let new = json!({"name": "Ada", "password": "battery staple"});
    house.visitor().post("/session", &new).await.ok();
}

#[tokio::test]
async fn a_password_that_an_administrator_gives_ends_all_sessions_and_tokens() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let token = bob.post("/tokens", &json!({"name": "bot"})).await.ok();
    let reset = ada
        .post(&format!("/people/{}/reset-password", bob.id), &json!({}))
        .await
        .ok();
    bob.get("/bootstrap").await.refused("unauthenticated");
    by_token(&house.visitor(), token["token"].as_str().unwrap(), "/rooms")
        .await
        .refused("unauthenticated");
    let login = json!({"name": "bob", "password": reset["password"]});
    house.visitor().post("/session", &login).await.ok();
}

#[tokio::test]
async fn after_five_failed_logins_an_account_waits_and_is_told_how_long() {
    let (house, _ada) = House::open().await;
    let wrong = json!({"name": "Ada", "password": "not this one"});
    for _ in 0..5 {
        house
            .visitor()
            .post("/session", &wrong)
            .await
            .refused("wrong_password");
    }
    let reply = house.visitor().post("/session", &wrong).await;
    reply.refused("rate_limited");
    assert_eq!(reply.status, 429);
    assert!(reply.body["retry_after_ms"].as_u64().unwrap() > 1_000);
    assert!(reply.header("retry-after").parse::<u64>().unwrap() > 1);
}

#[tokio::test]
async fn a_token_acts_as_its_owner_until_it_is_revoked() {
    let (house, ada) = House::open().await;
    let made = ada.post("/tokens", &json!({"name": "bot"})).await.ok();
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("plz_"));
    let script = house.visitor();
    let me = by_token(&script, token, "/bootstrap").await.ok();
    assert_eq!(me["me"]["id"], ada.id);
    let listed = ada.get("/tokens").await.ok().to_string();
    assert!(!listed.contains(token), "the secret is shown once");
    ada.delete(&format!("/tokens/{}", made["id"].as_str().unwrap()))
        .await
        .ok();
    by_token(&script, token, "/bootstrap")
        .await
        .refused("unauthenticated");
    by_token(&script, "plz_guess", "/bootstrap")
        .await
        .refused("unauthenticated");
}

#[tokio::test]
async fn an_account_without_a_password_lives_by_its_session() {
    let (house, ada) = House::open().await;
    let invite = ada.post("/invites", &json!({})).await.ok();
    let visitor = house.visitor();
    let path = format!("/invites/{}/accept", invite["code"].as_str().unwrap());
    let body = json!({"display_name": "Kid", "password": null, "locale": "zh"});
    let entered = visitor.post(&path, &body).await.ok();
    assert_eq!(entered["me"]["has_password"], false);
    assert_eq!(entered["me"]["locale"], "zh");
    let login = json!({"name": "Kid", "password": ""});
    house
        .visitor()
        .post("/session", &login)
        .await
        .refused("wrong_password");
    let set = json!({"current": null, "new": "my first one"});
    visitor.post("/me/password", &set).await.ok();
    let login = json!({"name": "Kid", "password": "my first one"});
    house.visitor().post("/session", &login).await.ok();
}

#[tokio::test]
async fn a_handle_belongs_to_one_person() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    bob.patch("/me", &json!({"name": "ada"}))
        .await
        .refused("name_taken");
    let me = bob
        .patch("/me", &json!({"name": "robert", "display_name": "罗伯特"}))
        .await
        .ok();
    assert_eq!(
        (&me["name"], &me["pinyin"]),
        (&json!("robert"), &json!("luo bo te"))
    );
    house.log_in("robert").await;
}

#[tokio::test]
async fn two_people_whose_names_make_one_handle_get_handles_of_their_own() {
    let (house, ada) = House::open().await;
    let first = house.invite(&ada, "Sam", "member").await;
    let second = house.invite(&ada, "Sam!", "member").await;
    let name = |me: serde_json::Value| me["me"]["name"].as_str().unwrap().to_owned();
    let (one, two) = (
        name(first.get("/bootstrap").await.ok()),
        name(second.get("/bootstrap").await.ok()),
    );
    assert_ne!(one, two);
}

#[tokio::test]
async fn who_hangs_up_does_not_stop_a_change_half_way() {
    use tokio::io::AsyncWriteExt;
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let login = json!({"name": "ada", "password": PASSWORD});
    let begun = ada.post("/session", &login).await;
    let cookie = begun.header("set-cookie").split(';').next().unwrap();
    let request = format!(
        "POST /api/v1/people/{}/reset-password HTTP/1.1\r\nHost: a\r\n\
         Cookie: {cookie}\r\nContent-Length: 0\r\n\r\n",
        bob.id,
    );
    let mut stream = tokio::net::TcpStream::connect(house.running.address())
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    // Hashing the password takes longer than this word needs to arrive.
    drop(stream);
    let noted = async {
        loop {
            let audit = ada.get("/audit").await.ok().to_string();
            if audit.contains("person.reset_password") {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, noted).await.unwrap();
    bob.get("/bootstrap").await.refused("unauthenticated");
}
