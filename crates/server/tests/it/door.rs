//! What every request passes: origins, bodies, ids, headers, idempotency, the description.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;

#[tokio::test]
async fn a_foreign_page_can_not_act_with_the_cookie() {
    let (_house, ada) = House::open().await;
    let path = format!("/rooms/{}/messages", ada.lobby().await);
    let body = json!({"text": "not me"});
    for origin in ["https://evil.example", "null"] {
        let reply = ada
            .json(Method::POST, &path, &body, &[("origin", origin)])
            .await;
        reply.refused("foreign_origin");
    }
    let site = [("sec-fetch-site", "cross-site")];
    ada.json(Method::POST, &path, &body, &site)
        .await
        .refused("foreign_origin");
    let own = [
        ("origin", ada.base.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    ada.json(Method::POST, &path, &body, &own).await.ok();
}

#[tokio::test]
async fn a_page_that_the_operator_lists_may_act() {
    let house = House::with(|config| {
        config.origins.allowed = vec!["https://intranet.example".to_owned()];
    })
    .await;
    let ada = house.set_up().await;
    let headers = [("origin", "https://intranet.example")];
    ada.json(Method::PATCH, "/me", &json!({"locale": "zh"}), &headers)
        .await
        .ok();
}

#[tokio::test]
async fn a_form_of_another_kind_than_json_is_refused() {
    let (_house, ada) = House::open().await;
    let path = format!("/rooms/{}/messages", ada.lobby().await);
    let body = br#"{"text":"x"}"#.to_vec();
    let reply = ada
        .send(Method::POST, &path, &[("content-type", "text/plain")], body)
        .await;
    reply.refused("bad_request");
    assert_eq!(reply.body["field"], "Content-Type");
}

#[tokio::test]
async fn oversized_and_malformed_bodies_are_refused_and_change_nothing() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let path = format!("/rooms/{lobby}/messages");
    let huge = json!({"text": "x".repeat(300 << 10)});
    ada.post(&path, &huge).await.refused("too_large");
    let long = json!({"text": "é".repeat(10_001)});
    ada.post(&path, &long).await.refused("too_long");
    ada.post(&path, &json!({"text": "  \n"}))
        .await
        .refused("empty");
    ada.post(&path, &json!({"txet": "x"}))
        .await
        .refused("bad_request");
    ada.post(&path, &json!({"text": 5}))
        .await
        .refused("bad_request");
    let json_type = [("content-type", "application/json")];
    let deep = format!("{{\"text\":{}", "[".repeat(10_000));
    for body in [&b"{"[..], &[0xff, 0xfe][..], b"", deep.as_bytes()] {
        let reply = ada
            .send(Method::POST, &path, &json_type, body.to_vec())
            .await;
        reply.refused("bad_request");
    }
    assert_eq!(ada.look(&lobby).await["msg_seq"], 0);
}

#[tokio::test]
async fn an_idempotency_key_returns_the_first_answer() {
    let (_house, ada) = House::open().await;
    let key = [("idempotency-key", "k-1")];
    let body = json!({"kind": "open", "name": "Den"});
    let first = ada.json(Method::POST, "/rooms", &body, &key).await.ok();
    let second = ada.json(Method::POST, "/rooms", &body, &key).await.ok();
    assert_eq!(first, second);
    let other = json!({"kind": "open", "name": "Attic"});
    ada.json(Method::POST, "/rooms", &other, &key)
        .await
        .refused("bad_request");
    let fresh = [("idempotency-key", "k-2")];
    let third = ada.json(Method::POST, "/rooms", &body, &fresh).await.ok();
    assert_ne!(first["id"], third["id"]);
}

#[tokio::test]
async fn the_key_of_a_post_is_its_client_id() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let path = format!("/rooms/{lobby}/messages");
    let key = [("idempotency-key", "k-1")];
    let body = json!({"text": "once"});
    let first = ada.json(Method::POST, &path, &body, &key).await.ok();
    assert_eq!(first["event"]["client_id"], "k-1");
    let second = ada.json(Method::POST, &path, &body, &key).await.ok();
    assert_eq!(second["duplicate"], true);
    assert_eq!(first["event"], second["event"]);
    let gone = format!("{path}/{}", first["event"]["seq"]);
    ada.delete(&gone).await.ok();
    let third = ada.json(Method::POST, &path, &body, &key).await;
    let told = String::from_utf8_lossy(&third.bytes).into_owned();
    assert!(!told.contains("once"), "{told}");
    assert_eq!(ada.look(&lobby).await["msg_seq"], 1);
    let own = json!({"text": "mine", "client_id": "c-1"});
    let own = ada.json(Method::POST, &path, &own, &key).await.ok();
    assert_eq!(own["event"]["client_id"], "c-1");
}

#[tokio::test]
async fn a_refusal_is_remembered_too() {
    let (_house, ada) = House::open().await;
    let key = [("idempotency-key", "k-1")];
    let empty = json!({"kind": "open", "name": ""});
    let first = ada.json(Method::POST, "/rooms", &empty, &key).await;
    let second = ada.json(Method::POST, "/rooms", &empty, &key).await;
    first.refused(second.body["code"].as_str().unwrap());
    assert_eq!(first.status, second.status);
    assert_eq!(first.body["request_id"], second.body["request_id"]);
    assert_eq!(second.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn secrets_are_never_kept_for_a_repeated_request() {
    let (_house, ada) = House::open().await;
    let key = [("idempotency-key", "k-1")];
    let body = json!({"name": "bot"});
    let first = ada.json(Method::POST, "/tokens", &body, &key).await.ok();
    let second = ada.json(Method::POST, "/tokens", &body, &key).await.ok();
    assert_ne!(first["token"], second["token"]);
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_headers_that_protect_browsers() {
    let (house, _ada) = House::open().await;
    let visitor = house.visitor();
    for path in [
        "//",
        "/place",
        "/nothing",
        "//files/f00000000001",
        "//api/docs",
    ] {
        let reply = visitor.get(path).await;
        assert_eq!(reply.header("x-request-id").len(), 16, "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'self'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(
            !policy.contains("unsafe-eval") && !policy.contains("script-src"),
            "{policy}"
        );
    }
    let refused = visitor.get("/bootstrap").await;
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.body["request_id"], refused.header("x-request-id"));
}

#[tokio::test]
async fn the_paths_of_the_app_show_the_page_and_no_path_of_the_api_does() {
    let (house, _ada) = House::open().await;
    let visitor = house.visitor();
    for path in ["//", "//r/r00000000001", "//i/7Q4M-XKTD"] {
        let reply = visitor.get(path).await;
        assert_eq!(reply.status, 200);
        assert!(
            reply.header("content-type").starts_with("text/html"),
            "{path}"
        );
        assert_eq!(reply.header("cache-control"), "no-cache");
    }
    visitor.get("//api/v1/nothing").await.refused("not_found");
    visitor
        .get("//assets/missing.js")
        .await
        .refused("not_found");
    visitor.post("//", &json!({})).await.refused("not_found");
}

#[tokio::test]
async fn probes_and_figures_answer_without_a_login() {
    let (house, ada) = House::open().await;
    ada.say(&ada.lobby().await, "count me").await;
    let visitor = house.visitor();
    assert_eq!(visitor.get("//healthz").await.status, 200);
    assert_eq!(visitor.get("//readyz").await.status, 200);
    let figures = visitor.get("//metrics").await;
    let text = String::from_utf8(figures.bytes).unwrap();
    assert!(text.contains("plaza_chat_posts_total"), "{text}");
    assert!(!text.contains(&ada.id));
}

#[tokio::test]
async fn figures_are_for_this_machine_and_listed_monitors_only() {
    let house = House::with(|config| {
        config.listen.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.listen.monitors = vec!["192.0.2.7".parse().unwrap()];
    })
    .await;
    let visitor = house.visitor();
    let asked = async |path: &str, address: &str| {
        let headers = [("x-forwarded-for", address)];
        visitor.send(Method::GET, path, &headers, Vec::new()).await
    };
    assert_eq!(visitor.get("//metrics").await.status, 200);
    assert_eq!(asked("//metrics", "192.0.2.7").await.status, 200);
    for stranger in ["198.51.100.1", "127.0.0.1"] {
        asked("//metrics", stranger).await.refused("not_found");
        assert_eq!(asked("//readyz", stranger).await.bytes, b"ready\n");
        assert_eq!(asked("//healthz", stranger).await.status, 200);
    }
    let told = visitor.get("//readyz").await.bytes;
    assert_eq!(told, b"ready\nwriter open\n");
}

/// The table of docs/protocol.md as (METHOD, path) pairs.
fn documented() -> Vec<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.md");
    let page = std::fs::read_to_string(path).unwrap();
    let verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let mut found = Vec::new();
    for line in page
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
    {
        let mut methods: Vec<&str> = Vec::new();
        for word in line
            .split([' ', '|', '(', ','])
            .filter(|word| !word.is_empty())
        {
            let bare = word.trim_end_matches(['`', '.', ';', ':']);
            if verbs.contains(&bare) {
                methods.push(bare);
            } else if bare.starts_with("`/") && !methods.is_empty() {
                let path = bare
                    .trim_start_matches('`')
                    .split('?')
                    .next()
                    .unwrap()
                    .to_owned();
                found.extend(
                    methods
                        .drain(..)
                        .map(|verb| (verb.to_owned(), path.clone())),
                );
            }
        }
    }
    found
}

#[tokio::test]
async fn the_description_is_valid_and_lists_every_documented_route() {
    let (house, _ada) = House::open().await;
    let description = house.visitor().get("/openapi.json").await.ok();
    assert_eq!(description["openapi"], "3.1.0");
    let paths = description["paths"].as_object().unwrap();
    let documented = documented();
    assert!(documented.len() > 40, "{documented:?}");
    for (verb, path) in &documented {
        let described = paths.iter().any(|(template, methods)| {
            same_path(template, path) && methods.get(verb.to_lowercase()).is_some()
        });
        assert!(described, "{verb} {path} is not described");
    }
    let schemas = description["components"]["schemas"].as_object().unwrap();
    every_reference(&description, &mut |name| {
        assert!(schemas.contains_key(name), "{name} is not defined");
    });
    let operations: Vec<&Value> = paths
        .values()
        .flat_map(|methods| methods.as_object().unwrap().values())
        .collect();
    for operation in operations {
        assert!(operation["summary"].is_string() && operation["responses"]["200"].is_object());
    }
}

fn same_path(template: &str, path: &str) -> bool {
    let bare = |text: &str| -> Vec<String> {
        let text = text.strip_prefix("/api/v1").unwrap_or(text);
        let part = |part: &str| {
            if part.starts_with('{') {
                "{}".to_owned()
            } else {
                part.to_owned()
            }
        };
        text.split('/').map(part).collect()
    };
    bare(template) == bare(path)
}

fn every_reference(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "$ref" {
                    found(value.as_str().unwrap().rsplit('/').next().unwrap());
                } else {
                    every_reference(value, found);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| every_reference(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn the_reading_page_brings_everything_along() {
    let (house, _ada) = House::open().await;
    let page = house.visitor().get("//api/docs").await;
    let text = String::from_utf8(page.bytes).unwrap();
    assert!(
        !text.contains("http://") && !text.contains("https://"),
        "{text}"
    );
    assert!(
        !text.contains("<script>"),
        "no inline script: the content policy forbids it"
    );
    for path in ["//api/docs/app.js", "//api/docs/app.css"] {
        assert_eq!(house.visitor().get(path).await.status, 200);
    }
}
