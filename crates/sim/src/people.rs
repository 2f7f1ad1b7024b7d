//! A place with people in it, made the way people make one: set up, invited, brought into rooms.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Failure, Rest};

/// Somebody with an API token.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// Their token, for REST and sockets.
    pub token: String,
    /// Their REST client.
    pub rest: Rest,
}

fn text(value: &Value, pointer: &str) -> Result<String, Failure> {
    let found = value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned);
    found.ok_or_else(|| Failure::Unknown(format!("no {pointer} in {value}")))
}

async fn with_token(address: &str, cookies: &Rest, me: &Value) -> Result<Person, Failure> {
    let made = cookies
        .call(Method::POST, "/tokens", Some(&json!({ "name": "sim" })))
        .await?;
    let token = text(&made, "/token")?;
    let rest = Rest::with_token(address, &token).map_err(Failure::unknown)?;
    Ok(Person {
        id: text(me, "/me/id")?,
        token,
        rest,
    })
}

/// Opens a fresh place. Returns its owner and the first room.
///
/// # Errors
/// [`Failure`], for example when the place is set up already.
pub async fn set_up(
    address: &str,
    name: &str,
    password: &str,
) -> Result<(Person, String), Failure> {
    let cookies = Rest::with_cookies(address).map_err(Failure::unknown)?;
    let body = json!({
        "place_name": "Riverside", "display_name": name, "password": password, "locale": "en",
    });
    let made = cookies.call(Method::POST, "/setup", Some(&body)).await?;
    let lobby = text(&made, "/lobby")?;
    Ok((with_token(address, &cookies, &made).await?, lobby))
}

/// Logs in to a place that is set up.
///
/// # Errors
/// [`Failure`].
pub async fn log_in(address: &str, name: &str, password: &str) -> Result<Person, Failure> {
    let cookies = Rest::with_cookies(address).map_err(Failure::unknown)?;
    let body = json!({ "name": name, "password": password });
    let me = cookies.call(Method::POST, "/session", Some(&body)).await?;
    with_token(address, &cookies, &me).await
}

/// Lets people in by one invitation.
///
/// # Errors
/// [`Failure`].
pub async fn invite(
    address: &str,
    owner: &Person,
    names: &[String],
) -> Result<Vec<Person>, Failure> {
    let wish = json!({ "uses_max": names.len() });
    let invite = owner
        .rest
        .call(Method::POST, "/invites", Some(&wish))
        .await?;
    let accept = format!("/invites/{}/accept", text(&invite, "/code")?);
    let mut people = Vec::with_capacity(names.len());
    for name in names {
        let cookies = Rest::with_cookies(address).map_err(Failure::unknown)?;
        let body = json!({ "display_name": name, "password": null, "locale": "en" });
        let accepted = cookies.call(Method::POST, &accept, Some(&body)).await?;
        people.push(with_token(address, &cookies, &accepted).await?);
    }
    Ok(people)
}

/// Makes a room with members. Returns its id.
///
/// # Errors
/// [`Failure`].
pub async fn make_room(
    owner: &Person,
    kind: &str,
    name: &str,
    members: &[&Person],
) -> Result<String, Failure> {
    let members: Vec<_> = members.iter().map(|person| &person.id).collect();
    let body = json!({ "kind": kind, "name": name, "topic": "", "members": members });
    text(
        &owner.rest.call(Method::POST, "/rooms", Some(&body)).await?,
        "/id",
    )
}
