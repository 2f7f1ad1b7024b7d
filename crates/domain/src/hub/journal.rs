//! What happened to connections, in the order it happened: whoever tells others of it takes it out.
//!
//! Off unless somebody watches; then it costs one comparison. Knows nothing of who is told.

use std::sync::Arc;

use super::{ClientId, ConnectionId, User};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// The connection was taken in.
    Opened,
    /// It is gone.
    Closed,
    /// It hears the channel from now on.
    Joined(Arc<str>),
    /// It hears the channel no longer.
    Left(Arc<str>),
}

/// What happened, and to which connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// The connection.
    pub connection: ConnectionId,
    /// The id that clients see.
    pub client: ClientId,
    /// Whose it is.
    pub user: User,
    /// What.
    pub what: Happening,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Journal {
    watched: bool,
    entries: Vec<Happened>,
}

impl Journal {
    pub(super) const fn watch(&mut self, watched: bool) {
        self.watched = watched;
    }

    pub(super) fn note(&mut self, happened: impl FnOnce() -> Option<Happened>) {
        if self.watched {
            self.entries.extend(happened());
        }
    }

    pub(super) fn take(&mut self) -> Vec<Happened> {
        std::mem::take(&mut self.entries)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::*;
    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Connect,
        Disconnect(usize),
        Begin(usize, usize),
        Finish(usize, usize, bool),
        Unsubscribe(usize, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let (who, what) = (0..5usize, 0..3usize);
        prop_oneof![
            2 => Just(Step::Connect),
            1 => who.clone().prop_map(Step::Disconnect),
            3 => (who.clone(), what.clone()).prop_map(|(who, what)| Step::Begin(who, what)),
            3 => (who.clone(), what.clone(), any::<bool>())
                .prop_map(|(who, what, torn)| Step::Finish(who, what, torn)),
            2 => (who, what).prop_map(|(who, what)| Step::Unsubscribe(who, what)),
        ]
    }

    fn newcomer(client: u128) -> Newcomer {
        Newcomer {
            user: User::new("ann"),
            session: None,
            client: ClientId(client),
            info: None,
            format: Format {
                language: Language::CentrifugoJson,
                framing: Framing::Frames,
                packed: false,
                delta: Delta::default(),
            },
        }
    }

    fn take(hub: &mut Hub<u32>, id: ConnectionId, (channel, torn): (&str, bool)) {
        // A position that the channel has left behind can not be joined to it.
        let epoch = if torn { "old" } else { "new" };
        let arrival = Arrival::Now { epoch, top: 0 };
        let _ = hub.finish(id, channel, Grant::default(), &arrival);
    }

    proptest! {
        #[test]
        fn every_end_has_its_beginning_and_a_connection_ends_last(
            steps in prop::collection::vec(step(), 0..60)
        ) {
            const CHANNELS: [&str; 3] = ["a", "b", "c"];
            let mut hub = Hub::<u32>::default();
            hub.watch(true);
            let mut ids = Vec::new();
            for (at, step) in steps.into_iter().enumerate() {
                let id = |who: usize| ids.get(who).copied();
                match step {
                    Step::Connect => ids.push(hub.connect(newcomer(at as u128))),
                    Step::Disconnect(who) => { id(who).and_then(|id| hub.disconnect(id)); }
                    Step::Begin(who, what) => if let Some(id) = id(who) {
                        let _ = hub.begin(id, CHANNELS[what], Side::Client);
                    },
                    Step::Finish(who, what, torn) => if let Some(id) = id(who) {
                        take(&mut hub, id, (CHANNELS[what], torn));
                    },
                    Step::Unsubscribe(who, what) => {
                        id(who).and_then(|id| hub.unsubscribe(id, CHANNELS[what]));
                    }
                }
            }
            for id in ids {
                hub.disconnect(id);
            }
            let (mut open, mut heard) = (BTreeSet::new(), BTreeSet::new());
            for Happened { client, what, .. } in hub.happened() {
                match what {
                    Happening::Opened => prop_assert!(open.insert(client.0)),
                    Happening::Joined(channel) => {
                        prop_assert!(open.contains(&client.0));
                        prop_assert!(heard.insert((client.0, channel)));
                    }
                    Happening::Left(channel) => prop_assert!(heard.remove(&(client.0, channel))),
                    Happening::Closed => {
                        prop_assert!(open.remove(&client.0));
                        prop_assert!(heard.iter().all(|(other, _)| *other != client.0));
                    }
                }
            }
            prop_assert!(open.is_empty() && heard.is_empty());
        }
    }

    #[test]
    fn nothing_is_written_down_while_nobody_watches() {
        let mut hub = Hub::<u32>::default();
        let id = hub.connect(newcomer(1));
        hub.disconnect(id);
        assert!(hub.happened().is_empty());
    }
}
