//! Where addresses of the Internet are: what a program brings for `geo_info_from_ip_address`, and ranges in a table. It must
//! not know files and their formats.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::column::Table;
use crate::types::{Bag, Dynamic};

/// Tells where addresses are, for `geo_info_from_ip_address`. See [`Database::locate_ips`](crate::Database::locate_ips).
pub trait IpLocator: Send + Sync {
    /// The place of an address; `None` if it is not known. It is called once for each row, from several threads.
    fn locate(&self, address: IpAddr) -> Option<IpLocation>;
}

impl fmt::Debug for dyn IpLocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpLocator").finish_non_exhaustive()
    }
}

/// The place of an address, as far as it is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IpLocation {
    /// The name of the country.
    pub country: Option<String>,
    /// The name of the state or another part of the country.
    pub state: Option<String>,
    /// The name of the city.
    pub city: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

impl IpLocation {
    /// The members that are known, under the names of the result of `geo_info_from_ip_address`.
    #[must_use]
    pub fn to_bag(&self) -> Dynamic {
        let mut bag = Bag::new();
        let texts = [("country", &self.country), ("state", &self.state), ("city", &self.city)];
        for (key, text) in texts {
            if let Some(text) = text {
                bag.insert(key.into(), Dynamic::String(text.as_str().into()));
            }
        }
        for (key, degrees) in [("latitude", self.latitude), ("longitude", self.longitude)] {
            if let Some(degrees) = degrees {
                bag.insert(key.into(), Dynamic::Real(degrees));
            }
        }
        Dynamic::bag(bag)
    }
}

/// Ranges of addresses and where they are. Of ranges that hold an address, the narrowest around it counts.
#[derive(Debug, Clone, Default)]
pub struct IpRanges {
    /// By their first address; a wide one comes before those within it.
    ranges: Vec<IpRange>,
}

#[derive(Debug, Clone)]
struct IpRange {
    first: u128,
    last: u128,
    /// The range around this one.
    around: Option<usize>,
    location: IpLocation,
}

impl IpRanges {
    /// Reads ranges from the rows of a table with a column `network` (`192.0.2.0/24`, an address), or the columns `start` and
    /// `end` (addresses, both included), and any of `country`, `state`, `city`, `latitude`, `longitude`.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, IpRanges, Options, Table};
    /// let rows = serde_json::json!([{"network": "203.0.113.0/24", "country": "Norway", "city": "Oslo"}]);
    /// let mut db = Database::new();
    /// db.locate_ips(IpRanges::from_table(&Table::from_json_rows(rows.as_array().unwrap())?)?);
    /// let query = db.compile("print place = tostring(geo_info_from_ip_address('203.0.113.9'))")?;
    /// let answer = query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
    /// assert_eq!(answer.value(0, "place"), Some(r#"{"country":"Norway","city":"Oslo"}"#.into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The columns are not there, or one holds something else; the text says which row it is.
    pub fn from_table(table: &Table) -> Result<Self, String> {
        let text = |row: usize, name: &str| {
            let text = table.value(row, name).map(|value| value.to_string()).unwrap_or_default();
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let has = |name: &str| table.schema().position(name).is_some();
        let has_both = has("start") && has("end");
        if !has("network") && !has_both {
            return Err("ranges of addresses have a column 'network', or 'start' and 'end'".to_owned());
        }
        let mut ranges = Vec::with_capacity(table.len());
        for row in 0..table.len() {
            let wrong = |what: &str, text: &str| format!("row {}: '{text}' is no {what}", row + 1);
            let (first, last) = match text(row, "network") {
                Some(network) => network_bounds(&network).ok_or_else(|| wrong("network", &network))?,
                None => {
                    let bound = |name: &str| {
                        let text = text(row, name).unwrap_or_default();
                        parse_address(&text).map(as_number).ok_or_else(|| wrong("address", &text))
                    };
                    (bound("start")?, bound("end")?)
                }
            };
            let degrees = |name: &str| match text(row, name) {
                None => Ok(None),
                Some(text) => text.parse().map(Some).map_err(|_| wrong("number of degrees", &text)),
            };
            let location = IpLocation {
                country: text(row, "country"),
                state: text(row, "state"),
                city: text(row, "city"),
                latitude: degrees("latitude")?,
                longitude: degrees("longitude")?,
            };
            ranges.push(IpRange { first, last, around: None, location });
        }
        ranges.sort_by(|a, b| a.first.cmp(&b.first).then(b.last.cmp(&a.last)));
        let mut open: Vec<(usize, u128)> = Vec::new();
        for (at, range) in ranges.iter_mut().enumerate() {
            while open.pop_if(|(_, last)| *last < range.last).is_some() {}
            range.around = open.last().map(|(around, _)| *around);
            open.push((at, range.last));
        }
        Ok(Self { ranges })
    }
}

impl IpLocator for IpRanges {
    fn locate(&self, address: IpAddr) -> Option<IpLocation> {
        let number = as_number(address);
        let mut at = self.ranges.partition_point(|it| it.first <= number).checked_sub(1);
        while let Some(range) = at.and_then(|at| self.ranges.get(at)) {
            if number <= range.last {
                return Some(range.location.clone());
            }
            at = range.around;
        }
        None
    }
}

/// Reads an address; one of version 4 may be written as one of version 6 (`::ffff:192.0.2.1`).
pub fn parse_address(text: &str) -> Option<IpAddr> {
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// The address as one of version 6, so that all of them have one order.
fn as_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(Ipv4Addr::to_ipv6_mapped(&address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The first and the last address of `192.0.2.0/24`, of `2001:db8::/32` or of a single address.
fn network_bounds(text: &str) -> Option<(u128, u128)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address.parse::<IpAddr>().ok()?, Some(bits.parse::<u32>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    let width = if address.is_ipv4() { Ipv4Addr::BITS } else { Ipv6Addr::BITS };
    let free = width.checked_sub(bits.unwrap_or(width))?;
    let within = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    let number = as_number(address);
    Some((number & !within, number | within))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{ScalarType, Schema, Value};

    #[test]
    fn the_narrowest_range_counts() {
        let schema = Schema::new(["network", "country"].map(|name| (name, ScalarType::String)));
        let rows = [
            ("10.0.0.0/8", "wide"),
            ("10.1.0.0/16", "narrow"),
            ("10.1.2.3", "one"),
            ("2001:db8::/32", "six"),
        ];
        let rows = rows.map(|(network, country)| vec![Value::from(network), Value::from(country)]);
        let ranges = IpRanges::from_table(&Table::from_rows(schema, rows)).unwrap();
        let country = |address: &str| ranges.locate(address.parse().unwrap()).and_then(|it| it.country);
        for (address, expected) in [
            ("10.0.0.1", Some("wide")),
            ("10.1.2.2", Some("narrow")),
            ("10.1.2.3", Some("one")),
            ("10.1.2.4", Some("narrow")),
            ("10.255.255.255", Some("wide")),
            ("11.0.0.0", None),
            ("9.255.255.255", None),
            ("2001:db8:1::1", Some("six")),
            ("2001:db9::", None),
        ] {
            assert_eq!(country(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn wrong_ranges_are_told() {
        let table = |name: &str, text: &str| {
            Table::from_rows(Schema::new([(name, ScalarType::String)]), [vec![Value::from(text)]])
        };
        assert!(IpRanges::from_table(&table("net", "10.0.0.0/8")).is_err());
        for text in ["10.0.0.0/33", "10.0.0/8", "", "x"] {
            assert!(IpRanges::from_table(&table("network", text)).is_err(), "{text}");
        }
        assert!(IpRanges::from_table(&table("network", "0.0.0.0/0")).is_ok());
        assert!(IpRanges::from_table(&table("network", "::/0")).is_ok());
    }
}
