//! A good history, for tests to spoil.

use super::*;

pub(super) const EPOCH: &str = "0000002a";
pub(super) const ROOM: &str = "r1";

/// A small world that writes a good history: two authors, a subscriber that is cut off and
/// resumes, a retry, a refusal, an edit, a deletion, a removal.
#[derive(Default)]
pub(super) struct Good {
    entries: Vec<Entry>,
    log: Vec<Event>,
    now_us: u64,
    op: u64,
    messages: u64,
}

pub(super) fn event(seq: u64, author: &str, kind: &str) -> Event {
    Event {
        seq,
        at: 1_000 + seq,
        author: author.into(),
        kind: kind.into(),
        msg_seq: None,
        client_id: None,
        text: String::new(),
        rev: 0,
        deleted: false,
        mentions: Vec::new(),
        reactions: Vec::new(),
        target: None,
        users: Vec::new(),
    }
}

pub(super) fn cursor(seq: u64) -> Cursor {
    Cursor {
        epoch: EPOCH.into(),
        seq,
    }
}

impl Good {
    fn tick(&mut self) -> u64 {
        self.now_us += 10;
        self.now_us
    }

    pub(super) fn append(&mut self, author: &str, kind: &str) -> &mut Event {
        let seq = self.log.len() as u64 + 1;
        self.log.push(event(seq, author, kind));
        self.log.last_mut().unwrap()
    }

    fn invoke(&mut self, person: &str, intent: Intent) -> u64 {
        self.op += 1;
        let (at_us, op) = (self.tick(), self.op);
        let (person, room) = (person.into(), ROOM.into());
        self.entries.push(Entry::Invoke {
            at_us,
            op,
            person,
            room,
            intent,
        });
        op
    }

    fn ok(&mut self, op: u64, seq: Option<u64>) {
        let at_us = self.tick();
        let epoch = seq.map(|_| EPOCH.to_owned());
        self.entries.push(Entry::Ok {
            at_us,
            op,
            seq,
            epoch,
        });
    }

    fn unknown(&mut self, op: u64) {
        let at_us = self.tick();
        self.entries.push(Entry::Unknown { at_us, op });
    }

    fn store(&mut self, author: &str, client_id: &str, text: &str) -> u64 {
        self.messages += 1;
        let messages = self.messages;
        let event = self.append(author, "message");
        event.msg_seq = Some(messages);
        event.client_id = Some(client_id.into());
        event.text = text.into();
        event.seq
    }

    fn send(&mut self, author: &str, client_id: &str, text: &str) -> u64 {
        let intent = Intent::Post {
            client_id: client_id.into(),
            text: text.into(),
        };
        self.invoke(author, intent)
    }

    pub(super) fn post(&mut self, author: &str, client_id: &str) -> u64 {
        let text = format!("text of {client_id}");
        let op = self.send(author, client_id, &text);
        let seq = self.store(author, client_id, &text);
        self.ok(op, Some(seq));
        seq
    }

    pub(super) fn subscribe(&mut self, stream: u64, person: &str, asked: Option<u64>) {
        let top = self.log.len() as u64;
        let replayed = asked.map_or(0, |seq| top - seq);
        let head = cursor(asked.unwrap_or(top));
        let (sent_us, at_us) = (self.tick(), self.tick());
        self.entries.push(Entry::Subscribed {
            at_us,
            sent_us,
            stream,
            person: person.into(),
            room: ROOM.into(),
            asked: asked.map(cursor),
            recovered: asked.is_some(),
            head,
            replayed,
        });
    }

    pub(super) fn deliver(&mut self, stream: u64, seqs: std::ops::RangeInclusive<u64>) {
        for seq in seqs {
            let event = self.log[seq as usize - 1].clone();
            let at_us = self.tick();
            self.entries.push(Entry::Delivered {
                at_us,
                stream,
                offset: seq,
                event,
            });
        }
    }

    pub(super) fn finish(mut self) -> Vec<Entry> {
        let head = cursor(self.log.len() as u64);
        let events: Vec<_> = self
            .log
            .iter()
            .filter(|event| !event.is_hidden())
            .cloned()
            .collect();
        let unread = |person: &str, read_seq: u64| Standing {
            person: person.into(),
            read_seq,
            unread: events
                .iter()
                .filter(|event| {
                    let counts = event.is_message() && !event.deleted;
                    counts && event.seq > read_seq && event.author != person
                })
                .count() as u64,
            mentions: 0,
        };
        let members = vec![unread("lin", 4), unread("tom", 0)];
        let at_us = self.tick();
        let room = ROOM.into();
        let open_streams = vec![11];
        let last = Entry::Final {
            at_us,
            room,
            head,
            events,
            members,
            open_streams,
        };
        self.entries.push(last);
        self.entries
    }
}

pub(super) fn good() -> Vec<Entry> {
    let mut world = Good::default();
    world.append("lin", "created");
    world.append("lin", "added").users = vec!["tom".into(), "mia".into()];
    world.subscribe(10, "lin", None);
    world.subscribe(12, "mia", None);
    world.post("lin", "a1");
    world.post("tom", "b1");
    world.deliver(10, 3..=4);
    world.deliver(12, 3..=4);
    // Cut off: one post was stored, one was not, the subscriber missed two.
    let lost = world.send("lin", "a2", "stored");
    let retried = world.store("lin", "a2", "stored");
    let never = world.send("tom", "b2", "never stored");
    world.unknown(lost);
    world.unknown(never);
    let at_us = world.tick();
    world.entries.push(Entry::Killed { at_us, round: 1 });
    let head = cursor(5);
    let events = world.log.clone();
    let at_us = world.tick();
    world.entries.push(Entry::Page {
        at_us,
        room: ROOM.into(),
        head,
        events,
    });
    let retry = world.send("lin", "a2", "stored");
    world.ok(retry, Some(retried));
    let removal = world.invoke("lin", Intent::Remove { user: "mia".into() });
    world.append("lin", "removed").users = vec!["mia".into()];
    world.ok(removal, None);
    world.subscribe(11, "lin", Some(4));
    world.deliver(11, 5..=6);
    world.post("tom", "b3");
    // An edit and a deletion, and something refused.
    let edit = world.invoke(
        "tom",
        Intent::Edit {
            target: 4,
            text: "better".into(),
        },
    );
    let edited = world.append("tom", "edited");
    (edited.target, edited.text, edited.rev) = (Some(4), "better".into(), 1);
    (world.log[3].text, world.log[3].rev) = ("better".into(), 1);
    world.ok(edit, None);
    let deletion = world.invoke("lin", Intent::Delete { target: 3 });
    world.append("lin", "deleted").target = Some(3);
    (world.log[2].text, world.log[2].deleted) = (String::new(), true);
    world.ok(deletion, None);
    let refused = world.send("tom", "b4", "");
    let at_us = world.tick();
    world.entries.push(Entry::Refused {
        at_us,
        op: refused,
        code: "empty".into(),
    });
    world.deliver(11, 7..=9);
    world.post("lin", "a3");
    world.deliver(11, 10..=10);
    world.finish()
}
