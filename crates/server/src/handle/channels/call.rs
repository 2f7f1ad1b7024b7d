//! Methods that app users call: the operator's backend answers them.

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use wire::centrifugo::ErrorCode;

use crate::app::Shared;
use crate::door::backend::{Actor, Refused};
use crate::handle::proxy::About;

/// What a method answers. Calls of one connection are asked at once, and answered as they come.
///
/// The future gives 108 where no backend is asked; what the backend tells otherwise.
#[must_use]
pub fn call(
    app: &Shared,
    actor: Actor,
    (method, data): (&str, Bytes),
) -> BoxFuture<'static, Result<Bytes, Refused>> {
    if !app.proxy.answers(About::Rpc) {
        return std::future::ready(Err(ErrorCode::NotAvailable.into())).boxed();
    }
    let (app, method) = (Shared::clone(app), method.to_owned());
    async move { app.proxy.rpc(&actor, &method, &data).await }.boxed()
}
