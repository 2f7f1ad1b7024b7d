//! A network of IP addresses, as operators write it: `10.0.0.0/8`, or one address alone.
//!
//! Pure. An IPv4 address inside IPv6 counts as IPv4 everywhere, so that nothing passes by being
//! written in another way.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IP address, or a network as `address/prefix length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

impl Network {
    /// The network of so many leading bits around an address; the rest of the address is cleared.
    /// `None` when the address has no so many.
    #[must_use]
    pub fn around(address: IpAddr, prefix_bits: u8) -> Option<Self> {
        let address = match address.to_canonical() {
            IpAddr::V4(address) if prefix_bits <= 32 => {
                Ipv4Addr::from_bits(address.to_bits() & mask(32, prefix_bits) as u32).into()
            }
            IpAddr::V6(address) if prefix_bits <= 128 => {
                Ipv6Addr::from_bits(address.to_bits() & mask(128, prefix_bits)).into()
            }
            IpAddr::V4(_) | IpAddr::V6(_) => return None,
        };
        Some(Self {
            address,
            prefix_bits,
        })
    }

    /// Whether `address` lies in this network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        Self::around(address, self.prefix_bits).is_some_and(|around| {
            around.address.is_ipv4() == self.address.is_ipv4() && around.address == self.address
        })
    }

    /// How many leading bits of an address count.
    #[must_use]
    pub const fn prefix_bits(&self) -> u8 {
        self.prefix_bits
    }
}

/// What no server on the public internet has: private, local, shared, documentation, multicast and
/// reserved addresses (IANA special-purpose registries).
const SPECIAL_V4: [(u32, u8); 15] = [
    (0x0000_0000, 8),
    (0x0a00_0000, 8),
    (0x6440_0000, 10),
    (0x7f00_0000, 8),
    (0xa9fe_0000, 16),
    (0xac10_0000, 12),
    (0xc000_0000, 24),
    (0xc000_0200, 24),
    (0xc058_6300, 24),
    (0xc0a8_0000, 16),
    (0xc612_0000, 15),
    (0xc633_6400, 24),
    (0xcb00_7100, 24),
    (0xe000_0000, 4),
    (0xf000_0000, 4),
];

/// The same of IPv6, within the one block that is given out, 2000::/3: protocol assignments with
/// Teredo, documentation, and 6to4, behind which any IPv4 address may hide.
const SPECIAL_V6: [(u128, u8); 4] = [
    (0x2001_0000 << 96, 23),
    (0x2001_0db8 << 96, 32),
    (0x2002 << 112, 16),
    (0x3fff << 112, 20),
];

/// Whether an address is one of the public internet, rather than of this machine, its networks or
/// no host at all.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let bits = u128::from(address.to_bits());
            let inside = |(net, length): (u32, u8)| bits & mask(32, length) == u128::from(net);
            !SPECIAL_V4.into_iter().any(inside)
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let inside = |(net, length): (u128, u8)| bits & mask(128, length) == net;
            inside((0x2000 << 112, 3)) && !SPECIAL_V6.into_iter().any(inside)
        }
    }
}

/// So many leading ones of `bits`.
const fn mask(bits: u32, prefix_bits: u8) -> u128 {
    let ones = match u128::MAX.checked_shl(bits - prefix_bits as u32) {
        Some(ones) => ones,
        None => 0,
    };
    ones & (u128::MAX >> (128 - bits))
}

impl std::str::FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not an address or network such as \"10.0.0.0/8\"");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let address = address.to_canonical();
        let prefix_bits = match bits {
            Some(bits) => bits.parse().map_err(|_| wrong())?,
            None if address.is_ipv4() => 32,
            None => 128,
        };
        Self::around(address, prefix_bits).ok_or_else(wrong)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

impl serde::Serialize for Network {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Network {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let holds = |net: &str, address: &str| {
            let net: Network = net.parse().unwrap();
            net.contains(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.1.2"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("127.0.0.1", "::ffff:127.0.0.1"));
        assert!(holds("::ffff:127.0.0.1", "127.0.0.1"));
        assert!(!holds("127.0.0.1", "127.0.0.2"));
        assert!(holds("0.0.0.0/0", "8.8.8.8"));
        assert!(!holds("0.0.0.0/0", "fd12::1"));
        assert!(!holds("::/0", "8.8.8.8"));
        assert!(holds("fd00::/8", "fd12::1"));
        assert!(!holds("fd00::/8", "fe80::1"));
    }

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for text in [
            "8.8.8.8",
            "203.0.114.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2001:0:1::1",
            "2002:7f00:1::",
            "fd00::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn one_network_is_written_in_one_way() {
        let net = |text: &str| text.parse::<Network>().unwrap();
        assert_eq!(net("203.0.113.77/24"), net("203.0.113.0/24"));
        assert_eq!(net("203.0.113.77/24").to_string(), "203.0.113.0/24");
        assert_eq!(net("::1").to_string(), "::1/128");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "localhost",
            "10.0.0.0/x",
            "::1/129",
            "1.1.1.1/-1",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
