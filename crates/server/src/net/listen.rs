//! The addresses where the server listens: all of them are opened before any is served.
//!
//! It takes no connection itself; `net::accept` does.

use std::io;
use std::net::SocketAddr;

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Connections that the system takes ahead of us, where it allows as many. Who comes on top of them
/// tries again after a second.
const BACKLOG: i32 = 4_096;

/// An open address.
#[derive(Debug)]
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// Where it listens: with the port that the system gave, when any free one was asked for.
    pub address: SocketAddr,
    /// The address as the configuration tells it, by which routes name it.
    pub named: ListenerName,
}

/// An address of the configuration; every request carries the one that it came in at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenerName(pub SocketAddr);

/// An address at which nothing can listen, and why.
#[derive(Debug)]
pub struct Unavailable {
    /// Which.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

/// Opens all of them. An IPv6 address after the first is passed over when the machine has no IPv6.
///
/// # Errors
/// The first one that can not be opened.
pub fn open(addresses: &[SocketAddr]) -> Result<Vec<Listener>, Unavailable> {
    let mut open = Vec::new();
    for (at, address) in addresses.iter().enumerate() {
        // Otherwise `[::]` would also take the IPv4 side of a port that is asked for twice.
        let twin = |other: &SocketAddr| other.is_ipv4() && other.port() == address.port();
        match bind(*address, addresses.iter().any(twin)) {
            Ok(listener) => open.push(listener),
            Err(error) if at > 0 && address.is_ipv6() && is_without_ipv6(&error) => {
                tracing::warn!(%address, "no IPv6 on this machine: nothing listens here");
            }
            Err(source) => {
                let address = *address;
                return Err(Unavailable { address, source });
            }
        }
    }
    Ok(open)
}

fn is_without_ipv6(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL]
        .iter()
        .any(|errno| code == Some(errno.raw_os_error()))
}

fn bind(address: SocketAddr, only_v6: bool) -> io::Result<Listener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() && only_v6 {
        socket.set_only_v6(true)?;
    }
    // A server that starts again must not wait for the old connections to be forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let socket = TcpListener::from_std(socket.into())?;
    Ok(Listener {
        address: socket.local_addr()?,
        socket,
        named: ListenerName(address),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_port_can_be_opened_on_both_families_and_only_once() {
        let first = open(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let port = first[0].address.port();
        let taken = SocketAddr::new([127, 0, 0, 1].into(), port);
        let refused = open(&["127.0.0.1:0".parse().unwrap(), taken]).unwrap_err();
        assert_eq!(refused.address, taken);
        assert_eq!(refused.source.kind(), io::ErrorKind::AddrInUse);
        drop(first);
        let any: [SocketAddr; 2] = [
            SocketAddr::new([0, 0, 0, 0].into(), port),
            SocketAddr::new([0u16; 8].into(), port),
        ];
        let both = open(&any).unwrap();
        assert!(both.iter().all(|listener| listener.address.port() == port));
    }

    #[test]
    fn a_machine_without_ipv6_is_told_from_a_busy_port() {
        let error = |errno: Errno| io::Error::from_raw_os_error(errno.raw_os_error());
        assert!(is_without_ipv6(&error(Errno::AFNOSUPPORT)));
        assert!(is_without_ipv6(&error(Errno::ADDRNOTAVAIL)));
        assert!(!is_without_ipv6(&error(Errno::ADDRINUSE)));
    }
}
