//! IPv4 address ranges of a cluster.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address with a prefix length, as written: the address may have bits outside the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

/// Ranges that OVN-Kubernetes and the platform use inside every cluster; pod and service networks must not overlap
/// them.
pub const RESERVED: [Range; 3] = [
    Range::new(Ipv4Addr::new(100, 64, 0, 0), 16),
    Range::new(Ipv4Addr::new(169, 254, 169, 0), 29),
    Range::new(Ipv4Addr::new(100, 88, 0, 0), 16),
];

/// An IPv4 network: address and prefix length, without bits outside the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    network: u32,
    prefix: u8,
}

impl Range {
    /// The network that contains `address`; a prefix above 32 counts as 32.
    pub const fn new(address: Ipv4Addr, prefix: u8) -> Self {
        let prefix = if prefix > 32 { 32 } else { prefix };
        Self {
            network: u32::from_be_bytes(address.octets()) & mask(prefix),
            prefix,
        }
    }

    /// The first address.
    pub const fn network(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network)
    }

    /// The length of the prefix in bits.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether the two have an address in common.
    pub const fn overlaps(self, other: Self) -> bool {
        let shorter = if self.prefix < other.prefix {
            self.prefix
        } else {
            other.prefix
        };
        (self.network ^ other.network) & mask(shorter) == 0
    }

    /// Whether it overlaps one of [`RESERVED`].
    pub fn is_reserved(self) -> bool {
        RESERVED.iter().any(|reserved| reserved.overlaps(self))
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.network(), self.prefix)
    }
}

const fn mask(prefix: u8) -> u32 {
    if prefix == 0 { 0 } else { u32::MAX << (32 - prefix) }
}

impl Cidr {
    /// Parses `address/prefix` of either family; `None` if it is not in that form. The prefix may have leading
    /// zeros, the numbers of an address may not.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= widest)?;
        Some(Self { address, prefix })
    }

    /// The IPv4 network, `None` for IPv6. A network of IPv4-mapped addresses counts as IPv4.
    pub fn v4(self) -> Option<Range> {
        match self.address {
            IpAddr::V4(address) => Some(Range::new(address, self.prefix)),
            IpAddr::V6(address) if self.prefix >= 96 => Some(Range::new(mapped(address)?, self.prefix - 96)),
            IpAddr::V6(_) => None,
        }
    }

    /// The length of the prefix as written.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether the address has no bits outside the prefix (IPv6 addresses count as if they had none).
    pub fn is_network(self) -> bool {
        match self.address {
            IpAddr::V4(address) => Range::new(address, self.prefix).network() == address,
            IpAddr::V6(_) => true,
        }
    }
}

fn mapped(address: Ipv6Addr) -> Option<Ipv4Addr> {
    address.to_ipv4_mapped()
}

/// Whether the text is an IP address of either family.
pub fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Whether the text is an IPv4 address, possibly written as an IPv4-mapped IPv6 address.
pub fn is_ipv4(text: &str) -> bool {
    match text.parse() {
        Ok(IpAddr::V4(_)) => true,
        Ok(IpAddr::V6(address)) => mapped(address).is_some(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(text: &str) -> Option<String> {
        Cidr::parse(text).and_then(Cidr::v4).map(|range| range.to_string())
    }

    #[test]
    fn syntax_is_strict_about_addresses_and_lenient_about_zeros_in_prefixes() {
        assert_eq!(v4("10.128.0.0/014").as_deref(), Some("10.128.0.0/14"));
        assert_eq!(v4("10.254.0.0/14").as_deref(), Some("10.252.0.0/14"));
        assert_eq!(v4("0.0.0.0/0").as_deref(), Some("0.0.0.0/0"));
        for wrong in [
            "",
            "/",
            "/14",
            "10.128.0.0",
            "10.128.0.0/",
            "10.128.0.0/33",
            "10.128.0.0/-1",
            "10.128.0.0/+14",
            "10.128.0.0/14 ",
            " 10.128.0.0/14",
            "10.128.0.0/14/1",
            "010.128.0.0/14",
            "0x0a.0.0.0/8",
            "256.0.0.0/8",
            "10.128.0/14",
            "fe80::1%eth0/64",
            "abc",
            "10.128.0.0\n/14",
            "10.128.0.0/999",
        ] {
            assert_eq!(Cidr::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn mapped_addresses_count_as_ipv4_when_the_prefix_covers_the_mapping() {
        assert_eq!(v4("::/0"), None);
        assert_eq!(v4("2001:db8::/32"), None);
        assert_eq!(v4("::ffff:10.128.0.0/14"), None);
        assert_eq!(Cidr::parse("::ffff:10.128.0.0/110").map(Cidr::prefix), Some(110));
        assert!(v4("::ffff:10.128.0.0/110").is_some());
    }

    #[test]
    fn overlap_with_reserved_ranges_is_seen_from_both_sides() {
        let reserved = |text| Cidr::parse(text).and_then(Cidr::v4).is_some_and(Range::is_reserved);
        for inside in [
            "100.64.0.0/16",
            "100.64.1.0/18",
            "100.0.0.0/8",
            "100.65.0.0/15",
            "168.0.0.0/7",
            "100.88.0.0/17",
            "0.0.0.0/0",
        ] {
            assert!(reserved(inside), "{inside}");
        }
        for outside in ["100.65.0.0/16", "100.63.0.0/16", "169.254.169.8/29", "10.128.0.0/14"] {
            assert!(!reserved(outside), "{outside}");
        }
    }

    #[test]
    fn host_bits_are_seen() {
        assert!(Cidr::parse("10.128.0.0/14").unwrap().is_network());
        assert!(!Cidr::parse("10.128.0.1/14").unwrap().is_network());
        assert!(!Cidr::parse("10.129.0.0/14").unwrap().is_network());
    }

    #[test]
    fn addresses() {
        assert!(is_ipv4("1.2.3.4") && is_ipv4("::ffff:1.2.3.4") && is_ipv4("0.0.0.0"));
        assert!(!is_ipv4("::1") && is_ip("::1"));
        for wrong in [
            "01.2.3.4",
            " 1.2.3.4",
            "1.2.3.4:80",
            "1.2.3",
            "fe80::1%eth0",
            "256.1.1.1",
            "",
        ] {
            assert!(!is_ip(wrong), "{wrong}");
        }
    }
}
