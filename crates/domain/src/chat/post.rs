//! Posting a message.

use base::{Code, FileId, Seq, UnixMs, limits};

use super::filter::Verdict;
use super::standing::{Roster, Standing, standing_message};
use super::{Append, Change, Event, File, mention, text};
use crate::Refusal;
use crate::auth::permit::Verb;

/// What somebody wants to post.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// The text, as the word filter left it: nothing unchecked can be posted.
    pub text: &'a Verdict,
    /// The client's own id of the post.
    pub client_id: Option<&'a str>,
    /// The message it answers.
    pub reply_to: Option<Seq>,
    /// Files uploaded before.
    pub files: &'a [FileId],
}

/// What is known when it is decided.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// Who, where.
    pub standing: Standing<'a>,
    /// The event with the number `reply_to`, if there is one.
    pub answered: Option<&'a Event>,
    /// Those of the named files that exist.
    pub files: &'a [File],
    /// The room's members by handle.
    pub roster: Roster<'a>,
}

/// Decides a post.
///
/// # Errors
/// `not_found` and `forbidden` for a room one is not in, `room_archived`, `too_long`, `empty`,
/// `blocked_words`, `bad_request` for a malformed client id, an unknown answered message or
/// unusable files.
pub fn post(now: UnixMs, facts: Facts<'_>, command: Post<'_>) -> Result<Append, Refusal> {
    let standing = facts.standing;
    standing.may_append(Verb::Post)?;
    let client_id = command.client_id.map(client_id).transpose()?;
    text::bounded(command.text.original())?;
    command.text.allowed()?;
    let text = text::clean(command.text.masked());
    files(&facts, command.files)?;
    if text::is_blank(&text) && command.files.is_empty() {
        return Err(text::nothing_to_post());
    }
    if command.reply_to.is_some() {
        answered(&facts, command.reply_to)?;
    }
    let mentions = mention::parse(&text, facts.roster);
    Ok(Append {
        room: standing.room.id,
        author: standing.actor.id,
        at: now,
        change: Change::Post {
            client_id,
            reply_to: command.reply_to,
            files: command.files.to_vec(),
            mention_all: mentions.all && standing.may(Verb::MentionAll).is_ok(),
            mentions: mentions.people,
            text,
        },
    })
}

/// Checks a client's own id of a post.
///
/// # Errors
/// `bad_request` when it is empty, too long or not printable.
pub fn client_id(raw: &str) -> Result<String, Refusal> {
    let most = limits::CLIENT_ID_CHARS_MAX;
    let fits = !raw.is_empty() && raw.len() <= most * 4 && raw.chars().count() <= most;
    if fits && !raw.chars().any(char::is_control) {
        return Ok(raw.to_owned());
    }
    Err(Refusal::of(
        Code::BadRequest,
        "client_id",
        format!("A client id has 1 to {most} signs."),
    ))
}

fn answered(facts: &Facts<'_>, reply_to: Option<Seq>) -> Result<(), Refusal> {
    let found = facts.answered.filter(|event| Some(event.seq) == reply_to);
    match standing_message(found) {
        Ok(_) => Ok(()),
        Err(_) => Err(Refusal::of(
            Code::BadRequest,
            "reply_to",
            "The message you answer does not stand any more. Post without the quote.",
        )),
    }
}

fn files(facts: &Facts<'_>, named: &[FileId]) -> Result<(), Refusal> {
    let refuse = |detail: String| Err(Refusal::of(Code::BadRequest, "files", detail));
    let most = limits::FILES_PER_MESSAGE_MAX;
    if named.len() > most {
        return refuse(format!("A message carries at most {most} files."));
    }
    for (at, id) in named.iter().enumerate() {
        let usable = facts.files.iter().any(|file| {
            file.id == *id
                && file.room == facts.standing.room.id
                && file.uploaded_by == facts.standing.actor.id
        });
        let twice = named.iter().take(at).any(|earlier| earlier == id);
        if !usable || twice {
            return refuse("A file is missing here. Upload it for this room again.".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use base::{PersonId, RoomId};

    use super::super::standing::tests::{
        LIN, NOW, TOM, archived_room, deleted_message, member, message, nobody, room, standing,
    };
    use super::super::{Member, Room, RoomKind};
    use super::*;
    use crate::auth::Role;
    use crate::chat::filter::Verdict;

    struct Case {
        room: Room,
        member: Option<Member>,
        answered: Option<Event>,
        files: Vec<File>,
        role: Role,
    }

    impl Case {
        fn new() -> Self {
            Self {
                room: room(RoomKind::Open),
                member: Some(member(LIN)),
                answered: None,
                files: Vec::new(),
                role: Role::Member,
            }
        }

        fn post(&self, text: &str, command: impl FnOnce(&mut Post<'_>)) -> Result<Append, Refusal> {
            let verdict = Verdict::clear(text);
            let mut post = Post {
                text: &verdict,
                client_id: None,
                reply_to: None,
                files: &[],
            };
            command(&mut post);
            self.decide(post)
        }

        fn decide(&self, post: Post<'_>) -> Result<Append, Refusal> {
            let mut standing = standing(&self.room, self.member.as_ref());
            standing.actor.role = self.role;
            let roster = |handle: &str| (handle == "tom").then_some(TOM);
            let facts = Facts {
                standing,
                answered: self.answered.as_ref(),
                files: &self.files,
                roster: &roster,
            };
            super::post(NOW, facts, post)
        }
    }

    fn file(id: u64, room: u64, by: PersonId) -> File {
        File {
            id: FileId(id),
            room: RoomId(room),
            uploaded_by: by,
            uploaded_at: NOW,
            hash: String::new(),
            name: "plan.pdf".into(),
            media_type: "application/pdf".into(),
            size_bytes: 1,
            width_px: None,
            height_px: None,
            thumb_hash: None,
        }
    }

    fn code(result: Result<Append, Refusal>) -> Code {
        result.unwrap_err().code
    }

    #[test]
    fn a_member_posts_a_text_with_a_client_id() {
        let append = Case::new()
            .post(" hi @tom \r\n", |post| post.client_id = Some("c1"))
            .unwrap();
        assert_eq!((append.author, append.at), (LIN, NOW));
        assert_eq!(
            append.change,
            Change::Post {
                client_id: Some("c1".into()),
                text: " hi @tom".into(),
                reply_to: None,
                files: vec![],
                mentions: vec![TOM],
                mention_all: false,
            }
        );
    }

    #[test]
    fn who_is_not_in_the_room_does_not_post() {
        let mut case = Case {
            member: None,
            ..Case::new()
        };
        assert_eq!(code(case.post("hi", |_| ())), Code::Forbidden);
        case.room.kind = RoomKind::Closed;
        assert_eq!(code(case.post("hi", |_| ())), Code::NotFound);
    }

    #[test]
    fn an_archived_room_takes_no_posts() {
        let case = Case {
            room: archived_room(),
            ..Case::new()
        };
        assert_eq!(code(case.post("hi", |_| ())), Code::RoomArchived);
    }

    #[test]
    fn an_empty_post_needs_a_file() {
        let mut case = Case::new();
        assert_eq!(code(case.post(" \n\u{200b}", |_| ())), Code::Empty);
        case.files = vec![file(9, 10, LIN)];
        assert!(case.post("", |post| post.files = &[FileId(9)]).is_ok());
    }

    #[test]
    fn a_post_over_the_limit_is_refused_with_its_field() {
        let refusal = Case::new().post(&"x".repeat(10_001), |_| ()).unwrap_err();
        assert_eq!((refusal.code, refusal.field), (Code::TooLong, Some("text")));
    }

    #[test]
    fn files_are_ones_own_and_of_this_room_and_named_once() {
        for files in [vec![], vec![file(9, 11, LIN)], vec![file(9, 10, TOM)]] {
            let case = Case {
                files,
                ..Case::new()
            };
            assert_eq!(
                code(case.post("x", |post| post.files = &[FileId(9)])),
                Code::BadRequest
            );
        }
        let case = Case {
            files: vec![file(9, 10, LIN)],
            ..Case::new()
        };
        let twice = case.post("x", |post| post.files = &[FileId(9), FileId(9)]);
        assert_eq!(code(twice), Code::BadRequest);
        let many: Vec<_> = (0..11).map(FileId).collect();
        let verdict = Verdict::clear("x");
        let post = Post {
            text: &verdict,
            client_id: None,
            reply_to: None,
            files: &many,
        };
        assert_eq!(code(case.decide(post)), Code::BadRequest);
    }

    #[test]
    fn one_answers_only_a_message_that_stands() {
        let answer = |post: &mut Post<'_>| post.reply_to = Some(Seq(4));
        let mut case = Case::new();
        assert_eq!(case.post("x", answer).unwrap_err().field, Some("reply_to"));
        case.answered = Some(deleted_message(TOM));
        assert_eq!(code(case.post("x", answer)), Code::BadRequest);
        case.answered = Some(message(TOM, "hello"));
        assert!(case.post("x", answer).is_ok());
        assert_eq!(
            code(case.post("x", |post| post.reply_to = Some(Seq(5)))),
            Code::BadRequest
        );
    }

    #[test]
    fn a_client_id_is_short_and_printable() {
        for bad in ["", "a\nb", &"x".repeat(65)] {
            let refusal = client_id(bad).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.field),
                (Code::BadRequest, Some("client_id"))
            );
        }
        assert_eq!(client_id(&"号".repeat(64)).unwrap(), "号".repeat(64));
    }

    #[test]
    fn a_guest_does_not_mention_everybody() {
        let all = |case: &Case| {
            let append = case.post("@all hello", |_| ()).unwrap();
            matches!(
                append.change,
                Change::Post {
                    mention_all: true,
                    ..
                }
            )
        };
        assert!(all(&Case::new()));
        assert!(!all(&Case {
            role: Role::Guest,
            ..Case::new()
        }));
    }

    #[test]
    fn a_roster_of_nobody_mentions_nobody() {
        assert!(mention::parse("@tom", &nobody).people.is_empty());
    }
}
