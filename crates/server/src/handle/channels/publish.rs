//! Publications in app channels, by clients and by the server itself.

use bytes::Bytes;
use domain::channel::{Act, ChannelName, ChannelOptions, may};
use domain::hub::{ClientId, ClientInfo, Lane, Position, Publication};
use wire::centrifugo::ErrorCode;

use super::{maps, name};
use crate::app::App;
use crate::door::backend::{Actor, Publish, Refused};
use crate::handle::proxy::value;

/// What is published, beside the channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publishing {
    /// One JSON value on one line.
    pub data: Bytes,
    /// Labels that subscribers can filter by.
    pub tags: Vec<(String, String)>,
    /// Who published, when subscribers are to know.
    pub info: Option<ClientInfo>,
    /// The one connection that does not get it.
    pub except: Option<ClientId>,
    /// It is told to whoever is there and not kept, although the channel has a history.
    pub skip_history: bool,
    /// It may be told as the difference to the one before, where the namespace allows it.
    pub delta: bool,
}

/// A client publishes.
///
/// # Errors
/// 102, 103, 107; what the operator's backend tells instead.
pub async fn publish(app: &App, actor: &Actor, asked: Publish<'_>) -> Result<(), Refused> {
    let name = name(asked.channel)?;
    let options = app.channels.options(name)?;
    if let Some(keyed) = asked.keyed {
        return maps::by_client(app, actor, (options, asked, keyed)).await;
    }
    if options.is_map() {
        return Err(ErrorCode::NotAvailable.into());
    }
    if options.publish_proxy_enabled && !name.is_wildcard() {
        let publishing = by_backend(app, actor, (options, asked)).await?;
        tell(app, (name, options), publishing)?;
        return Ok(());
    }
    may(
        options,
        app.channels.asker(actor, asked.subscribed),
        Act::Publish,
    )?;
    let publishing = Publishing {
        data: asked.data,
        info: Some(asked.info),
        except: (!options.echo).then_some(actor.client),
        delta: options.delta_publish,
        ..Publishing::default()
    };
    tell(app, (name, options), publishing)?;
    Ok(())
}

/// What the operator's backend makes of a publication, if it allows it.
async fn by_backend(
    app: &App,
    actor: &Actor,
    (options, asked): (&ChannelOptions, Publish<'_>),
) -> Result<Publishing, Refused> {
    if !options.publication_data_format.admits(&asked.data) {
        return Err(ErrorCode::BadRequest.into());
    }
    let question = (asked.channel, &asked.data);
    let answer = app.proxy.publish(actor, question).await?;
    let data = value(answer.data, answer.b64data)?.unwrap_or(asked.data);
    Ok(Publishing {
        data,
        tags: answer.tags.into_iter().collect(),
        info: Some(asked.info),
        except: (!options.echo).then_some(actor.client),
        skip_history: answer.skip_history,
        delta: answer.delta || options.delta_publish,
    })
}

/// Tells a channel, and those who listen to its whole namespace. Gives its place in the stream.
///
/// # Errors
/// The data is not what the namespace takes (107).
pub fn tell(
    app: &App,
    (name, options): (ChannelName<'_>, &ChannelOptions),
    publishing: Publishing,
) -> Result<Option<Position>, Refused> {
    if options.is_map() {
        return Err(ErrorCode::NotAvailable.into());
    }
    if !options.publication_data_format.admits(&publishing.data) || name.is_wildcard() {
        return Err(ErrorCode::BadRequest.into());
    }
    let keep = options.history.filter(|_| !publishing.skip_history);
    let publication = Publication {
        info: publishing.info,
        tags: publishing.tags,
        except: publishing.except,
        delta: options.fossil && (publishing.delta || options.delta_publish),
        ..Publication::new(keep.map_or(Lane::Ephemeral, Lane::Kept), publishing.data)
    };
    if let Some(wildcard) = name.wildcard().filter(|_| options.wildcard) {
        let whole = Publication {
            lane: Lane::Ephemeral,
            channel: Some(name.as_str().into()),
            ..publication.clone()
        };
        app.hub.publish(&wildcard, whole);
    }
    Ok(app.hub.publish(name.as_str(), publication))
}
