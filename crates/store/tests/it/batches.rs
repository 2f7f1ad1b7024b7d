//! Batches of which one command fails for a reason that is nobody's rule.

use domain::chat::filter::{Action, Rule, RuleKind};
use store::contract::town::{ANN, LOBBY, text};
use store::{Command, FaultKind, Outcome, WriterState};

use crate::exam::town;

#[tokio::test]
async fn a_command_that_fails_does_not_take_its_batch_with_it() {
    let (mut town, dir) = town().await;
    let url = format!("sqlite://{}", dir.path().join("plaza.db").display());
    let beside = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("DROP TABLE rule")
        .execute(&beside)
        .await
        .unwrap();
    beside.close().await;
    let rule = Rule {
        id: base::RuleId(1),
        pattern: "spam".to_owned(),
        kind: RuleKind::Keyword,
        action: Action::Block,
        ignore_separators: false,
        whole_word: false,
        enabled: true,
        note: String::new(),
        created_at: town.now,
        hits: 0,
    };
    let before = town.log().await.len();
    let batch = vec![
        town.by(ANN, LOBBY, text("one")),
        Command::PutRule(Box::new(rule)),
        town.by(ANN, LOBBY, text("two")),
    ];
    let outcomes = town.writer.commit(batch).await;
    assert!(matches!(outcomes[0], Outcome::Done(_)));
    let Outcome::Fault(fault) = &outcomes[1] else {
        panic!("no fault: {:?}", outcomes[1])
    };
    assert_eq!(fault.kind, FaultKind::Database);
    assert!(matches!(outcomes[2], Outcome::Done(_)));
    assert_eq!(town.log().await.len(), before + 2, "each once");
    assert_eq!(town.writer.state(), WriterState::Open);
    town.say(ANN, "three").await;
}
