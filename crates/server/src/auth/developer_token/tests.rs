//! Which tokens hold, and what they say.

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;

const NOW: UnixMs = UnixMs(1_800_000_000_000);
const NOW_S: u64 = NOW.0 / 1_000;

fn config() -> Client {
    Client {
        token_hmac_secret: "secret".to_owned(),
        token_hmac_secret_previous: "older".to_owned(),
        ..Client::default()
    }
}

fn tokens(config: &Client) -> DeveloperTokens {
    DeveloperTokens::new(config, None).unwrap()
}

fn sign(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(algorithm), claims, &key).unwrap()
}

fn hs256(claims: &Value) -> String {
    sign(Algorithm::HS256, "secret", claims)
}

#[tokio::test]
async fn a_connection_token_says_who_what_others_see_and_where() {
    let token = hs256(&json!({
        "sub": "42", "exp": NOW_S + 60, "iat": NOW_S, "jti": "t1", "info": {"name": "Ada"},
        "channels": ["news"], "meta": {"plan": 1},
        "subs": {"chat:1": {
            "b64info": "eyJhIjoxfQ==",
            "data": [1],
            "override": {"presence": {"value": true}},
        }},
    }));
    let held = tokens(&config())
        .connection(&token, NOW, &[])
        .await
        .unwrap();
    assert_eq!(
        (&*held.user, held.expires_at),
        ("42", Some(NOW.plus_ms(60_000)))
    );
    assert_eq!(held.info.unwrap(), r#"{"name":"Ada"}"#);
    assert_eq!(
        (held.issued_at, held.id.as_deref()),
        (Some(NOW), Some("t1"))
    );
    assert_eq!(held.subs["news"], ChannelClaim::default());
    let chat = &held.subs["chat:1"];
    assert_eq!(chat.info.as_deref(), Some(&br#"{"a":1}"#[..]));
    assert_eq!(chat.data.as_deref(), Some(&b"[1]"[..]));
    assert_eq!(chat.overrides.presence, Some(Flag { value: true }));
}

#[tokio::test]
async fn secrets_old_and_added_are_believed_and_no_others() {
    let tokens = tokens(&config());
    let claims = json!({"sub": "42"});
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        for (secret, holds) in [("secret", true), ("older", true), ("new", false)] {
            let token = sign(algorithm, secret, &claims);
            assert_eq!(
                tokens.connection(&token, NOW, &[]).await.is_ok(),
                holds,
                "{secret}"
            );
        }
    }
    let added = ["new".into()];
    let token = sign(Algorithm::HS256, "new", &claims);
    assert!(tokens.connection(&token, NOW, &added).await.is_ok());
    assert!(tokens.connection(&token, NOW, &[]).await.is_err());
}

#[tokio::test]
async fn times_audience_and_issuer_count() {
    let bound = Client {
        token_audience: "plaza".to_owned(),
        token_issuer: "shop".to_owned(),
        ..config()
    };
    let like = tokens(&Client {
        token_audience_regex: "^pla[xyz]a$".to_owned(),
        token_issuer_regex: "^https://[a-z]+\\.example$".to_owned(),
        ..config()
    });
    let (any, bound) = (tokens(&config()), tokens(&bound));
    let expired = Err(TokenError::Expired);
    let invalid = Err(TokenError::Invalid);
    let good = json!({"sub": "1", "aud": ["x", "plaza"], "iss": "shop"});
    #[rustfmt::skip]
    let table = [
        (&any, json!({"sub": "1"}), Ok(None)),
        (&any, json!({"sub": "1", "exp": NOW_S}), expired),
        (&any, json!({"sub": "1", "exp": NOW_S + 1}), Ok(Some(NOW.plus_ms(1_000)))),
        (&any, json!({"sub": "1", "exp": NOW_S + 1, "expire_at": 0}), Ok(None)),
        (&any, json!({"sub": "1", "expire_at": NOW_S + 9}), Ok(Some(NOW.plus_ms(9_000)))),
        (&any, json!({"sub": "1", "nbf": NOW_S + 9}), invalid),
        (&any, json!({"sub": "u00000000001"}), invalid),
        (&any, json!({"sub": "1", "channel": "news"}), invalid),
        (&any, json!({"sub": 1}), invalid),
        (&bound, good, Ok(None)),
        (&bound, json!({"sub": "1", "aud": "plaza"}), invalid),
        (&bound, json!({"sub": "1", "iss": "shop", "aud": "shop"}), invalid),
        (&like, json!({"sub": "1", "iss": "https://a.example", "aud": ["x", "playa"]}), Ok(None)),
        (&like, json!({"sub": "1", "iss": "https://a.example", "aud": "plana"}), invalid),
        (&like, json!({"sub": "1", "iss": "https://a.example.org", "aud": "plaza"}), invalid),
        (&like, json!({"sub": "1", "aud": "plaza"}), invalid),
    ];
    for (tokens, claims, expected) in table {
        let held = tokens.connection(&hs256(&claims), NOW, &[]).await;
        assert_eq!(held.map(|held| held.expires_at), expected, "{claims}");
    }
    let named = Client {
        token_user_claim: "user_id".to_owned(),
        ..config()
    };
    let (named, token) = (tokens(&named), hs256(&json!({"sub": "1", "user_id": "2"})));
    assert_eq!(named.connection(&token, NOW, &[]).await.unwrap().user, "2");
}

#[tokio::test]
async fn a_subscription_token_names_its_channel_and_may_have_a_secret_of_its_own() {
    let claims = json!({"sub": "42", "channel": "$chat", "client": "c1", "exp": NOW_S + 5});
    let held = tokens(&config())
        .subscription(&hs256(&claims), NOW, &[])
        .await;
    let held = held.unwrap();
    assert_eq!((&*held.user, &*held.channel), ("42", "$chat"));
    assert_eq!(held.client.as_deref(), Some("c1"));
    let own = Client {
        subscription_token_hmac_secret: "own".to_owned(),
        ..config()
    };
    let own = tokens(&own);
    let added = ["added".into()];
    for (secret, holds) in [("own", true), ("secret", false), ("added", false)] {
        let token = sign(Algorithm::HS256, secret, &claims);
        assert_eq!(
            own.subscription(&token, NOW, &added).await.is_ok(),
            holds,
            "{secret}"
        );
    }
    let plain = hs256(&json!({"sub": "42"}));
    assert!(
        tokens(&config())
            .subscription(&plain, NOW, &[])
            .await
            .is_err()
    );
}

const RSA_PUBLIC: &str = include_str!("rsa_public.pem");
const RSA_PRIVATE: &str = include_str!("rsa_private.pem");
const EC_PUBLIC: &str = include_str!("ec_public.pem");
const EC_PRIVATE: &str = include_str!("ec_private.pem");

#[tokio::test]
async fn the_algorithm_is_bound_to_the_kind_of_key() {
    let public = Client {
        token_rsa_public_key: RSA_PUBLIC.to_owned(),
        token_ecdsa_public_key: EC_PUBLIC.to_owned(),
        ..Client::default()
    };
    let tokens = tokens(&public);
    let claims = json!({"sub": "42"});
    let rsa = EncodingKey::from_rsa_pem(RSA_PRIVATE.as_bytes()).unwrap();
    let ec = EncodingKey::from_ec_pem(EC_PRIVATE.as_bytes()).unwrap();
    for (algorithm, key) in [
        (Algorithm::RS256, &rsa),
        (Algorithm::RS512, &rsa),
        (Algorithm::ES256, &ec),
    ] {
        let token = encode(&Header::new(algorithm), &claims, key).unwrap();
        assert!(
            tokens.connection(&token, NOW, &[]).await.is_ok(),
            "{algorithm:?}"
        );
        let mut forged = token.into_bytes();
        if let Some(last) = forged.last_mut() {
            *last = if *last == b'A' { b'E' } else { b'A' };
        }
        let forged = String::from_utf8(forged).unwrap();
        assert!(
            tokens.connection(&forged, NOW, &[]).await.is_err(),
            "{algorithm:?}"
        );
    }
    // A public key is no secret.
    for public in [RSA_PUBLIC, EC_PUBLIC] {
        let token = sign(Algorithm::HS256, public, &claims);
        assert!(tokens.connection(&token, NOW, &[]).await.is_err());
    }
    let pss = encode(&Header::new(Algorithm::PS256), &claims, &rsa).unwrap();
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiI0MiJ9.";
    for token in ["", "a.b.c", unsigned, &pss] {
        assert_eq!(
            tokens.connection(token, NOW, &[]).await,
            Err(TokenError::Invalid)
        );
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_believed() {
    let none = tokens(&Client::default());
    for secret in ["", "secret"] {
        let token = sign(Algorithm::HS256, secret, &json!({"sub": "42"}));
        assert_eq!(
            none.connection(&token, NOW, &[]).await,
            Err(TokenError::Invalid)
        );
    }
    let broken = Client {
        token_rsa_public_key: "-----BEGIN".to_owned(),
        ..Client::default()
    };
    let error = DeveloperTokens::new(&broken, None).unwrap_err();
    assert!(error.contains("token_rsa_public_key"), "{error}");
}
