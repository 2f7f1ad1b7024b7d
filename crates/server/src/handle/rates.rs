//! How often one user may do something over all their live connections, one budget per operation.
//!
//! What the operator leaves at 0 has no limit and costs one comparison. Who has no name spends per
//! connection, so that strangers do not use up each other's budget. Spent by `handle::live` alone,
//! at any door; the budget of a single connection is the door's own.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use base::Code;
use domain::hub::{ClientId, User};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::Limits;
use crate::door::backend::{Actor, Refused};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A publication of a client.
    Publish,
    /// A subscription.
    Subscribe,
    /// A page of a channel's past.
    History,
    /// A look at who is in a channel.
    Presence,
    /// A call, or a message without an answer.
    Rpc,
}

impl Operation {
    const ALL: [Self; 5] = [
        Self::Publish,
        Self::Subscribe,
        Self::History,
        Self::Presence,
        Self::Rpc,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
            Self::History => "history",
            Self::Presence => "presence",
            Self::Rpc => "rpc",
        }
    }

    /// Rate and burst of the operator.
    const fn limit(self, limits: &Limits) -> (u32, u32) {
        match self {
            Self::Publish => (limits.publish_per_second, limits.publish_burst),
            Self::Subscribe => (limits.subscribe_per_second, limits.subscribe_burst),
            Self::History => (limits.history_per_second, limits.history_burst),
            Self::Presence => (limits.presence_per_second, limits.presence_burst),
            Self::Rpc => (limits.rpc_per_second, limits.rpc_burst),
        }
    }
}

/// Who spends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Spender {
    User(User),
    /// Nobody in particular.
    Client(ClientId),
}

type Limiter = DefaultKeyedRateLimiter<Spender>;

/// What everybody has left.
#[derive(Debug)]
pub struct Rates {
    all: Option<Limiter>,
    each: [Option<Limiter>; Operation::ALL.len()],
    refused: AtomicU64,
}

/// None when there is no limit; a burst below the rate is one second's worth.
fn limiter((per_second, burst): (u32, u32)) -> Option<Limiter> {
    let rate = NonZeroU32::new(per_second)?;
    let burst = NonZeroU32::new(burst).unwrap_or(rate);
    Some(RateLimiter::keyed(
        Quota::per_second(rate).allow_burst(burst),
    ))
}

impl Rates {
    /// With the operator's limits.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            all: limiter((limits.user_commands_per_second, limits.user_commands_burst)),
            each: Operation::ALL.map(|operation| limiter(operation.limit(limits))),
            refused: AtomicU64::new(0),
        }
    }

    /// One operation of a connection.
    ///
    /// # Errors
    /// 111, temporary: the client may try again.
    pub fn spend(&self, actor: &Actor, operation: Operation) -> Result<(), Refused> {
        let own = self.each[operation as usize].as_ref();
        if self.all.is_none() && own.is_none() {
            return Ok(());
        }
        let spender = if actor.user.is_anonymous() {
            Spender::Client(actor.client)
        } else {
            Spender::User(actor.user.clone())
        };
        let limiters = [self.all.as_ref(), own];
        let enough = limiters
            .into_iter()
            .flatten()
            .all(|limiter| limiter.check_key(&spender).is_ok());
        if enough {
            return Ok(());
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        let counter = metrics::counter!(
            "plaza_hub_rate_limited_total", "operation" => operation.name()
        );
        counter.increment(1);
        Err(Refused::code(Code::RateLimited))
    }

    /// Operations that were refused since the start.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Forgets who has been quiet, so that memory follows the users who do something.
    pub fn forget_quiet(&self) {
        for limiter in self.each.iter().chain([&self.all]).flatten() {
            limiter.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(user: &str, client: u128) -> Actor {
        Actor {
            user: User::new(user),
            person: None,
            session: None,
            client: ClientId(client),
            format: crate::door::backend::Format {
                language: domain::hub::Language::Plain,
                framing: domain::hub::Framing::Frames,
                packed: false,
                delta: domain::hub::Delta::None,
            },
        }
    }

    #[test]
    fn nothing_is_limited_unless_the_operator_says_so() {
        let rates = Rates::new(&Limits::default());
        for _ in 0..10_000 {
            rates.spend(&actor("ann", 1), Operation::Publish).unwrap();
        }
        assert_eq!(rates.refused(), 0);
    }

    #[test]
    fn a_user_spends_over_all_connections_and_per_operation() {
        let rates = Rates::new(&Limits {
            publish_per_second: 1,
            publish_burst: 3,
            ..Limits::default()
        });
        for client in 1..=3 {
            rates
                .spend(&actor("ann", client), Operation::Publish)
                .unwrap();
        }
        let refused = rates.spend(&actor("ann", 4), Operation::Publish);
        assert_eq!(refused, Err(Refused::code(Code::RateLimited)));
        rates.spend(&actor("ann", 4), Operation::Subscribe).unwrap();
        rates.spend(&actor("ben", 5), Operation::Publish).unwrap();
        assert_eq!(rates.refused(), 1);
    }

    #[test]
    fn strangers_do_not_use_up_each_others_budget() {
        let rates = Rates::new(&Limits {
            user_commands_per_second: 1,
            user_commands_burst: 1,
            ..Limits::default()
        });
        rates.spend(&actor("", 1), Operation::Rpc).unwrap();
        assert!(rates.spend(&actor("", 1), Operation::Publish).is_err());
        rates.spend(&actor("", 2), Operation::Rpc).unwrap();
    }
}
