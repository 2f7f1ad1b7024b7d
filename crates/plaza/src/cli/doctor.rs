//! stub
use clap::Args;
use super::{Ended};
#[derive(Debug, Args)]
pub(super) struct Doctor {}
impl Doctor { pub(super) fn run(self) -> Ended { Ok(()) } }
