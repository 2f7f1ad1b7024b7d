//! The one way out: HTTP requests to addresses that the operator named. Nothing else in the server
//! opens an outgoing connection, and this does only for webhooks and backends that are set up.
//!
//! No redirects are followed and no proxy variables are read. Requests whose address came from the
//! admin page go to public addresses only ([`Reach::Public`]): the name is resolved, every address
//! that is not public is left out, and the connection goes to one of those that remain, so that a
//! name can not be checked as one address and used as another.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::uri::Scheme;
use axum::http::{Request, Response, Uri};
use base::network::is_public;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use thiserror::Error;
use tower::Service;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections to one host that are kept for the next request.
const IDLE_PER_HOST_MAX: usize = 4;

/// Where a request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Anywhere: the operator wrote the address into the configuration file.
    Anywhere,
    /// To public addresses only.
    Public,
}

/// What one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Where it may go.
    pub reach: Reach,
    /// From the beginning to the end of the answer.
    pub timeout: Duration,
    /// The largest answer that is read, in bytes.
    pub answer_bytes_max: usize,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum OutboundError {
    /// Not `http:` or `https:` with a host and without a password.
    #[error("the address is not one of a web server")]
    NoAddress,
    /// The address is one of this machine or its networks.
    #[error("the address is private; only the configuration file may name such ones")]
    Private,
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// The answer was longer than allowed.
    #[error("the answer is too large")]
    TooLarge,
    /// Nobody there, or nobody who speaks HTTP.
    #[error("{0}")]
    Failed(String),
}

type Https = Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

struct Inner {
    anywhere: Https,
    public: Https,
}

/// The way out. Cheap to clone; connections are shared.
#[derive(Clone)]
pub struct Outbound(Arc<Inner>);

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outbound")
    }
}

/// Resolves names, and leaves out addresses that are out of reach.
#[derive(Debug, Clone)]
struct Resolver {
    system: GaiResolver,
    reach: Reach,
}

type Resolving =
    Pin<Box<dyn Future<Output = Result<std::vec::IntoIter<SocketAddr>, BoxError>> + Send>>;
type BoxError = Box<dyn Error + Send + Sync>;

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Resolving;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.system.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (resolving, reach) = (self.system.call(name), self.reach);
        Box::pin(async move {
            let all: Vec<SocketAddr> = resolving.await?.collect();
            let within = |it: &SocketAddr| reach == Reach::Anywhere || is_public(it.ip());
            let reached: Vec<_> = all.iter().copied().filter(within).collect();
            if reached.is_empty() && !all.is_empty() {
                return Err(OutboundError::Private.into());
            }
            Ok(reached.into_iter())
        })
    }
}

fn client(reach: Reach, tls: rustls::ClientConfig) -> Https {
    let system = GaiResolver::new();
    let mut tcp = HttpConnector::new_with_resolver(Resolver { system, reach });
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
        .build(connector)
}

/// TLS that believes whom this machine believes.
fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!(
            "this machine has no certificate authorities (install ca-certificates): requests to \
             https addresses will fail"
        );
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// An address that a request may go to, as far as its text tells.
///
/// # Errors
/// [`OutboundError::NoAddress`], and [`OutboundError::Private`] for a written-out address that
/// `reach` does not allow; names are looked at when a request is sent.
pub fn address(text: &str, reach: Reach) -> Result<Uri, OutboundError> {
    let uri: Uri = text.parse().map_err(|_| OutboundError::NoAddress)?;
    check(&uri, reach)?;
    Ok(uri)
}

fn check(uri: &Uri, reach: Reach) -> Result<(), OutboundError> {
    let web = uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS);
    let authority = uri.authority().ok_or(OutboundError::NoAddress)?;
    let host = authority.host();
    if !web || host.is_empty() || authority.as_str().contains('@') {
        return Err(OutboundError::NoAddress);
    }
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
    match (reach, literal) {
        (Reach::Public, Ok(address)) if !is_public(address) => Err(OutboundError::Private),
        (Reach::Public, Err(_)) if host.eq_ignore_ascii_case("localhost") => {
            Err(OutboundError::Private)
        }
        (Reach::Anywhere | Reach::Public, Ok(_) | Err(_)) => Ok(()),
    }
}

/// What went wrong, from the innermost cause that says something.
fn failed(error: &(dyn Error + 'static)) -> OutboundError {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(OutboundError::Private) = cause.downcast_ref::<OutboundError>() {
            return OutboundError::Private;
        }
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    OutboundError::Failed(text)
}

impl Outbound {
    /// Ready to send. Opens nothing yet.
    ///
    /// # Errors
    /// The TLS library has no protocol version, a fault of this build.
    pub fn new() -> Result<Self, rustls::Error> {
        let tls = tls()?;
        Ok(Self(Arc::new(Inner {
            anywhere: client(Reach::Anywhere, tls.clone()),
            public: client(Reach::Public, tls),
        })))
    }

    /// Sends a request and reads its whole answer, whatever its status. A redirect is an answer
    /// like any other.
    ///
    /// # Errors
    /// See [`OutboundError`].
    pub async fn send(
        &self,
        request: Request<Bytes>,
        allowance: Allowance,
    ) -> Result<Response<Bytes>, OutboundError> {
        check(request.uri(), allowance.reach)?;
        let request = request.map(Full::new);
        let exchange = async {
            let sent = match allowance.reach {
                Reach::Anywhere => self.0.anywhere.request(request).await,
                Reach::Public => self.0.public.request(request).await,
            };
            let (parts, body) = sent.map_err(|error| failed(&error))?.into_parts();
            let body = Limited::new(body, allowance.answer_bytes_max);
            let bytes = match body.collect().await {
                Ok(collected) => collected.to_bytes(),
                Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                    return Err(OutboundError::TooLarge);
                }
                Err(error) => return Err(failed(&*error)),
            };
            Ok(Response::from_parts(parts, bytes))
        };
        tokio::time::timeout(allowance.timeout, exchange)
            .await
            .map_err(|_| OutboundError::TimedOut)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_web_servers_are_taken() {
        for text in [
            "",
            "example.org/hook",
            "ftp://example.org/",
            "http://",
            "https://ann:secret@example.org/",
            "file:///etc/passwd",
        ] {
            let found = address(text, Reach::Anywhere);
            assert!(matches!(found, Err(OutboundError::NoAddress)), "{text}");
        }
        for text in ["http://127.0.0.1:9/", "https://example.org:8443/a?b=c"] {
            assert!(address(text, Reach::Anywhere).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_admin_page_can_not_name_this_machine_or_its_networks() {
        for text in [
            "http://127.0.0.1:9/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data",
            "https://LOCALHOST/",
        ] {
            let found = address(text, Reach::Public);
            assert!(matches!(found, Err(OutboundError::Private)), "{text}");
        }
        assert!(address("https://example.org/", Reach::Public).is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_when_it_is_resolved() {
        // Not written as four numbers, so no check of the text sees it; resolving does.
        let request = Request::builder()
            .uri("http://0x7f000001:9/")
            .body(Bytes::new())
            .unwrap();
        let allowance = Allowance {
            reach: Reach::Public,
            timeout: Duration::from_secs(10),
            answer_bytes_max: 10,
        };
        let sent = Outbound::new().unwrap().send(request, allowance).await;
        assert!(matches!(sent, Err(OutboundError::Private)), "{sent:?}");
    }
}
