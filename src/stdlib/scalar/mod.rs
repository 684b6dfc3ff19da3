//! Scalar functions, one file a family. It must not know aggregates.

mod array;
mod array_sort;
mod assertion;
mod bag;
mod bin;
mod binary;
#[cfg(feature = "compression")]
mod compression;
mod conditional;
mod conversion;
mod convert;
mod datetime;
mod datetime_format;
mod dynamic;
mod encoding;
pub(super) mod geo;
mod hash;
#[cfg(test)]
mod hostile;
mod ingestion;
mod ip_location;
mod ipv4_text;
mod json_instants;
mod make_series;
mod math;
mod network;
mod operator;
mod overlapping;
mod parse;
mod punycode;
mod random;
mod reference;
mod regex;
mod rows;
mod series;
mod series_columns;
mod series_decompose;
mod series_fft;
mod series_fill;
mod series_fit;
mod series_fit_poly;
mod series_outliers;
mod series_periods;
mod series_stats;
mod session;
mod set;
mod sketch;
mod spectrum;
mod storage;
mod string;
#[cfg(feature = "timezones")]
mod timezone;
#[cfg(feature = "user-agent")]
mod user_agent;
mod window;
mod xml;

use crate::function::Registry;

/// Adds every family.
pub(super) fn register(registry: &mut Registry) {
    for family in [
        array::FUNCTIONS,
        array_sort::FUNCTIONS,
        assertion::FUNCTIONS,
        bag::FUNCTIONS,
        bin::FUNCTIONS,
        conditional::FUNCTIONS,
        conversion::FUNCTIONS,
        convert::FUNCTIONS,
        datetime::FUNCTIONS,
        datetime_format::FUNCTIONS,
        dynamic::FUNCTIONS,
        geo::FUNCTIONS,
        series::FUNCTIONS,
        series_decompose::FUNCTIONS,
        series_fft::FUNCTIONS,
        series_fit::FUNCTIONS,
        series_fit_poly::FUNCTIONS,
        series_outliers::FUNCTIONS,
        series_fill::FUNCTIONS,
        series_stats::FUNCTIONS,
        session::FUNCTIONS,
        set::FUNCTIONS,
        sketch::FUNCTIONS,
        binary::FUNCTIONS,
        math::FUNCTIONS,
        math::REALS,
        random::FUNCTIONS,
        ingestion::FUNCTIONS,
        ip_location::FUNCTIONS,
        reference::FUNCTIONS,
        regex::FUNCTIONS,
        network::FUNCTIONS,
        ipv4_text::FUNCTIONS,
        hash::FUNCTIONS,
        encoding::FUNCTIONS,
        parse::FUNCTIONS,
        storage::FUNCTIONS,
        string::FUNCTIONS,
        window::FUNCTIONS,
        xml::FUNCTIONS,
    ] {
        registry.add_scalars(family);
    }
    registry.add_internals(make_series::FUNCTIONS);
    #[cfg(feature = "compression")]
    registry.add_scalars(compression::FUNCTIONS);
    #[cfg(feature = "h3")]
    registry.add_scalars(geo::h3::FUNCTIONS);
    #[cfg(feature = "timezones")]
    registry.add_scalars(timezone::FUNCTIONS);
    #[cfg(feature = "user-agent")]
    registry.add_scalars(user_agent::FUNCTIONS);
    operator::FAMILIES.iter().for_each(|family| registry.add_scalars(family));
}
