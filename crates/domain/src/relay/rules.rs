//! What becomes of an event, by its name.

use std::collections::HashMap;

use base::Code;

use super::Rooms;
use crate::Refusal;

/// Who gets an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everybody in the namespace, the sender too.
    All,
    /// Everybody in the namespace but the sender.
    Others,
    /// The others in a room of the sender: the one that the event names, if the sender is in it, or
    /// else the one joined last. Who is in no room reaches the others of the namespace.
    Room,
    /// The same, and the sender.
    RoomAll,
    /// The sender alone.
    Sender,
    /// Nobody: it is only acknowledged.
    Nobody,
}

/// What an event does with the sender's rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moves {
    /// Nothing.
    No,
    /// It brings the sender into the room that it names.
    Join,
    /// It takes the sender out of the room that it names.
    Leave,
}

/// What becomes of the events of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it does with the sender's rooms.
    pub moves: Moves,
    /// Who gets it.
    pub reach: Reach,
    /// Under which name they get it; `None` for its own.
    pub emit: Option<String>,
    /// It is worth something only now: nobody is told later, and who reads slowly goes without.
    pub volatile: bool,
}

/// Where an event goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// To everybody in the namespace.
    Namespace,
    /// To everybody in this room.
    Room(String),
    /// To the sender alone.
    Sender,
    /// Nowhere.
    Nobody,
}

/// What is to be done with an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The sender comes into this room, before anybody is told.
    pub join: Option<String>,
    /// The sender goes out of this room, after the others were told.
    pub leave: Option<String>,
    /// Who is told.
    pub to: To,
    /// Whether the sender is told too.
    pub echo: bool,
    /// Under which name.
    pub name: String,
    /// See [`Rule::volatile`].
    pub volatile: bool,
}

/// The rules of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    by_name: HashMap<String, Rule>,
}

impl Default for Rules {
    /// `message` goes to everybody, the sender too, as the tutorials have it.
    fn default() -> Self {
        Self::new(std::iter::empty())
    }
}

impl Rules {
    /// The default, with these rules besides or instead.
    pub fn new(rules: impl Iterator<Item = (String, Rule)>) -> Self {
        let message = Rule {
            moves: Moves::No,
            reach: Reach::All,
            emit: None,
            volatile: false,
        };
        let mut by_name = HashMap::from([("message".to_owned(), message)]);
        by_name.extend(rules);
        Self { by_name }
    }

    /// What becomes of an event. `named` is the room that its first argument names. `rooms` are
    /// the sender's; they are as the plan says afterwards.
    ///
    /// # Errors
    /// It is to move the sender and names no room, or the sender may not go there.
    pub fn plan(
        &self,
        event: &str,
        rooms: &mut Rooms,
        named: Option<&str>,
    ) -> Result<Plan, Refusal> {
        // What has no rule goes to the others: the classic tutorials need no more.
        let rule = self.by_name.get(event);
        let (moves, reach, emit) = match rule {
            Some(rule) => (rule.moves, rule.reach, rule.emit.as_deref()),
            None => (Moves::No, Reach::Room, None),
        };
        let volatile = rule.is_some_and(|rule| rule.volatile);
        let nameless = || {
            let detail = "The first argument names the room: a text, or an object with room.";
            Refusal::new(Code::BadRequest, detail)
        };
        let (mut join, mut leave) = (None, None);
        let mut room = named.filter(|room| rooms.contains(room));
        match moves {
            Moves::No => {}
            Moves::Join => {
                let into = named.ok_or_else(nameless)?;
                if rooms.join(into)? {
                    join = Some(into.to_owned());
                }
                room = Some(into);
            }
            Moves::Leave => {
                let out_of = named.ok_or_else(nameless)?;
                if rooms.leave(out_of) {
                    leave = Some(out_of.to_owned());
                } else {
                    // Of a room that one is not in nobody is told.
                    return Ok(Plan {
                        join,
                        leave,
                        to: To::Nobody,
                        echo: false,
                        name: event.to_owned(),
                        volatile,
                    });
                }
                room = Some(out_of);
            }
        }
        let in_room = || match room.or(rooms.last()) {
            Some(room) => To::Room(room.to_owned()),
            None => To::Namespace,
        };
        let (to, echo) = match reach {
            Reach::All => (To::Namespace, true),
            Reach::Others => (To::Namespace, false),
            Reach::Room => (in_room(), false),
            Reach::RoomAll => (in_room(), true),
            Reach::Sender => (To::Sender, true),
            Reach::Nobody => (To::Nobody, false),
        };
        Ok(Plan {
            join,
            leave,
            to,
            echo,
            name: emit.unwrap_or(event).to_owned(),
            volatile,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_worth_something_only_now_where_its_rule_says_so() {
        let cursor = Rule {
            moves: Moves::No,
            reach: Reach::Others,
            emit: None,
            volatile: true,
        };
        let rules = Rules::new([("cursor".to_owned(), cursor)].into_iter());
        let volatile = |event| {
            let plan = rules.plan(event, &mut Rooms::default(), None);
            plan.unwrap().volatile
        };
        assert!(volatile("cursor") && !volatile("message") && !volatile("other"));
    }

    fn rules() -> Rules {
        let rule = |moves, reach, emit: Option<&str>| Rule {
            moves,
            reach,
            emit: emit.map(str::to_owned),
            volatile: false,
        };
        let rules = [
            ("join", rule(Moves::Join, Reach::Room, Some("joined"))),
            ("leave", rule(Moves::Leave, Reach::Room, None)),
            ("say", rule(Moves::No, Reach::RoomAll, None)),
            ("echo", rule(Moves::No, Reach::Sender, None)),
        ];
        Rules::new(rules.into_iter().map(|(name, rule)| (name.into(), rule)))
    }

    fn to(rules: &Rules, event: &str, rooms: &mut Rooms, named: Option<&str>) -> (To, bool) {
        let plan = rules.plan(event, rooms, named).unwrap();
        (plan.to, plan.echo)
    }

    #[test]
    fn a_message_goes_to_everybody_and_anything_else_to_the_others() {
        let rules = Rules::default();
        let mut rooms = Rooms::default();
        assert_eq!(
            to(&rules, "message", &mut rooms, None),
            (To::Namespace, true)
        );
        for event in ["offer", "answer", "candidate", "join"] {
            let expected = (To::Namespace, false);
            assert_eq!(to(&rules, event, &mut rooms, Some("x")), expected);
        }
    }

    #[test]
    fn who_joined_a_room_reaches_those_who_are_in_it() {
        let rules = rules();
        let mut rooms = Rooms::default();
        let plan = rules.plan("join", &mut rooms, Some("a")).unwrap();
        assert_eq!(plan.join.as_deref(), Some("a"));
        assert_eq!(
            (plan.to, plan.name.as_str()),
            (To::Room("a".into()), "joined")
        );
        rules.plan("join", &mut rooms, Some("b")).unwrap();
        let room = |name: &str| To::Room(name.into());
        assert_eq!(to(&rules, "offer", &mut rooms, None), (room("b"), false));
        assert_eq!(
            to(&rules, "offer", &mut rooms, Some("a")),
            (room("a"), false)
        );
        assert_eq!(
            to(&rules, "offer", &mut rooms, Some("foreign")),
            (room("b"), false),
            "nobody speaks in a room without being there"
        );
        assert_eq!(to(&rules, "say", &mut rooms, None), (room("b"), true));
        assert_eq!(to(&rules, "echo", &mut rooms, None), (To::Sender, true));
    }

    #[test]
    fn a_room_hears_that_somebody_leaves_and_nothing_more() {
        let rules = rules();
        let mut rooms = Rooms::default();
        rules.plan("join", &mut rooms, Some("a")).unwrap();
        let plan = rules.plan("leave", &mut rooms, Some("a")).unwrap();
        assert_eq!(plan.leave.as_deref(), Some("a"));
        assert_eq!(plan.to, To::Room("a".into()));
        assert_eq!(
            to(&rules, "offer", &mut rooms, None),
            (To::Namespace, false)
        );
        assert_eq!(
            to(&rules, "leave", &mut rooms, Some("a")),
            (To::Nobody, false)
        );
    }

    #[test]
    fn who_wants_to_move_says_where() {
        let mut rooms = Rooms::default();
        let refused = rules().plan("join", &mut rooms, None).unwrap_err();
        assert_eq!(refused.code, Code::BadRequest);
    }
}
