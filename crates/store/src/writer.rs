//! The one connection that writes: batches of commands, each batch one transaction.
//!
//! It is not `Clone` and takes `&mut self`, so that nobody writes beside it; whoever owns it never
//! drops one of its futures half way. After a failed sync it writes nothing any more; on a full
//! disk it carries out only what erases.

use base::Code;

use crate::ballast::Ballast;
use crate::event::change;
use crate::event::post::{self, Post};
use crate::fault::{FaultKind, Stop};
use crate::open::{DirectoryLock, FRAME_BYTES, WriterOptions};
use crate::sql::{Database as _, column, statement, uint};
use crate::transaction::Transaction;
use crate::{
    Command, Done, Fault, Outcome, audit, call, developer, file, invite, member, person,
    remembered, room, rule, session, setting, token, visitor,
};

/// What the writer still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriterState {
    /// Everything.
    Open,
    /// The disk is full: only what erases, until [`Writer::probe`] finds room again.
    ReadOnly,
    /// The disk failed: nothing. The process should end; what is on disk is read at the next start.
    Stopped,
}

/// How to move the write-ahead log into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoint {
    /// As far as it goes without waiting for readers.
    Passive,
    /// All of it, and cut the log: what was deleted is then in no file any more.
    Truncate,
}

/// The one connection that writes.
#[derive(Debug)]
pub struct Writer {
    tx: Transaction,
    options: WriterOptions,
    ballast: Ballast,
    state: WriterState,
    /// Texts were replaced or deleted since the log was last cut.
    old_text_in_log: bool,
    _lock: DirectoryLock,
}

impl Writer {
    pub(crate) fn new(
        tx: Transaction,
        options: WriterOptions,
        ballast: Ballast,
        lock: DirectoryLock,
    ) -> Self {
        Self {
            tx,
            options,
            ballast,
            state: WriterState::Open,
            old_text_in_log: true,
            _lock: lock,
        }
    }

    /// What the writer still does.
    #[must_use]
    pub fn state(&self) -> WriterState {
        self.state
    }

    /// How many bytes the write-ahead log holds, since it last began at its start; the file's own
    /// length does not tell, because SQLite writes over what it has in the database already.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn wal_bytes(&self) -> Result<u64, Fault> {
        let sql = "PRAGMA wal_checkpoint(NOOP)";
        let row = self.tx.query_one_raw(statement(sql, Vec::new())).await?;
        let pages = row.map_or(Ok(0), |row| column::<i64>(&row, "log"))?;
        Ok(uint(pages) * FRAME_BYTES)
    }

    /// Whether texts that were replaced or deleted still lie in the write-ahead log: then the next
    /// quiet moment is one for [`Checkpoint::Truncate`].
    #[must_use]
    pub fn holds_old_text(&self) -> bool {
        self.old_text_in_log
    }

    /// Carries out commands in order, in one transaction, and answers when it is durable: one
    /// outcome per command, in the same order.
    ///
    /// A refused command leaves nothing behind and does not hinder the others. When the database
    /// refuses a statement, the batch is undone and its commands are carried out one by one.
    pub async fn commit(&mut self, commands: Vec<Command>) -> Vec<Outcome> {
        if commands.is_empty() {
            return Vec::new();
        }
        match self.state {
            WriterState::Open => {}
            WriterState::ReadOnly => return self.commit_erasing(&commands).await,
            WriterState::Stopped => return vec![Outcome::Fault(stopped()); commands.len()],
        }
        match self.transaction(&commands).await {
            Ok(outcomes) => outcomes,
            Err(fault) => self.after(fault, &commands).await,
        }
    }

    async fn after(&mut self, fault: Fault, commands: &[Command]) -> Vec<Outcome> {
        match fault.kind {
            FaultKind::DiskFailed => {
                self.stop(&fault);
                vec![Outcome::Fault(fault); commands.len()]
            }
            FaultKind::DiskFull => {
                self.disk_is_full(&fault);
                self.commit_erasing(commands).await
            }
            FaultKind::Database | FaultKind::Data => self.one_by_one(commands).await,
        }
    }

    fn stop(&mut self, fault: &Fault) {
        if self.state != WriterState::Stopped {
            tracing::error!(%fault, "the disk failed; nothing is written any more");
        }
        self.state = WriterState::Stopped;
    }

    /// Frees the ballast for what erases.
    fn disk_is_full(&mut self, fault: &Fault) {
        if self.state == WriterState::Open {
            tracing::error!(%fault, "the disk is full; only deletions are written");
            self.state = WriterState::ReadOnly;
            self.ballast.free();
        }
    }

    fn reconnect(&mut self) {
        match self.options.connect() {
            Ok(tx) => {
                let old = std::mem::replace(&mut self.tx, tx);
                if let Err(fault) = old.close() {
                    tracing::warn!(%fault, "the writing connection did not close");
                }
            }
            Err(fault) => self.stop(&fault),
        }
    }

    async fn commit_erasing(&mut self, commands: &[Command]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(commands.len());
        for command in commands {
            let outcome = if !command.erases() {
                Outcome::Refused(Code::ReadOnly)
            } else if self.state == WriterState::Stopped {
                Outcome::Fault(stopped())
            } else {
                self.one(command).await
            };
            outcomes.push(outcome);
        }
        outcomes
    }

    async fn one_by_one(&mut self, commands: &[Command]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(commands.len());
        for command in commands {
            let outcome = match self.state {
                WriterState::Open => self.one(command).await,
                WriterState::ReadOnly if command.erases() => self.one(command).await,
                WriterState::ReadOnly => Outcome::Refused(Code::ReadOnly),
                WriterState::Stopped => Outcome::Fault(stopped()),
            };
            outcomes.push(outcome);
        }
        outcomes
    }

    async fn one(&mut self, command: &Command) -> Outcome {
        match self.transaction(std::slice::from_ref(command)).await {
            Ok(mut outcomes) => outcomes.pop().unwrap_or_else(|| Outcome::Fault(stopped())),
            Err(fault) => match fault.kind {
                FaultKind::DiskFull => {
                    self.disk_is_full(&fault);
                    Outcome::Refused(Code::ReadOnly)
                }
                FaultKind::DiskFailed => {
                    self.stop(&fault);
                    Outcome::Fault(fault)
                }
                FaultKind::Database | FaultKind::Data => {
                    tracing::error!(%fault, "a command failed");
                    Outcome::Fault(fault)
                }
            },
        }
    }

    async fn transaction(&mut self, commands: &[Command]) -> Result<Vec<Outcome>, Fault> {
        self.tx.begin();
        let ended = match carry_out(&self.tx, commands).await {
            Ok(outcomes) => {
                let committed = self.tx.commit();
                committed.map(|()| outcomes).map_err(Fault::from)
            }
            Err(fault) => match self.tx.rollback() {
                Ok(()) => return Err(fault),
                Err(error) => {
                    tracing::warn!(%error, "a transaction could not be undone");
                    Err(fault)
                }
            },
        };
        match ended {
            Ok(outcomes) => {
                self.old_text_in_log |= commands.iter().any(Command::replaces_text);
                Ok(outcomes)
            }
            Err(fault) => {
                // SQLite undoes some transactions by itself: what this connection thinks of its
                // transaction and what is so may differ now.
                self.reconnect();
                Err(fault)
            }
        }
    }

    /// Moves the write-ahead log into the database. Only this connection ever does.
    ///
    /// # Errors
    /// [`Fault`] when the disk fails or is full; the state says which.
    pub async fn checkpoint(&mut self, mode: Checkpoint) -> Result<(), Fault> {
        if self.state == WriterState::Stopped {
            return Err(stopped());
        }
        let sql = match mode {
            Checkpoint::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
            Checkpoint::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
        };
        match self.tx.query_one_raw(statement(sql, Vec::new())).await {
            Ok(row) => {
                let busy = row.map_or(Ok(0), |row| column::<i64>(&row, "busy"))?;
                if mode == Checkpoint::Truncate && busy == 0 {
                    self.old_text_in_log = false;
                }
                Ok(())
            }
            Err(error) => {
                let fault = Fault::from(error);
                match fault.kind {
                    FaultKind::DiskFailed => self.stop(&fault),
                    FaultKind::DiskFull => self.disk_is_full(&fault),
                    FaultKind::Database | FaultKind::Data => {}
                }
                Err(fault)
            }
        }
    }

    /// On a full disk, looks whether there is room again: then the ballast is set aside anew and
    /// everything is written. Call it every few seconds while the state is `ReadOnly`.
    pub async fn probe(&mut self) {
        if self.state != WriterState::ReadOnly || !self.ballast.restore() {
            return;
        }
        self.state = WriterState::Open;
        tracing::info!("there is room on the disk again");
    }

    /// Moves what is left of the log into the database and closes it.
    ///
    /// # Errors
    /// [`Fault`] when the disk fails; what was acknowledged is in the log all the same.
    pub async fn close(mut self) -> Result<(), Fault> {
        if self.state == WriterState::Stopped {
            return Err(stopped());
        }
        self.checkpoint(Checkpoint::Truncate).await?;
        self.tx.close()
    }
}

fn stopped() -> Fault {
    Fault {
        kind: FaultKind::DiskFailed,
        detail: "the writer has stopped".to_owned(),
    }
}

/// Carries out commands inside a transaction: runs of posts together, the others one by one.
async fn carry_out(tx: &Transaction, commands: &[Command]) -> Result<Vec<Outcome>, Fault> {
    let mut outcomes = Vec::with_capacity(commands.len());
    let mut run = Vec::new();
    for command in commands {
        if let Command::Append(append) = command
            && let Some(post) = Post::of(append)
        {
            run.push(post);
            continue;
        }
        if !run.is_empty() {
            outcomes.extend(post::many(tx, &run).await?);
            run.clear();
        }
        outcomes.push(match apply(tx, command).await {
            Ok(outcome) => outcome,
            Err(Stop::Refused(code)) => Outcome::Refused(code),
            Err(Stop::Fault(fault)) => return Err(fault),
        });
    }
    if !run.is_empty() {
        outcomes.extend(post::many(tx, &run).await?);
    }
    Ok(outcomes)
}

async fn apply(tx: &Transaction, command: &Command) -> Result<Outcome, Stop> {
    match command {
        Command::Append(append) => change::apply(tx, append).await,
        Command::CreateRoom(create) => room::create(tx, create).await,
        Command::MarkRead(mark) => member::mark_read(tx, mark).await,
        Command::LetSpeak(change) => member::let_speak(tx, change).await,
        Command::NoteCalls(notes) => call::note(tx, notes).await,
        Command::SetPreferences(change) => member::set_preferences(tx, change).await,
        Command::SetUp(set_up) => setting::set_up(tx, set_up).await,
        Command::AcceptInvite(accept) => invite::accept(tx, accept).await,
        Command::AddVisitor(person) => visitor::add(tx, person).await,
        Command::UpdatePerson(change) => person::update(tx, change).await,
        Command::StartSession(session) => session::start(tx, session).await,
        Command::EndSession { person, session } => session::end(tx, *person, *session).await,
        Command::TouchSession {
            session,
            at,
            expires_at,
        } => session::touch(tx, *session, *at, *expires_at).await,
        Command::CreateToken(token) => token::create(tx, token).await,
        Command::RevokeToken { person, token } => token::revoke(tx, *person, *token).await,
        Command::TouchToken { token, at } => token::touch(tx, *token, *at).await,
        Command::CreateInvite(invite) => invite::create(tx, invite).await,
        Command::RevokeInvite { code } => invite::revoke(tx, code).await,
        Command::AddFile(file) => file::add(tx, file).await,
        Command::ForgetFile { file } => file::forget(tx, *file).await,
        Command::PutRule(rule) => rule::put(tx, rule).await,
        Command::DeleteRule { rule } => rule::delete(tx, *rule).await,
        Command::CountHits(hits) => rule::count_hits(tx, hits).await,
        Command::PutSetting { key, value } => setting::put(tx, key, value).await,
        Command::RenamePlace { name } => setting::rename_place(tx, name).await,
        Command::Together(commands) => together(tx, commands).await,
        Command::Audit(entry) => audit::append(tx, entry).await,
        Command::Remember(remembered) => remembered::put(tx, remembered).await,
        Command::Developer(change) => developer::apply(tx, change).await,
        Command::Outbox(command) => developer::outbox::apply(tx, command).await,
    }
}

/// Carries out all or none.
async fn together(tx: &Transaction, commands: &[Command]) -> Result<Outcome, Stop> {
    tx.execute_unprepared("SAVEPOINT together").await?;
    let mut all = Vec::with_capacity(commands.len());
    for command in commands {
        let refused = match Box::pin(apply(tx, command)).await {
            Ok(Outcome::Done(done) | Outcome::Duplicate(done)) => {
                all.push(done);
                continue;
            }
            Ok(Outcome::Refused(code)) | Err(Stop::Refused(code)) => code,
            Ok(Outcome::Fault(fault)) | Err(Stop::Fault(fault)) => return Err(Stop::Fault(fault)),
        };
        tx.execute_unprepared("ROLLBACK TO together; RELEASE together")
            .await?;
        return Err(refused.into());
    }
    tx.execute_unprepared("RELEASE together").await?;
    Ok(Outcome::Done(Done::Together(all)))
}
