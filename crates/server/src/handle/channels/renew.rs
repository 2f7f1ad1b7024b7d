//! Connections and subscriptions of app users whose credentials are over: the operator's backend
//! says whether they go on.
//!
//! A backend that does not answer ends nobody: they go on for a while, and it is asked again.

use base::UnixMs;
use base::limits::RENEWAL_RETRY_MS;
use domain::channel::ChannelOptions;

use super::name;
use crate::app::App;
use crate::clock;
use crate::door::backend::{Actor, Ending, Refused, Renewal};
use crate::handle::proxy::shape::RefreshResult;
use crate::handle::proxy::{ends_at, value};

/// What comes when the credentials of a subscription in such a channel end.
pub(super) fn ending(options: &ChannelOptions, otherwise: Ending) -> Ending {
    if options.sub_refresh_proxy_enabled {
        Ending::Asked
    } else {
        otherwise
    }
}

/// Whether the connection goes on.
///
/// # Errors
/// What the backend tells instead.
pub async fn connection(app: &App, actor: &Actor) -> Result<Renewal, Refused> {
    judge(app.proxy.refresh(actor).await)
}

/// Whether the subscription goes on.
///
/// # Errors
/// What the backend tells instead; 102, 107.
pub async fn subscription(app: &App, actor: &Actor, channel: &str) -> Result<Renewal, Refused> {
    app.channels.options(name(channel)?)?;
    judge(app.proxy.sub_refresh(actor, channel).await)
}

fn judge(answer: Result<Option<RefreshResult>, Refused>) -> Result<Renewal, Refused> {
    let now = clock::now();
    let result = match answer {
        Ok(Some(result)) => result,
        Ok(None) => return Ok(Renewal::Over),
        Err(Refused::Error {
            temporary: true, ..
        }) => {
            return Ok(Renewal::Until {
                expires_at: Some(UnixMs(now.0.saturating_add(RENEWAL_RETRY_MS))),
                info: None,
            });
        }
        Err(refused) => return Err(refused),
    };
    let expires_at = ends_at(result.expire_at);
    if result.expired || expires_at.is_some_and(|at| at <= now) {
        return Ok(Renewal::Over);
    }
    Ok(Renewal::Until {
        expires_at,
        info: value(result.info, result.b64info)?,
    })
}

#[cfg(test)]
mod tests {
    use wire::centrifugo::ErrorCode;

    use super::*;

    fn refresh(text: &str) -> Result<Renewal, Refused> {
        judge(Ok(serde_json::from_str(text).unwrap()))
    }

    #[test]
    fn a_backend_lets_something_go_on_for_ever_until_then_or_not_at_all() {
        let until = |expires_at| Renewal::Until {
            expires_at,
            info: None,
        };
        assert_eq!(refresh("{}"), Ok(until(None)));
        let far = Some(UnixMs(4_000_000_000_000));
        assert_eq!(refresh(r#"{"expire_at":4000000000}"#), Ok(until(far)));
        for over in [
            r#"{"expired":true,"expire_at":4000000000}"#,
            r#"{"expire_at":1}"#,
            "null",
        ] {
            assert_eq!(refresh(over), Ok(Renewal::Over), "{over}");
        }
    }

    #[test]
    fn without_an_answer_it_goes_on_for_a_while_and_a_refusal_ends_it() {
        let silent = judge(Err(ErrorCode::Internal.into()));
        let Ok(Renewal::Until { expires_at, .. }) = silent else {
            panic!("{silent:?}");
        };
        let left_ms = expires_at.unwrap().since_ms(clock::now());
        assert!((1..=RENEWAL_RETRY_MS).contains(&left_ms));
        let refused: Refused = ErrorCode::PermissionDenied.into();
        assert_eq!(judge(Err(refused.clone())), Err(refused));
    }
}
