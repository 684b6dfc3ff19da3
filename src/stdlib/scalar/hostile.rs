//! Calls every text function with arguments that nobody expects: they may be refused, but nothing may panic, and the
//! same row must give the same as a constant, in a column and in a dictionary. It must not know what they compute.

use proptest::prelude::*;

use crate::column::{Column, StringColumn};
use crate::function::testing::{call_all, constants_of, same};
use crate::function::{ArgumentForm, Holds, ScalarFunction};
use crate::types::{Dynamic, ScalarType, Value};

const FAMILIES: &[&[ScalarFunction]] = &[
    super::string::FUNCTIONS,
    super::regex::FUNCTIONS,
    super::network::FUNCTIONS,
    super::ipv4_text::FUNCTIONS,
    super::hash::FUNCTIONS,
    super::encoding::FUNCTIONS,
    #[cfg(feature = "compression")]
    super::compression::FUNCTIONS,
    super::parse::FUNCTIONS,
];

/// Pieces that the functions look for, and characters of every width.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(""),
        Just("a"),
        Just("é"),
        Just("😀"),
        Just("ß"),
        Just("İ"),
        Just("."),
        Just("/"),
        Just("\\"),
        Just(":"),
        Just("\""),
        Just("'"),
        Just("@"),
        Just("?"),
        Just("#"),
        Just("="),
        Just("&"),
        Just("%"),
        Just("%41"),
        Just(" "),
        Just("://"),
        Just("-"),
        Just("xn--"),
        Just("1.2.3.4"),
        Just("255"),
        Just("1.12345678901234."),
        Just("/8"),
        Just("::1"),
        Just("S3VzdG8="),
        Just("["),
        Just("]"),
        Just("("),
        Just(")"),
        Just("*"),
        Just("\\1"),
        Just("$.a"),
        Just("{\"a\":1}"),
        Just(","),
        Just("\n"),
        Just("windows"),
        Just("regex"),
        Just("C:"),
        Just("99999999999"),
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![-3_i64..6, Just(i64::MIN), Just(i64::MAX), Just(32), Just(128), Just(-1_000_000)]
}

fn array() -> impl Strategy<Value = Dynamic> {
    let item = prop_oneof![
        text().prop_map(|it| Dynamic::string(&it)),
        number().prop_map(Dynamic::Long),
        Just(Dynamic::Null),
    ];
    prop_oneof![prop::collection::vec(item, 0..4).prop_map(Dynamic::array), Just(Dynamic::Long(1))]
}

/// A call of a function: which one, and more arguments than it takes.
fn calls() -> impl Strategy<Value = (usize, usize, usize, Vec<String>, Vec<i64>, Vec<Dynamic>)> {
    (
        0..FAMILIES.len(),
        any::<usize>(),
        any::<usize>(),
        prop::collection::vec(text(), 6),
        prop::collection::vec(number(), 6),
        prop::collection::vec(array(), 6),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn text_functions_hold((family, function, form, texts, numbers, arrays) in calls()) {
        let family = FAMILIES[family];
        let function = &family[function % family.len()];
        let signature = &function.signatures[form % function.signatures.len()];
        let mut arguments = Vec::new();
        let mut fixed = Vec::new();
        for parameter in signature.parameters.iter() {
            let times = usize::from(parameter.min).max(form % (usize::from(parameter.max.min(3)) + 1));
            for _ in 0..times {
                let at = arguments.len().min(5);
                let types = parameter.accepts.types;
                arguments.push(if parameter.accepts.holds == Holds::TypeName {
                    Value::string(["long", "string", "bool"][form % 3])
                } else if types.contains(ScalarType::String) {
                    Value::string(&texts[at])
                } else if types.contains(ScalarType::Long) {
                    Value::Long(numbers[at])
                } else if types.contains(ScalarType::Guid) {
                    Value::Guid(crate::types::Guid(numbers[at] as u128))
                } else if parameter.accepts.holds == Holds::Array {
                    Value::Dynamic(arrays[at].clone())
                } else {
                    Value::string(&texts[at])
                });
                fixed.push(parameter.form != ArgumentForm::Any);
            }
        }
        // Up to the limit of a column it would really be repeated, which takes long.
        prop_assume!(function.name != "strrep" || arguments[1].as_long() < Some(1000));
        let Ok(once) = call_all(function, &constants_of(&arguments)) else { return Ok(()) };
        let expected = once[0].value(0);
        for encoded in [false, true] {
            let columns: Vec<Column> = arguments
                .iter()
                .zip(&fixed)
                .map(|(value, fixed)| match value {
                    _ if *fixed => Column::constant(value.clone(), value.scalar_type().unwrap(), 2),
                    Value::String(text) => {
                        let texts: StringColumn = [&**text, &**text].into_iter().collect();
                        Column::String(if encoded { texts.encode(2).unwrap() } else { texts })
                    }
                    _ => Column::from_values(value.scalar_type().unwrap(), [value, value]),
                })
                .collect();
            let found = call_all(function, &columns).unwrap();
            for row in 0..2 {
                let found = found[0].value(row);
                prop_assert!(same(&found, &expected), "{}{arguments:?}: {found:?} and {expected:?}", function.name);
            }
        }
    }
}
