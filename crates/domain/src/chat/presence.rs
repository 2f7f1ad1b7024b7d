//! Whether somebody is there: one state over all their connections.
//!
//! Lives in memory and dies with the process; `server/drive` owns the counts and asks here.

use serde::{Deserialize, Serialize};

/// What one connection says of the person behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attention {
    /// Somebody sits in front of it.
    Active,
    /// It is open, but nobody has touched it for a while.
    Away,
}

/// How a person appears to others. Ordered: the larger one wins.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// No connection.
    #[default]
    Offline,
    /// Connected, but away on all of them.
    Away,
    /// Active on one connection at least.
    Active,
}

impl From<Attention> for Presence {
    fn from(attention: Attention) -> Self {
        match attention {
            Attention::Active => Self::Active,
            Attention::Away => Self::Away,
        }
    }
}

/// The connections of one person, counted by what they say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connections {
    active_count: u32,
    away_count: u32,
}

impl Connections {
    /// How the person appears.
    #[must_use]
    pub fn presence(self) -> Presence {
        match (self.active_count, self.away_count) {
            (0, 0) => Presence::Offline,
            (0, _) => Presence::Away,
            (_, _) => Presence::Active,
        }
    }

    /// One more connection.
    #[must_use]
    pub fn with(mut self, attention: Attention) -> Self {
        let count = self.count(attention);
        *count = count.saturating_add(1);
        self
    }

    /// One connection less, which said this last.
    #[must_use]
    pub fn without(mut self, attention: Attention) -> Self {
        let count = self.count(attention);
        *count = count.saturating_sub(1);
        self
    }

    fn count(&mut self, attention: Attention) -> &mut u32 {
        match attention {
            Attention::Active => &mut self.active_count,
            Attention::Away => &mut self.away_count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_on_one_device_wins_over_away_on_others() {
        let desk = Connections::default()
            .with(Attention::Away)
            .with(Attention::Away);
        assert_eq!(desk.presence(), Presence::Away);
        assert_eq!(desk.with(Attention::Active).presence(), Presence::Active);
    }

    #[test]
    fn the_last_connection_to_close_makes_offline() {
        let both = Connections::default()
            .with(Attention::Active)
            .with(Attention::Away);
        let one = both.without(Attention::Active);
        assert_eq!(one.presence(), Presence::Away);
        assert_eq!(one.without(Attention::Away).presence(), Presence::Offline);
        assert_eq!(
            Connections::default().without(Attention::Away).presence(),
            Presence::Offline
        );
    }

    #[test]
    fn presences_are_ordered_and_named_as_in_the_protocol() {
        assert!(Presence::Active > Presence::Away && Presence::Away > Presence::Offline);
        assert_eq!(serde_json::to_string(&Presence::Away).unwrap(), "\"away\"");
        assert_eq!(Presence::from(Attention::Active), Presence::Active);
    }
}
