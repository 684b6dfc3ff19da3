//! Where addresses are. It must not know where that is looked up.

use crate::column::{Column, DynamicType, StringType};
use crate::function::kinds::{STRING, returns};
use crate::function::{
    Call, Category, Cost, Example, Kernel, Result, ScalarFunction, Volatility, parse_address, signatures,
};

use super::rows::Guard;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: "geo_info_from_ip_address",
    category: Category::Network,
    summary: "Country, state, city, latitude and longitude of an IPv4 or IPv6 address, as far as they are known, in a property \
        bag. They come from data that the program brings (`Database::locate_ips`, `--geoip FILE`); without it, it is null.",
    signatures: signatures![(ip_address: STRING) -> returns::DYNAMIC],
    volatility: Volatility::Stable,
    kernel: Kernel::Rows(geo_info_from_ip_address),
    cost: Cost::of(200),
    examples: &[
        Example { query: "geo_info_from_ip_address('no address')", result: "null" },
        Example { query: "isnull(geo_info_from_ip_address('20.53.203.500'))", result: "true" },
    ],
    ..ScalarFunction::DEFAULT
}];

fn geo_info_from_ip_address(call: &Call<'_>) -> Result<Column> {
    let guard = Guard::new(call);
    let column = call.map1::<StringType, DynamicType>(|text| {
        guard.row(|| {
            let Some(address) = parse_address(text) else { return Ok(None) };
            let Some(locator) = &call.context.locator else {
                let taken = "it is null; Database::locate_ips, or --geoip FILE on the command line, says where addresses are";
                call.doubt("an address, without data of where addresses are", taken, text)?;
                return Ok(None);
            };
            guard.work(64)?;
            let Some(location) = locator.locate(address) else {
                call.doubt("an address whose place is not known", "it is null", text)?;
                return Ok(None);
            };
            let bag = location.to_bag();
            guard.spend(bag.byte_size())?;
            Ok(Some(bag))
        })
    });
    guard.finish(column)
}
