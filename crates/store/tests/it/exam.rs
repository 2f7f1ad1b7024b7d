//! SQLite sits the exam for every database.

use proptest::prelude::*;
use store::contract::Town;
use store::contract::model::{self, Step};
use store::{Options, Store};
use tempfile::TempDir;

pub(crate) fn options() -> Options {
    Options {
        readers: 2,
        ballast_bytes: 0,
        ..Options::default()
    }
}

pub(crate) async fn town() -> (Town, TempDir) {
    let dir = TempDir::new().unwrap();
    let (store, writer) = Store::open(dir.path(), options()).await.unwrap();
    (Town::found(store, writer).await, dir)
}

store::every_exam!(crate::exam::town);

fn step() -> impl Strategy<Value = Step> {
    let who = 0..model::PEOPLE.len();
    let someone = prop::option::of(0..model::PEOPLE.len());
    prop_oneof![
        6 => (who.clone(), prop::option::of(0u8..12), someone.clone(), prop::bool::weighted(0.1))
            .prop_map(|(who, client_id, mention, all)| {
                Step::Post { who, client_id, mention, all }
            }),
        2 => (who.clone(), any::<usize>(), someone)
            .prop_map(|(who, nth, mention)| Step::Edit { who, nth, mention }),
        2 => (who.clone(), any::<usize>()).prop_map(|(who, nth)| Step::Delete { who, nth }),
        2 => (who.clone(), any::<usize>(), any::<bool>())
            .prop_map(|(who, nth, on)| Step::React { who, nth, on }),
        2 => (who, 0u64..60, any::<bool>())
            .prop_map(|(who, seq, rewind)| Step::Read { who, seq, rewind }),
        3 => Just(Step::Commit),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_steps_leave_the_store_as_the_model(steps in prop::collection::vec(step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (town, _kept) = town().await;
            model::run(town, steps).await;
        });
    }
}
