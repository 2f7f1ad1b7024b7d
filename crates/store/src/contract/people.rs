//! Exams about people: coming in, names, roles, sessions, tokens.

use base::{Code, PersonId, RoomId, SessionId, TokenId, UnixMs};
use domain::auth::{Invite, Role, Session, Token};
use domain::chat::RoomKind;

use super::town::{ANN, BEN, LOBBY, OWNER, STRANGER, Town, person, room};
use crate::{AcceptInvite, Command, Done, Outcome, PasswordBy, SetPassword, SetUp, StartSession};

pub async fn a_place_is_opened_once(mut town: Town) {
    let place = town.store.place().await.unwrap().unwrap();
    assert_eq!((place.name.as_str(), place.lobby), ("Town", LOBBY));
    assert_eq!(
        town.store.person(OWNER).await.unwrap().unwrap().role,
        Role::Owner
    );
    let again = SetUp {
        place_name: "Mine".to_owned(),
        owner: person(PersonId(66)),
        lobby: room(RoomId(66), RoomKind::Open),
    };
    assert_eq!(
        town.refused(Command::SetUp(Box::new(again))).await,
        Code::SetUpAlready
    );
    assert!(town.store.person(PersonId(66)).await.unwrap().is_none());
}

pub async fn the_visitor_is_made_once_and_opens_no_place(mut town: Town) {
    assert_eq!(town.store.visitor().await.unwrap(), None);
    let add = |id: u64| {
        let mut visitor = person(PersonId(id));
        visitor.role = Role::Guest;
        Command::AddVisitor(Box::new(visitor))
    };
    let outcomes = town.writer.commit(vec![add(70), add(71)]).await;
    assert!(matches!(&outcomes[0], Outcome::Done(Done::Person(made)) if made.id == PersonId(70)));
    assert!(
        matches!(&outcomes[1], Outcome::Duplicate(Done::Person(there)) if there.id == PersonId(70))
    );
    assert_eq!(town.store.visitor().await.unwrap(), Some(PersonId(70)));
    assert!(town.store.person(PersonId(71)).await.unwrap().is_none());
}

fn invite(code: &str, uses_max: u32, role: Role) -> Invite {
    Invite {
        code: code.to_owned(),
        created_by: OWNER,
        created_at: UnixMs(100),
        expires_at: UnixMs(50_000),
        uses_max,
        uses: 0,
        role,
        room: LOBBY,
    }
}

fn accept(code: &str, id: u64, at: u64) -> Command {
    let mut person = person(PersonId(id));
    person.created_at = UnixMs(at);
    Command::AcceptInvite(Box::new(AcceptInvite {
        code: code.to_owned(),
        person,
    }))
}

pub async fn an_invitation_lets_in_as_many_as_it_says(mut town: Town) {
    town.done(Command::CreateInvite(Box::new(invite(
        "TWO",
        2,
        Role::Moderator,
    ))))
    .await;
    let batch = (30..34).map(|id| accept("TWO", id, 20_000)).collect();
    let outcomes = town.writer.commit(batch).await;
    let done = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Done(_)))
        .count();
    assert_eq!(done, 2);
    assert!(matches!(outcomes[3], Outcome::Refused(Code::InviteInvalid)));
    assert_eq!(town.store.invite("TWO").await.unwrap().unwrap().uses, 2);
    assert_eq!(
        town.store.person(PersonId(31)).await.unwrap().unwrap().role,
        Role::Moderator
    );
    assert!(town.store.person(PersonId(32)).await.unwrap().is_none());
    town.done(Command::CreateInvite(Box::new(invite(
        "LATE",
        2,
        Role::Member,
    ))))
    .await;
    assert_eq!(
        town.refused(accept("LATE", 40, 50_000)).await,
        Code::InviteInvalid
    );
    town.done(Command::RevokeInvite {
        code: "LATE".to_owned(),
    })
    .await;
    assert_eq!(
        town.refused(accept("LATE", 40, 20_000)).await,
        Code::InviteInvalid
    );
    let Command::AcceptInvite(taken) = accept("NONE", ANN.0, 1) else {
        panic!("an acceptance")
    };
    assert_eq!(
        town.refused(Command::AcceptInvite(taken)).await,
        Code::InviteInvalid
    );
}

pub async fn a_guest_does_not_join_the_lobby(mut town: Town) {
    let side = RoomId(300);
    town.new_room(room(side, RoomKind::Closed), &[]).await;
    for (code, role, id, rooms) in [
        ("G", Role::Guest, 50, vec![side]),
        ("M", Role::Member, 51, vec![LOBBY, side]),
    ] {
        let mut invite = invite(code, 1, role);
        invite.room = side;
        town.done(Command::CreateInvite(Box::new(invite))).await;
        let Done::Entered(entered) = town.done(accept(code, id, 20_000)).await else {
            panic!("nobody entered")
        };
        assert_eq!((entered.room, entered.joined.len()), (side, rooms.len()));
        let mine = town.store.rooms_of(PersonId(id)).await.unwrap();
        assert_eq!(
            mine.iter().map(|view| view.room.id).collect::<Vec<_>>(),
            rooms
        );
    }
}

pub async fn an_invitation_does_not_outlive_the_rights_of_its_maker(mut town: Town) {
    town.update(ANN, |update| update.role = Some(Role::Admin))
        .await;
    let side = RoomId(300);
    town.new_room(room(side, RoomKind::Closed), &[ANN]).await;
    let mut into_side = invite("SIDE", 9, Role::Member);
    into_side.room = side;
    for mut invite in [invite("ADMIN", 9, Role::Admin), into_side] {
        invite.created_by = ANN;
        town.done(Command::CreateInvite(Box::new(invite))).await;
    }
    town.done(accept("ADMIN", 70, 20_000)).await;
    town.done(accept("SIDE", 71, 20_000)).await;
    town.update(ANN, |update| update.role = Some(Role::Member))
        .await;
    town.append(ANN, side, domain::chat::Change::Leave).await;
    for code in ["ADMIN", "SIDE"] {
        assert_eq!(
            town.refused(accept(code, 72, 20_000)).await,
            Code::InviteInvalid
        );
    }
    assert!(town.store.person(PersonId(72)).await.unwrap().is_none());
}

pub async fn nobody_takes_all_invitations(mut town: Town) {
    let by = |maker, code: String| {
        let mut invite = invite(&code, 1, Role::Member);
        invite.created_by = maker;
        Command::CreateInvite(Box::new(invite))
    };
    for at in 0..base::limits::INVITES_PER_PERSON_MAX {
        town.done(by(ANN, format!("ANN-{at}"))).await;
    }
    let one_more = by(ANN, "ANN-MORE".to_owned());
    assert_eq!(town.refused(one_more).await, Code::TooLarge);
    town.done(by(BEN, "BEN".to_owned())).await;
    // One that is used up is open no more.
    town.done(accept("ANN-0", 90, 20_000)).await;
    town.done(by(ANN, "ANN-MORE".to_owned())).await;
}

pub async fn names_are_unique(mut town: Town) {
    town.done(Command::CreateInvite(Box::new(invite(
        "N",
        9,
        Role::Member,
    ))))
    .await;
    let Command::AcceptInvite(mut taken) = accept("N", 60, 20_000) else {
        panic!("acceptance")
    };
    taken.person.name = "person2".to_owned();
    assert_eq!(
        town.refused(Command::AcceptInvite(taken)).await,
        Code::Conflict,
        "another handle is made"
    );
    assert_eq!(
        town.refused(accept("N", ANN.0, 20_000)).await,
        Code::Conflict
    );
    assert_eq!(
        town.store.invite("N").await.unwrap().unwrap().uses,
        0,
        "not counted"
    );
    let taken = town
        .update(BEN, |update| update.name = Some("person2".to_owned()))
        .await;
    assert!(matches!(taken, Outcome::Refused(Code::NameTaken)));
    let own = town
        .update(ANN, |update| update.name = Some("person2".to_owned()))
        .await;
    assert!(matches!(own, Outcome::Done(_)));
    let none = town.update(PersonId(999), |_| {}).await;
    assert!(matches!(none, Outcome::Refused(Code::NotFound)));
}

pub async fn nobody_shows_the_name_of_somebody_else(mut town: Town) {
    let shown = |name: &'static str| {
        move |update: &mut crate::UpdatePerson| update.display_name = Some(name.to_owned())
    };
    let done = |outcome: &Outcome| matches!(outcome, Outcome::Done(_));
    let taken = |outcome: &Outcome| matches!(outcome, Outcome::Refused(Code::NameTaken));
    assert!(done(&town.update(ANN, shown("Ada Lovelace")).await));
    assert!(
        done(&town.update(ANN, shown("ADA Lovelace")).await),
        "her own"
    );
    for alike in ["ada\u{a0}lovelace", "Ａda Lovelace", "Ada\u{200b} Lovelace"] {
        assert!(taken(&town.update(BEN, shown(alike)).await), "{alike:?}");
    }
    // A handle is logged in with like the name that is shown.
    assert!(taken(&town.update(BEN, shown("Person2")).await));
    town.done(Command::CreateInvite(Box::new(invite(
        "D",
        9,
        Role::Member,
    ))))
    .await;
    let Command::AcceptInvite(mut newcomer) = accept("D", 60, 20_000) else {
        panic!("acceptance")
    };
    newcomer.person.display_name = "Ada lovelace".to_owned();
    let refused = town.refused(Command::AcceptInvite(newcomer.clone())).await;
    assert_eq!(refused, Code::NameTaken);
    town.update(ANN, |update| update.deactivated = Some(true))
        .await;
    town.done(Command::AcceptInvite(newcomer)).await;
    let found = town.store.person_by_login("Ada Lovelace").await.unwrap();
    assert_eq!(
        found.unwrap().id,
        PersonId(60),
        "of two the one who may come in"
    );
}

pub async fn what_goes_together_is_done_whole_or_not_at_all(mut town: Town) {
    let rename = |name: &str| Command::RenamePlace {
        name: name.to_owned(),
    };
    let impossible = Command::RevokeInvite {
        code: "NONE".to_owned(),
    };
    let name = async |town: &Town| town.store.place().await.unwrap().unwrap().name;
    let before = name(&town).await;
    let refused = Command::Together(vec![rename("half"), impossible]);
    assert_eq!(town.refused(refused).await, Code::NotFound);
    assert_eq!(name(&town).await, before);
    // What shares the transaction with it stands.
    let batch = vec![
        Command::Together(vec![rename("lost"), rename("lost"), accept("NONE", 60, 1)]),
        Command::Together(vec![rename("first"), rename("second")]),
    ];
    let outcomes = town.writer.commit(batch).await;
    assert!(matches!(outcomes[0], Outcome::Refused(Code::InviteInvalid)));
    let Outcome::Done(Done::Together(done)) = &outcomes[1] else {
        panic!("not done: {:?}", outcomes[1])
    };
    assert!(matches!(&done[1], Done::PlaceRenamed(name) if name == "second"));
    assert_eq!(name(&town).await, "second");
}

pub async fn somebody_is_found_by_handle_or_unique_display_name(mut town: Town) {
    let named = |name: &'static str| {
        move |u: &mut crate::UpdatePerson| {
            u.display_name = Some(name.to_owned());
        }
    };
    town.update(ANN, named("林小满")).await;
    town.update(BEN, named("Ｂen Ｓmith")).await;
    let found = async |town: &Town, login: &str| {
        town.store
            .person_by_login(login)
            .await
            .unwrap()
            .map(|person| person.id)
    };
    assert_eq!(found(&town, "PERSON3").await, Some(BEN));
    assert_eq!(found(&town, "林小满").await, Some(ANN));
    assert_eq!(found(&town, " ben smith ").await, Some(BEN));
    assert_eq!(found(&town, "nobody").await, None);
    let second = town.update(STRANGER, named("林小满")).await;
    assert!(matches!(second, Outcome::Refused(Code::NameTaken)));
    assert_eq!(found(&town, "林小满").await, Some(ANN));
}

pub async fn the_last_owner_stays(mut town: Town) {
    let down = |update: &mut crate::UpdatePerson| update.role = Some(Role::Admin);
    let out = |update: &mut crate::UpdatePerson| update.deactivated = Some(true);
    assert!(matches!(
        town.update(OWNER, down).await,
        Outcome::Refused(Code::LastOwner)
    ));
    assert!(matches!(
        town.update(OWNER, out).await,
        Outcome::Refused(Code::LastOwner)
    ));
    town.update(ANN, |update| update.role = Some(Role::Owner))
        .await;
    assert!(matches!(town.update(OWNER, out).await, Outcome::Done(_)));
    // A deactivated owner is none that could act.
    assert!(matches!(
        town.update(ANN, down).await,
        Outcome::Refused(Code::LastOwner)
    ));
}

fn start(session: Session) -> Command {
    Command::StartSession(Box::new(StartSession {
        session,
        password_hash: Some("hash".to_owned()),
    }))
}

fn session(id: u64, of: PersonId) -> Session {
    Session {
        id: SessionId(id),
        secret_hash: [u8::try_from(id).unwrap(); 32],
        person: of,
        created_at: UnixMs(1_000),
        last_seen_at: UnixMs(1_000),
        expires_at: UnixMs(9_000),
        user_agent: "browser".to_owned(),
        address: "::1".to_owned(),
    }
}

fn token(id: u64, of: PersonId) -> Token {
    Token {
        id: TokenId(id),
        secret_hash: [u8::try_from(id).unwrap(); 32],
        person: of,
        name: "script".to_owned(),
        created_at: UnixMs(1_000),
        last_used_at: None,
    }
}

pub async fn deactivating_ends_sessions_and_tokens(mut town: Town) {
    town.done(start(session(1, ANN))).await;
    town.done(Command::CreateToken(Box::new(token(1, ANN))))
        .await;
    let out = town
        .update(ANN, |update| update.deactivated = Some(true))
        .await;
    let Outcome::Done(Done::Person(ann)) = out else {
        panic!("not deactivated")
    };
    assert!(ann.deactivated_at.is_some());
    assert!(
        town.store
            .session_by_secret(&[1; 32])
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        town.store
            .token_by_secret(&[1; 32])
            .await
            .unwrap()
            .is_none()
    );
    town.update(ANN, |update| update.deactivated = Some(false))
        .await;
    assert!(
        town.store
            .person(ANN)
            .await
            .unwrap()
            .unwrap()
            .deactivated_at
            .is_none()
    );
}

fn password(hash: &str, by: PasswordBy) -> impl Fn(&mut crate::UpdatePerson) {
    let hash = hash.to_owned();
    move |update| {
        update.password = Some(SetPassword {
            hash: hash.clone(),
            by: by.clone(),
        });
    }
}

async fn logins(town: &Town) -> (Vec<u64>, usize) {
    let sessions = town.store.sessions_of(ANN).await.unwrap();
    let tokens = town.store.tokens_of(ANN).await.unwrap();
    let mut open: Vec<u64> = sessions.iter().map(|session| session.id.0).collect();
    open.sort_unstable();
    (open, tokens.len())
}

pub async fn a_new_password_ends_what_the_old_one_opened(mut town: Town) {
    for id in 1..=3 {
        town.done(start(session(id, ANN))).await;
    }
    town.done(start(session(9, BEN))).await;
    town.done(Command::CreateToken(Box::new(token(1, ANN))))
        .await;
    let own = |before: &str| PasswordBy::Oneself {
        before: Some(before.to_owned()),
        session: Some(SessionId(2)),
        end_tokens: before == "second",
    };
    let changed = town.update(ANN, password("second", own("hash"))).await;
    assert!(matches!(changed, Outcome::Done(_)));
    assert_eq!(logins(&town).await, (vec![2], 1), "scripts go on");
    let wanted = town.update(ANN, password("2b", own("second"))).await;
    assert!(matches!(wanted, Outcome::Done(_)));
    assert_eq!(logins(&town).await, (vec![2], 0), "unless they are to end");
    let reset = town
        .update(ANN, password("third", PasswordBy::Another))
        .await;
    assert!(matches!(reset, Outcome::Done(_)));
    assert_eq!(logins(&town).await, (vec![], 0));
    assert_eq!(town.store.sessions_of(BEN).await.unwrap().len(), 1);
    let late = town.update(ANN, password("thief", own("second"))).await;
    assert!(matches!(late, Outcome::Refused(Code::WrongPassword)));
}

pub async fn a_login_by_a_password_that_was_replaced_is_refused(mut town: Town) {
    town.update(ANN, password("second", PasswordBy::Another))
        .await;
    let late = start(session(1, ANN));
    assert_eq!(town.refused(late).await, Code::WrongPassword);
    town.update(BEN, |update| update.deactivated = Some(true))
        .await;
    let locked = start(session(2, BEN));
    assert_eq!(town.refused(locked).await, Code::WrongPassword);
    assert_eq!(logins(&town).await, (vec![], 0));
}

fn touch(id: u64, at: u64) -> Command {
    let (session, at, expires_at) = (SessionId(id), UnixMs(at), UnixMs(at + 8_000));
    Command::TouchSession {
        session,
        at,
        expires_at,
    }
}

pub async fn a_session_is_found_by_its_secret_until_it_is_ended(mut town: Town) {
    for id in 1..=3 {
        town.done(start(session(id, ANN))).await;
    }
    town.done(start(session(9, BEN))).await;
    let (found, whose) = town
        .store
        .session_by_secret(&[2; 32])
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found, whose.id), (session(2, ANN), ANN));
    town.done(touch(2, 5_000)).await;
    let others = Command::EndSession {
        person: BEN,
        session: SessionId(1),
    };
    assert_eq!(town.refused(others).await, Code::NotFound);
    for id in [1, 3] {
        let end = Command::EndSession {
            person: ANN,
            session: SessionId(id),
        };
        let Done::Ended(ended) = town.done(end).await else {
            panic!("none ended")
        };
        assert_eq!(ended, vec![SessionId(id)]);
    }
    let left = town.store.sessions_of(ANN).await.unwrap();
    assert_eq!((left.len(), left[0].expires_at), (1, UnixMs(13_000)));
    let late = Session {
        created_at: UnixMs(20_000),
        ..session(4, ANN)
    };
    town.done(start(late)).await;
    assert_eq!(
        town.store.sessions_of(ANN).await.unwrap().len(),
        1,
        "expired ones go"
    );
    town.done(touch(2, 5_000)).await;
    assert!(
        town.store
            .session_by_secret(&[2; 32])
            .await
            .unwrap()
            .is_none(),
        "and stay away"
    );
}

pub async fn a_token_is_found_by_its_secret_until_it_is_revoked(mut town: Town) {
    for id in 1..=3 {
        town.done(Command::CreateToken(Box::new(token(id, ANN))))
            .await;
    }
    let (found, whose) = town.store.token_by_secret(&[3; 32]).await.unwrap().unwrap();
    assert_eq!((found, whose.id), (token(3, ANN), ANN));
    town.done(Command::TouchToken {
        token: TokenId(3),
        at: UnixMs(5_000),
    })
    .await;
    assert_eq!(
        town.store.tokens_of(ANN).await.unwrap()[0].last_used_at,
        Some(UnixMs(5_000))
    );
    let wrong = Command::RevokeToken {
        person: BEN,
        token: TokenId(1),
    };
    assert_eq!(town.refused(wrong).await, Code::NotFound);
    town.done(Command::RevokeToken {
        person: ANN,
        token: TokenId(1),
    })
    .await;
    assert!(
        town.store
            .token_by_secret(&[1; 32])
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(town.store.tokens_of(ANN).await.unwrap().len(), 2);
    for id in 4..=base::limits::TOKENS_PER_PERSON_MAX as u64 + 1 {
        town.done(Command::CreateToken(Box::new(token(id, ANN))))
            .await;
    }
    let one_more = Command::CreateToken(Box::new(token(99, ANN)));
    assert_eq!(town.refused(one_more).await, Code::Conflict);
}
