//! IPv4 and IPv6 addresses with a prefix length, read and compared. It must not know the functions that take them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An address and how many of its leading bits count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    pub address: u128,
    pub prefix: u8,
    /// How many bits the address has: 32 or 128.
    pub bits: u8,
    /// It was written as an IPv4 address.
    pub from_v4: bool,
}

impl Network {
    /// An IPv4 address with or without a prefix length.
    pub fn v4(text: &str) -> Option<Self> {
        let (address, prefix) = split_prefix(text, 32)?;
        let address: Ipv4Addr = address.parse().ok()?;
        Some(Self { address: u128::from(u32::from(address)), prefix, bits: 32, from_v4: true })
    }

    /// An IPv6 address with or without a prefix length, or an IPv4 address as its IPv4-mapped one.
    ///
    /// `::1.2.3.4` has zeros before the IPv4 address; the prefix length counts the bits of the IPv4 address in both.
    /// Source: recorded answers, which differ from the parse_ipv6_mask page.
    pub fn v6(text: &str) -> Option<Self> {
        let compatible = text.strip_prefix("::").filter(|rest| !rest.contains(':'));
        if let Some(v4) = Self::v4(compatible.unwrap_or(text)) {
            let address = if compatible.is_some() { v4.address } else { 0xffff_0000_0000 | v4.address };
            return Some(Self { address, prefix: v4.prefix + 96, bits: 128, from_v4: true });
        }
        let (address, prefix) = split_prefix(text, 128)?;
        let address: Ipv6Addr = address.parse().ok()?;
        Some(Self { address: u128::from(address), prefix, bits: 128, from_v4: false })
    }

    /// With at most that many leading bits; `None` if there is no such prefix length.
    pub fn cut(self, prefix: i64) -> Option<Self> {
        let prefix = u8::try_from(prefix).ok().filter(|prefix| *prefix <= self.bits)?;
        Some(Self { prefix: self.prefix.min(prefix), ..self })
    }

    /// The address with all other bits 0.
    pub fn masked(self) -> u128 {
        let dropped = u32::from(self.bits - self.prefix);
        self.address.checked_shr(dropped).unwrap_or(0).checked_shl(dropped).unwrap_or(0)
    }

    /// How two networks compare over the shorter of their prefixes.
    pub fn compare(self, other: Self) -> std::cmp::Ordering {
        let prefix = self.prefix.min(other.prefix);
        Self { prefix, ..self }.masked().cmp(&Self { prefix, ..other }.masked())
    }
}

/// The address and the prefix length after the slash, the whole length where there is none.
fn split_prefix(text: &str, max: u8) -> Option<(&str, u8)> {
    let Some((address, prefix)) = text.split_once('/') else { return Some((text, max)) };
    let digits = (1..=3).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_digit());
    let prefix = prefix.parse::<u8>().ok().filter(|prefix| digits && *prefix <= max)?;
    Some((address, prefix))
}
