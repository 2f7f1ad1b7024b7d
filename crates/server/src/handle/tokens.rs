//! API tokens of a person.

use base::{Code, TokenId};
use domain::auth::permit::Verb;
use domain::auth::{Token, name};
use store::Command;

use super::{Login, admin, commit_noted, may_in_place};
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::drive::publisher::COME_BACK;
use crate::problem::{Answer, Problem};
use crate::view::account::{self as view, NewToken, Tokens};

/// The tokens of a person, newest first.
///
/// # Errors
/// A fault.
pub async fn list(app: &App, login: &Login) -> Answer<Tokens> {
    let mut tokens = app.store.tokens_of(login.person.id).await?;
    tokens.sort_unstable_by_key(|token| std::cmp::Reverse(token.created_at));
    Ok(Tokens {
        tokens: tokens.iter().map(view::token).collect(),
    })
}

/// Makes a token. Its secret is shown this once.
///
/// # Errors
/// `forbidden` for guests and for an API token, `bad_request` without a name or beyond the number
/// of tokens.
pub async fn create(app: &App, login: &Login, name: &str) -> Answer<NewToken> {
    login.in_person()?;
    make(app, login, name).await
}

/// The same for whoever runs the server and needs no session.
///
/// # Errors
/// Those of [`create`].
pub async fn make(app: &App, login: &Login, name: &str) -> Answer<NewToken> {
    may_in_place(login.actor(), Verb::CreateToken)?;
    let name = name::token_name(name)?;
    let secret = secret::api_token();
    let token = Token {
        id: TokenId(clock::mint()),
        secret_hash: secret::hash(&secret),
        person: login.person.id,
        name,
        created_at: clock::now(),
        last_used_at: None,
    };
    let entry = admin::entry(login, "token.create", token.id, &token.name);
    let command = Command::CreateToken(Box::new(token.clone()));
    if let Err(problem) = commit_noted(app, command, [entry]).await {
        let detail = "You have too many tokens. Revoke some first.";
        let too_many = problem.code == Code::Conflict;
        return Err(if too_many {
            Problem::new(Code::BadRequest, detail)
        } else {
            problem
        });
    }
    Ok(NewToken {
        token: secret,
        id: token.id,
        name: token.name,
        created_at: token.created_at,
    })
}

/// Revokes a token; connections that came with it are looked at anew and find the door closed.
///
/// # Errors
/// `not_found` when it is not theirs.
pub async fn revoke(app: &App, login: &Login, token: TokenId) -> Answer<()> {
    login.in_person()?;
    let owned = app.store.tokens_of(login.person.id).await?;
    if !owned.iter().any(|owned| owned.id == token) {
        return Err(Problem::not_found());
    }
    let command = Command::RevokeToken {
        person: login.person.id,
        token,
    };
    let entry = admin::entry(login, "token.revoke", token, "");
    commit_noted(app, command, [entry]).await?;
    app.hub.disconnect_user(login.person.id, COME_BACK);
    Ok(())
}
