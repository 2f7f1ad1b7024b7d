//! The schema, step by step, for every database. A step that was released is never changed.
//!
//! Only [`crate::Store::open`] runs it, before anything else may write.

mod m0001_start;
mod m0002_developer;
mod m0003_calls;

use sea_orm_migration::prelude::*;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_start::Start),
            Box::new(m0002_developer::Developer),
            Box::new(m0003_calls::Calls),
        ]
    }
}
