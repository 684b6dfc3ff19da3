//! Functions that give another value for each row. It must not know where the seed comes from.

use crate::column::{Column, Element, GuidType, LongType, RealType};
use crate::function::kinds::{INTEGER, returns};
use crate::function::{
    Call, Category, Example, Kernel, Result, ResultName, ScalarFunction, Volatility, signatures,
};
use crate::types::{Guid, ScalarType};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "rand",
        category: Category::Math,
        summary: "A random real from 0 up to but not including 1, or one of 0.0, 1.0 … up to below a number.",
        signatures: signatures![(number: INTEGER.optional()) -> returns::REAL],
        result_name: ResultName::FirstArgument,
        volatility: Volatility::Volatile,
        kernel: Kernel::Rows(rand),
        examples: &[Example { query: "rand() < 1.0", result: "true" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "new_guid",
        category: Category::Conversion,
        summary: "A random guid.",
        signatures: signatures![() -> returns::GUID],
        volatility: Volatility::Volatile,
        kernel: Kernel::Rows(|call| {
            let random = || u128::from(call.random.draw());
            // Version 4, variant 1, as RFC 4122 lays them out.
            let guid = |bits: u128| bits & !(0xf << 76) & !(3 << 62) | 4 << 76 | 2 << 62;
            Ok(GuidType::build((0..call.rows).map(|_| Some(Guid(guid(random() << 64 | random()))))))
        }),
        examples: &[Example { query: "strlen(tostring(new_guid()))", result: "36" }],
        ..ScalarFunction::DEFAULT
    },
];

fn rand(call: &Call<'_>) -> Result<Column> {
    // The upper 53 bits are as many as a real holds.
    let unit = || (call.random.draw() >> 11) as f64 / (1_u64 << 53) as f64;
    if call.count() == 0 {
        return Ok(RealType::build((0..call.rows).map(|_| Some(unit()))));
    }
    let max = call.argument_as(0, ScalarType::Long)?;
    let max = call.view::<LongType>(&max)?;
    let below = |max: i64| ((unit() * max as f64).floor()).min((max - 1) as f64);
    Ok(RealType::build((0..call.rows).map(|row| max.get(row).filter(|max| *max > 0).map(below))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::call;
    use crate::types::Value;

    #[test]
    fn each_row_has_its_own_number_in_range() {
        let found = call(FUNCTIONS, "rand", &[Column::constant(3_i64.into(), ScalarType::Long, 200)]);
        let values: Vec<f64> = found.values().filter_map(|value| value.as_real()).collect();
        for expected in [0.0, 1.0, 2.0] {
            assert!(values.contains(&expected));
        }
        assert!(values.iter().all(|value| [0.0, 1.0, 2.0].contains(value)));
        assert_eq!(
            call(FUNCTIONS, "rand", &[Column::constant(0_i64.into(), ScalarType::Long, 1)]).value(0),
            Value::Null
        );
    }

    #[test]
    fn guids_are_of_version_4() {
        let Value::Guid(guid) = call(FUNCTIONS, "new_guid", &[]).value(0) else { panic!() };
        let text = guid.to_string();
        assert_eq!(&text[14..15], "4");
        assert!("89ab".contains(&text[19..20]), "{text}");
    }
}
