//! The addresses of this machine that clients are told, where the operator names none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use base::limits::MEDIA_ADDRESSES_MAX;

/// Public addresses that nothing is ever sent to: only the way there is asked for.
const FAR_V4: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);
const FAR_V6: (Ipv6Addr, u16) = (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9);

/// The addresses of the interfaces, the one towards the internet first. Loopback only where there
/// is nothing else.
pub(super) fn own() -> Vec<IpAddr> {
    let mut all: Vec<IpAddr> = [towards(FAR_V4), towards(FAR_V6)]
        .into_iter()
        .flatten()
        .collect();
    let v4 = std::fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
    let v6 = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    all.extend(v4_of(&v4).into_iter().map(IpAddr::from));
    all.extend(v6_of(&v6).into_iter().map(IpAddr::from));
    let mut seen = Vec::new();
    for ip in all {
        if !ip.is_loopback() && !seen.contains(&ip) && seen.len() < MEDIA_ADDRESSES_MAX {
            seen.push(ip);
        }
    }
    if seen.is_empty() {
        seen.push(Ipv4Addr::LOCALHOST.into());
    }
    seen
}

/// Our address on the way to another one. Nothing is sent.
fn towards(far: (impl Into<IpAddr>, u16)) -> Option<IpAddr> {
    let far = (far.0.into(), far.1);
    let any: IpAddr = match far.0 {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(far).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|it| !it.is_unspecified())
}

/// The addresses that Linux's routing table calls local: lines of an address, each followed by one
/// that says what it is.
fn v4_of(table: &str) -> Vec<Ipv4Addr> {
    let mut found = Vec::new();
    let mut before: Option<Ipv4Addr> = None;
    for line in table.lines() {
        if let Some(address) = line.trim().strip_prefix("|-- ") {
            before = address.parse().ok();
        } else if line.contains("/32 host LOCAL")
            && let Some(address) = before.take()
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

/// The global ones of Linux's list: `address number prefix scope flags name`.
fn v6_of(list: &str) -> Vec<Ipv6Addr> {
    let global = |line: &str| {
        let mut words = line.split_whitespace();
        let digits = words.next()?;
        let scope = words.nth(2)?;
        let bits = u128::from_str_radix(digits, 16).ok()?;
        (scope == "00").then(|| Ipv6Addr::from(bits))
    };
    list.lines().filter_map(global).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_addresses_are_read_from_the_routing_table() {
        let table = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n\
            Local:\n     |-- 10.99.0.1\n        /32 host LOCAL\n     |-- 10.99.0.255\n        \
            /32 link BROADCAST\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 10.99.0.1\n\
            \u{20}       /32 host LOCAL\n";
        let found = v4_of(table);
        assert_eq!(found, [Ipv4Addr::new(10, 99, 0, 1), Ipv4Addr::LOCALHOST]);
    }

    #[test]
    fn only_global_addresses_of_ipv6_are_told() {
        let list = "fe80000000000000a00000fffe000001 02 40 20 80 eth0\n\
            20010db8000000000000000000000007 02 40 00 80 eth0\n";
        assert_eq!(v6_of(list), ["2001:db8::7".parse::<Ipv6Addr>().unwrap()]);
    }

    #[test]
    fn there_is_always_an_address() {
        assert!(!own().is_empty());
    }
}
