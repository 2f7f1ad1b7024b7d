//! The rules of the word filter in the database.

use base::limits::FILTER_RULES_MAX;
use base::{Code, RuleId, UnixMs};
use domain::chat::filter::{Action, Rule, RuleKind};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query};

use crate::fault::Stop;
use crate::sql::{
    Bind as _, Database as _, Record, Stored as _, column, number, stored, stored_enum, uint, yes,
};
use crate::table::Rule as T;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store};

stored_enum!(RuleKind { Keyword = 0, Regex = 1 });
stored_enum!(Action { Log = 0, Mask = 1, Block = 2 });

const COLUMNS: [T; 10] = [
    T::Id,
    T::Pattern,
    T::Kind,
    T::Action,
    T::IgnoreSeparators,
    T::WholeWord,
    T::Enabled,
    T::Note,
    T::CreatedAt,
    T::Hits,
];

fn from_row(row: &Record) -> Result<Rule, Fault> {
    Ok(Rule {
        id: RuleId(number(row, "id")?),
        pattern: column(row, "pattern")?,
        kind: stored(row, "kind")?,
        action: stored(row, "action")?,
        ignore_separators: yes(row, "ignore_separators")?,
        whole_word: yes(row, "whole_word")?,
        enabled: yes(row, "enabled")?,
        note: column(row, "note")?,
        created_at: UnixMs(number(row, "created_at")?),
        hits: number(row, "hits")?,
    })
}

/// Writes a rule, new or changed. What an existing one counted, and since when it stands, stays.
pub(crate) async fn put(tx: &Transaction, rule: &Rule) -> Result<Outcome, Stop> {
    let others = Query::select()
        .expr(Expr::col(T::Id).count())
        .from(T::Table)
        .and_where(Expr::col(T::Id).ne(rule.id.bind()))
        .take();
    let others = tx.query_one(&others).await?;
    let others = others.map_or(Ok(0), |row| row.at::<i64>(0))?;
    if uint(others) >= FILTER_RULES_MAX as u64 {
        return Err(Code::TooLarge.into());
    }
    let changed = OnConflict::column(T::Id)
        .update_columns([
            T::Pattern,
            T::Kind,
            T::Action,
            T::IgnoreSeparators,
            T::WholeWord,
            T::Enabled,
            T::Note,
        ])
        .to_owned();
    let insert = Query::insert()
        .into_table(T::Table)
        .columns(COLUMNS)
        .values_panic([
            rule.id.bind().into(),
            rule.pattern.as_str().into(),
            rule.kind.number().into(),
            rule.action.number().into(),
            i64::from(rule.ignore_separators).into(),
            i64::from(rule.whole_word).into(),
            i64::from(rule.enabled).into(),
            rule.note.as_str().into(),
            rule.created_at.bind().into(),
            rule.hits.bind().into(),
        ])
        .on_conflict(changed)
        .take();
    tx.execute(&insert).await?;
    Ok(Outcome::Done(Done::Nothing))
}

/// Takes a rule out; `NotFound` when there is none.
pub(crate) async fn delete(tx: &Transaction, rule: RuleId) -> Result<Outcome, Stop> {
    let delete = Query::delete()
        .from_table(T::Table)
        .and_where(Expr::col(T::Id).eq(rule.bind()))
        .take();
    if tx.execute(&delete).await? == 0 {
        return Err(Code::NotFound.into());
    }
    Ok(Outcome::Done(Done::Nothing))
}

/// Adds to what rules have counted; rules that are gone are passed over.
pub(crate) async fn count_hits(tx: &Transaction, hits: &[(RuleId, u64)]) -> Result<Outcome, Stop> {
    for (rule, count) in hits {
        let update = Query::update()
            .table(T::Table)
            .value(T::Hits, Expr::col(T::Hits).add(count.bind()))
            .and_where(Expr::col(T::Id).eq(rule.bind()))
            .take();
        tx.execute(&update).await?;
    }
    Ok(Outcome::Done(Done::Nothing))
}

impl Store {
    /// Every rule of the word filter, in the order they were made.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn rules(&self) -> Result<Vec<Rule>, Fault> {
        let select = Query::select()
            .columns(COLUMNS)
            .from(T::Table)
            .order_by(T::Id, Order::Asc)
            .take();
        self.readers
            .query_all(&select)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }
}
