//! Where addresses are, by a file: MaxMind's format, or a table of ranges. It must not know queries.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use kqlite::{IpLocation, IpLocator, IpRanges};

use crate::failure::Failure;
use crate::source::ReadOptions;
use crate::table_file::load_declared;

/// The file of `--geoip`.
#[derive(Clone)]
pub enum GeoIp {
    Ranges(Arc<IpRanges>),
    #[cfg(feature = "geoip")]
    MaxMind(Arc<maxminddb::Reader<Vec<u8>>>),
}

impl GeoIp {
    /// Reads the file.
    pub fn open(path: &Path, options: ReadOptions) -> Result<Self, Failure> {
        if path.extension().is_some_and(|it| it.eq_ignore_ascii_case("mmdb")) {
            return Self::max_mind(path);
        }
        let table = load_declared(path, options)?;
        let ranges = IpRanges::from_table(&table)
            .map_err(|message| Failure::wrong(format_args!("{}: {message}", path.display())))?;
        Ok(Self::Ranges(Arc::new(ranges)))
    }

    #[cfg(feature = "geoip")]
    fn max_mind(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
        let reader = maxminddb::Reader::from_source(bytes)
            .map_err(|error| Failure::wrong(format_args!("{}: {error}", path.display())))?;
        Ok(Self::MaxMind(Arc::new(reader)))
    }

    #[cfg(not(feature = "geoip"))]
    fn max_mind(path: &Path) -> Result<Self, Failure> {
        let message = "this build reads no .mmdb: it is without the feature geoip";
        Err(Failure::usage(format_args!("{}: {message}", path.display())))
    }
}

impl IpLocator for GeoIp {
    fn locate(&self, address: IpAddr) -> Option<IpLocation> {
        match self {
            Self::Ranges(ranges) => ranges.locate(address),
            #[cfg(feature = "geoip")]
            Self::MaxMind(reader) => {
                // What cannot be read is not known.
                let place: maxminddb::geoip2::City<'_> = reader.lookup(address).ok()?.decode().ok()??;
                let owned = |text: Option<&str>| text.map(str::to_owned);
                let location = IpLocation {
                    country: owned(place.country.names.english),
                    state: owned(place.subdivisions.first().and_then(|it| it.names.english)),
                    city: owned(place.city.names.english),
                    latitude: place.location.latitude,
                    longitude: place.location.longitude,
                };
                (location != IpLocation::default()).then_some(location)
            }
        }
    }
}
